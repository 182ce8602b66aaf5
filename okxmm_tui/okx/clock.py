"""The venue's clock as seen from here: our wall clock plus a measured offset, and how wrong that may be."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

KEPT_SAMPLES = 5
MILLISECOND_NS = 1_000_000
RESOLUTION_NS = MILLISECOND_NS
"""``public/time`` counts whole ms."""
JUMP_NS = 500 * MILLISECOND_NS
"""Wall and steady clock never come apart by this much unless somebody sets the time or the machine slept."""


class VenueClock:
    """Estimates the offset from ``public/time`` answers; the quickest of the last few that agree counts.

    An answer says that the offset lies within half its time of the middle. Two of which these ranges do not
    meet were given by clocks that stood differently: one was set in between, and the older tells nothing.

    Args:
        local_ns: Our wall clock, Unix ns.
        steady_ns: A clock nobody sets; it may stand still while the machine sleeps.
    """

    def __init__(
        self, local_ns: Callable[[], int] = time.time_ns, steady_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self.local_ns = local_ns
        self.steady_ns = steady_ns
        self._anchor_ns = self._last_ns = local_ns() - steady_ns()
        self._samples: deque[tuple[int, int]] = deque(maxlen=KEPT_SAMPLES)
        self.offset_ns = 0
        """The venue's clock minus ours."""
        self.uncertainty_ns = 0
        """How far ``offset_ns`` can be wrong either way; meaningless before the first sample."""

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

    @property
    def expiry_shift_ms(self) -> int:
        """What to add to a time of the engine, whose clock was started with ours and is never set, in ms."""
        moved_ns = self.local_ns() - self.steady_ns() - self._anchor_ns
        return round((self.offset_ns + moved_ns) / MILLISECOND_NS)

    @property
    def is_measured(self) -> bool:
        """Whether the offset is more than an assumption."""
        return bool(self._samples)

    def take_jump(self) -> int:
        """How far the wall clock jumped against the steady one since the last call; 0 when it did not.

        After a jump the samples are void; until the next one the last offset is kept.
        """
        apart_ns = self.local_ns() - self.steady_ns()
        jump_ns, self._last_ns = apart_ns - self._last_ns, apart_ns
        if abs(jump_ns) < JUMP_NS:
            return 0
        self._samples.clear()
        return jump_ns

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
        agreeing = [each for each in self._samples if _agree(each, sample)]
        if len(agreeing) < len(self._samples):
            self._samples.clear()
            self._samples.extend(agreeing)
        self._samples.append(sample)
        best_took_ns, self.offset_ns = min(self._samples)
        self.uncertainty_ns = best_took_ns // 2 + RESOLUTION_NS


def _agree(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two samples (time taken, offset) can be of the same pair of clocks."""
    return abs(one[1] - other[1]) <= (one[0] + other[0]) // 2 + 2 * RESOLUTION_NS
