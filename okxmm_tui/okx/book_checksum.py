"""The old order book checksum (OKX v5, order book channel; fixed to 0 by the venue since June 2026).

Needed for captures and venues that still fill it. It works on the strings as received, so it keeps a
small book of its own, and only while checksums are in use.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from zlib import crc32

from okxmm_tui.okx.messages import Level
from okxmm_tui.okx.units import UnitTable

CHECKED_LEVELS = 25


class _StringSide:
    # Keys are price ticks times direction, best last, as in core.books.
    def __init__(self, direction: int) -> None:
        self._direction = direction
        self._keys: list[int] = []
        self._texts: dict[int, str] = {}

    def apply(self, levels: Sequence[Level], prices: UnitTable, sizes: UnitTable) -> None:
        for level in levels:
            key = prices[level.px] * self._direction
            if sizes[level.sz] > 0:
                if key not in self._texts:
                    insort(self._keys, key)
                self._texts[key] = f"{level.px}:{level.sz}"
            elif self._texts.pop(key, None) is not None:
                del self._keys[bisect_left(self._keys, key)]

    def best(self) -> list[str]:
        return [self._texts[key] for key in self._keys[: -CHECKED_LEVELS - 1 : -1]]


class ChecksumBook:
    """A book of strings that can say its checksum."""

    def __init__(self) -> None:
        self._bids = _StringSide(+1)
        self._asks = _StringSide(-1)

    def apply(
        self, bids: Sequence[Level], asks: Sequence[Level], prices: UnitTable, sizes: UnitTable
    ) -> None:
        """Set absolute sizes; 0 removes."""
        self._bids.apply(bids, prices, sizes)
        self._asks.apply(asks, prices, sizes)

    def checksum(self) -> int:
        """Checksum of the best 25 levels a side."""
        return checksum_of(self._bids.best(), self._asks.best())


def checksum_of(bids: Sequence[str], asks: Sequence[str]) -> int:
    """CRC32 as a signed 32-bit number over ``px:sz`` texts, best first, bid and ask in turn.

    A side that has run out is skipped.
    """
    parts: list[str] = []
    for index in range(min(CHECKED_LEVELS, max(len(bids), len(asks)))):
        parts.extend(side[index] for side in (bids, asks) if index < len(side))
    value = crc32(":".join(parts).encode())
    return value - (1 << 32) if value >= 1 << 31 else value
