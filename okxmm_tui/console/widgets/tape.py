"""The public tape: every print beside our best quotes at that moment."""

from __future__ import annotations

from dataclasses import dataclass

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.language import tr
from okxmm_tui.console.spans import EMPTY, Line, Span, left, right, waiting
from okxmm_tui.console.staleness import market_problem
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.scrolled import ScrolledPanel
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.market_views import MarketView, TradeView
from okxmm_tui.core.types import Side

OLD_NS = 7_000_000_000
TIME_WIDTH, PRICE_WIDTH, SIZE_WIDTH = 10, 10, 9
LEAST_SIZE, US_WIDTH, LEAST_US = 5, 5, 3


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
        shown = self.window(market.trades, height - 1)
        columns = Columns.of(width, _price_cells(market))
        prints = (_print(market.instrument, trade, view.now_ns, columns) for trade in shown)
        return [_header(columns), *prints]


def _price_cells(market: MarketView) -> int:
    own = (ticks for each in market.trades for ticks in (each.own_bid_ticks, each.own_ask_ticks))
    return fmt.price_cells(market.instrument, (*(each.price_ticks for each in market.trades), *own))


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths of the columns."""

    price: int
    size: int
    own: int
    """Of each of our quotes; 0 where there is room for a distance only."""
    us: int

    @classmethod
    def of(cls, width: int, price_cells: int) -> Columns:
        """The price first and whole; the size gives way to it where room is scarce."""
        price = max(PRICE_WIDTH, price_cells + 1)
        rest = width - TIME_WIDTH - price
        size = min(SIZE_WIDTH, max(LEAST_SIZE, rest - US_WIDTH))
        rest -= size
        is_wide = rest >= 2 * (price + 1)
        return cls(price, size, price + 1 if is_wide else 0, max(LEAST_US, rest))


def _header(columns: Columns) -> Line:
    head = left(tr("time"), TIME_WIDTH) + right(tr("price"), columns.price) + right(tr("size"), columns.size)
    if columns.own:
        return ((head + right(tr("our bid"), columns.own) + right(tr("our ask"), columns.own), "head"),)
    return ((head + right(tr("us"), columns.us), "head"),)


def _print(instrument: Instrument, trade: TradeView, now_ns: int, columns: Columns) -> Line:
    at_ns = trade.venue_ms * 1_000_000
    role = "muted" if now_ns - at_ns > OLD_NS else fmt.side_role(trade.side)
    price = right(fmt.price_text(instrument, trade.price_ticks), columns.price)
    head: Line = (
        (f"{fmt.clock_text(at_ns)} ", "muted"),
        (f"{fmt.side_glyph(trade.side)}{price}", role),
        (right(fmt.fitted_size(instrument, trade.size_lots, columns.size - 1), columns.size), "text"),
    )
    own = trade.own_ask_ticks if trade.side is Side.BUY else trade.own_bid_ticks
    is_ours = own is not None and (own - trade.price_ticks) * trade.side.sign <= 0
    if not columns.own:
        # Where our quote on the side that traded stood, in ticks beyond the print; ◆ where it was reached.
        away = fmt.NONE if own is None else f"{(own - trade.price_ticks) * trade.side.sign:,}"
        text, away_role = ("◆", "own") if is_ours else (away, "muted")
        return (*head, (right(text, columns.us), away_role))
    sides = ((Side.SELL, trade.own_bid_ticks), (Side.BUY, trade.own_ask_ticks))
    quotes: list[Span] = [
        (
            right(fmt.price_text(instrument, ticks), columns.own),
            "own" if is_ours and trade.side is taker else "muted",
        )
        for taker, ticks in sides
    ]
    return (*head, *quotes)
