"""How often something happened lately."""

from __future__ import annotations

from collections import deque

MINUTE_NS = 60_000_000_000


class RollingCount:
    """Events of the last ``window_ns``; memory is bounded by how many fit into the window."""

    def __init__(self, window_ns: int = MINUTE_NS) -> None:
        self._window_ns = window_ns
        self._times: deque[int] = deque()

    def note(self, now_ns: int) -> None:
        """Count one."""
        self._times.append(now_ns)
        self._forget(now_ns)

    def count(self, now_ns: int) -> int:
        """Events within the window that ends now."""
        self._forget(now_ns)
        return len(self._times)

    def clear(self) -> None:
        """Count from zero again."""
        self._times.clear()

    def _forget(self, now_ns: int) -> None:
        while self._times and now_ns - self._times[0] >= self._window_ns:
            self._times.popleft()
