"""Spot in the engine: what may be sold and bought, and the balances compared with the fills.

A spot pair has no row in the positions channel. Its position is the change of the base balance since the
session took the account over; the balance itself is the venue's figure to compare with.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from okxmm_tui.core.messages import AccountBill, BalanceUpdate
from okxmm_tui.core.orders import OrderStatus, OwnOrder
from okxmm_tui.core.spot_balance import SpotHolding
from okxmm_tui.core.types import Side
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.session import Session
from okxmm_tui.strategies.base import Quote

ZERO = Decimal(0)


def adopt_balances(session: Session, balances: Sequence[BalanceUpdate]) -> None:
    """Take the present balances as the beginning; a currency without a row is at zero.

    What the books of earlier sessions took over stays: their pairs count on from there. Bills of this merge
    that moved any other currency are in its balance already.
    """
    known = session.taken_over or {}
    bases = {each.instrument.base_ccy for each, _ in spot_markets(session) if each.is_carried_on}
    carried = {ccy: cash for ccy, cash in known.items() if ccy in bases}
    session.taken_over = {**{balance.ccy: balance.cash for balance in balances}, **carried}
    for market, holding in spot_markets(session):
        if market.is_carried_on:
            continue
        holding.start_over()
        if market.ledger.position.size_lots:
            market.ledger.position.adopt(0, None)


def explain(session: Session, bill: AccountBill) -> None:
    """A transfer, interest or the like moves a balance and no position."""
    if session.taken_over is not None:
        session.taken_over[bill.ccy] = session.taken_over.get(bill.ccy, ZERO) + bill.change


def expected_cash(session: Session, ccy: str) -> Decimal:
    """Balance of a currency by our books: what was taken over, bills, and the fills of all pairs since."""
    total = (session.taken_over or {}).get(ccy, ZERO)
    for market, holding in spot_markets(session):
        if market.instrument.base_ccy == ccy:
            total += holding.base_change
        elif market.instrument.quote_ccy == ccy:
            total += holding.quote_change
    return total


def difference_base(session: Session, market: Market, cash: Decimal) -> Decimal:
    """The venue's base balance minus ours; zero where it cannot be told.

    Derivatives settled in that currency move it with every fill and funding, so that beside one of them the
    balance proves nothing about this pair.
    """
    ccy = market.instrument.base_ccy
    if session.taken_over is None or _is_margin(session, ccy):
        return ZERO
    return cash - expected_cash(session, ccy)


def take_over(market: Market, difference: Decimal) -> None:
    """Accept a difference that no fill and no bill explains: it is part of the position from now on."""
    if market.holding is None:
        return
    market.holding.base_change += difference
    if abs(difference) >= smallest_order(market):
        position = market.ledger.position
        position.adopt(market.holding.whole_lots, position.average_price, quantity=market.holding.base_change)


def _is_margin(session: Session, ccy: str) -> bool:
    markets = session.markets.values()
    return any(not each.instrument.is_spot and each.instrument.settle_ccy == ccy for each in markets)


def spot_markets(session: Session) -> list[tuple[Market, SpotHolding]]:
    """The session's spot pairs and their holdings."""
    return [(each, each.holding) for each in session.markets.values() if each.holding is not None]


def smallest_order(market: Market) -> Decimal:
    """Size below which nothing can be traded, in base currency."""
    return market.instrument.size(max(1, market.instrument.min_size_lots))


def whole_list(session: Session, listed: Sequence[BalanceUpdate]) -> tuple[BalanceUpdate, ...]:
    """A complete list of balances, with those the venue lists no more: they are at zero.

    OKX v5, account/balance, names only currencies that are not empty. Taken for "no news", a currency that
    was spent to the last digit would stay in the books with the amount of its last report. A list without any
    is no account's we trade on, and says nothing.
    """
    if not listed:
        return ()
    named = {balance.ccy for balance in listed}
    at_ms = max(balance.update_ms for balance in listed)
    gone = [known for ccy, known in session.balances.items() if ccy not in named]
    return (
        *listed,
        *(BalanceUpdate(known.ccy, ZERO, ZERO, ZERO, max(at_ms, known.update_ms), ZERO) for known in gone),
    )


