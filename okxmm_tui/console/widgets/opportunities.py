"""Where strategies would trade: each of them on one market, and one of them on the widest of the venue."""

from __future__ import annotations

from okxmm_tui.console.language import tr
from okxmm_tui.console.spans import EMPTY, Line, Span, clip, left, line_width, right, waiting
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.line_table import EDGE_WIDTH, LinePanel
from okxmm_tui.console.widgets.side_status import SideStatus

SPREAD_WIDTH = 8


class MarketQuotes(SideStatus):
    """Quoting state per side of a market that need not be the one in focus."""

    def badge(self, view: View) -> Line:
        """Its name, and its strategy where there is room for both."""
        if view.market is None:
            return EMPTY
        name: Line = ((view.market.instrument.inst_id, "text"),)
        both: Line = (*name, ("  ", "text"), *super().badge(view))
        return both if line_width(both) + line_width(self._title()) + EDGE_WIDTH <= self.size.width else name


class WouldTrade(LinePanel):
    """Every strategy on one market: whether it would quote there now, or why not."""

    TITLE = "WOULD TRADE"
    HELP = (
        "Whether each strategy would quote this market now, the running one with its values, the others "
        "with their defaults; and why not."
    )
    IS_SLOW = True

    def badge(self, view: View) -> Line:
        """The market."""
        return ((view.market.instrument.inst_id, "text"),) if view.market is not None else EMPTY

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """One line a strategy, the running one first and marked."""
        market = view.market
        if market is None:
            return waiting(height, width, "no engine yet")
        if not market.opportunities:
            return waiting(height, width, "no strategy says")
        room = max(len(name) for name, _ in market.opportunities) + 4
        return [
            (
                (left(("▸ " if name == market.strategy else "  ") + name, room), "strong"),
                _answer(reason, width - room),
            )
            for name, reason in market.opportunities[:height]
        ]


class WidestMarkets(LinePanel):
    """The widest markets of the venue, as the strategy that wants to know sees them."""

    TITLE = "WIDEST OF THE VENUE"
    HELP = "Instruments of the venue with the widest spreads, whether they are traded here or not."
    IS_SLOW = True

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """One line a market, the widest first."""
        rows = view.snapshot.scan if view.snapshot is not None else ()
        if not rows:
            return waiting(height, width, "not looked at yet")
        room = max(len(each.inst_id) for each in rows)
        head = left(tr("market"), room) + right("bps", SPREAD_WIDTH)
        lines: list[Line] = [((head, "head"),)]
        for each in rows[: height - 1]:
            spread = right(f"{each.spread_bps:,.1f}", SPREAD_WIDTH)
            answer = _answer(each.reason, width - room - SPREAD_WIDTH - 2)
            lines.append(((left(each.inst_id, room), "strong"), (f"{spread}  ", "text"), answer))
        return lines


def _answer(reason: str, room: int) -> Span:
    return (clip(tr(reason), room), "muted") if reason else (clip(tr("quotes"), room), "gain")
