"""Freezes the books for a snapshot; reads and never changes them."""

from __future__ import annotations

from okxmm_tui.core.accounting.curve import MINUTES_PER_DAY
from okxmm_tui.core.accounting.views import AccountingView, PerformanceView, period_view
from okxmm_tui.engine.bookkeeping import Bookkeeper
from okxmm_tui.engine.market import Market


def accounting_view(books: Bookkeeper, market: Market) -> AccountingView:
    """The books of one market, and how well it trades."""
    ledger, quality, instrument = market.ledger, market.quality, market.instrument
    mid, price = market.mid_price, market.valuation_price
    missing = [books.account.trust.incomplete] if books.account.trust.incomplete else []
    if ledger.position.quantity and not ledger.position.basis:
        missing.append("the position was taken over without its average price")
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
        markouts=quality.markouts.rows(),
        presence=quality.presence.view(),
        activity=quality.activity.view(),
        episodes=quality.episodes.view(),
        incomplete="; ".join(missing),
        brought_in=quality.attribution.brought_in(mid),
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
    return PerformanceView(curve.drawdown(), curve.view(), curve.average, turnover)
