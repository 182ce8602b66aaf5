"""Exact books of contracts: what a position cost, what a reduction realised.

Conventions, in the settlement currency (quote for linear, coin for inverse contracts):

* The worth of n contracts at a price is n x contract value x price (linear, exact) or
  n x contract value / price (inverse, rounded half-even to 1e-16: a quotient has no exact form).
* Open cost is the sum of the worths of a position's openings. A reduction by c of n contracts removes
  cost x c / n, rounded half-even to 1e-12 (linear) or 1e-16 (inverse); closing removes the whole rest,
  so flat means cost 0 exactly.
* Realised PnL is sign x (worth at exit - removed cost), with the sign turned round for inverse
  contracts, whose coin worth falls as the price rises.
* The average price shown is cost / face (linear) or face / cost (inverse, the harmonic mean of the
  openings), rounded half-even to 1e-12 or 1e-8.
"""

from __future__ import annotations

from decimal import Decimal, localcontext

from msgspec import Struct

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.types import ContractKind, PositionSide
from okxmm_tui.exchange.numbers import COIN_PRICE_STEP, COIN_STEP, EXACT, MONEY_STEP, ZERO

CROSS, ISOLATED, CASH = "cross", "isolated", "cash"
"""Trade modes; OKX ``tdMode`` and ``mgnMode``."""


def worth(ours: Instrument, lots: int, price: Decimal) -> Decimal:
    """Worth of contracts at a price, in the settlement currency; the sign is that of ``lots``."""
    with localcontext(EXACT):
        face = lots * ours.lot_size * ours.contract_value
        if ours.kind is not ContractKind.INVERSE:
            return face * price
        return (face / price).quantize(COIN_STEP) if price else ZERO


class Position(Struct):
    """One position: an instrument, a side and a margin mode."""

    instrument: Instrument
    side: PositionSide = PositionSide.NET
    margin_mode: str = CROSS
    lots: int = 0
    """Signed: positive is long, in every position mode."""
    open_cost: Decimal = ZERO
    """Cost of the open contracts; never negative."""
    margin: Decimal = ZERO
    """Margin set aside; isolated positions only."""
    realised: Decimal = ZERO
    """Realised PnL of all time without fees."""
    fees: Decimal = ZERO
    """Fees of all time; negative is charged."""
    funding: Decimal = ZERO
    """Funding of all time; negative is paid."""
    life_start: tuple[Decimal, Decimal, Decimal] = (ZERO, ZERO, ZERO)
    """Realised, fees and funding when the position was last opened from flat."""
    trade_id: str = ""
    opened_ms: int = 0
    updated_ms: int = 0

    @property
    def shown_lots(self) -> int:
        """Lots as OKX shows them: signed in net mode, positive in long/short mode."""
        return self.lots if self.side is PositionSide.NET else abs(self.lots)

    @property
    def is_inverse(self) -> bool:
        """Whether it is settled in coin."""
        return self.instrument.kind is ContractKind.INVERSE

    def face(self, lots: int) -> Decimal:
        """Contract value of a lot count: base currency (linear) or USD (inverse)."""
        with localcontext(EXACT):
            return lots * self.instrument.lot_size * self.instrument.contract_value

    def average_price(self) -> Decimal:
        """Average entry price, rounded; 0 when flat."""
        if not self.lots:
            return ZERO
        with localcontext(EXACT):
            face = self.face(abs(self.lots))
            if self.is_inverse:
                return (face / self.open_cost).quantize(COIN_PRICE_STEP)
            return (self.open_cost / face).quantize(MONEY_STEP)

    def unrealised(self, mark: Decimal) -> Decimal:
        """Unrealised PnL at a mark price."""
        with localcontext(EXACT):
            gain = worth(self.instrument, self.lots, mark) - (
                self.open_cost if self.lots >= 0 else -self.open_cost
            )
            return -gain if self.is_inverse else gain

    def value(self, mark: Decimal) -> Decimal:
        """Absolute position value at a mark price."""
        return worth(self.instrument, abs(self.lots), mark)

    def apply(self, signed_lots: int, price: Decimal, lever: Decimal | None = None) -> Decimal:
        """Take a fill and return the realised PnL; a flip is a close followed by an opening.

        Args:
            signed_lots: Filled lots, positive for a buy.
            price: Exact fill price.
            lever: Leverage that sizes the margin set aside by an opening; None sets nothing aside.
        """
        with localcontext(EXACT):
            realised = ZERO
            # A flip shares the worth of its fill, so that rounding never makes it more than one fill.
            cost = worth(self.instrument, abs(signed_lots), price)
            if self.lots * signed_lots < 0:
                closing = min(abs(self.lots), abs(signed_lots))
                proceeds = worth(self.instrument, closing, price)
                realised = self._reduce(closing, proceeds)
                cost -= proceeds
                signed_lots += closing if signed_lots < 0 else -closing
            if signed_lots:
                self.open_cost += cost
                self.lots += signed_lots
                if lever is not None:
                    self.margin += (cost / lever).quantize(MONEY_STEP)
            self.realised += realised
            return realised

    def _reduce(self, closing: int, proceeds: Decimal) -> Decimal:
        size, sign = abs(self.lots), 1 if self.lots > 0 else -1
        removed, freed = self.open_cost, self.margin
        step = COIN_STEP if self.is_inverse else MONEY_STEP
        if closing < size:
            removed = (self.open_cost * closing / size).quantize(step)
            freed = (self.margin * closing / size).quantize(step)
        self.open_cost -= removed
        self.margin -= freed
        self.lots -= sign * closing
        gain = sign * (proceeds - removed)
        return -gain if self.is_inverse else gain
