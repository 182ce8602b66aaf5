"""Faults of our own process, machine and disk: rows 22 to 26, 44 to 46, 50 and 53 of the fault list."""

from __future__ import annotations

import errno
import logging
from decimal import Decimal

import pytest

from okxmm_tui.core.commands import Kill, Resume
from okxmm_tui.core.effects import AnyEffect, CancelOrder, PlaceOrder, SetDeadMan
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.messages import ClockJumped, DeadManFailed, JournalFailed, MemoryMeasured, Tick
from okxmm_tui.core.types import Side
from okxmm_tui.engine import journal
from okxmm_tui.engine.memory_watch import resident_bytes
from okxmm_tui.okx.auth import ApiKey
from tests.engine.desk import Desk
from tests.safety.asserts import readable, resumes, said, stays_out
from tests.samples import INST

MS = 1_000_000


def test_row_22_a_dead_engine_leaves_its_orders_to_the_venue_and_restarts_equal(world, timing):
    """Kill -9: the venue's timer clears them in time; the next engine's books equal the exchange's."""
    engine = world.quoting()
    world.fill(Side.BUY)
    world.run(2)
    engine.die()
    began_ns = world.now_ns
    world.until(engine.is_pulled, 30, "the dead-man's switch")
    timing(22, (world.now_ns - began_ns) / 1e9)
    second = world.quoting()
    assert second.market.position_lots == world.venue_position() * 100 == 100
    assert {o.cl_ord_id for o in world.live_orders()} == {o.cl_ord_id for o in second.market.orders.working}


def test_row_23_a_stall_stops_the_switch_and_pulls_on_waking(world, timing):
    """Longer than 250 ms: no renewal for that tick, quotes out, and back when it runs on time again."""
    engine = world.quoting()
    world.run(3)
    late: list[list[AnyEffect]] = []

    def look(event, effects):
        if isinstance(event, Tick) and event.lag_ns > 250 * MS:
            late.append(effects)

    engine.watch = look
    engine.stall(1.5)
    began_ns = world.now_ns
    world.until(lambda: engine.sent(CancelOrder, began_ns), 3, "pulling on waking")
    timing(23, (world.now_ns - began_ns) / 1e9 - 1.5)
    assert late
    assert not any(isinstance(effect, SetDeadMan) for effect in late[0])
    said(engine, "loop-lag", "stood still")
    resumes(world, engine, 10)


def test_row_23_a_clock_jump_merges_before_it_quotes():
    """Laptop sleep: the wall clock is ahead of the steady one, so everything is compared again."""
    desk = Desk()
    desk.quoting()
    expires_ns = desk.reducer.safety.dead_man_expires_ns
    effects = desk.feed(ClockJumped(8_000 * MS))
    assert len(desk.taken(CancelOrder, effects)) == 2
    assert desk.reducer._block(desk.market)
    assert expires_ns is not None
    assert desk.reducer.safety.dead_man_expires_ns == expires_ns - 8_000 * MS
    desk.answer_truth()
    assert not desk.reducer._block(desk.market)


def test_row_24_only_an_engine_that_advances_renews_the_switch(world):
    """Sessions, pongs and REST go on while the engine stands: no renewal is sent, and the timer runs out."""
    engine = world.quoting()
    engine.stall(40)
    began_ns = world.now_ns
    world.until(engine.is_pulled, 35, "the dead-man's switch")
    assert not engine.sent(SetDeadMan, began_ns)


def test_row_25_nothing_is_quoted_while_the_switch_is_not_armed(world, timing):
    """Error 51071: refused to quote, said why; armed: quotes."""
    world.fault("rest_error", path="trade/cancel-all-after", code="51071")
    engine = world.start_engine()
    world.run(10)
    assert not engine.sent(PlaceOrder)
    assert "dead-man's switch not armed" in engine.block
    said(engine, "dead-man", "could not be renewed", "51071")
    world.fault("clear")
    timing(25, resumes(world, engine, 5))


def test_row_25_only_a_setting_lets_it_quote_without_and_says_so_all_the_time(world):
    """``risk.needs_dead_man = false``: quotes, under a critical alarm that stands."""
    world.fault("rest_error", path="trade/cancel-all-after", code="51071")
    engine = world.quoting(limits=Limits(is_headless=True, needs_dead_man=False))
    said(engine, "no-dead-man", "a crash leaves every order live")
    world.run(30)
    assert engine.alarm("no-dead-man")
    world.fault("clear")
    world.until(lambda: not engine.alarm("no-dead-man"), 10, "the armed switch")


def test_row_25_a_refused_renewal_pulls_when_the_last_one_has_run_out():
    """The armed time is the venue's or ours, whichever ends sooner."""
    desk = Desk()
    desk.quoting()
    desk.feed(DeadManFailed("51071 too many tags"))
    effects = desk.run(22_000)
    assert desk.taken(CancelOrder, effects)
    assert "dead-man" in desk.reducer._block(desk.market)


def test_row_26_a_kill_repeats_until_two_lists_are_empty(world, timing):
    """Cancels that do nothing: said, repeated over both routes, and proven late."""
    engine = world.quoting()
    world.fault("stuck_cancel", instId=INST, seconds=7)
    engine.command(Kill("test"))
    began_ns = world.now_ns
    run = engine.reducer.safety.kill_run
    world.until(lambda: run.was_said_unproven, 8, "the word")
    said(engine, "kill-unproven", "NOT PROVEN", "2 orders may still be live", "exchange's own page")
    engine.command(Resume())
    assert engine.state == "HALTED"
    world.until(lambda: run.is_proven, 20, "the proof")
    timing(26, (world.now_ns - began_ns) / 1e9)
    assert run.cancels_sent > 4
    assert world.live_orders() == []
    assert engine.alarm("kill-unproven") is None
    stays_out(world, engine, 5)


