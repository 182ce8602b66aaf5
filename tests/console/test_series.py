"""Curves that reach back to the beginning."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.console.series import Series


@given(taken=st.integers(0, 3_000), half=st.integers(1, 20))
def test_the_whole_session_is_kept_evenly_in_bounded_room(taken, half):
    """First and newest sample are there, all others at equal distances, never more than allowed."""
    series = Series(2 * half)
    for second in range(taken):
        series.add(float(second))
    values = series.values()
    assert series.count == taken
    assert len(values) <= 2 * half + 1
    if not taken:
        assert values == ()
        return
    assert (values[0], values[-1]) == (0.0, taken - 1)
    steps = {after - before for before, after in pairwise(values[:-1])}
    assert len(steps) <= 1
    step = max(steps, default=1.0)
    assert len(values) >= min(taken, half)
    assert all(value % step == 0 for value in values[:-1])
