"""Random faults do not lose or double a single fill."""

from __future__ import annotations

from tests.safety.soak import soak


def test_the_books_equal_the_exchanges_after_a_storm_of_faults(tmp_path):
    """Position, realised PnL, fees and fills to the last decimal; no order left; limit never passed."""
    outcome = soak(tmp_path, seconds=30, speed=10, seed=11)
    assert outcome.faults.total() > 10
    assert outcome.differences() == []
    assert outcome.summary["exit_code"] == 0
