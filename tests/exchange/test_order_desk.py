"""Order entry: types, refusals, amends, cancels, self-trade prevention, margin."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exchange.bench import ASK, BID, CODE, INST, Bench


def text(ticks):
    """Price of some ticks."""
    return str(Decimal(ticks) / 10)


def push_states(client):
    """What order pushes said since the last call."""
    return [(row["clOrdId"], row["state"], row["cancelSource"]) for row in client.rows("orders")]


@pytest.fixture
def client(bench):
    """A listener of all order pushes."""
    found = bench.connect()
    found.subscribe("orders", instType="ANY").take()
    return found


def test_plain_limit_is_live_then_filled_one_push_per_match(bench, client):
    """A taker walking two levels reports live, then one push per level with exact fee and average."""
    ack = bench.place("buy", ASK + 1, "1.5")
    rows = client.rows("orders")
    assert [row["state"] for row in rows] == ["live", "partially_filled", "filled"]
    assert [row["fillSz"] for row in rows] == ["0", "1", "0.5"]
    assert [row["execType"] for row in rows] == ["", "T", "T"]
    assert rows[1]["fillFee"] == "-0.30000050000".rstrip("0")
    order = bench.order(ack)
    assert order.average_price() == (Decimal("60000.1") * 100 + Decimal("60000.2") * 50) / 150


def test_post_only_that_would_take_says_only_canceled(bench, client):
    """The ack is positive with an ordId; the only push is canceled, source 31."""
    ack = bench.place("buy", ASK, ordType="post_only")
    assert ack["sCode"] == "0"
    assert ack["ordId"]
    assert [row[1:] for row in push_states(client)] == [("canceled", "31")]


@pytest.mark.parametrize(
    ("ord_type", "size", "ending"),
    [
        ("ioc", "1.5", ("canceled", "14", 100)),
        ("fok", "1.5", ("canceled", "13", 0)),
        ("fok", "1", ("filled", "", 100)),
    ],
)
def test_one_shot_orders(bench, client, ord_type, size, ending):
    """IOC cancels its rest with source 14; FOK fills whole or not at all, source 13."""
    ack = bench.place("buy", ASK, size, ordType=ord_type)
    order = bench.order(ack)
    assert (order.state.value, order.cancel_source, order.filled_lots) == ending
    assert "live" not in [row[1] for row in push_states(client)]


@pytest.mark.parametrize("ord_type", ["market", "optimal_limit_ioc"])
def test_market_orders_walk_the_displayed_levels(bench, ord_type):
    """Both market types fill level by level; their price is shown empty."""
    order = bench.order(bench.place("sell", None, "2.5", ordType=ord_type))
    assert order.filled_lots == 250
    assert (
        order.average_price() == (Decimal(BID) * 100 + Decimal(BID - 1) * 100 + Decimal(BID - 2) * 50) / 2500
    )
    assert order.shown_price == ""


@pytest.mark.parametrize("ord_type", ["market", "optimal_limit_ioc"])
def test_market_orders_take_all_the_price_limit_allows(bench, ord_type):
    """Neither stops at a number of levels: what lies within the limits fills (OKX v5, order types)."""
    order = bench.order(bench.place("sell", None, "20", ordType=ord_type))
    assert (order.state.value, order.filled_lots) == ("filled", 2000)


REFUSALS = [
    ({"sz": "0.005"}, "51121"),
    ({"sz": "0.001", "instId": INST}, "51121"),
    ({"sz": "-1"}, "51000"),
    ({"sz": "abc"}, "51000"),
    ({"sz": ""}, "50014"),
    ({"px": "60000.05"}, "51000"),
    ({"px": ""}, "50014"),
    ({"px": "99999"}, "51006"),
    ({"side": "hold"}, "51000"),
    ({"ordType": "iceberg"}, "51000"),
    ({"tdMode": "cash"}, "51000"),
    ({"tdMode": "portfolio"}, "51000"),
    ({"ccy": "ETH"}, "51000"),
    ({"posSide": "long"}, "51000"),
    ({"clOrdId": "has-dash"}, "51000"),
    ({"tag": "waytoolongtag1234"}, "51000"),
    ({"instId": "NOPE"}, "51001"),
    ({"instId": "BTC-USDT"}, "50014"),
    ({"instId": "BTC-USDT", "ccy": "USDT"}, "54000"),
    ({"instId": "BTC-USD-SWAP"}, "51022"),
    ({"reduceOnly": True}, "51169"),
    ({"ordType": "fok", "stpMode": "cancel_both"}, "54036"),
    ({"sz": "40000"}, "51185"),
    ({"sz": "3000"}, "51008"),
    ({"sz": "1" * 33}, "51000"),
    ({"sz": "75.1e9999999"}, "51000"),
    ({"px": "1e999999"}, "51000"),
    ({"sz": "Infinity"}, "51000"),
    ({"sz": 1}, "51000"),
    ({"px": "\uff16\uff10\uff10\uff10\uff10"}, "51000"),
    ({"ordType": "market", "sz": "99999"}, "51005"),
    ({"px": "-5"}, "51000"),
    ({"side": ""}, "50014"),
    ({"tdMode": ""}, "50014"),
    ({"reduceOnly": "maybe"}, "51000"),
    ({"stpMode": "cancel_all"}, "51000"),
    ({"attachAlgoOrds": [{}]}, "51000"),
]


@pytest.mark.parametrize(("change", "code"), REFUSALS)
def test_refusals(bench, client, change, code):
    """Each wrong field is refused with OKX's code, and nothing is pushed."""
    ack = bench.place(**{"side": "buy", "price_ticks": BID} | change)
    assert ack["sCode"] == code, ack
    assert ack["ordId"] == ""
    assert client.rows("orders") == []


