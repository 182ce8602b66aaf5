"""When the venue's clock is looked at."""

from __future__ import annotations

import pytest

from okxmm_tui.okx.clock import VenueClock
from okxmm_tui.okx.clock_keeper import CLOCK_EVERY_S, UNSURE_EVERY_S, ClockKeeper
from okxmm_tui.okx.endpoints import Endpoints
from okxmm_tui.okx.rest import Rest

MS = 1_000_000


@pytest.mark.parametrize(
    ("took_ms", "wait_s"),
    [(4, CLOCK_EVERY_S), (90, CLOCK_EVERY_S), (100, UNSURE_EVERY_S), (1_150, UNSURE_EVERY_S)],
)
def test_a_slow_answer_is_asked_for_again_soon(took_ms, wait_s):
    """Half a second of doubt froze a session for ten minutes, for the next look was a minute away."""
    clock = VenueClock(lambda: 0, lambda: 0)
    keeper = ClockKeeper(Rest(Endpoints.local("", ""), None, clock=clock), lambda events: None)
    clock.measure(1_500, 1_000 * MS, took_ms * MS)
    assert keeper.wait_s == wait_s


def test_a_quick_answer_ends_the_doubt():
    """The next look that is quick enough makes the wait long again."""
    clock = VenueClock(lambda: 0, lambda: 0)
    keeper = ClockKeeper(Rest(Endpoints.local("", ""), None, clock=clock), lambda events: None)
    clock.measure(1_500, 1_000 * MS, 1_150 * MS)
    clock.measure(1_000, 1_000 * MS, 4 * MS)
    assert (keeper.wait_s, abs(clock.offset_ms)) == (CLOCK_EVERY_S, 2)
