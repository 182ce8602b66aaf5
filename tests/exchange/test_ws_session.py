"""The WebSocket protocol: heartbeat, login, subscriptions, limits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okxmm_tui.okx.auth import ApiKey, login_args
from tests.exchange.bench import BID, CODE, INST, SECOND, SIM, Bench


def login(bench, key=SIM, age_s=0, **changes):
    """A login request, changed as told."""
    return {"op": "login", "args": [login_args(key, bench.now_ns - age_s * SECOND) | changes]}


def test_ping_is_answered_with_pong(bench):
    """Text ping, text pong."""
    assert bench.connect("public").send("ping").take() == ["pong"]


def test_silent_connection_is_closed_after_thirty_seconds(bench):
    """No push and no ping for 30 s closes with 4004; a pinging client stays."""
    silent, alive = bench.connect("public"), bench.connect("public")
    bench.wait(20)
    alive.send("ping")
    bench.wait(11)
    outputs = bench.venue.take_outputs()
    assert [getattr(one, "connection", None) for one in outputs if hasattr(one, "code")] == [silent.number]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"age_s": 31}, "60006"),
        ({"timestamp": "soon"}, "60004"),
        ({"timestamp": "inf"}, "60004"),
        ({"key": ApiKey("other", "sim", "sim")}, "60005"),
        ({"key": ApiKey("sim", "wrong", "sim")}, "60007"),
        ({"key": ApiKey("sim", "sim", "wrong")}, "60024"),
        ({"sign": ""}, "60027"),
    ],
)
def test_failed_logins(bench, change, code):
    """Each wrong part has its code, and the connection is closed with 4001."""
    client = bench.connect(login=False)
    (answer,) = client.send(login(bench, **change)).take()
    assert (answer["event"], answer["code"], client.closes) == ("error", code, [4001])


def test_login_once(bench):
    """The answer carries the connId; a repeated login is 60031."""
    client = bench.connect(login=False)
    first = client.send(login(bench)).take()[0]
    second = client.send(login(bench)).take()[0]
    assert (first["event"], first["code"], len(first["connId"])) == ("login", "0", 8)
    assert second["code"] == "60031"


def test_private_needs_login(bench):
    """Subscriptions and orders before login are 60011."""
    client = bench.connect(login=False)
    assert client.subscribe("orders", instType="ANY").take()[0]["code"] == "60011"
    assert client.op("cancel-order", {"instIdCode": CODE, "ordId": "1"}).take()[0]["code"] == "60011"


def test_one_ack_per_argument_with_id(bench):
    """Each argument is acked for itself; a wrong one gets an error that carries the id."""
    client = bench.connect("public")
    args = [{"channel": "trades", "instId": INST}, {"channel": "trades", "instId": "NOPE"}]
    good, bad = client.send({"id": "s1", "op": "subscribe", "args": args}).take()
    assert (good["id"], good["event"], good["arg"]) == ("s1", "subscribe", args[0])
    assert (bad["id"], bad["event"], bad["code"]) == ("s1", "error", "60018")
    assert "arg" not in bad


@pytest.mark.parametrize(
    ("socket", "arg", "code"),
    [
        ("public", {"channel": "orders", "instType": "ANY"}, "60018"),
        ("public", {"channel": "nope"}, "60018"),
        ("public", {"channel": "books-l2-tbt", "instId": INST}, "64003"),
        ("public", {"channel": ["books"]}, "60013"),
        ("public", {"channel": "books", "instId": {"a": 1}}, "60013"),
        ("private", {"channel": "fills"}, "64003"),
        ("private", {"channel": "positions"}, "60013"),
        ("business", {"channel": "trades", "instId": INST}, "64002"),
        ("public", {"channel": "trades-all", "instId": INST}, "64001"),
        ("private", {"channel": "candle1m", "instId": INST}, "64001"),
    ],
)
def test_refused_subscriptions(bench, socket, arg, code):
    """Wrong socket, unknown channel, fee tier and malformed arguments."""
    client = bench.connect(socket)
    assert client.send({"op": "subscribe", "args": [arg]}).take()[0]["code"] == code


def test_connection_count_follows_a_private_subscription(bench):
    """The count comes after the ack; the 31st connection gets the error form and no pushes."""
    clients = [bench.connect() for _ in range(31)]
    answers = [one.subscribe("orders", instType="ANY").take() for one in clients]
    assert (answers[0][1]["event"], answers[0][1]["connCount"]) == ("channel-conn-count", "1")
    assert (answers[30][1]["event"], answers[30][1]["connCount"]) == ("channel-conn-count-error", "30")
    bench.place("buy", BID)
    assert clients[30].rows("orders") == []


def test_operation_budget(bench):
    """The 481st subscribe, unsubscribe or login in an hour is 60014."""
    client = bench.connect("public")
    for _ in range(480):
        client.subscribe("trades", instId=INST)
    client.take()
    assert client.subscribe("trades", instId=INST).take()[0]["code"] == "60014"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "60012"),
        ("[]", "60012"),
        ('{"op": 1}', "60012"),
        ('{"op": "dance"}', "60019"),
        ('{"op": "subscribe"}', "60013"),
    ],
)
def test_malformed_requests(bench, text, code):
    """Nonsense is answered with an error, never with silence."""
    assert bench.connect("public").send(text).take()[0]["code"] == code


def test_orders_on_the_public_socket(bench):
    """Trade operations belong to the private URL."""
    assert bench.connect("public").op("order", {}).take()[0]["code"] == "60028"


def test_mass_cancel_is_known_and_refused(bench):
    """A valid op of the venue: refused for want of permission in its own envelope, not as an unknown op."""
    args = {"instType": "OPTION", "instFamily": "BTC-USD"}
    [answer] = bench.connect().op("mass-cancel", args).take()
    assert (answer["op"], answer["code"], answer["data"]) == ("mass-cancel", "51411", [])
    assert bench.connect("public").op("mass-cancel", args).take()[0]["code"] == "60028"
    assert bench.connect(login=False).op("mass-cancel", args).take()[0]["code"] == "60011"


def test_too_long_a_request_closes(bench):
    """Over 64 KB closes with 1009."""
    client = bench.connect("public").send("x" * 70_000)
    client.take()
    assert client.closes == [1009]


def test_unsubscribed_channel_is_silent(bench):
    """After unsubscribe nothing comes; unsubscribing twice is an error."""
    client = bench.connect("public").subscribe("trades", instId=INST)
    stop = {"op": "unsubscribe", "args": [{"channel": "trades", "instId": INST}]}
    assert client.send(stop).take()[-1]["event"] == "unsubscribe"
    bench.trade("buy", BID, 1)
    assert client.take() == []
    assert client.send(stop).take()[0]["event"] == "error"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    [
        "instIdCode",
        "instId",
        "tdMode",
        "side",
        "ordType",
        "px",
        "sz",
        "clOrdId",
        "ordId",
        "newPx",
        "newSz",
        "reqId",
        "tag",
        "reduceOnly",
        "stpMode",
    ]
)
LIKELY = st.sampled_from(
    [CODE, INST, "cross", "buy", "sell", "limit", "market", "ioc", "60000", "1", "0.01", True]
)
ARGS = st.dictionaries(FIELDS, LIKELY | JSON, max_size=9)
OPS = st.sampled_from(
    ["order", "batch-orders", "cancel-order", "amend-order", "subscribe", "unsubscribe", "login", "x"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(OPS, st.lists(ARGS, max_size=3) | JSON, JSON), max_size=6))
def test_no_request_breaks_the_venue(requests):
    """Whatever JSON arrives is answered; the venue never raises and the books stay balanced."""
    bench = Bench().deep_book()
    client = bench.connect()
    for op, args, exp_time in requests:
        assert client.send({"id": "f1", "op": op, "args": args, "expTime": exp_time}).take()
    position = bench.position()
    assert bench.account.cash - bench.account.initial == position.realised + position.fees
