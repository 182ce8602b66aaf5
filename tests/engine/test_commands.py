"""A pause that ends by itself, all that keeps it from ending, and notes."""

from __future__ import annotations

import re

import pytest

from okxmm_tui.core.commands import AcknowledgeAlarms, Kill, Note, Pause, Reduce, Resume
from okxmm_tui.core.effects import Reply, Report
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.types import Severity
from tests.engine.desk import Desk


def paused(for_s: int = 60, limits: Limits | None = None) -> Desk:
    """A quoting desk that was asked to pause for a time, its orders gone."""
    desk = Desk(limits) if limits else Desk()
    orders = desk.quoting()
    desk.command(Pause(for_s))
    for cl_ord_id in orders:
        desk.cancelled(cl_ord_id)
    return desk


def wait(desk: Desk, total_ms: int) -> None:
    """Let time pass with a market that goes on."""
    for _ in range(total_ms // 1_000):
        desk.arm_dead_man()
        desk.update()
        desk.run(1_000, step_ms=250)


def test_a_timed_pause_pulls_quotes_and_gives_them_back():
    """The banner says until when; not before its time, and once it is over both sides are quoted again."""
    desk = paused()
    assert desk.state == "PAUSED"
    reason = desk.reducer.session.machine.reason
    assert re.fullmatch(r"paused until \d\d:\d\d:\d\dZ by the operator", reason)
    wait(desk, 59_000)
    assert (desk.state, desk.market.orders.working) == ("PAUSED", ())
    wait(desk, 2_000)
    assert desk.state == "ACTIVE"
    assert desk.reducer.session.machine.reason == "the pause is over"
    assert len(desk.market.orders.working) == 2


def test_a_reducing_session_goes_on_reducing():
    """What was REDUCING before is not made free by waiting."""
    desk = Desk()
    desk.quoting()
    desk.command(Reduce())
    desk.command(Pause(1))
    desk.run(2_000)
    assert (desk.state, desk.reducer.session.machine.reason) == ("REDUCING", "reducing, by the operator")


@pytest.mark.parametrize(
    "act",
    [
        lambda desk: desk.command(Pause()),
        lambda desk: desk.command(Kill()),
        lambda desk: desk.reducer.session.pause("another engine trades here", Severity.CRITICAL),
    ],
    ids=["a pause without end", "a kill", "a pause by the engine"],
)
def test_whatever_comes_after_it_takes_the_end_away(act):
    """Nobody's later word is undone by a timer of before."""
    desk = paused(10)
    act(desk)
    state = desk.state
    wait(desk, 30_000)
    assert desk.state == state
    assert state in {"PAUSED", "HALTED"}


def test_resuming_sooner_ends_the_timer_too():
    """A pause without end that follows is not ended by it."""
    desk = paused(10)
    desk.command(Resume())
    desk.command(Pause())
    wait(desk, 20_000)
    assert desk.state == "PAUSED"


def test_an_unseen_critical_alarm_keeps_the_pause():
    """Quotes do not come back on their own into what nobody has looked at; seen, it may."""
    desk = paused(10)
    desk.reducer.session.raise_alarm("test", Severity.CRITICAL, "look here")
    wait(desk, 11_000)
    assert desk.state == "PAUSED"
    assert desk.reducer.session.machine.reason.endswith("a critical alarm is unseen")
    wait(desk, 60_000)
    assert desk.state == "PAUSED"
    seen = paused(10)
    seen.reducer.session.raise_alarm("test", Severity.CRITICAL, "look here")
    seen.command(AcknowledgeAlarms())
    wait(seen, 11_000)
    assert seen.state == "ACTIVE"


def test_no_timer_ends_somebody_elses_pause():
    """A session that was paused for a reason is not given an end by the key."""
    desk = Desk()
    desk.quoting()
    desk.reducer.session.pause("another engine trades here", Severity.CRITICAL)
    (reply,) = desk.taken(Reply, desk.command(Pause(10)))
    assert not reply.ok
    assert "another engine trades here" in reply.text
    wait(desk, 20_000)
    assert desk.state == "PAUSED"


@pytest.mark.parametrize("for_s", [-1, 86_401, 10**12])
def test_times_that_are_none_are_refused(for_s):
    """And nothing is paused by them."""
    desk = Desk()
    desk.quoting()
    (reply,) = desk.taken(Reply, desk.command(Pause(for_s)))
    assert not reply.ok
    assert desk.state == "ACTIVE"


def test_a_halted_session_stays_halted():
    """HALTED is latched for a timed pause as well."""
    desk = Desk()
    desk.quoting()
    desk.command(Kill())
    (reply,) = desk.taken(Reply, desk.command(Pause(1)))
    assert not reply.ok
    desk.run(5_000)
    assert desk.state == "HALTED"


@pytest.mark.parametrize("for_s", [0, 60])
def test_a_pause_of_what_is_halted_leaves_the_reason(for_s):
    """It is refused, and the screen goes on saying why trading was halted."""
    desk = Desk()
    desk.quoting()
    desk.command(Kill("daily loss 1,000"))
    (reply,) = desk.taken(Reply, desk.command(Pause(for_s)))
    assert not reply.ok
    assert desk.reducer.session.machine.reason == "daily loss 1,000"


def test_what_is_refused_takes_no_end_away():
    """A pause that says until when ends then, although somebody pressed a key that does nothing meanwhile."""
    desk = paused(10)
    (reply,) = desk.taken(Reply, desk.command(Reduce()))
    assert not reply.ok
    wait(desk, 12_000)
    assert desk.state == "ACTIVE"


def test_an_end_given_later_gives_back_what_the_pause_has_taken():
    """REDUCING, then a pause without end, then one: reducing goes on, whichever pause it was."""
    desk = paused(0)
    desk.command(Resume())
    desk.command(Reduce())
    desk.command(Pause())
    desk.command(Pause(2))
    wait(desk, 4_000)
    assert (desk.state, desk.reducer.session.machine.reason) == ("REDUCING", "reducing, by the operator")
    desk.command(Resume())
    desk.command(Pause())
    desk.command(Pause(2))
    wait(desk, 4_000)
    assert desk.state == "ACTIVE"


def test_a_note_is_told_and_changes_nothing():
    """One report with the operator's words, and no effect but the answer."""
    desk = Desk()
    desk.quoting()
    before = desk.state, desk.market.orders.working
    effects = desk.command(Note("quieter from 14:00, CPI"))
    assert [each.text for each in desk.taken(Report, effects)] == ["note: quieter from 14:00, CPI"]
    assert desk.taken(Reply, effects)[0].ok
    assert len(effects) == 2
    assert before == (desk.state, desk.market.orders.working)


@pytest.mark.parametrize("text", ["", "  ", "x" * 201, "two\nlines", "bell\x07", "\x1b[2Jclears"])
def test_what_is_no_line_of_text_is_no_note(text):
    """Terminals and files are told lines, whatever a console sends."""
    effects = Desk().command(Note(text))
    assert [(each.ok, "note" in each.text) for each in effects if isinstance(each, Reply)] == [(False, True)]
    assert len(effects) == 1
