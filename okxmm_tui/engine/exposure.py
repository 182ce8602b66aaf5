"""What the account has at stake over all markets, in quote currency; dollars of every make count as one."""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.core.orders import OwnOrder
from okxmm_tui.core.types import Side
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.session import Session

DOLLARS = frozenset({"USDT", "USDC", "USD"})


def equity_quote(session: Session) -> Decimal | None:
    """Equity of the account: dollars at one, coins at the mid of a market that trades them.

    None while no balance is known. A coin no market prices is left out: it cannot carry our orders.
    """
    if not session.balances:
        return None
    total = Decimal(0)
    for ccy, balance in session.balances.items():
        if ccy in DOLLARS:
            total += balance.equity
            continue
        price = next(
            (m.valuation_price for m in session.markets.values() if m.instrument.base_ccy == ccy), None
        )
        total += balance.equity * price if price is not None else 0
    return total


def open_quote(session: Session, leaving_out: OwnOrder | None) -> Decimal:
    """Value of what could still fill in all markets, one order left out."""
    total = Decimal(0)
    for market in session.markets.values():
        for order in market.orders.working:
            if order is not leaving_out and not order.is_closing:
                total += market.instrument.notional_quote(order.remaining_lots, order.price_ticks)
    return total


def others_quote(session: Session, market: Market) -> tuple[Decimal, Decimal]:
    """(gross, net) of the other markets: worst cases without sign, positions with it."""
    gross = net = Decimal(0)
    for other in session.markets.values():
        if other is market or not other.is_two_sided:
            continue
        held = other.position_lots
        worst = max(
            abs(held + other.orders.exposed_lots(Side.BUY)),
            abs(held - other.orders.exposed_lots(Side.SELL)),
        )
        value = other.instrument.notional_quote(1, other.bid_ticks)
        gross += worst * value
        net += held * value
    return gross, net
