"""Own fills, newest first."""

from __future__ import annotations

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.spans import EMPTY, Line, Span, clip, right, waiting
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.scrolled import ScrolledPanel
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.snapshot import FillView
from okxmm_tui.core.types import Liquidity

FEE_FROM_WIDTH, ID_FROM_WIDTH = 52, 66


class Fills(ScrolledPanel):
    """Own fills."""

    TITLE = "FILLS"
    IS_SLOW = True
    HELP = "Newest first; M is maker, T taker. The last column is what the fill realised, fees apart."

    def badge(self, view: View) -> Line:
        """How many, and how long ago the last one was."""
        if view.market is None:
            return EMPTY
        fills = view.market.fills
        last = f" · last {fmt.calm_age_text(view.now_ns - fills[0].venue_ms * 1_000_000)}" if fills else ""
        return ((f"{view.market.fill_count:,}", "text"), (last, "muted"))

    def count(self, view: View) -> int:
        """Number of fills at hand."""
        return len(view.market.fills) if view.market else 0

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """Header and fills."""
        market = view.market
        if market is None:
            return waiting(height, width, "no engine yet")
        if not market.fills:
            return waiting(height, width, _why_none(view))
        lines = [_fill(market.instrument, fill, width) for fill in market.fills]
        return [_header(width), *self.window(view, lines, height - 1)]


def _why_none(view: View) -> str:
    snapshot, market = view.snapshot, view.market
    if snapshot is None or market is None or not market.orders:
        return "no fills yet"
    oldest = min(order.created_ns for order in market.orders)
    return f"no fills yet, quoting for {fmt.calm_age_text(view.now_ns - oldest)}"


def _header(width: int) -> Line:
    head = f"time      {right('price', 10)}{right('size', 8)}  {right('pnl', max(6, min(width, 40) - 30))}"
    head += right("fee", 12) if width >= FEE_FROM_WIDTH else ""
    head += "  trade" if width >= ID_FROM_WIDTH else ""
    return ((head, "head"),)


def _fill(instrument: Instrument, fill: FillView, width: int) -> Line:
    role = fmt.side_role(fill.side)
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
    if width >= FEE_FROM_WIDTH:
        spans.append((right(fmt.money_text(fill.fee, 4), 12), "muted"))
    if width >= ID_FROM_WIDTH:
        spans.append(("  " + clip(fill.trade_id, width - 54), "muted"))
    return tuple(spans)
