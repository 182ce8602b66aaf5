"""A scripted venue on loopback sockets: just enough OKX to drive the gateway into corners."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from okxmm_tui.okx.endpoints import Endpoints

SWAP = {
    "instId": "BTC-USDT-SWAP", "instType": "SWAP", "ctType": "linear", "ctVal": "0.01", "ctMult": "1",
    "ctValCcy": "BTC", "settleCcy": "USDT", "uly": "BTC-USDT", "instFamily": "BTC-USDT", "tickSz": "0.1",
    "lotSz": "0.01", "minSz": "0.01", "maxLmtSz": "100000000", "lever": "100", "state": "live",
    "groupId": "4", "instIdCode": 10459,
}  # fmt: skip
ETH = SWAP | {"instId": "ETH-USDT-SWAP", "uly": "ETH-USDT", "instFamily": "ETH-USDT", "instIdCode": 10461}
INVERSE = SWAP | {
    "instId": "BTC-USD-SWAP", "ctType": "inverse", "ctVal": "100", "ctValCcy": "USD", "settleCcy": "BTC",
    "uly": "BTC-USD", "instFamily": "BTC-USD", "lotSz": "0.1", "minSz": "0.1", "instIdCode": 10458,
}  # fmt: skip
FUTURE = SWAP | {"instId": "BTC-USDT-261225", "instType": "FUTURES", "instIdCode": 20001}
COIN_FUTURE = INVERSE | {"instId": "BTC-USD-261225", "instType": "FUTURES", "instIdCode": 20002}
SPOT = {
    "instId": "BTC-USDT", "instType": "SPOT", "ctType": "", "baseCcy": "BTC", "quoteCcy": "USDT",
    "tickSz": "0.1", "lotSz": "0.00000001", "minSz": "0.00001", "maxLmtSz": "9999999999", "lever": "10",
    "state": "live", "groupId": "12", "instIdCode": 3,
}  # fmt: skip
KINDS = (SWAP, ETH, INVERSE, FUTURE, COIN_FUTURE, SPOT)
CONFIG = {"uid": "42", "label": "desk", "acctLv": "2", "posMode": "net_mode", "perm": "read_only,trade"}
FEES = {
    "feeGroup": [
        {"groupId": "4", "maker": "-0.0002", "taker": "-0.0005"},
        {"groupId": "12", "maker": "-0.0008", "taker": "-0.001"},
    ]
}

RestHandler = Callable[[dict[str, str], Any], Any]


class FakeVenue:
    """Answers REST by path and WebSocket by operation; every answer can be replaced."""

    def __init__(self) -> None:
        self.rest: dict[str, RestHandler] = {
            "/api/v5/public/time": lambda q, b: ok([{"ts": "1795161600000"}]),
            "/api/v5/public/instruments": self._instruments,
            "/api/v5/account/instruments": self._instruments,
            "/api/v5/account/config": lambda q, b: ok([CONFIG]),
            "/api/v5/account/trade-fee": lambda q, b: ok([FEES]),
            "/api/v5/account/balance": lambda q, b: ok(
                [{"details": [{"ccy": "USDT", "eq": "9", "cashBal": "9"}]}]
            ),
            "/api/v5/account/positions": lambda q, b: ok([]),
            "/api/v5/account/leverage-info": lambda q, b: ok([{"instId": q["instId"], "lever": "5"}]),
            "/api/v5/account/bills": lambda q, b: ok([]),
            "/api/v5/trade/orders-pending": lambda q, b: ok([]),
            "/api/v5/trade/fills": lambda q, b: ok([]),
        }
        self.on_op: Callable[[dict[str, Any]], dict[str, Any] | None] = accept_rows
        self.login_reply: Callable[[], dict[str, Any]] = lambda: {"event": "login", "code": "0", "msg": ""}
        self.requests: list[tuple[str, str, dict[str, str], bytes, dict[str, str]]] = []
        self.has_snapshots = True
        self.ops: list[dict[str, Any]] = []
        self.targets: list[str] = []
        self.sockets: dict[str, list[ServerConnection]] = {"public": [], "private": []}
        self.endpoints = Endpoints.local("", "")

    @staticmethod
    def _instruments(query: dict[str, str], body: Any) -> Any:
        kind = query.get("instType")
        rows = [row for row in KINDS if row["instType"] == kind]
        wanted = query.get("instId")
        return ok([row for row in rows if wanted in {None, row["instId"]}])

    async def push(self, stream: str, message: dict[str, Any]) -> None:
        """Send one message to every connection of a stream."""
        for socket in self.sockets[stream]:
            await socket.send(json.dumps(message))

    def paths(self) -> list[str]:
        """REST paths asked for so far."""
        return [path for _, path, _, _, _ in self.requests]

    async def _socket(self, connection: ServerConnection) -> None:
        stream = connection.request.path.rsplit("/", 1)[-1] if connection.request else ""
        self.sockets[stream].append(connection)
        try:
            async for frame in connection:
                await self._frame(connection, str(frame))
        except ConnectionClosed:
            pass
        finally:
            self.sockets[stream].remove(connection)

    async def _frame(self, connection: ServerConnection, frame: str) -> None:
        if frame == "ping":
            await connection.send("pong")
            return
        message = json.loads(frame)
        self.ops.append(message)
        if message["op"] == "login":
            await connection.send(json.dumps(self.login_reply()))
        elif message["op"] in {"subscribe", "unsubscribe"}:
            for arg in message["args"]:
                await connection.send(json.dumps({"id": message["id"], "event": message["op"], "arg": arg}))
                if self.has_snapshots and arg["channel"] == "books" and message["op"] == "subscribe":
                    await connection.send(json.dumps(book_snapshot(arg["instId"])))
        elif (reply := self.on_op(message)) is not None:
            await connection.send(json.dumps(reply))

    async def _http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._answer(head.decode(), reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *lines = head.strip().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        url = urlsplit(target)
        query = dict(parse_qsl(url.query))
        self.requests.append((method, url.path, query, body, headers))
        self.targets.append(target)
        handler = self.rest.get(url.path)
        answer = (
            handler(query, json.loads(body) if body else None) if handler else {"code": "50005", "data": []}
        )
        if asyncio.iscoroutine(answer):
            answer = await answer
        payload = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        status = b"200 OK" if not isinstance(answer, bytes) else b"502 Bad Gateway"
        writer.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: %d\r\n\r\n" % len(payload) + payload)
        await writer.drain()


def ok(rows: list[Any]) -> dict[str, Any]:
    """A REST answer that says yes."""
    return {"code": "0", "msg": "", "data": rows}


def refusal(code: str, text: str = "no") -> dict[str, Any]:
    """A REST answer that says no."""
    return {"code": code, "msg": text, "data": []}


def op_reply(message: dict[str, Any], rows: list[dict[str, Any]], code: str = "0") -> dict[str, Any]:
    """Answer to an order operation."""
    return {"id": message["id"], "op": message["op"], "code": code, "msg": "", "data": rows}


def accept_rows(message: dict[str, Any]) -> dict[str, Any]:
    """Accept every row of an order operation."""
    rows = [
        {"clOrdId": row.get("clOrdId", ""), "ordId": f"9{index}", "sCode": "0", "sMsg": ""}
        for index, row in enumerate(message["args"])
    ]
    return op_reply(message, rows)


def refuse_rows(message: dict[str, Any], code: str, text: str = "no") -> dict[str, Any]:
    """Refuse every row of an order operation."""
    rows = [{"clOrdId": row.get("clOrdId", ""), "sCode": code, "sMsg": text} for row in message["args"]]
    return op_reply(message, rows, "1")


def book_snapshot(inst_id: str, seq_id: int = 100) -> dict[str, Any]:
    """A two-level book."""
    data = {
        "asks": [["60000.2", "12.5", "0", "4"]], "bids": [["60000.1", "3.07", "0", "2"]],
        "ts": "1795161600123", "checksum": 0, "prevSeqId": -1, "seqId": seq_id,
    }  # fmt: skip
    return {"arg": {"channel": "books", "instId": inst_id}, "action": "snapshot", "data": [data]}


@asynccontextmanager
async def running_fake() -> AsyncIterator[FakeVenue]:
    """Serve a fake venue on two free loopback ports."""
    venue = FakeVenue()
    http = await asyncio.start_server(venue._http, "127.0.0.1", 0)
    sockets = await serve(venue._socket, "127.0.0.1", 0, compression=None, close_timeout=0.5)
    rest_port = http.sockets[0].getsockname()[1]
    ws_port = next(iter(sockets.sockets)).getsockname()[1]
    venue.endpoints = Endpoints.local(f"http://127.0.0.1:{rest_port}", f"ws://127.0.0.1:{ws_port}/ws/v5")
    try:
        yield venue
    finally:
        sockets.close()
        await sockets.wait_closed()
        http.close()
