"""The venue's clock as seen from here: our wall clock plus a measured offset."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

KEPT_SAMPLES = 5
MILLISECOND_NS = 1_000_000


class VenueClock:
    """Estimates the offset from ``public/time`` answers; the quickest of the last few counts.

    Args:
        local_ns: Our wall clock, Unix ns.
    """

    def __init__(self, local_ns: Callable[[], int] = time.time_ns) -> None:
        self.local_ns = local_ns
        self._samples: deque[tuple[int, int]] = deque(maxlen=KEPT_SAMPLES)
        self.offset_ns = 0
        """The venue's clock minus ours."""

    @staticmethod
    def monotonic_ns() -> int:
        """Time for measuring ages; it has no relation to the venue's."""
        return time.monotonic_ns()

    def now_ns(self) -> int:
        """The venue's time, Unix ns."""
        return self.local_ns() + self.offset_ns

    @property
    def offset_ms(self) -> int:
        """The venue's clock minus ours, in ms."""
        return round(self.offset_ns / MILLISECOND_NS)

    def measure(self, venue_ms: int, sent_ns: int, took_ns: int) -> None:
        """Take one sample.

        Args:
            venue_ms: What the venue said, Unix ms.
            sent_ns: Our wall clock when the question left.
            took_ns: How long the answer took.
        """
        # The answer was true half-way through; ms resolution truncates, so add half of one.
        venue_ns = venue_ms * MILLISECOND_NS + MILLISECOND_NS // 2
        sample = (took_ns, venue_ns - (sent_ns + took_ns // 2))
        if self._samples and abs(sample[1] - self.offset_ns) > 1_000 * MILLISECOND_NS:
            # Somebody set a clock: older samples are of another time.
            self._samples.clear()
        self._samples.append(sample)
        self.offset_ns = min(self._samples)[1]
