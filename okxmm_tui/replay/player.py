"""Feeds a recorded session to a reducer again and holds every effect against the recorded one.

The first record of a log is ``SessionStarted``; each later one is a step with its time and its effects.
Equal means equal bytes in the log's own encoding, so that 1.0 and 1.00 are different.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

import okxmm_tui
from okxmm_tui.core.effects import AnyEffect, Stop
from okxmm_tui.core.messages import AnyEvent, JournalGap, SessionStarted
from okxmm_tui.engine.journal import EventRecord, read_log
from okxmm_tui.engine.reducer import Reducer
from okxmm_tui.errors import RecordingError

DIFFERENCES_KEPT = 100
_encode = msgspec.msgpack.Encoder().encode


class Difference(Struct, frozen=True):
    """A step that gave other effects than it did in the session."""

    number: int
    """Of the event, from 1; ``SessionStarted`` is 0."""
    at_ns: int
    event: AnyEvent
    recorded: tuple[AnyEffect, ...]
    replayed: tuple[AnyEffect, ...]


class Player:
    """One pass through a log.

    Args:
        path: First segment of the session's log.

    Raises:
        RecordingError: The log is missing, damaged, or does not begin with the start of a session.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._records = read_log(path)
        first = next(self._records, None)
        if first is None or not isinstance(first.event, SessionStarted):
            raise RecordingError(
                f"The event log {path} did not begin with the start of a session.",
                "Give the first segment, events-SESSION-001.log.zst.",
            )
        self.started = first.event
        self.first_ns = self.now_ns = first.at_ns
        self.reducer = Reducer(first.event, first.at_ns)
        self.events = self.effects = self.difference_count = 0
        self.differences: list[Difference] = []
        """The first hundred."""
        self.lost_steps = 0
        """Steps the log itself says are missing; nothing after the first of them is compared."""
        self.stop: Stop | None = None
        """The session's last word; None when it never came to it."""
        self._next = next(self._records, None)

    @property
    def next_ns(self) -> int | None:
        """Time of the step to come; None at the end."""
        return self._next.at_ns if self._next is not None else None

    @property
    def is_at_end(self) -> bool:
        """Whether every step has been applied."""
        return self._next is None

    @property
    def is_same(self) -> bool:
        """Whether the whole log so far was compared and nothing differed."""
        return not self.difference_count and not self.lost_steps

    def step(self) -> EventRecord | None:
        """Apply the next step and compare; returns its record, None at the end.

        Raises:
            RecordingError: The log is damaged at this point.
        """
        record = self._next
        if record is None:
            return None
        self._next = next(self._records, None)
        self.now_ns = record.at_ns
        self.events += 1
        if isinstance(record.event, JournalGap):
            self.lost_steps += record.event.lost_steps
        effects = self.reducer.apply(record.event, record.at_ns)
        self.effects += len(record.effects)
        if (effects or record.effects) and not self.lost_steps:
            self._compare(record, tuple(effects))
        if record.effects and isinstance(record.effects[-1], Stop):
            self.stop = record.effects[-1]
        return record

    def _compare(self, record: EventRecord, effects: tuple[AnyEffect, ...]) -> None:
        if effects == record.effects and _encode(effects) == _encode(record.effects):
            return
        self.difference_count += 1
        if len(self.differences) < DIFFERENCES_KEPT:
            self.differences.append(
                Difference(self.events, record.at_ns, record.event, record.effects, effects)
            )

    def steps(self) -> Iterator[EventRecord]:
        """Apply all that is left, yielding each record after it was applied."""
        while (record := self.step()) is not None:
            yield record

    def words(self) -> list[str]:
        """What is to be known of this log beside its differences, a sentence each."""
        said = list[str]()
        written_by, here = self.started.program, okxmm_tui.__version__
        if written_by != here:
            said.append(
                f"the log was written by {f'version {written_by}' if written_by else 'an unnamed version'}, "
                f"this is {here}: differences may come from that"
            )
        if self.lost_steps:
            said.append(f"{self.lost_steps} steps are missing in the log: nothing after them was compared")
        if self.is_at_end and self.stop is None:
            said.append("the log ends without the session's last word: it was killed, or the tail is torn")
        return said
