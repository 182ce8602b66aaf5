"""Own fills, newest first."""

from __future__ import annotations

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.history import HORIZONS_S, live_mid, move_bps
from okxmm_tui.console.language import tr
from okxmm_tui.console.spans import EMPTY, Line, Span, clip, left, right, waiting
from okxmm_tui.console.staleness import account_problem
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.scrolled import ScrolledPanel
from okxmm_tui.core.market_views import FillView, MarketView
from okxmm_tui.core.types import Liquidity

MARKS_FROM_WIDTH, FEE_FROM_WIDTH, ID_FROM_WIDTH = 48, 76, 92
MARK_WIDTH = 6


class Fills(ScrolledPanel):
    """Own fills."""

    TITLE = "FILLS"
    IS_SLOW = True
    HELP = (
        "Newest first; M is maker, T taker; pnl is what the fill realised, fees apart. Then the mid's move "
        "since the fill in basis points, at 1, 5 and 30 s and now: + went our way."
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

    def count(self, view: View) -> int:
        """Number of fills at hand."""
        return len(view.market.fills) if view.market else 0

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
        lines = [_fill(view, market, fill, width) for fill in market.fills]
        return [_header(width), *self.window(view, lines, height - 1)]


def _why_none(view: View) -> str:
    snapshot, market = view.snapshot, view.market
    if snapshot is None or market is None or not market.orders:
        return "no fills yet"
    oldest = min(order.created_ns for order in market.orders)
    return f"no fills yet, quoting for {fmt.calm_age_text(view.now_ns - oldest)}"


def _header(width: int) -> Line:
    pnl = right(tr("pnl"), max(6, min(width, 40) - 30))
    head = f"{left(tr('time'), 10)}{right(tr('price'), 10)}{right(tr('size'), 8)}  {pnl}"
    if width >= MARKS_FROM_WIDTH:
        names = [*(f"{horizon}s" for horizon in HORIZONS_S), tr("now")]
        head += "".join(right(name, MARK_WIDTH) for name in names[-marks_shown(width) :])
    head += right(tr("fee"), 12) if width >= FEE_FROM_WIDTH else ""
    head += tr("  trade") if width >= ID_FROM_WIDTH else ""
    return ((head, "head"),)


def marks_shown(width: int) -> int:
    """How many of the four markout columns fit beside the rest."""
    return max(0, min(len(HORIZONS_S) + 1, (width - 40) // MARK_WIDTH))


def _fill(view: View, market: MarketView, fill: FillView, width: int) -> Line:
    instrument, role = market.instrument, fmt.side_role(fill.side)
    room = max(6, min(width, 40) - 30)
    realised = right(fmt.fitted_money(fill.realised_quote, room - 1), room)
    is_taker = fill.liquidity is Liquidity.TAKER
    spans: list[Span] = [
        (fmt.clock_text(fill.venue_ms * 1_000_000), "muted"),
        (f" {fmt.side_glyph(fill.side)}", role),
        (right(fmt.price_text(instrument, fill.price_ticks), 10), role),
        (right(fmt.fitted_size(instrument, fill.size_lots, 7), 8), "text"),
        (f" {fill.liquidity.value}", "alarm-2" if is_taker else "muted"),
        (realised, fmt.money_role(fill.realised_quote)),
    ]
    if width >= MARKS_FROM_WIDTH:
        spans.extend(markout_spans(view, market, fill)[-marks_shown(width) :])
    if width >= FEE_FROM_WIDTH:
        spans.append((right(fmt.money_text(fill.fee, 4), 12), "muted"))
    if width >= ID_FROM_WIDTH:
        spans.append(("  " + clip(fill.trade_id, width - 78), "muted"))
    return tuple(spans)


def markout_spans(view: View, market: MarketView, fill: FillView) -> list[Span]:
    """The mid's move since a fill at each horizon, and now while the book is live."""
    seen = view.history.fill(market.instrument.inst_id, fill.trade_id)
    marks = [seen.markouts_bps.get(horizon) if seen else None for horizon in HORIZONS_S]
    mid = live_mid(market)
    marks.append(None if mid is None else move_bps(fill, mid))
    return [
        (right(fmt.bps_text(mark), MARK_WIDTH), "muted" if mark is None else fmt.money_role(round(mark, 1)))
        for mark in marks
    ]
