"""How far the mid has travelled within seconds: a flash move is seen without any history (fault 6)."""

from __future__ import annotations

from collections import deque

WINDOW_NS = 10_000_000_000


class MidRange:
    """Lowest and highest doubled mid of a sliding window, in amortised constant time."""

    def __init__(self, window_ns: int = WINDOW_NS) -> None:
        self._window_ns = window_ns
        self._lows: deque[tuple[int, int]] = deque()
        self._highs: deque[tuple[int, int]] = deque()

    def note(self, now_ns: int, doubled_mid_ticks: int) -> None:
        """Take the mid of a moment: best bid plus best ask, in ticks."""
        for kept, sign in ((self._lows, 1), (self._highs, -1)):
            while kept and sign * kept[-1][1] >= sign * doubled_mid_ticks:
                kept.pop()
            kept.append((now_ns, doubled_mid_ticks))
            while kept[0][0] < now_ns - self._window_ns:
                kept.popleft()

    @property
    def bps(self) -> float:
        """Highest over lowest mid of the window, in basis points; 0 before the first."""
        return (self._highs[0][1] / self._lows[0][1] - 1) * 1e4 if self._lows else 0.0