def test_missing_margin_carries_its_sub_code(bench):
    """51008 comes with sub-code 1000 in its own field."""
    assert bench.place("buy", BID, "3000")["subCode"] == "1000"


def test_reducing_order_passes_without_free_margin(bench):
    """With all margin used, an order that lowers exposure is still accepted."""
    bench.book(((BID, 10**6),), ((ASK, 10**6),))
    assert bench.place("buy", ASK, "1600")["sCode"] == "0"
    assert bench.place("buy", BID, "400")["sCode"] == "51008"
    assert bench.place("sell", ASK + 5, "1600")["sCode"] == "0"


def test_client_id_is_unique_among_pending_orders_only(bench):
    """A second pending order is refused with 51016; once the first is gone the id is free again."""
    assert bench.place("buy", BID, clOrdId="same")["sCode"] == "0"
    assert bench.place("buy", BID, clOrdId="same")["sCode"] == "51016"
    bench.rest("POST", "trade/cancel-order", {"instId": INST, "clOrdId": "same"})
    assert bench.place("buy", BID, clOrdId="same")["sCode"] == "0"


@pytest.mark.parametrize(("path", "code"), [("trade/cancel-order", "51400"), ("trade/amend-order", "51503")])
def test_races_with_a_finished_order(bench, path, code):
    """Cancel and amend of an order that is gone are refused with their own codes."""
    ack = bench.place("buy", ASK, "1")
    answer = bench.rest("POST", path, {"instId": INST, "ordId": ack["ordId"], "newSz": "2"})[1]
    assert (answer["code"], answer["data"][0]["sCode"]) == ("1", code)
    unknown = bench.rest("POST", path, {"instId": INST, "ordId": "1", "newSz": "2"})[1]
    assert unknown["data"][0]["sCode"] == code


def test_amend_push_carries_result_and_request_id(bench, client):
    """A successful amend is pushed with amendResult 0 and the reqId; truth is the push."""
    ack = bench.place("buy", BID)
    client.take()
    bench.rest(
        "POST", "trade/amend-order", {"instId": INST, "ordId": ack["ordId"], "newPx": "59999", "reqId": "r7"}
    )
    (row,) = client.rows("orders")
    assert (row["amendResult"], row["reqId"], row["px"], row["amendSource"]) == ("0", "r7", "59999", "1")


def test_amend_of_size_below_filled_finishes_the_order(bench):
    """NewSz is the total with fills; at or below what is filled the order is filled."""
    ack = bench.place("buy", ASK, "1.5")
    bench.rest("POST", "trade/amend-order", {"instId": INST, "ordId": ack["ordId"], "newSz": "0.5"})
    order = bench.order(ack)
    assert (order.state.value, order.filled_lots, order.size_lots) == ("filled", 100, 100)
    assert bench.state.store.pending == {}


