"""Keeps the venue's own list of maintenance read: at the start, and once a minute.

The status channel tells changes only: who connects during a maintenance, or misses the push that ends one,
would never learn of it (OKX v5, "Status").
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from okxmm_tui.core.messages import AnyEvent, GatewayNotice, VenueStatusListed
from okxmm_tui.core.types import Severity
from okxmm_tui.errors import OkxmmError
from okxmm_tui.okx.market_messages import STATUSES
from okxmm_tui.okx.market_rows import status_of
from okxmm_tui.okx.rest import Rest
from okxmm_tui.okx.rest_queries import checked

STATUS_PATH = "/api/v5/system/status"
STATUS_EVERY_S = 60.0


class StatusKeeper:
    """Reads, and hands on what it read.

    Args:
        rest: Asks the venue; the path is public.
        environment: Whose maintenance counts.
        emit_all: Takes the lists; a read that failed is a notice, once until the next good one.
    """

    def __init__(self, rest: Rest, environment: str, emit_all: Callable[[Sequence[AnyEvent]], None]) -> None:
        self._rest = rest
        self._environment = environment
        self._emit_all = emit_all
        self._has_failed = False

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            await self.read()
            await asyncio.sleep(STATUS_EVERY_S)

    async def read(self) -> None:
        """Read once."""
        try:
            rows = checked(await self._rest.get(STATUS_PATH, is_signed=False)).rows(STATUSES)
            found = [status_of(row, self._environment) for row in rows]
        except OkxmmError as error:
            if not self._has_failed:
                text = f"maintenance could not be asked for: {error}"
                self._emit_all([GatewayNotice(Severity.WARNING, text)])
            self._has_failed = True
            return
        self._has_failed = False
        self._emit_all([VenueStatusListed(tuple(each for each in found if each is not None))])
