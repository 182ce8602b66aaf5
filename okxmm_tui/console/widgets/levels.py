"""Rows of the order book as data: which prices are seen, what we own and preview there, how a row reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.desk import Desk, floored
from okxmm_tui.console.language import tr
from okxmm_tui.console.spans import Line, Span, paint, right
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.market_views import MarketView, OrderView
from okxmm_tui.core.types import Levels, Side

OWN_WIDTH, QUEUE_WIDTH, PRICE_WIDTH, SIZE_WIDTH = 7, 7, 10, 9
TOTAL_WIDTH, PRINTS_WIDTH, CHANCE_WIDTH, AGE_WIDTH = 8, 8, 5, 6
LEAST_BAR = 6
OWN_GLYPHS = {"live": "◆", "unknown": "?"}
"""A filled mark for what the venue confirmed; everything else is still a wish."""
GHOST_GLYPH = "○"
"""A quote the previewed parameters would place."""


@dataclass(frozen=True, slots=True)
class Own:
    """Own quantity at one price."""

    size_lots: int
    queue_lots: int | None
    status: str
    created_ns: int = 0
    chance: float | None = None
    """Probability that it fills soon, where the engine knows one."""
    is_manual: bool = False


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths of one frame of the ladder; 0 leaves a column out."""

    bar: int
    total: int
    scale_lots: int
    prints: int = 0
    chance: int = 0
    age: int = 0
    price: int = PRICE_WIDTH

    @classmethod
    def of(cls, width: int, biggest_lots: int, price_cells: int = 0) -> Columns:
        """Share what the fixed columns leave over, the most wanted column first."""
        price = max(PRICE_WIDTH, price_cells + 1)
        rest = width - OWN_WIDTH - QUEUE_WIDTH - price - SIZE_WIDTH - 1
        taken: list[int] = []
        for wanted in (TOTAL_WIDTH, PRINTS_WIDTH, AGE_WIDTH, CHANCE_WIDTH):
            has_room = rest >= wanted + LEAST_BAR and len(taken) == len([each for each in taken if each])
            taken.append(wanted if has_room else 0)
            rest -= taken[-1]
        total, prints, age, chance = taken
        return cls(max(0, rest), total, calm_scale(biggest_lots), prints, chance, age, price)

    @property
    def before_price(self) -> int:
        """Cells left of the price."""
        return OWN_WIDTH + QUEUE_WIDTH + self.age + self.chance


@dataclass(frozen=True, slots=True)
class Row:
    """All that decides how a row looks; equal rows share a line."""

    side: Side
    is_best: bool
    price_ticks: int
    lots: int
    total: str
    own: Own | None
    ghost_lots: int
    printed_lots: int
    is_cursor: bool
    own_age: str
    columns: Columns


def totals(levels: Levels) -> Iterator[int]:
    """Cumulative sizes, best level first."""
    return accumulate(lots for _, lots in levels)


