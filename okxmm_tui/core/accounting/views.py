"""What a console and a summary see of the books: frozen figures, additive to the snapshot."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.accounting.activity import ActivityView
from okxmm_tui.core.accounting.attribution import Decomposition
from okxmm_tui.core.accounting.curve import Drawdown, RiskAdjustedView
from okxmm_tui.core.accounting.episodes import EpisodesView
from okxmm_tui.core.accounting.markouts import MarkoutRow
from okxmm_tui.core.accounting.presence import PresenceView
from okxmm_tui.core.accounting.retention import RetentionView
from okxmm_tui.core.accounting.tail import TailView
from okxmm_tui.core.accounting.totals import Totals
from okxmm_tui.core.accounting.viability import EdgeView


class PeriodView(Struct, frozen=True, gc=False):
    """Booked figures of one period, in settlement currency; fees with the OKX sign, nothing unrealised."""

    realised: Decimal
    maker_fees: Decimal
    maker_rebates: Decimal
    taker_fees: Decimal
    taker_rebates: Decimal
    funding: Decimal
    interest: Decimal
    forced: Decimal
    conversion: Decimal
    booked: Decimal
    """Sum of all of these."""
    booked_quote: Decimal
    """The same in quote currency, each part converted when it was booked."""
    fees_in_cost_quote: Decimal
    """Fees in base currency (spot): part of the position's cost already, shown only."""
    turnover_quote: Decimal
    fills: int
    fee_bps: float | None
    """All fees over notional; negative is charged."""
    maker_share: float | None


class FundingView(Struct, frozen=True, gc=False):
    """The next settlement and what the present position has accrued towards it."""

    rate: Decimal
    """To be charged at the settlement; positive means longs pay."""
    settles_ms: int
    """When, Unix ms of the venue."""
    interval_ms: int
    elapsed: float
    """Share of the interval that has passed, 0..1."""
    accrued: Decimal
    """In settlement currency, with the sign its bill would have: negative is owed. In no other figure."""
    accrued_quote: Decimal


class AccountingView(Struct, frozen=True, gc=False):
    """The books of one instrument. Inverse: ``settle`` figures are coin, ``quote`` figures are USD."""

    settle_ccy: str
    quote_ccy: str
    session: PeriodView
    day: PeriodView
    """Since UTC midnight."""
    inception: PeriodView
    unrealised_mark: Decimal | None
    """In settlement currency, on the mark: what the venue liquidates by."""
    unrealised_mid: Decimal | None
    """In settlement currency, on the mid: what trading is judged by."""
    net_settle: Decimal
    net_quote: Decimal
    revaluation_quote: Decimal
    """Gain of coin earned earlier since it was booked; zero for linear and spot."""
    other_fees: tuple[tuple[str, Decimal], ...]
    """Fees in third currencies, by currency; in no other figure."""
    decomposition: Decomposition
    markouts: tuple[MarkoutRow, ...]
    presence: PresenceView
    activity: ActivityView
    episodes: EpisodesView
    incomplete: str
    """Why the figures are labelled "incomplete"; empty when they are not."""
    brought_in: Decimal = Decimal(0)
    """In settlement currency: what a position from before the session had gained or lost by then. It is in
    unrealised and net, and no part of the decomposition."""
    edges: tuple[EdgeView, ...] = ()
    """What a maker fill is expected to earn: both sides, then each."""
    funding: FundingView | None = None
    """What has accrued and is not settled; None where nothing can accrue."""
    own_share: float | None = None
    """Own share of the market's volume, 0..1."""
    fill_ratio: float | None = None
    """OKX's own, of this market alone."""
    retention: RetentionView | None = None


class IdentityView(Struct, frozen=True, gc=False):
    """The account's books against the venue's equity, in the reporting currency.

    ``equity - opening - transfers`` equals the sum of all lines from ``realised`` to ``residual``, exactly
    (docs/definitions.md, Identity).
    """

    ccy: str
    equity: Decimal
    """As the venue last reported it, carried on with what was booked since."""
    opening: Decimal
    transfers: Decimal
    realised: Decimal
    unrealised: Decimal
    """Change of unrealised PnL, on the mark."""
    fees: Decimal
    funding: Decimal
    interest: Decimal
    forced: Decimal
    """Liquidation, ADL and delivery."""
    conversion: Decimal
    revaluation: Decimal
    """Change of what the coins held are worth, beyond the positions themselves."""
    residual: Decimal
    """What nothing explains."""
    tolerance: Decimal
    residuals: tuple[tuple[str, Decimal], ...]
    """By currency, in that currency; zeros left out."""
    unpriced: tuple[str, ...]
    """Currencies with movement and without a price: in no figure but ``residuals``."""
    is_trustworthy: bool
    reason: str
    incomplete: str
    holding: Decimal | None = None
    """What the opening portfolio would have gained if nothing had been traded since; None of an older engine,
    which does not tell."""

    @property
    def gain(self) -> Decimal:
        """What the account has gained without transfers; holding nothing would have gained zero."""
        return self.equity - self.opening - self.transfers


class PerformanceView(Struct, frozen=True, gc=False):
    """The account's equity curve in figures."""

    drawdown: Drawdown
    ratios: RiskAdjustedView
    average_equity: float | None
    turnover_per_day: float | None
    """Notional traded over average equity, per day."""
    tail: TailView | None = None
    fill_ratio: float | None = None
    """OKX's own, of all markets of the session."""


def period_view(totals: Totals) -> PeriodView:
    """Freeze one period."""
    return PeriodView(
        realised=totals.realised,
        maker_fees=totals.maker_fees,
        maker_rebates=totals.maker_rebates,
        taker_fees=totals.taker_fees,
        taker_rebates=totals.taker_rebates,
        funding=totals.funding,
        interest=totals.interest,
        forced=totals.forced,
        conversion=totals.conversion,
        booked=totals.booked,
        booked_quote=totals.booked_quote,
        fees_in_cost_quote=totals.fees_in_cost_quote,
        turnover_quote=totals.turnover_quote,
        fills=totals.fills,
        fee_bps=totals.fee_bps,
        maker_share=totals.maker_share,
    )
