"""A and k: known truths are recovered, errors are honest, bad fits are refused."""

from __future__ import annotations

import math
import random

import pytest

from okxmm_tui.signals.intensity import SpreadTime, SweepDepths
from tests.signals import reference

SECOND = 1_000_000_000
START = 1_795_161_600 * SECOND


def arrivals(a: float, k: float, seconds: float, seed: int, spread_of=lambda _: 2):
    """Poisson sweeps (seconds, excess in ticks) of rate(d) = A exp(-k d), the touch s / 2 from the mid."""
    source, now = random.Random(seed), 0.0
    while True:
        now += source.expovariate(a)
        if now >= seconds:
            return
        if source.random() < math.exp(-k * spread_of(now) / 2):
            yield now, int(source.expovariate(k))


def alternating(now: float) -> int:
    """Two minutes of 1 tick, two minutes of 4."""
    return 1 if int(now) % 240 < 120 else 4


def fitted(a, k, seconds, seed, spread_of=lambda _: 2, *, half_life_s=1e9, stretch=1):
    """Fit of simulated arrivals; ``stretch`` counts distances in ticks so many times finer."""
    sweeps, spreads = SweepDepths(half_life_s), SpreadTime(half_life_s)
    for second in range(0, int(seconds), 120):
        spreads.update(spread_of(second) * stretch, START + second * SECOND)
    for number, (at, excess) in enumerate(arrivals(a, k, seconds, seed, spread_of)):
        sweeps.on_print(excess * stretch, number, START + int(at * SECOND))
    return sweeps.fit(spreads, START + int(seconds * SECOND))


@pytest.mark.parametrize("spread_of", [lambda _: 2, alternating])
@pytest.mark.parametrize(("a", "k"), [(2.0, 0.5), (8.0, 1.5), (1.0, 0.05)])
def test_the_truth_lies_within_three_errors(a, k, spread_of):
    """Constant and moving spreads; shallow and steep decay."""
    fit = fitted(a, k, 3_600, 5, spread_of)
    assert fit is not None
    assert abs(fit.a_per_s - a) < 3 * fit.a_error
    assert abs(fit.k_per_tick - k) < 3 * fit.k_error
    assert fit.k_error < 0.1 * k


def test_the_errors_are_as_large_as_they_say():
    """Over 200 markets the scatter of both figures is what the standard errors claim, within a fifth."""
    a, k = 3.0, 0.7
    fits = [fitted(a, k, 600, seed) for seed in range(200)]
    for name in ("a", "k"):
        truth, field = {"a": (a, "a_per_s"), "k": (k, "k_per_tick")}[name]
        scores = [(getattr(fit, field) - truth) / getattr(fit, f"{name}_error") for fit in fits]
        assert math.sqrt(sum(score**2 for score in scores) / len(scores)) == pytest.approx(1, abs=0.2)


def test_forgetting_follows_a_change():
    """Ten half-lives after the market changed the fit tells of the new one only."""
    half_life_s = 300.0
    sweeps, spreads = SweepDepths(half_life_s), SpreadTime(half_life_s)
    spreads.update(2, START)
    old = list(arrivals(8.0, 2.0, 3_000, 1))
    new = [(3_000 + at, excess) for at, excess in arrivals(2.0, 0.5, 3_000, 2)]
    for number, (at, excess) in enumerate(old + new):
        sweeps.on_print(excess, number, START + int(at * SECOND))
    fit = sweeps.fit(spreads, START + 6_000 * SECOND)
    assert fit is not None
    assert abs(fit.a_per_s - 2.0) < 3 * fit.a_error
    assert abs(fit.k_per_tick - 0.5) < 3 * fit.k_error
    assert fit.samples < 2 * 2.0 * math.exp(-0.5) * half_life_s / math.log(2) * 1.5


def test_it_is_the_maximum_of_the_likelihood():
    """Growing weights, rescaled on the way, give what weighing each sweep by its age gives."""
    half_life_s, seconds = 100.0, 7_200
    history = list(arrivals(2.0, 0.5, seconds, 3, alternating))
    fit = fitted(2.0, 0.5, seconds, 3, alternating, half_life_s=half_life_s)
    spreads = [(float(t), t + 120.0, alternating(t)) for t in range(0, seconds, 120)]
    a, k = reference.likelihood_intensity(history, spreads, half_life_s)
    assert fit is not None
    assert (fit.a_per_s, fit.k_per_tick) == (pytest.approx(a, rel=1e-6), pytest.approx(k, rel=1e-6))


