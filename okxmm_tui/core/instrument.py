"""Instrument metadata and the exact conversions between venue strings, ticks and lots.

Sizes are contracts for derivatives and base currency for spot (OKX v5, instruments); a lot is
``lotSz`` of that unit and a tick is ``tickSz`` of the price.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct, structs

from okxmm_tui.core.decimals import read_decimal
from okxmm_tui.core.types import ContractKind
from okxmm_tui.errors import WireError


class Instrument(Struct, frozen=True):
    """One tradable instrument, as the venue describes it."""

    inst_id: str
    inst_type: str
    """OKX instType: SWAP, FUTURES, SPOT, ..."""
    kind: ContractKind
    code: int | None
    """OKX instIdCode, 64-bit; None until the venue has generated it."""
    tick_size: Decimal
    lot_size: Decimal
    min_size_lots: int
    max_limit_lots: int
    contract_value: Decimal
    """ctVal x ctMult: base currency per contract (linear), USD per contract (inverse), 1 for spot."""
    base_ccy: str
    quote_ccy: str
    settle_ccy: str
    """Currency of PnL and fees of derivatives; the quote currency for spot."""
    state: str = "live"
    max_leverage: Decimal = Decimal(1)
    expires_ms: int | None = None
    """When the contract is delivered (OKX expTime); None for what does not expire."""
    changes_ms: int | None = None
    """When an announced change of tick, lot or smallest size takes effect (OKX upcChg); None when none is."""

    @property
    def is_tradable(self) -> bool:
        """Whether new orders are allowed; unknown states are not tradable."""
        return self.state == "live"

    def has_units_of(self, other: Instrument) -> bool:
        """Whether a tick, a lot and a contract mean the same in both."""
        return (self.tick_size, self.lot_size, self.contract_value) == (
            other.tick_size,
            other.lot_size,
            other.contract_value,
        )

    def in_units_of(self, other: Instrument) -> Instrument:
        """These facts in the ticks and lots of before, so that what is under way keeps its meaning."""
        if self.has_units_of(other):
            return self
        return structs.replace(
            self,
            tick_size=other.tick_size,
            lot_size=other.lot_size,
            contract_value=other.contract_value,
            min_size_lots=other.min_size_lots,
            max_limit_lots=other.max_limit_lots,
        )

    @property
    def is_spot(self) -> bool:
        """Whether trading it moves two balances instead of a position."""
        return self.kind is ContractKind.SPOT

    @property
    def size_unit(self) -> str:
        """What one unit of size is: ``ct`` for contracts, the base currency for spot."""
        return self.base_ccy if self.is_spot else "ct"

    @property
    def price_decimals(self) -> int:
        """Digits after the point that show every tick."""
        return _decimals(self.tick_size)

    @property
    def size_decimals(self) -> int:
        """Digits after the point that show every lot."""
        return _decimals(self.lot_size)

    def price_to_ticks(self, price: str | Decimal) -> int:
        """Convert an exact price to ticks.

        Raises:
            WireError: The price is no number or no multiple of the tick size.
        """
        try:
            number = read_decimal(price)
        except WireError as error:
            raise WireError(f"price of {self.inst_id}: {error}") from error
        ticks = int(number / self.tick_size)
        if ticks * self.tick_size != number:
            raise WireError(f"price '{number:f}' of {self.inst_id} was no multiple of {self.tick_size:f}.")
        return ticks

    def nearest_ticks(self, price: str | Decimal) -> tuple[int, Decimal | None]:
        """Convert a price of the past: its nearest tick, and the price itself where it lies between two.

        Venues change ticks; what was ordered and traded before keeps its price.

        Raises:
            WireError: The price is no number.
        """
        number = read_decimal(price)
        ticks = int((number / self.tick_size).to_integral_value())
        return ticks, None if ticks * self.tick_size == number else number

    def split_size(self, size: str | Decimal) -> tuple[int, Decimal]:
        """Convert a size to its whole lots, towards zero, and what is left of it.

        Venues change lots; what was ordered, traded and is held from before keeps its size.

        Raises:
            WireError: The size is no number.
        """
        number = read_decimal(size)
        lots = int(number / self.lot_size)
        return lots, (number - lots * self.lot_size) or Decimal(0)

    def price(self, price_ticks: int) -> Decimal:
        """Price of a tick count, in quote currency."""
        return price_ticks * self.tick_size

    def size(self, size_lots: int) -> Decimal:
        """Size of a lot count, in contracts (or base currency for spot)."""
        return size_lots * self.lot_size

    def price_text(self, price_ticks: int) -> str:
        """Price as the venue writes it: fixed decimals of the tick size."""
        return format(self.price(price_ticks), "f")

    def size_text(self, size_lots: int) -> str:
        """Size as the venue reads it."""
        return format(self.size(size_lots), "f")

    def base_amount(self, size_lots: int, price_ticks: int) -> Decimal:
        """Base-currency exposure of a size; the price matters for inverse contracts only."""
        face = self.size(size_lots) * self.contract_value
        return face / self.price(price_ticks) if self.kind is ContractKind.INVERSE else face

    def notional_quote(self, size_lots: int, price_ticks: int) -> Decimal:
        """Value of a size at a price, in quote currency (USD face for inverse contracts)."""
        return self.notional_at(size_lots, self.price(price_ticks))

    def notional_at(self, size_lots: int, price: Decimal) -> Decimal:
        """Value of a size at any price, such as a mid or a mark, in quote currency."""
        return self.notional_of(self.size(size_lots), price)

    def notional_of(self, size: Decimal, price: Decimal) -> Decimal:
        """The same for a size in contracts (base currency for spot).

        Inverse contracts are worth their USD face at every price (OKX v5, instruments).
        """
        face = size * self.contract_value
        return face if self.kind is ContractKind.INVERSE else face * price


def _decimals(step: Decimal) -> int:
    exponent = step.normalize().as_tuple().exponent
    return max(0, -int(exponent))
