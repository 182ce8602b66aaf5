"""The book as the public sees it: recorded liquidity together with the orders resting in the venue.

The two are kept apart everywhere else, because the recording knows nothing of our orders; here they meet,
so that every resting order is in the published book as on OKX. Recorded levels at or through an order of
the other side are left out: that order took all of them, or it would not rest, and a published book is
never crossed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, takewhile

from okxmm_tui.core.types import Side
from okxmm_tui.exchange.book import BookSide, DisplayedBook
from okxmm_tui.exchange.market_events import Level
from okxmm_tui.exchange.resting import RestingOrders

Changes = tuple[list[Level], list[Level]]
"""Changed levels, bids and asks."""


def added(known: Level | None, more: Level) -> Level:
    """Level that holds the lots and orders of both; the price is the first one's."""
    if known is None:
        return more
    return known[0], known[1] + more[1], str(int(known[2]) + int(more[2]))


class ShownSide:
    """One side of the depth with own orders in it; made for one look, it follows no change."""

    def __init__(self, side: Side, recorded: BookSide, own: BookSide, barrier: int | None) -> None:
        self._sign = side.sign
        self._recorded = recorded
        self._own = own
        self._barrier = barrier

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[Level]:
        own = iter(self._own)
        ours = next(own, None)
        for level in self._recorded:
            if self._is_taken(level[0]):
                continue
            while ours is not None and self._sign * ours[0] > self._sign * level[0]:
                yield ours
                ours = next(own, None)
            if ours is not None and ours[0] == level[0]:
                yield added(level, ours)
                ours = next(own, None)
            else:
                yield level
        if ours is not None:
            yield ours
            yield from own

    def _is_taken(self, price_ticks: int) -> bool:
        return reaches(self._sign, price_ticks, self._barrier)

    def top(self, depth: int) -> tuple[Level, ...]:
        """Levels from the best, at most ``depth``."""
        return tuple(islice(self, depth))

    def entry_at(self, price_ticks: int) -> tuple[int, str]:
        """Size in lots and order count shown at a price; (0, "0") when there is none."""
        size_lots, count = (0, "0") if self._is_taken(price_ticks) else self._recorded.entry_at(price_ticks)
        ours = self._own.entry_at(price_ticks)
        return (
            added((price_ticks, size_lots, count), (price_ticks, *ours))[1:]
            if ours[0]
            else (size_lots, count)
        )


class ShownBook:
    """Recorded book and own orders of one instrument as one; it holds no levels of its own."""

    def __init__(self, recorded: DisplayedBook, own: RestingOrders) -> None:
        self._recorded = recorded
        self._own = own

    def side(self, side: Side) -> BookSide | ShownSide:
        """Depth of one side; the recorded one itself where no own order changes it."""
        recorded, ours = self._recorded.side(side), self._own.shown(side)
        barrier, best = self._own.best_ticks(side.opposite), recorded.best()
        is_open = best is None or not reaches(side.sign, best[0], barrier)
        # While the recorded book is lost nothing is shown, not even what rests.
        if self._recorded.seq < 0 or (is_open and not ours):
            return recorded
        return ShownSide(side, recorded, ours, barrier)

    def best(self, side: Side) -> Level | None:
        """Best level of a side: of the depth or of a fresher best quote, or an own order better than both."""
        recorded, ours = self._recorded_best(side), self._own.shown(side).best()
        if ours is None or self._recorded.top_seq < 0:
            return recorded
        if recorded is None or side.sign * ours[0] > side.sign * recorded[0]:
            return ours
        return added(recorded, ours) if ours[0] == recorded[0] else recorded

    def _recorded_best(self, side: Side) -> Level | None:
        barrier, best = self._own.best_ticks(side.opposite), self._recorded.best(side)
        if best is None or not reaches(side.sign, best[0], barrier):
            return best
        for price_ticks, size_lots in self._recorded.levels(side):
            if not reaches(side.sign, price_ticks, barrier):
                return price_ticks, size_lots, self._recorded.side(side).entry_at(price_ticks)[1]
        return None

    def touched(self, prices: Mapping[Side, Sequence[int]]) -> Changes:
        """Levels that changes of own orders touched, as they are shown now.

        Args:
            prices: Per side the prices at which own size changed.
        """
        bids = [*prices[Side.BUY], *self._uncovered(Side.BUY, prices[Side.SELL])]
        asks = [*prices[Side.SELL], *self._uncovered(Side.SELL, prices[Side.BUY])]
        return self._levels(Side.BUY, bids), self._levels(Side.SELL, asks)

    def _levels(self, side: Side, prices: list[int]) -> list[Level]:
        levels = self.side(side)
        return [(price_ticks, *levels.entry_at(price_ticks)) for price_ticks in dict.fromkeys(prices)]

    def _uncovered(self, side: Side, changed: Sequence[int]) -> list[int]:
        """Recorded prices that own orders of the other side began or ceased to leave out."""
        if not changed:
            return []
        other = side.opposite
        edge = max(changed, key=lambda price_ticks: other.sign * price_ticks)
        best = self._own.best_ticks(other)
        if best is not None and other.sign * best > other.sign * edge:
            return []
        recorded = (level[0] for level in self._recorded.side(side))
        return list(takewhile(lambda price_ticks: reaches(side.sign, price_ticks, edge), recorded))


def reaches(sign: int, price_ticks: int, barrier: int | None) -> bool:
    """Whether a price of the side with that sign reaches or passes a price of the other side."""
    return barrier is not None and sign * price_ticks >= sign * barrier
