"""How often takers reach how deep: A and k of rate(d) = A exp(-k d), per side.

Maximum likelihood with exponential forgetting. Prints of one side with one venue time are one sweep; the
deepest of them counts. On the tick grid its excess over the touch, m = 0, 1, 2 ..., is geometric, hence

    k = ln(1 + 1 / mean(m)) per tick,                    error(k) = (1 - q) / sqrt(n q) with q = exp(-k)
    A = sweeps / sum over spreads of T_s exp(-k s / 2),  error(A) = A sqrt(1 / n + (mean(s / 2) error(k))^2)

T_s are the (decayed) seconds the spread was s ticks: the touch lies s / 2 from the mid, where the rate is
A exp(-k s / 2). n is the effective number of sweeps, (sum w)^2 / sum w^2. Depth is conditioned on the touch:
a spread that moves biases neither. Every print stands for an order of whatever size: it says that takers came
to the price, not that they would have filled any quantity there (docs/definitions.md, Arrivals (A and k)).
"""

from __future__ import annotations

import math

from okxmm_tui.core.signals import Intensity
from okxmm_tui.signals.decay import GrowingWeight

MIN_SWEEPS = 30.0
WORST_RELATIVE_ERROR = 0.5
"""A fit whose k is less certain than this is no fit."""
NEGLIGIBLE = 1e-9


class SpreadTime:
    """Decayed seconds spent at each spread.

    Args:
        half_life_s: Seconds after which time passed has half its weight.
    """

    def __init__(self, half_life_s: float) -> None:
        self._weight = GrowingWeight(half_life_s)
        self._times: dict[int, float] = {}
        self._spread_ticks = 0
        self._since: float = 0.0

    def update(self, spread_ticks: int, now_ns: int) -> None:
        """The spread is this from now on; 0 while there is none, and then no time counts."""
        factor = self._weight.rescale(now_ns)
        if factor is not None:
            scaled = {spread: time * factor for spread, time in self._times.items()}
            most = max(scaled.values(), default=0.0)
            self._times = {spread: time for spread, time in scaled.items() if time > most * NEGLIGIBLE}
            self._since *= factor
        weight = self._weight.at(now_ns)
        if self._spread_ticks > 0:
            passed = (weight - self._since) / self._weight.rate_per_s
            self._times[self._spread_ticks] = self._times.get(self._spread_ticks, 0.0) + passed
        self._spread_ticks, self._since = spread_ticks, weight

    def exposure(self, k_per_tick: float, now_ns: int) -> tuple[float, float]:
        """Seconds at zero distance that are worth the time at the touch, and the touch's mean distance.

        Args:
            k_per_tick: Decay of arrivals.
            now_ns: Time of the last event.

        Returns:
            (seconds, ticks), decayed; (0, 0) while no spread was known.
        """
        self.update(self._spread_ticks, now_ns)
        seconds = distance = 0.0
        for spread, time in self._times.items():
            worth = time * math.exp(-k_per_tick * spread / 2)
            seconds += worth
            distance += worth * spread / 2
        if seconds <= 0:
            return 0.0, 0.0
        return seconds / self._weight.at(now_ns), distance / seconds


class SweepDepths:
    """Sweeps of one side: how many, and how far beyond the touch.

    Args:
        half_life_s: Seconds after which a sweep has half its weight.
    """

    def __init__(self, half_life_s: float) -> None:
        self._weight = GrowingWeight(half_life_s)
        self._count = self._squared = self._excess = 0.0
        self._sweep_ms = -1
        self._deepest = 0
        self._sweep_weight = 0.0

    def on_print(self, excess_ticks: int, venue_ms: int, now_ns: int) -> None:
        """Take a print.

        Args:
            excess_ticks: Ticks beyond the best price as it stood before the sweep; below 0 counts as 0.
            venue_ms: The venue's time; prints of one taker share it.
            now_ns: When it was received.
        """
        excess = max(0, excess_ticks)
        if venue_ms == self._sweep_ms:
            if excess > self._deepest:
                self._excess += self._sweep_weight * (excess - self._deepest)
                self._deepest = excess
            return
        factor = self._weight.rescale(now_ns)
        if factor is not None:
            self._count *= factor
            self._excess *= factor
            self._squared *= factor * factor
        weight = self._weight.at(now_ns)
        self._count += weight
        self._squared += weight * weight
        self._excess += weight * excess
        self._sweep_ms, self._deepest, self._sweep_weight = venue_ms, excess, weight

    @property
    def seen(self) -> int:
        """Effective number of sweeps, (sum w)^2 / sum w^2."""
        return round(self._count**2 / self._squared) if self._squared > 0 else 0

    def fit(self, spreads: SpreadTime, now_ns: int) -> Intensity | None:
        """Estimate A and k.

        Args:
            spreads: Time by spread, with the half-life of the sweeps.
            now_ns: Time of the last event.

        Returns:
            The fit, or None while it would be worthless: too few sweeps, none beyond the touch, or a k less
            certain than half of itself.
        """
        if self._squared <= 0 or self._excess <= 0:
            return None
        samples = self._count**2 / self._squared
        mean = self._excess / self._count
        k, reach = math.log1p(1 / mean), mean / (1 + mean)
        k_error = (1 - reach) / math.sqrt(samples * reach)
        seconds, distance = spreads.exposure(k, now_ns)
        if samples < MIN_SWEEPS or seconds <= 0 or k_error > WORST_RELATIVE_ERROR * k:
            return None
        a = self._count / self._weight.at(now_ns) / seconds
        a_error = a * math.sqrt(1 / samples + (distance * k_error) ** 2)
        return Intensity(a, k, a_error, k_error, round(samples))
