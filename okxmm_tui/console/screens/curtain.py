"""What is left of a small terminal: mode, state, kill key and proof, alarm, position, PnL, size needed."""

from __future__ import annotations

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.language import tr
from okxmm_tui.console.spans import EMPTY, Line, Span, clip, fit, line_width
from okxmm_tui.console.view import View, mode_role
from okxmm_tui.console.widgets.alarm_bar import SEVERITY_WORDS, link_troubles, standing
from okxmm_tui.console.widgets.banner import kill_chip, last_chip, mode_word, state_role, state_word
from okxmm_tui.console.widgets.kill_panel import note_role, verdict
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.core.market_views import MarketView
from okxmm_tui.core.snapshot import Snapshot

MIN_WIDTH, MIN_HEIGHT = 80, 24


class Curtain(LinePanel):
    """Covers the dashboard below the smallest layout."""

    IS_FRAMED = False
    CAN_DIM = False
    ALLOW_MAXIMIZE = False

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """Most important line first, for there may be room for one only; centred where there is more."""
        lines = self._lines_for(view, width)
        above = max(0, (height - len(lines)) // 2)
        centred: list[Line] = [EMPTY] * above
        for line in lines:
            pad = max(0, (width - line_width(line)) // 2)
            centred.append(((" " * pad, "text"), *line))
        return centred

    def _lines_for(self, view: View, width: int) -> list[Line]:
        snapshot, market = view.snapshot, view.market
        if snapshot is None or market is None:
            return [((kill_chip(), "chip-bad"), (tr(" connecting to the engine…"), "muted"))]
        role = "mode-replay" if snapshot.replay is not None else mode_role(snapshot.mode)
        state: Span = (f" {state_word(view, snapshot, width)} ", state_role(view, snapshot))
        head: Line = (
            (f" {mode_word(snapshot, is_brief=True)} ", role),
            state,
            (" ", "text"),  # HALTED and the kill key are of one colour
            last_chip(snapshot, is_brief=True),
        )
        return [head, *_troubles(view, snapshot, width), *_figures(snapshot, market), self._needed()]

    def _needed(self) -> Line:
        size = self.screen.size
        return (
            (tr("needs "), "muted"),
            (f"{MIN_WIDTH}", "alarm-2" if size.width < MIN_WIDTH else "text"),
            ("x", "muted"),
            (f"{MIN_HEIGHT}", "alarm-2" if size.height < MIN_HEIGHT else "text"),
            (", " + tr(f"is {size.width}x{size.height}"), "muted"),
        )


def _troubles(view: View, snapshot: Snapshot, width: int) -> list[Line]:
    """What became of a kill, the engine's silence or loss, and the worst alarm."""
    lines: list[Line] = []
    if snapshot.kill is not None:
        lines.append(_cut(verdict(snapshot.kill, view.now_ns, width), width))
    if view.kill_note:
        lines.append(((clip(tr(view.kill_note), width), note_role(view)),))
    lines += [((clip(text, width), "alarm-1"),) for text in link_troubles(view)]
    for alarm in standing(view)[:1]:
        _, role = SEVERITY_WORDS[alarm.severity]
        lines.append(((clip(f"‼ {tr(alarm.text)}", width), role),))
    return lines


def _cut(line: Line, width: int) -> Line:
    """A line that is cut where it is too long, and not filled where it is short."""
    return fit(line, min(width, line_width(line)))


def _figures(snapshot: Snapshot, market: MarketView) -> list[Line]:
    """Position of the market in focus, and the result of all of them, as the banner has it."""
    instrument, net = market.instrument, snapshot.account_view.net_quote
    ccy = instrument.quote_ccy
    position = f"{fmt.signed_size_text(instrument, market.position_lots)} {instrument.size_unit}"
    money = fmt.money_text(net, fmt.money_decimals(ccy))
    return [
        (
            (tr("pos "), "muted"),
            (position, "strong"),
            (tr("  net "), "muted"),
            (f"{money} {ccy}", fmt.sign_role(money)),
        ),
        ((instrument.inst_id, "muted"),),
    ]
