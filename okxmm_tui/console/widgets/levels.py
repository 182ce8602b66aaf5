"""Rows of the order book as data: which levels are seen, what we own there, how a level reads."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.spans import Line, Span, paint, right
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.snapshot import MarketView, OrderView
from okxmm_tui.core.types import Levels, Side

OWN_WIDTH, QUEUE_WIDTH, PRICE_WIDTH, SIZE_WIDTH, TOTAL_WIDTH = 7, 7, 10, 9, 11
TOTALS_EVERY_NS = 500_000_000
OWN_GLYPHS = {"live": "◆", "unknown": "?"}
"""A filled mark for what the venue confirmed; everything else is still a wish."""


@dataclass(frozen=True, slots=True)
class Own:
    """Own quantity at one price."""

    size_lots: int
    queue_lots: int | None
    status: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths of one frame of the ladder."""

    bar: int
    total: int
    scale_lots: int

    @classmethod
    def of(cls, width: int, biggest_lots: int) -> Columns:
        """Share what the fixed columns leave over."""
        rest = width - OWN_WIDTH - QUEUE_WIDTH - PRICE_WIDTH - SIZE_WIDTH - 1
        total = TOTAL_WIDTH if rest >= TOTAL_WIDTH + 6 else 0
        return cls(max(0, rest - total), total, calm_scale(biggest_lots))


LevelKey = tuple[Side, bool, int, int, int, Own | None, Columns]
"""All that decides how a row looks: side, is best, price, size, total, own quantity, widths."""


class Totals:
    """Cumulative sizes, renewed twice a second: a change at the top would repaint every row below it."""

    def __init__(self) -> None:
        self._at_ns = 0
        self._sums: dict[Side, list[int]] = {Side.SELL: [], Side.BUY: []}

    def update(self, asks: Levels, bids: Levels, now_ns: int) -> None:
        """Add up again if it is time, or if the number of rows changed."""
        is_fresh = 0 <= now_ns - self._at_ns < TOTALS_EVERY_NS
        if is_fresh and (len(asks), len(bids)) == (len(self._sums[Side.SELL]), len(self._sums[Side.BUY])):
            return
        self._at_ns = now_ns
        for side, levels in ((Side.SELL, asks), (Side.BUY, bids)):
            self._sums[side] = list(accumulate(lots for _, lots in levels))

    def at(self, side: Side, rank: int) -> int:
        """Cumulative size down to a row."""
        return self._sums[side][rank]


def calm_scale(lots: int) -> int:
    """Round up to one of eight steps an octave, or one order would redraw every bar."""
    if lots < 16:
        return 16
    step = 1 << (lots.bit_length() - 4)
    return -(-lots // step) * step


def own_levels(market: MarketView, side: Side) -> dict[int, Own]:
    """Own orders of one side by price."""
    levels: dict[int, Own] = {}
    for order in market.orders:
        if order.side is side:
            levels[order.price_ticks] = _merged(levels.get(order.price_ticks), order)
    return levels


def _merged(seen: Own | None, order: OrderView) -> Own:
    left_lots = order.size_lots - order.filled_lots
    if seen is None:
        return Own(left_lots, order.queue_ahead_lots, order.status)
    status = seen.status if order.status == "live" else order.status
    return Own(seen.size_lots + left_lots, seen.queue_lots, status)


def visible_levels(market: MarketView, side: Side, depth: int) -> Levels:
    """Best levels, own prices added; own orders further out take the last rows."""
    levels = dict(market.bids if side is Side.BUY else market.asks)
    own = own_levels(market, side)
    for price in own:
        levels.setdefault(price, 0)
    ranked = sorted(levels.items(), reverse=side is Side.BUY)
    beyond = [level for level in ranked[depth:] if level[0] in own][: depth - 1]
    while True:
        # Making room at the end must not push out an own order that was in sight.
        shown = ranked[: depth - len(beyond)]
        hidden = [level for level in ranked[len(shown) : depth] if level[0] in own and level not in beyond]
        if not hidden or len(beyond) >= depth - 1:
            return tuple(shown + sorted(beyond, reverse=side is Side.BUY))
        beyond += hidden[:1]


def header_line(columns: Columns) -> Line:
    """Names of the columns."""
    text = right("own", OWN_WIDTH) + right("ahead", QUEUE_WIDTH) + right("price", PRICE_WIDTH)
    text += right("size", SIZE_WIDTH) + " " * (1 + columns.bar)
    return ((text + (right("total", columns.total) if columns.total else ""), "head"),)


def level_line(instrument: Instrument, key: LevelKey) -> Line:
    """One level."""
    side, is_best, price, lots, total, own, columns = key
    role = fmt.side_role(side)
    price_role = "own" if own else ("strong" if is_best else role)
    size = fmt.fitted_size(instrument, lots, SIZE_WIDTH - 1) if lots else "·"
    spans: list[Span] = [
        *_own_spans(instrument, own),
        (right(fmt.price_text(instrument, price), PRICE_WIDTH), price_role),
        (right(size, SIZE_WIDTH) + " ", "text"),
        (fmt.bar(lots / columns.scale_lots, columns.bar), f"{role}-bar"),
    ]
    if columns.total:
        text = fmt.fitted_size(instrument, total, columns.total - 1)
        spans.append((right(text, columns.total), "muted"))
    return paint(tuple(spans), "cursor") if own else tuple(spans)


def _own_spans(instrument: Instrument, own: Own | None) -> tuple[Span, ...]:
    if own is None:
        return ((" " * (OWN_WIDTH + QUEUE_WIDTH), "text"),)
    glyph = OWN_GLYPHS.get(own.status, "◇")
    size = right(fmt.fitted_size(instrument, own.size_lots, OWN_WIDTH - 2), OWN_WIDTH - 2)
    queue = "?" if own.queue_lots is None else fmt.fitted_size(instrument, own.queue_lots, QUEUE_WIDTH - 1)
    return ((f"{glyph} {size}", "own"), (right(queue, QUEUE_WIDTH), "muted"))
