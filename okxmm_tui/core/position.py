"""Net position by average cost (market-making.md 3.1, linear contracts).

The open cost is kept exactly; a reduction takes its share, rounded to 1e-12 of the quote currency, and the
rest stays in the position, so nothing is ever lost to rounding and a flat position costs exactly zero.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from okxmm_tui.core.types import Side

COST_STEP = Decimal("1e-12")


class Position:
    """Signed size in lots and the exact cost of what is open.

    Args:
        lot_value: Base currency per lot (lot size x contract value).
    """

    __slots__ = ("cost_quote", "lot_value", "size_lots")

    def __init__(self, lot_value: Decimal) -> None:
        self.lot_value = lot_value
        self.size_lots = 0
        self.cost_quote = Decimal(0)
        """Sum of size x price of the open part, never negative."""

    def adopt(self, size_lots: int, average_price: Decimal | None) -> None:
        """Take over a position that was there before; without a price its cost is zero."""
        self.size_lots = size_lots
        self.cost_quote = abs(size_lots) * self.lot_value * (average_price or Decimal(0))

    def apply(self, side: Side, size_lots: int, price: Decimal) -> Decimal:
        """Book one execution and return the PnL it realised, in quote currency, before fees."""
        signed = side.sign * size_lots
        if self.size_lots * signed >= 0:
            self.size_lots += signed
            self.cost_quote += size_lots * self.lot_value * price
            return Decimal(0)
        closed = min(size_lots, abs(self.size_lots))
        realised = self._reduce(closed, price)
        if opened := size_lots - closed:
            self.size_lots = side.sign * opened
            self.cost_quote = opened * self.lot_value * price
        return realised

    def _reduce(self, closed: int, price: Decimal) -> Decimal:
        held, direction = abs(self.size_lots), 1 if self.size_lots > 0 else -1
        if closed == held:
            removed = self.cost_quote
        else:
            share = self.cost_quote * closed / held
            removed = share.quantize(COST_STEP, rounding=ROUND_HALF_EVEN)
        self.cost_quote -= removed
        self.size_lots -= direction * closed
        return direction * (closed * self.lot_value * price - removed)

    @property
    def average_price(self) -> Decimal | None:
        """Average entry, or None when flat; rounded to 1e-12."""
        if self.size_lots == 0:
            return None
        exact = self.cost_quote / (abs(self.size_lots) * self.lot_value)
        return exact.quantize(COST_STEP, rounding=ROUND_HALF_EVEN)

    def unrealised(self, price: Decimal) -> Decimal:
        """PnL of the open part at a price, in quote currency."""
        value = abs(self.size_lots) * self.lot_value * price
        return value - self.cost_quote if self.size_lots >= 0 else self.cost_quote - value
