"""Orders with our tag on other instruments: told in the list of pending ones, and cancelled by their id."""

from __future__ import annotations

import json

from okxmm_tui.core.effects import CancelOrder
from okxmm_tui.core.types import Side, VenueOrderState
from okxmm_tui.okx.rest_queries import RestQueries
from okxmm_tui.okx.strays import CANCEL_PATH, cancel_stray
from tests.okx.test_rest_queries import INST, answer, make_instrument, make_rest


def row(inst_id: str, tag: str) -> dict[str, str]:
    """A pending order."""
    return {
        "instId": inst_id, "ordId": "33", "clOrdId": "170", "tag": tag, "side": "sell", "px": "1.23",
        "sz": "7", "state": "partially_filled",
    }  # fmt: skip


async def test_our_tag_is_told_wherever_it_rests():
    """Neither its price nor its size can be told; its ids can. Others' orders stay untold."""
    rest, _ = make_rest(answer(row("X-Y", "mmx"), row("X-Y", "other"), row("X-Y", "")))
    (stray,) = await RestQueries(rest, {INST: make_instrument()}, "mmx").pending()
    assert (stray.inst_id, stray.ord_id, stray.cl_ord_id, stray.tag) == ("X-Y", "33", "170", "mmx")
    assert (stray.side, stray.price_ticks, stray.size_lots) == (Side.SELL, 0, 0)
    assert stray.state is VenueOrderState.LIVE


async def test_without_a_tag_none_is_told():
    """A reader of its own instruments alone, such as the doctor."""
    rest, _ = make_rest(answer(row("X-Y", "")))
    assert await RestQueries(rest, {INST: make_instrument()}).pending() == ()


async def test_it_is_cancelled_by_instrument_and_order_id():
    """That is all the venue needs; a refusal or a silence is told by the next list."""
    rest, http = make_rest(answer(), {"code": "51400", "data": []})
    for _ in range(2):
        await cancel_stray(rest, CancelOrder("X-Y", "170", "33", by_rest=True))
    _, path, _, body = http.sent[0]
    assert path == CANCEL_PATH
    assert json.loads(body) == {"instId": "X-Y", "ordId": "33"}
