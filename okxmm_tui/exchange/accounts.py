"""Exact books of one account: balances by currency, positions, fees and realised PnL.

Money is Decimal and exact but for the roundings ``positions`` documents. A fee is worth x rate, never
rounded, with OKX's sign: negative is charged. Fees of contracts are in the settlement currency, fees of
spot in the currency received: base of a buy, quote of a sell (OKX v5, trade-fee).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext

from msgspec import Struct

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.types import PositionSide
from okxmm_tui.exchange.numbers import EXACT, ZERO
from okxmm_tui.exchange.positions import CROSS, ISOLATED, Position, worth
from okxmm_tui.exchange.spot_book import SpotBook

MAIN_CCY = "USDT"
"""Currency of the balance an exchange starts with."""

PositionKey = tuple[str, PositionSide, str]
"""(instId, posSide, mgnMode)."""


class Settlement(Struct, frozen=True):
    """Money effects of one fill."""

    changes: tuple[tuple[str, Decimal], ...]
    """Balance changes by currency: one for contracts, base then quote for spot; fee and PnL inside."""
    realised: Decimal
    """Realised PnL as OKX reports it: settlement currency, 0 for spot."""
    fee: Decimal
    fee_ccy: str
    notional: Decimal
    """Worth of the fill: settlement currency of contracts, quote of spot."""


class Account:
    """Balances and books; every balance = start + transfers + realised + fees + funding + spot exchanged."""

    def __init__(self, balance: Decimal, coins: Mapping[str, Decimal] | None = None) -> None:
        self.started: dict[str, Decimal] = {MAIN_CCY: balance, **(coins or {})}
        self.balances = dict(self.started)
        self.positions: dict[PositionKey, Position] = {}
        self.spot: dict[str, SpotBook] = {}
        self.updated_ms = 0

    @property
    def cash(self) -> Decimal:
        """Balance of the main currency."""
        return self.balance(MAIN_CCY)

    @property
    def initial(self) -> Decimal:
        """Starting balance of the main currency."""
        return self.started[MAIN_CCY]

    def balance(self, ccy: str) -> Decimal:
        """Balance of a currency; 0 when there never was any."""
        return self.balances.get(ccy, ZERO)

    def credit(self, ccy: str, amount: Decimal, now_ms: int) -> None:
        """Change a balance."""
        with localcontext(EXACT):
            self.balances[ccy] = self.balance(ccy) + amount
        self.updated_ms = now_ms

    def position(
        self, instrument: Instrument, side: PositionSide = PositionSide.NET, mode: str = CROSS
    ) -> Position:
        """Position of an instrument, side and margin mode, flat if it never traded."""
        key = (instrument.inst_id, side, mode)
        return self.positions.setdefault(key, Position(instrument, side, mode))

    def open_positions(self) -> list[Position]:
        """Positions that are not flat, in the order they first traded."""
        return [one for one in self.positions.values() if one.lots]

    def apply_fill(
        self,
        instrument: Instrument,
        signed_lots: int,
        price: Decimal,
        *,
        rate: Decimal,
        trade_id: str,
        now_ms: int,
        side: PositionSide = PositionSide.NET,
        mode: str = CROSS,
        lever: Decimal = Decimal(1),
    ) -> Settlement:
        """Book one fill of contracts.

        Args:
            instrument: A linear or inverse contract.
            signed_lots: Filled lots, positive for a buy.
            price: Exact fill price.
            rate: Fee rate, OKX sign.
            trade_id: Id of the fill.
            now_ms: Unix ms.
            side: Position the fill belongs to; in long/short mode never flipped by the caller.
            mode: ``cross`` or ``isolated``.
            lever: Leverage of an isolated opening.
        """
        position = self.position(instrument, side, mode)
        if position.lots == 0:
            position.opened_ms = now_ms
            position.life_start = (position.realised, position.fees, position.funding)
        with localcontext(EXACT):
            notional = worth(instrument, abs(signed_lots), price)
            fee = notional * rate
            realised = position.apply(signed_lots, price, lever if mode == ISOLATED else None)
            position.fees += fee
            change = realised + fee
        self.credit(instrument.settle_ccy, change, now_ms)
        position.trade_id, position.updated_ms = trade_id, now_ms
        ccy = instrument.settle_ccy
        return Settlement(((ccy, change),), realised, fee, ccy, notional)

    def apply_spot_fill(
        self, instrument: Instrument, signed_lots: int, price: Decimal, *, rate: Decimal, now_ms: int
    ) -> Settlement:
        """Book one spot fill: base against quote, the fee out of what is received.

        Args:
            instrument: A spot pair.
            signed_lots: Filled lots, positive for a buy.
            price: Exact fill price.
            rate: Fee rate, OKX sign.
            now_ms: Unix ms.
        """
        base, quote = instrument.base_ccy, instrument.quote_ccy
        book = self.spot.setdefault(instrument.inst_id, SpotBook(instrument))
        with localcontext(EXACT):
            size = abs(signed_lots) * instrument.lot_size
            value = size * price
            if signed_lots > 0:
                fee, fee_ccy = size * rate, base
                changes = ((base, size + fee), (quote, -value))
                book.base_fees += fee
                book.apply(size + fee, value)
            else:
                fee, fee_ccy = value * rate, quote
                changes = ((base, -size), (quote, value + fee))
                book.quote_fees += fee
                book.apply(-size, value)
        for ccy, change in changes:
            self.credit(ccy, change, now_ms)
        return Settlement(changes, ZERO, fee, fee_ccy, value)

    def transfer(self, ccy: str, amount: Decimal, now_ms: int) -> None:
        """Move cash in from outside, or out when negative; the starting balance moves with it."""
        with localcontext(EXACT):
            self.started[ccy] = self.started.get(ccy, ZERO) + amount
        self.credit(ccy, amount, now_ms)

    def settle_funding(self, position: Position, mark: Decimal, rate: Decimal, now_ms: int) -> Decimal:
        """Pay or receive funding on an open position; returns the signed balance change."""
        with localcontext(EXACT):
            amount = -(worth(position.instrument, position.lots, mark) * rate)
            position.funding += amount
            if position.margin_mode == ISOLATED:
                position.margin += amount
        self.credit(position.instrument.settle_ccy, amount, now_ms)
        position.updated_ms = now_ms
        return amount
