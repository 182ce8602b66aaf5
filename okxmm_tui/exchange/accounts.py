"""Exact books of one account: cash, positions, fees and realised PnL of USDT-settled linear swaps.

Conventions (all money is Decimal and exact but for two documented roundings):

* Open cost of a position is the sum of contracts x contract value x price over its openings.
* A reduction by c of n contracts removes cost x c / n, quantised to 1e-12 half-even; closing removes
  the whole rest, so a flat position has cost 0 exactly.
* Realised PnL of a reduction is sign x (c x contract value x price - removed cost).
* A fee is notional x rate, never rounded; OKX sign, negative is charged.
* The average price shown is cost / (n x contract value), quantised to 1e-12.
"""

from __future__ import annotations

from decimal import Decimal, localcontext

from msgspec import Struct

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.exchange.numbers import EXACT, MONEY_STEP, ZERO


class Position(Struct):
    """Net position of one instrument."""

    instrument: Instrument
    lots: int = 0
    """Signed: positive is long."""
    open_cost: Decimal = ZERO
    """Cost of the open contracts, in USDT; never negative."""
    realised: Decimal = ZERO
    """Realised PnL of all time without fees, in USDT."""
    fees: Decimal = ZERO
    """Fees of all time, in USDT; negative is charged."""
    funding: Decimal = ZERO
    """Funding of all time, in USDT; negative is paid."""
    life_start: tuple[Decimal, Decimal, Decimal] = (ZERO, ZERO, ZERO)
    """Realised, fees and funding when the position was last opened from flat."""
    trade_id: str = ""
    opened_ms: int = 0
    updated_ms: int = 0

    def face(self, lots: int) -> Decimal:
        """Base-currency amount of a lot count."""
        with localcontext(EXACT):
            return lots * self.instrument.lot_size * self.instrument.contract_value

    def average_price(self) -> Decimal:
        """Average entry price, quantised to 1e-12; 0 when flat."""
        with localcontext(EXACT):
            return (self.open_cost / self.face(abs(self.lots))).quantize(MONEY_STEP) if self.lots else ZERO

    def unrealised(self, mark: Decimal) -> Decimal:
        """Unrealised PnL at a mark price, in USDT."""
        with localcontext(EXACT):
            return self.face(self.lots) * mark - (self.open_cost if self.lots >= 0 else -self.open_cost)

    def value(self, mark: Decimal) -> Decimal:
        """Absolute position value at a mark price, in USDT."""
        with localcontext(EXACT):
            return self.face(abs(self.lots)) * mark

    def apply(self, signed_lots: int, price: Decimal) -> Decimal:
        """Take a fill and return the realised PnL; a flip is a close followed by an opening."""
        with localcontext(EXACT):
            realised = ZERO
            if self.lots * signed_lots < 0:
                closing = min(abs(self.lots), abs(signed_lots))
                realised = self._reduce(closing, price)
                signed_lots += closing if signed_lots < 0 else -closing
            if signed_lots:
                self.open_cost += self.face(abs(signed_lots)) * price
                self.lots += signed_lots
            self.realised += realised
            return realised

    def _reduce(self, closing: int, price: Decimal) -> Decimal:
        size, sign = abs(self.lots), 1 if self.lots > 0 else -1
        removed = self.open_cost
        if closing < size:
            removed = (self.open_cost * closing / size).quantize(MONEY_STEP)
        self.open_cost -= removed
        self.lots -= sign * closing
        return sign * (self.face(closing) * price - removed)


class Settlement(Struct, frozen=True):
    """Money effects of one fill, in USDT."""

    realised: Decimal
    fee: Decimal
    notional: Decimal


class Account:
    """Cash and positions; the cash identity balance = start + realised + fees + funding always holds."""

    def __init__(self, balance: Decimal) -> None:
        self.initial = balance
        self.cash = balance
        self.positions: dict[str, Position] = {}
        self.updated_ms = 0

    def position(self, instrument: Instrument) -> Position:
        """Position of an instrument, flat if it never traded."""
        return self.positions.setdefault(instrument.inst_id, Position(instrument))

    def apply_fill(
        self,
        instrument: Instrument,
        signed_lots: int,
        price: Decimal,
        *,
        rate: Decimal,
        trade_id: str,
        now_ms: int,
    ) -> Settlement:
        """Book one fill.

        Args:
            instrument: A linear, USDT-settled instrument.
            signed_lots: Filled lots, positive for a buy.
            price: Exact fill price.
            rate: Fee rate, OKX sign.
            trade_id: Id of the fill.
            now_ms: Unix ms.
        """
        position = self.position(instrument)
        if position.lots == 0:
            position.opened_ms = now_ms
            position.life_start = (position.realised, position.fees, position.funding)
        with localcontext(EXACT):
            notional = position.face(abs(signed_lots)) * price
            fee = notional * rate
            realised = position.apply(signed_lots, price)
            position.fees += fee
            self.cash += realised + fee
        position.trade_id, position.updated_ms, self.updated_ms = trade_id, now_ms, now_ms
        return Settlement(realised, fee, notional)

    def transfer(self, amount: Decimal, now_ms: int) -> None:
        """Move cash in from outside, or out when negative; the initial balance moves with it."""
        with localcontext(EXACT):
            self.initial += amount
            self.cash += amount
        self.updated_ms = now_ms

    def settle_funding(self, position: Position, mark: Decimal, rate: Decimal, now_ms: int) -> Decimal:
        """Pay or receive funding on an open position; returns the signed cash change."""
        with localcontext(EXACT):
            amount = -(position.face(position.lots) * mark * rate)
            position.funding += amount
            self.cash += amount
        position.updated_ms = self.updated_ms = now_ms
        return amount