def calm_scale(lots: int) -> int:
    """Round up to one of eight steps an octave, or one order would redraw every bar."""
    if lots < 16:
        return 16
    step = 1 << (lots.bit_length() - 4)
    return -(-lots // step) * step


def own_levels(market: MarketView, side: Side, group: int = 1) -> dict[int, Own]:
    """Own orders of one side by price."""
    levels: dict[int, Own] = {}
    for order in market.orders:
        if order.side is side:
            price = floored(order.price_ticks, group, is_up=side is Side.SELL)
            levels[price] = _merged(levels.get(price), order)
    return levels


def _merged(seen: Own | None, order: OrderView) -> Own:
    left_lots = order.size_lots - order.filled_lots
    chance = order.fill_probability
    if seen is None:
        return Own(left_lots, order.queue_ahead_lots, order.status, order.created_ns, chance, order.is_manual)
    status = seen.status if order.status == "live" else order.status
    lots = seen.size_lots + left_lots
    return Own(lots, seen.queue_lots, status, seen.created_ns, seen.chance, seen.is_manual or order.is_manual)


def ghost_levels(market: MarketView, side: Side, group: int = 1) -> dict[int, int]:
    """Previewed quotes of one side: lots by price."""
    levels: dict[int, int] = {}
    for ghost in market.ghosts:
        if ghost.side is side:
            price = floored(ghost.price_ticks, group, is_up=side is Side.SELL)
            levels[price] = levels.get(price, 0) + ghost.size_lots
    return levels


def printed_levels(market: MarketView, group: int = 1) -> dict[int, int]:
    """Lots of the newest prints by price."""
    levels: dict[int, int] = {}
    for trade in market.trades:
        price = floored(trade.price_ticks, group, is_up=trade.side is Side.BUY)
        levels[price] = levels.get(price, 0) + trade.size_lots
    return levels


def grouped(levels: Levels, side: Side, group: int) -> Levels:
    """Levels summed up into rows of several ticks, best first."""
    if group == 1:
        return levels
    sums: dict[int, int] = {}
    for price, lots in levels:
        row = floored(price, group, is_up=side is Side.SELL)
        sums[row] = sums.get(row, 0) + lots
    return tuple(sums.items())


def wanted_prices(market: MarketView, side: Side, desk: Desk) -> set[int]:
    """Prices that need a row whether or not the book has one there: own orders, previews, the cursor."""
    prices = {*own_levels(market, side, desk.group), *ghost_levels(market, side, desk.group)}
    if desk.cursor_ticks is not None and side_of(market, desk.cursor_ticks) is side:
        prices.add(cursor_row(market, desk.cursor_ticks, desk.group))
    return prices


def cursor_row(market: MarketView, cursor_ticks: int, group: int) -> int:
    """Price of the row the cursor is on, and of an order placed there: what is read is what is sent."""
    return floored(cursor_ticks, group, is_up=side_of(market, cursor_ticks) is Side.SELL)


def side_of(market: MarketView, price_ticks: int) -> Side:
    """Which half of the ladder a price belongs to."""
    if not market.bids or not market.asks:
        return Side.BUY if market.bids and price_ticks <= market.bids[0][0] else Side.SELL
    return Side.BUY if 2 * price_ticks <= market.bids[0][0] + market.asks[0][0] else Side.SELL


def visible_levels(market: MarketView, side: Side, depth: int, desk: Desk | None = None) -> Levels:
    """Best levels, wanted prices added; those further out take the last rows."""
    desk = desk or Desk()
    levels = dict(grouped(market.bids if side is Side.BUY else market.asks, side, desk.group))
    wanted = wanted_prices(market, side, desk)
    for price in wanted:
        levels.setdefault(price, 0)
    ranked = sorted(levels.items(), reverse=side is Side.BUY)
    beyond = [level for level in ranked[depth:] if level[0] in wanted][: depth - 1]
    while True:
        # Making room at the end must not push out a wanted price that was in sight.
        shown = ranked[: depth - len(beyond)]
        hidden = [level for level in ranked[len(shown) : depth] if level[0] in wanted and level not in beyond]
        if not hidden or len(beyond) >= depth - 1:
            return tuple(shown + sorted(beyond, reverse=side is Side.BUY))
        beyond += hidden[:1]


def standing_levels(market: MarketView, rows: int, desk: Desk) -> tuple[Levels, Levels]:
    """Asks and bids, best first, of a ladder whose prices stand still: every price there is, in rows."""
    step = desk.group
    asks, bids = (
        dict(grouped(levels, side, step))
        for side, levels in ((Side.SELL, market.asks), (Side.BUY, market.bids))
    )
    best_ask = min(asks, default=max(bids, default=0) + step)
    top = floored(desk.anchor_ticks or 0, step, is_up=True) + rows // 2 * step
    prices = [top - row * step for row in range(rows)]
    return (
        tuple((price, asks.get(price, 0)) for price in reversed(prices) if price >= best_ask),
        tuple((price, bids.get(price, 0)) for price in prices if price < best_ask),
    )


def header_line(columns: Columns) -> Line:
    """Names of the columns."""
    text = right(tr("own"), OWN_WIDTH) + right(tr("ahead"), QUEUE_WIDTH)
    text += right(tr("age"), columns.age) + right(tr("fill"), columns.chance)
    text += right(tr("price"), columns.price) + right(tr("size"), SIZE_WIDTH) + " " * (1 + columns.bar)
    return ((text + right(tr("prints"), columns.prints) + right(tr("total"), columns.total), "head"),)


def level_line(instrument: Instrument, row: Row) -> Line:
    """One level."""
    columns, role = row.columns, fmt.side_role(row.side)
    price_role = "own" if row.own else ("strong" if row.is_best else role)
    size = fmt.fitted_size(instrument, row.lots, SIZE_WIDTH - 1) if row.lots else "·"
    spans: list[Span] = [
        *_own_spans(instrument, row),
        (right(fmt.price_text(instrument, row.price_ticks), columns.price), price_role),
        (right(size, SIZE_WIDTH) + ("◂" if row.is_cursor else " "), "own" if row.is_cursor else "text"),
        (fmt.bar(row.lots / columns.scale_lots, columns.bar), f"{role}-bar"),
    ]
    if columns.prints:
        text = fmt.fitted_size(instrument, row.printed_lots, columns.prints - 1) if row.printed_lots else ""
        spans.append((right(text, columns.prints), "mid"))
    if columns.total:
        spans.append((right(row.total, columns.total), "muted"))
    return paint(tuple(spans), "cursor") if row.own or row.is_cursor else tuple(spans)


def _own_spans(instrument: Instrument, row: Row) -> tuple[Span, ...]:
    own, columns = row.own, row.columns
    after = columns.age + columns.chance
    if own is None and row.ghost_lots:
        size = right(fmt.fitted_size(instrument, row.ghost_lots, OWN_WIDTH - 2), OWN_WIDTH - 2)
        word = right(tr("ghost"), QUEUE_WIDTH)
        return ((f"{GHOST_GLYPH} {size}", "armed"), (word, "armed"), (" " * after, "text"))
    if own is None:
        return ((" " * (OWN_WIDTH + QUEUE_WIDTH + after), "text"),)
    glyph = OWN_GLYPHS.get(own.status, "◇")
    mark = "*" if own.is_manual else (GHOST_GLYPH if row.ghost_lots else " ")
    size = right(fmt.fitted_size(instrument, own.size_lots, OWN_WIDTH - 2), OWN_WIDTH - 2)
    queue = "?" if own.queue_lots is None else fmt.fitted_size(instrument, own.queue_lots, QUEUE_WIDTH - 1)
    chance = fmt.share_text(own.chance)
    return (
        (f"{glyph}{mark}{size}", "own"),
        (right(queue, QUEUE_WIDTH), "muted"),
        (right(row.own_age, columns.age) + right(chance, columns.chance), "muted"),
    )
