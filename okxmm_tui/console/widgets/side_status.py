"""Why each side quotes or does not, since when, and what its distance is made of."""

from __future__ import annotations

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.language import tr
from okxmm_tui.console.spans import EMPTY, Line, clip, right, spread, waiting, width_of
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.core.market_views import MarketView, SideView
from okxmm_tui.core.opportunity_views import PartsView
from okxmm_tui.core.types import Side

QUOTING = "quoting"
"""What the engine says of a side that has nothing else to tell."""
LEAST_BPS = 0.05
"""Parts smaller than this are left out of the sum on one line."""


class SideStatus(LinePanel):
    """Quoting state per side."""

    TITLE = "QUOTES"
    HELP = (
        "For each side whether it quotes, where and since when, or why it does not. Below it what its "
        "distance is made of, in basis points of the mid."
    )
    IS_SLOW = True

    def badge(self, view: View) -> Line:
        """Strategy and its half-spread."""
        if view.market is None or view.snapshot is None:
            return EMPTY
        half = view.market.half_spread_bps
        width = "" if half is None else f" ±{half:.1f} bps"
        name = view.market.strategy or view.snapshot.strategy
        wide: Line = ((f"{tr('WIDE')} x2 ", "armed"),) if view.snapshot.is_widened else EMPTY
        return (*wide, (clip(name, 20) + width, "muted"))

    def news(self, view: View) -> object:
        """Whether each side quotes, and why not."""
        if view.market is None:
            return None
        return tuple(
            (side.is_quoting, side.is_muted, side.reason) for side in (view.market.bid, view.market.ask)
        )

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """One line a side, two where there is room."""
        market = view.market
        if market is None:
            return waiting(height, width, "no engine yet")
        has_detail = height >= 4
        lines: list[Line] = []
        for side, state in ((Side.BUY, market.bid), (Side.SELL, market.ask)):
            lines.append(_state(market, side, state, view, width, has_detail=has_detail))
            if has_detail:
                role = "muted" if state.is_quoting and not state.is_pulling else "text"
                parts = market.bid_parts if side is Side.BUY else market.ask_parts
                lines.append((("  ", "text"), (clip(_detail(state, parts, width - 2), width - 2), role)))
        return lines


def _detail(state: SideView, parts: PartsView | None, room: int) -> str:
    """What the distance from the mid is made of, or what keeps the side from quoting."""
    if parts is None or not state.is_quoting or state.reason != QUOTING:
        return tr(state.reason)
    named = ((tr(name, "short"), bps) for name, bps in parts.named())
    shown = (f"{name} {fmt.bps_text(bps)}" for name, bps in named if abs(bps) >= LEAST_BPS)
    # The sum first: where room is scarce, the unit goes (the title has it), then a part, never the whole.
    text = f"{fmt.bps_text(parts.total_bps)} bps = {' '.join(shown)}".removesuffix(" = ")
    return text if width_of(text) <= room else text.replace(" bps", "", 1)


def _state(
    market: MarketView, side: Side, state: SideView, view: View, width: int, *, has_detail: bool
) -> Line:
    role = fmt.side_role(side)
    is_up = state.is_quoting and not state.is_pulling
    word, word_role = ("QUOTING", "gain") if is_up else ("PULLING" if state.is_pulling else "HELD", "alarm-2")
    if state.is_muted:
        word, word_role = "MUTED", "armed"
    word, name = tr(word), f"{tr(fmt.side_word(side))} "
    room = width - 9 - width_of(name) - width_of(word)
    text = _target(market, state, room) if is_up or has_detail else tr(state.reason)
    if is_up and width_of(text) > room:
        name, room = "", room + width_of(name)  # the glyph says the side, and a price is never cut
    head: Line = ((f"{fmt.side_glyph(side)} {name}", role), (f"{word} ", word_role))
    age = fmt.calm_age_text(view.now_ns - state.since_ns)
    text_role = "text" if is_up or not has_detail else "muted"
    return spread((*head, (clip(text, room), text_role)), ((right(age, 6), "muted"),), width)


def _target(market: MarketView, state: SideView, room: int) -> str:
    if state.target_ticks is None or state.target_lots is None:
        return tr("no quote wanted")
    instrument = market.instrument
    price = fmt.price_text(instrument, state.target_ticks)
    text = f"{fmt.size_text(instrument, state.target_lots)} @ {price}"
    return text if width_of(text) <= room else price
