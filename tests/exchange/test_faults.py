"""Injected faults: each switch does what it says and ``clear`` heals everything."""

from __future__ import annotations

import json

import pytest

from tests.exchange.bench import BID, CODE, INST

ORDER = {"instIdCode": CODE, "tdMode": "cross", "side": "buy", "ordType": "limit", "px": "59999", "sz": "1"}


def test_freeze_holds_everything_until_thawed(bench):
    """While frozen nothing is sent; what was asked meanwhile executes afterwards."""
    client = bench.connect().subscribe("orders", instType="ANY")
    client.take()
    bench.fault("freeze", seconds=None)
    client.op("order", ORDER)
    client.send("ping")
    bench.wait(40)
    assert bench.venue.is_frozen()
    assert client.take() == []
    assert bench.state.store.orders == {}
    bench.fault("thaw")
    answers = client.take()
    assert [one if one == "pong" else one.get("op", "push") for one in answers] == ["order", "push", "pong"]
    assert client.closes == []


def test_freeze_ends_by_itself(bench):
    """A freeze with seconds thaws on time."""
    bench.fault("freeze", seconds=2)
    bench.wait(1.9)
    assert bench.venue.is_frozen()
    bench.wait(0.2)
    assert not bench.venue.is_frozen()


def test_dead_man_works_through_a_freeze(bench):
    """The matching engine lives on behind a frozen gateway."""
    order = bench.order(bench.place("buy", BID))
    bench.rest("POST", "trade/cancel-all-after", {"timeOut": "10"})
    bench.fault("freeze", seconds=None)
    bench.wait(11)
    assert order.cancel_source == "20"


@pytest.mark.parametrize(
    ("which", "gone"), [("public", {"public"}), ("private", {"private"}), ("all", {"public", "private"})]
)
def test_dropped_connections(bench, which, gone):
    """The chosen sockets close with 4006; orders stay."""
    clients = {name: bench.connect(name) for name in ("public", "private")}
    bench.place("buy", BID)
    bench.fault("drop_connections", which=which)
    outputs = bench.venue.take_outputs()
    closed = {one.connection for one in outputs if getattr(one, "code", None) == 4006}
    assert closed == {clients[name].number for name in gone}
    assert len(bench.state.store.pending) == 1


def test_lost_ack(bench):
    """The order lives and is pushed, its ack never comes."""
    client = bench.connect().subscribe("orders", instType="ANY")
    client.take()
    bench.fault("lose_ack", count=1)
    assert ["op" in one for one in client.op("order", ORDER).take()] == [False]
    assert ["op" in one for one in client.op("order", ORDER).take()] == [True, False]


def test_ws_orders_refused_while_rest_works(bench):
    """The demo trap: a published code is refused with 51001 on the WebSocket only."""
    bench.fault("refuse_ws_orders")
    (answer,) = bench.connect().op("order", ORDER).take()
    assert answer["data"][0]["sCode"] == "51001"
    assert bench.place("buy", BID)["sCode"] == "0"


def test_reject_next(bench):
    """The next N placements get the code, later ones pass."""
    bench.fault("reject_next", code="51008", count=2)
    assert [bench.place("buy", BID)["sCode"] for _ in range(3)] == ["51008", "51008", "0"]


def test_latency_delays_the_whole_operation(bench):
    """Nothing executes before the delay; the times in the ack show it."""
    client = bench.connect()
    bench.fault("latency", ms=80)
    client.op("order", ORDER)
    bench.wait(0.07)
    assert bench.state.store.orders == {}
    bench.wait(0.02)
    (ack,) = client.take()
    assert int(ack["outTime"]) - int(ack["inTime"]) >= 80_000


def test_push_may_precede_the_ack(bench):
    """With the switch on the push comes first, as OKX allows."""
    client = bench.connect().subscribe("orders", instType="ANY")
    client.take()
    bench.fault("push_before_ack")
    assert ["op" in one for one in client.op("order", ORDER).take()] == [False, True]


def test_duplicate_pushes_and_unknown_fields(bench):
    """Order pushes can come twice and with fields and values nobody knows."""
    client = bench.connect().subscribe("orders", instType="ANY")
    bench.fault("duplicate_pushes").fault("unknown_fields")
    bench.place("buy", BID)
    rows = client.rows("orders")
    assert rows[0] == rows[1]
    assert "someNewField" in rows[0]


def test_unknown_outcome(bench):
    """The answer says timed out, the order lives."""
    bench.fault("unknown_outcome", code="51149")
    assert bench.place("buy", BID)["code"] == "51149"
    assert len(bench.state.store.pending) == 1


def test_drop_between_send_and_ack(bench):
    """The connection closes instead of the ack; the order lives."""
    client = bench.connect()
    bench.fault("drop_before_ack")
    client.op("order", ORDER).take()
    assert client.closes == [4006]
    assert len(bench.state.store.pending) == 1


def test_upgrade_notice_then_close(bench):
    """64008 comes as a notice, 60 s before the close."""
    client = bench.connect("public").subscribe("books", instId=INST)
    client.take()
    bench.fault("notice")
    (notice,) = client.take()
    assert (notice["event"], notice["code"]) == ("notice", "64008")
    for _ in range(4):
        bench.wait(15.1)
        client.send("ping")
        client.take()
    assert client.closes == [1001]


def test_connection_limit(bench):
    """With the limit on, the fourth connection of a second is refused."""
    bench.fault("connection_limit")
    numbers = [bench.venue.open("public", bench.now_ns) for _ in range(4)]
    assert numbers[3] is None
    assert None not in numbers[:3]


@pytest.mark.parametrize(
    "request_body",
    [
        b"{",
        b"[]",
        b'{"fault":"nope"}',
        b'{"fault":"freeze","seconds":"x"}',
        b'{"fault":"book_gap"}',
        b'{"fault":"lose_ack","count":-1}',
        b'{"fault":"drop_connections","which":"x"}',
    ],
)
def test_wrong_fault_requests(bench, request_body):
    """They are refused with HTTP 400 and a text."""
    answer = bench.venue.inject(request_body, bench.now_ns)
    assert answer.status == 400
    assert json.loads(answer.body)["msg"]


def test_clear_heals(bench):
    """After clear every switch is at its healthy value."""
    for name in ("refuse_ws_orders", "push_before_ack", "duplicate_pushes", "connection_limit"):
        bench.fault(name)
    bench.fault("latency", ms=5).fault("book_gap", instId=INST, count=3).fault("freeze", seconds=None)
    bench.fault("clear")
    assert bench.state.faults.active() == []
    assert not bench.venue.is_frozen()
    assert bench.place("buy", BID)["sCode"] == "0"
