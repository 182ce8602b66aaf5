"""Fair prices read off the book (docs/definitions.md, Fair price from the book).

Ticks in, ticks out; all move up when bids grow.
"""

from __future__ import annotations

from okxmm_tui.core.types import Levels


def weighted_mid(bid_ticks: int, bid_lots: int, ask_ticks: int, ask_lots: int) -> float:
    """I x ask + (1 - I) x bid with I = bid_lots / (bid_lots + ask_lots); the mid when both are 0.

    The thin side is likelier to be eaten first, so a bid-heavy touch lies nearer to the ask.
    """
    total = bid_lots + ask_lots
    if total <= 0:
        return (bid_ticks + ask_ticks) / 2
    return (ask_ticks * bid_lots + bid_ticks * ask_lots) / total


def vamp(bids: Levels, asks: Levels) -> float | None:
    """Volume-adjusted mid: sum(bid_i x ask_lots_i + ask_i x bid_lots_i) / sum of all lots.

    Args:
        bids: Best first, (price_ticks, size_lots).
        asks: Best first; levels without a partner on the other side are left out.

    Returns:
        Price in ticks; None when a side is empty.
    """
    value = lots = 0
    for (bid_ticks, bid_lots), (ask_ticks, ask_lots) in zip(bids, asks, strict=False):
        value += bid_ticks * ask_lots + ask_ticks * bid_lots
        lots += bid_lots + ask_lots
    return value / lots if lots else None


def sweep_price(levels: Levels, size_lots: float) -> float | None:
    """Mean price of taking a size from a side at once.

    Args:
        levels: The side that is taken from, best first.
        size_lots: Positive; need not be whole.

    Returns:
        Price in ticks; None when the levels hold less than the size.
    """
    left, value = size_lots, 0.0
    for price_ticks, lots in levels:
        taken = min(left, lots)
        value += taken * price_ticks
        left -= taken
        if left <= 0:
            return value / size_lots
    return None


def effective_mid(sold_ticks: float | None, bought_ticks: float | None) -> float | None:
    """Middle between the mean prices of selling and of buying one size at once (the "effective" variant).

    Args:
        sold_ticks: ``sweep_price`` of the bids; None when they are too thin.
        bought_ticks: ``sweep_price`` of the asks for the same size.

    Returns:
        Price in ticks; None when a side is too thin.
    """
    return None if sold_ticks is None or bought_ticks is None else (sold_ticks + bought_ticks) / 2
