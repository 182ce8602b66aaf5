"""The order book around our quotes: asks above, bids below, own orders with queue, age and chance to fill."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from msgspec import structs
from textual import events
from textual.binding import Binding, BindingType

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.language import tr
from okxmm_tui.console.spans import EMPTY, Line, line_width, right, spread, waiting
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.flow import flow_line, imbalance_line
from okxmm_tui.console.widgets.levels import (
    Columns,
    Own,
    Row,
    cursor_row,
    ghost_levels,
    header_line,
    level_line,
    own_levels,
    printed_levels,
    standing_levels,
    totals,
    visible_levels,
)
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.core.market_views import MarketView
from okxmm_tui.core.types import Levels, Side

CHIPS = {
    "live": ("LIVE", "gain"),
    "stale": ("STALE", "chip-bad"),
    "resync": ("RESYNC", "chip-warn"),
    "waiting": ("WAITING", "chip-warn"),
}
FLOW_FROM_HEIGHT = 18
TALL_FROM = 40
EDGES = 6
"""Cells of a frame's lower edge that are no text."""


class Ladder(LinePanel, can_focus=True):
    """The order book."""

    TITLE = "BOOK"
    HELP = (
        "Asks above, bids below, others' and own orders alike. ◆ is an own order with its size, what stands "
        "ahead of it, its age and its chance to fill within ten seconds; ◇ is not confirmed yet, * is by "
        "hand, ○ is where drafted parameters would quote. The bar is the size; beyond it, where there is "
        "room, the newest prints and the running total. Up and down move the cursor."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(1)", "Up", show=False),
        Binding("down", "move(-1)", "Down", show=False),
        Binding("pageup", "move(10)", "Ten up", show=False),
        Binding("pagedown", "move(-10)", "Ten down", show=False),
        Binding("home", "home", "To the middle", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._lines_by_row: dict[Row, Line] = {}

    def is_due(self, turn: int, place: int) -> bool:
        """A tall book changes more rows a frame than a slow line carries: five times a second must do."""
        return self.size.height < TALL_FROM or turn % 2 == 0

    def badge(self, view: View) -> Line:
        """Rows' width, state and age of the book."""
        market = view.market
        if market is None:
            return EMPTY
        # A picture nobody renews is no live book, whatever it said when it was taken.
        state = "stale" if view.is_dim and market.book_state == "live" else market.book_state
        text, role = CHIPS.get(state, (state.upper(), "chip-warn"))
        text = tr(text, "book")
        word = f" {text} " if role.startswith("chip") else text
        # The engine measured the age when it took the picture; a picture kept for long has grown older.
        extra_ns = view.age_ns if view.is_dim else 0
        age = None if market.book_age_ms is None else market.book_age_ms * 1_000_000 + extra_ns
        group = ((f"{view.desk.group} tk  ", "muted"),) if view.desk.group > 1 else EMPTY
        still = EMPTY if view.desk.is_centred else ((tr("STILL  "), "armed"),)
        return (*still, *group, (word, role), (f" {right(fmt.age_text(age), 5)}", "muted"))

    def footer(self, view: View) -> Line:
        """Mark price and last trade; where prices are too long for both, the trade."""
        market = view.market
        if market is None:
            return EMPTY
        mark = fmt.mark_text(market.instrument, market.mark_price)
        last = _last_trade(market)
        both: Line = ((tr("mark "), "muted"), (mark, "text"), ("  " if last else "", "text"), *last)
        return both if line_width(both) <= self.size.width - EDGES else last

    def is_stale(self, view: View) -> bool:
        """A book that is not live is not to be read as the market."""
        return view.market is not None and view.market.book_state != "live"

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """Header, asks, mid, bids, flow."""
        market = view.market
        if market is None:
            return waiting(height, width, "connecting to the engine…")
        if not market.bids and not market.asks:
            if view.last_book is None:
                return waiting(height, width, "waiting for the first order book")
            bids, asks = view.last_book
            market = structs.replace(market, bids=bids, asks=asks)
            view = replace(view, market=market)
        tail = [imbalance_line(market, width), flow_line(market, width)] if height >= FLOW_FROM_HEIGHT else []
        room = height - len(tail)
        depth = max(1, (room - 2) // 2)
        spare = 0 if self.is_flat else max(0, room - 2 - 2 * depth)
        asks, bids = self._levels(view, market, depth, spare)
        highest = (price for price, _ in (*asks[-1:], *bids[:1]))
        cells = fmt.price_cells(market.instrument, highest)
        columns = Columns.of(width, max((lots for _, lots in (*asks, *bids)), default=1), cells)
        known, self._lines_by_row = self._lines_by_row, {}
        above = self._side(view, Side.SELL, asks, columns, known)[::-1]
        below = self._side(view, Side.BUY, bids, columns, known)
        gap = max(0, depth - len(asks)) if view.desk.is_centred else 0
        lines = [header_line(columns), *[EMPTY] * gap, *above, _mid(market, width, columns), *below]
        if self.is_flat and len(lines) < room:
            lines += [EMPTY] * (2 * depth + 2 - len(lines)) + [self.footer(view)]
        return lines + [EMPTY] * (room - len(lines)) + tail

    @staticmethod
    def _levels(view: View, market: MarketView, depth: int, spare: int) -> tuple[Levels, Levels]:
        desk = view.desk
        if not desk.is_centred and desk.anchor_ticks is not None:
            return standing_levels(market, 2 * depth + spare, desk)
        return (
            visible_levels(market, Side.SELL, depth, desk),
            visible_levels(market, Side.BUY, depth + spare, desk),
        )

    def _side(
        self, view: View, side: Side, levels: Levels, columns: Columns, known: dict[Row, Line]
    ) -> list[Line]:
        market, group = view.market, view.desk.group
        if market is None:
            return []
        own, ghosts = own_levels(market, side, group), ghost_levels(market, side, group)
        prints = printed_levels(market, group) if columns.prints else {}
        cursor = view.desk.cursor_ticks
        at_cursor = None if cursor is None else cursor_row(market, cursor, group)
        best = next((price for price, lots in levels if lots), None)
        lines: list[Line] = []
        for (price, lots), sum_lots in zip(levels, totals(levels), strict=True):
            total = fmt.rough_size(market.instrument, sum_lots) if columns.total else ""
            mine = own.get(price)
            row = Row(
                side, price == best, price, lots, total, mine, ghosts.get(price, 0), prints.get(price, 0),
                price == at_cursor, _age(mine, view.now_ns) if columns.age else "", columns,
            )  # fmt: skip
            line = known.get(row) or level_line(market.instrument, row)
            self._lines_by_row[row] = line
            lines.append(line)
        return lines

    # -- cursor -------------------------------------------------------------------------------------

    def action_move(self, rows: int) -> None:
        """Move the cursor by rows; the first press puts it beside the middle."""
        if self.view is None or self.view.market is None:
            return
        market, desk = self.view.market, self.view.desk
        if desk.cursor_ticks is None:
            levels = market.asks if rows > 0 else market.bids
            desk.cursor_ticks = levels[0][0] if levels else None
        else:
            row = cursor_row(market, desk.cursor_ticks, desk.group)
            desk.cursor_ticks = max(1, row + rows * desk.group)
        self.show(self.view)

    def action_home(self) -> None:
        """Take the cursor away."""
        if self.view is not None:
            self.view.desk.cursor_ticks = None
            self.show(self.view)

    def on_mouse_scroll_down(self, _: events.MouseScrollDown) -> None:
        """Move the cursor by wheel."""
        self.action_move(-1)

    def on_mouse_scroll_up(self, _: events.MouseScrollUp) -> None:
        """Move the cursor by wheel."""
        self.action_move(1)


def _age(own: Own | None, now_ns: int) -> str:
    return "" if own is None or not own.created_ns else fmt.calm_age_text(now_ns - own.created_ns)


def _last_trade(market: MarketView) -> Line:
    if market.last_trade_ticks is None or market.last_trade_side is None:
        return EMPTY
    side = market.last_trade_side
    price = fmt.price_text(market.instrument, market.last_trade_ticks)
    return ((tr("last "), "muted"), (f"{price} {fmt.side_glyph(side)}", fmt.side_role(side)))


def _mid(market: MarketView, width: int, columns: Columns) -> Line:
    if not market.bids or not market.asks:
        return spread(((f"── {tr('one side is empty')} ", "alarm-2"),), EMPTY, width, "─", "frame")
    bid, ask = market.bids[0][0], market.asks[0][0]
    mid = fmt.fine_price_text(market.instrument, (bid + ask) / 2)
    # The mid has one digit more than a price: one column further right, and the points stand in line.
    room = columns.before_price + columns.price + 1 - len(mid)
    ticks, _, bps = fmt.spread_text(bid, ask).partition(" tk ")
    gap = next(text for text in (f"{ticks} tk {bps} ", f"{bps} ", "") if len(text) < room)
    head = spread(((gap, "muted"),), ((" ", "frame"),), room, "─", "frame")
    middle: Line = (*head, (f"{mid} ", "mid"))
    fair = fmt.fine_price_text(market.instrument, market.fair_ticks)
    off = fmt.NONE if market.fair_ticks is None else f"{market.fair_ticks - (bid + ask) / 2:+,.1f} tk"
    tails = (((tr(" fair "), "muted"), (text, "mid")) for text in (fair, off))
    tail = next((each for each in tails if line_width(middle) + line_width(each) <= width), EMPTY)
    return spread(middle, tail, width, "─", "frame")
