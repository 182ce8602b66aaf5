"""Spread capture and markouts by bucket: was it a good fill, and what came after it.

Spread capture of a fill is ``D (mid - price) Q``, markout at h is ``D (mid(t+h) - price) Q``; both are kept
in basis points of notional, weighted by notional, with count, standard error and the number that could not
be measured (docs/definitions.md, Markouts).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct, structs

from okxmm_tui.core.accounting.means import WeightedMean
from okxmm_tui.core.accounting.timeline import NO_MID, Timeline
from okxmm_tui.core.accounting.viability import HORIZON_S as EDGE_HORIZON_S
from okxmm_tui.core.accounting.viability import Viability
from okxmm_tui.core.types import Side

HORIZONS_S = (1, 5, 30, 60, 300)
SPREAD = 0
"""Horizon under which spread capture is kept: the mid just before the fill."""
MOST_PENDING = 10_000
MOST_LEVELS = 10
AGES_MS = ((10_000, "<10s"), (60_000, "10-60s"))
OLDEST = ">60s"
VOLATILITIES_BPS = ((1.0, "calm"), (3.0, "normal"))
WILDEST = "wild"
"""One-second volatility of the mid: calm below 1 bp, wild from 3 bp on."""
DETAILS = frozenset({"rank", "hour"})
"""Dimensions of many rows that only a report has room for."""
MS_PER_HOUR = 3_600_000


class Rank(StrEnum):
    """Place of an order in the queue of its price just before it was filled."""

    FRONT = "front"
    """Nothing was estimated to stand ahead of it."""
    BEHIND = "behind"
    UNKNOWN = ""


class MarkoutRow(Struct, frozen=True, gc=False):
    """One cell of the markout table, in basis points of notional."""

    dimension: str
    """``all``, ``side``, ``level``, ``age``, ``volatility``, ``rank`` or ``hour``."""
    bucket: str
    horizon_s: int
    """0 is spread capture."""
    mean_bps: float | None
    error_bps: float | None
    count: int
    missing: int


class Sample(Struct, frozen=True, gc=False):
    """A fill as the statistics see it."""

    side: Side
    level: int
    """0 is the own order nearest to the mid."""
    age_ms: int
    """How long the order had been resting."""
    volatility_bps: float
    price_half_ticks: int
    notional: float
    venue_ms: int
    rank: Rank = Rank.UNKNOWN
    mid_half_ticks: int = NO_MID
    """The mid just before it; filled in here."""


class Markouts:
    """Incremental and bounded: fills wait for their horizons, then only sums remain."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self.viability = Viability()
        self._pending: dict[int, deque[Sample]] = {horizon: deque() for horizon in HORIZONS_S}
        self._cells: dict[tuple[str, str, int], WeightedMean] = {}
        self._rows: tuple[MarkoutRow, ...] | None = None
        """The table as last asked for, without details; None when a cell has changed since."""

    def on_fill(self, sample: Sample) -> int:
        """Take a maker fill; returns the mid just before it in half ticks, ``NO_MID`` when missing."""
        mid = self._timeline.before(sample.venue_ms)
        self._take(sample, SPREAD, mid)
        sample = structs.replace(sample, mid_half_ticks=mid)
        for horizon in HORIZONS_S:
            waiting = self._pending[horizon]
            waiting.append(sample)
            if len(waiting) > MOST_PENDING:
                self._take(waiting.popleft(), horizon, NO_MID)
        return mid

    def advance(self, venue_ms: int) -> None:
        """The time line is complete up to (not including) this time: settle the horizons that ended."""
        for horizon, waiting in self._pending.items():
            while waiting and (due_ms := waiting[0].venue_ms + horizon * 1000) < venue_ms:
                self._take(waiting.popleft(), horizon, self._timeline.at(due_ms))

    def _take(self, sample: Sample, horizon: int, mid: int) -> None:
        self._rows = None
        value = _bps(sample, mid)
        for dimension, bucket in _buckets(sample):
            cell = self._cells.setdefault((dimension, bucket, horizon), WeightedMean())
            if mid == NO_MID:
                cell.missing += 1
            else:
                cell.add(value, sample.notional)
        if horizon == EDGE_HORIZON_S and NO_MID not in {mid, sample.mid_half_ticks}:
            self.viability.add(sample.side, _bps(sample, sample.mid_half_ticks), value, sample.notional)

    def cell(self, dimension: str, bucket: str, horizon_s: int) -> WeightedMean:
        """Sums of one cell; empty ones when nothing fell into it."""
        return self._cells.get((dimension, bucket, horizon_s)) or WeightedMean()

    def rows(self, *, has_details: bool = False) -> tuple[MarkoutRow, ...]:
        """Every cell that has something in it, sorted; those of the details only where they are asked for."""
        if has_details:
            return self._made(frozenset())
        if self._rows is None:
            self._rows = self._made(DETAILS)
        return self._rows

    def _made(self, left_out: frozenset[str]) -> tuple[MarkoutRow, ...]:
        cells = sorted((key, cell) for key, cell in self._cells.items() if key[0] not in left_out)
        return tuple(
            MarkoutRow(*key, cell.mean, cell.standard_error, cell.count, cell.missing) for key, cell in cells
        )


def _bps(sample: Sample, mid: int) -> float:
    """How far a mid lies from the fill's price, in the fill's favour."""
    return sample.side.sign * (mid - sample.price_half_ticks) / sample.price_half_ticks * 1e4


def _buckets(sample: Sample) -> Iterator[tuple[str, str]]:
    yield "all", ""
    yield "side", sample.side.value
    yield "level", str(min(sample.level, MOST_LEVELS - 1))
    yield "age", next((name for limit, name in AGES_MS if sample.age_ms < limit), OLDEST)
    yield (
        "volatility",
        next((name for limit, name in VOLATILITIES_BPS if sample.volatility_bps < limit), WILDEST),
    )
    if sample.rank is not Rank.UNKNOWN:
        yield "rank", sample.rank.value
    yield "hour", f"{sample.venue_ms // MS_PER_HOUR % 24:02d}"
