"""Handshake, keep-alive and errors, which both streams share."""

from __future__ import annotations

import json

import pytest

from okxmm_tui.core.messages import GatewayNotice, StreamDown, StreamUp
from okxmm_tui.okx.order_tracker import OrderTracker
from okxmm_tui.okx.private_session import PrivateSession
from okxmm_tui.okx.session import SECOND_NS, Phase
from tests.okx.conftest import make_instrument


def open_session(now_ns=0):
    """A session just connected."""
    session = PrivateSession(
        {"BTC-USDT-SWAP": make_instrument()}, lambda: {"apiKey": "k"}, OrderTracker(), lambda outcome, now: []
    )
    session.opened(now_ns)
    return session


def frames(session):
    """Frames waiting to be sent, decoded."""
    return [json.loads(frame) for frame in session.pending_frames()]


def send(session, now_ns=1, **message):
    """Receive one message."""
    return session.receive(json.dumps(message), now_ns)


def logged_in():
    """A session past its login."""
    session = open_session()
    session.pending_frames()
    send(session, event="login", code="0", msg="", connId="c0ffee01")
    return session


def ready():
    """A session with every acknowledgement."""
    session = logged_in()
    for frame in frames(session):
        send(session, id=frame["id"], event="subscribe", arg=frame["args"][0], connId="c")
    return session


def test_login_comes_first_and_alone():
    """Subscribing before the acknowledgement would be refused with 60011."""
    session = open_session()
    assert frames(session) == [{"op": "login", "args": [{"apiKey": "k"}]}]
    assert session.phase is Phase.LOGGING_IN


def test_subscribes_after_login_and_is_up_after_every_acknowledgement():
    """The stream is up with the last required acknowledgement, and only then."""
    session = logged_in()
    asked = frames(session)
    assert [frame["args"][0]["channel"] for frame in asked] == [
        "orders", "positions", "account", "balance_and_position",
    ]  # fmt: skip
    events = [send(session, id=frame["id"], event="subscribe", arg=frame["args"][0]) for frame in asked]
    assert events == [[], [], [StreamUp("private")], []]
    assert session.is_ready


@pytest.mark.parametrize("code", ["60009", "60005", "60024", "60032", "60006"])
def test_refused_login_reconnects_and_says_why(code):
    """Every login error ends the connection with its meaning on the operator's screen."""
    session = open_session()
    [notice] = send(session, event="error", code=code, msg="Login failed.", connId="c")
    assert notice.severity == "critical"
    assert code in session.reconnect_reason


def test_login_event_may_carry_an_error_code():
    """A login answer with a code other than 0 is a refusal too."""
    session = open_session()
    send(session, event="login", code="60009", msg="no")
    assert "60009" in session.reconnect_reason


def test_refused_required_channel_reconnects():
    """Without its orders channel the private stream is of no use."""
    session = logged_in()
    orders = frames(session)[0]
    [notice] = send(session, id=orders["id"], event="error", code="60018", msg="wrong")
    assert "orders refused" in notice.text
    assert session.reconnect_reason


def test_channel_that_dies_after_its_acknowledgement():
    """channel-conn-count-error arrives later and means that the subscription is dead."""
    session = ready()
    assert send(session, event="channel-conn-count", channel="orders", connCount="2") == []
    [notice] = send(session, event="channel-conn-count-error", channel="orders", connCount="30")
    assert "orders" in notice.text
    assert session.reconnect_reason


def test_upgrade_notice_asks_for_a_new_connection():
    """The event key is notice, not error; this connection goes on until the new one has taken over."""
    session = ready()
    [notice] = send(session, event="notice", code="64008", msg="upgrade soon")
    assert isinstance(notice, GatewayNotice)
    assert "64008" in session.replace_reason
    assert session.reconnect_reason == ""


def test_other_errors_are_read_out_and_survived():
    """An error that concerns no request of ours leaves the connection alone."""
    session = ready()
    [notice] = send(session, event="error", code="60012", msg="Illegal request")
    assert "60012" in notice.text
    assert session.reconnect_reason == ""


def test_errors_that_need_a_fresh_connection_get_one():
    """60011 in mid-session means that the venue has forgotten the login."""
    session = ready()
    send(session, event="error", code="60011", msg="Please log in")
    assert session.reconnect_reason


def test_text_ping_when_silent_and_reconnect_without_answer():
    """15 s of silence bring a ping, 10 s more without anything a new connection."""
    session = ready()
    last_ns = 1
    session.on_time(last_ns + 15 * SECOND_NS - 1)
    assert session.pending_frames() == []
    session.on_time(last_ns + 15 * SECOND_NS)
    assert session.pending_frames() == [b"ping"]
    assert session.next_deadline() == last_ns + 25 * SECOND_NS
    session.on_time(last_ns + 25 * SECOND_NS)
    assert "ping" in session.reconnect_reason


@pytest.mark.parametrize("frame", ["pong", b"pong", '{"event":"channel-conn-count"}'])
def test_any_frame_answers_a_ping(frame):
    """A pong, or whatever else arrives, proves that the connection lives."""
    session = ready()
    session.on_time(20 * SECOND_NS)
    assert session.receive(frame, 21 * SECOND_NS) == []
    session.on_time(31 * SECOND_NS)
    assert session.reconnect_reason == ""


def test_handshake_that_hangs_is_given_up():
    """A venue that accepts the connection and says nothing is left after ten seconds."""
    session = open_session(now_ns=0)
    assert session.next_deadline() == 10 * SECOND_NS
    session.on_time(10 * SECOND_NS)
    assert "login" in session.reconnect_reason


def test_down_is_said_once_per_outage():
    """Failing attempts to reconnect do not repeat the alarm; the next outage does."""
    session = ready()
    assert session.closed("gone", 5) == [StreamDown("private", "gone")]
    session.opened(6)
    assert session.closed("refused", 7) == []
    session = ready()
    assert session.closed("gone again", 9) == [StreamDown("private", "gone again")]


def test_a_new_connection_starts_over():
    """Nothing of the old connection leaks into the new one."""
    session = ready()
    session.reconnect_reason = "x"
    session.closed("gone", 5)
    session.opened(6)
    assert (session.reconnect_reason, session.phase) == ("", Phase.LOGGING_IN)
    assert [frame["op"] for frame in frames(session)] == ["login"]


@pytest.mark.parametrize(
    "frame", [b"\x00\xff", "{", "[]", "17", '{"arg":5}', '{"arg":{"channel":"orders"},"data":7}']
)
def test_malformed_frames_are_notices(frame):
    """Gibberish is reported with its beginning, and the connection lives on."""
    session = ready()
    [notice] = session.receive(frame, 10 * SECOND_NS)
    assert isinstance(notice, GatewayNotice)
    assert session.reconnect_reason == ""


def test_a_flood_of_gibberish_is_one_notice_a_second():
    """The rest are counted and told with the next one."""
    session = ready()
    events = [event for index in range(50) for event in session.receive("{", 10 * SECOND_NS + index)]
    assert len(events) == 1
    [notice] = session.receive("{", 12 * SECOND_NS)
    assert "49 more" in notice.text
