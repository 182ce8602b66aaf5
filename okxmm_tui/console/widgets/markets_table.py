"""All instruments of the session: market, position, result, state, and where each would trade."""

from __future__ import annotations

from collections.abc import Sequence

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.history import live_mid
from okxmm_tui.console.language import tr
from okxmm_tui.console.spans import Line, Span, clip, left, right
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.list_panel import ListPanel
from okxmm_tui.core.market_views import MarketView, SideView

NAME_WIDTH = 18
MORE_FROM, OWN_FROM, WHY_FROM = 98, 122, 150
"""Least widths that show volatility, depth and the book's state; our prices; the strategy and its reason."""


class MarketsTable(ListPanel[MarketView]):
    """One line an instrument."""

    TITLE = "MARKETS"
    IS_SLOW = True
    HELP = "Enter shows the chosen market on the dashboard."

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
        text = left(tr("market"), NAME_WIDTH) + right(tr("mid"), 12) + right(tr("spread"), 8)
        text += (
            right(tr("position"), 11) + right(tr("net"), 12) + "  " + left(tr("bid"), 6) + left(tr("ask"), 6)
        )
        if width < MORE_FROM:
            return ((text, "head"),)
        text += right(tr("vol 1s"), 8) + right(tr("depth"), 9)
        if width >= OWN_FROM:
            text += right(tr("our bid"), 12) + right(tr("our ask"), 12)
        state = f"  {left(tr('book'), 7)}{tr('strategy') if width >= WHY_FROM else ''}"
        return ((text, "head"), (state, "head"))

    def line(self, view: View, item: MarketView, width: int) -> Line:
        """One market."""
        instrument, mid = item.instrument, live_mid(item)
        is_focus = item is view.market
        spread_bps = None if mid is None else (item.asks[0][0] - item.bids[0][0]) / mid * 1e4
        position_role = (
            "text" if not item.position_lots else ("pos-long" if item.position_lots > 0 else "pos-short")
        )
        spans: list[Span] = [
            (
                left(("▸ " if is_focus else "  ") + instrument.inst_id, NAME_WIDTH),
                "strong" if is_focus else "text",
            ),
            (right(fmt.fine_price_text(instrument, mid), 12), "text"),
            (right(fmt.NONE if spread_bps is None else f"{spread_bps:.2f}", 8), "muted"),
            (right(fmt.fitted_position(instrument, item.position_lots, 10), 11), position_role),
            (right(fmt.fitted_money(item.net_quote, 11), 12), fmt.money_role(item.net_quote)),
            ("  ", "text"),
            _state(item.bid),
            _state(item.ask),
        ]
        if width >= MORE_FROM:
            spans.extend(_more(item, has_own=width >= OWN_FROM))
        if width >= WHY_FROM:
            why = item.only_reduce or (item.bid.reason if not item.bid.is_quoting else item.ask.reason)
            spans.append((clip(f"{item.strategy}  {tr(why)}", width - 135), "muted"))
        return tuple(spans)


def _state(side: SideView) -> Span:
    if side.is_muted:
        return (left(tr("mute"), 6), "armed")
    return (left(tr("quote"), 6), "gain") if side.is_quoting else (left(tr("held"), 6), "alarm-2")


def _more(item: MarketView, *, has_own: bool) -> list[Span]:
    instrument = item.instrument
    volatility = fmt.NONE if item.volatility_bps is None else f"{item.volatility_bps:.2f}"
    depth = item.signals.bid_depth_quote + item.signals.ask_depth_quote
    own = [
        (right(fmt.price_text(instrument, item.bid.target_ticks), 12), "bid"),
        (right(fmt.price_text(instrument, item.ask.target_ticks), 12), "ask"),
    ]
    return [
        (right(volatility, 8), "muted"),
        (right(fmt.shortened(depth, 8) if depth else fmt.NONE, 9), "muted"),
        *(own if has_own else []),
        ("  " + left(tr(item.book_state, "book"), 7), "text" if item.book_state == "live" else "alarm-2"),
    ]
