"""The probability of a fill: the two laws behind it, and the rates."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.signals.fill_probability import TakerFlow, poisson_at_least, reach_probability
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


@pytest.mark.parametrize("distance", [0.5, 2.0, 6.0, 15.0])
def test_a_walk_reaches_a_place_as_often_as_the_law_says(distance):
    """A hundred small steps a second for ten seconds, against the law of a walk without steps."""
    source, sigma, walks, step = random.Random(5), 2.0, 1_500, 0.1

    def reaches() -> bool:
        place = 0.0
        return any((place := place + source.choice((-step, step)) * sigma) >= distance for _ in range(1_000))

    share = sum(reaches() for _ in range(walks)) / walks
    law = reach_probability(distance, sigma, 10.0)
    assert share == pytest.approx(law, abs=0.03 + 3 * (law * (1 - law) / walks) ** 0.5)


def test_a_place_at_the_touch_is_reached_already_and_a_still_price_reaches_no_other():
    """The limits: no distance, no volatility, no time."""
    assert reach_probability(0, 1.0, 10.0) == reach_probability(-3, 0.0, 10.0) == 1.0
    assert reach_probability(1, 0.0, 10.0) == reach_probability(1, 1.0, 0.0) == 0.0
    assert reach_probability(10.0, 10.0 / 10**0.5, 10.0) == pytest.approx(0.31731, abs=1e-5)


@given(st.floats(0.01, 1e4), st.floats(1.0, 10.0), st.floats(0.01, 1e3))
def test_nearer_is_never_less_likely(distance, times, sigma):
    """Nor is a livelier market."""
    near, far = (reach_probability(each, sigma, 10.0) for each in (distance, distance * times))
    assert 0.0 <= far <= near <= 1.0
    assert reach_probability(distance, sigma * times, 10.0) >= near


def flow(seconds: int = 2_000, per_s: float = 0.5, lots: int = 4) -> TakerFlow:
    """Takers of equal size, as Poisson has them."""
    source, estimate, now = random.Random(1), TakerFlow(1e6), 0.0
    estimate.begin(0)
    while now < seconds:
        now += source.expovariate(per_s)
        estimate.on_print(lots, int(now * SECOND))
    return estimate


def test_it_is_what_the_rate_says():
    """Half a taker a second of 4 lots: P(at least 3 in 10 s) for 12 lots."""
    estimate, end = flow(), 2_000 * SECOND
    assert estimate.probability(12, 10, end) == pytest.approx(poisson_at_least(3, 5.0), abs=0.03)
    assert estimate.probability(4, 10, end) == pytest.approx(poisson_at_least(1, 5.0), abs=0.03)


def test_longer_queues_fill_less_and_longer_waits_more():
    """The two ways it can be ordered."""
    estimate, end = flow(), 2_000 * SECOND

    def chance(needed: float, horizon: float) -> float:
        found = estimate.probability(needed, horizon, end)
        assert found is not None
        return found

    assert chance(8, 10) > chance(40, 10)
    assert chance(8, 60) > chance(8, 10)


def test_too_little_is_not_told():
    """Before ten takers nobody knows how many come; those seen are counted."""
    estimate = flow(10)
    assert estimate.probability(4, 10, 10 * SECOND) is None
    assert 0 < estimate.seen(10 * SECOND) < 10
    assert TakerFlow().probability(4, 10, 0) is None
    assert TakerFlow().seen(0) == 0


def test_what_was_seen_fades():
    """After a half-life half of it counts, also over the scaling back of the weights."""
    estimate = TakerFlow(half_life_s=10.0)
    for _ in range(16):
        estimate.on_print(5, 0)
    assert estimate.seen(0) == pytest.approx(16)
    assert estimate.seen(10 * SECOND) == pytest.approx(8)
    estimate.on_print(5, 400 * SECOND)
    assert estimate.seen(400 * SECOND) == pytest.approx(1)


def test_lots_scale():
    """Lots half as large, twice as many of them: the same probability."""
    end = 2_000 * SECOND
    assert flow(lots=8).probability(24, 10, end) == flow(lots=4).probability(12, 10, end)
