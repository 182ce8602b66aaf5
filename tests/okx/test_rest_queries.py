"""Reads of account state."""

from __future__ import annotations

from decimal import Decimal

import pytest

from okxmm_tui.core.types import ContractKind, PositionSide
from okxmm_tui.errors import WireError
from okxmm_tui.okx import rest_queries
from okxmm_tui.okx.decoding import text_of
from okxmm_tui.okx.messages import ORDERS
from okxmm_tui.okx.rest_queries import FetchRefusedError, RestQueries, paged, trigger_ms
from tests.okx.conftest import make_instrument
from tests.okx.test_convert import ORDER
from tests.okx.test_rest import NOW_NS, OK, make_rest

INST = "BTC-USDT-SWAP"
NOW_MS = NOW_NS // 1_000_000


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
    reader, _ = queries(answer(ORDER | {"px": "sixty"}))
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


SHORT_AND_LONG = (
    {"instId": INST, "pos": "3", "posSide": "long", "mgnMode": "cross", "uTime": "7"},
    {"instId": INST, "pos": "1", "posSide": "short", "mgnMode": "cross", "uTime": "8"},
)


async def test_lists_are_of_every_kind():
    """Orders, fills and positions are not filtered by type: a session may hold several."""
    reader, http = queries(answer(), answer(), answer())
    await reader.pending()
    await reader.fills(0)
    await reader.positions()
    assert not any("instType" in path for _, path, *_ in http.sent)


async def test_both_sides_of_a_position():
    """Long and short apart are two rows, the short one negative, and nothing is said to be flat."""
    reader, _ = queries(answer(*SHORT_AND_LONG))
    assert [(row.position_side, row.size_lots) for row in await reader.positions()] == [
        (PositionSide.LONG, 300), (PositionSide.SHORT, -100),
    ]  # fmt: skip


async def test_spot_has_no_position_row():
    """A pair is compared by its balance; it is not said to be flat."""
    rest, _ = make_rest(answer())
    spot = make_instrument("BTC-USDT", inst_type="SPOT", kind=ContractKind.SPOT)
    assert await RestQueries(rest, {"BTC-USDT": spot}).positions() == ()


def bill(bill_id, ts, bill_type="8"):
    """A row of account/bills."""
    return {"billId": bill_id, "type": bill_type, "ccy": "USDT", "balChg": "-1.5", "ts": str(ts)}


async def test_bills_since_without_trades():
    """Oldest first, none before the asked time, and trades left out because fills tell of them."""
    reader, http = queries(
        answer(bill("4", NOW_MS), bill("3", NOW_MS - 1, "2"), bill("2", NOW_MS - 2), bill("1", 5))
    )
    bills, is_complete = await reader.bills(NOW_MS - 10)
    assert ([each.bill_id for each in bills], is_complete) == (["2", "4"], True)
    assert f"begin={NOW_MS - 10}" in http.sent[0][1]


async def test_bills_are_read_over_all_pages(monkeypatch):
    """The next page goes on from the last bill's id."""
    monkeypatch.setattr(rest_queries, "PAGE", 1)
    reader, http = queries(answer(bill("2", NOW_MS)), answer(bill("1", NOW_MS - 1)), answer())
    bills, is_complete = await reader.bills(0)
    assert ([each.bill_id for each in bills], is_complete) == (["1", "2"], True)
    assert [path.partition("after=")[2] for _, path, *_ in http.sent] == ["", "2", "1"]


@pytest.mark.parametrize(
    "reply", [{"code": "50005", "data": []}, answer({"billId": "1", "balChg": "much", "ts": str(NOW_MS)})]
)
async def test_bills_that_cannot_be_read_are_said_to_be_missing(reply):
    """Orders and positions still merge; the figures built on bills know they are incomplete."""
    reader, _ = queries(reply)
    assert await reader.bills(NOW_MS) == ((), False)


async def test_bills_of_a_refused_key_end_the_read():
    """A wrong key is not a missing page."""
    reader, _ = queries({"code": "50111", "data": []})
    with pytest.raises(FetchRefusedError):
        await reader.bills(NOW_MS)


@pytest.mark.parametrize(("days", "is_complete"), [(2, True), (4, False), (8, False)])
async def test_truth_knows_how_far_the_venue_remembers(days, is_complete):
    """Fills are kept three days and bills seven: a read from before is not complete."""
    reader, http = queries(answer(), answer(), answer(), answer(), answer(bill("1", NOW_MS)))
    truth = await reader.truth(1, NOW_MS - days * 86_400_000)
    assert (truth.is_complete, [each.change for each in truth.bills]) == (is_complete, [Decimal("-1.5")])
    assert http.sent[-1][1].startswith("/api/v5/account/bills")


THROTTLED = {"code": "50011", "msg": "slow", "data": []}


async def test_a_long_list_outlasts_the_rate_limit(waited):
    """Days of fills are more pages than fit into one window: the next one waits, and nothing starts anew."""
    pages = [[{"instId": INST, "billId": str(number)}] * 100 for number in (3, 2)]
    rest, http = make_rest(answer(*pages[0]), THROTTLED, answer(*pages[1]), THROTTLED, answer())
    rows = await paged(rest, "/x", {}, rest_queries.FILLS, lambda row: text_of(row.bill_id))
    assert (len(rows), waited) == (200, [2.0, 2.0])
    assert [path.rpartition("=")[2] for _, path, *_ in http.sent] == ["100", "3", "3", "2", "2"]


async def test_the_first_page_does_not_wait_long(waited):
    """A kill asks again itself: it must hear at once that it was not answered."""
    rest, _ = make_rest(THROTTLED, THROTTLED, THROTTLED)
    with pytest.raises(FetchRefusedError, match="50011"):
        await paged(rest, "/x", {}, rest_queries.FILLS, lambda row: text_of(row.bill_id))
    assert waited == [0.3, 0.6]
