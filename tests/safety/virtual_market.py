"""A market made by a few rules: two-sided and alive until a test says otherwise."""

from __future__ import annotations

import random

from okxmm_tui.core.types import Side
from okxmm_tui.exchange.market_events import BboEvent, BookEvent, Level, MarketEvent, TradeEvent
from okxmm_tui.exchange.venue import Venue

BEAT_S = 0.1
DEPTH = 30
MS = 1_000_000
MIDDLES = {
    "BTC-USDT-SWAP": 600_000,
    "ETH-USDT-SWAP": 200_000,
    "BTC-USD-SWAP": 600_000,
    "BTC-USDT": 600_000,
}


class VirtualMarket:
    """One instrument at the venue: a book that breathes, trades that hit it, prices a test can move.

    Args:
        venue: Told of everything.
        inst_id: Which instrument.
        dice: Sizes and trades.
    """

    def __init__(self, venue: Venue, inst_id: str, dice: random.Random) -> None:
        self._venue = venue
        self._inst_id = inst_id
        self._dice = dice
        self.bid_ticks = MIDDLES[inst_id]
        self.spread_ticks = 1
        self.size_lots = 5_000
        """Of every level, before the breathing."""
        self.trade_chance = 0.0
        """Chance of a trade at each beat."""
        self.trade_lots = 2_000
        self.walk_ticks = 0
        """The mid moves by up to so many ticks each beat."""
        self.depth = DEPTH
        """Levels of each side."""
        self.is_quiet = False
        """Nothing happens any more: no book, no trade."""
        self._shown: dict[Side, dict[int, int]] = {Side.BUY: {}, Side.SELL: {}}
        self._seq = 0
        self._trade_id = 0

    def beat(self, now_ns: int) -> None:
        """Let a tenth of a second pass."""
        if self.is_quiet:
            return
        if self.walk_ticks:
            self.bid_ticks += self._dice.randint(-self.walk_ticks, self.walk_ticks)
        self._show(now_ns)
        if self._dice.random() < self.trade_chance:
            self.trade(self._dice.choice(tuple(Side)), self.trade_lots, now_ns)

    def move(self, ticks: int, now_ns: int) -> None:
        """Move the whole book."""
        self.bid_ticks += ticks
        self._show(now_ns)

    def trade(self, side: Side, lots: int, now_ns: int, through_ticks: int = 0) -> None:
        """Somebody takes from the book; ``side`` is the taker's."""
        self._trade_id += 1
        best = self.bid_ticks if side is Side.SELL else self.bid_ticks + self.spread_ticks
        price = best + side.sign * through_ticks
        event = TradeEvent(self._inst_id, self._trade_id, price, lots, side, "1", "0", now_ns // MS + 1)
        self._apply(event, now_ns)

    def _show(self, now_ns: int) -> None:
        wanted = {
            Side.BUY: {self.bid_ticks - n: self._size() for n in range(self.depth)},
            Side.SELL: {self.bid_ticks + self.spread_ticks + n: self._size() for n in range(self.depth)},
        }
        is_first = not self._shown[Side.BUY]
        changes = {side: self._changes(side, wanted[side]) for side in Side}
        self._shown = wanted
        self._seq += 10
        bids, asks = changes[Side.BUY], changes[Side.SELL]
        self._apply(BookEvent(self._inst_id, is_first, bids, asks, now_ns // MS, self._seq), now_ns)
        bid, ask = self.bid_ticks, self.bid_ticks + self.spread_ticks
        best = BboEvent(
            self._inst_id,
            (bid, wanted[Side.BUY][bid], "1"),
            (ask, wanted[Side.SELL][ask], "1"),
            now_ns // MS,
            self._seq,
        )
        self._apply(best, now_ns)

    def _size(self) -> int:
        return self.size_lots + self._dice.randrange(10)

    def _changes(self, side: Side, wanted: dict[int, int]) -> tuple[Level, ...]:
        gone = [(price, 0, "0") for price in self._shown[side] if price not in wanted]
        best = self.bid_ticks if side is Side.BUY else self.bid_ticks + self.spread_ticks
        fresh = [
            (price, size, "1")
            for price, size in wanted.items()
            if price not in self._shown[side] or price == best
        ]
        return tuple(gone + fresh)

    def _apply(self, event: MarketEvent, now_ns: int) -> None:
        self._venue.on_market(event, now_ns)
