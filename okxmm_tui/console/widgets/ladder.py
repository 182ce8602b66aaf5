"""The order book around our quotes: asks above, bids below, own orders marked with their queue."""

from __future__ import annotations

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.spans import EMPTY, Line, spread, waiting
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.levels import (
    OWN_WIDTH,
    PRICE_WIDTH,
    QUEUE_WIDTH,
    Columns,
    LevelKey,
    Totals,
    header_line,
    level_line,
    own_levels,
    visible_levels,
)
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.core.snapshot import MarketView
from okxmm_tui.core.types import Levels, Side

CHIPS = {
    "live": ("LIVE", "gain"),
    "stale": ("STALE", "chip-bad"),
    "resync": ("RESYNC", "chip-warn"),
    "waiting": ("WAITING", "chip-warn"),
}


class Ladder(LinePanel, can_focus=True):
    """The order book."""

    TITLE = "BOOK"
    HELP = "Asks above, bids below; ◆ own order with size and quantity ahead of it, ◇ not confirmed yet."

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._lines_by_key: dict[LevelKey, Line] = {}
        self._totals = Totals()

    def badge(self, view: View) -> Line:
        """State and age of the book."""
        market = view.market
        if market is None:
            return EMPTY
        text, role = CHIPS.get(market.book_state, (market.book_state.upper(), "chip-warn"))
        word = f" {text} " if role.startswith("chip") else text
        # The engine measured the age when it took the picture; a picture kept for long has grown older.
        extra_ns = view.age_ns if view.is_dim else 0
        age = None if market.book_age_ms is None else market.book_age_ms * 1_000_000 + extra_ns
        return ((word, role), (f" {fmt.age_text(age):>5}", "muted"))

    def footer(self, view: View) -> Line:
        """Mark price and last trade."""
        market = view.market
        if market is None:
            return EMPTY
        mark = fmt.mark_text(market.instrument, market.mark_price)
        return (("mark ", "muted"), (mark, "text"), *_last_trade(market))

    def is_stale(self, view: View) -> bool:
        """A book that is not live is not to be read as the market."""
        return view.market is not None and view.market.book_state != "live"

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """Header, asks, mid, bids."""
        market = view.market
        if market is None:
            return waiting(height, width, "connecting to the engine…")
        if not market.bids and not market.asks:
            return waiting(height, width, "waiting for the first order book")
        depth = max(1, (height - 2) // 2)
        spare = 0 if self.is_flat else max(0, height - 2 - 2 * depth)
        asks = visible_levels(market, Side.SELL, depth)
        bids = visible_levels(market, Side.BUY, depth + spare)
        columns = Columns.of(width, max((lots for _, lots in (*asks, *bids)), default=1))
        self._totals.update(asks, bids, view.now_ns)
        known, self._lines_by_key = self._lines_by_key, {}
        above = self._side(market, Side.SELL, asks, columns, known)[::-1]
        below = self._side(market, Side.BUY, bids, columns, known)
        lines = [header_line(columns), *[EMPTY] * (depth - len(asks)), *above, _mid(market, width), *below]
        if self.is_flat and len(lines) < height:
            lines += [EMPTY] * (2 * depth + 2 - len(lines)) + [self.footer(view)]
        return lines

    def _side(
        self, market: MarketView, side: Side, levels: Levels, columns: Columns, known: dict[LevelKey, Line]
    ) -> list[Line]:
        own = own_levels(market, side)
        lines: list[Line] = []
        for rank, (price, lots) in enumerate(levels):
            total = self._totals.at(side, rank) if columns.total else 0
            key = (side, rank == 0, price, lots, total, own.get(price), columns)
            line = known.get(key) or level_line(market.instrument, key)
            self._lines_by_key[key] = line
            lines.append(line)
        return lines


def _last_trade(market: MarketView) -> Line:
    if market.last_trade_ticks is None or market.last_trade_side is None:
        return EMPTY
    side = market.last_trade_side
    price = fmt.price_text(market.instrument, market.last_trade_ticks)
    return (("  last ", "muted"), (f"{price} {fmt.side_glyph(side)}", fmt.side_role(side)))


def _mid(market: MarketView, width: int) -> Line:
    if not market.bids or not market.asks:
        return spread((("── one side is empty ", "alarm-2"),), EMPTY, width, "─", "frame")
    bid, ask = market.bids[0][0], market.asks[0][0]
    mid = fmt.fine_price_text(market.instrument, (bid + ask) / 2)
    # The mid has one digit more than a price: one column further right, and the points stand in line.
    room = OWN_WIDTH + QUEUE_WIDTH + PRICE_WIDTH + 1 - len(mid)
    head = spread(((fmt.spread_text(bid, ask) + " ", "muted"),), ((" ", "frame"),), room, "─", "frame")
    fair = fmt.fine_price_text(market.instrument, market.fair_ticks)
    tail: Line = ((" fair ", "muted"), (fair, "mid"))
    return spread((*head, (f"{mid} ", "mid")), tail, width, "─", "frame")
