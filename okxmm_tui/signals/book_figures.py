"""Everything that depends on the standing book alone, read once per change of it."""

from __future__ import annotations

import math

from msgspec import Struct

from okxmm_tui.core.books import OrderBook
from okxmm_tui.core.signals import LevelMark
from okxmm_tui.core.types import Levels, Side
from okxmm_tui.signals.fair_value import effective_mid, vamp
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


class BookFigures(Struct, frozen=True, gc=False):
    """Figures of one state of the book; the default stands for one without two sides."""

    vamp_ticks: float | None = None
    effective_mid_ticks: float | None = None
    imbalance: float = 0.0
    band_imbalance: float = 0.0
    bid_depth_quote: float = 0.0
    ask_depth_quote: float = 0.0
    buy_slippage_bps: float | None = None
    sell_slippage_bps: float | None = None
    bids: Levels = ()
    """The first levels, best first."""
    asks: Levels = ()

    def large_orders(self, typical_lots: float | None) -> tuple[LevelMark, ...]:
        """Levels near the touch that are many times the typical size, bids before asks."""
        if not typical_lots:
            return ()
        bids, asks = self.bids[:TYPICAL_LEVELS], self.asks[:TYPICAL_LEVELS]
        return large_orders(Side.BUY, bids, typical_lots) + large_orders(Side.SELL, asks, typical_lots)


def read_book(book: OrderBook, value: float, *, is_inverse: bool) -> BookFigures:
    """Read a book.

    Args:
        book: Read, never changed.
        value: Quote currency per lot (inverse contracts) or per lot and tick of price.
        is_inverse: Whether the value of a lot does not depend on the price.

    Returns:
        Figures; the default ones when a side is empty or the book is crossed.
    """
    best_bid, best_ask = book.bids.best_ticks, book.asks.best_ticks
    if best_bid is None or best_ask is None or not 0 < best_bid < best_ask:
        return BookFigures()
    bids, asks = book.bids.top(SWEPT_LEVELS), book.asks.top(SWEPT_LEVELS)
    mid = (best_bid + best_ask) / 2
    bid_lots, bid_value = book.bids.depth_to(math.ceil(mid * (1 - BAND_BPS / 1e4)))
    ask_lots, ask_value = book.asks.depth_to(math.floor(mid * (1 + BAND_BPS / 1e4)))
    size_lots = REFERENCE_QUOTE / (value if is_inverse else value * mid)
    return BookFigures(
        vamp_ticks=vamp(bids[:FIRST_LEVELS], asks[:FIRST_LEVELS]),
        effective_mid_ticks=effective_mid(bids, asks, size_lots),
        imbalance=level_imbalance(bids[:FIRST_LEVELS], asks[:FIRST_LEVELS]),
        band_imbalance=balance(bid_lots, ask_lots),
        bid_depth_quote=value * (bid_lots if is_inverse else bid_value),
        ask_depth_quote=value * (ask_lots if is_inverse else ask_value),
        buy_slippage_bps=slippage_bps(asks, Side.BUY, size_lots, mid),
        sell_slippage_bps=slippage_bps(bids, Side.SELL, size_lots, mid),
        bids=bids,
        asks=asks,
    )
