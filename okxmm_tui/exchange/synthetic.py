"""A seeded synthetic market: a random-walk price, a living book of fifty levels, Poisson trades.

For runs where no particular history matters; the same seed gives the same market.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from okxmm_tui.core.types import Side
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.market_events import BboEvent, BookEvent, Level, MarketEvent, TradeEvent

STEP_NS = 100_000_000
"""One depth update per step, the cadence of ``books``."""

DEPTH = 50
"""Levels per side."""

_START_TICKS = 650_000
_WALK_TICKS = 6.0
_TRADES_PER_STEP = 1.5
_MIN_TICKS = 100_000


class SyntheticFeed:
    """An endless random market of one instrument."""

    def __init__(self, listed: Listing, seed: int = 1) -> None:
        self.listings = (listed,)
        self.loop = 1
        self._random = random.Random(seed)  # noqa: S311 - a market, not a secret
        self._inst_id = listed.inst_id
        self._lots_per_unit = max(1, int(1 / listed.instrument.lot_size))
        self._bid_ticks = _START_TICKS
        self._drift = 0.0
        self._sizes: dict[int, int] = {}
        self._seq = 0
        self._trade_id = 0
        self._bids: dict[int, int] = {}
        self._asks: dict[int, int] = {}

    def events(self) -> Iterator[tuple[int, tuple[MarketEvent, ...]]]:
        """Yield (nanoseconds since the start, events) for ever."""
        yield 0, (self._snapshot(),)
        now_ns = 0
        while True:
            yield from self._trades(now_ns)
            now_ns += STEP_NS
            yield now_ns, self._step(now_ns)

    def _snapshot(self) -> BookEvent:
        self._bids = {self._bid_ticks - depth: self._size(depth) for depth in range(DEPTH)}
        self._asks = {self._bid_ticks + 1 + depth: self._size(depth) for depth in range(DEPTH)}
        return self._book(_levels(self._bids), _levels(self._asks), 0, is_snapshot=True)

    def _size(self, depth: int) -> int:
        return max(1, int(self._random.expovariate(1.0) * self._lots_per_unit * (5 + 2 * depth)))

    def _trades(self, begun_ns: int) -> Iterator[tuple[int, tuple[MarketEvent, ...]]]:
        at_ns = begun_ns
        while True:
            at_ns += int(self._random.expovariate(_TRADES_PER_STEP) * STEP_NS)
            if at_ns >= begun_ns + STEP_NS:
                return
            yield at_ns, self._trade(at_ns)

    def _trade(self, at_ns: int) -> tuple[MarketEvent, ...]:
        side = Side.BUY if self._random.random() < 0.5 else Side.SELL
        book = self._asks if side is Side.BUY else self._bids
        price = min(book) if side is Side.BUY else max(book)
        size = min(book[price], max(1, int(self._random.expovariate(1.0) * self._lots_per_unit * 2)))
        # The touch never empties between depth updates: an emptied one is refilled at the next step.
        book[price] = max(1, book[price] - size)
        self._trade_id += 1
        trade = TradeEvent(self._inst_id, self._trade_id, price, size, side, "1", "0", at_ns // 1_000_000)
        return trade, self._bbo(at_ns)

    def _bbo(self, at_ns: int) -> BboEvent:
        self._seq += self._random.randint(1, 9)
        bid, ask = max(self._bids), min(self._asks)
        return BboEvent(
            self._inst_id,
            (bid, self._bids[bid], "1"),
            (ask, self._asks[ask], "1"),
            at_ns // 1_000_000,
            self._seq,
        )

    def _step(self, now_ns: int) -> tuple[MarketEvent, ...]:
        self._drift += self._random.gauss(0.0, _WALK_TICKS)
        move = int(self._drift)
        self._drift -= move
        self._bid_ticks = max(_MIN_TICKS, self._bid_ticks + move)
        bids = self._moved(self._bids, range(self._bid_ticks, self._bid_ticks - DEPTH, -1))
        asks = self._moved(self._asks, range(self._bid_ticks + 1, self._bid_ticks + 1 + DEPTH))
        return self._book(bids, asks, now_ns // 1_000_000, is_snapshot=False), self._bbo(now_ns)

    def _moved(self, book: dict[int, int], wanted: range) -> tuple[Level, ...]:
        gone = [price for price in book if price not in wanted]
        for price in gone:
            del book[price]
        changed = dict.fromkeys(gone, 0)
        for depth, price in enumerate(wanted):
            if price not in book or self._random.random() < 0.15:
                book[price] = changed[price] = self._size(depth)
        return _levels(changed)

    def _book(
        self, bids: tuple[Level, ...], asks: tuple[Level, ...], source_ms: int, *, is_snapshot: bool
    ) -> BookEvent:
        self._seq += self._random.randint(1, 9)
        return BookEvent(self._inst_id, is_snapshot, bids, asks, source_ms, self._seq)


def _levels(sizes: dict[int, int]) -> tuple[Level, ...]:
    return tuple((price, size, "1" if size else "0") for price, size in sizes.items())
