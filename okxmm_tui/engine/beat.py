"""The engine's clock and its beat: what time it is, and when the next tick is due."""

from __future__ import annotations

import time

from okxmm_tui.core.messages import Tick

TICK_S = 0.05
OVERDUE_S = 0.05
"""A tick later than this goes before whatever else has happened."""


class Clock:
    """Unix nanoseconds that never go back: wall time at start plus monotonic time since."""

    def __init__(self) -> None:
        self._offset_ns = time.time_ns() - time.monotonic_ns()

    def now_ns(self) -> int:
        """Current time."""
        return self._offset_ns + time.monotonic_ns()


class Beat:
    """When ticks are due, by the loop's clock in seconds; every tick tells how late it is."""

    def __init__(self) -> None:
        self._due_s: float | None = None

    def start(self, now_s: float) -> None:
        """The first tick is due a beat from now."""
        self._due_s = now_s + TICK_S

    def wait_s(self, now_s: float) -> float:
        """Time until the next tick is due; 0 before the start and when it is overdue."""
        return 0.0 if self._due_s is None else max(0.0, self._due_s - now_s)

    def due(self, now_s: float) -> Tick | None:
        """The tick that is due now, and the next one is due a beat later; None when it is not yet."""
        return self._tick(now_s, 0.0)

    def overdue(self, now_s: float) -> Tick | None:
        """The same, but only a tick that is late enough to go before what happened after it."""
        return self._tick(now_s, OVERDUE_S)

    def _tick(self, now_s: float, late_s: float) -> Tick | None:
        due_s = self._due_s
        if due_s is None or now_s - due_s < late_s:
            return None
        next_s = due_s + TICK_S
        self._due_s = next_s if next_s > now_s else now_s + TICK_S
        return Tick(int(max(0.0, now_s - due_s) * 1e9))
