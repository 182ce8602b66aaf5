"""The sequence of one order book channel as a state machine (OKX v5, order book channel, sequence ids).

Pure: it judges messages and remembers one number. It never holds levels and never sends anything.
"""

from __future__ import annotations

from enum import StrEnum

NO_SEQUENCE = -1
"""Stands for "no sequence number", as in captures from before ``seqId`` existed."""


class Verdict(StrEnum):
    """What to do with one book message."""

    SNAPSHOT = "snapshot"
    """Replace both sides."""
    APPLY = "apply"
    """Apply the levels; heartbeats and resets included."""
    IGNORE = "ignore"
    """Waiting for a snapshot, or older than the book read over REST: an increment means nothing."""
    GAP = "gap"
    """The chain is broken from here on."""


class BookChain:
    """Judges the messages of one instrument on one channel of one connection."""

    __slots__ = ("_is_joining", "_is_live", "_last")

    def __init__(self) -> None:
        self._is_live = False
        self._is_joining = False
        self._last = NO_SEQUENCE

    @property
    def is_live(self) -> bool:
        """Whether a snapshot was taken and the chain has held since."""
        return self._is_live

    @property
    def last_seq_id(self) -> int:
        """The last accepted number; ``NO_SEQUENCE`` where the channel carries none."""
        return self._last

    def drop(self) -> None:
        """Trust nothing until the next snapshot."""
        self._is_live = self._is_joining = False
        self._last = NO_SEQUENCE

    def seed(self, seq_id: int) -> None:
        """Start from a book read over REST; the increments that follow may overlap it."""
        self._is_live = self._is_joining = True
        self._last = seq_id

    def judge(
        self,
        *,
        is_snapshot: bool,
        previous: int | None,
        current: int | None,
        is_empty: bool,
        has_checksum: bool,
    ) -> Verdict:
        """Judge one message and advance.

        Args:
            is_snapshot: Whether ``action`` was snapshot.
            previous: ``prevSeqId``, if given.
            current: ``seqId``, if given.
            is_empty: Whether both sides were empty.
            has_checksum: Whether a checksum other than 0 protects the message instead.
        """
        if is_snapshot:
            self._is_live, self._is_joining = True, False
            self._last = NO_SEQUENCE if current is None else current
            return Verdict.SNAPSHOT
        if not self._is_live:
            return Verdict.IGNORE
        if self._is_joining and self._is_older(previous, current):
            return Verdict.IGNORE
        if self._continues(previous, current, is_empty=is_empty, has_checksum=has_checksum):
            self._is_joining = False
            self._last = NO_SEQUENCE if current is None else current
            return Verdict.APPLY
        self.drop()
        return Verdict.GAP

    def _is_older(self, previous: int | None, current: int | None) -> bool:
        """Whether the REST book already holds an increment; a reset is none of these."""
        return previous is not None and current is not None and previous < current <= self._last

    def _continues(
        self, previous: int | None, current: int | None, *, is_empty: bool, has_checksum: bool
    ) -> bool:
        if previous is None or current is None:
            # Before seqId existed the checksum alone vouched for the chain.
            return has_checksum and previous is None and current is None and self._last == NO_SEQUENCE
        if current < 0:
            return False
        if self._is_joining and previous < self._last < current:
            return True  # the first increment that reaches beyond the REST book
        if previous != self._last:
            return False
        # Equal numbers are the minute's heartbeat. A lower one is the venue's reset: the levels still
        # apply, and the chain goes on from the lower number.
        return current != previous or is_empty
