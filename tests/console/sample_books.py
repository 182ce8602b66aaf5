"""Books of account as a session that earns the spread and loses some of it again would have them."""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.core.accounting.activity import ActivityView
from okxmm_tui.core.accounting.attribution import Decomposition
from okxmm_tui.core.accounting.curve import Drawdown, RiskAdjustedView
from okxmm_tui.core.accounting.episodes import EpisodesView
from okxmm_tui.core.accounting.markouts import MarkoutRow
from okxmm_tui.core.accounting.presence import PresenceView
from okxmm_tui.core.accounting.retention import RetentionView
from okxmm_tui.core.accounting.tail import TailView
from okxmm_tui.core.accounting.viability import EdgeView
from okxmm_tui.core.accounting.views import (
    AccountingView,
    FundingView,
    IdentityView,
    PerformanceView,
    PeriodView,
)


def period(scale: int = 1) -> PeriodView:
    """Booked figures of a period."""
    return PeriodView(
        realised=Decimal("120.10") * scale,
        maker_fees=Decimal("-29.12") * scale,
        maker_rebates=Decimal(0),
        taker_fees=Decimal("-2.62") * scale,
        taker_rebates=Decimal(0),
        funding=Decimal("-1.20") * scale,
        interest=Decimal(0),
        forced=Decimal(0),
        conversion=Decimal(0),
        booked=Decimal("87.16") * scale,
        booked_quote=Decimal("87.16") * scale,
        fees_in_cost_quote=Decimal(0),
        turnover_quote=Decimal("148204.5") * scale,
        fills=1_284 * scale,
        fee_bps=-2.14,
        maker_share=0.93,
    )


def books() -> AccountingView:
    """The books of one market."""
    rows = [
        MarkoutRow("all", "all", horizon, mean, 0.08 + horizon / 900, 1_284, horizon // 30)
        for horizon, mean in ((0, 1.62), (1, 1.31), (5, 0.94), (30, 0.42), (60, 0.18), (300, -0.35))
    ]
    rows += [
        MarkoutRow("side", bucket, horizon, mean, 0.1, 642, 1)
        for bucket, shift in (("buy", 0.1), ("sell", -0.2))
        for horizon, mean in ((0, 1.6 + shift), (1, 1.3 + shift), (5, 0.9 + shift), (30, 0.4 + shift))
    ]
    return AccountingView(
        settle_ccy="USDT",
        quote_ccy="USDT",
        session=period(),
        day=period(2),
        inception=period(5),
        unrealised_mark=Decimal("4.04"),
        unrealised_mid=Decimal("4.31"),
        net_settle=Decimal("92.40"),
        net_quote=Decimal("92.40"),
        revaluation_quote=Decimal(0),
        other_fees=(),
        decomposition=Decomposition(
            spread=Decimal("168.30"),
            adverse=Decimal("-61.75"),
            drift=Decimal("22.11"),
            fees=Decimal("-29.12"),
            rebates=Decimal(0),
            funding=Decimal("-1.20"),
            taker=Decimal("-5.94"),
            other=Decimal(0),
        ),
        markouts=tuple(rows),
        presence=PresenceView(5_400.0, 0.91, 0.06, 0.03, 0.01, 0.0, 0.84),
        activity=ActivityView(
            1_310, 9_214, 377, 1_300, 0.42, 0.31, 8.5, 73.5, 12_400.0, 11.9, 84.0, 0.12, 0.31
        ),
        episodes=EpisodesView(212, 148, 3, 0.58, 1.42, 1, 4),
        incomplete="",
        edges=(
            EdgeView("", 1_242, 1.62, 2.0, 1.20, 0.01, -1.59, 0.11),
            EdgeView("buy", 621, 1.70, 2.0, 1.20, 0.03, -1.53, 0.15),
            EdgeView("sell", 621, 1.40, 2.0, 1.20, -0.03, -1.77, 0.15),
        ),
        funding=FundingView(
            Decimal("0.0001"), 1_763_654_400_000, 28_800_000, 0.42, Decimal("-0.31"), Decimal("-0.31")
        ),
        own_share=0.00412,
        fill_ratio=14.1,
        retention=RetentionView(8_120, 1_094, 8_120 / 9_214, 3.4, 1_020),
    )


def performance() -> PerformanceView:
    """How well the account did within some hours."""
    return PerformanceView(
        Drawdown(84.2, 0.00084, 1_763_700_000 * 10**9, 1_763_700_900 * 10**9, None, 12.1),
        RiskAdjustedView(244, 0, 3.1, None, 4.2, 2.8, is_indicative=True),
        100_040.0,
        1.6,
        TailView(244, -21.4, 1_763_701_000 * 10**9, -48.25, 1_763_701_100 * 10**9, -12.75, None),
        14.1,
    )


def identity() -> IdentityView:
    """The account's books, which agree with the venue."""
    zero = Decimal(0)
    return IdentityView(
        ccy="USDT", equity=Decimal("100092.40"), opening=Decimal(100_000), transfers=zero,
        realised=Decimal("120.10"), unrealised=Decimal("4.04"), fees=Decimal("-31.74"), funding=zero,
        interest=zero, forced=zero, conversion=zero, revaluation=zero, residual=zero,
        tolerance=Decimal(10), residuals=(), unpriced=(), is_trustworthy=True, reason="", incomplete="",
        holding=Decimal("-3.20"),
    )  # fmt: skip
