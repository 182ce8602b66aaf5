"""Orders with our tag on instruments this session does not trade: left by an earlier one, and ours to kill.

Nothing is known of such an instrument but its id, so an order of it is named by its ids alone; neither price
nor size can be told in ticks and lots.
"""

from __future__ import annotations

from okxmm_tui.core.effects import CancelOrder
from okxmm_tui.core.messages import OrderUpdate
from okxmm_tui.core.types import VenueOrderState
from okxmm_tui.errors import OkxmmError
from okxmm_tui.okx.convert import side_of
from okxmm_tui.okx.decoding import text_of
from okxmm_tui.okx.messages import OrderRow
from okxmm_tui.okx.requests import OrderArgs, encode
from okxmm_tui.okx.rest import Rest

CANCEL_PATH = "/api/v5/trade/cancel-order"


def stray_of(row: OrderRow) -> OrderUpdate:
    """A pending order of such an instrument; price and sizes are 0.

    Raises:
        WireError: Its side was unreadable.
    """
    return OrderUpdate(
        inst_id=row.inst_id,
        ord_id=text_of(row.ord_id),
        cl_ord_id=text_of(row.cl_ord_id),
        tag=text_of(row.tag),
        side=side_of(row.side),
        price_ticks=0,
        size_lots=0,
        filled_lots=0,
        state=VenueOrderState.LIVE,
        update_ms=0,
    )


async def cancel_stray(rest: Rest, effect: CancelOrder) -> None:
    """Ask once; whether it is gone is told by the next list, so that a failure needs no word."""
    body = encode(OrderArgs(inst_id=effect.inst_id, ord_id=effect.ord_id))
    try:
        await rest.post(CANCEL_PATH, body)
    except OkxmmError:
        return
