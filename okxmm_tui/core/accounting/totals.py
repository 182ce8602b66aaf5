"""Running totals of one instrument over three periods: the session, the UTC day, and since inception."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.accounting.bills import Flow

DAY_MS = 86_400_000
ZERO = Decimal(0)


class Totals(Struct):
    """Sums of one period, in settlement currency (coin for inverse) where no unit is named.

    Fees keep the OKX sign: negative is charged, positive is a rebate.
    """

    realised: Decimal = ZERO
    maker_fees: Decimal = ZERO
    maker_rebates: Decimal = ZERO
    taker_fees: Decimal = ZERO
    taker_rebates: Decimal = ZERO
    funding: Decimal = ZERO
    interest: Decimal = ZERO
    forced: Decimal = ZERO
    conversion: Decimal = ZERO
    turnover_quote: Decimal = ZERO
    maker_turnover_quote: Decimal = ZERO
    realised_quote: Decimal = ZERO
    """Realised, converted at each booking; differs from ``realised`` for inverse contracts only."""
    fees_quote: Decimal = ZERO
    rebates_quote: Decimal = ZERO
    """The part of ``fees_quote`` that was paid to us."""
    flows_quote: Decimal = ZERO
    """Funding, interest, forced and conversion, converted at each booking."""
    funding_quote: Decimal = ZERO
    """The funding in it."""
    fees_in_cost_quote: Decimal = ZERO
    """Fees in base currency, at their fill's price: part of the position's cost, so never added again."""
    fills: int = 0
    maker_fills: int = 0
    bought: Decimal = ZERO
    sold: Decimal = ZERO
    """Sizes: contracts, or base currency for spot."""

    @property
    def fees(self) -> Decimal:
        """All fees and rebates in settlement currency."""
        return self.maker_fees + self.maker_rebates + self.taker_fees + self.taker_rebates

    @property
    def flows(self) -> Decimal:
        """What bills brought or took: funding, interest, forced changes, conversion."""
        return self.funding + self.interest + self.forced + self.conversion

    @property
    def booked(self) -> Decimal:
        """All but the unrealised part."""
        return self.realised + self.fees + self.flows

    @property
    def booked_quote(self) -> Decimal:
        """The same, each converted when it was booked."""
        return self.realised_quote + self.fees_quote + self.flows_quote

    @property
    def fee_bps(self) -> float | None:
        """Fees over notional traded, in basis points with the OKX sign; None before the first fill."""
        if not self.turnover_quote:
            return None
        return float(1e4 * float((self.fees_quote + self.fees_in_cost_quote) / self.turnover_quote))

    @property
    def maker_share(self) -> float | None:
        """Maker notional over all notional; None before the first fill."""
        return float(self.maker_turnover_quote / self.turnover_quote) if self.turnover_quote else None

    def add_fee(self, fee: Decimal, fee_quote: Decimal, *, is_maker: bool) -> None:
        """Book a fee or rebate in settlement currency, and what it was worth."""
        self.fees_quote += fee_quote
        if fee > 0:
            self.rebates_quote += fee_quote
        if is_maker and fee > 0:
            self.maker_rebates += fee
        elif is_maker:
            self.maker_fees += fee
        elif fee > 0:
            self.taker_rebates += fee
        else:
            self.taker_fees += fee

    def add_flow(self, flow: Flow, amount: Decimal, amount_quote: Decimal) -> None:
        """Book a bill that belongs to this instrument."""
        match flow:
            case Flow.FUNDING:
                self.funding += amount
                self.funding_quote += amount_quote
            case Flow.INTEREST:
                self.interest += amount
            case Flow.FORCED:
                self.forced += amount
            case Flow.CONVERSION:
                self.conversion += amount
            case _:
                return
        self.flows_quote += amount_quote


class Periods:
    """The same figures over three periods; the day rolls over at UTC midnight of the events themselves.

    An event of an earlier day that arrives late counts for the session and since inception, never for today.
    """

    def __init__(
        self, inception: Totals | None = None, day: Totals | None = None, day_number: int = 0
    ) -> None:
        self.session = Totals()
        self.day = day or Totals()
        self.inception = inception or Totals()
        self.day_number = day_number
        """Days since 1970 of the day being counted."""

    def at(self, venue_ms: int) -> tuple[Totals, ...]:
        """Totals an event of a time belongs to, after rolling the day over where it begins a new one."""
        self.roll(venue_ms)
        if venue_ms // DAY_MS < self.day_number:
            return self.session, self.inception
        return self.session, self.day, self.inception

    def roll(self, venue_ms: int) -> bool:
        """Start a new day when the time is in one; returns whether it did."""
        number = venue_ms // DAY_MS
        if number <= self.day_number:
            return False
        self.day, self.day_number = Totals(), number
        return True
