"""Sums that forget."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.signals.decay import DecayedMoments, GrowingWeight

SECOND = 1_000_000_000


@given(st.lists(st.integers(-1_000, 1_000), min_size=1, max_size=30))
def test_without_decay_they_are_the_plain_moments(values):
    """Mean and population variance."""
    moments = DecayedMoments()
    for value in values:
        moments.add(value, 1.0)
    assert moments.mean == pytest.approx(statistics.fmean(values))
    assert moments.variance == pytest.approx(statistics.pvariance(values), abs=1e-6)


@given(st.lists(st.tuples(st.integers(0, 5_000), st.floats(-10, 10)), min_size=1, max_size=40))
def test_growing_weights_are_shrinking_sums(samples):
    """With and without rescaling the decayed sum is the one weighed by age."""
    weight, total, now = GrowingWeight(100.0), 0.0, 1_795_161_600 * SECOND
    history = []
    for wait_s, value in samples:
        now += wait_s * SECOND
        total *= weight.rescale(now) or 1.0
        total += weight.at(now) * value
        history.append((now, value))
    expected = sum(value * 0.5 ** ((now - at) / SECOND / 100) for at, value in history)
    assert total / weight.at(now) == pytest.approx(expected, rel=1e-6, abs=1e-6)
