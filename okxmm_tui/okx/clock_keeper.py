"""Keeps the venue's clock measured: at the start, every minute, after every jump, and when asked.

An answer that took long says little; until a quick one has come the question is repeated every other second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from okxmm_tui.core.messages import AnyEvent, ClockJumped, ClockMeasured, GatewayNotice
from okxmm_tui.core.types import Severity
from okxmm_tui.errors import VenueUnreachableError
from okxmm_tui.okx.rest import Rest

CLOCK_EVERY_S = 60.0
UNSURE_EVERY_S = 2.0
SURE_NS = 50_000_000
"""Half of what quoting resumes below: an offset known this well is no artefact of a slow answer."""
JUMP_EVERY_S = 1.0


class ClockKeeper:
    """Measures, and says what it found.

    Args:
        rest: Asks ``public/time``, and reports every measurement itself.
        emit_all: Takes everything else.
    """

    def __init__(self, rest: Rest, emit_all: Callable[[Sequence[AnyEvent]], None]) -> None:
        self._rest = rest
        self._emit_all = emit_all

    @property
    def wait_s(self) -> float:
        """Time until the next measurement: short while the last ones say too little."""
        return CLOCK_EVERY_S if self._rest.clock.uncertainty_ns <= SURE_NS else UNSURE_EVERY_S

    async def run(self) -> None:
        """Watch until cancelled."""
        clock, loop = self._rest.clock, asyncio.get_running_loop()
        if clock.is_measured:
            self._emit_all([ClockMeasured(clock.offset_ns, clock.uncertainty_ns)])
        due = loop.time() + self.wait_s
        while True:
            await asyncio.sleep(min(JUMP_EVERY_S, CLOCK_EVERY_S))
            jump_ns = clock.take_jump()
            if jump_ns:
                self._emit_all([ClockJumped(jump_ns)])
            if jump_ns or loop.time() >= due:
                await self.sync()
                due = loop.time() + self.wait_s

    async def sync(self) -> None:
        """Measure now; a venue that does not answer is a notice."""
        try:
            await self._rest.sync_clock()
        except VenueUnreachableError as error:
            self._emit_all([GatewayNotice(Severity.WARNING, f"clock not checked: {error}")])
