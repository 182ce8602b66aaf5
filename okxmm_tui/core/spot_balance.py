"""What a spot session holds: a spot position is a balance, and a fee may be taken out of what was bought.

A buy of 1 BTC with a fee of 0.001 BTC brings 0.999 BTC, which need not be whole lots (OKX v5, fees: "in the
received currency"). The exact amount is kept as ``Decimal``; its whole lots are the position, and what is
less than a lot stays in the residual instead of being rounded away.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

from msgspec import Struct

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import Fill

ZERO = Decimal(0)


class SpotFlow(Struct, frozen=True):
    """What one fill moved, signed: positive came in."""

    base: Decimal
    quote: Decimal


def flow_of(fill: Fill, instrument: Instrument) -> SpotFlow:
    """Both sides of a fill, its fee included; a fee in a third currency moves neither."""
    size, price = fill.size(instrument.lot_size), fill.price(instrument.tick_size)
    base, quote = fill.side.sign * size, -fill.side.sign * size * price
    # OKX sign: a negative fee is charged, so adding it is right for charges and rebates alike.
    if fill.fee_ccy == instrument.base_ccy:
        base += fill.fee
    elif fill.fee_ccy == instrument.quote_ccy:
        quote += fill.fee
    return SpotFlow(base, quote)


class SpotHolding:
    """Changes of both balances by one spot market since the session took the account over."""

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self.base_change = ZERO
        """Exact; the position in base currency."""
        self.quote_change = ZERO
        self._fresh_base: list[tuple[int, Decimal]] = []
        self._fresh_quote: list[tuple[int, Decimal]] = []
        """What fills moved that the last balance may not contain yet, with their venue time in Unix ms."""

    @property
    def whole_lots(self) -> int:
        """The position in whole lots, rounded down: what can be sold again."""
        lots = self.base_change / self._instrument.lot_size
        return int(lots.to_integral_value(ROUND_FLOOR))

    @property
    def residual_base(self) -> Decimal:
        """Base currency beyond the whole lots, at least 0 and less than a lot."""
        return self.base_change - self.whole_lots * self._instrument.lot_size

    def book(self, fill: Fill) -> None:
        """Take one fill in; the caller sees to it that each comes once."""
        flow = flow_of(fill, self._instrument)
        self.base_change += flow.base
        self.quote_change += flow.quote
        self._fresh_base.append((fill.venue_ms, flow.base))
        self._fresh_quote.append((fill.venue_ms, flow.quote))

    def settle_base(self, balance_ms: int) -> None:
        """A base balance as of a venue time has come: it contains the fills up to then."""
        self._fresh_base = [(at_ms, moved) for at_ms, moved in self._fresh_base if at_ms > balance_ms]

    def settle_quote(self, balance_ms: int) -> None:
        """A quote balance as of a venue time has come: it contains the fills up to then."""
        self._fresh_quote = [(at_ms, moved) for at_ms, moved in self._fresh_quote if at_ms > balance_ms]

    @property
    def unsettled_base(self) -> Decimal:
        """Base currency moved by fills that the last base balance does not contain."""
        return sum((moved for _, moved in self._fresh_base), ZERO)

    @property
    def unsettled_quote(self) -> Decimal:
        """Quote currency moved by fills that the last quote balance does not contain."""
        return sum((moved for _, moved in self._fresh_quote), ZERO)

    def start_over(self) -> None:
        """Count from here: what was filled before is part of the balance taken over."""
        self.base_change = self.quote_change = ZERO
        self._fresh_base, self._fresh_quote = [], []
