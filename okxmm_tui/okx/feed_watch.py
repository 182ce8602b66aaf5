"""Notices a channel that fell silent on a connection that lives (tests/safety/README.md, rows 2 and 9).

Sans-IO. Pongs prove the connection, not the channel. Books and best prices of one instrument check each
other by their common sequence, the venue repeats itself after a minute without change, and where both are
quiet the book over REST says whether there was anything to tell.
"""

from __future__ import annotations

from enum import StrEnum

SECOND_NS = 1_000_000_000
BEHIND_NS = 3 * SECOND_NS
"""A book that lags the best prices this long has lost its channel: it is pushed every 100 ms."""
REPEAT_WITHIN_NS = 70 * SECOND_NS
"""Increment channels send a heartbeat and full channels their book after about 60 s without change."""
COMPARE_AFTER_NS = 5 * SECOND_NS
PROVEN_AFTER_NS = SECOND_NS
"""What REST knows is on its way for no longer than this."""


class Silence(StrEnum):
    """What to do about it."""

    NONE = "none"
    COMPARE = "compare"
    """Ask for the book over REST."""
    BOOK = "book"
    """The book channel is silent."""
    TOP = "top"
    """The best bid and ask are silent."""


class FeedWatch:
    """One instrument on one connection.

    Args:
        has_top: Whether best bid and ask come on a channel of their own.
    """

    __slots__ = ("_ahead_ns", "_book_ns", "_compare_ns", "_has_top", "_proof", "_seq_id", "_top_ns")

    def __init__(self, *, has_top: bool) -> None:
        self._has_top = has_top
        self.start(0)

    def start(self, now_ns: int) -> None:
        """Begin on a new connection or subscription."""
        self._book_ns = self._top_ns = self._compare_ns = now_ns
        self._seq_id = -1
        self._ahead_ns: int | None = None
        self._proof: int | None = None

    def on_book(self, seq_id: int, now_ns: int) -> None:
        """Take a book message."""
        self._book_ns = now_ns
        self._seq_id = seq_id
        self._ahead_ns = self._proof = None

    def on_top(self, seq_id: int, now_ns: int) -> None:
        """Take a best bid and ask."""
        self._top_ns = now_ns
        if self._ahead_ns is None and seq_id > self._seq_id >= 0:
            self._ahead_ns = now_ns

    def on_compared(self, seq_id: int, now_ns: int) -> None:
        """Take the sequence number of a book read over REST."""
        if seq_id > self._seq_id >= 0 and self._proof is None:
            self._proof = now_ns

    def verdict(self, now_ns: int) -> Silence:
        """Judge; a comparison is asked for once every five seconds of silence."""
        if (
            now_ns - self._book_ns >= REPEAT_WITHIN_NS
            or (self._ahead_ns is not None and now_ns - self._ahead_ns >= BEHIND_NS)
            or (self._proof is not None and now_ns - self._proof >= PROVEN_AFTER_NS)
        ):
            return Silence.BOOK
        if self._has_top and now_ns - self._top_ns >= REPEAT_WITHIN_NS:
            self._top_ns = now_ns
            return Silence.TOP
        if now_ns - max(self._book_ns, self._compare_ns) >= COMPARE_AFTER_NS:
            self._compare_ns = now_ns
            return Silence.COMPARE
        return Silence.NONE

    @property
    def due_ns(self) -> int:
        """When to judge next, at the latest."""
        due = max(self._book_ns, self._compare_ns) + COMPARE_AFTER_NS
        if self._ahead_ns is not None:
            due = min(due, self._ahead_ns + BEHIND_NS)
        if self._proof is not None:
            due = min(due, self._proof + PROVEN_AFTER_NS)
        return min(due, self._top_ns + REPEAT_WITHIN_NS) if self._has_top else due
