"""What a decision is made from: the strategy's view of a market and the risk check's view of the account."""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.core.orders import OwnOrder
from okxmm_tui.core.risk import RiskContext
from okxmm_tui.core.trading_state import TradingState
from okxmm_tui.core.types import Side
from okxmm_tui.engine import exposure
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.session import Session
from okxmm_tui.engine.spot import cost_quote, sellable_lots, spendable_quote
from okxmm_tui.strategies.base import MarketInput

ZERO = Decimal(0)


def market_input(session: Session, market: Market) -> MarketInput:
    """What a strategy is given of a market that others quote on both sides: nothing of it is our own."""
    equity = exposure.equity_quote(session)
    signals = market.signals.summary()
    shown = market.bid_ticks, market.bid_lots, market.ask_ticks, market.ask_lots
    bid_ticks, bid_lots, ask_ticks, ask_lots = market.others or shown
    return MarketInput(
        instrument=market.instrument,
        now_ns=session.now_ns,
        bid_ticks=bid_ticks,
        ask_ticks=ask_ticks,
        position_lots=market.position_lots,
        volatility_per_sqrt_s=signals.volatility_per_sqrt_s,
        maker_fee=float(market.fees.maker),
        taker_fee=float(market.fees.taker),
        allow_below_fees=session.limits.allow_below_fees,
        bid_lots=bid_lots,
        ask_lots=ask_lots,
        average_price_ticks=market.average_price_ticks,
        equity_quote=float(equity) if equity is not None else None,
        signals=signals,
    )


def risk_context(session: Session, market: Market, leaving_out: OwnOrder | None) -> RiskContext:
    """What an order of a market is judged by.

    Args:
        session: The account and its limits.
        market: Where the order would go.
        leaving_out: An order about to be replaced, which does not count twice; None for a new one.
    """
    buys = [order for order in market.orders.side(Side.BUY) if order is not leaving_out]
    working = {side: market.orders.exposed_lots(side) for side in Side}
    if leaving_out is not None:
        working[leaving_out.side] -= leaving_out.remaining_lots
    budget = session.budget
    others = exposure.of_others(session, market)
    return RiskContext(
        instrument=market.instrument,
        state=_state(session, market),
        limits=session.limits,
        bid_ticks=market.bid_ticks,
        ask_ticks=market.ask_ticks,
        position_lots=market.position_lots,
        max_position_lots=market.max_position_lots,
        working_buy_lots=working[Side.BUY],
        working_sell_lots=working[Side.SELL],
        budget_left=budget.limit - budget.used,
        now_ns=session.now_ns,
        equity_quote=exposure.equity_quote(session),
        open_quote=exposure.open_quote(session, leaving_out),
        others_gross_quote=others.gross_quote,
        others_net_quote=others.net_quote,
        others_buy_quote=others.buy_quote,
        others_sell_quote=others.sell_quote,
        sellable_lots=sellable_lots(session, market),
        spendable_quote=spendable_quote(session, market),
        working_buy_quote=cost_quote(market, buys) if market.instrument.is_spot else ZERO,
        closable_long_lots=market.closable_lots(Side.SELL, leaving_out),
        closable_short_lots=market.closable_lots(Side.BUY, leaving_out),
    )


def is_reducing(session: Session, market: Market) -> bool:
    """Whether a market may send only what shrinks its position."""
    return _state(session, market) is TradingState.REDUCING


def _state(session: Session, market: Market) -> TradingState:
    state = session.machine.state
    return TradingState.REDUCING if state is TradingState.ACTIVE and market.only_reduce else state
