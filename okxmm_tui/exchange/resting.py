"""Own resting orders of one instrument against the recorded market, by price and queue place.

Own orders rest beside the recorded liquidity and never enter that book; what is published shows both.
"""

from __future__ import annotations

from msgspec import Struct
from sortedcontainers import SortedDict

from okxmm_tui.core.types import Side
from okxmm_tui.exchange.book import BookSide, DisplayedBook
from okxmm_tui.exchange.market_events import TradeEvent
from okxmm_tui.exchange.queue_model import LevelQueue, QueueEntry


class MakerFill(Struct, frozen=True):
    """An own resting order traded at its own price."""

    order_id: str
    price_ticks: int
    size_lots: int


class Consumption:
    """Displayed size own orders have already taken; the source still shows it, but it is there no more.

    Of a level that grows, what came is there to take. Of one that shrinks, what left is shared between
    the taken part and the rest, so that a level is whole again once as much has come and gone.
    """

    def __init__(self) -> None:
        self._taken: dict[tuple[Side, int], tuple[int, int]] = {}

    def available(self, side: Side, price_ticks: int, displayed_lots: int) -> int:
        """Displayed size that is still there to take."""
        return displayed_lots - self._taken.get((side, price_ticks), (0, displayed_lots))[0]

    def take(self, side: Side, price_ticks: int, displayed_lots: int, size_lots: int) -> None:
        """Remember a take."""
        taken = displayed_lots - self.available(side, price_ticks, displayed_lots) + size_lots
        self._taken[side, price_ticks] = (taken, displayed_lots)

    def follow(self, book: DisplayedBook) -> None:
        """Follow every change of the displayed sizes; levels that vanished are forgotten."""
        for key, (taken, before) in list(self._taken.items()):
            now = book.size_at(*key)
            if now <= 0:
                del self._taken[key]
            elif now != before:
                # Rounded up: a lot is rather missing than taken twice.
                self._taken[key] = (-(-taken * now // before) if now < before else taken, now)


class RestingOrders:
    """Price levels of own orders on both sides, best first."""

    def __init__(self, power: int = 2) -> None:
        self._power = power
        self._sides: dict[Side, SortedDict] = {Side.BUY: SortedDict(), Side.SELL: SortedDict()}
        self._places: dict[str, tuple[Side, int]] = {}
        self._shown = {side: BookSide(side) for side in Side}
        self._before: dict[tuple[Side, int], tuple[int, str]] = {}
        self.consumption = Consumption()

    def shown(self, side: Side) -> BookSide:
        """Open lots and orders per price, for the published book."""
        return self._shown[side]

    @property
    def is_touched(self) -> bool:
        """Whether anything happened to an own order since the changes were last taken."""
        return bool(self._before)

    def take_changes(self) -> dict[Side, list[int]]:
        """Hand over the prices at which lots or orders are others than when this was last asked."""
        found: dict[Side, list[int]] = {side: [] for side in Side}
        for (side, price_ticks), before in self._before.items():
            if self._shown[side].entry_at(price_ticks) != before:
                found[side].append(price_ticks)
        self._before = {}
        return found

    def _touch(self, side: Side, price_ticks: int) -> None:
        shown, level = self._shown[side], self._sides[side].get(-side.sign * price_ticks)
        self._before.setdefault((side, price_ticks), shown.entry_at(price_ticks))
        entries = level.entries if level is not None else []
        lots = sum(entry.remaining_lots for entry in entries)
        shown.set((price_ticks, lots, str(len(entries))))

    def __contains__(self, order_id: str) -> bool:
        return order_id in self._places

    def add(
        self,
        order_id: str,
        side: Side,
        price_ticks: int,
        size_lots: int,
        *,
        book: DisplayedBook,
        source_ms: int,
    ) -> None:
        """Rest an order behind everything displayed at its price; O(log levels)."""
        key = -side.sign * price_ticks
        level: LevelQueue = self._sides[side].setdefault(key, LevelQueue(self._power))
        shown = book.size_at(side, price_ticks) if book.is_in_range(side, price_ticks) else None
        level.join(QueueEntry(order_id, size_lots), shown, source_ms)
        self._places[order_id] = (side, price_ticks)
        self._touch(side, price_ticks)

    def remove(self, order_id: str) -> None:
        """Take an order out; nothing happens when it is not resting."""
        place = self._places.pop(order_id, None)
        if place is None:
            return
        side, price_ticks = place
        key = -side.sign * price_ticks
        level: LevelQueue | None = self._sides[side].get(key)
        if level is None:
            return
        level.leave(order_id)
        self._tidy(side, key)
        self._touch(side, price_ticks)

    def shrink(self, order_id: str, remaining_lots: int) -> None:
        """Lower an order's open size; it keeps its place."""
        self.entry(order_id).remaining_lots = remaining_lots
        self._touch(*self._places[order_id])

    def entry(self, order_id: str) -> QueueEntry:
        """Queue entry of a resting order."""
        side, price_ticks = self._places[order_id]
        level: LevelQueue = self._sides[side][-side.sign * price_ticks]
        return level.find(order_id)

    def best_ticks(self, side: Side) -> int | None:
        """Best own price of a side."""
        levels = self._sides[side]
        return -side.sign * next(iter(levels)) if levels else None

    def by_priority(self, side: Side) -> list[str]:
        """Own orders of a side, best price first, then first in."""
        return [entry.order_id for level in self._sides[side].values() for entry in level.entries]

    def crossed_by(self, taker: Side, limit_ticks: int) -> list[str]:
        """Own orders a taker of that side and limit would meet, best price first, then first in."""
        maker = taker.opposite
        found: list[str] = []
        for key, level in self._sides[maker].items():
            price_ticks = -maker.sign * key
            if taker.sign * price_ticks > taker.sign * limit_ticks:
                break
            found.extend(entry.order_id for entry in level.entries)
        return found

    def on_depth(self, book: DisplayedBook, source_ms: int, *, from_bbo: bool) -> list[MakerFill]:
        """Follow a change of the displayed market; return fills by crossing quotes."""
        for side, levels in self._sides.items():
            top = book.fresh_top(side)
            for key, level in levels.items():
                price_ticks = -side.sign * key
                # A best quote tells nothing of deeper levels, and older depth nothing of the touch.
                is_touch = top is not None and side.sign * price_ticks >= side.sign * top[0]
                if is_touch == from_bbo and book.is_in_range(side, price_ticks):
                    level.on_depth(book.size_at(side, price_ticks), source_ms)
        self.consumption.follow(book)
        return [*self._crossed(Side.BUY, book), *self._crossed(Side.SELL, book)]

    def _crossed(self, side: Side, book: DisplayedBook) -> list[MakerFill]:
        fills: list[MakerFill] = []
        other = side.opposite
        best = book.best(other)
        for key, level in list(self._sides[side].items()):
            own_ticks = -side.sign * key
            if best is None or side.sign * best[0] > side.sign * own_ticks:
                break
            for price_ticks, displayed in book.levels(other):
                if side.sign * price_ticks > side.sign * own_ticks or not level.entries:
                    break
                self._fill_from(level, side, own_ticks, (price_ticks, displayed), fills)
            self._tidy(side, key)
            self._touch(side, own_ticks)
        return fills

    def _fill_from(
        self, level: LevelQueue, side: Side, own_ticks: int, shown: tuple[int, int], fills: list[MakerFill]
    ) -> None:
        other = side.opposite
        available = self.consumption.available(other, *shown)
        for fill in level.sweep(available):
            self.consumption.take(other, *shown, fill.size_lots)
            fills.append(self._filled(fill.order_id, own_ticks, fill.size_lots))

    def on_trade(self, trade: TradeEvent) -> list[MakerFill]:
        """Follow a print; all fills together never exceed its size."""
        side = trade.side.opposite
        fills: list[MakerFill] = []
        left = trade.size_lots
        for key, level in list(self._sides[side].items()):
            own_ticks = -side.sign * key
            if side.sign * own_ticks < side.sign * trade.price_ticks:
                break
            is_through = own_ticks != trade.price_ticks
            take = level.sweep if is_through else level.on_print
            made = take(left, trade.source_ms)
            for fill in made:
                left -= fill.size_lots
                fills.append(self._filled(fill.order_id, own_ticks, fill.size_lots))
            self._tidy(side, key)
            self._touch(side, own_ticks)
        return fills

    def _filled(self, order_id: str, price_ticks: int, size_lots: int) -> MakerFill:
        return MakerFill(order_id, price_ticks, size_lots)

    def _tidy(self, side: Side, key: int) -> None:
        level: LevelQueue = self._sides[side][key]
        if not level.entries:
            del self._sides[side][key]
