"""Sums that forget: the arithmetic the estimators share."""

from __future__ import annotations

import math

RESCALE_AT = 20.0
"""Exponent of the growing weights at which everything is scaled back."""
LARGEST_EXPONENT = 700.0
"""What a float can hold; reached after a silence of a thousand half-lives."""


class DecayedMoments:
    """Count, mean and variance of samples whose weight shrinks by a factor at each new one."""

    __slots__ = ("_squares", "_sum", "_weight", "count")

    def __init__(self) -> None:
        self._weight = self._sum = self._squares = 0.0
        self.count = 0
        """Samples ever taken."""

    def add(self, value: float, keep: float) -> None:
        """Take a sample; what was there before keeps this share of its weight."""
        self._weight = keep * self._weight + 1.0
        self._sum = keep * self._sum + value
        self._squares = keep * self._squares + value * value
        self.count += 1

    @property
    def mean(self) -> float:
        """Weighted mean; 0 before the first sample."""
        return self._sum / self._weight if self._weight else 0.0

    @property
    def variance(self) -> float:
        """Weighted variance around the mean; 0 before the first sample."""
        return max(0.0, self._squares / self._weight - self.mean**2) if self._weight else 0.0


class GrowingWeight:
    """Forward decay: instead of shrinking every old sum, new samples weigh ever more.

    A sum of w(t_i) x_i divided by w(now) is the decayed sum. Weights are scaled back now and then; whoever
    keeps sums asks ``rescale`` before adding and multiplies them by its answer.

    Args:
        half_life_s: Seconds after which a sample has half its weight.
    """

    __slots__ = ("_origin_ns", "rate_per_s")

    def __init__(self, half_life_s: float) -> None:
        self.rate_per_s = math.log(2) / half_life_s
        self._origin_ns = 0

    def at(self, now_ns: int) -> float:
        """Weight of a sample taken now."""
        return math.exp(min(self.rate_per_s * (now_ns - self._origin_ns) / 1e9, LARGEST_EXPONENT))

    def rescale(self, now_ns: int) -> float | None:
        """Factor to multiply every sum by, or None (nearly always) when nothing needs to be done."""
        exponent = self.rate_per_s * (now_ns - self._origin_ns) / 1e9
        if exponent < RESCALE_AT:
            return None
        self._origin_ns = now_ns
        return math.exp(-min(exponent, LARGEST_EXPONENT))
