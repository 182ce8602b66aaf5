"""The volatility estimate against what was put in."""

from __future__ import annotations

import math
import random

from okxmm_tui.signals.volatility import EwmaVolatility

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
