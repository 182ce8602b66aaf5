"""The order book of one instrument: integer ticks to integer lots, best first in constant time.

Each side is a ``dict`` of sizes and a bisected list of keys whose last element is the best price: about
three times faster per update than an ordered container, and removal at the touch costs nothing.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from operator import mul, neg

from okxmm_tui.core.types import Levels, Side

PROMISED_DEPTH = 400
"""Levels a side the ``books`` channel keeps up to date (OKX v5, order book channel)."""


class BookSide:
    """One side. ``direction`` is +1 for bids and -1 for asks: a key is price times direction."""

    __slots__ = ("_direction", "_keys", "_sizes", "depth")

    def __init__(self, direction: int, depth: int = PROMISED_DEPTH) -> None:
        self._direction = direction
        self.depth = depth
        self._sizes: dict[int, int] = {}
        self._keys: list[int] = []

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Levels (price_ticks, size_lots), best first."""
        sizes, direction = self._sizes, self._direction
        return ((key * direction, sizes[key * direction]) for key in reversed(self._keys))

    def clear(self) -> None:
        """Forget every level."""
        self._sizes.clear()
        self._keys.clear()

    def replace(self, levels: Levels) -> None:
        """Set the whole side; zero sizes are left out."""
        self._sizes = {price: size for price, size in levels if size > 0}
        self._keys = sorted(price * self._direction for price in self._sizes)
        self._trim()

    def apply(self, levels: Levels) -> None:
        """Set absolute sizes; 0 removes, and removing a level that is not there is harmless."""
        sizes, keys, direction = self._sizes, self._keys, self._direction
        for price, size in levels:
            if size > 0:
                if price not in sizes:
                    insort(keys, price * direction)
                sizes[price] = size
            elif sizes.pop(price, None) is not None:
                key = price * direction
                if keys[-1] == key:
                    keys.pop()
                else:
                    del keys[bisect_left(keys, key)]
        if len(keys) > self.depth:
            self._trim()

    @property
    def best_ticks(self) -> int | None:
        """Best price, or None when the side is empty."""
        return self._keys[-1] * self._direction if self._keys else None

    def size_at(self, price_ticks: int) -> int:
        """Displayed lots at a price; 0 where there is no level."""
        return self._sizes.get(price_ticks, 0)

    def top(self, count: int) -> Levels:
        """The best ``count`` levels, best first."""
        sizes, direction = self._sizes, self._direction
        return tuple((key * direction, sizes[key * direction]) for key in self._keys[: -count - 1 : -1])

    def depth_to(self, limit_ticks: int) -> tuple[int, int]:
        """What rests from the best price to a limit, both included: (lots, sum of lots x ticks)."""
        sizes, direction = self._sizes, self._direction
        chosen = self._keys[bisect_left(self._keys, limit_ticks * direction) :]
        prices = chosen if direction > 0 else list(map(neg, chosen))
        lots = list(map(sizes.__getitem__, prices))
        return sum(lots), sum(map(mul, lots, prices))

    def _trim(self) -> None:
        excess = len(self._keys) - self.depth
        if excess > 0:
            for key in self._keys[:excess]:
                del self._sizes[key * self._direction]
            del self._keys[:excess]

    def check(self) -> None:
        """Raise AssertionError when an invariant is broken; for tests."""
        keys, direction = self._keys, self._direction
        broken = {
            "keys out of order or repeated": keys != sorted(set(keys)),
            "keys and sizes differ": {key * direction for key in keys} != set(self._sizes),
            "empty level kept": any(size <= 0 for size in self._sizes.values()),
            "deeper than promised": len(keys) > self.depth,
        }
        if any(broken.values()):
            raise AssertionError([name for name, is_so in broken.items() if is_so])


class OrderBook:
    """Both sides and where they stand in the venue's sequence."""

    __slots__ = ("asks", "bids", "seq_id", "venue_ms")

    def __init__(self, depth: int = PROMISED_DEPTH) -> None:
        self.bids = BookSide(+1, depth)
        self.asks = BookSide(-1, depth)
        self.seq_id = -1
        self.venue_ms = 0

    def clear(self) -> None:
        """Forget everything; used when the chain breaks."""
        self.bids.clear()
        self.asks.clear()
        self.seq_id = -1

    def replace(
        self, bids: Levels, asks: Levels, seq_id: int, venue_ms: int, depth: int | None = None
    ) -> None:
        """Take a snapshot; ``depth`` is how many levels a side its channel keeps up to date."""
        if depth is not None:
            self.bids.depth = self.asks.depth = depth
        self.bids.replace(bids)
        self.asks.replace(asks)
        self.seq_id, self.venue_ms = seq_id, venue_ms

    def apply(self, bids: Levels, asks: Levels, seq_id: int, venue_ms: int) -> None:
        """Take an increment that continues the chain."""
        self.bids.apply(bids)
        self.asks.apply(asks)
        self.seq_id, self.venue_ms = seq_id, venue_ms

    def side(self, side: Side) -> BookSide:
        """The bids for BUY, the asks for SELL."""
        return self.bids if side is Side.BUY else self.asks

    @property
    def is_crossed(self) -> bool:
        """Whether the best bid reaches the best ask: a sign of a broken book outside auctions."""
        bid, ask = self.bids.best_ticks, self.asks.best_ticks
        return bid is not None and ask is not None and bid >= ask

    @property
    def is_two_sided(self) -> bool:
        """Whether both sides have a level."""
        return len(self.bids) > 0 and len(self.asks) > 0
