"""Round trips counted from fills."""

from __future__ import annotations

from okxmm_tui.core.types import Side
from okxmm_tui.strategies.round_trips import RoundTrips


def _trip(trips: RoundTrips, gain: int, fee: float = 0.0) -> bool:
    trips.on_fill(Side.BUY, 1_000, 10, fee)
    return trips.on_fill(Side.SELL, 1_000 + gain, 10, fee)


def test_the_third_loss_in_a_row_tells():
    """Only the third, and the count starts again."""
    trips = RoundTrips()
    assert [_trip(trips, -1) for _ in range(4)] == [False, False, True, False]


def test_a_win_forgives():
    """Losses must be in a row."""
    trips = RoundTrips()
    assert [_trip(trips, gain) for gain in (-1, -1, +1, -1, -1)] == [False] * 5
    assert trips.losses_in_a_row == 2


def test_fees_make_a_loss():
    """A gain of one tick in a thousand does not pay 2 bps twice... but one of nothing loses them."""
    trips = RoundTrips()
    _trip(trips, 0, fee=0.0002)
    assert trips.losses_in_a_row == 1
    _trip(trips, 1, fee=0.0002)
    assert trips.losses_in_a_row == 0


def test_a_flip_ends_one_trip_and_begins_the_next():
    """Sold 25 of 10 held: that trip is over, 15 short are the next one."""
    trips = RoundTrips()
    trips.on_fill(Side.BUY, 1_000, 10, 0.0)
    trips.on_fill(Side.SELL, 990, 25, 0.0)
    assert trips.losses_in_a_row == 1
    trips.on_fill(Side.BUY, 980, 15, 0.0)
    assert trips.losses_in_a_row == 0
