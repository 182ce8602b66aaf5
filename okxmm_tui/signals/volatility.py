"""Volatility of the mid: exponentially weighted, for samples at irregular times (market-making.md 2.7)."""

from __future__ import annotations

import math

MIN_SAMPLE_NS = 100_000_000
"""Mids closer together than this are one sample: tick bounce is not volatility."""


class EwmaVolatility:
    """v <- w v + (1 - w) r^2 / dt with w = exp(-ln 2 dt / half_life); r is a log return.

    Args:
        half_life_s: Seconds after which a sample has half its weight.
    """

    def __init__(self, half_life_s: float) -> None:
        self._decay = math.log(2) / half_life_s
        self._variance_per_s = 0.0
        self._weight = 0.0
        self._last_mid = 0.0
        self._last_ns = 0

    def update(self, mid: float, now_ns: int) -> None:
        """Take a mid (any positive price unit) at a time."""
        if self._last_mid <= 0.0:
            self._last_mid, self._last_ns = mid, now_ns
            return
        elapsed_ns = now_ns - self._last_ns
        if elapsed_ns < MIN_SAMPLE_NS:
            return
        elapsed_s = elapsed_ns / 1e9
        keep = math.exp(-self._decay * elapsed_s)
        move = math.log(mid / self._last_mid)
        self._variance_per_s = keep * self._variance_per_s + (1 - keep) * move * move / elapsed_s
        self._weight = keep * self._weight + (1 - keep)
        self._last_mid, self._last_ns = mid, now_ns

    @property
    def per_sqrt_s(self) -> float:
        """Volatility of returns per square root of a second (0.0001 is 1 bp); 0 before two samples.

        The division by the weight given out so far removes the pull of the zero it starts from.
        """
        return math.sqrt(self._variance_per_s / self._weight) if self._weight > 0 else 0.0
