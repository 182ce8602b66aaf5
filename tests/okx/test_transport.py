"""Sockets: reconnecting, pacing, close reasons, HTTP byte for byte."""

from __future__ import annotations

import asyncio
import json

import pytest
from websockets.frames import Close

from okxmm_tui.core import messages as m
from okxmm_tui.errors import VenueUnreachableError
from okxmm_tui.okx import transport
from okxmm_tui.okx.link import FULL_READ_BYTES, close_reason, is_loopback
from okxmm_tui.okx.public_session import PublicSession
from okxmm_tui.okx.transport import ConnectGate, Http, Stream
from tests.okx.conftest import make_instrument
from tests.okx.fake_venue import running_fake
from tests.okx.test_gateway import Probe


@pytest.fixture
async def venue():
    """A scripted venue."""
    async with running_fake() as fake:
        yield fake


async def run_stream(venue, probe, url=""):
    """A stream running in a task."""
    session = PublicSession([make_instrument()])
    stream = Stream(url or venue.endpoints.public_ws, session, probe, ConnectGate())
    return session, stream, asyncio.create_task(stream.run())


async def stop(task):
    """End a stream."""
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_stream_comes_back_with_the_venue_s_reason(venue):
    """A close code is told in words, and the next connection brings a new snapshot."""
    probe = Probe()
    _, _, task = await run_stream(venue, probe)
    await probe.first(m.BookSnapshot)
    await probe.first(m.StreamUp)
    probe.events.clear()
    await venue.sockets["public"][0].close(4004, "idle")
    down = await probe.first(m.StreamDown)
    await probe.first(m.BookSnapshot)
    await stop(task)
    assert down.reason == "idle for 30 s (4004 idle)"


async def test_unreachable_venue_is_said_once(monkeypatch):
    """Nobody listening: one StreamDown with the address, then quiet attempts."""
    monkeypatch.setattr(transport, "FIRST_BACKOFF_S", 0.0)
    monkeypatch.setattr(transport, "CONNECTS_PER_SECOND", 1_000)
    probe = Probe()
    _, stream, task = await run_stream(None, probe, "ws://127.0.0.1:9/ws/v5/public")
    down = await probe.first(m.StreamDown)
    for _ in range(50):
        await asyncio.sleep(0)
    stream.flush()
    assert not stream.is_writable
    await stop(task)
    assert "127.0.0.1:9" in down.reason
    assert len(probe.events) == 1


async def test_order_sent_in_mid_wait_moves_the_timer(venue):
    """A deadline that comes closer while the stream waits for frames is kept."""
    probe = Probe()
    session, stream, task = await run_stream(venue, probe)
    await probe.first(m.StreamUp)
    session._meter.due_ns += 3_600 * 1_000_000_000
    session._watches["BTC-USDT-SWAP"]._compare_ns += 3_600 * 1_000_000_000
    stream.flush()
    before = stream._link._timer.when()
    session._received_ns -= 14 * 1_000_000_000
    stream.flush()
    assert stream._link._timer.when() < before - 3
    await stop(task)


async def test_silent_connection_is_pinged_and_answered(venue):
    """The text ping goes out when it is due, and the pong keeps the connection."""
    probe = Probe()
    session, stream, task = await run_stream(venue, probe)
    await probe.first(m.StreamUp)
    session._received_ns -= 15 * 1_000_000_000
    stream.flush()
    async with asyncio.timeout(5):
        while session._pinged_ns is None:
            await asyncio.sleep(0)
        while session._pinged_ns is not None:
            await asyncio.sleep(0)
    assert not probe.all(m.StreamDown)
    await stop(task)


async def test_connections_are_paced(monkeypatch):
    """The fourth attempt within a second waits for the first to be a second old."""
    slept = []
    loop = asyncio.get_running_loop()
    start = loop.time()

    async def sleep(seconds):
        slept.append(seconds)
        monkeypatch.setattr(loop, "time", lambda: start + 1.0 + 0.01)

    monkeypatch.setattr(transport.asyncio, "sleep", sleep)
    gate = ConnectGate()
    for _ in range(4):
        await gate.wait()
    assert len(slept) == 1
    assert 0.5 < slept[0] <= 1.0


def test_back_off_grows_and_is_bounded():
    """At once after a steady connection, then doubling with jitter, never over the ceiling."""
    assert transport._backoff_s(0) == 0
    for attempts in range(1, 40):
        ceiling = min(transport.MAX_BACKOFF_S, 0.25 * 2 ** (attempts - 1))
        assert ceiling / 2 <= transport._backoff_s(attempts) <= ceiling


