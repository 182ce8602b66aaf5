"""Curves that reach back to the beginning."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.console.series import Series, resampled


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


def test_resampling_keeps_the_mean():
    """A long history is averaged run by run, a short one is left alone, the unknown counts for nothing."""
    assert resampled((1.0, 2.0, 4.0, 6.0, 8.0), 3) == [1.0, 3.0, 7.0]
    assert resampled((1.0, 2.0), 3) == [1.0, 2.0]
    assert resampled((1.0, math.nan, 4.0, math.nan), 2) == [1.0, 4.0]
    assert math.isnan(resampled((1.0, 1.0, math.nan, math.nan), 2)[1])


@pytest.mark.parametrize("length", range(1, 130))
def test_a_long_history_fills_the_width(length):
    """With one sample more than there are columns the curve does not shrink to half of them."""
    values = resampled(tuple(float(value) for value in range(length)), 30)
    assert len(values) == min(length, 30)
    assert values == sorted(values)
