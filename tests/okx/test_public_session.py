"""The market data session."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from okxmm_tui.core import messages as m
from okxmm_tui.core.types import ContractKind, Side
from okxmm_tui.okx.messages import BookData, Level
from okxmm_tui.okx.public_session import PublicSession
from okxmm_tui.okx.session import SECOND_NS
from okxmm_tui.okx.subscriptions import OP_LIMIT
from tests.okx.conftest import make_instrument
from tests.okx.fake_venue import SWAP

INST = "BTC-USDT-SWAP"


def frames(session):
    """Frames waiting to be sent, decoded."""
    return [json.loads(frame) for frame in session.pending_frames()]


def acknowledge(session, now_ns=1):
    """Acknowledge every request."""
    events = []
    for frame in frames(session):
        for arg in frame["args"]:
            events += session.receive(
                json.dumps({"id": frame["id"], "event": frame["op"], "arg": arg}), now_ns
            )
    return events


def push(session, channel, rows, now_ns=2, *, spaces=False, **top):
    """Receive one push."""
    message = {"arg": {"channel": channel, "instId": INST}, **top, "data": rows}
    return session.receive(json.dumps(message, separators=None if spaces else (",", ":")), now_ns)


def book(previous, current, asks=(), bids=()):
    """One row of a book push."""
    row = {
        "asks": list(asks),
        "bids": list(bids),
        "ts": "5",
        "checksum": 0,
        "prevSeqId": previous,
        "seqId": current,
    }
    return [row]


@pytest.fixture
def session() -> PublicSession:
    """Connected, subscribed, with a book."""
    session = PublicSession([make_instrument()])
    session.opened(0)
    assert acknowledge(session) == [m.StreamUp("public")]
    [snapshot] = push(session, "books", book(-1, 10, [["60000.2", "1", "0", "1"]]), action="snapshot")
    assert isinstance(snapshot, m.BookSnapshot)
    return session


def test_asks_for_every_channel_of_every_instrument():
    """Six channels per instrument; indexes, instrument changes and maintenance once."""
    session = PublicSession([make_instrument(), make_instrument("ETH-USDT-SWAP", base_ccy="ETH")])
    session.opened(0)
    args = [frame["args"][0] for frame in frames(session)]
    channels = [arg["channel"] for arg in args]
    per_instrument = ["books", "bbo-tbt", "trades", "mark-price", "funding-rate", "price-limit"]
    assert channels == [*per_instrument * 2, "index-tickers", "index-tickers", "instruments", "status"]
    assert {"channel": "bbo-tbt", "instId": "ETH-USDT-SWAP"} in args
    assert {"channel": "index-tickers", "instId": "BTC-USDT"} in args
    assert args[-2:] == [{"channel": "instruments", "instType": "SWAP"}, {"channel": "status"}]


def test_spot_pays_no_funding():
    """The venue would refuse the channel at every connection; whatever else there is comes all the same."""
    spot = make_instrument("BTC-USDT", inst_type="SPOT", kind=ContractKind.SPOT)
    session = PublicSession([spot])
    session.opened(0)
    channels = [frame["args"][0]["channel"] for frame in frames(session)]
    assert channels[:5] == ["books", "bbo-tbt", "trades", "mark-price", "price-limit"]
    assert "funding-rate" not in channels


@pytest.mark.parametrize("spaces", [False, True])
def test_frequent_channels_in_any_spacing(session, spaces):
    """The quick way and the general way read the same."""
    top = push(
        session, "bbo-tbt",
        [{"asks": [["60000.4", "7", "0", "1"]], "bids": [["60000.1", "3.07"]], "ts": "9", "seqId": 12}],
        spaces=spaces,
    )  # fmt: skip
    trades = push(
        session, "trades",
        [{"instId": INST, "tradeId": "77", "px": "60000.2", "sz": "0.5", "side": "sell", "ts": "8"}],
        spaces=spaces,
    )  # fmt: skip
    update = push(
        session, "books", book(10, 11, [["60000.2", "0", "0", "0"]]), action="update", spaces=spaces
    )
    assert top == [m.TopOfBook(INST, 600_001, 307, 600_004, 700, 12, 9)]
    assert trades == [m.PublicTrade(INST, 600_002, 50, Side.SELL, "77", 8)]
    assert update == [m.BookUpdate(INST, (), ((600_002, 0),), 11, 5)]


def refuse(session, inst_id, *, code="60018", channel="books"):
    """Acknowledge what was asked but one channel of one instrument."""
    events = []
    for frame in frames(session):
        [arg] = frame["args"]
        reply = {"id": frame["id"], "event": frame["op"], "arg": arg}
        if (arg["channel"], arg.get("instId")) == (channel, inst_id) and frame["op"] == "subscribe":
            reply = {"id": frame["id"], "event": "error", "code": code, "msg": "doesn't exist"}
        events += session.receive(json.dumps(reply), 1)
    return events


def test_an_instrument_that_is_no_more_takes_no_other_with_it():
    """A delivered or delisted contract is refused by name at the next connection; the rest is traded on."""
    session = PublicSession([make_instrument(), make_instrument("BTC-USDT-261225")])
    session.opened(0)
    notice, up = refuse(session, "BTC-USDT-261225")
    assert "books BTC-USDT-261225 refused: 60018" in notice.text
    assert (up, session.reconnect_reason) == (m.StreamUp("public"), "")
    push(session, "books", book(-1, 10, [["60000.2", "1", "0", "1"]]), action="snapshot")
    assert session.can_take_over
    session.on_time(11 * SECOND_NS)
    refuse(session, "BTC-USDT-261225")
    assert (session.is_ready, session.reconnect_reason) == (True, "")


@pytest.mark.parametrize(("code", "both"), [("60018", True), ("60013", False)])
def test_a_connection_that_serves_nobody_is_given_up(code, both):
    """Where no instrument is left, or the refusal is of another kind, a new connection is tried."""
    session = PublicSession([make_instrument(), make_instrument("BTC-USDT-261225")])
    session.opened(0)
    asked = session.pending_frames()
    for frame in map(json.loads, asked):
        if frame["args"][0]["channel"] == "books" and (both or "261225" in frame["args"][0]["instId"]):
            session.receive(json.dumps({"id": frame["id"], "event": "error", "code": code, "msg": ""}), 1)
    assert "books BTC-USDT-261225 refused" in session.reconnect_reason


def test_empty_side_of_the_top(session):
    """A side without a level has 0 ticks and 0 lots."""
    [top] = push(session, "bbo-tbt", [{"asks": [], "bids": [["1", "1"]], "ts": "9", "seqId": 1}])
    assert (top.bid_ticks, top.ask_ticks, top.ask_lots) == (10, 0, 0)


def test_mark_prices(session):
    """Mark prices are exact and need not lie on a tick."""
    assert push(session, "mark-price", [{"instId": INST, "markPx": "60000.123", "ts": "7"}]) == [
        m.MarkPrice(INST, Decimal("60000.123"), 7)
    ]


def test_gap_resubscribes_once_and_mutes_until_the_snapshot(session):
    """One gap, one resubscription, silence, then the new book."""
    [gap] = push(session, "books", book(11, 12), action="update")
    assert isinstance(gap, m.BookGap)
    assert [frame["op"] for frame in frames(session)] == ["unsubscribe", "subscribe"]
    assert push(session, "books", book(12, 13), action="update") == []
    assert frames(session) == []
    [snapshot] = push(session, "books", book(-1, 40), action="snapshot")
    assert snapshot.seq_id == 40


def test_second_gap_waits_for_its_back_off(session):
    """The deadline moves closer and on_time sends what is due."""
    push(session, "books", book(11, 12), action="update", now_ns=10)
    push(session, "books", book(-1, 40), action="snapshot", now_ns=11)
    session.pending_frames()
    push(session, "books", book(39, 41), action="update", now_ns=12)
    assert session.wants_flush
    assert session.pending_frames() == []
    assert session.next_deadline() <= 10 + SECOND_NS
    session.on_time(10 + SECOND_NS)
    assert [frame["op"] for frame in frames(session)] == ["unsubscribe", "subscribe"]


def test_snapshot_that_never_comes_is_asked_for_again():
    """The first subscription is watched like every later one."""
    session = PublicSession([make_instrument()])
    session.opened(0)
    acknowledge(session)
    for second in range(1, 11):
        assert frames(session) == []
        session.on_time(second * SECOND_NS)
    assert [frame["op"] for frame in frames(session)] == ["unsubscribe", "subscribe"]


def test_engine_may_ask_for_a_fresh_book(session):
    """A wish is carried out once, and not at all for instruments we do not have."""
    session.resubscribe("XRP-USDT-SWAP", 5)
    assert frames(session) == []
    session.resubscribe(INST, 5)
    session.resubscribe(INST, 6)
    assert [frame["op"] for frame in frames(session)] == ["unsubscribe", "subscribe"]


def test_spent_budget_reconnects_instead(session):
    """Near 480 operations in an hour a new connection is the cheaper way to a snapshot."""
    for index in range(OP_LIMIT):
        session.subscriptions.budget.take(index)
    push(session, "books", book(11, 12), action="update", now_ns=OP_LIMIT)
    assert frames(session) == []
    assert "budget" in session.reconnect_reason


def test_lost_connection_voids_the_book(session):
    """With the stream the book is gone, and both are said."""
    assert session.closed("lost", 9) == [m.BookGap(INST, "lost"), m.StreamDown("public", "lost")]


def test_tick_by_tick_books_need_a_login_and_fall_back():
    """Below VIP4 the channel is refused with 64003, and the open channel takes over on a new connection."""
    session = PublicSession([make_instrument()], book_channel="books-l2-tbt", login=dict)
    session.opened(0)
    assert frames(session)[0]["op"] == "login"
    session.receive('{"event":"login","code":"0"}', 1)
    asked = next(frame for frame in frames(session) if frame["args"][0]["channel"] == "books-l2-tbt")
    [notice] = session.receive(json.dumps({"id": asked["id"], "event": "error", "code": "64003"}), 2)
    assert notice.severity == "warning"
    assert session.reconnect_reason
    session.closed("changing", 3)
    session.opened(4)
    channels = [frame["args"][0]["channel"] for frame in frames(session)]
    assert "books" in channels
    assert "books-l2-tbt" not in channels


def test_changed_instrument_is_told(session):
    """A state change is an event and keeps the code that the push leaves out; the same row again is not."""
    told = []
    session._on_instrument = told.append
    row = SWAP | {"state": "suspend"}
    del row["instIdCode"]
    session.change_instrument(make_instrument(), 2)
    [changed] = push(session, "instruments", [row | {"instType": "SWAP"}])
    assert (changed.instrument.state, changed.instrument.code) == ("suspend", 10459)
    assert told == [changed.instrument]
    assert push(session, "instruments", [row]) == []
    assert push(session, "instruments", [row | {"instId": "OTHER"}]) == []


def test_changed_tick_voids_the_book(session):
    """Ticks of two sizes do not mix: the book is dropped and asked for again."""
    changed, gap = push(session, "instruments", [SWAP | {"tickSz": "0.01"}])
    assert isinstance(changed, m.InstrumentChanged)
    assert isinstance(gap, m.BookGap)
    assert [frame["op"] for frame in frames(session)] == ["unsubscribe", "subscribe"]
    [snapshot] = push(session, "books", book(-1, 40, [["60000.25", "1"]]), action="snapshot")
    assert snapshot.asks == ((6_000_025, 100),)


def test_emptied_instrument_is_a_notice(session):
    """An instrument of ours that lost its metadata is for the operator to know."""
    [notice] = push(session, "instruments", [SWAP | {"tickSz": ""}])
    assert INST in notice.text


def test_an_instrument_that_ends_without_its_rules_has_ended(session):
    """A row of a contract that is no more need not repeat tick and lot for its state to count."""
    ended = {"instId": INST, "instType": "SWAP", "state": "expired", "tickSz": "", "lotSz": "", "ctVal": ""}
    notice, changed = push(session, "instruments", [ended])
    assert INST in notice.text
    assert (changed.instrument.state, changed.instrument.code) == ("expired", 10459)
    assert changed.instrument.tick_size == Decimal("0.1")
    assert session.pending_frames() == []


@pytest.mark.parametrize(
    "frame",
    [
        '{"arg":{"channel":"books","instId":"BTC-USDT-SWAP"},"action":"update","data":[{"asks":"x"}]}',
        '{"arg":{"channel":"trades"},"data":[{"instId":"BTC-USDT-SWAP","px":"60000.15","sz":"1","side":"buy"}]}',
        '{"arg":{"channel":"bbo-tbt","instId":"BTC-USDT-SWAP"},"data":[{"seqId":99999999999999999999}]}',
        '{"arg":{"channel":"bbo-tbt","instId":"BTC-USDT-SWAP"},"data":[{"ts":"noon","asks":[],"bids":[]}]}',
        '{"arg":{"channel":"books","instId":"BTC-USDT-SWAP"},"action":"upd',
    ],
)
def test_malformed_pushes_are_notices(session, frame):
    """The frequent channels survive gibberish like all others."""
    notice, *gaps = session.receive(frame, 10 * SECOND_NS)
    assert isinstance(notice, m.GatewayNotice)
    assert [type(gap) for gap in gaps] == ([m.BookGap] if '"books"' in frame else [])


def test_pushes_of_strangers_are_passed_over(session):
    """Instruments and channels nobody asked for mean nothing."""
    for channel in ("books", "bbo-tbt", "funding-rate", "open-interest"):
        row = {"instId": "X", "asks": [], "bids": []}
        message = {"arg": {"channel": channel, "instId": "X"}, "data": [row]}
        assert session.receive(json.dumps(message, separators=(",", ":")), 3) == []


@pytest.mark.parametrize("code", ["64003", "64004"])
def test_refused_book_channel_falls_back(code):
    """Too low a fee tier and a conflict end alike: the open channel, on a new connection."""
    session = PublicSession([make_instrument()], book_channel="books50-l2-tbt", login=dict)
    session.opened(0)
    session.pending_frames()
    session.receive('{"event":"login","code":"0"}', 1)
    asked = frames(session)[0]
    session.receive(json.dumps({"id": asked["id"], "event": "error", "code": code}), 2)
    assert "books50-l2-tbt refused" in session.reconnect_reason
    session.opened(3)
    assert frames(session)[0]["args"][0] == {"channel": "books", "instId": INST}
    [snapshot] = push(session, "books", book(-1, 10), action="snapshot")
    assert snapshot.depth == 400


def fetching():
    """A subscribed session whose REST requests are collected."""
    asked = []
    session = PublicSession([make_instrument()], fetch_book=lambda *request: asked.append(request))
    session.opened(0)
    acknowledge(session)
    return session, asked


def test_book_that_fell_silent_is_proven_by_rest_and_resubscribed():
    """Both channels quiet: REST knows a newer book that does not arrive here within a second."""
    session, asked = fetching()
    push(session, "books", book(-1, 10), action="snapshot", now_ns=2)
    session.on_time(6 * SECOND_NS)
    [(inst_id, answer)] = asked
    woken = []
    session.wake = lambda: woken.append(True)
    answer(BookData(seq_id=12))
    assert (inst_id, woken, session.next_deadline()) == (INST, [True], 0)
    session.on_time(6 * SECOND_NS + 1)
    session.pending_frames()
    events = session.on_time(8 * SECOND_NS)
    assert [event.reason for event in events if isinstance(event, m.BookGap)] == ["channel books fell silent"]
    assert [frame["op"] for frame in frames(session)] == ["unsubscribe", "subscribe"]


def test_silent_best_prices_are_resubscribed_without_harming_the_book():
    """The book goes on; only the other channel is asked for again."""
    session, _ = fetching()
    push(session, "books", book(-1, 10), action="snapshot", now_ns=2)
    push(session, "books", book(10, 10), action="update", now_ns=69 * SECOND_NS)
    session.pending_frames()
    events = session.on_time(71 * SECOND_NS)
    assert not [event for event in events if isinstance(event, m.BookGap)]
    sent = [frame["args"][0]["channel"] for frame in frames(session) if isinstance(frame, dict)]
    assert sent == ["bbo-tbt", "bbo-tbt"]


def test_missing_snapshot_is_replaced_by_a_book_over_rest():
    """Two seconds after the subscription; increments held meanwhile follow it."""
    session, asked = fetching()
    assert push(session, "books", book(10, 12), action="update", now_ns=SECOND_NS) == []
    session.on_time(2 * SECOND_NS)
    asked[0][1](BookData(asks=[Level("60000.2", "1")], seq_id=11, ts="3"))
    events = [e for e in session.on_time(2 * SECOND_NS + 1) if not isinstance(e, m.FeedMeasured)]
    assert [(type(event), event.seq_id) for event in events] == [(m.BookSnapshot, 11), (m.BookUpdate, 12)]


def test_feed_is_measured_once_a_second(session):
    """What was read, merged and handed on, with its age."""
    events = push(session, "books", book(10, 11), action="update") + push(
        session, "books", book(11, 12), action="update"
    )
    assert len(session.hand_on(events)) == 1
    session.handed_on(5_000)
    [measured] = [e for e in session.on_time(2 * SECOND_NS) if isinstance(e, m.FeedMeasured)]
    assert measured == m.FeedMeasured(2, 1, 1, 5_000, -5_000_000)


def test_prints_of_both_connections_are_told_once(session):
    """While two connections overlap each brings every print; the reader gets one of each."""
    row = {"instId": INST, "px": "1", "sz": "1", "side": "buy", "ts": "1"}
    push(session, "trades", [row | {"tradeId": "1"}])
    successor = session.successor()
    successor.opened(5)
    acknowledge(successor)
    held = [m.StreamUp("public")]
    held += push(successor, "trades", [row | {"tradeId": "1"}, row | {"tradeId": "2"}])
    assert not successor.can_take_over
    held += push(successor, "books", book(-1, 40), action="snapshot")
    assert successor.can_take_over
    told = successor.take_over(session, held)
    assert [getattr(event, "trade_id", "book") for event in told] == ["2", "book"]
    assert push(session, "trades", [row | {"tradeId": "3"}], spaces=True) == []
