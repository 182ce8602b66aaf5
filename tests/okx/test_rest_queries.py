"""Reads of account state."""

from __future__ import annotations

import pytest

from okxmm_tui.errors import WireError
from okxmm_tui.okx import rest_queries
from okxmm_tui.okx.messages import ORDERS, text_of
from okxmm_tui.okx.rest_queries import FetchRefusedError, RestQueries, paged, trigger_ms
from tests.okx.conftest import make_instrument
from tests.okx.test_convert import ORDER
from tests.okx.test_rest import OK, make_rest

INST = "BTC-USDT-SWAP"


def queries(*answers):
    """Queries over a list of answers."""
    rest, http = make_rest(*answers)
    return RestQueries(rest, {INST: make_instrument()}), http


def answer(*rows):
    """An accepted answer with rows."""
    return {"code": "0", "msg": "", "data": list(rows)}


async def test_order_found():
    """A known order comes back as the venue's word on it, without a fill of its own."""
    reader, http = queries(answer(ORDER))
    queried = await reader.order(INST, "1001")
    assert (queried.reached, queried.order.ord_id, queried.order.fill) == (True, "33", None)
    assert http.sent[0][1] == f"/api/v5/trade/order?instId={INST}&clOrdId=1001"


@pytest.mark.parametrize(("code", "reached"), [("51603", True), ("50119", False), ("51001", False)])
async def test_order_not_found_is_told_from_not_answered(code, reached):
    """Only the venue's "no such order" proves that there is none."""
    reader, _ = queries({"code": code, "data": []})
    queried = await reader.order(INST, "1001")
    assert (queried.reached, queried.order) == (reached, None)


async def test_unreadable_order_is_not_reached():
    """An order we cannot read is not an order that does not exist."""
    reader, _ = queries(answer(ORDER | {"px": "60000.15"}))
    assert not (await reader.order(INST, "1001")).reached


async def test_fills_are_sorted_and_since():
    """Oldest first, nothing before the asked time, other instruments left out."""
    rows = [
        {
            "instId": inst,
            "tradeId": str(ts),
            "billId": "1",
            "side": "buy",
            "fillPx": "1",
            "fillSz": "1",
            "ts": str(ts),
        }
        for inst, ts in ((INST, 30), (INST, 20), (INST, 5), ("X", 40))
    ]
    reader, http = queries(answer(*rows))
    assert [fill.trade_id for fill in await reader.fills(10)] == ["20", "30"]
    assert "begin=10" in http.sent[0][1]


async def test_positions_name_flat_instruments():
    """An absent row means flat, as of the time of asking."""
    reader, _ = queries(answer({"instId": "X", "pos": "1"}))
    [flat] = await reader.positions()
    assert (flat.inst_id, flat.size_lots, flat.update_ms) == (INST, 0, 1_795_161_600_123)


async def test_refused_list_is_no_empty_list():
    """A refusal raises; whether trying again helps is said."""
    reader, _ = queries({"code": "50119", "data": []}, {"code": "51000", "data": []})
    with pytest.raises(FetchRefusedError) as final:
        await reader.pending()
    with pytest.raises(FetchRefusedError) as other:
        await reader.pending()
    assert (final.value.is_final, other.value.is_final) == (True, False)


async def test_dead_man_needs_an_answer():
    """An accepted call without a trigger time is not believed."""
    reader, _ = queries(OK)
    with pytest.raises(WireError, match="trigger"):
        await reader.set_dead_man(20, "mmx")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0", 0), ("", 0), ("1795161630", 1_795_161_630_000), ("1795161630500", 1_795_161_630_500)],
)
def test_trigger_time_in_either_unit(text, expected):
    """Seconds and milliseconds are told apart by size."""
    assert trigger_ms(text) == expected


@pytest.mark.parametrize("text", ["soon", "NaN", "Infinity"])
def test_trigger_time_that_is_none(text):
    """Nonsense is an error."""
    with pytest.raises(WireError):
        trigger_ms(text)


async def test_list_without_end_is_an_error(monkeypatch):
    """A venue that repeats its first page for ever does not hold us for ever."""
    monkeypatch.setattr(rest_queries, "PAGE", 1)
    monkeypatch.setattr(rest_queries, "MAX_PAGES", 3)
    rest, http = make_rest(*[answer(ORDER)] * 3)
    with pytest.raises(WireError, match="did not end"):
        await paged(rest, "/x", {}, ORDERS, lambda row: text_of(row.ord_id))
    assert [path for _, path, *_ in http.sent] == ["/x?limit=1", "/x?limit=1&after=33", "/x?limit=1&after=33"]
