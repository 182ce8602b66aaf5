"""Means of weighted samples: sums alone, no samples kept."""

from __future__ import annotations

from math import sqrt


class WeightedMean:
    """Mean of weighted samples, its standard error, and how many were missing; five sums, no samples kept."""

    __slots__ = ("_w", "_ww", "_wwx", "_wwxx", "_wx", "count", "missing")

    def __init__(self) -> None:
        self.count = self.missing = 0
        self._w = self._wx = self._ww = self._wwx = self._wwxx = 0.0

    def add(self, value: float, weight: float) -> None:
        """Take a sample; its weight must be positive."""
        self.count += 1
        self._w += weight
        self._wx += weight * value
        squared = weight * weight
        self._ww += squared
        self._wwx += squared * value
        self._wwxx += squared * value * value

    @property
    def weight(self) -> float:
        """Sum of the weights."""
        return self._w

    @property
    def mean(self) -> float | None:
        """Weighted mean; None without samples."""
        return self._wx / self._w if self.count else None

    @property
    def standard_error(self) -> float | None:
        """Standard error of the weighted mean; None below two samples. Equal weights give s / sqrt(n)."""
        mean = self.mean
        if self.count < 2 or mean is None:
            return None
        squares = max(0.0, self._wwxx - 2 * mean * self._wwx + mean * mean * self._ww)
        return sqrt(squares * self.count / (self.count - 1)) / self._w
