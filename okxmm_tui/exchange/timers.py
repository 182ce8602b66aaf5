"""Deadlines of the venue: actions due at a Unix time in nanoseconds, run in order when told the time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

Action = Callable[[], None]


class Timers:
    """A heap of due actions; equal deadlines run in the order they were set."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Action]] = []
        self._serial = count()

    def at(self, due_ns: int, action: Action) -> None:
        """Run an action at or after a time."""
        heapq.heappush(self._heap, (due_ns, next(self._serial), action))

    def next_ns(self) -> int | None:
        """Earliest deadline."""
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now_ns: int) -> Action | None:
        """Take the next action that is due, or None."""
        if not self._heap or self._heap[0][0] > now_ns:
            return None
        return heapq.heappop(self._heap)[2]