@pytest.mark.parametrize("cancels", [False, True])
def test_post_only_amend_to_a_crossing_price(bench, cancels):
    """51511; the order stays, unless the client asked for its cancel."""
    ack = bench.place("buy", BID, ordType="post_only")
    body = {"instId": INST, "ordId": ack["ordId"], "newPx": "60000.1", "cxlOnFail": cancels}
    answer = bench.rest("POST", "trade/amend-order", body)[1]
    assert answer["data"][0]["sCode"] == "51511"
    assert bench.order(ack).is_pending is not cancels


def test_amend_to_a_crossing_price_takes(bench):
    """A plain limit amended through the market fills as taker."""
    ack = bench.place("buy", BID, "0.5")
    bench.rest("POST", "trade/amend-order", {"instId": INST, "ordId": ack["ordId"], "newPx": "60000.1"})
    assert bench.order(ack).last_fill.exec_type == "T"


@pytest.mark.parametrize(
    ("mode", "maker", "taker"),
    [("cancel_maker", "32", ""), ("cancel_taker", "", "32"), ("cancel_both", "32", "32")],
)
def test_self_trade_prevention_follows_the_taker(bench, mode, maker, taker):
    """An own bid that an own sell would hit is canceled, or the sell is, or both."""
    bench.book(((BID - 9, 100),), ((ASK, 100),))
    resting = bench.order(bench.place("buy", BID))
    sell = bench.order(bench.place("sell", BID, "1", stpMode=mode))
    assert (resting.cancel_source, sell.cancel_source) == (maker, taker)
    assert bench.state.store.fills == []


@pytest.mark.parametrize(
    ("own_ticks", "ending"), [(ASK, ("canceled", "32", 0)), (ASK + 1, ("filled", "", 200))]
)
def test_fill_or_kill_is_never_filled_in_part_by_self_trade_prevention(bench, own_ticks, ending):
    """With cancel_taker an own order before its end cancels it whole; one it does not reach is no matter."""
    bench.place("sell", own_ticks, "1")
    order = bench.order(bench.place("buy", ASK + 3, "2", ordType="fok", stpMode="cancel_taker"))
    assert (order.state.value, order.cancel_source, order.filled_lots) == ending


def reduce_at(bench, ticks, size):
    """Place a reduce-only sell some ticks above the ask."""
    return bench.order(bench.place("sell", ASK + ticks, size, reduceOnly=True))


def test_reduce_only_is_cut_to_the_position_and_dies_with_it(bench, client):
    """A too large reduce-only order is cut, told by amendSource 4, and ends with its position."""
    bench.place("buy", ASK, "1")
    client.take()
    cut = reduce_at(bench, 5, "3")
    (row,) = client.rows("orders")
    assert (row["sz"], row["amendSource"], row["amendResult"]) == ("1", "4", "0")
    bench.place("sell", BID, "1")
    assert (cut.state.value, cut.cancel_source, bench.position().lots) == ("canceled", "17", 0)


def test_reduce_only_orders_share_the_position_by_price_then_age(bench, client):
    """A worse newcomer is canceled (22) or cut (4); a better one cuts or displaces (23) the others."""
    bench.place("buy", ASK, "1")
    first = reduce_at(bench, 5, "0.6")
    assert reduce_at(bench, 9, "1").size_lots == 40
    assert reduce_at(bench, 9, "1").cancel_source == "22"
    client.take()
    reduce_at(bench, 3, "0.7")
    rows = [(row["ordId"], row["state"], row["sz"], row["amendSource"]) for row in client.rows("orders")]
    assert (first.order_id, "live", "0.3", "4") in rows
    assert reduce_at(bench, 2, "1").is_pending
    assert (first.state.value, first.cancel_source) == ("canceled", "23")


