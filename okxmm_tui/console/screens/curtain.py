"""What is left when the terminal is too small: mode, state, position, PnL, the kill key, the size needed."""

from __future__ import annotations

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.language import tr
from okxmm_tui.console.spans import EMPTY, Line, Span, line_width
from okxmm_tui.console.view import LinkState, View, mode_role
from okxmm_tui.console.widgets.alarm_bar import engine_gone_text
from okxmm_tui.console.widgets.banner import kill_chip, state_role, state_word
from okxmm_tui.console.widgets.line_table import LinePanel

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
        kill: Span = (kill_chip(), "chip-bad")
        if snapshot is None or market is None:
            return [(kill, (tr(" connecting to the engine…"), "muted"))]
        instrument = market.instrument
        lines: list[Line] = [
            (
                (f" {tr(snapshot.mode.upper())} ", mode_role(snapshot.mode)),
                (
                    f" {state_word(view, snapshot, width)} ",
                    state_role(view, snapshot),
                ),
                kill,
            )
        ]
        if view.link is LinkState.GONE:
            lines.append(((engine_gone_text(view), "alarm-1"),))
        position = f"{fmt.signed_size_text(instrument, market.position_lots)} {instrument.size_unit}"
        net = market.net_quote
        lines += [
            (
                (tr("pos "), "muted"),
                (position, "strong"),
                (tr("  net "), "muted"),
                (fmt.money_text(net), fmt.money_role(net)),
            ),
            ((instrument.inst_id, "muted"),),
        ]
        size = self.screen.size
        lines.append(
            (
                (tr("needs "), "muted"),
                (f"{MIN_WIDTH}", "alarm-2" if size.width < MIN_WIDTH else "text"),
                ("x", "muted"),
                (f"{MIN_HEIGHT}", "alarm-2" if size.height < MIN_HEIGHT else "text"),
                (", " + tr(f"is {size.width}x{size.height}"), "muted"),
            )
        )
        return lines
