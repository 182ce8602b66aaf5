"""Volatility of the mid, per square root of a second (docs/definitions.md, Volatility).

Three views of one thing: exponentially weighted returns (what quotes are built on), highs and lows of bars
(Parkinson 1980), and realised variance on two time scales, which takes the bounce of the mid out.
"""

from __future__ import annotations

import math
from collections import deque

MIN_SAMPLE_NS = 100_000_000
"""Mids closer together than this are one sample: tick bounce is not volatility."""
NS_PER_S = 1_000_000_000


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


class ParkinsonVolatility:
    """Mean of (ln high/low)^2 / (4 ln 2) over the last finished bars (Parkinson, J. Business 53, 1980).

    A bar opens at the last mid of the one before it. Seen at discrete times a high is never quite reached,
    so the figure lies a little below the truth; it is a check on the others, not what quotes rest on.

    Args:
        bar_s: Seconds of one bar.
        bars: Finished bars that count.
    """

    def __init__(self, bar_s: int = 60, bars: int = 30) -> None:
        self._bar_ns = bar_s * NS_PER_S
        self._ranges: deque[float] = deque(maxlen=bars)
        self._bar = -1
        self._high = self._low = self._last = 0.0

    def update(self, mid: float, now_ns: int) -> None:
        """Take a mid (any positive price unit) at a time."""
        bar = now_ns // self._bar_ns
        if bar != self._bar:
            self._close(bar)
            self._high = max(self._last, mid)
            self._low = min(self._last, mid) if self._last > 0 else mid
        self._high, self._low = max(self._high, mid), min(self._low, mid)
        self._last = mid

    def _close(self, bar: int) -> None:
        if self._bar >= 0:
            self._ranges.append(math.log(self._high / self._low) ** 2)
            quiet = min(bar - self._bar - 1, self._ranges.maxlen or 0)
            self._ranges.extend(0.0 for _ in range(quiet))
        self._bar = bar

    @property
    def per_sqrt_s(self) -> float:
        """Volatility of returns per square root of a second; 0 before the first finished bar."""
        if not self._ranges:
            return 0.0
        variance = sum(self._ranges) / len(self._ranges) / (4 * math.log(2))
        return math.sqrt(variance * NS_PER_S / self._bar_ns)


class TwoScaleVolatility:
    """Realised variance on two time scales (Zhang, Mykland and Ait-Sahalia, JASA 100, 2005).

    With n one-step returns in the window: (RV_K - (m / n) RV_1) / (1 - m / n), m = (n - K + 1) / K, where
    RV_K is the mean over the K offset grids. Noise of the mid enters both parts alike and drops out.

    Args:
        step_s: Sampling step; the last mid at each multiple of it counts.
        scale: K, steps of the slow scale.
        window: n, returns that count.
    """

    def __init__(self, step_s: float = 1.0, scale: int = 15, window: int = 900) -> None:
        self._step_ns = int(step_s * NS_PER_S)
        self._scale = scale
        self._ring = [0.0] * (window + 1)
        self._count = 0
        self._last: float | None = None
        self._step = 0
        self._fast = self._slow = 0.0

    def update(self, mid: float, now_ns: int) -> None:
        """Take a mid (any positive price unit) at a time."""
        step = now_ns // self._step_ns
        if self._last is not None:
            for _ in range(min(step - self._step, len(self._ring))):
                self._push(self._last)
        self._step = step
        self._last = math.log(mid)

    def _push(self, value: float) -> None:
        ring, size, scale, count = self._ring, len(self._ring), self._scale, self._count
        if count >= size:
            oldest = ring[count % size]
            self._fast -= (ring[(count + 1) % size] - oldest) ** 2
            self._slow -= (ring[(count + scale) % size] - oldest) ** 2
        if count >= 1:
            self._fast += (value - ring[(count - 1) % size]) ** 2
        if count >= scale:
            self._slow += (value - ring[(count - scale) % size]) ** 2
        ring[count % size] = value
        self._count += 1

    @property
    def per_sqrt_s(self) -> float:
        """Volatility of returns per square root of a second; 0 before ten slow steps."""
        returns = min(self._count, len(self._ring)) - 1
        if returns < 10 * self._scale:
            return 0.0
        grid = (returns - self._scale + 1) / self._scale
        share = grid / returns
        variance = (self._slow / self._scale - share * self._fast) / (1 - share)
        seconds = returns * self._step_ns / NS_PER_S
        return math.sqrt(max(0.0, variance) / seconds)


class VolatilityBreaker:
    """Trips when fast volatility runs away from slow, resumes after a calm that lasts.

        calm --ratio >= trip--> tripped --ratio <= trip / 2 for hold_s without a break--> calm

    The gap between both thresholds and the hold keep it from flapping.

    Args:
        trip_ratio: Fast over slow volatility that trips it.
        hold_s: Seconds of calm before it resumes.
    """

    def __init__(self, trip_ratio: float = 3.0, hold_s: float = 30.0) -> None:
        self._trip_ratio = trip_ratio
        self._hold_ns = int(hold_s * NS_PER_S)
        self._calm_since_ns: int | None = None
        self.is_tripped = False

    def update(self, ratio: float, now_ns: int) -> bool:
        """Take a ratio at a time and return whether the breaker is tripped now."""
        if ratio >= self._trip_ratio:
            self.is_tripped, self._calm_since_ns = True, None
        elif not self.is_tripped or ratio > self._trip_ratio / 2:
            self._calm_since_ns = None
        elif self._calm_since_ns is None:
            self._calm_since_ns = now_ns
        elif now_ns - self._calm_since_ns >= self._hold_ns:
            self.is_tripped, self._calm_since_ns = False, None
        return self.is_tripped