def test_reduce_only_orders_shrink_with_the_position(bench):
    """After a part was closed elsewhere the best price keeps what is left, and the rest is canceled."""
    bench.place("buy", ASK, "1")
    best, worst = reduce_at(bench, 5, "0.6"), reduce_at(bench, 6, "0.4")
    bench.place("sell", BID, "0.5")
    assert (best.size_lots, worst.cancel_source) == (50, "23")
    bench.trade("buy", ASK + 9, 900)
    assert (best.state.value, bench.position().lots) == ("filled", 0)


SWEEPS = st.lists(
    st.one_of(
        st.tuples(st.just("reduce"), st.integers(-3, 9), st.integers(1, 200)),
        st.tuples(st.just("move"), st.integers(-3, 9), st.integers(1, 200)),
        st.tuples(st.just("print"), st.integers(-1, 12), st.integers(1, 120)),
        st.tuples(st.just("plain"), st.sampled_from([-1, 1]), st.integers(1, 120)),
    ),
    max_size=15,
)


@settings(max_examples=60, deadline=None)
@given(SWEEPS)
def test_reduce_only_orders_never_turn_a_position(steps):
    """Whatever is placed, moved and traded: no reduce-only fill opens, and together they fit the position."""
    bench = Bench().deep_book(300)
    bench.place("buy", ASK, "1")
    own = []
    for kind, ticks, lots in steps:
        bench.wait(0.1)
        before, seen = bench.position().lots, len(bench.state.store.fills)
        size = str(Decimal(lots) / 100)
        if kind == "reduce":
            own.append(bench.place("sell", ASK + ticks, size, reduceOnly=True))
        elif kind == "move" and own and own[-1]["ordId"]:
            body = {"instId": INST, "ordId": own[-1]["ordId"], "newSz": size, "newPx": text(ASK + ticks)}
            bench.rest("POST", "trade/amend-order", body)
        elif kind == "print":
            bench.trade("buy", ASK + ticks, lots)
        elif kind == "plain":
            bench.place("buy" if ticks > 0 else "sell", ASK if ticks > 0 else BID, size, ordType="ioc")
        position, pending = bench.position().lots, bench.state.store.pending.values()
        if all(bench.state.store.orders[one.order_id].reduce_only for one in bench.state.store.fills[seen:]):
            assert 0 <= position <= max(before, 0) or position == before
        assert sum(one.remaining_lots for one in pending if one.reduce_only) <= max(0, position)
        for one in pending:
            assert bench.state.markets[INST].own.entry(one.order_id).remaining_lots == one.remaining_lots


def test_reduce_only_amend_is_cut_to_the_position(bench, client):
    """A larger size becomes what the position has left; the push says so with amendSource 2."""
    bench.place("buy", ASK, "1")
    ack = bench.place("sell", ASK + 9, "0.4", reduceOnly=True)
    client.take()
    bench.post("trade/amend-order", instId=INST, ordId=ack["ordId"], newSz="3")
    (row,) = client.rows("orders")
    assert (row["sz"], row["amendSource"], row["amendResult"]) == ("1", "2", "0")


def test_more_than_three_amends_in_flight(bench, client):
    """With slow amends the fourth is refused with 51513; the others report when they are done."""
    ack = bench.place("buy", BID)
    bench.fault("slow_amends", ms=50)
    codes = []
    for number in range(4):
        body = {"instId": INST, "ordId": ack["ordId"], "newSz": str(2 + number), "reqId": f"r{number}"}
        codes.append(bench.rest("POST", "trade/amend-order", body)[1]["data"][0]["sCode"])
    assert codes == ["0", "0", "0", "51513"]
    client.take()
    bench.wait(0.1)
    assert [row["reqId"] for row in client.rows("orders")] == ["r0", "r1", "r2"]
    assert bench.order(ack).size_lots == 400


def test_slow_amend_that_loses_the_race_reports_its_failure(bench, client):
    """An accepted amend whose order fills first is pushed with amendResult -1 and the code."""
    ack = bench.place("buy", BID)
    bench.fault("slow_amends", ms=50)
    bench.rest(
        "POST", "trade/amend-order", {"instId": INST, "ordId": ack["ordId"], "newSz": "9", "reqId": "r1"}
    )
    bench.trade("sell", BID - 5, 100)
    client.take()
    bench.wait(0.1)
    (row,) = client.rows("orders")
    assert (row["amendResult"], row["code"], row["reqId"], row["state"]) == ("-1", "51503", "r1", "filled")


