"""An asyncio event loop whose clock jumps: what waits for a time gets it at once, in the right order.

Nothing here ever sleeps. The loop has no files to watch but its own wake-up pipe, so whenever nothing is
ready its clock is set to the next timer. The same program gives the same steps, however fast the machine is.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from typing import Any

START_NS = 1_795_161_600_000_000_000
"""2026-11-20 08:00:00 UTC, the wall clock when a loop begins."""


STEP_S = 1e-9
"""Every turn of the loop takes this long: who waits for the last fraction of a float would wait for ever."""


class _Jump(selectors.SelectSelector):
    """Waiting is a jump of the clock."""

    advance: Callable[[float], None]

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("virtual time has nothing left to wait for.")
        self.advance(max(timeout, STEP_S))
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs coroutines in virtual time.

    ``wall_offset_ns`` is how far this computer's wall clock was set away from the true time.
    """

    def __init__(self) -> None:
        selector = _Jump()
        super().__init__(selector)
        self._passed_s = 0.0
        self._clock_resolution = 1e-9
        self.wall_offset_ns = 0
        self.defects: list[Exception] = []
        """What callbacks have raised; asyncio would write it down and go on."""
        selector.advance = self._advance

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep the exception of a callback."""
        super().call_exception_handler(context)
        if "handle" in context and isinstance(context.get("exception"), Exception):
            self.defects.append(context["exception"])

    def _advance(self, seconds: float) -> None:
        self._passed_s += seconds

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._passed_s

    def steady_ns(self) -> int:
        """A clock nobody sets, in ns; it starts where the wall clock does."""
        return START_NS + round(self._passed_s * 1e9)

    def wall_ns(self) -> int:
        """This computer's wall clock, Unix ns."""
        return self.steady_ns() + self.wall_offset_ns


class LoopTime:
    """Stands where a module expects ``time``."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.monotonic_ns = loop.steady_ns
        self.time_ns = loop.wall_ns

    def monotonic(self) -> float:
        """Steady seconds."""
        return self.monotonic_ns() / 1e9
