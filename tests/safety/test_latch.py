"""HALTED stays HALTED: through a reconnect, a restart and the next one, and an orderly end in between."""

from __future__ import annotations

import pytest

from okxmm_tui.core.commands import Arm, Kill, Quit, Resume
from okxmm_tui.core.effects import AmendOrder, PlaceOrder, Reply, Report, Stop
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.types import Mode
from okxmm_tui.engine.view import build_snapshot
from tests.engine.store.desk import RecordedDesk, Venue, journal_of, restarted, restored_from, write
from tests.samples import SECOND, START_NS

REASON = "operator: ctrl+k"
NEXT_ID = START_NS // SECOND + 60


def _prove(desk: RecordedDesk) -> None:
    for cl_ord_id in [order.cl_ord_id for order in desk.market.orders.working]:
        desk.cancelled(cl_ord_id)
    for _ in range(2):
        desk.answer_poll()
        desk.run(500)


def _killed() -> RecordedDesk:
    desk = RecordedDesk()
    desk.quoting()
    desk.command(Kill(REASON))
    _prove(desk)
    return desk


def _next(connection, desk: RecordedDesk) -> RecordedDesk:
    """A later session on the same journal, with everything there that quoting needs."""
    session_id = desk.reducer.session.started.session_id + 60
    after = restarted(connection, Venue(), session_id=session_id, now_ns=desk.now_ns + 60 * SECOND)
    after.arm_dead_man()
    after.book()
    after.run(2_000)
    return after


def _sends_nothing(desk: RecordedDesk) -> bool:
    return not desk.taken(PlaceOrder) and not desk.taken(AmendOrder)


def test_reconnecting_leaves_halted(world):
    """Killed and proven, the network goes and comes back: merged again, HALTED still, and nothing is sent."""
    engine = world.quoting()
    engine.command(Kill(REASON))
    world.until(lambda: engine.reducer.safety.kill_run.is_proven, 20, "the proof")
    killed_ns = world.now_ns
    world.is_cut = True
    world.until(lambda: not engine.reducer.session.private_up, 60, "the loss of the stream")
    world.is_cut = False
    world.until(
        lambda: engine.reducer.session.is_merged and engine.reducer.session.public_up, 60, "the merge"
    )
    world.run(10)
    assert engine.state == "HALTED"
    assert not engine.sent(PlaceOrder, killed_ns)
    assert not world.live_orders()


def test_a_restart_leaves_halted_and_so_does_the_next(tmp_path):
    """The journal keeps a kill: each later session begins HALTED, names it, and sends nothing."""
    desk = _killed()
    connection = journal_of(tmp_path, desk.rows)
    for _ in range(2):
        desk = _next(connection, desk)
        assert desk.state == "HALTED"
        assert REASON in build_snapshot(desk.reducer, 1).state_reason
        assert any(REASON in line.text for line in desk.reducer.session.log)
        [said] = [each for each in desk.taken(Report) if each.kind == "state"]
        assert said.text == f"HALTED: {REASON}"
        assert not desk.taken(Reply, desk.command(Resume()))[0].ok
        assert _sends_nothing(desk)
        write(connection, desk.rows)
    connection.close()


def test_an_armed_resume_lifts_it_for_later_sessions_too(tmp_path):
    """Arm and resume quote again, and the session after that begins as any other."""
    connection = journal_of(tmp_path, (first := _killed()).rows)
    desk = _next(connection, first)
    desk.command(Arm())
    desk.command(Resume())
    desk.tick()
    desk.arm_dead_man()
    desk.update()
    desk.run(1_000)
    desk.update()
    assert desk.state == "ACTIVE"
    assert not _sends_nothing(desk)
    write(connection, desk.rows)
    assert _next(connection, desk).state == "ACTIVE"
    connection.close()


@pytest.mark.parametrize("is_killed", [True, False])
def test_leaving_in_order_neither_latches_nor_lifts(tmp_path, is_killed):
    """Quitting halts for its proof: that is no kill, and after a kill it is no pardon."""
    desk = RecordedDesk()
    desk.quoting()
    if is_killed:
        desk.command(Kill(REASON))
        _prove(desk)
    desk.command(Quit("done"))
    _prove(desk)
    assert desk.taken(Stop)
    connection = journal_of(tmp_path, desk.rows)
    assert restored_from(connection, desk.now_ns).halted == (REASON if is_killed else "")
    assert _next(connection, desk).state == ("HALTED" if is_killed else "ACTIVE")
    connection.close()


def test_real_money_still_asks_for_its_phrase(tmp_path):
    """A killed live session begins anew in HALTED with the phrase to type; a headless one names the kill."""
    connection = journal_of(tmp_path, (desk := _killed()).rows)
    restored = restored_from(connection, desk.now_ns)
    for is_headless in (True, False):
        limits = Limits(is_headless=is_headless)
        live = RecordedDesk(restored, session_id=NEXT_ID, mode=Mode.LIVE, limits=limits)
        shown = build_snapshot(live.reducer, 1)
        assert shown.trading_state == "HALTED"
        assert REASON in shown.state_reason
        assert shown.needs_phrase is not is_headless
    connection.close()
