"""What depends on the standing book alone: cheap figures of its first levels, dear ones of many."""

from __future__ import annotations

import math

from msgspec import Struct

from okxmm_tui.core.own_shown import OwnShown
from okxmm_tui.core.signals import LevelMark
from okxmm_tui.core.types import Side
from okxmm_tui.signals.fair_value import effective_mid, sweep_price, vamp
from okxmm_tui.signals.imbalance import balance, level_imbalance
from okxmm_tui.signals.liquidity import large_orders, slippage_bps

FIRST_LEVELS = 5
"""Levels a side of the imbalance and the volume-adjusted mid."""
TYPICAL_LEVELS = 20
"""Levels a side whose sizes tell what is typical, and among which large orders are looked for."""
SWEPT_LEVELS = 50
BAND_BPS = 10
"""Half-width of the depth band around the mid."""
REFERENCE_QUOTE = 10_000.0
"""Value whose slippage is shown, in quote currency."""


class DeepFigures(Struct, frozen=True, gc=False):
    """Figures of many levels of one state of the book; the default stands for one without two sides."""

    effective_mid_ticks: float | None = None
    band_imbalance: float = 0.0
    bid_depth_quote: float = 0.0
    ask_depth_quote: float = 0.0
    buy_slippage_bps: float | None = None
    sell_slippage_bps: float | None = None
    large_orders: tuple[LevelMark, ...] = ()


def read_touch(others: OwnShown) -> tuple[float | None, float]:
    """Volume-adjusted mid in ticks (None when a side is empty) and imbalance of the others' first levels."""
    bids, asks = others.levels(Side.BUY, FIRST_LEVELS), others.levels(Side.SELL, FIRST_LEVELS)
    if not bids or not asks:
        return None, 0.0
    return vamp(bids, asks), level_imbalance(bids, asks)


def read_depth(
    others: OwnShown, value: float, typical_lots: float | None, *, is_inverse: bool
) -> DeepFigures:
    """Read many levels of a book, without our own orders.

    Args:
        others: Read, never changed.
        value: Quote currency per lot (inverse contracts) or per lot and tick of price.
        typical_lots: Median level size; None while not known.
        is_inverse: Whether the value of a lot does not depend on the price.

    Returns:
        Figures; the default ones when a side is empty or the book is crossed.
    """
    bids, asks = others.levels(Side.BUY, SWEPT_LEVELS), others.levels(Side.SELL, SWEPT_LEVELS)
    if not bids or not asks or not 0 < bids[0][0] < asks[0][0]:
        return DeepFigures()
    mid = (bids[0][0] + asks[0][0]) / 2
    bid_lots, bid_value = others.depth_to(Side.BUY, math.ceil(mid * (1 - BAND_BPS / 1e4)))
    ask_lots, ask_value = others.depth_to(Side.SELL, math.floor(mid * (1 + BAND_BPS / 1e4)))
    size_lots = REFERENCE_QUOTE / (value if is_inverse else value * mid)
    sold, bought = sweep_price(bids, size_lots), sweep_price(asks, size_lots)
    return DeepFigures(
        effective_mid_ticks=effective_mid(sold, bought),
        band_imbalance=balance(bid_lots, ask_lots),
        bid_depth_quote=value * (bid_lots if is_inverse else bid_value),
        ask_depth_quote=value * (ask_lots if is_inverse else ask_value),
        buy_slippage_bps=slippage_bps(bought, Side.BUY, mid),
        sell_slippage_bps=slippage_bps(sold, Side.SELL, mid),
        large_orders=large_orders(Side.BUY, bids[:TYPICAL_LEVELS], typical_lots)
        + large_orders(Side.SELL, asks[:TYPICAL_LEVELS], typical_lots),
    )
