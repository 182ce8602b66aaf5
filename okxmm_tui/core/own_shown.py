"""How much of the displayed book is ours, at any moment of the venue's clock.

The venue shows our quotes among all others. Where nobody else stands near, a fair price read from all that is
shown would be read from our own quotes: those that lean against a position would lean on themselves, one step
further at every look. What decisions and signals rest on is therefore what the others show.

Orders and books are told over different connections, in any order, but both with the venue's time. So it is
kept from when until when an order was shown, and where: an older book is cleared of what it showed of us.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from msgspec import Struct

from okxmm_tui.core.books import OrderBook
from okxmm_tui.core.orders import OrderStatus, OwnOrder
from okxmm_tui.core.types import Levels, Side

Top = tuple[int, int, int, int]
"""Best bid and its lots, best ask and its lots."""
KEPT_MS = 5_000
"""Longer than any book that is still traded on lags behind the order pushes."""
SLACK_MS = 100
"""So much later than in the book an order may be stamped in its push. A quiet market tells nothing more, and
the order would long pass for somebody else's; within this time the size that is shown decides."""


class _Stay(Struct):
    """One order at one price with one size."""

    order: OwnOrder
    side: Side
    price_ticks: int
    size_lots: int
    from_ms: int
    to_ms: int | None = None

    def is_past(self, at_ms: int) -> bool:
        """Whether it had ended by a time."""
        # Without an end only the order itself tells: one found gone was not said to be.
        return self.order.is_done if self.to_ms is None else at_ms >= self.to_ms

    def lasts(self, at_ms: int) -> bool:
        """Whether it had not ended at a time, and had begun by then or soon after."""
        return not self.is_past(at_ms) and self.from_ms <= at_ms + SLACK_MS


class OwnShown:
    """Our confirmed orders in one market's book; a look costs one pass over a handful of orders.

    Args:
        book: The market's book; read, never changed.
    """

    def __init__(self, book: OrderBook) -> None:
        self._book = book
        self._stays: list[_Stay] = []
        self._answered: tuple[tuple[Top, int, int], Top | None] | None = None
        """What was last asked for best prices, and the answer: one event has it asked many times."""

    def note(self, order: OwnOrder) -> None:
        """Take what the venue has last said of an order."""
        self._answered = None
        is_live = order.status is OrderStatus.LIVE
        lots = max(0, order.size_lots - order.filled_lots) if is_live else 0
        now_ms = order.update_ms
        stay = next((each for each in self._stays if each.order is order and each.to_ms is None), None)
        if stay is not None:
            if (stay.price_ticks, stay.size_lots) == (order.price_ticks, lots):
                return
            stay.to_ms = now_ms
        self._stays = [each for each in self._stays if not each.is_past(now_ms - KEPT_MS)]
        if lots:
            self._stays.append(_Stay(order, order.side, order.price_ticks, lots, now_ms))

    def _left(self, side: Side, price_ticks: int, shown_lots: int, at_ms: int) -> int:
        """What others show at a price, of all that is shown there at a time; 0 or less where we are alone."""
        certain: dict[str, int] = {}
        possible: dict[str, int] = {}
        for stay in self._stays:
            if stay.price_ticks == price_ticks and stay.side is side and stay.lasts(at_ms):
                found = certain if stay.from_ms <= at_ms else possible
                found[stay.order.cl_ord_id] = stay.size_lots
        if not certain and not possible:
            return shown_lots
        left = shown_lots - sum(certain.values())
        # Another size at the same price is no second order.
        maybe = sum(lots for key, lots in possible.items() if key not in certain)
        return left - maybe if left >= maybe else left

    def others(self, top: Top, at_ms: int) -> Top | None:
        """Best prices without us; None while nobody else stands on a side.

        Args:
            top: As shown; may be newer than the book.
            at_ms: When it was shown, by the venue.
        """
        if not self._stays:
            return top
        key = top, at_ms, self._book.seq_id
        if self._answered is None or self._answered[0] != key:
            bid = self._best(Side.BUY, top[0], top[1], at_ms)
            ask = self._best(Side.SELL, top[2], top[3], at_ms)
            self._answered = key, None if bid is None or ask is None else (*bid, *ask)
        return self._answered[1]

    def _best(self, side: Side, price_ticks: int, size_lots: int, at_ms: int) -> tuple[int, int] | None:
        left = self._left(side, price_ticks, size_lots, at_ms)
        if left > 0:
            return price_ticks, left
        # What an older book shows at or before the best price is gone.
        deeper = (each for each in self._others_of(side) if side.sign * each[0] < side.sign * price_ticks)
        return next(deeper, None)

    def _others_of(self, side: Side) -> Iterator[tuple[int, int]]:
        at_ms = self._book.venue_ms
        for price_ticks, shown_lots in self._book.side(side):
            left = self._left(side, price_ticks, shown_lots, at_ms)
            if left > 0:
                yield price_ticks, left

    def is_echo(self, bids: Levels, asks: Levels, at_ms: int) -> bool:
        """Whether a change of the book, not applied yet, is of our own orders alone: no news of a market."""
        if not self._stays:
            return False
        changes = [(Side.BUY, *level) for level in bids] + [(Side.SELL, *level) for level in asks]
        return bool(changes) and not any(self._is_news(*change, at_ms) for change in changes)

    def _is_news(self, side: Side, price_ticks: int, shown_lots: int, at_ms: int) -> bool:
        shown_before = self._book.side(side).size_at(price_ticks)
        before = self._left(side, price_ticks, shown_before, self._book.venue_ms)
        return max(0, before) != max(0, self._left(side, price_ticks, shown_lots, at_ms))

    def levels(self, side: Side, count: int) -> Levels:
        """The best ``count`` levels of the book that others stand in, with their lots."""
        if not self._stays:
            return self._book.side(side).top(count)
        return tuple(islice(self._others_of(side), count))

    def depth_to(self, side: Side, limit_ticks: int) -> tuple[int, int]:
        """What others show from the best price to a limit, both included: (lots, sum of lots x ticks)."""
        levels, at_ms = self._book.side(side), self._book.venue_ms
        lots, value = levels.depth_to(limit_ticks)
        for price in {stay.price_ticks for stay in self._stays if stay.side is side}:
            shown_lots = levels.size_at(price)
            if shown_lots and side.sign * price >= side.sign * limit_ticks:
                ours = shown_lots - max(0, self._left(side, price, shown_lots, at_ms))
                lots, value = lots - ours, value - ours * price
        return lots, value
