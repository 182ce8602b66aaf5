"""Orders that can only reduce a position, and how much of it each may claim (OKX v5, place order).

Closing orders of a long or short position never claim more than it has. Reduce-only orders of a net
position may be placed beyond it, but together they get no more than the position: the best price first,
then the oldest. What finds nothing left is canceled.
"""

from __future__ import annotations

from collections.abc import Iterator

from okxmm_tui.core.types import Side
from okxmm_tui.exchange.api_error import ApiError
from okxmm_tui.exchange.orders import Order
from okxmm_tui.exchange.state import VenueState


def reducible(order: Order, state: VenueState) -> int:
    """Lots an order may still fill: what is open of it, or of the position it only reduces."""
    if not order.only_reduces:
        return order.remaining_lots
    return max(0, -state.position_of(order).lots * order.side.sign)


def fit_to_position(order: Order, state: VenueState) -> None:
    """Fit an order that only reduces to its position.

    A reduce-only order of a net position is cut to it; closing a long or short position takes no more
    than what other pending orders have not claimed.

    Raises:
        ApiError: 51169 there is nothing to reduce, 51112 a close exceeds what is available.
    """
    if not order.only_reduces:
        return
    lots = reducible(order, state)
    if not lots:
        raise ApiError("51169", "Order failed: no position in this direction that could be reduced.")
    if order.is_closing:
        refuse_beyond_position(order, order.size_lots, state)
    elif order.size_lots > lots:
        order.size_lots = lots
        order.amend_source = "4"


def refuse_beyond_position(order: Order, size_lots: int, state: VenueState) -> None:
    """Refuse to close more of a long or short position than no other order has claimed.

    Raises:
        ApiError: 51112.
    """
    if size_lots - order.filled_lots > state.closable_lots(state.position_of(order), order):
        raise ApiError("51112", "Close order size exceeds the available size of the position.")


def room_for(order: Order, price_ticks: int, state: VenueState) -> int:
    """Lots of its position that reduce-only orders of a better price or an older age leave to an order."""
    sign = order.side.sign
    claimed = sum(
        one.remaining_lots
        for one in state.store.pending_of(order.listing.inst_id)
        if one is not order
        and (one.reduce_only, one.side, one.td_mode) == (True, order.side, order.td_mode)
        and sign * (one.price_ticks or 0) >= sign * price_ticks
    )
    return max(0, reducible(order, state) - claimed)


def overhang(inst_id: str, state: VenueState) -> Iterator[tuple[Order, int]]:
    """Yield resting orders that reduce more than is left to them, and how many lots that is.

    Orders whose position is gone come with 0, resting or not.
    """
    own = state.markets[inst_id].own
    pending = {one.order_id: one for one in state.store.pending_of(inst_id) if one.only_reduces}
    queued = [name for side in Side for name in own.by_priority(side) if name in pending]
    left: dict[str, int] = {}
    for name in dict.fromkeys([*queued, *pending]):
        order = pending[name]
        held = reducible(order, state)
        if not held:
            yield order, 0
        elif order.reduce_only and name in own:
            room = left.setdefault(order.td_mode, held)
            left[order.td_mode] = room - min(room, order.remaining_lots)
            if room < order.remaining_lots:
                yield order, room
