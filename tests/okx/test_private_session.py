"""The account session: pushes and answers to order operations."""

from __future__ import annotations

import json

import pytest

from okxmm_tui.core import messages as m
from okxmm_tui.core.effects import CancelOrder
from okxmm_tui.okx.order_requests import Batch
from okxmm_tui.okx.order_tracker import OrderTracker
from okxmm_tui.okx.private_session import PrivateSession
from okxmm_tui.okx.rate_limits import Verb
from okxmm_tui.okx.session import SECOND_NS
from tests.okx.conftest import make_instrument
from tests.okx.test_convert import ORDER

INST = "BTC-USDT-SWAP"


def make_session():
    """A session just connected."""
    session = PrivateSession(
        {INST: make_instrument()}, dict, OrderTracker(),
        lambda outcome, now: [m.OrderOutcomeUnknown("cancel", INST, outcome.effect.cl_ord_id, outcome.code)],
    )  # fmt: skip
    session.opened(0)
    return session


def push(session, channel, rows, now_ns=SECOND_NS):
    """Receive one push."""
    message = {"arg": {"channel": channel, "uid": "1"}, "eventType": "snapshot", "curPage": 1, "data": rows}
    return session.receive(json.dumps(message), now_ns)


def send_cancel(session, cl_ord_id="a1", now_ns=0):
    """Put one cancel in flight."""
    session.send_operation(
        Batch(Verb.CANCEL, (CancelOrder(INST, cl_ord_id),), by_rest=False), "o1", b"{}", now_ns
    )


def test_pushes_of_three_channels_become_events():
    """Orders, positions and every currency of the account."""
    session = make_session()
    [update] = push(session, "orders", [ORDER])
    [position] = push(session, "positions", [{"instId": INST, "pos": "-1", "mgnMode": "cross"}])
    balances = push(
        session, "account", [{"details": [{"ccy": "USDT", "eq": "1"}, {"ccy": "BTC", "eq": "2"}]}]
    )
    assert (update.fill.trade_id, position.size_lots) == ("900100", -100)
    assert [balance.ccy for balance in balances] == ["USDT", "BTC"]


def test_one_unreadable_row_does_not_hide_its_neighbours():
    """Each row stands for itself."""
    events = push(make_session(), "orders", [ORDER | {"side": "sideways"}, ORDER])
    assert [type(event) for event in events] == [m.GatewayNotice, m.OrderUpdate]


def test_answers_are_settled_by_id():
    """An operation's answer finds its rows; an id of somebody else finds nothing."""
    session = make_session()
    send_cancel(session)
    reply = {"id": "o1", "op": "cancel-order", "code": "1", "data": [{"clOrdId": "a1", "sCode": "51400"}]}
    assert session.receive(json.dumps(reply | {"id": "o9"}), 1) == []
    latency, event = session.receive(json.dumps(reply), 1)
    assert (latency.verb, latency.route, latency.took_ns) == ("cancel", "ws", 1)
    assert (event.cl_ord_id, event.reason) == ("a1", "51400")


def test_frame_refused_as_a_whole_settles_every_row():
    """A refused frame has no rows, in either of the two forms a refusal can take."""
    for refusal in ({"op": "cancel-order", "code": "60013", "data": []}, {"event": "error", "code": "60013"}):
        session = make_session()
        session.receive('{"event":"login","code":"0"}', 0)
        send_cancel(session)
        _, event = session.receive(json.dumps({"id": "o1", "msg": "bad"} | refusal), 1)
        assert event.reason == "60013"


@pytest.mark.parametrize("form", [{"op": "cancel-order", "data": []}, {"event": "error"}])
def test_an_operation_the_venue_knows_no_login_for_asks_for_a_new_connection(form):
    """60011: no order and no cancel would ever pass here again."""
    session = make_session()
    session.receive('{"event":"login","code":"0"}', 0)
    send_cancel(session)
    _, event = session.receive(json.dumps({"id": "o1", "code": "60011", "msg": "login first"} | form), 1)
    assert event.reason == "60011"
    assert session.reconnect_reason.startswith("60011")


def ready():
    """A session that is logged in, with every channel acknowledged."""
    session = make_session()
    session.receive('{"event":"login","code":"0"}', 0)
    for frame in map(json.loads, session.pending_frames()):
        if frame["op"] == "subscribe":
            session.receive(json.dumps({"id": frame["id"], "event": "subscribe", "arg": frame["args"][0]}), 0)
    assert session.is_ready
    return session


@pytest.mark.parametrize(
    "frame",
    [
        b'{"arg":{"channel":"orders"},"data":[{"instId":"BTC-USDT-SWAP","side":"buy","fillSz":"1e99',
        json.dumps({"arg": {"channel": "orders"}, "data": [ORDER | {"fillSz": "half"}]}).encode(),
        b"\xff",
    ],
)
def test_what_could_not_be_read_is_asked_for(frame):
    """A fill in it would be missed until the next comparison; gibberish is asked for once a second."""
    session = ready()
    session.receive(frame, SECOND_NS)
    assert session.wants_flush
    assert session.next_deadline() == SECOND_NS
    assert session.on_time(SECOND_NS) == [m.ProbeWanted("a private message was unreadable")]
    session.receive(frame, SECOND_NS + 1)
    session.receive(frame, SECOND_NS + 2)
    assert session.next_deadline() == 2 * SECOND_NS
    assert session.on_time(2 * SECOND_NS - 1) == []
    assert session.on_time(2 * SECOND_NS) == [m.ProbeWanted("a private message was unreadable")]
    assert session.next_deadline() > 2 * SECOND_NS


def test_silence_is_settled_in_time_and_moves_the_deadline():
    """The earliest deadline is that of the order operation."""
    session = make_session()
    send_cancel(session, now_ns=SECOND_NS)
    assert session.next_deadline() == 3 * SECOND_NS
    assert session.on_time(3 * SECOND_NS - 1) == []
    [event] = session.on_time(3 * SECOND_NS)
    assert event.reason == ""


def test_lost_connection_settles_what_was_in_flight():
    """Outcomes come before the news that the stream is down."""
    session = make_session()
    send_cancel(session)
    events = session.closed("lost", 1)
    assert [type(event) for event in events] == [m.OrderOutcomeUnknown, m.StreamDown]


def test_channels_nobody_asked_for_are_passed_over():
    """A push of an unknown channel means nothing."""
    assert push(make_session(), "liquidation-warning", [{}]) == []


def test_a_doubt_of_the_last_connection_is_not_due_while_the_next_one_logs_in():
    """Its timer would fire again and again until the login came, with the engine waiting behind it."""
    session = PrivateSession({INST: make_instrument()}, dict, OrderTracker(), lambda outcome, now: [])
    session.opened(0)
    session.receive('{"event":"login","code":"0","msg":""}', SECOND_NS)
    session.closed("lost", 2 * SECOND_NS)
    session.opened(40 * SECOND_NS)
    session.on_time(40 * SECOND_NS)
    assert session.next_deadline() > 40 * SECOND_NS
