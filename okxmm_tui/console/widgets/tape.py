"""The public tape: every print beside our best quotes at that moment."""

from __future__ import annotations

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.language import tr
from okxmm_tui.console.spans import EMPTY, Line, Span, left, right, waiting
from okxmm_tui.console.staleness import market_problem
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.scrolled import ScrolledPanel
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.market_views import TradeView
from okxmm_tui.core.types import Side

OLD_NS = 7_000_000_000
OWN_FROM_WIDTH = 50


class TapePanel(ScrolledPanel):
    """Public trades."""

    TITLE = "TAPE"
    IS_SLOW = True
    HELP = (
        "Newest first: what takers bought ▲ and sold ▼, and where our best bid and ask stood at that moment."
    )

    def badge(self, view: View) -> Line:
        """How long ago the last print was."""
        if view.market is None or not view.market.trades:
            return EMPTY
        last_ns = view.market.trades[0].venue_ms * 1_000_000
        return ((tr("last "), "muted"), (fmt.calm_age_text(view.now_ns - last_ns), "text"))

    def stale_note(self, view: View) -> str:
        """Whether public trades still come."""
        return market_problem(view)

    def count(self, view: View) -> int:
        """Number of prints at hand."""
        return len(view.market.trades) if view.market else 0

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """Header and prints."""
        market = view.market
        if market is None:
            return waiting(height, width, "no engine yet")
        if not market.trades:
            return waiting(height, width, "no public trade seen yet")
        lines = [_print(market.instrument, trade, view.now_ns, width) for trade in market.trades]
        return [_header(width), *self.window(view, lines, height - 1)]


def _header(width: int) -> Line:
    head = f"{left(tr('time'), 10)}{right(tr('price'), 10)}{right(tr('size'), 9)}"
    is_wide = width >= OWN_FROM_WIDTH
    own = right(tr("our bid"), 11) + right(tr("our ask"), 11) if is_wide else right(tr("us"), 5)
    return ((head + own, "head"),)


def _print(instrument: Instrument, trade: TradeView, now_ns: int, width: int) -> Line:
    at_ns = trade.venue_ms * 1_000_000
    role = "muted" if now_ns - at_ns > OLD_NS else fmt.side_role(trade.side)
    head: Line = (
        (f"{fmt.clock_text(at_ns)} ", "muted"),
        (f"{fmt.side_glyph(trade.side)}{right(fmt.price_text(instrument, trade.price_ticks), 10)}", role),
        (right(fmt.fitted_size(instrument, trade.size_lots, 8), 9), "text"),
    )
    own = trade.own_ask_ticks if trade.side is Side.BUY else trade.own_bid_ticks
    is_ours = own is not None and (own - trade.price_ticks) * trade.side.sign <= 0
    if width < OWN_FROM_WIDTH:
        # Where our quote on the side that traded stood, in ticks beyond the print; ◆ where it was reached.
        away = fmt.NONE if own is None else f"{(own - trade.price_ticks) * trade.side.sign:,}"
        text, away_role = ("◆", "own") if is_ours else (away, "muted")
        return (*head, (right(text, max(5, width - 29)), away_role))
    sides = ((Side.SELL, trade.own_bid_ticks), (Side.BUY, trade.own_ask_ticks))
    quotes: list[Span] = [
        (right(fmt.price_text(instrument, ticks), 11), "own" if is_ours and trade.side is taker else "muted")
        for taker, ticks in sides
    ]
    return (*head, *quotes)
