"""Average-cost accounting, by hand and by property."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.core.position import Position
from okxmm_tui.core.types import Side

LOT = Decimal("0.0001")
"""0.01 contracts of 0.01 BTC."""
trades = st.lists(
    st.tuples(st.sampled_from(Side), st.integers(1, 500), st.integers(1, 100_000)), min_size=1, max_size=30
)


@pytest.mark.parametrize(
    ("steps", "size_lots", "average", "realised"),
    [
        ([("buy", 100, 60_000)], 100, "60000", "0"),
        ([("sell", 100, 60_000)], -100, "60000", "0"),
        ([("buy", 100, 60_000), ("buy", 100, 61_000)], 200, "60500", "0"),
        ([("buy", 100, 60_000), ("sell", 50, 60_100)], 50, "60000", "0.5"),
        ([("buy", 100, 60_000), ("sell", 100, 59_900)], 0, None, "-1"),
        ([("sell", 100, 60_000), ("buy", 40, 59_000)], -60, "60000", "4"),
        ([("buy", 100, 60_000), ("sell", 250, 60_200)], -150, "60200", "2"),
        ([("sell", 100, 60_000), ("buy", 300, 60_300)], 200, "60300", "-3"),
        ([("buy", 300, 10), ("buy", 100, 20), ("sell", 200, 15)], 200, "12.5", "0.05"),
    ],
)
def test_by_hand(steps, size_lots, average, realised):
    """Openings, additions, reductions, closes and flips, worked out on paper."""
    position, total = Position(LOT), Decimal(0)
    for side, lots, price in steps:
        total += position.apply(Side(side), lots, Decimal(price))
    assert position.size_lots == size_lots
    assert position.average_price == (Decimal(average) if average else None)
    assert total == Decimal(realised)


@given(trades)
def test_cash_identity_is_exact(steps):
    """Realised + unrealised equals the money that flowed plus the value held, to the last digit."""
    position, realised, cash = Position(LOT), Decimal(0), Decimal(0)
    for side, lots, price in steps:
        realised += position.apply(side, lots, Decimal(price))
        cash -= side.sign * lots * LOT * price
    last = Decimal(steps[-1][2])
    assert realised + position.unrealised(last) == cash + position.size_lots * LOT * last


@given(trades)
def test_a_flat_position_costs_nothing(steps):
    """Closing everything leaves no cost, however the roundings fell."""
    position = Position(LOT)
    for side, lots, price in steps:
        position.apply(side, lots, Decimal(price))
    if position.size_lots:
        side = Side.SELL if position.size_lots > 0 else Side.BUY
        position.apply(side, abs(position.size_lots), Decimal(7))
    assert (position.size_lots, position.cost) == (0, 0)


@given(trades)
def test_rounding_stays_below_a_millionth_of_a_cent(steps):
    """Against exact fractions, the realised figure is off by at most 1e-12 a trade."""
    position, realised = Position(LOT), Decimal(0)
    size, cost, exact = 0, Fraction(0), Fraction(0)
    for side, lots, price in steps:
        realised += position.apply(side, lots, Decimal(price))
        value = Fraction(LOT) * price
        if size * side.sign >= 0:
            cost += lots * value
        else:
            closed = min(lots, abs(size))
            removed = cost * closed / abs(size)
            exact += (1 if size > 0 else -1) * (closed * value - removed)
            cost = cost - removed if lots <= abs(size) else (lots - closed) * value
        size += side.sign * lots
    assert abs(Fraction(realised) - exact) <= Fraction(len(steps), 10**12)


def test_adopting_takes_over_size_and_cost():
    """A position found at the venue is valued at its own average."""
    position = Position(LOT)
    position.adopt(-100, Decimal(60_000))
    assert position.unrealised(Decimal(59_000)) == Decimal(10)