def test_row_44_a_full_disk_holds_new_risk_back_until_it_can_be_written():
    """Said at once, only reducing at twice the distance; quotes as before when the log is written again."""
    desk = Desk()
    desk.quoting()
    desk.feed(JournalFailed("No space left on device"))
    alarm = next(each for each in desk.reducer.session.alarms.views() if each.key == "journal")
    readable(alarm.text)
    assert "No space left" in alarm.text
    effects = desk.run(500)
    assert not desk.taken(PlaceOrder, effects)
    assert desk.market.only_reduce
    desk.feed(JournalFailed(""))
    assert not desk.reducer.session.alarms.is_standing("journal")
    assert not desk.reducer.journal_watch.only_reduce()


def test_row_44_the_log_keeps_what_it_could_not_write(tmp_path, monkeypatch):
    """A disk that is full for a while: nothing of the log is lost."""
    path = journal.log_path(tmp_path, 1)
    log = journal.EventLog(path)
    written: list[int] = []
    real = journal.os.fsync

    def full(number: int) -> None:
        written.append(number)
        if len(written) < 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(number)

    monkeypatch.setattr(journal.os, "fsync", full)
    log.append(1, Tick(0), [])
    deadline = 400
    while len(written) < 3 and deadline:
        log._stopping.wait(0.05)
        deadline -= 1
    log.close()
    assert [record.event for record in journal.read_log(path)] == [Tick(0)]


def test_row_46_alarms_and_log_lines_fold_and_are_bounded():
    """A flood of the same alarm is one line with a count; the log keeps its last lines only."""
    desk = Desk()
    desk.quoting()
    for number in range(1_000):
        desk.reducer.session.notice(f"line {number}")
        desk.feed(JournalFailed("No space left on device"))
    assert len(desk.reducer.session.log) <= 200
    assert sum(alarm.key == "journal" for alarm in desk.reducer.session.alarms.views()) == 1


def test_row_50_secrets_are_in_no_text_of_a_key(caplog):
    """Neither repr nor log shows secret or passphrase."""
    key = ApiKey("0123456789abcdef", "TOPSECRET", "PASSPHRASE")
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("okxmm").warning("key %s %r", key, key)
    for word in ("TOPSECRET", "PASSPHRASE"):
        assert word not in f"{key!r} {key!s} {caplog.text}"


@pytest.mark.parametrize("lag_ms", [0, 300])
def test_row_23_the_switch_is_renewed_only_on_time(lag_ms):
    """A tick that is late by more than the limit renews nothing."""
    desk = Desk()
    desk.connect()
    desk.run(5_000)
    sent = len(desk.taken(SetDeadMan))
    desk.now_ns += 5_000 * MS
    desk.tick(lag_ms=lag_ms)
    assert (len(desk.taken(SetDeadMan)) > sent) is (lag_ms == 0)


def test_row_26_forty_orders_are_proven_gone_without_waiting_for_rate_limits(make_world):
    """Both routes take them in batches: as singles, sixty cancels in two seconds would be the limit."""
    params = {"levels": Decimal(20), "order_size": Decimal("0.1"), "max_position": Decimal(20)}
    world = make_world(params=params)
    engine = world.start_engine(strategy="ladder")
    world.until(lambda: len(world.live_orders()) >= 40, 30, "forty orders")
    engine.command(Kill("test"))
    run = engine.reducer.safety.kill_run
    assert world.until(lambda: run.is_proven, 5, "the proof") < 1.0
    assert world.live_orders() == []


def test_row_44_nothing_new_leaves_while_it_cannot_be_recorded():
    """Quotes that stand may only move away; what would be placed anew waits for the journal."""
    desk = Desk()
    _, ask = desk.quoting()
    desk.feed(JournalFailed("no space left on device"))
    desk.cancelled(ask)
    effects = [each for _ in range(10) for each in (*desk.update(), *desk.run(500))]
    assert not desk.taken(PlaceOrder, effects)
    readable(next(a.text for a in desk.reducer.session.alarms.views() if a.key == "journal"))
    effects = desk.feed(JournalFailed("")) + desk.update() + desk.run(500)
    assert [order.side for order in desk.taken(PlaceOrder, effects)] == [Side.SELL]


def test_row_46_memory_is_watched_and_pictures_give_way_first():
    """Above the limit: said, fewer pictures, quotes untouched; over when a tenth below it."""
    desk = Desk()
    desk.quoting()
    session = desk.reducer.session
    desk.feed(MemoryMeasured(600_000_000))
    assert session.is_memory_short
    readable(next(a.text for a in session.alarms.views() if a.key == "memory"))
    assert not desk.taken(CancelOrder, desk.run(1_000))
    desk.feed(MemoryMeasured(470_000_000))
    assert session.is_memory_short
    desk.feed(MemoryMeasured(440_000_000))
    assert not session.is_memory_short
    assert not session.alarms.is_standing("memory")


def test_row_46_the_reading_is_this_processs_own(tmp_path):
    """Some megabytes here, and nothing where the system does not tell."""
    used = resident_bytes()
    assert used is not None
    assert 10_000_000 < used < 10_000_000_000
    assert resident_bytes(tmp_path / "statm") is None
    (tmp_path / "statm").write_text("1\n")
    assert resident_bytes(tmp_path / "statm") is None
