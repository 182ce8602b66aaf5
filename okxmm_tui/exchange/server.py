"""Carries the venue over loopback: Starlette routes, one writer per WebSocket, one pump per market.

This is the only place of the exchange with a clock or a socket. All of it runs in one event loop,
so the venue needs no lock; a slow client is closed with 4005 rather than waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import traceback
from collections.abc import Sequence

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from okxmm_tui.exchange.market_events import LiveFeed, MarketFeed
from okxmm_tui.exchange.outbox import Close, Send
from okxmm_tui.exchange.rest_request import RestReply, RestRequest
from okxmm_tui.exchange.subscriptions import Socket
from okxmm_tui.exchange.venue import Venue

MAX_QUEUED_TEXTS = 16_384
MAX_QUEUED_CHARS = 32 * 1024 * 1024
FROZEN_POLL_S = 0.02
MAX_SLEEP_S = 0.05
MAX_BURST_NS = 5_000_000
LOST_ACK_HOLD_S = 120.0
FAILED = 1011
GONE = 1005
"""The client closed first: nothing is left to send."""


class Wire:
    """Outgoing side of one WebSocket, bounded in messages and characters."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[str | Close] = asyncio.Queue()
        self._chars = 0

    def put(self, text: str) -> bool:
        """Queue a text; False when the client is too slow to be kept."""
        if self.queue.qsize() >= MAX_QUEUED_TEXTS or self._chars > MAX_QUEUED_CHARS:
            return False
        self._chars += len(text)
        self.queue.put_nowait(text)
        return True

    def put_close(self, close: Close) -> None:
        """Queue a close after everything queued so far."""
        self.queue.put_nowait(close)

    async def take(self) -> str | Close:
        """Wait for the next item."""
        item = await self.queue.get()
        if isinstance(item, str):
            self._chars -= len(item)
        return item