def test_slow_amends_have_a_scope_and_are_counted(bench):
    """Another instrument's are not ours; each slow one is a strike."""
    ack = bench.place("buy", BID)
    body = {"instId": INST, "ordId": ack["ordId"], "newSz": "2"}
    bench.fault("slow_amends", ms=50, instId="ETH-USDT-SWAP")
    bench.rest("POST", "trade/amend-order", body)
    assert bench.order(ack).size_lots == 200
    assert bench.venue.state.faults.fired["slow_amends"] == 0
    bench.fault("slow_amends", ms=50, instId=INST)
    bench.rest("POST", "trade/amend-order", body | {"newSz": "3"})
    assert bench.order(ack).size_lots == 200
    bench.wait(0.1)
    assert bench.order(ack).size_lots == 300
    assert bench.venue.state.faults.fired["slow_amends"] == 1


AMEND_REFUSALS = [
    ({}, "51500"),
    ({"newSz": "9", "ordId": ""}, "51003"),
    ({"newPx": "99999"}, "51006"),
    ({"newPx": "60000.01"}, "51000"),
    ({"newSz": "0.001"}, "51121"),
    ({"newSz": "3000"}, "51502"),
]


@pytest.mark.parametrize(("change", "code"), AMEND_REFUSALS)
def test_refused_amends_change_nothing(bench, client, change, code):
    """A refused amend leaves price, size and place as they were."""
    ack = bench.place("buy", BID)
    client.take()
    answer = bench.rest("POST", "trade/amend-order", {"instId": INST, "ordId": ack["ordId"]} | change)[1]
    assert answer["data"][0]["sCode"] == code
    order = bench.order(ack)
    assert (order.price_ticks, order.size_lots, order.is_pending) == (BID, 100, True)
    assert client.rows("orders") == []


def test_market_order_cannot_be_repriced(bench):
    """What is left of a market order rests at the price band; its price cannot be amended."""
    bench.book(((BID, 100),), ((ASK, 100),))
    order = bench.order(bench.place("buy", None, "2", ordType="market"))
    assert (order.filled_lots, order.is_pending) == (100, True)
    body = {"instId": INST, "ordId": order.order_id, "newPx": "60000"}
    assert bench.rest("POST", "trade/amend-order", body)[1]["data"][0]["sCode"] == "51506"


@pytest.mark.parametrize(("cancels", "result", "pending"), [(False, "-1", True), (True, "1", False)])
def test_slow_amend_that_fails_late(bench, client, cancels, result, pending):
    """A post-only amend that crosses by the time it executes fails with 51511 in the push."""
    ack = bench.place("buy", BID - 9, ordType="post_only")
    bench.fault("slow_amends", ms=50)
    body = {"instId": INST, "ordId": ack["ordId"], "newPx": "60000.1", "reqId": "r1", "cxlOnFail": cancels}
    assert bench.rest("POST", "trade/amend-order", body)[1]["code"] == "0"
    client.take()
    bench.wait(0.1)
    row = client.rows("orders")[-1]
    assert (row["amendResult"], row["code"], row["reqId"]) == (result, "51511", "r1")
    assert bench.order(ack).is_pending is pending


def test_pending_orders_are_limited(bench):
    """The 501st pending order of an instrument is refused with 51174."""
    for _ in range(500):
        bench.place("buy", BID - 40, "0.01")
        bench.jump(0.1)
    assert bench.place("buy", BID - 40, "0.01")["sCode"] == "51174"


def test_no_orders_before_the_first_book():
    """Without a quote on both sides orders are refused."""
    assert Bench().place("buy", BID)["sCode"] == "51022"


def test_price_band_moves_when_asked(bench):
    """PxAmendType 1 moves a price outside the limits to the best allowed one."""
    ack = bench.place("buy", 700_000, "0.01", pxAmendType="1", ordType="fok")
    assert ack["sCode"] == "0"
    assert bench.order(ack).price_ticks == 612_000


