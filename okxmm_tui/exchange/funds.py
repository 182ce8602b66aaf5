"""Whether the account can pay for an order: margin of contracts, balances of spot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.types import Side
from okxmm_tui.exchange.api_error import ApiError
from okxmm_tui.exchange.margin import MarginView, spot_hold
from okxmm_tui.exchange.orders import Order
from okxmm_tui.exchange.state import VenueState

Levels = Sequence[tuple[int, int, int]]
"""Levels a taker would meet, best first: price ticks, displayed lots, lots still there."""

SUB_CODE = "1000"


def refuse_unfunded(
    state: VenueState, order: Order, levels: Levels = (), among: Iterable[Order] = ()
) -> None:
    """Refuse a new order the account cannot pay for.

    Args:
        state: The venue.
        order: The order, not yet stored.
        levels: What a spot market order would meet.
        among: Further orders of the same request that are not stored either.

    Raises:
        ApiError: 51008, or 51131 for spot market orders.
    """
    before = state.margin(*among)
    if order.is_spot:
        is_market = order.ord_type == "market"
        ccy, amount = _market_need(order, levels) if is_market else spot_hold(order)
        if amount > before.spendable(ccy):
            code = "51131" if is_market else "51008"
            raise ApiError(code, f"Order failed. Insufficient {ccy} balance in account.", SUB_CODE)
    elif not order.only_reduces:
        ccy = order.listing.instrument.settle_ccy
        if _is_short(before, state.margin(*among, order), ccy):
            raise ApiError("51008", f"Order failed. Insufficient {ccy} margin in account.", SUB_CODE)


def refuse_unfunded_amend(state: VenueState, order: Order, before: tuple[int | None, int]) -> None:
    """Refuse an amend, already written into its order, that the account cannot pay for.

    Args:
        state: The venue.
        order: The amended order.
        before: Its price ticks and size lots before.

    Raises:
        ApiError: 51502.
    """
    after, wanted = state.margin(), (order.price_ticks, order.size_lots)
    order.price_ticks, order.size_lots = before
    old = state.margin()
    old_hold = spot_hold(order)[1]
    order.price_ticks, order.size_lots = wanted
    if order.is_spot:
        ccy, amount = spot_hold(order)
        is_short = amount > old_hold and amount - old_hold > old.spendable(ccy)
    else:
        is_short = not order.only_reduces and _is_short(old, after, order.listing.instrument.settle_ccy)
    if is_short:
        raise ApiError("51502", "Order modification failed due to insufficient balance.", SUB_CODE)


def _is_short(before: MarginView, after: MarginView, ccy: str) -> bool:
    needed = after.needed(ccy)
    return needed > after.backing(ccy) and needed > before.needed(ccy)


def _market_need(order: Order, levels: Levels) -> tuple[str, Decimal]:
    ours = order.listing.instrument
    if order.side is Side.SELL:
        return ours.base_ccy, ours.size(order.size_lots)
    if order.quote_amount is not None:
        return ours.quote_ccy, order.quote_amount
    left, cost = order.size_lots, Decimal(0)
    for price_ticks, _, available in levels:
        taken = min(left, available)
        cost += ours.price(price_ticks) * ours.size(taken)
        left -= taken
    return ours.quote_ccy, cost


def lots_for_quote(ours: Instrument, amount: Decimal, levels: Levels, edge_ticks: int) -> int:
    """Lots an amount of quote buys or is sold for, walking the book; beyond it, at the edge price.

    Args:
        ours: A spot pair.
        amount: Quote currency to spend or to receive.
        levels: What the order would meet, best first.
        edge_ticks: Price limit of the order.
    """
    lots, left = 0, amount
    for price_ticks, _, available in levels:
        per_lot = ours.price(price_ticks) * ours.lot_size
        taken = min(int(left / per_lot), available)
        lots, left = lots + taken, left - taken * per_lot
        if taken < available:
            return lots
    return lots + int(left / (ours.price(edge_ticks) * ours.lot_size))
