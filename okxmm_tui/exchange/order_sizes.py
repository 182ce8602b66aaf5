"""How much an account may still trade: the sizes that the checks of ``funds`` would just accept."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.types import PositionSide, Side
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.margin import order_value
from okxmm_tui.exchange.numbers import ZERO
from okxmm_tui.exchange.positions import worth
from okxmm_tui.exchange.state import VenueState


class Room(Struct, frozen=True):
    """What may be bought and sold, in lots."""

    buy_lots: int
    sell_lots: int


def spot_room(state: VenueState, listed: Listing, price_ticks: int) -> Room:
    """Lots of a spot pair the balances pay for.

    Args:
        state: The venue.
        listed: A spot pair.
        price_ticks: Price of the order.
    """
    ours, view = listed.instrument, state.margin()
    per_lot = ours.price(price_ticks) * ours.lot_size
    return Room(
        int(view.spendable(ours.quote_ccy) / per_lot) if per_lot else 0,
        int(view.spendable(ours.base_ccy) / ours.lot_size),
    )


def contract_room(
    state: VenueState, listed: Listing, mode: str, price_ticks: int, lever: Decimal | None = None
) -> Room:
    """Lots of a contract the margin allows: to buy and sell (net), to open long and short (long/short).

    Args:
        state: The venue.
        listed: A contract.
        mode: ``cross`` or ``isolated``.
        price_ticks: Price of the order.
        lever: Leverage to assume; None takes the one that is set.
    """
    sides = (PositionSide.LONG, PositionSide.SHORT) if state.is_hedged else (PositionSide.NET,) * 2
    lots = [
        _opening_lots(state, listed, (mode, pos_side, side), price_ticks, lever)
        for pos_side, side in zip(sides, (Side.BUY, Side.SELL), strict=True)
    ]
    return Room(*lots)


def _opening_lots(
    state: VenueState,
    listed: Listing,
    kind: tuple[str, PositionSide, Side],
    price_ticks: int,
    lever: Decimal | None,
) -> int:
    mode, pos_side, side = kind
    ours, view = listed.instrument, state.margin()
    position = state.account.position(ours, pos_side, mode)
    value = worth(ours, position.lots, state.markets[ours.inst_id].mark_price())
    pending = {Side.BUY: ZERO, Side.SELL: ZERO}
    for order in state.store.pending_of(ours.inst_id):
        if not order.only_reduces and (order.pos_side, order.td_mode) == (pos_side, mode):
            pending[order.side] += order_value(order)
    buys, sells = pending[Side.BUY], pending[Side.SELL]
    worst = max(abs(value), abs(value + buys), abs(value - sells))
    free = view.backing(ours.settle_ccy) - view.needed(ours.settle_ccy)
    limit = worst + max(ZERO, free) * (lever or state.lever(ours.inst_id, mode, pos_side))
    reached = value + buys if side is Side.BUY else sells - value
    per_lot, price = position.face(1), ours.price(price_ticks)
    if not price:
        return 0
    room = limit - reached
    lots = int(room * price / per_lot) if position.is_inverse else int(room / (per_lot * price))
    return max(0, min(lots, ours.max_limit_lots))
