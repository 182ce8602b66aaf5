"""The touch before a print."""

from __future__ import annotations

from okxmm_tui.signals.touch import KEPT, TouchHistory


def test_the_touch_before_a_time_is_found():
    """A change of the same millisecond may be the print's own doing and does not count."""
    touches = TouchHistory()
    assert touches.before(5) is None
    for venue_ms in (10, 20, 30):
        touches.add(venue_ms, venue_ms, venue_ms + 1)
    assert touches.before(31) == (30, 30, 31)
    assert touches.before(30) == (20, 20, 21)
    assert touches.before(10) == (10, 10, 11)


def test_it_forgets():
    """A bounded number of changes, and none after the book broke."""
    touches = TouchHistory()
    for venue_ms in range(KEPT + 5):
        touches.add(venue_ms, 1, 2)
    assert touches.before(0) == (5, 1, 2)
    touches.clear()
    assert touches.before(99) is None
