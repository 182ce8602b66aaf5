"""Fair prices: by hand, against lot-by-lot counting, and on the right side of the mid."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.signals.fair_value import effective_mid, sweep_price, vamp, weighted_mid
from tests.signals import reference

lots = st.integers(1, 50)
BIDS = ((99, 30), (98, 10), (97, 5))
ASKS = ((101, 10), (102, 10), (103, 40))


@given(lots, lots)
def test_a_bid_heavy_touch_lies_above_the_mid(bid_lots, ask_lots):
    """More bids pull the fair price up, fewer pull it down, even ones leave it in the middle."""
    fair = weighted_mid(100, bid_lots, 102, ask_lots)
    assert (fair > 101) == (bid_lots > ask_lots)
    assert (fair < 101) == (bid_lots < ask_lots)
    assert 100 < fair < 102


@given(lots, lots)
def test_vamp_of_one_level_is_the_weighted_mid(bid_lots, ask_lots):
    """Both formulas agree where they must."""
    one = vamp(((100, bid_lots),), ((102, ask_lots),))
    assert one == pytest.approx(weighted_mid(100, bid_lots, 102, ask_lots))


def test_an_empty_touch_is_the_mid():
    """No sizes, no opinion."""
    assert weighted_mid(100, 0, 103, 0) == 101.5


def test_vamp_by_hand():
    """(99 x 10 + 101 x 30 + 98 x 10 + 102 x 10) / 60."""
    assert vamp(BIDS[:2], ASKS[:2]) == pytest.approx((990 + 3030 + 980 + 1020) / 60)
    assert vamp(BIDS[:2], ASKS[:2]) > 100
    assert vamp((), ASKS) is None


@given(st.lists(lots, min_size=1, max_size=6), st.integers(1, 200))
def test_a_sweep_is_its_lots_one_by_one(sizes, size_lots):
    """Level by level gives what lot by lot gives, None included."""
    levels = tuple((100 + place, size) for place, size in enumerate(sizes))
    expected = reference.sweep(levels, size_lots)
    assert sweep_price(levels, size_lots) == (None if expected is None else pytest.approx(expected))


def test_the_effective_mid_moves_up_with_bids():
    """Thin asks are dear to take: the price at which one could trade both ways lies above the mid."""
    fair = effective_mid(sweep_price(BIDS, 30), sweep_price(ASKS, 30))
    assert fair == pytest.approx((99 + (101 + 102 + 103) / 3) / 2)
    assert fair > 100
    assert effective_mid(sweep_price(BIDS, 46), sweep_price(ASKS, 46)) is None


@given(lots, lots, st.integers(2, 5))
def test_ticks_scale(bid_lots, ask_lots, factor):
    """Prices counted in finer ticks give the same fair price in finer ticks."""
    coarse = weighted_mid(100, bid_lots, 102, ask_lots)
    fine = weighted_mid(100 * factor, bid_lots, 102 * factor, ask_lots)
    assert fine == pytest.approx(coarse * factor)
