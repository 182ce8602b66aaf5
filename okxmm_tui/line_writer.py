"""Writes lines to a file descriptor from a thread of its own: a reader who stops must not stop the engine.

A pipe nobody empties takes some kilobytes and then blocks whoever writes: the engine would stand still with
its quotes in the market, deaf to signals. Python's own buffer is not used, for at the end of the process a
blocked thread would still hold its lock.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable

MOST_WAITING = 10_000


class LineWriter:
    """A bounded queue of lines and the thread that empties it.

    Args:
        file: Descriptor to write to; stays open.
        lost_line: Makes the line that tells how many were given up.
        on_gone: Called once, from the thread, when nobody can read any more.
        most_waiting: Lines kept for a reader who is slow; later ones are counted and lost.
    """

    def __init__(
        self,
        file: int,
        lost_line: Callable[[int], str],
        on_gone: Callable[[], None],
        *,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._file = file
        self._lost_line = lost_line
        self._on_gone = on_gone
        self._waiting = queue.Queue[str | None](most_waiting)
        self._lost = 0
        """Counted by who puts; the thread only reads it."""
        self._told = 0
        self._is_gone = False
        self._thread = threading.Thread(target=self._run, name="lines", daemon=True)
        self._thread.start()

    def put(self, line: str) -> None:
        """Have a line written soon; never blocks."""
        if self._is_gone:
            return
        try:
            self._waiting.put_nowait(line)
        except queue.Full:
            self._lost += 1

    def close(self, within_s: float) -> None:
        """Wait until all is written, but not for longer than this."""
        try:
            self._waiting.put(None, timeout=within_s)
        except queue.Full:
            return
        self._thread.join(within_s)

    def _run(self) -> None:
        try:
            while (line := self._waiting.get()) is not None:
                self._write(line)
                self._tell_of_the_lost()
            self._tell_of_the_lost()
        except OSError:
            self._is_gone = True
            self._on_gone()

    def _tell_of_the_lost(self) -> None:
        lost = self._lost
        if lost > self._told:
            self._write(self._lost_line(lost - self._told))
            self._told = lost

    def _write(self, line: str) -> None:
        data = memoryview(f"{line}\n".encode())
        while data:
            data = data[os.write(self._file, data) :]
