"""Counts what the market data path does and says so once a second (tests/safety/README.md, row 47)."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from okxmm_tui.core.messages import AnyEvent, BookSnapshot, BookUpdate, FeedMeasured, TopOfBook
from okxmm_tui.okx.conflate import MARKET_STATE

SECOND_NS = 1_000_000_000
MILLISECOND_NS = 1_000_000
MAX_SAMPLES = 1_000
MAX_DELAY_NS = 3_600 * SECOND_NS
"""A time stamp further off than an hour is no time stamp."""


class FeedMeter:
    """The figures of one second."""

    def __init__(self) -> None:
        self._received = self._applied = self._oldest_ns = 0
        self._delays_ns: list[int] = []
        self.due_ns = 0
        """Monotonic time of the next report."""

    def start(self, now_ns: int) -> None:
        """Begin anew, on a new connection."""
        self._received = self._applied = self._oldest_ns = 0
        self._delays_ns.clear()
        self.due_ns = now_ns + SECOND_NS

    def read(self, before: Sequence[AnyEvent], after: Sequence[AnyEvent], venue_now_ns: int) -> None:
        """Count one reading.

        Args:
            before: Its events.
            after: What conflation left of them.
            venue_now_ns: The venue's time now, Unix ns.
        """
        self._received += _states(before)
        self._applied += _states(after)
        newest = max(
            (e.venue_ms for e in after if isinstance(e, BookSnapshot | BookUpdate | TopOfBook)), default=0
        )
        if newest and len(self._delays_ns) < MAX_SAMPLES:
            delay_ns = venue_now_ns - newest * MILLISECOND_NS
            self._delays_ns.append(max(-MAX_DELAY_NS, min(MAX_DELAY_NS, delay_ns)))

    def handed_on(self, age_ns: int) -> None:
        """Note how long a reading took from the socket through the engine."""
        self._oldest_ns = max(self._oldest_ns, age_ns)

    def report(self, now_ns: int) -> FeedMeasured:
        """Sum up and start the next second."""
        delay_ns = int(median(self._delays_ns)) if self._delays_ns else 0
        conflated = self._received - self._applied
        told = FeedMeasured(self._received, self._applied, conflated, self._oldest_ns, delay_ns)
        self.start(now_ns)
        return told


def _states(events: Sequence[AnyEvent]) -> int:
    return sum(type(event) in MARKET_STATE for event in events)
