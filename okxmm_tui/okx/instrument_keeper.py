"""Keeps our instruments as the venue lists them: after a lost connection, a refusal, an announced change.

Also every minute while one of them is not live, because its return may be missed.
The instruments channel tells changes only, and nothing on subscribing (OKX v5, "Instruments channel"): what
changed while nobody listened would never be heard of, and orders would go out in ticks of the past.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from msgspec import structs

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import AnyEvent, GatewayNotice
from okxmm_tui.core.types import Severity
from okxmm_tui.errors import OkxmmError
from okxmm_tui.okx.instrument_rows import instrument_of
from okxmm_tui.okx.preparation import instrument_rows
from okxmm_tui.okx.rest import Rest

MILLISECOND_NS, SECOND_NS = 1_000_000, 1_000_000_000
AGAIN_S = 10.0
"""Between two reads while one has failed, or an announced change is still listed after its time."""
AFTER_CHANGE_S = 1.0
NOT_LIVE_S = 60.0
"""Between two reads of what cannot be traded: should its return be missed, it would be left for good."""
UNLISTED = "unlisted"
"""State of what the venue no longer lists: a word of ours, and as unknown to it no state to trade in."""


class InstrumentKeeper:
    """Reads again what may have changed.

    Args:
        rest: Asks the venue.
        instruments: Those of the session, by id; kept up to date by the owner.
        take: Told of each one read, changed or not.
        emit_all: Takes notices; a read that failed is one, once until the next good one.
        has_key: Whether the account's own list is asked first.
    """

    def __init__(
        self,
        rest: Rest,
        instruments: Mapping[str, Instrument],
        take: Callable[[Instrument], None],
        emit_all: Callable[[Sequence[AnyEvent]], None],
        *,
        has_key: bool,
    ) -> None:
        self._rest = rest
        self._instruments = instruments
        self._take = take
        self._emit_all = emit_all
        self._has_key = has_key
        self._wanted: set[str] = set()
        self._changed = asyncio.Event()
        self._has_failed = False

    def want(self, inst_id: str) -> None:
        """Read one again, soon."""
        self._wanted.add(inst_id)
        self._changed.set()

    def want_all(self) -> None:
        """Read all of them again: nobody listened for a while."""
        self._wanted |= self._instruments.keys()
        self._changed.set()

    def look_again(self) -> None:
        """An instrument has changed: another change may have been announced for it."""
        self._changed.set()

    async def run(self) -> None:
        """Read whenever it is wanted or due, until cancelled."""
        while True:
            self._changed.clear()
            if not self._wanted:
                await self._wait()
            elif not await self.read():
                await asyncio.sleep(AGAIN_S)

    @property
    def wait_s(self) -> float | None:
        """Time until the next read, for an announced change or what is not live; None for neither."""
        times_ms = [each.changes_ms for each in self._instruments.values() if each.changes_ms is not None]
        waits = [NOT_LIVE_S] if any(not each.is_tradable for each in self._instruments.values()) else []
        if times_ms:
            left_ns = min(times_ms) * MILLISECOND_NS - self._rest.clock.now_ns()
            waits.append(left_ns / SECOND_NS + AFTER_CHANGE_S if left_ns > 0 else AGAIN_S)
        return min(waits, default=None)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self.wait_s):
                await self._changed.wait()
        except TimeoutError:
            self._wanted |= {
                inst_id
                for inst_id, each in self._instruments.items()
                if each.changes_ms is not None or not each.is_tradable
            }

    async def read(self) -> bool:
        """Read what is wanted; False when the venue did not tell, and it is wanted still."""
        asked, self._wanted = self._wanted, set()
        known = [each for inst_id in sorted(asked) if (each := self._instruments.get(inst_id))]
        try:
            for each in await self._read(known):
                self._take(each)
        except OkxmmError as error:
            self._wanted |= asked
            if not self._has_failed:
                names = ", ".join(sorted(asked))
                self._say(f"{names} could not be read again: {error}")
            self._has_failed = True
            return False
        self._has_failed = False
        return True

    async def _read(self, known: Sequence[Instrument]) -> list[Instrument]:
        found: list[Instrument] = []
        for inst_type in dict.fromkeys(each.inst_type for each in known):
            listed = await instrument_rows(self._rest, inst_type, has_key=self._has_key)
            rows = {row.inst_id: row for row in listed}
            for old in (each for each in known if each.inst_type == inst_type):
                row = rows.get(old.inst_id)
                new = None if row is None else instrument_of(row)
                found.append(self._unlisted(old) if new is None else new)
        return found

    def _unlisted(self, old: Instrument) -> Instrument:
        # Orders for it would be refused for ever.
        if old.state != UNLISTED:
            self._say(f"{old.inst_id} is no longer on the venue's list")
        return structs.replace(old, state=UNLISTED)

    def _say(self, text: str) -> None:
        self._emit_all([GatewayNotice(Severity.WARNING, text)])
