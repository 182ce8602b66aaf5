"""How informed the takers are: VPIN, price impact, and what our own fills were worth a little later.

Figures and sources: docs/definitions.md, Flow signals.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque

from okxmm_tui.core.accounting.timeline import NO_MID, Timeline
from okxmm_tui.core.signals import Markout
from okxmm_tui.core.types import Side
from okxmm_tui.signals.decay import GrowingWeight

NS_PER_S = 1_000_000_000
HORIZONS_S = (1, 5, 30, 60)
FORGET_MS = 600_000
"""Fills before a pause as long as this say nothing of the flow after it."""


class Vpin:
    """Sum of |bought - sold| over n volume buckets / their volume (Easley, Lopez de Prado and O'Hara, 2012).

    Takers' sides are known, so nothing is classified. A bucket holds the volume of about ``bucket_s`` at the
    decayed pace of the market when it opens; the first one opens once that pace has been seen for as long.
    In the pace no print counts for more than a bucket: one block must not blow all later buckets up.

    Args:
        bucket_s: Seconds of average volume in a bucket.
        buckets: n, finished buckets that count.
        half_life_s: Of the pace.
    """

    def __init__(self, bucket_s: float = 60.0, buckets: int = 50, half_life_s: float = 3600.0) -> None:
        self._bucket_s = bucket_s
        self._weight = GrowingWeight(half_life_s)
        self._pace = 0.0
        self._first_ns: int | None = None
        self._opened: float = 0.0
        self._size = 0.0
        self._filled = self._signed = 0.0
        self._done: deque[tuple[float, float]] = deque(maxlen=buckets)
        self._needed = max(1, buckets // 5)
        self._most = buckets + 1
        """A print of more buckets than count is one of so many: a monstrous size must not cost time."""
        self._toxic = self._total = 0.0

    def on_trade(self, taker: Side, size_lots: int, now_ns: int) -> None:
        """Take a print; one that overfills a bucket goes on into the next."""
        self._note_pace(size_lots, now_ns)
        if self._size <= 0:
            self._size = self._next_size(now_ns)
            if self._size <= 0:
                return
        left = float(size_lots)
        while left > 0:
            left = min(left, self._size * self._most)
            part = min(left, self._size - self._filled)
            self._filled += part
            self._signed += part * taker.sign
            left -= part
            if self._filled >= self._size:
                self._close(now_ns)

    def _note_pace(self, size_lots: int, now_ns: int) -> None:
        factor = self._weight.rescale(now_ns)
        if factor is not None:
            self._pace *= factor
            self._opened *= factor
        weight = self._weight.at(now_ns)
        if self._first_ns is None:
            self._first_ns, self._opened = now_ns, weight
        self._pace += weight * (min(size_lots, self._size) if self._size else size_lots)

    def _next_size(self, now_ns: int) -> float:
        if self._first_ns is None or now_ns - self._first_ns < self._bucket_s * NS_PER_S:
            return 0.0
        seen = (self._weight.at(now_ns) - self._opened) / self._weight.rate_per_s
        return max(1.0, self._pace / seen * self._bucket_s)

    def _close(self, now_ns: int) -> None:
        if len(self._done) == self._done.maxlen:
            toxic, total = self._done[0]
            self._toxic -= toxic
            self._total -= total
        self._done.append((abs(self._signed), self._filled))
        self._toxic += abs(self._signed)
        self._total += self._filled
        self._filled = self._signed = 0.0
        self._size = self._next_size(now_ns)

    @property
    def value(self) -> float | None:
        """0..1; None before a fifth of the buckets is full."""
        if len(self._done) < self._needed:
            return None
        return min(1.0, max(0.0, self._toxic / self._total))


class KyleLambda:
    """Slope of mid changes on signed taker volume, interval by interval: Cov(dm, x) / Var(x).

    Args:
        interval_s: Seconds of one observation.
        half_life_s: Seconds after which an observation has half its weight.
    """

    MIN_SAMPLES = 30.0

    def __init__(self, interval_s: float = 5.0, half_life_s: float = 900.0) -> None:
        self._interval_ns = int(interval_s * NS_PER_S)
        self._keep = 0.5 ** (interval_s / half_life_s)
        self._interval: int = -1
        self._volume = 0
        self._from: float | None = None
        self._mid: float | None = None
        self._n = self._n2 = self._x = self._y = self._xx = self._xy = self._yy = 0.0

    def interrupt(self) -> None:
        """The book broke: the running interval is not counted."""
        self._from = self._mid = None

    def on_trade(self, taker: Side, size_lots: int, now_ns: int) -> None:
        """Take a print."""
        self.advance(now_ns)
        self._volume += taker.sign * size_lots

    def on_mid(self, mid_ticks: float, now_ns: int) -> None:
        """Take a mid."""
        self.advance(now_ns)
        self._mid = mid_ticks

    def advance(self, now_ns: int) -> None:
        """Close the interval when its time is over, on the last mid known by then."""
        interval = now_ns // self._interval_ns
        if interval == self._interval:
            return
        if self._from is not None and self._mid is not None:
            self._add(self._volume, self._mid - self._from)
        self._interval, self._from, self._volume = interval, self._mid, 0

    def _add(self, x: float, y: float) -> None:
        keep = self._keep
        self._n = keep * self._n + 1
        self._n2 = keep * keep * self._n2 + 1
        self._x = keep * self._x + x
        self._y = keep * self._y + y
        self._xx = keep * self._xx + x * x
        self._xy = keep * self._xy + x * y
        self._yy = keep * self._yy + y * y

    def fit(self) -> tuple[float, float] | None:
        """(lambda, standard error) in ticks per lot; None before 30 intervals or without volume."""
        samples = self._n * self._n / self._n2 if self._n2 else 0.0
        if samples < self.MIN_SAMPLES:
            return None
        var_x = self._xx / self._n - (self._x / self._n) ** 2
        if var_x <= 0:
            return None
        cov = self._xy / self._n - self._x * self._y / self._n**2
        var_y = self._yy / self._n - (self._y / self._n) ** 2
        slope = cov / var_x
        rest = max(0.0, var_y - slope * cov)
        return slope, math.sqrt(rest / var_x / (samples - 2))


class Markouts:
    """Markouts of own fills: sign x (mid at t + h - fill price), weighted by size, over the last fills.

    Within a window of fills that is as good as by value, and the same for every kind of contract. Times are
    the venue's, so that a fill heard of late is measured like any other; one whose mid at t + h lies in a gap
    of the time line, or before it, is counted as missing (docs/definitions.md, Flow signals).

    Args:
        timeline: The market's mids; read, never changed.
        horizons_s: Horizons h, ascending.
        window: Fills that count at each horizon.
    """

    def __init__(
        self, timeline: Timeline, horizons_s: tuple[int, ...] = HORIZONS_S, window: int = 200
    ) -> None:
        self._horizons = tuple(_Horizon(timeline, seconds, window) for seconds in horizons_s)
        self._sides: deque[tuple[int, int]] = deque(maxlen=window)
        self._due_ms: int | None = None
        self._last_ms: int | None = None

    def on_fill(self, side: Side, price_ticks: int, size_lots: int, venue_ms: int) -> None:
        """Take a maker fill of ours; after a long pause the windows begin anew."""
        if self._last_ms is not None and venue_ms - self._last_ms > FORGET_MS:
            self._sides.clear()
            for horizon in self._horizons:
                horizon.forget()
        self._last_ms = venue_ms if self._last_ms is None else max(self._last_ms, venue_ms)
        self._sides.append((side.sign, size_lots))
        for horizon in self._horizons:
            insort(horizon.pending, (venue_ms + horizon.ms, side.sign, price_ticks, size_lots))
        self._due_ms = self._next_due()

    def advance(self, venue_ms: int) -> bool:
        """Measure what has come due, every mid before this time being known; whether anything had."""
        if self._due_ms is None or venue_ms <= self._due_ms:
            return False
        for horizon in self._horizons:
            horizon.settle(venue_ms)
        self._due_ms = self._next_due()
        return True

    def _next_due(self) -> int | None:
        return min((each.pending[0][0] for each in self._horizons if each.pending), default=None)

    def figures(self) -> tuple[Markout, ...]:
        """One mean a horizon; horizons without any fill are left out."""
        return tuple(found for each in self._horizons if (found := each.figure()) is not None)

    @property
    def fill_imbalance(self) -> float:
        """(bought - sold) / (bought + sold) lots of the last fills, -1..1."""
        total = sum(lots for _, lots in self._sides)
        return sum(sign * lots for sign, lots in self._sides) / total if total else 0.0


class _Horizon:
    """Fills waiting for, and measured at, one horizon."""

    def __init__(self, timeline: Timeline, seconds: int, window: int) -> None:
        self._timeline = timeline
        self.seconds = seconds
        self.ms = seconds * 1_000
        self.pending: list[tuple[int, int, int, int]] = []
        """(due_ms, sign, price_ticks, size_lots), the next one due first."""
        self._done: deque[tuple[float, float] | None] = deque(maxlen=window)
        """(markout in bps, weight), or None for a fill that could not be measured."""
        self._figure: Markout | None = None

    def forget(self) -> None:
        """Drop what was measured; what still waits is of the new run."""
        self._done.clear()
        self._figure = None

    def settle(self, venue_ms: int) -> None:
        """Measure what was due before a time."""
        count = bisect_left(self.pending, (venue_ms,))
        for due_ms, sign, price, lots in self.pending[:count]:
            mid = self._timeline.at(due_ms)
            move = 1e4 * sign * (mid - 2 * price) / (2 * price)
            self._done.append(None if mid == NO_MID else (move, float(lots)))
            self._figure = None
        del self.pending[:count]

    def figure(self) -> Markout | None:
        """Mean with the standard error of a weighted mean; kept until the next fill is measured."""
        if self._figure is None and self._done:
            self._figure = self._measure([each for each in self._done if each is not None])
        return self._figure

    def _measure(self, known: list[tuple[float, float]]) -> Markout:
        count, missing = len(known), len(self._done) - len(known)
        if not known:
            return Markout(self.seconds, 0.0, 0.0, 0, missing)
        total = sum(weight for _, weight in known)
        mean = sum(value * weight for value, weight in known) / total
        error = 0.0
        if count > 1:
            spread = sum((weight * (value - mean)) ** 2 for value, weight in known)
            error = math.sqrt(spread * count / (count - 1)) / total
        return Markout(self.seconds, mean, error, count, missing)
