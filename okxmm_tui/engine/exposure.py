"""What the account has at stake over all markets, in quote currency; dollars of every make count as one."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.account import DOLLARS
from okxmm_tui.core.orders import OwnOrder
from okxmm_tui.core.types import Side
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.session import Session

SMALLEST = Decimal("0.01")
"""An equity of nothing, or less, backs this much: shares of it can still be told."""
UNPRICED = Decimal(10**15)
"""Worth of a lot nobody can price: more than any limit."""


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
                total += market.instrument.notional_quote(order.remaining_lots, order.dearest_ticks)
    return total


class Others(Struct, frozen=True, gc=False):
    """What the markets beside one have at stake."""

    gross_quote: Decimal = Decimal(0)
    """Worst cases without sign."""
    net_quote: Decimal = Decimal(0)
    """Positions with sign."""
    buy_quote: Decimal = Decimal(0)
    """What their buys could add to the net ..."""
    sell_quote: Decimal = Decimal(0)
    """... and what their sells could take from it."""


def of_others(session: Session, market: Market | None) -> Others:
    """Sum up every market but one (None: all); also those without a book, whose positions have not gone."""
    gross = net = buys = sells = Decimal(0)
    for other in session.markets.values():
        held = other.position_lots
        buy_lots, sell_lots = (other.orders.exposed_lots(side) for side in (Side.BUY, Side.SELL))
        if other is market or not (held or buy_lots or sell_lots):
            continue
        value = _lot_value(other)
        gross += max(abs(held + buy_lots), abs(held - sell_lots)) * value
        net += held * value
        buys += buy_lots * value
        sells += sell_lots * value
    return Others(gross, net, buys, sells)


def _lot_value(market: Market) -> Decimal:
    """What a lot is worth: by the best bid, else by the last price there was, else by what was paid."""
    if market.is_two_sided:
        return market.instrument.notional_quote(1, market.bid_ticks)
    price = market.valuation_price or market.ledger.position.average_price
    return market.instrument.notional_at(1, price) if price else UNPRICED
