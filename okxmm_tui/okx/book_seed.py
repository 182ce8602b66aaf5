"""Holds increments back while a book is read over REST (OKX v5, order book channel without a snapshot).

Sans-IO. The venue once announced that subscriptions would no longer begin with a snapshot; then increments
are buffered, a book is read over REST, and those it already holds are dropped. The chain judges the rest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from okxmm_tui.okx.messages import BookData

SECOND_NS = 1_000_000_000
ASK_AFTER_NS = 2 * SECOND_NS
"""A snapshot comes with the first push; one this late is not coming."""
ANSWER_WITHIN_NS = 6 * SECOND_NS
RETRY_NS = SECOND_NS // 5
"""The venue renews the book it serves over REST every 50 ms."""
MAX_TRIES = 8
MAX_HELD = 2_000
"""20 s of the quickest channel; what is lost at the front shows as a gap to the REST book."""


class BookSeed:
    """When to ask for a REST book, and the increments to put on top of it."""

    def __init__(self) -> None:
        self._held: deque[BookData] = deque(maxlen=MAX_HELD)
        self._tries = 0
        self.ask_at_ns: int | None = None
        """When a REST book is to be asked for; None while none is wanted."""

    def start(self, now_ns: int) -> None:
        """Begin to wait for a snapshot."""
        self.stop()
        self.ask_at_ns = now_ns + ASK_AFTER_NS

    def stop(self) -> None:
        """A book is there, or given up."""
        self._held.clear()
        self._tries = 0
        self.ask_at_ns = None

    def hold(self, data: BookData) -> None:
        """Keep one increment for later; a break in the numbers voids what was held before it."""
        is_reset = _is_reset(data)
        if self._held and (is_reset or data.prev_seq_id != self._held[-1].seq_id):
            self._held.clear()
        if not is_reset:  # its own two numbers are of different counts
            self._held.append(data)

    def asked(self, now_ns: int) -> None:
        """Note that a REST book was asked for."""
        self._tries += 1
        self.ask_at_ns = now_ns + ANSWER_WITHIN_NS

    def retry(self, now_ns: int) -> None:
        """Ask again: there was no answer, or one from before the first increment."""
        self.ask_at_ns = None if self._tries >= MAX_TRIES else now_ns + RETRY_NS * self._tries

    @property
    def was_asked(self) -> bool:
        """Whether a REST book is on its way, or was."""
        return self._tries > 0

    def reaches(self, seq_id: int) -> bool:
        """Whether a REST book is new enough for the first increment held."""
        first = self._held[0].prev_seq_id if self._held else None
        return first is None or first <= seq_id

    def take(self) -> Sequence[BookData]:
        """Hand over what was held, oldest first, and start over."""
        held = tuple(self._held)
        self.stop()
        return held


def _is_reset(data: BookData) -> bool:
    return data.seq_id is not None and data.prev_seq_id is not None and data.seq_id < data.prev_seq_id
