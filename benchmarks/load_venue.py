"""A loopback venue that does nothing but load: a fast public stream and a private one that answers at once.

The public stream has a process of its own, so that sending never delays what is measured; times are taken on
the system-wide monotonic clock. REST is served by the embedded exchange beside them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from multiprocessing.sharedctypes import Synchronized
from typing import Any

from websockets.asyncio.server import ServerConnection as AsyncConnection
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection
from websockets.sync.server import serve as serve_threaded

from tests.samples import INST

SUBSCRIBE_WITHIN_S = 0.5
MID_TENTHS = 600_000
JUMP_TENTHS = 400
JUMPS_PER_S = 5
_HEAD = '{"arg":{"channel":"books","instId":"' + INST + '"},"action":"update","data":[{'


def clock_ns() -> int:
    """System-wide monotonic time."""
    return time.monotonic_ns()


def serve_public(rate: int, port: Synchronized[int], jumped_ns: Synchronized[int]) -> None:
    """Send ``rate`` chained book updates a second, evenly; each jump of the mid leaves its time behind."""

    def handle(connection: ServerConnection) -> None:
        with contextlib.suppress(TimeoutError):
            while True:
                message = json.loads(connection.recv(timeout=SUBSCRIBE_WITHIN_S))
                for arg in message["args"]:
                    connection.send(json.dumps(_subscribed(arg, message)))
        with contextlib.suppress(ConnectionClosed):
            _feed(connection, rate, jumped_ns)

    with serve_threaded(handle, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        port.value = server.socket.getsockname()[1]
        server.serve_forever()


def _feed(connection: ServerConnection, rate: int, jumped_ns: Synchronized[int]) -> None:
    connection.send(_snapshot())
    seq, bid, due, per_jump = 1, MID_TENTHS, time.monotonic(), rate // JUMPS_PER_S
    while True:
        due += 1 / rate
        seq += 1
        sides = f'"bids":[["{bid / 10:.1f}","{1 + seq % 9}","0","1"]],"asks":[]'
        if seq % per_jump == 0:
            bid, sides = _jump(bid)
        tail = f',"ts":"1","checksum":0,"prevSeqId":{seq - 1},"seqId":{seq}}}]}}'
        if seq % per_jump == 0:
            jumped_ns.value = clock_ns()
        connection.send(_HEAD + sides + tail)
        time.sleep(max(0.0, due - time.monotonic()))


def _jump(bid: int) -> tuple[int, str]:
    """Move both sides so far that every quote must follow."""
    new = MID_TENTHS + JUMP_TENTHS if bid == MID_TENTHS else MID_TENTHS
    old_levels = {"bids": bid, "asks": bid + 1}
    new_levels = {"bids": new, "asks": new + 1}
    sides = ",".join(
        f'"{side}":[["{old_levels[side] / 10:.1f}","0","0","0"],["{new_levels[side] / 10:.1f}","7","0","1"]]'
        for side in ("bids", "asks")
    )
    return new, sides


def _snapshot() -> str:
    sides = {
        "bids": [[f"{(MID_TENTHS - 1000 * n) / 10:.1f}", "5", "0", "1"] for n in range(50)],
        "asks": [[f"{(MID_TENTHS + 1 + 1000 * n) / 10:.1f}", "5", "0", "1"] for n in range(50)],
    }
    data = {**sides, "ts": "1", "checksum": 0, "prevSeqId": -1, "seqId": 1}
    return json.dumps({"arg": {"channel": "books", "instId": INST}, "action": "snapshot", "data": [data]})


async def greet(connection: AsyncConnection, message: dict[str, Any]) -> None:
    """Accept a login or a subscription."""
    if message["op"] == "login":
        await connection.send(json.dumps({"event": "login", "code": "0", "msg": "", "connId": "1"}))
        return
    for arg in message["args"]:
        await connection.send(json.dumps(_subscribed(arg, message)))


def _subscribed(arg: dict[str, str], message: dict[str, Any]) -> dict[str, Any]:
    return {"event": "subscribe", "arg": arg, "connId": "1", "id": message.get("id", "")}


class PrivateStream:
    """Acknowledges orders, pushes them as live, and keeps when amends and cancels arrived."""

    def __init__(self, jumped_ns: Synchronized[int]) -> None:
        self.port = 0
        self.tick_to_order_ns: list[int] = []
        self.cancel_seen_ns: int | None = None
        self._jumped_ns = jumped_ns
        self._orders: dict[str, dict[str, Any]] = {}

    async def run(self, ready: asyncio.Event) -> None:
        """Serve until cancelled."""
        async with serve(self._handle, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
            self.port = next(iter(server.sockets)).getsockname()[1]
            ready.set()
            await asyncio.get_running_loop().create_future()

    async def _handle(self, connection: AsyncConnection) -> None:
        with contextlib.suppress(ConnectionClosed):  # the engine is killed at the end
            async for text in connection:
                await self._on_message(connection, str(text), clock_ns())

    async def _on_message(self, connection: AsyncConnection, text: str, now_ns: int) -> None:
        if text == "ping":
            await connection.send("pong")
            return
        message = json.loads(text)
        if message["op"] in {"login", "subscribe"}:
            await greet(connection, message)
        else:
            self._keep_time(message["op"], now_ns)
            await self._answer(connection, message)

    def _keep_time(self, op: str, now_ns: int) -> None:
        if "cancel" in op and self.cancel_seen_ns is None:
            self.cancel_seen_ns = now_ns
        if "amend" in op and self._jumped_ns.value:
            self.tick_to_order_ns.append(now_ns - self._jumped_ns.value)
            self._jumped_ns.value = 0

    async def _answer(self, connection: AsyncConnection, message: dict[str, Any]) -> None:
        ids = [row["clOrdId"] for row in message["args"]]
        rows = [{"clOrdId": each, "ordId": f"9{each}", "sCode": "0", "sMsg": ""} for each in ids]
        head = {"id": message["id"], "op": message["op"], "code": "0", "msg": ""}
        await connection.send(json.dumps({**head, "data": rows}))
        for row in message["args"]:
            push = {"arg": {"channel": "orders", "instType": "ANY"}, "data": [self._push(message["op"], row)]}
            await connection.send(json.dumps(push))

    def _push(self, op: str, row: dict[str, Any]) -> dict[str, Any]:
        order = self._orders.setdefault(
            row["clOrdId"],
            {"instType": "SWAP", "instId": INST, "ordId": "9" + row["clOrdId"], "clOrdId": row["clOrdId"],
             "tag": row.get("tag", ""), "side": row.get("side", "buy"), "px": row.get("px", "1"),
             "sz": row.get("sz", "1"), "accFillSz": "0", "state": "live", "fillSz": "0"},
        )  # fmt: skip
        order["uTime"] = str(time.time_ns() // 1_000_000)
        order["amendResult"] = order["reqId"] = ""
        if "amend" in op:
            order["px"], order["sz"] = row.get("newPx") or order["px"], row.get("newSz") or order["sz"]
            order["reqId"], order["amendResult"] = row.get("reqId", ""), "0"
        if "cancel" in op:
            order["state"], order["cancelSource"] = "canceled", "1"
        return order
