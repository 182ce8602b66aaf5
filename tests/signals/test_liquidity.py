"""Slippage, large orders, hidden ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.core.books import BookSide
from okxmm_tui.core.signals import LevelMark
from okxmm_tui.core.types import Side
from okxmm_tui.signals.fair_value import sweep_price
from okxmm_tui.signals.liquidity import IcebergWatch, TypicalSize, large_orders, slippage_bps

BIDS = ((9_999, 10), (9_998, 10))
ASKS = ((10_001, 10), (10_003, 10))


def test_slippage_costs_on_both_sides():
    """A buyer pays above the mid, a seller gets less; both are positive."""
    assert slippage_bps(sweep_price(ASKS, 10), Side.BUY, 10_000) == pytest.approx(1.0)
    assert slippage_bps(sweep_price(ASKS, 20), Side.BUY, 10_000) == pytest.approx(2.0)
    assert slippage_bps(sweep_price(BIDS, 20), Side.SELL, 10_000) == pytest.approx(1.5)
    assert slippage_bps(sweep_price(BIDS, 21), Side.SELL, 10_000) is None


@given(
    st.lists(st.tuples(st.integers(50, 90), st.integers(1, 9)), min_size=1, unique_by=lambda level: level[0])
)
def test_depth_is_what_rests_up_to_the_limit(levels):
    """Lots and value of a side down (or up) to a price, level by level."""
    for direction in (1, -1):
        side = BookSide(direction)
        side.replace(tuple(levels))
        for limit in (40, 70, 95):
            within = [(p, s) for p, s in levels if p * direction >= limit * direction]
            assert side.depth_to(limit) == (sum(s for _, s in within), sum(p * s for p, s in within))


def test_typical_size_is_a_rolling_median():
    """One giant does not move it, and old samples leave."""
    typical = TypicalSize(samples=3)
    assert typical.lots is None
    for sizes in ((5, 6, 7), (5, 6, 900), (6, 6, 6)):
        typical.sample(tuple(enumerate(sizes)), ())
    assert typical.lots == 6
    for _ in range(3):
        typical.sample(((1, 40),), ((2, 40),))
    assert typical.lots == 40


def test_large_orders_stand_out():
    """Ten times the typical size counts, less does not, and nothing counts before that is known."""
    levels = ((100, 9), (99, 100), (98, 99))
    assert large_orders(Side.BUY, levels, 10.0) == (LevelMark(Side.BUY, 99, 100),)
    assert large_orders(Side.BUY, levels, None) == ()


class TestIceberg:
    """A reserve that refills."""

    @staticmethod
    def watch() -> tuple[IcebergWatch, BookSide]:
        """Asks with 10 lots at 101."""
        side = BookSide(-1)
        side.replace(((101, 10), (102, 10)))
        return IcebergWatch(Side.SELL, side), side

    def test_refills_beyond_what_was_shown(self):
        """20 lots taken from a level that never showed more than 10, refilled each time."""
        watch, _ = self.watch()
        for shown in (4, 10, 9):
            watch.on_print(101, 8)
            watch.on_book(((101, shown),))
        (mark,) = watch.suspects()
        assert mark == LevelMark(Side.SELL, 101, 9, 24)

    def test_an_eaten_level_is_none(self):
        """Prints that take what was shown, and no more."""
        watch, _ = self.watch()
        for shown in (7, 4, 1):
            watch.on_print(101, 3)
            watch.on_book(((101, shown),))
        assert watch.suspects() == ()

    def test_a_level_that_goes_is_forgotten(self):
        """What comes back at the price later starts anew."""
        watch, _ = self.watch()
        for _ in range(4):
            watch.on_print(101, 9)
            watch.on_book(((101, 10),))
        assert watch.suspects()
        watch.on_book(((101, 0),))
        assert watch.suspects() == ()

    def test_a_large_order_shown_openly_is_none(self):
        """Much traded, but never more than was on the screen."""
        watch, _ = self.watch()
        for shown in (100, 90, 80):
            watch.on_print(101, 10)
            watch.on_book(((101, shown),))
        assert watch.suspects() == ()

    def test_the_memory_is_bounded(self):
        """A sweep over many levels leaves the latest."""
        side = BookSide(-1)
        side.replace(tuple((100 + n, 5) for n in range(100)))
        watch = IcebergWatch(Side.SELL, side)
        for price in range(100, 200):
            watch.on_print(price, 5)
        assert len(watch._watched) == 16
        assert 199 in watch._watched
