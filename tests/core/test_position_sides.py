"""Long and short apart: which side an order belongs to, and the net that never drifts from the fills."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.core.position_sides import SidePositions, closed_by, opened_by, side_for
from okxmm_tui.core.types import PositionSide, Side

LONG, SHORT, NET = PositionSide.LONG, PositionSide.SHORT, PositionSide.NET

FILLS = st.lists(
    st.tuples(st.sampled_from(Side), st.sampled_from(PositionSide), st.integers(1, 1_000)), max_size=60
)


@pytest.mark.parametrize(
    ("side", "size", "closable", "expected"),
    [
        (Side.SELL, 100, 100, (LONG, 100)),
        (Side.SELL, 100, 300, (LONG, 100)),
        (Side.SELL, 100, 40, (LONG, 40)),
        (Side.SELL, 100, 9, (SHORT, 100)),
        (Side.SELL, 100, 0, (SHORT, 100)),
        (Side.BUY, 100, 100, (SHORT, 100)),
        (Side.BUY, 100, 40, (SHORT, 40)),
        (Side.BUY, 100, 0, (LONG, 100)),
    ],
)
def test_an_order_closes_what_it_can_and_opens_otherwise(side, size, closable, expected):
    """Whole closing, closing part, opening: with a smallest order of 10 lots."""
    sided = side_for(side, size, closable, min_size_lots=10)
    assert (sided.position_side, sided.size_lots) == expected


@given(st.sampled_from(Side), st.integers(1, 10_000), st.integers(0, 10_000), st.integers(0, 100))
def test_an_order_has_one_side_and_never_closes_more_than_there_is(side, size, closable, smallest):
    """Never larger than wanted, never split, never a closing order the venue would refuse."""
    sided = side_for(side, size, closable, smallest)
    assert 0 < sided.size_lots <= size
    if sided.position_side is closed_by(side):
        assert sided.size_lots <= closable
        assert sided.size_lots >= min(size, max(1, smallest))
    else:
        assert (sided.position_side, sided.size_lots) == (opened_by(side), size)


@given(st.integers(0, 500), st.integers(0, 500), FILLS)
def test_the_net_is_always_the_sum_of_the_fills(long_lots, short_lots, fills):
    """Whatever sides the fills name, in whatever order: net = start + sum of signed sizes."""
    sides = SidePositions(long_lots, short_lots)
    net = long_lots - short_lots
    for side, position_side, size in fills:
        sides.apply(side, position_side, size)
        net += side.sign * size
        assert sides.net_lots == net


@given(st.lists(st.tuples(st.sampled_from(Side), st.integers(1, 1_000)), max_size=60))
def test_orders_by_the_rule_never_overdraw_a_side(wishes):
    """Orders placed and filled one after another by the rule keep both sides at zero or above."""
    sides, net = SidePositions(), 0
    for side, wanted in wishes:
        closable = sides.held_lots(closed_by(side))
        order = side_for(side, wanted, closable, min_size_lots=1)
        sides.apply(side, order.position_side, order.size_lots)
        net += side.sign * order.size_lots
        assert min(sides.long_lots, sides.short_lots) == 0
        assert sides.net_lots == net


def test_fills_move_their_own_side():
    """A buy of LONG opens it, a buy of SHORT closes it."""
    sides = SidePositions()
    sides.apply(Side.BUY, LONG, 30)
    sides.apply(Side.SELL, SHORT, 20)
    sides.apply(Side.BUY, SHORT, 5)
    sides.apply(Side.SELL, LONG, 10)
    assert (sides.long_lots, sides.short_lots, sides.held_lots(NET)) == (20, 15, 0)


def test_a_fill_without_a_side_closes_first():
    """Liquidations name none: what stands against them goes first, the rest opens."""
    sides = SidePositions(0, 30)
    sides.apply(Side.BUY, NET, 50)
    assert (sides.long_lots, sides.short_lots) == (20, 0)
    sides.apply(Side.SELL, NET, 25)
    assert (sides.long_lots, sides.short_lots) == (0, 5)


def test_a_closing_fill_before_its_opening_one():
    """Messages out of order: below zero for a moment, right in the end."""
    sides = SidePositions()
    sides.apply(Side.SELL, LONG, 10)
    assert sides.long_lots == -10
    sides.apply(Side.BUY, LONG, 10)
    assert (sides.long_lots, sides.net_lots) == (0, 0)
