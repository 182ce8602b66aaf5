"""Own fills, newest first."""

from __future__ import annotations

from dataclasses import dataclass

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.history import HORIZONS_S, live_mid, move_bps
from okxmm_tui.console.language import tr
from okxmm_tui.console.spans import EMPTY, Line, Span, clip, left, right, waiting
from okxmm_tui.console.staleness import account_problem
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.scrolled import ScrolledPanel
from okxmm_tui.core.market_views import FillView, MarketView
from okxmm_tui.core.types import Liquidity

TIME_WIDTH, PRICE_WIDTH, SIZE_WIDTH, LIQUIDITY_WIDTH, PNL_WIDTH, MARK_WIDTH, FEE_WIDTH = (
    10,
    10,
    8,
    2,
    10,
    6,
    16,
)
LEAST_SIZE, LEAST_PNL, LEAST_COIN_PNL, LEAST_TRADE = 5, 6, 9, 12


class Fills(ScrolledPanel):
    """Own fills."""

    TITLE = "FILLS"
    IS_SLOW = True
    HELP = (
        "Newest first; M is maker, T taker; pnl is what the fill realised, fees apart. Then the mid's move "
        "since the fill in basis points, after 1, 5 and 30 s and now: + went our way."
    )

    def badge(self, view: View) -> Line:
        """How many, and how long ago the last one was."""
        if view.market is None:
            return EMPTY
        fills = view.market.fills
        last = (
            f" · {tr('last')} {fmt.calm_age_text(view.now_ns - fills[0].venue_ms * 1_000_000)}"
            if fills
            else ""
        )
        return ((f"{view.market.fill_count:,}", "text"), (last, "muted"))

    def stale_note(self, view: View) -> str:
        """Whether the venue still tells of the account."""
        return account_problem(view)

    def news(self, view: View) -> object:
        """A fill."""
        return view.market.fill_count if view.market else None

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """Header and fills."""
        market = view.market
        if market is None:
            return waiting(height, width, "no engine yet")
        if not market.fills:
            return waiting(height, width, _why_none(view))
        shown = self.window(market.fills, height - 1)
        cells = fmt.price_cells(market.instrument, (fill.price_ticks for fill in market.fills))
        columns = Columns.of(width, cells, market.instrument.quote_ccy)
        return [_header(columns), *(_fill(view, market, fill, columns) for fill in shown)]


def _why_none(view: View) -> str:
    snapshot, market = view.snapshot, view.market
    if snapshot is None or market is None or not market.orders:
        return "no fills yet"
    oldest = min(order.created_ns for order in market.orders)
    return f"no fills yet, quoting for {fmt.calm_age_text(view.now_ns - oldest)}"


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths of the columns; 0 leaves one out."""

    price: int
    size: int
    pnl: int
    marks: int
    """How many of the four markouts fit, the newest of them."""
    fee: int
    trade: int

    @classmethod
    def of(cls, width: int, price_cells: int, ccy: str) -> Columns:
        """The price first and whole; what was realised gives way to it where room is scarce."""
        price = max(PRICE_WIDTH, price_cells + 1)
        rest = width - TIME_WIDTH - price - LIQUIDITY_WIDTH
        least_pnl = LEAST_PNL if ccy in fmt.CENTS else LEAST_COIN_PNL
        size = min(SIZE_WIDTH, max(LEAST_SIZE, rest - least_pnl))
        pnl = min(PNL_WIDTH, rest - size)
        pnl = pnl if pnl >= least_pnl else 0
        rest -= size + pnl
        marks = min(len(HORIZONS_S) + 1, rest // MARK_WIDTH) if pnl else 0
        rest -= marks * MARK_WIDTH
        fee = FEE_WIDTH if rest >= FEE_WIDTH else 0
        rest -= fee
        return cls(price, size, pnl, marks, fee, rest if fee and rest >= LEAST_TRADE else 0)


def _header(columns: Columns) -> Line:
    head = left(tr("time"), TIME_WIDTH) + right(tr("price"), columns.price) + right(tr("size"), columns.size)
    head += " " * LIQUIDITY_WIDTH + right(tr("pnl"), columns.pnl)
    names = [*(f"{horizon}s" for horizon in HORIZONS_S), tr("now")]
    head += "".join(right(name, MARK_WIDTH) for name in names[len(names) - columns.marks :])
    head += right(tr("fee"), columns.fee)
    return ((head + (tr("  trade") if columns.trade else ""), "head"),)


def _fill(view: View, market: MarketView, fill: FillView, columns: Columns) -> Line:
    instrument, role = market.instrument, fmt.side_role(fill.side)
    realised = fmt.fitted_money(fill.realised_quote, instrument.quote_ccy, columns.pnl - 1)
    is_taker = fill.liquidity is Liquidity.TAKER
    marks = markout_spans(view, market, fill)
    return (
        (fmt.clock_text(fill.venue_ms * 1_000_000), "muted"),
        (f" {fmt.side_glyph(fill.side)}", role),
        (right(fmt.price_text(instrument, fill.price_ticks), columns.price), role),
        (right(fmt.fitted_size(instrument, fill.size_lots, columns.size - 1), columns.size), "text"),
        (f" {fill.liquidity.value}", "alarm-2" if is_taker else "muted"),
        (right(realised, columns.pnl), fmt.sign_role(realised)),
        *marks[len(marks) - columns.marks :],
        (right(fmt.fee_text(fill.fee, fill.fee_ccy), columns.fee), "muted"),
        ("  " + clip(fill.trade_id, columns.trade - 2) if columns.trade else "", "muted"),
    )


def markout_spans(view: View, market: MarketView, fill: FillView) -> list[Span]:
    """The mid's move since a fill at each horizon, and now while the book is live."""
    seen = view.history.fill(market.instrument.inst_id, fill.trade_id)
    marks = [seen.markouts_bps.get(horizon) if seen else None for horizon in HORIZONS_S]
    mid = live_mid(market)
    marks.append(None if mid is None else move_bps(fill, mid))
    texts = ((mark, fmt.bps_text(mark)) for mark in marks)
    return [
        (right(text, MARK_WIDTH), "muted" if mark is None else fmt.sign_role(text)) for mark, text in texts
    ]
