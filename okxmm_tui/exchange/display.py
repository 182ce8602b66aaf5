"""How the book is shown: usually as it is; under faults shifted, crossed, or on a coarser price grid.

Only what is published passes here. Orders meet the book itself, and a coarser grid rounds every level
away from the touch, so that an order on the grid crosses the shown book exactly when it crosses the
true one.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from okxmm_tui.core.types import Side
from okxmm_tui.exchange.book import BookSide
from okxmm_tui.exchange.market_events import Level
from okxmm_tui.exchange.shown_book import Changes, ShownBook, ShownSide, added


class Display(Struct, frozen=True):
    """Maps levels of the true book to levels shown; the default changes nothing."""

    grid: int = 1
    """Ticks of the book per step of the prices shown."""
    bid_shift: int = 0
    """Ticks added to every bid."""
    ask_shift: int = 0
    """Ticks added to every ask."""

    @property
    def is_plain(self) -> bool:
        """Whether the book is shown as it is."""
        return self.grid == 1 and not self.bid_shift and not self.ask_shift

    def on_grid(self, side: Side, price_ticks: int) -> int:
        """Round a price of a side to the grid, away from the touch."""
        grid = self.grid
        return price_ticks // grid * grid if side is Side.BUY else -(-price_ticks // grid) * grid

    def price(self, side: Side, price_ticks: int) -> int:
        """Price shown for a level, never below one step."""
        shift = self.bid_shift if side is Side.BUY else self.ask_shift
        return max(self.grid, self.on_grid(side, price_ticks) + shift)

    def level(self, side: Side, level: Level | None) -> Level | None:
        """One level as shown, with its own size."""
        return level and (self.price(side, level[0]), level[1], level[2])

    def top(self, book: ShownBook, side: Side, depth: int) -> tuple[Level, ...]:
        """Levels of the depth as shown, from the best."""
        levels = book.side(side)
        if self.is_plain:
            return levels.top(depth)
        found: dict[int, Level] = {}
        for price_ticks, size_lots, count in levels:
            shown = self.price(side, price_ticks)
            if shown not in found and len(found) >= depth:
                break
            found[shown] = added(found.get(shown), (shown, size_lots, count))
        return tuple(found.values())

    def changes(self, book: ShownBook, bids: Iterable[Level], asks: Iterable[Level]) -> Changes:
        """Changed levels as shown: the present total of every step that a change touched."""
        return self._side(book, Side.BUY, bids), self._side(book, Side.SELL, asks)

    def _side(self, book: ShownBook, side: Side, levels: Iterable[Level]) -> list[Level]:
        shown = book.side(side)
        if self.grid == 1:
            return [(self.price(side, one[0]), *shown.entry_at(one[0])) for one in levels]
        steps = dict.fromkeys(self.on_grid(side, one[0]) for one in levels)
        return [self._step(shown, side, step) for step in steps]

    def _step(self, levels: BookSide | ShownSide, side: Side, step: int) -> Level:
        shown, total, orders = self.price(side, step), 0, 0
        for away in range(self.grid):
            size_lots, count = levels.entry_at(step + side.sign * away)
            total += size_lots
            orders += int(count)
        return shown, total, str(orders)

    def redrawn(self, book: ShownBook, old: Display) -> Changes:
        """Changes that turn what ``old`` showed of a book into what this shows."""
        return _replaced(book, Side.BUY, old, self), _replaced(book, Side.SELL, old, self)


def _replaced(book: ShownBook, side: Side, old: Display, new: Display) -> list[Level]:
    depth = len(book.side(side))
    gone: dict[int, Level] = {price: (price, 0, "0") for price, _, _ in old.top(book, side, depth)}
    return list((gone | {level[0]: level for level in new.top(book, side, depth)}).values())
