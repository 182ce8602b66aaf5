"""Quantity ahead of an own order at its price, from displayed sizes and prints (market-making.md 2.8).

Cautious model: only prints at the price and the displayed size itself move the estimate, cancels of others
are assumed to have stood behind us.
"""

from __future__ import annotations


class QueuePosition:
    """Estimate for one order; create it when the venue confirms the order.

    Args:
        displayed_lots: Size shown at the price at that moment.
    """

    __slots__ = ("ahead_lots",)

    def __init__(self, displayed_lots: int) -> None:
        self.ahead_lots = displayed_lots

    def on_print(self, size_lots: int) -> None:
        """A taker traded this much at the price."""
        self.ahead_lots = max(0, self.ahead_lots - size_lots)

    def on_displayed(self, displayed_lots: int) -> None:
        """The book now shows this much at the price: no more than that can be ahead."""
        self.ahead_lots = min(self.ahead_lots, displayed_lots)