def test_least_squares_agrees():
    """The regression over steps of 100 ms finds the same market, less precisely."""
    history = list(arrivals(2.0, 0.4, 20_000, 8))
    fit = fitted(2.0, 0.4, 20_000, 8)
    deepest: dict[int, float] = {}
    for at, excess in history:
        step = int(at * 10)
        deepest[step] = max(deepest.get(step, 0.0), 1.0 + excess)
    a, k = reference.least_squares_intensity(list(deepest.values()), 20_000, 0.1, points=8)
    assert fit is not None
    assert k == pytest.approx(fit.k_per_tick, rel=0.05)
    assert a == pytest.approx(fit.a_per_s, rel=0.05)


def test_ticks_scale():
    """Decay per price is one thing: in ticks half as large it is half as much per tick, and A is the same."""
    coarse = fitted(2.0, 0.02, 20_000, 4)
    fine = fitted(2.0, 0.02, 20_000, 4, stretch=2)
    assert coarse is not None
    assert fine is not None
    assert fine.k_per_tick == pytest.approx(coarse.k_per_tick / 2, rel=0.02)
    assert fine.a_per_s == pytest.approx(coarse.a_per_s, rel=0.02)


def test_prints_of_one_taker_are_one_sweep():
    """The deepest of them counts, whatever the order."""
    spreads = SpreadTime(600.0)
    spreads.update(2, START)
    single, split = SweepDepths(600.0), SweepDepths(600.0)
    for number in range(100):
        at = START + number * SECOND
        single.on_print(number % 4, number, at)
        for excess in (0, number % 4, 0):
            split.on_print(excess, number, at)
    end = START + 100 * SECOND
    assert split.fit(spreads, end) == single.fit(spreads, end)


def test_bad_fits_are_refused():
    """Nothing traded, all at the touch, too few sweeps, no spread known."""
    known, unknown = SpreadTime(600.0), SpreadTime(600.0)
    known.update(2, START)
    end = START + 100 * SECOND
    sweeps = SweepDepths(600.0)
    assert (sweeps.fit(known, end), sweeps.seen) == (None, 0)
    for number in range(100):
        sweeps.on_print(-3, number, START + number * SECOND)
    assert sweeps.fit(known, end) is None
    assert 95 <= sweeps.seen <= 100
    few = SweepDepths(600.0)
    for number in range(20):
        few.on_print(number, number, START + number * SECOND)
    assert few.fit(known, end) is None
    many = SweepDepths(600.0)
    for number in range(100):
        many.on_print(number % 5, number, START + number * SECOND)
    assert many.fit(unknown, end) is None
    assert many.fit(known, end) is not None


def test_time_without_a_book_does_not_count():
    """The same sweeps in half the known time are twice the rate."""
    whole, half = SpreadTime(1e9), SpreadTime(1e9)
    sweeps = SweepDepths(1e9)
    for number in range(1_000):
        sweeps.on_print(number % 5, number, START + number * SECOND // 10)
    whole.update(2, START)
    half.update(2, START)
    half.update(0, START + 50 * SECOND)
    end = START + 100 * SECOND
    one, two = sweeps.fit(whole, end), sweeps.fit(half, end)
    assert one is not None
    assert two is not None
    assert two.a_per_s == pytest.approx(2 * one.a_per_s, rel=1e-6)
    assert two.k_per_tick == one.k_per_tick


def test_silence_for_a_month_is_survived():
    """Weights do not overflow, and nothing is left to fit."""
    spreads, sweeps = SpreadTime(600.0), SweepDepths(600.0)
    spreads.update(2, START)
    for number in range(100):
        sweeps.on_print(number % 5, number, START + number * SECOND)
    later = START + 30 * 86_400 * SECOND
    fit = sweeps.fit(spreads, later)
    assert fit is None or fit.a_per_s < 1e-100
    spreads.update(3, later)
    sweeps.on_print(2, 1_000, later)
    assert sweeps.fit(spreads, later + SECOND) is None
