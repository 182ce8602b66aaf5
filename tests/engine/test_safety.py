"""Kill, proof, dead-man's switch and the loss of consoles."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec import structs

from okxmm_tui.core.commands import Arm, Kill, Pause, Quit, Reduce, Resume
from okxmm_tui.core.effects import CancelOrder, FetchTruth, PlaceOrder, PollPending, Reply, SetDeadMan, Stop
from okxmm_tui.core.limits import ConsoleLostPolicy, Limits
from okxmm_tui.core.messages import (
    BookGap,
    ConsolesChanged,
    DeadManArmed,
    DeadManFailed,
    FetchFailed,
    StreamDown,
)
from okxmm_tui.core.types import Mode, Side, VenueOrderState
from okxmm_tui.engine.loss_limits import PnlFigure
from okxmm_tui.engine.view import build_snapshot
from tests.engine.desk import Desk
from tests.samples import order_update


def _run(desk: Desk):
    run = desk.reducer.safety.kill_run
    assert run is not None
    return run


def test_kill_halts_at_once_and_cancels_over_both_routes():
    """In the same step: HALTED, a WebSocket cancel and a REST cancel for every order, and the first poll."""
    desk = Desk()
    ids = desk.quoting()
    effects = desk.command(Kill("test"))
    assert desk.state == "HALTED"
    cancels = {(cancel.cl_ord_id, cancel.by_rest) for cancel in desk.taken(CancelOrder, effects)}
    assert cancels == {(cl_ord_id, by_rest) for cl_ord_id in ids for by_rest in (False, True)}
    assert len(desk.taken(PollPending, effects)) == 1


def test_a_kill_key_that_is_held_puts_nothing_off():
    """Thirty times a second for six seconds: NOT PROVEN is said in time, cancels and polls stay few."""
    desk = Desk()
    ids = desk.quoting()
    desk.command(Kill("key"))
    run, before = _run(desk), len(desk.effects)
    for _ in range(180):
        desk.command(Kill("key"), after_ms=20)
        desk.tick(13)
    assert _run(desk) is run
    assert run.was_said_unproven
    effects = desk.effects[before:]
    assert len(desk.taken(CancelOrder, effects)) < 6 * 5 * 2 * (len(ids) + 1)
    assert len(desk.taken(PollPending, effects)) <= 6
    desk.answer_poll()
    desk.run(250)
    desk.command(Kill("key"))
    desk.answer_poll()
    assert run.empty_replies == 2


def test_a_kill_before_the_proof_cancels_once_more():
    """Another round over both routes, with what works by then."""
    desk = Desk()
    ids = desk.quoting()
    desk.command(Kill("key"))
    desk.run(300)
    effects = desk.command(Kill("key"))
    sent = [(cancel.cl_ord_id, cancel.by_rest) for cancel in desk.taken(CancelOrder, effects)]
    assert sorted(sent) == sorted((each, by_rest) for each in ids for by_rest in (False, True))


def test_the_proof_is_two_consecutive_empty_replies():
    """One is not enough, and a non-empty reply in between starts over."""
    desk = Desk()
    bid, _ = desk.quoting()
    desk.command(Kill())
    desk.answer_poll()
    assert not _run(desk).is_proven
    desk.run(300)
    left = order_update(bid, Side.BUY, 599_879, 100)
    effects = desk.answer_poll(left)
    assert _run(desk).empty_replies == 0
    assert _run(desk).residual == ("BTC-USDT-SWAP buy 1.00 @ 59987.9",)
    assert {cancel.by_rest for cancel in desk.taken(CancelOrder, effects)} == {True, False}
    for _ in range(2):
        assert not _run(desk).is_proven
        desk.run(300)
        desk.answer_poll()
    assert _run(desk).is_proven
    assert desk.market.orders.working == ()


def test_the_dead_mans_switch_is_disarmed_only_after_the_proof():
    """No SetDeadMan(0) before, one after."""
    desk = Desk()
    desk.quoting()
    effects = desk.command(Kill())
    effects += desk.run(3_000)
    assert not desk.taken(SetDeadMan, effects)
    desk.answer_poll()
    desk.run(300)
    effects = desk.answer_poll()
    assert [arm.timeout_s for arm in desk.taken(SetDeadMan, effects)] == [0]


def test_a_refused_disarm_is_repeated_without_an_alarm():
    """One call a second is allowed: right after a renewal the first try is refused."""
    desk = Desk()
    desk.quoting()
    desk.command(Kill())
    _prove(desk)
    desk.feed(DeadManFailed("50011"))
    assert [arm.timeout_s for arm in desk.taken(SetDeadMan, desk.run(1_200))] == [0]
    desk.feed(DeadManArmed(0))
    assert not desk.taken(SetDeadMan, desk.run(10_000))
    assert not any(alarm.key == "dead-man" for alarm in desk.reducer.session.alarms.views())


def test_an_order_still_on_its_way_forbids_the_proof():
    """An unanswered place request could arrive after an empty reply; it must have expired first."""
    desk = Desk()
    desk.connect()
    desk.book()
    assert len(desk.taken(PlaceOrder)) == 2
    desk.command(Kill())
    desk.answer_poll()
    assert _run(desk).empty_replies == 0
    assert "may still arrive" in _run(desk).problem
    desk.run(2_500)
    desk.answer_poll()
    desk.run(300)
    desk.answer_poll()
    assert _run(desk).is_proven


def test_a_silent_venue_is_said_loudly():
    """After the deadline an alarm says what is not proven; the state is HALTED all the while."""
    desk = Desk()
    desk.quoting()
    desk.command(Kill())
    desk.run(6_000)
    assert desk.state == "HALTED"
    assert not _run(desk).is_proven
    assert any("NOT PROVEN" in alarm.text for alarm in desk.reducer.session.alarms.views())
    assert "not answered" in _run(desk).problem


def test_a_failed_poll_is_repeated_and_shown():
    """The reason stands on the screen and the next poll goes out."""
    desk = Desk()
    desk.quoting()
    effects = desk.command(Kill())
    request = desk.taken(PollPending, effects)[-1]
    desk.feed(FetchFailed(request.request_id, "connection refused"))
    assert "connection refused" in _run(desk).problem
    assert desk.taken(PollPending, desk.run(400))


@pytest.mark.parametrize("command", [Resume(), Pause()])
def test_nothing_but_an_armed_resume_leaves_halted(command):
    """Resume and pause without arming change nothing, and say so."""
    desk = Desk()
    desk.quoting()
    desk.command(Kill())
    _prove(desk)
    effects = desk.command(command)
    assert desk.state == "HALTED"
    assert not desk.taken(Reply, effects)[0].ok


def test_an_armed_resume_after_the_proof_quotes_again():
    """Arm, resume, a renewed switch, quotes."""
    desk = Desk()
    desk.quoting()
    desk.command(Kill())
    _prove(desk)
    desk.feed(DeadManArmed(0))
    desk.command(Arm())
    desk.command(Resume())
    assert desk.state == "ACTIVE"
    effects = desk.tick()
    assert desk.taken(SetDeadMan, effects)[-1].timeout_s == 20
    assert not desk.taken(PlaceOrder, effects)
    before = len(desk.taken(PlaceOrder))
    desk.arm_dead_man()
    desk.update(after_ms=600)
    assert len(desk.taken(PlaceOrder)) == before + 2


def test_after_the_proof_fills_are_looked_for():
    """Orders that are gone may have been filled; the list of pending ones does not tell."""
    desk = Desk()
    desk.quoting()
    desk.command(Kill())
    before = len(desk.taken(FetchTruth))
    _prove(desk)
    desk.tick()
    assert len(desk.taken(FetchTruth)) == before + 1


def test_no_resume_before_the_proof():
    """An armed resume while orders may still be live is refused."""
    desk = Desk()
    desk.quoting()
    desk.command(Kill())
    desk.command(Arm())
    effects = desk.command(Resume())
    assert not desk.taken(Reply, effects)[0].ok
    assert desk.state == "HALTED"


def test_quit_proves_then_stops_clean():
    """Exit code 0 comes with the second empty reply, and not earlier."""
    desk = Desk()
    desk.quoting()
    assert not desk.taken(Stop, desk.command(Quit("test")))
    stops = desk.taken(Stop, _prove(desk))
    assert [stop.exit_code for stop in stops] == [0]


def test_quit_without_an_answer_stops_unproven():
    """After the deadline: exit code 75, once, with the dead-man's switch left armed."""
    desk = Desk()
    desk.quoting()
    effects = desk.command(Quit("test"))
    effects += desk.run(8_000)
    assert [stop.exit_code for stop in desk.taken(Stop, effects)] == [75]
    assert not [arm for arm in desk.taken(SetDeadMan, effects) if arm.timeout_s == 0]