@pytest.mark.parametrize(
    ("received", "words"),
    [
        (None, "connection lost"),
        (Close(4001, ""), "login failed (4001)"),
        (Close(4005, ""), "this client read too slowly (4005)"),
        (Close(4007, ""), "key was edited or deleted (4007)"),
        (Close(1009, "x"), "message was too large (1009 x)"),
        (Close(4999, "x"), "closed with code 4999 (4999 x)"),
    ],
)
def test_close_reasons(received, words):
    """Codes become words, with the venue's own beside them."""
    code, reason = (received.code, received.reason) if received else (None, "")
    assert close_reason(code, reason) == words


def test_loopback_needs_no_proxy():
    """Proxies of the environment are for the world outside."""
    assert is_loopback("ws://127.0.0.1:1/x")
    assert is_loopback("http://localhost:1")
    assert not is_loopback("https://openapi.okx.com")


async def test_http_sends_path_and_body_byte_for_byte(venue):
    """What was signed is what arrives: no re-encoding on the way."""
    seen = []

    def answer(query, body):
        seen.append((query, body))
        return {"code": "0"}

    venue.rest["/api/v5/x"] = answer
    http = Http(venue.endpoints.rest, {"x-simulated-trading": "1"})
    reply = await http.send("POST", "/api/v5/x?ccy=BTC,USDT&a=%2B", {"A": "b"}, b'{"z":1,"a": 2}')
    await http.close()
    method, _, _, body, headers = venue.requests[-1]
    assert (reply.status, method, body) == (200, "POST", b'{"z":1,"a": 2}')
    assert seen == [({"ccy": "BTC,USDT", "a": "+"}, {"z": 1, "a": 2})]
    assert (headers["x-simulated-trading"], headers["a"]) == ("1", "b")
    assert venue.targets[-1] == "/api/v5/x?ccy=BTC,USDT&a=%2B"


async def test_http_that_is_not_answered_names_the_host():
    """No listener is an error with the address and the path, without the query."""
    http = Http("http://127.0.0.1:9", {})
    with pytest.raises(VenueUnreachableError, match=r"127\.0\.0\.1:9 did not answer GET /x: ") as error:
        await http.send("GET", "/x?key=1", {})
    await http.close()
    assert "key=1" not in str(error.value)


async def test_http_turns_to_the_other_host_of_its_region(venue):
    """A host that cannot be connected to has seen nothing: even a POST goes to the other one, and stays."""
    venue.rest["/api/v5/x"] = lambda query, body: {"code": "0"}
    http = Http("http://127.0.0.1:9", {}, venue.endpoints.rest)
    replies = [await http.send("POST", "/api/v5/x", {}, b"{}") for _ in range(2)]
    await http.close()
    assert [reply.status for reply in replies] == [200, 200]


async def test_requests_that_fail_together_turn_to_the_other_host_together(venue):
    """Each of them finds the first host dead: the second to say so must not turn back to it."""
    venue.rest["/api/v5/x"] = lambda query, body: {"code": "0"}
    http = Http("http://127.0.0.1:9", {}, venue.endpoints.rest)
    replies = await asyncio.gather(*(http.send("POST", "/api/v5/x", {}, b"{}") for _ in range(4)))
    replies.append(await http.send("POST", "/api/v5/x", {}, b"{}"))
    await http.close()
    assert [reply.status for reply in replies] == [200] * 5


async def test_a_stream_turns_to_the_other_host_of_its_region(venue, monkeypatch):
    """A host that takes no connection is left for the configured other one, which is kept."""
    monkeypatch.setattr(transport, "FIRST_BACKOFF_S", 0.0)
    probe = Probe()
    stream = Stream(
        "ws://127.0.0.1:9/ws/v5/public",
        PublicSession([make_instrument()]),
        probe,
        ConnectGate(),
        fallback_url=venue.endpoints.public_ws,
    )
    task = asyncio.create_task(stream.run())
    await probe.first(m.BookSnapshot)
    down = probe.all(m.StreamDown)
    assert len(down) == 1
    assert "127.0.0.1:9" in down[0].reason
    probe.events.clear()
    await venue.sockets["public"][0].close(4004, "idle")
    await probe.first(m.BookSnapshot)
    assert "127.0.0.1:9" not in probe.all(m.StreamDown)[0].reason
    await stop(task)


UPGRADE = {"event": "notice", "code": "64008", "msg": "upgrade"}


async def until(is_true):
    """Let the loop turn until something is so."""
    async with asyncio.timeout(5):
        while not is_true():
            await asyncio.sleep(0)


