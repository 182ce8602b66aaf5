"""Books of account as a session that earns the spread and loses some of it again would have them."""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.core.accounting.activity import ActivityView
from okxmm_tui.core.accounting.attribution import Decomposition
from okxmm_tui.core.accounting.episodes import EpisodesView
from okxmm_tui.core.accounting.markouts import MarkoutRow
from okxmm_tui.core.accounting.presence import PresenceView
from okxmm_tui.core.accounting.views import AccountingView, PeriodView


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
        presence=PresenceView(5_400.0, 0.91, 0.06, 0.03, 0.01, 0.0),
        activity=ActivityView(
            1_310, 9_214, 377, 1_300, 0.42, 0.31, 8.5, 73.5, 12_400.0, 11.9, 84.0, 0.12, 0.31
        ),
        episodes=EpisodesView(212, 148, 3, 0.58, 1.42, 1, 4),
        incomplete="",
    )