def test_the_switch_is_renewed_only_while_the_engine_runs_on_time():
    """Every four seconds with a sane lag; not at all with a stalled loop; not when halted."""
    desk = Desk()
    desk.quoting()
    renewals = []
    for _ in range(200):
        renewals += desk.taken(SetDeadMan, desk.tick(50))
        desk.update()
    assert 2 <= len(renewals) <= 3
    desk.run(4_000)
    effects = [effect for _ in range(100) for effect in desk.tick(50, lag_ms=2_000)]
    assert not desk.taken(SetDeadMan, effects)
    desk.command(Kill())
    assert not desk.taken(SetDeadMan, desk.run(5_000))


def test_a_venue_clock_ahead_of_ours_does_not_stretch_the_switch():
    """A trigger time an hour away is believed for twenty seconds and no longer."""
    desk = Desk()
    desk.connect()
    desk.feed(DeadManArmed(desk.now_ns // 1_000_000 + 3_600_000))
    assert desk.reducer.safety.is_dead_man_armed()
    desk.now_ns += 21_000_000_000
    desk.feed(DeadManFailed("no answer"))
    assert not desk.reducer.safety.is_dead_man_armed()


def test_no_quotes_without_an_armed_switch():
    """A refused or expired switch keeps the market empty."""
    desk = Desk()
    desk.connect()
    desk.feed(DeadManFailed("51071"))
    desk.now_ns += 25_000_000_000
    desk.book()
    assert not desk.taken(PlaceOrder)
    assert desk.market.sides[Side.BUY].reason == "dead-man's switch not armed"


def test_an_expired_switch_pulls_quotes():
    """If it cannot be renewed, the orders go before the venue removes them."""
    desk = Desk()
    desk.quoting()
    effects = []
    for _ in range(420):
        effects += desk.tick(50)
        effects += desk.update()
    assert len({cancel.cl_ord_id for cancel in desk.taken(CancelOrder, effects)}) == 2


@pytest.mark.parametrize(
    ("policy", "state"),
    [
        (ConsoleLostPolicy.PAUSE, "PAUSED"),
        (ConsoleLostPolicy.KILL, "HALTED"),
        (ConsoleLostPolicy.KEEP, "ACTIVE"),
    ],
)
def test_the_console_loss_policy_is_followed_after_the_grace(policy, state):
    """Quotes go on for ten seconds, then the policy acts."""
    desk = Desk(Limits(console_lost=policy))
    desk.feed(ConsolesChanged(1))
    desk.quoting()
    desk.feed(ConsolesChanged(0))
    for _ in range(190):
        desk.tick(50)
        desk.update()
    assert desk.state == "ACTIVE"
    desk.run(1_000)
    assert desk.state == state


@pytest.mark.parametrize("act", [Reduce(), Pause()], ids=["reducing", "paused"])
def test_a_lost_console_pauses_whatever_state_it_left(act):
    """Only shrinking is trading, too; and a pause nobody watches must not be one that ends by itself."""
    desk = Desk(Limits())
    desk.feed(ConsolesChanged(1))
    desk.quoting()
    desk.command(act)
    desk.feed(ConsolesChanged(0))
    desk.run(11_000)
    assert desk.state == "PAUSED"
    assert "last console" in desk.reducer.session.machine.reason


def test_a_pause_by_doubt_does_not_end_without_a_console():
    """The figure can be trusted again, and nobody is there to see what is quoted."""
    desk = Desk(Limits(dead_man_timeout_s=120))
    desk.feed(ConsolesChanged(1))
    desk.quoting()
    losses = desk.reducer.loss_limits
    losses.on_tick(PnlFigure(Decimal(0), "no price"))
    assert desk.state == "PAUSED"
    desk.feed(ConsolesChanged(0))
    for _ in range(11):
        losses.on_tick(PnlFigure(Decimal(0), "no price"))
        desk.run(1_000, 500)
    desk.run(30_000, 500)
    assert desk.reducer.session.alarms.is_standing("pnl-trust") is False
    assert desk.state == "PAUSED"
    desk.feed(ConsolesChanged(1))
    desk.command(Resume())
    assert desk.state == "ACTIVE"


def test_an_intruder_found_during_a_pause_by_doubt_keeps_us_paused():
    """Its orders go and the figure is good again: only the operator resumes."""
    desk = Desk()
    desk.quoting()
    desk.run(6_000, 500)
    losses = desk.reducer.loss_limits
    losses.on_tick(PnlFigure(Decimal(0), "no price"))
    stranger = order_update("9999", Side.BUY, 599_000, 1)
    desk.feed(stranger)
    desk.feed(structs.replace(stranger, state=VenueOrderState.CANCELED))
    desk.run(12_000, 500)
    assert not desk.reducer.session.alarms.is_standing("pnl-trust")
    assert desk.state == "PAUSED"
    assert "another engine" in desk.reducer.session.machine.reason


def test_reducing_from_a_pause_is_refused_aloud():
    """PAUSED stays as it is: the operator must not believe that it shrinks."""
    desk = Desk()
    desk.quoting()
    desk.command(Pause())
    reply = desk.taken(Reply, desk.command(Reduce()))[-1]
    assert not reply.ok
    assert "resume first" in reply.text
    assert desk.state == "PAUSED"


def test_a_console_that_comes_back_stops_the_countdown():
    """Attaching within the grace changes nothing."""
    desk = Desk(Limits())
    desk.feed(ConsolesChanged(1))
    desk.feed(ConsolesChanged(0))
    desk.run(9_000)
    desk.feed(ConsolesChanged(1))
    desk.run(5_000)
    assert desk.state == "ACTIVE"


def test_kill_works_with_everything_broken():
    """No book, no private stream, a stalled loop: the kill still halts and cancels by REST."""
    desk = Desk()
    ids = desk.quoting()
    desk.feed(BookGap("BTC-USDT-SWAP", "gap"))
    desk.feed(StreamDown("private", "gone"))
    desk.tick(50, lag_ms=5_000)
    effects = desk.command(Kill())
    assert desk.state == "HALTED"
    cancels = desk.taken(CancelOrder, effects)
    assert {cancel.cl_ord_id for cancel in cancels} == set(ids)
    assert all(cancel.by_rest for cancel in cancels)


@pytest.mark.parametrize("act", [Kill(), Pause()], ids=["kill", "pause"])
def test_nothing_but_the_phrase_ends_the_wait_for_it(act):
    """Killed or paused before the phrase was typed, a live session still asks for it."""
    desk = Desk(Limits(), mode=Mode.LIVE)
    desk.command(act)
    assert build_snapshot(desk.reducer, 1).needs_phrase


def test_a_live_console_session_waits_for_the_phrase():
    """LIVE starts paused and needs an armed resume; headless live was confirmed by flag."""
    desk = Desk(Limits(), mode=Mode.LIVE)
    assert desk.state == "PAUSED"
    assert build_snapshot(desk.reducer, 1).needs_phrase
    desk.command(Resume())
    assert desk.state == "PAUSED"
    desk.command(Arm())
    desk.command(Resume())
    assert desk.state == "ACTIVE"
    assert not build_snapshot(desk.reducer, 2).needs_phrase
    assert Desk(Limits(is_headless=True), mode=Mode.LIVE).state == "ACTIVE"


def _prove(desk: Desk):
    effects = []
    for _ in range(2):
        effects += desk.answer_poll()
        effects += desk.run(300)
    return effects
