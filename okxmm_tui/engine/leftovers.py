"""Takes in orders that an earlier session left at the venue."""

from __future__ import annotations

from okxmm_tui.core.messages import OrderUpdate
from okxmm_tui.core.orders import OrderStatus, OwnOrder
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.execution import Execution
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.preflight import LEFTOVER
from okxmm_tui.engine.session import Session


def adopt_leftover(session: Session, execution: Execution, market: Market, update: OrderUpdate) -> None:
    """Count an order of our tag that this session did not place as ours, from the venue's first word of it.

    It is cancelled at once, unless the operator is being asked what to do about it.
    """
    order = _order_of(update, session.now_ns)
    if update.fill is not None and not market.ledger.knows(update.fill.trade_id):
        order.filled_lots -= update.fill.size_lots  # booked next, and counted then
    market.orders.add(order)
    market.orders.preset_fill(order)
    size, price = (
        market.instrument.size_text(order.size_lots),
        market.instrument.price_text(order.price_ticks),
    )
    session.report(
        "notice",
        Severity.WARNING,
        f"found an order of an earlier session at the venue: {order.side} {size} @ {price}"
        f"{'' if session.is_held else '; cancelling it'}",
    )
    if not session.is_held:
        execution.cancel(order, LEFTOVER)


def _order_of(update: OrderUpdate, now_ns: int) -> OwnOrder:
    order = OwnOrder(
        update.inst_id,
        update.cl_ord_id or update.ord_id,
        update.side,
        update.price_ticks,
        size_lots=update.size_lots,
        created_ns=now_ns,
        position_side=update.position_side,
    )
    order.ord_id, order.is_adopted = update.ord_id, True
    order.filled_lots, order.status = update.filled_lots, OrderStatus.LIVE
    return order
