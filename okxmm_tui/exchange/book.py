"""The recorded order book of one instrument: own orders meet it and rest beside it, never in it.

What is published is this together with what rests; see ``okxmm_tui.exchange.shown_book``.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator

from okxmm_tui.core.types import Side
from okxmm_tui.exchange.market_events import BboEvent, BookEvent, Level


class BookSide:
    """One side of a book; lookups O(1), changes O(log n) plus a short list move."""

    def __init__(self, side: Side) -> None:
        self._sign = -side.sign
        self._keys: list[int] = []
        self._levels: dict[int, tuple[int, str]] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def clear(self) -> None:
        """Forget every level."""
        self._keys.clear()
        self._levels.clear()

    def set(self, level: Level) -> None:
        """Give one level its absolute size; 0 removes it, and removing nothing is harmless."""
        price_ticks, size_lots, count = level
        key = self._sign * price_ticks
        known = price_ticks in self._levels
        if size_lots > 0:
            if not known:
                insort(self._keys, key)
            self._levels[price_ticks] = (size_lots, count)
        elif known:
            del self._keys[bisect_left(self._keys, key)]
            del self._levels[price_ticks]

    def size_at(self, price_ticks: int) -> int:
        """Displayed size of a price, in lots; 0 when there is none."""
        level = self._levels.get(price_ticks)
        return level[0] if level else 0

    def entry_at(self, price_ticks: int) -> tuple[int, str]:
        """Displayed size and order count of a price; (0, "0") when there is none."""
        return self._levels.get(price_ticks, (0, "0"))

    def best(self) -> Level | None:
        """Best level, None when the side is empty."""
        return self._level(self._keys[0]) if self._keys else None

    def worst_ticks(self) -> int | None:
        """Price of the worst displayed level."""
        return self._sign * self._keys[-1] if self._keys else None

    def top(self, depth: int) -> tuple[Level, ...]:
        """Levels from the best, at most ``depth``."""
        return tuple(self._level(key) for key in self._keys[:depth])

    def __iter__(self) -> Iterator[Level]:
        return (self._level(key) for key in self._keys)

    def _level(self, key: int) -> Level:
        price_ticks = self._sign * key
        size_lots, count = self._levels[price_ticks]
        return price_ticks, size_lots, count


class DisplayedBook:
    """Depth and best quote of one instrument, the fresher of both winning at the top.

    A best quote (``bbo-tbt``) is newer than the depth until a depth update with a higher sequence
    number arrives; until then it replaces the top and hides better levels of the older depth.
    """

    def __init__(self) -> None:
        self.bids = BookSide(Side.BUY)
        self.asks = BookSide(Side.SELL)
        self.seq = -1
        self._bbo: BboEvent | None = None

    def side(self, side: Side) -> BookSide:
        """Depth of one side as last updated, without the best quote."""
        return self.bids if side is Side.BUY else self.asks

    def apply_book(self, event: BookEvent) -> None:
        """Take a snapshot or an update of the depth."""
        if event.is_snapshot:
            self.bids.clear()
            self.asks.clear()
        for level in event.bids:
            self.bids.set(level)
        for level in event.asks:
            self.asks.set(level)
        self.seq = event.seq
        if self._bbo is not None and self._bbo.seq <= event.seq:
            self._bbo = None

    def apply_bbo(self, event: BboEvent) -> bool:
        """Take a best quote; return False when the depth is newer."""
        if event.seq < self.seq:
            return False
        self._bbo = event
        return True

    @property
    def top_seq(self) -> int:
        """Sequence number of what stands at the top: of the best quote while that is newer."""
        return self.seq if self._bbo is None else self._bbo.seq

    def fresh_top(self, side: Side) -> Level | None:
        """Best level of the quote that is newer than the depth, if there is one."""
        if self._bbo is None:
            return None
        return self._bbo.bid if side is Side.BUY else self._bbo.ask

    def best(self, side: Side) -> Level | None:
        """Best displayed level of a side."""
        return self.fresh_top(side) or self.side(side).best()

    def size_at(self, side: Side, price_ticks: int) -> int:
        """Displayed size at a price, in lots."""
        top = self.fresh_top(side)
        if top is None or side.sign * price_ticks < side.sign * top[0]:
            return self.side(side).size_at(price_ticks)
        return top[1] if price_ticks == top[0] else 0

    def is_in_range(self, side: Side, price_ticks: int) -> bool:
        """Whether a price is no worse than the worst displayed level: beyond it nothing is known."""
        worst = self.side(side).worst_ticks()
        return worst is not None and side.sign * price_ticks >= side.sign * worst

    def levels(self, side: Side) -> Iterator[tuple[int, int]]:
        """Displayed (price_ticks, size_lots) from the best to the worst."""
        top = self.fresh_top(side)
        if top is not None:
            yield top[0], top[1]
        for price_ticks, size_lots, _ in self.side(side):
            if top is None or side.sign * price_ticks < side.sign * top[0]:
                yield price_ticks, size_lots

    def mid_sum_ticks(self) -> int | None:
        """Best bid plus best ask in ticks, twice the mid; None while a side is empty."""
        bid, ask = self.best(Side.BUY), self.best(Side.SELL)
        return bid[0] + ask[0] if bid and ask else None

    def difference(self, target: BookEvent) -> BookEvent:
        """Return the one update that turns this depth into a snapshot's."""
        return BookEvent(
            inst_id=target.inst_id,
            is_snapshot=False,
            bids=_changes(self.bids, target.bids),
            asks=_changes(self.asks, target.asks),
            source_ms=target.source_ms,
            seq=target.seq,
            is_tick_by_tick=target.is_tick_by_tick,
        )


def _changes(old: BookSide, new: tuple[Level, ...]) -> tuple[Level, ...]:
    wanted = {level[0]: level for level in new if level[1] > 0}
    gone = [(price, 0, "0") for price, _, _ in old if price not in wanted]
    changed = [level for level in wanted.values() if old.entry_at(level[0]) != level[1:]]
    return tuple(gone + changed)
