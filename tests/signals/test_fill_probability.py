"""The probability of a fill: the law, the rates behind it, and how often it comes true."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.signals.fill_probability import LevelFlow, poisson_at_least
from tests.signals import reference

SECOND = 1_000_000_000


@given(st.integers(1, 300), st.floats(0.01, 350))
def test_the_tail_of_the_poisson_law(needed, mean):
    """Summing up from below gives what summing the far end gives."""
    assert poisson_at_least(needed, mean) == pytest.approx(reference.poisson_at_least(needed, mean), abs=1e-9)


@given(st.integers(401, 900), st.floats(300, 1_000))
def test_large_numbers_are_normal(needed, mean):
    """The approximation is good to a percent where it is used."""
    assert poisson_at_least(needed, mean) == pytest.approx(reference.poisson_at_least(needed, mean), abs=0.01)


def test_the_edges():
    """Nothing needed is certain; nobody coming is never."""
    assert poisson_at_least(0, 0.0) == 1.0
    assert poisson_at_least(1, 0.0) == 0.0


def flow(seconds: int = 2_000, per_s: float = 0.5, lots: int = 4) -> LevelFlow:
    """Takers of equal size at the touch, as Poisson has them; every fourth goes two ticks beyond."""
    source, estimate, now = random.Random(1), LevelFlow(1e6), 0.0
    estimate.begin(0)
    while now < seconds:
        now += source.expovariate(per_s)
        estimate.on_print(2 if source.random() < 0.25 else 0, lots, int(now * SECOND))
    return estimate


def test_it_is_what_the_rate_says():
    """Half a taker a second of 4 lots: P(at least 3 in 10 s) for 12 lots, a quarter of the rate deeper in."""
    estimate, end = flow(), 2_000 * SECOND
    assert estimate.probability(0, 12, 10, end) == pytest.approx(poisson_at_least(3, 5.0), abs=0.03)
    assert estimate.probability(1, 4, 10, end) == pytest.approx(poisson_at_least(1, 1.25), abs=0.06)


def test_farther_or_longer_queues_fill_less_and_longer_waits_more():
    """The three ways it can be ordered."""
    estimate, end = flow(), 2_000 * SECOND

    def chance(distance: int, needed: float, horizon: float) -> float:
        found = estimate.probability(distance, needed, horizon, end)
        assert found is not None
        return found

    assert chance(0, 8, 10) > chance(1, 8, 10)
    assert chance(0, 8, 10) > chance(0, 40, 10)
    assert chance(0, 8, 60) > chance(0, 8, 10)
    assert chance(-3, 8, 10) == chance(0, 8, 10)


def test_too_little_is_not_told():
    """Before ten takers, deeper than any came, or beyond the memory of depths."""
    estimate = flow(10)
    assert estimate.probability(0, 4, 10, 10 * SECOND) is None
    assert flow().probability(3, 4, 10, 2_000 * SECOND) is None
    assert flow().probability(64, 4, 10, 2_000 * SECOND) is None
    assert LevelFlow().probability(0, 4, 10, 0) is None


def test_lots_scale():
    """Lots half as large, twice as many of them: the same probability."""
    end = 2_000 * SECOND
    assert flow(lots=8).probability(0, 24, 10, end) == flow(lots=4).probability(0, 12, 10, end)
