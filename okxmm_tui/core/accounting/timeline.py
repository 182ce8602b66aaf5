"""The mid on the exchange's time line: what it was just before a fill, and some time after it.

Mids come from a LIVE book only; while the book is anything else the time line holds a gap, and a figure that
would need a mid inside a gap is missing, not guessed (docs/definitions.md, Markouts).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

KEPT = 8_192
NO_MID = 0


class Timeline:
    """Changes of the mid, in half ticks (best bid + best ask), by venue time.

    Memory is bounded: of more than twice ``kept`` changes the older half is forgotten. Times that run
    backwards are taken as the latest one, because the venue's messages are applied in the venue's order.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._times_ms: list[int] = []
        self._mids: list[int] = []

    def note(self, venue_ms: int, half_ticks: int) -> None:
        """The mid is this from now on; ``NO_MID`` when the book cannot be trusted."""
        if self._mids:
            if self._mids[-1] == half_ticks:
                return
            venue_ms = max(venue_ms, self._times_ms[-1])
            if venue_ms == self._times_ms[-1]:
                self._mids[-1] = half_ticks
                return
        self._times_ms.append(venue_ms)
        self._mids.append(half_ticks)
        if len(self._mids) > 2 * self._kept:
            del self._times_ms[: self._kept], self._mids[: self._kept]

    def lose(self) -> None:
        """Nothing is known of the mid after its last change."""
        if self._mids and self._mids[-1] != NO_MID:
            self.note(self._times_ms[-1] + 1, NO_MID)

    @property
    def last_ms(self) -> int:
        """Venue time of the last change; 0 before the first."""
        return self._times_ms[-1] if self._times_ms else 0

    def before(self, venue_ms: int) -> int:
        """Mid just before a time, in half ticks; ``NO_MID`` when there was none to trust."""
        return self._get(bisect_left(self._times_ms, venue_ms) - 1)

    def at(self, venue_ms: int) -> int:
        """Mid that held at a time, in half ticks; ``NO_MID`` when there was none to trust."""
        return self._get(bisect_right(self._times_ms, venue_ms) - 1)

    def _get(self, index: int) -> int:
        return self._mids[index] if index >= 0 else NO_MID
