"""Builds the picture a console sees; reads the session and never changes it."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from itertools import islice

from okxmm_tui.core.limits import HIGHER_IS_SAFER, LOWER_IS_SAFER, Limits
from okxmm_tui.core.market_views import FillView, GhostView, MarketView, OrderView, SideView
from okxmm_tui.core.opportunity_views import PartsView
from okxmm_tui.core.orders import OrderStatus, OwnOrder
from okxmm_tui.core.snapshot import AccountView, DeadManView, HealthView, LimitView, Snapshot
from okxmm_tui.core.types import Mode, Side
from okxmm_tui.engine.accounting_view import accounting_view, performance_view, quoted_half_bps
from okxmm_tui.engine.alignment import QUOTING, SENT
from okxmm_tui.engine.flatten import hedge_text
from okxmm_tui.engine.gauges import account_gauges, market_gauges
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.opportunities import opportunities
from okxmm_tui.engine.preflight_view import preflight_view
from okxmm_tui.engine.reducer import Reducer
from okxmm_tui.strategies.base import Composition
from okxmm_tui.strategies.registry import STRATEGIES

LEVELS_SHOWN = 60
FILLS_SHOWN = 50
LOG_LINES_SHOWN = 100
DONE_ORDERS_SHOWN = 30
NS_PER_MS = 1_000_000


def build_snapshot(reducer: Reducer, seq: int) -> Snapshot:
    """Take one picture of the engine as it stands."""
    session, safety = reducer.session, reducer.safety
    started, machine = session.started, session.machine
    return Snapshot(
        seq=seq,
        at_ns=session.now_ns,
        session_id=started.session_id,
        mode=started.mode,
        account=started.account,
        account_id=started.account_id,
        tag=started.tag,
        strategy=started.strategy,
        trading_state=machine.state.value,
        state_reason=machine.reason,
        state_since_ns=machine.since_ns,
        armed_until_ns=machine.armed_until_ns if machine.is_armed(session.now_ns) else None,
        markets=tuple(_market(reducer, market) for market in session.markets.values()),
        account_view=_account(reducer),
        alarms=session.alarms.views(),
        health=_health(reducer),
        dead_man=DeadManView(
            is_armed=safety.is_dead_man_armed(),
            expires_ns=safety.dead_man_expires_ns,
            timeout_s=session.limits.dead_man_timeout_s,
            problem=safety.dead_man_problem,
        ),
        kill=safety.kill_run.view() if safety.kill_run is not None else None,
        log=tuple(session.log)[-LOG_LINES_SHOWN:],
        consoles=safety.consoles,
        is_quitting=safety.is_quitting,
        needs_phrase=machine.waits_for_arming
        and started.mode is Mode.LIVE
        and not session.limits.is_headless,
        is_widened=session.is_widened,
        limits=_limits(session.limits),
        strategies=tuple(STRATEGIES),
        identity=reducer.books.account.identity(),
        performance=performance_view(reducer.books),
        scan=session.scan,
        preflight=preflight_view(reducer),
    )


def _account(reducer: Reducer) -> AccountView:
    session = reducer.session
    markets = tuple(session.markets.values())
    ccy = markets[0].instrument.settle_ccy if markets else ""
    balance = session.balances.get(ccy)
    return AccountView(
        ccy=ccy,
        equity=balance.equity if balance else None,
        available=balance.available if balance else None,
        gauges=account_gauges(reducer),
        net_quote=sum((m.ledger.net_quote(m.valuation_price) for m in markets), Decimal(0)),
    )


@lru_cache(maxsize=8)
def _limits(limits: Limits) -> tuple[LimitView, ...]:
    names = (name for name in limits.__struct_fields__ if name in LOWER_IS_SAFER | HIGHER_IS_SAFER)
    return tuple(LimitView(name, Decimal(getattr(limits, name)), name in LOWER_IS_SAFER) for name in names)


def _health(reducer: Reducer) -> HealthView:
    session = reducer.session
    clock, feed = session.clock, session.feed
    return HealthView(
        public_up=session.public_up,
        private_up=session.private_up,
        loop_lag_ms=session.loop_lag_ns / NS_PER_MS,
        events_per_s=reducer.watchdog.events_per_s,
        order_budget_used=session.budget.used,
        order_budget_limit=session.budget.limit,
        post_only_cancels=session.post_only_cancels,
        rejects=session.rejects,
        reconciled_ns=reducer.reconciler.checked_ns,
        reconciled_text=reducer.reconciler.checked_text,
        latencies=reducer.watchdog.latency.views(),
        latency_spikes=reducer.watchdog.latency.spikes,
        clock_offset_ms=clock.offset_ns / NS_PER_MS if clock else None,
        clock_uncertainty_ms=clock.uncertainty_ns / NS_PER_MS if clock else None,
        order_route="rest" if any(m.order_route == "rest" for m in session.markets.values()) else "ws",
        self_trades=session.self_trades,
        feed_received=feed.received if feed else 0,
        feed_conflated=feed.conflated if feed else 0,
        feed_oldest_ms=feed.oldest_ns / NS_PER_MS if feed else None,
        venue_delay_ms=feed.venue_delay_ns / NS_PER_MS if feed else None,
        stream_losses=session.stream_losses,
    )


def _market(reducer: Reducer, market: Market) -> MarketView:
    ledger, price = market.ledger, market.valuation_price
    last, signals = market.last_trade, market.signals.summary()
    # What a strategy thought before it was stopped is no fair value of now.
    target = None if market.blocked else market.target
    return MarketView(
        instrument=market.instrument,
        book_state=market.book_state.value,
        book_age_ms=_age_ms(reducer, market.last_book_ns),
        bids=market.book.bids.top(LEVELS_SHOWN),
        asks=market.book.asks.top(LEVELS_SHOWN),
        mark_price=market.mark_price,
        last_trade_ticks=last.price_ticks if last else None,
        last_trade_side=last.side if last else None,
        fair_ticks=target.fair_ticks if target else None,
        half_spread_bps=quoted_half_bps(market),
        volatility_bps=signals.volatility_per_sqrt_s * 1e4,
        bid=_side(market, Side.BUY),
        ask=_side(market, Side.SELL),
        orders=tuple(_order(market, order) for order in market.orders.working),
        fills=_fills(market, reducer.session.recorded_step),
        fill_count=ledger.fill_count,
        position_lots=market.position_lots,
        hedge_text=hedge_text([market]),
        average_price=ledger.position.average_price,
        realised_quote=ledger.realised_quote,
        unrealised_quote=ledger.unrealised_quote(price),
        fees_quote=ledger.fees_quote,
        net_quote=ledger.net_quote(price),
        pnl_history=tuple(market.pnl_history),
        params=market.params.views(),
        params_version=market.params.version,
        gauges=market_gauges(reducer, market),
        strategy=market.strategy.name,
        ghosts=_ghosts(reducer, market),
        param_changes=tuple(market.param_changes),
        flatten=reducer.flatten.view(market),
        only_reduce=reducer.execution.only_reduce(market),
        order_route=market.order_route,
        trades=market.tape.newest(),
        flow=market.tape.flow(reducer.session.now_ns // NS_PER_MS),
        done_orders=tuple(_order(market, order) for order in market.orders.newest_done(DONE_ORDERS_SHOWN)),
        accounting=accounting_view(reducer.books, market),
        signals=signals,
        bid_parts=_parts(market, target.bid_parts if target else None),
        ask_parts=_parts(market, target.ask_parts if target else None),
        opportunities=opportunities(market),
        mark_age_ms=_age_ms(reducer, market.marked_ns),
    )


def _age_ms(reducer: Reducer, at_ns: int | None) -> int | None:
    return None if at_ns is None else (reducer.session.now_ns - at_ns) // NS_PER_MS


def _parts(market: Market, parts: Composition | None) -> PartsView | None:
    mid_ticks = (market.bid_ticks + market.ask_ticks) / 2
    if parts is None or mid_ticks <= 0:
        return None
    ticks = parts.base, parts.volatility, parts.inventory, parts.toxicity, parts.fees, parts.external
    return PartsView(*(1e4 * each / mid_ticks for each in (*ticks, parts.total)))


def _side(market: Market, side: Side) -> SideView:
    state = market.sides[side]
    quote = state.quotes[0] if state.quotes else None
    orders = market.orders.side(side)
    statuses = {order.status for order in orders}
    # Said when the order was sent, and answered since: the next decision would say so a moment later.
    is_answered = state.reason == SENT and statuses == {OrderStatus.LIVE}
    return SideView(
        is_quoting=OrderStatus.LIVE in statuses,
        reason=QUOTING if is_answered else state.reason,
        since_ns=state.since_ns,
        target_ticks=quote.price_ticks if quote else None,
        target_lots=quote.size_lots if quote else None,
        is_muted=state.is_muted,
        is_pulling=quote is None and any(order.cancel_sent_ns is not None for order in orders),
    )


def _order(market: Market, order: OwnOrder) -> OrderView:
    queue = market.queues.get(order.cl_ord_id)
    return OrderView(
        cl_ord_id=order.cl_ord_id,
        side=order.side,
        price_ticks=order.price_ticks,
        size_lots=order.size_lots,
        filled_lots=order.filled_lots,
        status=_status(order),
        created_ns=order.created_ns,
        queue_ahead_lots=queue.ahead_lots if queue else None,
        decision=order.decision,
        is_manual=order.is_manual,
        params_version=order.params_version,
        fill_probability=market.fill_probability(order),
    )


def _status(order: OwnOrder) -> str:
    if not order.is_done:
        return order.shown_status
    return "filled" if order.filled_lots >= order.size_lots else "cancelled"


def _fills(market: Market, recorded_step: int) -> tuple[FillView, ...]:
    newest = islice(zip(market.fills, market.fill_steps, strict=True), FILLS_SHOWN)
    return tuple(
        FillView(
            venue_ms=booked.fill.venue_ms,
            side=booked.fill.side,
            price_ticks=booked.fill.price_ticks,
            size_lots=booked.fill.size_lots,
            fee=booked.fill.fee,
            fee_ccy=booked.fill.fee_ccy,
            liquidity=booked.fill.liquidity,
            realised_quote=booked.realised_quote,
            trade_id=booked.fill.trade_id,
            is_recorded=step <= recorded_step,
            cl_ord_id=booked.fill.cl_ord_id,
        )
        for booked, step in newest
    )


def _ghosts(reducer: Reducer, market: Market) -> tuple[GhostView, ...]:
    target = reducer.execution.previewed(market)
    if target is None:
        return ()
    return tuple(GhostView(quote.side, quote.price_ticks, quote.size_lots) for quote in target.quotes)
