"""When ticks are due, and how late they say they are."""

from __future__ import annotations

from okxmm_tui.core.messages import Tick
from okxmm_tui.engine import beat
from okxmm_tui.engine.beat import OVERDUE_S, TICK_S, Beat, Clock


def started():
    """A beat that began at 0 s."""
    made = Beat()
    made.start(0.0)
    return made


def test_nothing_is_due_before_the_start():
    """An engine that has not begun tells no time."""
    assert Beat().due(5.0) is None
    assert Beat().overdue(5.0) is None
    assert Beat().wait_s(5.0) == 0.0


def test_a_tick_is_due_once_a_beat():
    """Not before its time, and once told the next one is a beat later."""
    made = started()
    assert made.wait_s(0.0) == TICK_S
    assert made.due(TICK_S / 2) is None
    assert made.due(TICK_S) == Tick(0)
    assert made.due(TICK_S) is None
    assert made.due(2 * TICK_S) == Tick(0)


def test_a_late_tick_says_so_and_is_not_made_up_for():
    """After a second's sleep one tick tells it; those that were missed never come."""
    made = started()
    (late,) = [tick for _ in range(5) if (tick := made.due(1.0)) is not None]
    assert abs(late.lag_ns / 1e9 - (1.0 - TICK_S)) < 1e-6
    assert made.due(1.0) is None


def test_only_one_that_is_late_enough_goes_first():
    """What comes while a tick is just due does not push it forward; what finds it overdue does, once."""
    made = started()
    due_s = TICK_S
    assert made.overdue(due_s + OVERDUE_S / 2) is None
    assert made.overdue(due_s + 2 * OVERDUE_S) is not None
    assert made.overdue(due_s + 2 * OVERDUE_S) is None


def test_the_clock_never_goes_back(monkeypatch):
    """Wall time that is set back after the start changes nothing."""
    monkeypatch.setattr(beat.time, "time_ns", lambda: 1_000_000_000_000)
    monkeypatch.setattr(beat.time, "monotonic_ns", lambda: 5)
    clock = Clock()
    assert clock.now_ns() == 1_000_000_000_000
    monkeypatch.setattr(beat.time, "time_ns", lambda: 0)
    monkeypatch.setattr(beat.time, "monotonic_ns", lambda: 7)
    assert clock.now_ns() == 1_000_000_000_002
