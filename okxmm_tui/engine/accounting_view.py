"""Freezes the books for a snapshot; reads and never changes them."""

from __future__ import annotations

from okxmm_tui.core.accounting.curve import MINUTES_PER_DAY
from okxmm_tui.core.accounting.fill_ratio import fill_ratio
from okxmm_tui.core.accounting.funding import funding_view
from okxmm_tui.core.accounting.viability import EdgeView
from okxmm_tui.core.accounting.views import AccountingView, FundingView, PerformanceView, period_view
from okxmm_tui.engine.bookkeeping import Bookkeeper
from okxmm_tui.engine.market import Market


def accounting_view(books: Bookkeeper, market: Market, *, has_details: bool = False) -> AccountingView:
    """The books of one market, and how well it trades.

    Args:
        books: Of the account.
        market: The market.
        has_details: Whether markouts by rank and hour are wanted too: a report has room for them, a picture
            that is sent ten times a second has not.
    """
    ledger, quality, instrument = market.ledger, market.quality, market.instrument
    mid, price = market.mid_price, market.valuation_price
    missing = [books.account.trust.incomplete] if books.account.trust.incomplete else []
    if ledger.position.quantity and not ledger.position.basis:
        missing.append("the position was taken over without its average price")
    activity, funding = quality.activity, funding_view(ledger, market.funding, price, books.venue_ms)
    return AccountingView(
        settle_ccy=instrument.settle_ccy,
        quote_ccy=instrument.quote_ccy,
        session=period_view(ledger.periods.session),
        day=period_view(ledger.periods.day),
        inception=period_view(ledger.periods.inception),
        unrealised_mark=ledger.unrealised(market.mark_price) if market.mark_price is not None else None,
        unrealised_mid=ledger.unrealised(mid) if mid is not None else None,
        net_settle=ledger.net(price),
        net_quote=ledger.net_quote(price),
        revaluation_quote=ledger.revaluation_quote(price),
        other_fees=tuple(sorted(ledger.other_fees.items())),
        decomposition=quality.attribution.figures(mid),
        markouts=quality.markouts.rows(has_details=has_details),
        presence=quality.presence.view(),
        activity=activity.view(),
        episodes=quality.episodes.view(),
        incomplete="; ".join(missing),
        brought_in=quality.attribution.brought_in(mid),
        edges=_edges(market, funding),
        funding=funding,
        own_share=quality.own_share.share,
        fill_ratio=fill_ratio(instrument, activity.notional, activity.orders_counted),
        retention=quality.retention.view(instrument.lot_size),
    )


def quoted_half_bps(market: Market) -> float | None:
    """Half-spread quoted now; None while nothing is, for what was wanted before a stop is no quote of now."""
    target = None if market.blocked else market.target
    return 1e4 * target.half_spread_ticks / target.fair_ticks if target and target.fair_ticks else None


def _edges(market: Market, funding: FundingView | None) -> tuple[EdgeView, ...]:
    held_s = market.quality.activity.mean_holding_s
    buy_funding_bps = 0.0
    if funding is not None and held_s is not None:
        buy_funding_bps = 1e4 * float(funding.rate) * held_s * 1e3 / funding.interval_ms
    return market.quality.markouts.viability.rows(
        quoted_bps=quoted_half_bps(market),
        fee_bps=1e4 * float(market.fees.maker),
        buy_funding_bps=buy_funding_bps,
    )


def performance_view(books: Bookkeeper) -> PerformanceView | None:
    """The account's equity curve in figures; None before the first equity."""
    curve = books.curve
    if curve.average is None:
        return None
    days = curve.span_days
    turnover = None
    if days * MINUTES_PER_DAY >= 1 and curve.average > 0:
        turnover = books.turnover / curve.average / days
    return PerformanceView(
        curve.drawdown(), curve.view(), curve.average, turnover, curve.tail.view(), books.fill_ratio
    )
