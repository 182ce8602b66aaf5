"""The running exchange over loopback: sockets, one line of readiness, clean exits."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import time
from socket import IPPROTO_TCP

import httpx
import pytest
import websockets

from okxmm_tui.errors import RecordingError, UsageError
from okxmm_tui.exchange import process
from okxmm_tui.exchange.process import ExchangeOptions, _listen, running_exchange
from okxmm_tui.exchange.server import MAX_QUEUED_TEXTS, Wire
from okxmm_tui.okx.auth import login_args, rest_headers
from tests.exchange.bench import CODE, INST, SIM


@pytest.fixture
async def exchange():
    """A running exchange with the synthetic market."""
    async with running_exchange(ExchangeOptions(markets=("synthetic",))) as running:
        yield running


@pytest.fixture
async def rest(exchange):
    """A REST client of it."""
    async with httpx.AsyncClient(base_url=exchange.rest, timeout=5) as client:
        yield client


async def signed(rest, method, path, body=None):
    """Ask with a signature."""
    content = json.dumps(body) if body is not None else ""
    headers = rest_headers(SIM, time.time_ns(), method, path, content)
    return (await rest.request(method, path, content=content, headers=headers)).json()


def connect(exchange, name):
    """Open a WebSocket."""
    return websockets.connect(f"{exchange.ws}/{name}", compression=None, ping_interval=None)


async def ask(socket, message):
    """Send JSON."""
    await socket.send(json.dumps(message))


async def until(socket, wanted):
    """Read until a message is wanted."""
    async with asyncio.timeout(5):
        while True:
            message = json.loads(await socket.recv())
            if wanted(message):
                return message


async def private(exchange, socket):
    """Log in and listen to orders."""
    await ask(socket, {"op": "login", "args": [login_args(SIM, time.time_ns())]})
    await until(socket, lambda one: one.get("event") == "login")
    await ask(socket, {"op": "subscribe", "args": [{"channel": "orders", "instType": "ANY"}]})
    await until(socket, lambda one: one.get("event") == "channel-conn-count")


async def test_book_streams_and_chains(exchange):
    """Live increments arrive within a second and chain without a gap."""
    async with connect(exchange, "public") as socket:
        await ask(socket, {"op": "subscribe", "args": [{"channel": "books", "instId": INST}]})
        first = await until(socket, lambda one: one.get("action") == "snapshot")
        last = first["data"][0]["seqId"]
        for _ in range(5):
            row = (await until(socket, lambda one: one.get("action") == "update"))["data"][0]
            assert row["prevSeqId"] == last
            assert abs(int(row["ts"]) - time.time() * 1000) < 1000
            last = row["seqId"]


async def test_life_of_an_order_over_both_transports(exchange, rest):
    """Placed on the WebSocket, seen by REST, amended there, canceled, and in the ledger at the end."""
    async with connect(exchange, "private") as socket:
        await private(exchange, socket)
        limits = (await rest.get(f"/api/v5/public/price-limit?instId={INST}")).json()["data"][0]
        order = {
            "instIdCode": CODE,
            "tdMode": "cross",
            "side": "buy",
            "ordType": "post_only",
            "px": limits["sellLmt"],
            "sz": "1",
        }
        await ask(socket, {"id": "a1", "op": "order", "args": [order | {"clOrdId": "x1"}]})
        ack = await until(socket, lambda one: one.get("op") == "order")
        assert ack["code"] == "0"
        pending = await signed(rest, "GET", f"/api/v5/trade/orders-pending?instId={INST}")
        assert [row["clOrdId"] for row in pending["data"]] == ["x1"]
        amend = {"instId": INST, "clOrdId": "x1", "newSz": "2", "reqId": "r1"}
        assert (await signed(rest, "POST", "/api/v5/trade/amend-order", amend))["code"] == "0"
        await until(socket, lambda one: one.get("data", [{}])[0].get("reqId") == "r1")
        await signed(rest, "POST", "/api/v5/trade/cancel-order", {"instId": INST, "clOrdId": "x1"})
        await until(socket, lambda one: one.get("data", [{}])[0].get("state") == "canceled")
    ledger = (await rest.get("/sim/v1/state")).json()
    assert [(row["state"], row["cancelSource"], row["sz"]) for row in ledger["orders"]] == [
        ("canceled", "1", "2")
    ]
    assert ledger["market"]["messages"] > 0
    assert ledger["balance"]["cash"] == "100000"


async def test_freeze_and_thaw(exchange, rest):
    """Frozen, neither REST nor WebSocket answers; thawed, the late answers come on the same connections."""
    async with connect(exchange, "public") as socket:
        await rest.post("/sim/v1/faults", json={"fault": "freeze", "seconds": None})
        await socket.send("ping")
        late = asyncio.create_task(rest.get("/api/v5/public/time"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.recv(), 0.3)
        assert not late.done()
        assert (await rest.get("/sim/v1/state")).json()["isFrozen"]
        await rest.post("/sim/v1/faults", json={"fault": "thaw"})
        assert (await asyncio.wait_for(late, 2)).json()["code"] == "0"
        assert await asyncio.wait_for(socket.recv(), 2) == "pong"


async def test_dropped_connection_closes_with_4006(exchange, rest):
    """The client sees the close code."""
    async with connect(exchange, "public") as socket:
        await rest.post("/sim/v1/faults", json={"fault": "drop_connections", "which": "public"})
        with pytest.raises(websockets.ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 2)
        assert socket.close_code == 4006


async def test_lost_rest_ack(exchange, rest):
    """The order executes, the answer never comes, the client times out."""
    await rest.post("/sim/v1/faults", json={"fault": "lose_ack", "count": 1})
    body = {"instId": INST, "tdMode": "cross", "side": "buy", "ordType": "market", "sz": "1"}
    content = json.dumps(body)
    headers = rest_headers(SIM, time.time_ns(), "POST", "/api/v5/trade/order", content)
    with pytest.raises(httpx.ReadTimeout):
        await rest.post("/api/v5/trade/order", content=content, headers=headers, timeout=0.3)
    assert (await rest.get("/sim/v1/state")).json()["orders"][0]["accFillSz"] != "0"


async def test_latency_applies_to_rest_orders(exchange, rest):
    """A trade request waits, as its own stamps show."""
    await rest.post("/sim/v1/faults", json={"fault": "latency", "ms": 150})
    answer = await signed(rest, "POST", "/api/v5/trade/cancel-order", {"instId": INST, "ordId": "1"})
    assert int(answer["outTime"]) - int(answer["inTime"]) >= 150_000


async def test_unknown_addresses(exchange, rest):
    """Unknown paths are 404 in OKX form, unknown sockets are refused in the handshake."""
    for path in ("/api/v5/no/such", "/elsewhere"):
        answer = await rest.get(path)
        assert (answer.status_code, answer.json()["data"]) == (404, [])
    with pytest.raises(websockets.InvalidStatus):
        async with connect(exchange, "nowhere"):
            pass


async def test_binary_messages_are_refused(exchange):
    """Only text is understood: close 4002."""
    async with connect(exchange, "public") as socket:
        await socket.send(b"\x00")
        with pytest.raises(websockets.ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 2)
        assert socket.close_code == 4002


async def test_defect_on_a_message_closes_the_connection(exchange, monkeypatch, capsys):
    """A message the exchange fails on ends its connection with 1011 and leaves the trace in the log."""

    def fail(number, text, now_ns):
        raise KeyError(text)

    monkeypatch.setattr(exchange.venue, "receive", fail)
    async with connect(exchange, "public") as socket:
        await socket.send("ping")
        with pytest.raises(websockets.ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 2)
        assert socket.close_code == 1011
    assert "KeyError: 'ping'" in capsys.readouterr().err


async def test_compression_is_off(exchange):
    """A client that offers permessage-deflate is not given it."""
    async with websockets.connect(f"{exchange.ws}/public", ping_interval=None) as socket:
        assert "Sec-WebSocket-Extensions" not in socket.response.headers


def test_slow_consumers_are_bounded():
    """The outgoing queue takes a bounded number of texts and then says no."""
    wire = Wire()
    assert all(wire.put("x") for _ in range(MAX_QUEUED_TEXTS))
    assert not wire.put("x")


async def test_slow_consumer_is_closed_with_4005(exchange):
    """A client that does not read is closed rather than waited for."""
    async with connect(exchange, "public") as socket:
        await ask(socket, {"op": "subscribe", "args": [{"channel": "trades", "instId": INST}]})
        await until(socket, lambda one: one.get("event") == "subscribe")
        number = next(iter(exchange.venue.state.registry.connections))
        for _ in range(MAX_QUEUED_TEXTS + 1):
            exchange.venue.state.outbox.send_text(number, "{}")
        exchange.server.flush()
        assert exchange.venue.state.registry.connections == {}
        with pytest.raises(websockets.ConnectionClosed):
            await until(socket, lambda one: False)
        assert socket.close_code == 4005


async def test_armed_dead_man_keeps_an_idle_exchange_alive(exchange):
    """Nobody is connected, but a timer still has to fire."""
    exchange.server.last_active_s = time.monotonic() - 60
    assert exchange.server.idle_s() >= 60
    exchange.venue.dead_man.set("10", "")
    assert exchange.server.idle_s() < 1


async def test_taken_port(exchange):
    """A port in use is a usage error with a hint."""
    port = int(exchange.rest.rsplit(":", 1)[1])
    with pytest.raises(UsageError, match="could not listen"):
        async with running_exchange(ExchangeOptions(port=port, markets=("synthetic",))):
            pass


async def test_a_refused_account_takes_no_port(monkeypatch):
    """What the venue refuses to be is found out before a socket is opened that nobody would close."""
    monkeypatch.setattr(process, "_listen", lambda port: pytest.fail(f"took port {port}"))
    with pytest.raises(UsageError, match="Account level"):
        async with running_exchange(ExchangeOptions(markets=("synthetic",), account_level="9")):
            pass


@pytest.mark.parametrize("speed", [0.0, -1.0])
async def test_wrong_speed(speed):
    """Speed must be above 0."""
    with pytest.raises(UsageError, match="Speed"):
        async with running_exchange(ExchangeOptions(speed=speed)):
            pass


async def play_until_lost(path):
    """Run a recording and take its file away."""
    async with running_exchange(ExchangeOptions(markets=(str(path),))) as running:
        path.unlink()
        async with asyncio.timeout(2):
            await asyncio.wait({running.playing})


async def test_recording_that_vanishes_ends_the_exchange(tmp_path):
    """A file that is gone at the next loop is reported as what it is."""
    row = {"asks": [["60000.1", "1", "0", "1"]], "bids": [["60000", "1", "0", "1"]], "ts": "1"}
    push = {"arg": {"channel": "books", "instId": INST}, "action": "snapshot", "data": [row]}
    path = tmp_path / "short.jsonl"
    path.write_text(json.dumps({"t": 1, "ws": "public", "m": push}))
    with pytest.raises(RecordingError, match="could not be read"):
        await play_until_lost(path)


def start(*options):
    """Run the exchange in a process of its own."""
    call = f"run_exchange(ExchangeOptions({', '.join(options)}))"
    code = f"from okxmm_tui.exchange.process import *; import sys; sys.exit({call})"
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_process_announces_itself_and_stops_on_a_signal(number):
    """One JSON line on stdout, exit code 0, nothing on stderr."""
    process = start()
    line = process.stdout.readline()
    urls = json.loads(line)
    assert urls["ws"] == urls["rest"].replace("http", "ws") + "/ws/v5"
    process.send_signal(number)
    rest, errors = process.communicate(timeout=10)
    assert (process.returncode, rest, errors) == (0, "", "")


def test_process_exits_when_nobody_is_there():
    """With idle_exit_s it ends by itself, with code 0."""
    process = start("idle_exit_s=0.3")
    _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")


def test_listener_is_named_tcp():
    """Only then asyncio turns Nagle's delay off, which costs every REST answer 40 ms."""
    with contextlib.closing(_listen(0)) as listener:
        assert listener.proto == IPPROTO_TCP
