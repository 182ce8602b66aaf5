"""Part of a day for every kind of instrument: the engine's books are the exchange's, to the last decimal."""

from __future__ import annotations

import pytest

from tests.safety.day import KINDS, Day

PARTS = 3
PART_S = 420.0


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_twenty_minutes_of_trading_leave_both_books_equal(kind):
    """Fills, flips, funding, a fee that turns into a rebate, faults: every figure equal, residual zero."""
    day = Day(kind, seed=7)
    try:
        audits = list(day.hours(PARTS, PART_S))
        assert [audit.differences for audit in audits] == [[]] * PARTS
    finally:
        day.close()
    last = audits[-1]
    assert last.fills > 50
    assert day.flips > 3
    assert day.faults.total() > 3
    assert last.settlements >= (0 if kind == "spot" else 2)
    assert last.figures["rebates"][0] > 0
    assert last.parts.total != 0
