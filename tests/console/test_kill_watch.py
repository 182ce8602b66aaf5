"""The kill key, from the press to HALTED or to the escalation."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from okxmm_tui.console.kill_watch import KillWatch
from tests.console import sample
from tests.console.fake_link import FakeLink
from tests.console.harness import ManualClock


class FakeTimer:
    """A timer fired by hand."""

    started: list[FakeTimer] = []  # noqa: RUF012

    def __init__(self, delay_s: float, callback: Callable[[], None]) -> None:
        self.delay_s, self.fire = delay_s, callback
        self.daemon = False

    def start(self) -> None:
        """Remember it."""
        FakeTimer.started.append(self)


class Parts:
    """A watch with everything it talks to."""

    def __init__(self) -> None:
        FakeTimer.started = []
        self.clock, self.link = ManualClock(), FakeLink()
        self.escalated = 0
        self.code: int | None = None
        self.watch = KillWatch(self.link, self.clock, self.escalate, FakeTimer)

    def escalate(self) -> Callable[[], int | None]:
        """Count; ends with whatever code is set."""
        self.escalated += 1
        return lambda: self.code


@pytest.fixture
def parts():
    """A fresh watch."""
    return Parts()


def test_a_press_in_the_thread_is_not_sent_twice(parts):
    """The action that follows a press already taken sends nothing."""
    parts.watch.press_in_thread("ctrl+k")
    parts.watch.press("kill key")
    assert parts.link.kills == ["operator: ctrl+k"]
    parts.watch.press("palette")
    assert len(parts.link.kills) == 2


def test_a_press_whose_action_never_came_does_not_silence_a_later_one(parts):
    """Better twice than never."""
    parts.watch.press_in_thread("ctrl+k")
    parts.clock.pass_seconds(3)
    parts.watch.press("palette")
    assert len(parts.link.kills) == 2


def test_halted_ends_the_watch(parts):
    """A snapshot that shows HALTED is the confirmation."""
    parts.watch.press("key")
    assert "waiting" in parts.watch.note
    parts.watch.observe(sample.quoting())
    assert parts.watch.note
    parts.watch.observe(sample.killed())
    parts.clock.pass_seconds(5)
    parts.watch.check()
    assert not parts.watch.note
    assert not parts.escalated


def test_no_confirmation_escalates_once(parts):
    """After a second without HALTED the independent kill starts, once."""
    parts.watch.press("key")
    parts.clock.pass_seconds(0.9)
    parts.watch.check()
    assert not parts.escalated
    parts.clock.pass_seconds(0.2)
    parts.watch.check()
    parts.watch.check()
    parts.watch.press("key")
    parts.watch.check()
    assert parts.escalated == 1
    assert "independent kill" in parts.watch.note


def test_what_the_independent_kill_came_to_is_said(parts):
    """Running, proven or not: the operator reads which; nothing is called proven before it is."""
    parts.watch.engine_gone()
    parts.watch.press("key")
    assert "was started" in parts.watch.note
    assert not parts.watch.is_proven
    parts.code = 75
    assert "NOT PROVEN (code 75): press ctrl+k again" in parts.watch.note
    assert not parts.watch.is_proven
    parts.code = 0
    assert "PROVED" in parts.watch.note
    assert parts.watch.is_proven


def test_another_press_starts_another_independent_kill_once_the_last_is_over(parts):
    """One that failed must not be the last; one that runs is not doubled."""
    parts.watch.engine_gone()
    parts.watch.press("key")
    parts.watch.press("key")
    assert parts.escalated == 1
    parts.code = 4
    parts.watch.press("key")
    assert parts.escalated == 2


def test_the_timer_needs_no_screen(parts):
    """The timer of its own escalates when no frame is drawn any more."""
    parts.watch.press_in_thread("f12")
    parts.clock.pass_seconds(1.05)
    timer = FakeTimer.started[0]
    assert timer.daemon
    assert timer.delay_s > 1
    timer.fire()
    assert parts.escalated == 1


def test_a_dead_engine_escalates_at_once(parts):
    """Without an engine there is nothing to wait for."""
    parts.watch.engine_gone()
    assert not parts.escalated
    parts.watch.press("key")
    assert parts.escalated == 1


def test_a_broken_line_escalates_at_once(parts):
    """A kill that could not be written is not waited for."""
    parts.link.is_broken = True
    parts.watch.press("key")
    assert parts.escalated == 1


def test_the_next_kill_is_watched_again(parts):
    """After a confirmed kill the watch is fresh."""
    parts.watch.press("key")
    parts.watch.observe(sample.killed())
    parts.clock.pass_seconds(60)
    parts.watch.press("key")
    parts.clock.pass_seconds(2)
    parts.watch.check()
    assert parts.escalated == 1


def test_without_an_escalation_the_note_says_what_to_do():
    """With nothing to start, the operator is told to act."""
    clock = ManualClock()
    watch = KillWatch(FakeLink(), clock, None, FakeTimer)
    watch.press("key")
    clock.pass_seconds(2)
    watch.check()
    assert "venue NOW" in watch.note
