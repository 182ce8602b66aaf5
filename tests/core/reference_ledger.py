"""Slow and obviously right books in exact fractions, to hold the real ones against.

No rounding, no incremental tricks: every figure is worked out from the list of trades each time it is asked
for.
"""

from __future__ import annotations

from fractions import Fraction

from okxmm_tui.core.types import ContractKind

Number = Fraction | int


class ReferenceLedger:
    """A list of trades (signed quantity, price), cash flows, and what follows from them.

    Quantities are base currency for linear and spot, USD face for inverse.
    """

    def __init__(self, kind: ContractKind) -> None:
        self.kind = kind
        self.trades: list[tuple[Fraction, Fraction, Fraction]] = []
        """(quantity, price, fee in base currency)."""
        self.flows: list[Fraction] = []
        """Fees, funding and the like, in settlement currency."""

    def trade(self, quantity: Number, price: Number, base_fee: Number = 0) -> None:
        """Remember a trade; quantity is positive when bought."""
        self.trades.append((Fraction(quantity), Fraction(price), Fraction(base_fee)))

    def flow(self, amount: Number) -> None:
        """Remember money that came (positive) or went."""
        self.flows.append(Fraction(amount))

    def pnl_of(self, quantity: Fraction, entry: Fraction, leave: Fraction) -> Fraction:
        """Textbook PnL of one quantity (docs/definitions.md, PnL by instrument)."""
        if self.kind is ContractKind.INVERSE:
            return quantity * (1 / entry - 1 / leave)
        return quantity * (leave - entry)

    @property
    def position(self) -> Fraction:
        """Sum of all fills, base fees taken off."""
        return sum((quantity + fee for quantity, _, fee in self.trades), Fraction(0))

    def total(self, price: Number) -> Fraction:
        """Everything earned by now: each trade marked against one price by the textbook."""
        mark = Fraction(price)
        earned = sum(
            (self.pnl_of(quantity, traded, mark) for quantity, traded, _ in self.trades), Fraction(0)
        )
        fees = sum((fee * mark for _, _, fee in self.trades), Fraction(0))
        return earned + fees + sum(self.flows, Fraction(0))

    def realised(self) -> Fraction:
        """Realised PnL by average cost, replayed trade by trade with the average kept as a fraction."""
        held, average, total = Fraction(0), Fraction(0), Fraction(0)
        for executed, executed_price, fee in self.trades:
            # A fee in base currency: less (or more) was received for the same money.
            quantity = executed + fee
            if not quantity:  # it ate all that was traded: what was paid is lost
                total -= executed * executed_price
                continue
            price = executed_price * executed / quantity if fee else executed_price
            if held * quantity >= 0:
                average = self._average(held, average, quantity, price)
                held += quantity
                continue
            closed = min(abs(quantity), abs(held))
            total += self.pnl_of(closed if held > 0 else -closed, average, price)
            held += quantity
            if held * quantity > 0:
                average = price
        return total

    def _average(self, held: Fraction, average: Fraction, quantity: Fraction, price: Fraction) -> Fraction:
        if not held:
            return price
        if self.kind is ContractKind.INVERSE:
            return (held + quantity) / (held / average + quantity / price)
        return (held * average + quantity * price) / (held + quantity)
