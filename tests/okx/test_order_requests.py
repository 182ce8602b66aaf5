"""Order effects to venue requests."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.core.effects import AmendOrder, CancelOrder, PlaceOrder
from okxmm_tui.core.types import OrderKind, Side
from okxmm_tui.okx.order_requests import MAX_BATCH, grouped, rest_request, ws_frame
from okxmm_tui.okx.rate_limits import Verb
from tests.okx.conftest import make_instrument

INST = "BTC-USDT-SWAP"
KNOWN = {INST: make_instrument(code=2021032601102993)}


def place(cl_ord_id="a1", expire_ms=1_000, **changes):
    """A place effect."""
    return PlaceOrder(INST, cl_ord_id, Side.SELL, 600_001, 200, expire_ms, **changes)


def amend(cl_ord_id="a1", expire_ms=1_000):
    """An amend effect."""
    return AmendOrder(INST, cl_ord_id, "r1", 599_999, 300, expire_ms)


def sent(effects, shift_ms=0):
    """The one frame that these effects become."""
    [batch] = grouped(effects)
    return json.loads(ws_frame(batch, "o1", KNOWN, "mmx", shift_ms))


def test_place_frame():
    """Integer code of 64 bits, cross mode, exact texts, expiry at the top level moved by the clock offset."""
    assert sent([place(order_kind=OrderKind.LIMIT, reduce_only=True)], shift_ms=-40) == {
        "op": "order", "id": "o1", "expTime": "960",
        "args": [{
            "instIdCode": 2021032601102993, "tdMode": "cross", "clOrdId": "a1", "tag": "mmx", "side": "sell",
            "ordType": "limit", "px": "60000.1", "sz": "2.00", "reduceOnly": True,
            "stpMode": "cancel_maker",
        }],
    }  # fmt: skip


def test_amend_frame():
    """Only what changes is sent, with the request id."""
    assert sent([amend()])["args"] == [
        {
            "instIdCode": 2021032601102993, "clOrdId": "a1", "reqId": "r1", "newPx": "59999.9",
            "newSz": "3.00", "cxlOnFail": True,
        }
    ]  # fmt: skip


def test_cancel_frame_never_expires():
    """A cancel that comes late is still wanted."""
    frame = sent([CancelOrder(INST, "a1"), CancelOrder(INST, "", ord_id="9")])
    assert frame["op"] == "batch-cancel-orders"
    assert "expTime" not in frame
    assert frame["args"] == [
        {"instIdCode": 2021032601102993, "clOrdId": "a1"},
        {"instIdCode": 2021032601102993, "ordId": "9"},
    ]


def test_rest_form_names_the_instrument():
    """REST takes instId; one row is an object, several are a list."""
    [one], [two] = grouped([place()]), grouped([place("a1"), place("a2")])
    path, body = rest_request(one, KNOWN, "")
    assert (path, json.loads(body)["instId"]) == ("/api/v5/trade/order", INST)
    assert "tag" not in json.loads(body)
    path, body = rest_request(two, KNOWN, "mmx")
    assert (path, [row["clOrdId"] for row in json.loads(body)]) == (
        "/api/v5/trade/batch-orders",
        ["a1", "a2"],
    )


def test_order_is_kept_and_verbs_do_not_mix():
    """Cancel before place stays before place; expiries and routes part groups too."""
    batches = grouped(
        [
            CancelOrder(INST, "c1"),
            place("p1"),
            place("p2"),
            place("p3", 2_000),
            CancelOrder(INST, "c2", by_rest=True),
        ]
    )
    assert [(batch.verb, len(batch.rows), batch.by_rest) for batch in batches] == [
        (Verb.CANCEL, 1, False), (Verb.PLACE, 2, False), (Verb.PLACE, 1, False), (Verb.CANCEL, 1, True),
    ]  # fmt: skip


def test_one_order_is_not_twice_in_a_batch():
    """The venue refuses such a batch with 51512."""
    assert [len(batch.rows) for batch in grouped([amend("a"), amend("b"), amend("a")])] == [2, 1]


def test_instruments_on_the_rest_route_go_there():
    """What the WebSocket refused before is not tried there again."""
    [batch] = grouped([place()], frozenset({INST}))
    assert batch.by_rest


EFFECTS = st.lists(
    st.one_of(
        st.builds(place, st.sampled_from("abcdef"), st.sampled_from([1, 2])),
        st.builds(amend, st.sampled_from("abcdef"), st.sampled_from([1, 2])),
        st.builds(CancelOrder, st.just(INST), st.sampled_from("abcdef"), by_rest=st.booleans()),
    ),
    max_size=80,
)


@given(effects=EFFECTS)
def test_grouping_loses_nothing_and_keeps_the_order(effects):
    """Flattened again, the groups are the effects; none is over 20 rows or mixes verbs."""
    batches = grouped(effects)
    assert [row for batch in batches for row in batch.rows] == effects
    for batch in batches:
        assert 1 <= len(batch.rows) <= MAX_BATCH
        assert len({type(row) for row in batch.rows}) == 1
        assert len({row.cl_ord_id for row in batch.rows}) == len(batch.rows)
