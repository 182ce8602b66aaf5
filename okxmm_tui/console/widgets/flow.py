"""Two lines under the ladder: which side of the book is heavier, and what takers did in the last minute."""

from __future__ import annotations

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.language import tr
from okxmm_tui.console.spans import Line, Span, left, right
from okxmm_tui.console.widgets.levels import calm_scale
from okxmm_tui.core.market_views import MarketView
from okxmm_tui.core.types import Levels

IMBALANCE_LEVELS = 5
LABEL_WIDTH = 10


def imbalance(market: MarketView) -> float:
    """(bid - ask) / (bid + ask) near the touch, -1..1: the engine's figure where it has one."""
    if market.signals.microprice_ticks is not None:
        return market.signals.imbalance
    bids, asks = _lots(market.bids), _lots(market.asks)
    return (bids - asks) / (bids + asks) if bids + asks else 0.0


def _lots(levels: Levels) -> int:
    return sum(lots for _, lots in levels[:IMBALANCE_LEVELS])


def imbalance_line(market: MarketView, width: int) -> Line:
    """A bar split where bids end and asks begin; told apart without colour by their fill."""
    value = imbalance(market)
    room = max(0, width - LABEL_WIDTH - 7)
    bids = round(room * (1 + value) / 2)
    return (
        (left(tr("imbalance"), LABEL_WIDTH), "muted"),
        ("█" * bids, "bid-bar"),
        ("▒" * (room - bids), "ask-bar"),
        (right(f"{100 * value:+.0f}%", 7), "bid" if value > 0 else ("ask" if value < 0 else "text")),
    )


def flow_line(market: MarketView, width: int) -> Line:
    """One cell a second: height is what takers traded, colour and half which side took more."""
    room = max(0, width - LABEL_WIDTH)
    seconds = market.flow[-room:] if room else ()
    scale = calm_scale(max((bought + sold for bought, sold in seconds), default=1))
    spans: list[Span] = [(left(f"{tr('flow')} {len(seconds)}s", LABEL_WIDTH), "muted")]
    for bought, sold in seconds:
        volume = bought + sold
        eighths = max(1, round(8 * volume / scale)) if volume else 0
        glyph = (fmt.RISING if bought >= sold else fmt.HANGING)[eighths]
        role = "text" if not volume else ("bid" if bought >= sold else "ask")
        if spans[-1][1] == role and len(spans) > 1:
            spans[-1] = (spans[-1][0] + glyph, role)
        else:
            spans.append((glyph, role))
    return tuple(spans)
