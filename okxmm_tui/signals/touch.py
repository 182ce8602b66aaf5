"""The last few best bids and asks with the venue's times: what stood when a print happened.

Prints and prices travel on different channels; a print often arrives after the best price it has moved. The
depth of a sweep needs the touch just before it on the venue's own time line.
"""

from __future__ import annotations

from collections import deque

KEPT = 16

Touch = tuple[int, int, int]
"""(venue_ms, bid_ticks, ask_ticks), from that time on."""


class TouchHistory:
    """Changes of the best prices, a bounded number of them."""

    __slots__ = ("_touches",)

    def __init__(self) -> None:
        self._touches: deque[Touch] = deque(maxlen=KEPT)

    def clear(self) -> None:
        """The book broke: nothing is known of the time before."""
        self._touches.clear()

    def add(self, venue_ms: int, bid_ticks: int, ask_ticks: int) -> None:
        """Best prices are these from a time on."""
        self._touches.append((venue_ms, bid_ticks, ask_ticks))

    def before(self, venue_ms: int) -> Touch | None:
        """The touch that stood just before a time; the oldest kept when all are younger, None without any."""
        for touch in reversed(self._touches):
            if touch[0] < venue_ms:
                return touch
        return self._touches[0] if self._touches else None