async def test_upgrade_opens_the_replacement_first(venue):
    """The new connection is complete before the old one goes; the reader sees a fresh book and no break."""
    probe = Probe()
    session, stream, task = await run_stream(venue, probe)
    await probe.first(m.BookSnapshot)
    await probe.first(m.StreamUp)
    old = venue.sockets["public"][0]
    probe.events.clear()
    await venue.push("public", UPGRADE)
    await probe.first(m.BookSnapshot)
    assert stream._session is not session
    await until(lambda: old not in venue.sockets["public"])
    await venue.push("public", trade("7"))
    await probe.first(m.PublicTrade)
    assert not probe.all(m.StreamDown)
    assert not probe.all(m.StreamUp)
    assert not probe.all(m.BookGap)
    await venue.sockets["public"][0].close(1001)
    await probe.first(m.StreamDown)
    await stop(task)


def trade(trade_id):
    """One print."""
    row = {"instId": "BTC-USDT-SWAP", "tradeId": trade_id, "px": "1", "sz": "1", "side": "buy", "ts": "1"}
    return {"arg": {"channel": "trades", "instId": "BTC-USDT-SWAP"}, "data": [row]}


async def test_replacement_that_fails_is_tried_again(venue, monkeypatch):
    """The venue refuses the first replacement; the old connection serves until the second is there."""
    monkeypatch.setattr(transport, "FIRST_BACKOFF_S", 0.0)
    probe = Probe()
    session, stream, task = await run_stream(venue, probe)
    await probe.first(m.StreamUp)
    refused = []

    class Refused(PublicSession):
        def opened(self, now_ns):
            super().opened(now_ns)
            refused.append(self)
            self.reconnect_reason = "refused"

    good = session.successor
    session.successor = lambda: good() if refused else Refused([make_instrument()])
    await venue.push("public", UPGRADE)
    await until(lambda: stream._session is not session)
    assert len(refused) == 1
    assert not probe.all(m.StreamDown)
    await stop(task)


async def test_defect_of_the_reader_is_raised_where_the_stream_is_awaited(venue):
    """An exception out of the reader must not vanish in a callback."""

    def emit(event):
        if isinstance(event, m.BookSnapshot):
            raise ZeroDivisionError

    _, _, task = await run_stream(venue, emit)
    with pytest.raises(ZeroDivisionError):
        await task


async def test_message_in_fragments_is_put_together(venue):
    """The venue does not fragment, but the protocol may."""
    probe = Probe()
    _, _, task = await run_stream(venue, probe)
    await probe.first(m.StreamUp)
    text = json.dumps(trade("8"))
    await venue.sockets["public"][0].send([text[:20], text[20:50], text[50:]])
    assert (await probe.first(m.PublicTrade)).trade_id == "8"
    await stop(task)


async def test_what_was_read_together_is_handed_on_as_one(venue):
    """A burst of best prices behind a slow reader becomes its newest; prints all come."""
    probe = Probe()
    _, stream, task = await run_stream(venue, probe)
    await probe.first(m.StreamUp)
    link = stream._link
    frames = [json.dumps(top(seq)).encode() for seq in range(200, 260)]
    frames[30:30] = [json.dumps(trade(str(n))).encode() for n in range(5)]
    for frame in frames:
        link._on_message(frame)
    link._on_read(1_000)
    assert [event.seq_id for event in probe.all(m.TopOfBook)] == [259]
    assert len(probe.all(m.PublicTrade)) == 5
    measured = stream._session._meter.report(0)
    assert (measured.conflated, measured.received - measured.applied) == (59, 59)
    await stop(task)


async def test_large_reading_waits_for_its_rest(venue):
    """A full read buffer says that more is waiting: it is handed on a turn later, or with what follows."""
    probe = Probe()
    _, stream, task = await run_stream(venue, probe)
    await probe.first(m.StreamUp)
    link = stream._link
    link._on_message(json.dumps(top(300)).encode())
    link._on_read(FULL_READ_BYTES)
    link._on_message(json.dumps(top(301)).encode())
    link._on_read(FULL_READ_BYTES)
    assert not probe.all(m.TopOfBook)
    await probe.first(m.TopOfBook)
    assert [event.seq_id for event in probe.all(m.TopOfBook)] == [301]
    await stop(task)


def top(seq_id):
    """One best bid and ask."""
    row = {"bids": [["60000", "1", "0", "1"]], "asks": [["60001", "1", "0", "1"]], "ts": "1", "seqId": seq_id}
    return {"arg": {"channel": "bbo-tbt", "instId": "BTC-USDT-SWAP"}, "data": [row]}