class ExchangeServer:
    """The venue, its feeds and its connections."""

    def __init__(self, venue: Venue, feeds: Sequence[MarketFeed | LiveFeed], speed: float) -> None:
        self.venue = venue
        self.messages = 0
        self.last_active_s = time.monotonic()
        self.stopping = asyncio.Event()
        self._feeds = feeds
        self._speed = speed
        self._wires: dict[int, Wire] = {}
        self._wake = asyncio.Event()
        self.app = Starlette(
            routes=[
                Route("/api/v5/{path:path}", self._rest, methods=["GET", "POST", "PUT", "DELETE", "PATCH"]),
                Route("/sim/v1/state", self._state, methods=["GET"]),
                Route("/sim/v1/faults", self._faults, methods=["GET", "POST"]),
                WebSocketRoute("/ws/v5/{socket}", self._websocket),
            ],
            exception_handlers={404: _not_found, 405: _not_found},
        )

    def idle_s(self) -> float:
        """Seconds without any client; an armed dead-man timer counts as a client."""
        if self._wires or self.venue.dead_man.armed:
            self.last_active_s = time.monotonic()
        return time.monotonic() - self.last_active_s

    async def run(self) -> None:
        """Play the markets and keep the venue's deadlines until cancelled.

        Raises:
            RecordingError: A recording could not be read to its end.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_deadlines())
                for feed in self._feeds:
                    tasks.create_task(self._relay(feed) if isinstance(feed, LiveFeed) else self._play(feed))
        except ExceptionGroup as failures:
            # One broken recording ends the exchange; its own sentence says more than the group.
            raise failures.exceptions[0] from failures

    def flush(self) -> None:
        """Hand the venue's outputs to the writers."""
        for output in self.venue.take_outputs():
            match output:
                case Send(connections=numbers, text=text):
                    for number in numbers:
                        self._send(number, text)
                case Close(connection=number):
                    self._close(number, output)
        self._wake.set()

    def _send(self, number: int, text: str) -> None:
        wire = self._wires.get(number)
        if wire is not None and not wire.put(text):
            self._close(number, Close(number, 4005, "send buffer full"))

    def _close(self, number: int, close: Close) -> None:
        wire = self._wires.pop(number, None)
        self.venue.closed(number, time.time_ns())
        if wire is not None:
            wire.put_close(close)

    async def _keep_deadlines(self) -> None:
        while True:
            due_ns = self.venue.next_deadline_ns()
            wait_s = MAX_SLEEP_S if due_ns is None else (due_ns - time.time_ns()) / 1e9
            if wait_s > 0:
                self._wake.clear()
                await set_within(self._wake, min(wait_s, MAX_SLEEP_S))
            else:
                await asyncio.sleep(0)
            self.venue.on_time(time.time_ns())
            self.flush()

    async def _play(self, feed: MarketFeed) -> None:
        begun_ns = time.monotonic_ns()
        for at_ns, events in feed.events():
            due_ns = begun_ns + int(at_ns / self._speed)
            now_ns = time.monotonic_ns()
            if due_ns > now_ns:
                await asyncio.sleep((due_ns - now_ns) / 1e9)
            elif now_ns - due_ns > MAX_BURST_NS:
                # Behind schedule: others get their turn, and the schedule moves rather than bursts.
                begun_ns += now_ns - due_ns
                await asyncio.sleep(0)
            await self._thawed()
            for event in events:
                self.venue.on_market(event, time.time_ns())
            self.messages += 1
            self.flush()

    async def _relay(self, feed: LiveFeed) -> None:
        async for events in feed.live():
            await self._thawed()
            for event in events:
                self.venue.on_market(event, time.time_ns())
            self.messages += 1
            self.flush()

    async def _rest(self, request: Request) -> Response:
        received_ns = time.time_ns()
        self.last_active_s = time.monotonic()
        body = await request.body()
        asked = RestRequest(
            method=request.method,
            path=request.url.path,
            query=request.url.query,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            received_ns=received_ns,
            client=request.client.host if request.client else "",
        )
        delay_ns = self.venue.rest_delay_ns(asked)
        if delay_ns:
            await asyncio.sleep(delay_ns / 1e9)
        await self._thawed()
        answer = self.venue.rest(asked, time.time_ns())
        self.flush()
        if answer.is_lost:
            await self._never_answer(request)
        return _response(answer)

    async def _thawed(self) -> None:
        while self.venue.is_frozen() and not self.stopping.is_set():
            await set_within(self.stopping, FROZEN_POLL_S)

    async def _never_answer(self, request: Request) -> None:
        deadline_s = time.monotonic() + LOST_ACK_HOLD_S
        while (
            not self.stopping.is_set()
            and time.monotonic() < deadline_s
            and not await request.is_disconnected()
        ):
            await set_within(self.stopping, FROZEN_POLL_S)

    async def _state(self, request: Request) -> Response:
        del request
        self.last_active_s = time.monotonic()
        content = self.venue.ledger(time.time_ns())
        content["market"] = {"loops": [feed.loop for feed in self._feeds], "messages": self.messages}
        content["market"]["loop"] = max(content["market"]["loops"])
        return Response(msgspec.json.encode(content), media_type="application/json")

    async def _faults(self, request: Request) -> Response:
        self.last_active_s = time.monotonic()
        if request.method == "GET":
            wants_all = request.query_params.get("describe", "") not in {"", "0"}
            return _response(self.venue.faults(time.time_ns(), describe_all=wants_all))
        answer = self.venue.inject(await request.body(), time.time_ns())
        self.flush()
        return _response(answer)

    async def _websocket(self, websocket: WebSocket) -> None:
        name = websocket.path_params["socket"]
        number = self.venue.open(Socket(name), time.time_ns()) if name in set(Socket) else None
        if number is None:
            status = 404 if name not in set(Socket) else 429
            await websocket.send_denial_response(Response(status_code=status))
            return
        wire = self._wires[number] = Wire()
        await websocket.accept()
        reader = asyncio.create_task(self._read(websocket, number))
        try:
            await self._write(websocket, wire)
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            self._wires.pop(number, None)
            self.venue.closed(number, time.time_ns())
            self.last_active_s = time.monotonic()

    async def _read(self, websocket: WebSocket, number: int) -> None:
        try:
            while (text := await _text(websocket)) is not None:
                self.venue.receive(number, text, time.time_ns())
                self.flush()
            self._close(number, Close(number, 4002, "binary messages are not understood"))
        except WebSocketDisconnect:
            self._close(number, Close(number, GONE, ""))
        except Exception:
            traceback.print_exc()
            self._close(number, Close(number, FAILED, "the exchange failed on a message"))

    async def _write(self, websocket: WebSocket, wire: Wire) -> None:
        try:
            while True:
                item = await wire.take()
                if isinstance(item, Close):
                    if item.code != GONE:
                        await websocket.close(item.code, item.reason)
                    return
                await websocket.send_text(item)
        except WebSocketDisconnect:
            return


async def set_within(event: asyncio.Event, wait_s: float) -> None:
    """Wait for an event, at most so long.

    ``asyncio.wait_for`` may swallow a cancellation that meets the event (Python 3.11); this never does.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(wait_s):
            await event.wait()


async def _text(websocket: WebSocket) -> str | None:
    try:
        return await websocket.receive_text()
    except KeyError:
        return None  # it was binary


def _response(answer: RestReply) -> Response:
    return Response(answer.body, status_code=answer.status, media_type=answer.media_type)


async def _not_found(request: Request, error: Exception) -> Response:
    del error
    body = {"code": "404", "msg": f"Request path {request.url.path} does not exist.", "data": []}
    return Response(msgspec.json.encode(body), status_code=404, media_type="application/json")
