"""The volatility estimate against what was put in."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.signals.volatility import (
    EwmaVolatility,
    ParkinsonVolatility,
    TwoScaleVolatility,
    VolatilityBreaker,
)
from tests.signals import reference

SECOND = 1_000_000_000


def test_a_known_random_walk_is_recovered():
    """One bp per square root of a second, sampled at uneven times, comes out within ten percent."""
    source, sigma = random.Random(7), 1e-4
    estimate, mid, now = EwmaVolatility(600.0), 600_000.0, 0
    for _ in range(6_000):
        elapsed = source.choice([0.2, 0.5, 1.3])
        now += int(elapsed * SECOND)
        mid *= math.exp(source.gauss(0, sigma * math.sqrt(elapsed)))
        estimate.update(mid, now)
    assert abs(estimate.per_sqrt_s / sigma - 1) < 0.1


def test_no_movement_is_no_volatility():
    """A flat mid gives exactly zero."""
    estimate = EwmaVolatility(30.0)
    for second in range(100):
        estimate.update(600_000.0, second * SECOND)
    assert estimate.per_sqrt_s == 0.0


def test_one_sample_says_nothing():
    """Before two samples the estimate is zero, not an error."""
    estimate = EwmaVolatility(30.0)
    assert estimate.per_sqrt_s == 0.0
    estimate.update(600_000.0, 0)
    assert estimate.per_sqrt_s == 0.0


def test_bursts_within_a_tenth_of_a_second_are_one_sample():
    """Tick bounce between close messages does not count."""
    estimate = EwmaVolatility(30.0)
    for number in range(50):
        estimate.update(600_000.0 + number % 2, number * 1_000_000)
    assert estimate.per_sqrt_s == 0.0


def test_the_incremental_estimate_is_the_weighted_mean():
    """Uneven samples give what the definition gives over the whole history."""
    source = random.Random(3)
    estimate, samples, seconds, mid = EwmaVolatility(20.0), [], 0.0, 6e5
    for _ in range(300):
        seconds += source.choice([0.5, 1.0, 4.0])
        mid *= math.exp(source.gauss(0, 1e-4))
        samples.append((seconds, mid))
        estimate.update(mid, int(seconds * SECOND))
    assert estimate.per_sqrt_s == pytest.approx(reference.ewma(samples, 20.0), rel=1e-9)


def test_bars_are_parkinsons():
    """Highs and lows of finished bars, each opened at the last mid of the one before."""
    source = random.Random(5)
    estimate, bars, mid = ParkinsonVolatility(bar_s=60, bars=5), [], 6e5
    for bar in range(8):
        bars.append([mid] if bar else [])
        for second in range(60):
            mid *= math.exp(source.gauss(0, 1e-4))
            bars[-1].append(mid)
            estimate.update(mid, (bar * 60 + second) * SECOND)
    assert estimate.per_sqrt_s == pytest.approx(reference.parkinson(bars[2:7], 60), rel=1e-9)


def test_bars_without_a_mid_are_flat():
    """Minutes of silence count as bars without range."""
    estimate = ParkinsonVolatility(bar_s=60, bars=4)
    estimate.update(100.0, 0)
    estimate.update(101.0, SECOND)
    estimate.update(101.0, 61 * SECOND)
    alone = estimate.per_sqrt_s
    estimate.update(101.0, 241 * SECOND)
    assert estimate.per_sqrt_s == pytest.approx(alone / 2)


def test_two_scales_against_the_grids():
    """The ring with its running sums gives what averaging the grids of the last window gives."""
    source = random.Random(9)
    estimate, mids, mid = TwoScaleVolatility(1.0, scale=5, window=100), [], 6e5
    for second in range(251):
        mid *= math.exp(source.gauss(0, 1e-4))
        mids.append(mid)
        estimate.update(mid, second * SECOND)
    assert estimate.per_sqrt_s == pytest.approx(reference.two_scale(mids[:-1][-101:], 5, 1.0), rel=1e-6)


def test_two_scales_remove_noise_that_fools_one():
    """With a bounce as large as the walk the two-scale figure keeps the truth, the plain one doubles."""
    source, sigma, mid = random.Random(11), 1e-4, 6e5
    two, one = TwoScaleVolatility(1.0, scale=20, window=6_000), EwmaVolatility(1e6)
    for second in range(6_001):
        mid *= math.exp(source.gauss(0, sigma))
        seen = mid * math.exp(source.gauss(0, sigma))
        two.update(seen, second * SECOND)
        one.update(seen, second * SECOND)
    error = math.sqrt(4 * 20 / (3 * 6_000)) / 2
    assert abs(two.per_sqrt_s / sigma - 1) < 3 * error
    assert one.per_sqrt_s / sigma > 1.6


def test_two_scales_need_enough():
    """Before ten slow steps nothing is claimed."""
    estimate = TwoScaleVolatility(1.0, scale=15, window=900)
    for second in range(150):
        estimate.update(6e5 + second % 3, second * SECOND)
    assert estimate.per_sqrt_s == 0.0


@pytest.mark.parametrize("make", [ParkinsonVolatility, TwoScaleVolatility, lambda: EwmaVolatility(60.0)])
def test_volatility_does_not_depend_on_the_unit(make):
    """Ticks of twice the size, half as many of them: the same returns, the same volatility."""
    source, mid = random.Random(2), 6e5
    fine, coarse = make(), make()
    for second in range(400):
        mid *= math.exp(source.gauss(0, 1e-4))
        fine.update(mid, second * SECOND)
        coarse.update(mid / 2, second * SECOND)
    assert fine.per_sqrt_s > 0
    assert coarse.per_sqrt_s == pytest.approx(fine.per_sqrt_s, rel=1e-9)


class TestBreaker:
    """Trips at once, resumes late."""

    def test_it_trips_at_the_ratio_and_not_below(self):
        """The threshold itself counts."""
        breaker = VolatilityBreaker(3.0, hold_s=10)
        assert not breaker.update(2.99, 0)
        assert breaker.update(3.0, 1)

    def test_calm_must_last(self):
        """It resumes once half the ratio has held for the whole time."""
        breaker = VolatilityBreaker(3.0, hold_s=10)
        breaker.update(5.0, 0)
        assert breaker.update(1.5, 1 * SECOND)
        assert breaker.update(1.5, 10 * SECOND)
        assert not breaker.update(1.5, 11 * SECOND)

    @pytest.mark.parametrize("relapse", [1.6, 4.0])
    def test_a_relapse_starts_the_wait_anew(self, relapse):
        """Anything above half the ratio breaks the calm."""
        breaker = VolatilityBreaker(3.0, hold_s=10)
        breaker.update(5.0, 0)
        breaker.update(1.0, 1 * SECOND)
        breaker.update(relapse, 9 * SECOND)
        assert breaker.update(1.0, 12 * SECOND)
        assert breaker.update(1.0, 21 * SECOND)
        assert not breaker.update(1.0, 22 * SECOND)

    @given(st.lists(st.floats(0, 2.9), max_size=50))
    def test_it_never_trips_below_the_ratio(self, ratios):
        """No sequence of harmless ratios trips it."""
        breaker = VolatilityBreaker(3.0, hold_s=1)
        assert not any(breaker.update(ratio, number * SECOND) for number, ratio in enumerate(ratios))