def test_ws_order_needs_the_integer_code(bench):
    """InstId is ignored; a missing, quoted or unknown instIdCode is refused."""
    client = bench.connect()
    order = {"tdMode": "cross", "side": "buy", "ordType": "limit", "px": "59999", "sz": "1", "instId": INST}
    codes = []
    for extra in ({}, {"instIdCode": str(CODE)}, {"instIdCode": 77}, {"instIdCode": CODE}):
        (answer,) = [one for one in client.op("order", order | extra).take() if one.get("op") == "order"]
        codes.append(answer["data"][0]["sCode"])
    assert codes == ["50014", "51000", "51001", "0"]


def test_ws_ack_precedes_the_push(bench, client):
    """By default the ack with its times comes first, then the live push."""
    order = {
        "instIdCode": CODE,
        "tdMode": "cross",
        "side": "buy",
        "ordType": "limit",
        "px": "59999",
        "sz": "1",
    }
    ack, push = client.op("order", order).take()
    assert (ack["op"], ack["code"], ack["data"][0]["sMsg"]) == ("order", "0", "Order placed")
    assert int(ack["inTime"]) // 1000 == int(ack["data"][0]["ts"])
    assert push["data"][0]["state"] == "live"
    assert push["arg"]["uid"]


def test_batch_codes(bench, client):
    """A batch answers 2 when part of it failed, 1 when all did, and processes in turn."""
    good = {
        "instIdCode": CODE,
        "tdMode": "cross",
        "side": "buy",
        "ordType": "limit",
        "px": "59999",
        "sz": "1",
    }
    bad = good | {"sz": "0.005"}
    answers = [client.op("batch-orders", *args).take()[0] for args in ([good, bad], [bad, bad], [good])]
    assert [answer["code"] for answer in answers] == ["2", "1", "0"]
    ids = [{"instIdCode": CODE, "ordId": row["ordId"]} for row in answers[0]["data"][:1]]
    assert (
        client.op("batch-amend-orders", *[one | {"newSz": "2"} for one in ids * 2]).take()[0]["code"]
        == "51512"
    )
    assert client.op("batch-cancel-orders", *ids).take()[0]["code"] == "0"
    assert client.op("batch-orders", *[good] * 21).take()[0]["data"] == []


def test_batches_are_limited(bench, client):
    """21 orders are refused as a whole, 51501, by either transport."""
    order = {"tdMode": "cross", "side": "buy", "ordType": "limit", "px": "59999", "sz": "1"}
    answer = client.op("batch-orders", *[order | {"instIdCode": CODE}] * 21).take()[0]
    assert (answer["code"], answer["data"]) == ("51501", [])
    assert bench.refused("POST", "trade/batch-orders", [order | {"instId": INST}] * 21) == "51501"
    assert bench.state.store.orders == {}


def test_expired_requests_are_not_processed(bench, client):
    """ExpTime in the past is 50036; running out in the queue is 50037; cancels have none."""
    order = {
        "instIdCode": CODE,
        "tdMode": "cross",
        "side": "buy",
        "ordType": "limit",
        "px": "59999",
        "sz": "1",
    }
    now_ms = bench.now_ns // 1_000_000
    assert client.op("order", order, expTime=str(now_ms - 1)).take()[0]["code"] == "50036"
    assert client.op("order", order, expTime="\u00b2").take()[0]["code"] == "51000"
    bench.fault("latency", ms=100)
    client.op("order", order, expTime=str(now_ms + 50))
    bench.wait(0.2)
    assert client.take()[0]["code"] == "50037"
    assert bench.state.store.orders == {}


def test_orders_push_has_every_documented_field(bench, client):
    """The push holds each field of the reference example."""
    bench.place("buy", BID)
    (row,) = client.rows("orders")
    documented = (
        "instType instId ordId clOrdId tag side posSide tdMode ordType px sz tgtCcy ccy lever state "
        "accFillSz avgPx fillPx fillSz tradeId fillTime execType fillFee fillFeeCcy fillPnl "
        "fillNotionalUsd fillMarkPx fillIdxPx fee feeCcy rebate rebateCcy pnl notionalUsd reduceOnly "
        "category source cancelSource cancelSourceReason amendResult amendSource reqId code msg stpMode "
        "stpId lastPx tradeQuoteCcy cTime uTime"
    )
    assert set(documented.split()) <= set(row)
