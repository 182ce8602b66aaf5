"""All instruments of the session: market, position, result, state, and where each would trade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.history import live_mid
from okxmm_tui.console.language import tr
from okxmm_tui.console.spans import Line, Span, clip, left, right
from okxmm_tui.console.view import View, widest_price
from okxmm_tui.console.widgets.list_panel import ListPanel
from okxmm_tui.core.market_views import MarketView, SideView

LEAST_NAME, LEAST_PRICE, SPREAD_WIDTH = 18, 12, 8
FIRST, MORE, LEAST_WHY = 37, 26, 15
"""Cells of position, result and sides; of volatility, depth and the book's state; of the reason."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths that depend on the markets, and which columns there is room for."""

    name: int
    price: int
    spread: int
    has_more: bool
    has_own: bool
    why: int
    """0 leaves strategy and reason out."""

    @classmethod
    def of(cls, markets: Sequence[MarketView], width: int) -> Columns:
        """Name and price whole; the rest in the order it is wanted."""
        name = max((len(each.instrument.inst_id) + 3 for each in markets), default=0)
        # The mid has a digit more than a price.
        price = max((widest_price(each) + 2 for each in markets), default=0)
        name, price = max(LEAST_NAME, name), max(LEAST_PRICE, price)
        rest = width - name - price - FIRST
        spread = SPREAD_WIDTH if rest >= SPREAD_WIDTH else 0
        rest -= spread
        has_more = rest >= MORE
        rest -= MORE
        has_own = rest >= 2 * price
        rest -= 2 * price
        return cls(name, price, spread, has_more, has_own, rest if rest >= LEAST_WHY else 0)


class MarketsTable(ListPanel[MarketView]):
    """One line an instrument."""

    TITLE = "MARKETS"
    IS_SLOW = True
    HELP = (
        "Every market of this engine: net is its result in its quote currency, depth what others show "
        "within 10 bps of the mid. Enter shows the chosen one on the dashboard."
    )

    _columns = Columns.of((), 0)
    """For the frame that is drawn."""

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """The list, its columns as wide as the markets need."""
        self._columns = Columns.of(self.items(view), width)
        return super().rows(view, width, height)

    def items(self, view: View) -> Sequence[MarketView]:
        """The session's markets that pass the filter."""
        markets = view.snapshot.markets if view.snapshot else ()
        return [
            each
            for each in markets
            if view.desk.passes("markets", f"{each.instrument.inst_id} {each.strategy}")
        ]

    def key(self, item: MarketView) -> str:
        """By name."""
        return item.instrument.inst_id

    def nothing(self, view: View) -> str:
        """No engine, or a filter nothing passes."""
        if view.snapshot is None:
            return "no engine yet"
        return (
            "no market passes the filter" if view.desk.filters.get("markets") else "no market in this session"
        )

    def header(self, width: int) -> Line:
        """Names of the columns."""
        columns = self._columns
        text = (
            left(tr("market"), columns.name)
            + right(tr("mid"), columns.price)
            + right(tr("spread"), columns.spread)
        )
        text += (
            right(tr("position"), 11) + right(tr("net"), 12) + "  " + left(tr("bid"), 6) + left(tr("ask"), 6)
        )
        if not columns.has_more:
            return ((text, "head"),)
        text += right(tr("vol 1s"), 8) + right(tr("depth"), 9)
        if columns.has_own:
            text += right(tr("our bid"), columns.price) + right(tr("our ask"), columns.price)
        state = f"  {left(tr('book'), 7)}{tr('strategy') if columns.why else ''}"
        return ((text, "head"), (state, "head"))

    def line(self, view: View, item: MarketView, width: int) -> Line:
        """One market."""
        instrument, mid, columns = item.instrument, live_mid(item), self._columns
        is_focus = item is view.market
        net = fmt.fitted_money(item.net_quote, instrument.quote_ccy, 11)
        spread_bps = None if mid is None else (item.asks[0][0] - item.bids[0][0]) / mid * 1e4
        position_role = (
            "text" if not item.position_lots else ("pos-long" if item.position_lots > 0 else "pos-short")
        )
        spans: list[Span] = [
            (
                left(("▸ " if is_focus else "  ") + instrument.inst_id, columns.name),
                "strong" if is_focus else "text",
            ),
            (right(fmt.fine_price_text(instrument, mid), columns.price), "text"),
            (right(fmt.NONE if spread_bps is None else f"{spread_bps:.2f}", columns.spread), "muted"),
            (right(fmt.fitted_position(instrument, item.position_lots, 10), 11), position_role),
            (right(net, 12), fmt.sign_role(net)),
            ("  ", "text"),
            _state(item.bid),
            _state(item.ask),
        ]
        if columns.has_more:
            spans.extend(_more(item, columns))
        if columns.why:
            why = item.only_reduce or (item.bid.reason if not item.bid.is_quoting else item.ask.reason)
            spans.append((clip(f"{item.strategy}  {tr(why)}", columns.why), "muted"))
        return tuple(spans)


def _state(side: SideView) -> Span:
    if side.is_muted:
        return (left(tr("mute"), 6), "armed")
    if side.is_pulling:
        return (left(tr("pull"), 6), "alarm-2")
    return (left(tr("quote"), 6), "gain") if side.is_quoting else (left(tr("held"), 6), "alarm-2")


def _more(item: MarketView, columns: Columns) -> list[Span]:
    instrument = item.instrument
    volatility = fmt.NONE if item.volatility_bps is None else f"{item.volatility_bps:.2f}"
    depth = item.signals.bid_depth_quote + item.signals.ask_depth_quote
    own = [
        (right(fmt.price_text(instrument, item.bid.target_ticks), columns.price), "bid"),
        (right(fmt.price_text(instrument, item.ask.target_ticks), columns.price), "ask"),
    ]
    return [
        (right(volatility, 8), "muted"),
        (right(fmt.shortened(depth, 8) if depth else fmt.NONE, 9), "muted"),
        *(own if columns.has_own else []),
        ("  " + left(tr(item.book_state, "book"), 7), "text" if item.book_state == "live" else "alarm-2"),
    ]
