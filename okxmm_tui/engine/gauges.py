"""Every limit as a figure against it: what the operator has left, per market and for the account.

Reads the session and never changes it. Figures that are not known yet are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from okxmm_tui.core.market_views import GaugeView
from okxmm_tui.core.types import Side
from okxmm_tui.engine import exposure
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.reducer import Reducer

NS_PER_MS = 1_000_000


def market_gauges(reducer: Reducer, market: Market) -> tuple[GaugeView, ...]:
    """Figures of one market: what is held, what is watched, what every order is checked against."""
    return (
        *_holding(reducer, market),
        *reducer.guards.gauges(market),
        *_orders(reducer, market),
        *_losses(reducer, market),
    )


def account_gauges(reducer: Reducer) -> tuple[GaugeView, ...]:
    """Figures of the account: losses, exposure over all markets, links."""
    return (*reducer.loss_limits.gauges(), *_exposure(reducer), *_links(reducer))


def _holding(reducer: Reducer, market: Market) -> Iterator[GaugeView]:
    limits, instrument = reducer.session.limits, market.instrument
    yield _position(market)
    mid = market.mid_price
    if mid is not None:
        worth = instrument.notional_at(abs(market.position_lots), mid)
        yield _money("notional", worth, limits.max_position_notional_quote, instrument.quote_ccy)
    if market.last_book_ns is not None:
        age_ms = (reducer.session.now_ns - market.last_book_ns) / NS_PER_MS
        yield GaugeView(
            "book age",
            age_ms / limits.book_stale_ms,
            f"{age_ms / 1000:.1f} / {limits.book_stale_ms / 1000:.1f} s",
        )


def _is_limited(market: Market) -> bool:
    """Whether the strategy has a position limit of its own."""
    return "max_position" in market.params.values


def _position(market: Market) -> GaugeView:
    """The position against the strategy's own limit; the figure alone where it has none."""
    instrument, position, limit = market.instrument, market.position_lots, market.max_position_lots
    size = f"{instrument.size(position):+f}"
    if not _is_limited(market):
        return GaugeView("position", 0.0, f"{size} {instrument.size_unit}")
    share = abs(position) / limit if limit else float(position != 0)
    return GaugeView("position", share, f"{size} / {instrument.size(limit):f} {instrument.size_unit}")


def _orders(reducer: Reducer, market: Market) -> Iterator[GaugeView]:
    session, instrument, most = reducer.session, market.instrument, market.max_position_lots
    worst = max(side.sign * market.position_lots + market.orders.exposed_lots(side) for side in Side)
    if _is_limited(market):
        yield GaugeView(
            "worst position",
            max(0, worst) / most if most else float(worst > 0),
            f"{instrument.size(max(0, worst)):f} / {instrument.size(most):f} {instrument.size_unit}",
        )
    equity, largest = exposure.equity_quote(session), session.limits.max_order_notional_quote
    if equity is not None:
        largest = min(largest, max(exposure.SMALLEST, session.limits.max_order_share * equity))
    worths = (
        instrument.notional_quote(each.remaining_lots, each.dearest_ticks) for each in market.orders.working
    )
    yield _money("largest order", max(worths, default=Decimal(0)), largest, instrument.quote_ccy)
    streak = max(reducer.reconciler.refusals.streak(market, side) for side in Side)
    yield _count("same refusals", streak, session.limits.max_reject_streak)


def _losses(reducer: Reducer, market: Market) -> Iterator[GaugeView]:
    limits, guard = reducer.session.limits, reducer.position_guard
    loss = guard.loss_share(market)
    if loss is not None:
        loss = max(Decimal(0), loss)
        text = f"{loss * 100:.2f} / {limits.max_lot_loss * 100:.2f} %"
        yield GaugeView("position loss", float(loss / limits.max_lot_loss), text)
    yield _count("losing trips", guard.losses_in_a_row(market), limits.losing_trips)


def _exposure(reducer: Reducer) -> Iterator[GaugeView]:
    session, limits = reducer.session, reducer.session.limits
    all_markets, equity = exposure.of_others(session, None), exposure.equity_quote(session)
    net = max(
        abs(all_markets.net_quote + all_markets.buy_quote),
        abs(all_markets.net_quote - all_markets.sell_quote),
    )
    if equity is not None:
        backed = max(exposure.SMALLEST, equity)
        yield _money("open orders", exposure.open_quote(session, None), limits.max_open_share * backed)
        used = all_markets.gross_quote / backed
        text = f"{min(used, Decimal(999)):.2f} / {limits.max_leverage:.2f} x"
        yield GaugeView("leverage", float(used / limits.max_leverage), text)
    yield _money("gross exposure", all_markets.gross_quote, limits.max_gross_quote)
    yield _money("net exposure", net, limits.max_net_quote)


def _links(reducer: Reducer) -> Iterator[GaugeView]:
    session, limits = reducer.session, reducer.session.limits
    took_ms = reducer.watchdog.latency.answers_p95_ns / NS_PER_MS
    yield _milliseconds("order answers", took_ms, limits.api_latency_limit_ms)
    if session.clock is not None:
        yield _milliseconds("clock offset", abs(session.clock.offset_ns) / NS_PER_MS, limits.clock_limit_ms)
    if session.private_up:
        age_s, most_s = (session.now_ns - session.private_ns) / 1e9, limits.private_stale_ms / 1_000
        yield GaugeView("private stream", age_s / most_s, f"{age_s:.1f} / {most_s:.1f} s")


def _money(name: str, amount: Decimal, most: Decimal, ccy: str = "") -> GaugeView:
    return GaugeView(name, float(amount / most), f"{amount:,.0f} / {most:,.0f} {ccy}".rstrip())


def _count(name: str, count: int, most: int) -> GaugeView:
    return GaugeView(name, count / most, f"{count} / {most}")


def _milliseconds(name: str, value_ms: float, most_ms: int) -> GaugeView:
    return GaugeView(name, value_ms / most_ms, f"{value_ms:.0f} / {most_ms} ms")