def note_balance(session: Session, balance: BalanceUpdate) -> None:
    """Keep a balance, and let go of the fills it contains."""
    session.balances[balance.ccy] = balance
    for market, holding in spot_markets(session):
        if market.instrument.base_ccy == balance.ccy:
            holding.settle_base(balance.update_ms)
        elif market.instrument.quote_ccy == balance.ccy:
            holding.settle_quote(balance.update_ms)


def cost_quote(market: Market, orders: Sequence[OwnOrder]) -> Decimal:
    """What orders could still cost if all of them filled, in quote currency."""
    notional = market.instrument.notional_quote
    return sum((notional(order.remaining_lots, order.dearest_ticks) for order in orders), ZERO)


def sellable_lots(session: Session, market: Market) -> int | None:
    """Lots all sell orders of a pair together may sell; None for derivatives."""
    if market.holding is None:
        return None
    ccy = market.instrument.base_ccy
    owned = _usable(session, ccy, Side.SELL, leaving_out=market)
    if not _is_margin(session, ccy):
        owned = min(owned, expected_cash(session, ccy) - _held_back(session, ccy, Side.SELL, market))
    return max(0, int(owned // market.instrument.lot_size))


def spendable_quote(session: Session, market: Market) -> Decimal | None:
    """Quote currency all buy orders of a pair together may cost; None for derivatives."""
    if market.holding is None:
        return None
    return max(ZERO, _usable(session, market.instrument.quote_ccy, Side.BUY, leaving_out=market))


def _usable(session: Session, ccy: str, side: Side, *, leaving_out: Market) -> Decimal:
    """What the orders of one pair may use of a currency.

    The lesser of the cash and of what no order holds back (our own resting ones apart), less what fills took
    since that balance and what the orders of other pairs could still take.
    """
    balance = session.balances.get(ccy)
    if balance is None:
        return ZERO
    free = balance.available if balance.spendable is None else balance.spendable
    free += _held_back(session, ccy, side, None, only_live=True)
    gone = ZERO
    for market, holding in spot_markets(session):
        if side is Side.SELL and market.instrument.base_ccy == ccy:
            gone += holding.unsettled_base
        elif side is Side.BUY and market.instrument.quote_ccy == ccy:
            gone += holding.unsettled_quote
    return min(balance.cash, free) + min(gone, ZERO) - _held_back(session, ccy, side, leaving_out)


def _held_back(
    session: Session, ccy: str, side: Side, leaving_out: Market | None, *, only_live: bool = False
) -> Decimal:
    """What working orders of a side could still take of a currency: base for sells, quote for buys."""
    total = ZERO
    for market, _ in spot_markets(session):
        instrument = market.instrument
        uses = instrument.base_ccy if side is Side.SELL else instrument.quote_ccy
        if market is leaving_out or uses != ccy:
            continue
        orders = market.orders.side(side)
        if only_live:
            orders = [order for order in orders if order.status is OrderStatus.LIVE]
        if side is Side.BUY:
            total += cost_quote(market, orders)
        else:
            total += sum((instrument.size(order.remaining_lots) for order in orders), ZERO)
    return total


def affordable(
    session: Session, market: Market, side: Side, quotes: tuple[Quote, ...]
) -> tuple[tuple[Quote, ...], str]:
    """Cut the quotes of a side to what is owned or can be paid, the first of them served first.

    Returns:
        The quotes left, and why some are missing; unchanged for derivatives.
    """
    if market.holding is None or not quotes:
        return quotes, ""
    instrument = market.instrument
    owned_lots = sellable_lots(session, market) or 0
    funds = spendable_quote(session, market) or ZERO
    by_hand = [order for order in market.orders.side(side) if order.is_manual]
    owned_lots -= sum(order.remaining_lots for order in by_hand)
    funds -= cost_quote(market, by_hand)
    kept: list[Quote] = []
    for quote in quotes:
        if quote.price_ticks <= 0:
            kept.append(quote)  # risk refuses it and says why
            continue
        lot_cost = instrument.notional_quote(1, quote.price_ticks)
        room = owned_lots if side is Side.SELL else max(0, int(funds // lot_cost))
        size_lots = min(quote.size_lots, room)
        if size_lots < max(1, instrument.min_size_lots):
            ccy = instrument.base_ccy if side is Side.SELL else instrument.quote_ccy
            return tuple(kept), f"not enough {ccy}"
        kept.append(Quote(side, quote.price_ticks, size_lots))
        owned_lots -= size_lots
        funds -= size_lots * lot_cost
    return tuple(kept), ""
