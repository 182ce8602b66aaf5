"""One WebSocket between the venue and one session, without a task of its own.

Frames are handed to the session from inside the transport's read callback: no queue lies between the socket
and the engine, so what a slow engine has not read waits in the kernel, and comes as one large reading whose
books are merged into their newest state before they are handed on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidURI, WebSocketException
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from okxmm_tui.core.messages import AnyEvent
from okxmm_tui.okx.error_codes import close_code_text
from okxmm_tui.okx.session import Session

SECOND_NS = 1_000_000_000
OPEN_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 1.0
MAX_FRAME_BYTES = 8 * 1024 * 1024
MAX_WRITE_BUFFER_BYTES = 256 * 1024
"""A venue that reads slower than this has stopped reading."""
FULL_READ_BYTES = 64 * 1024
"""A reading this large was one of several: the loop reads up to 256 KiB at once, and more is waiting."""
MAX_HELD_NS = 20_000_000
"""Longest wait for the rest of a large reading."""

Handle = Callable[[list[AnyEvent], int], None]
"""Takes the events of one reading and the monotonic time at which it began."""


class Socket(ClientConnection):
    """A client connection that gives whole messages away instead of queueing them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on_message: Callable[[bytes], None] | None = None
        self.on_read: Callable[[int], None] | None = None
        self.on_lost: Callable[[], None] | None = None
        self._parts: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        """Take what the loop has read."""
        super().data_received(data)
        if self.on_read is not None:
            self.on_read(len(data))

    def process_event(self, event: Any) -> None:
        """Take one frame; the handshake and control frames go their usual way."""
        on_message = self.on_message
        if on_message is None or not isinstance(event, Frame) or event.opcode not in _DATA:
            super().process_event(event)
        elif event.fin and not self._parts:
            on_message(bytes(event.data))
        else:
            self._parts.append(bytes(event.data))
            if event.fin:
                message, self._parts = b"".join(self._parts), []
                on_message(message)

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end of the connection."""
        super().connection_lost(exc)
        if self.on_lost is not None:
            self.on_lost()


_DATA = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})


class Link:
    """One connection from its opening to its end.

    Args:
        url: Where to connect.
        session: What to say and how to read.
        handle: Takes the events, in order.
    """

    def __init__(self, url: str, session: Session, handle: Handle) -> None:
        self.session = session
        self.handle = handle
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Why the connection is over."""
        self._url = url
        self._socket: Socket | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._events: list[AnyEvent] = []
        self._began_ns: int | None = None
        self._hand_on_soon: asyncio.Handle | None = None

    async def open(self) -> None:
        """Connect and greet; a failure ends the link."""
        try:
            connection = await connect(
                self._url,
                create_connection=Socket,
                compression=None,
                ping_interval=None,  # the venue wants its own text ping
                open_timeout=OPEN_TIMEOUT_S,
                close_timeout=CLOSE_TIMEOUT_S,
                max_size=MAX_FRAME_BYTES,
                proxy=None if is_loopback(self._url) else True,
            )
        except (OSError, TimeoutError, InvalidHandshake, InvalidURI, WebSocketException) as error:
            self.end(f"{self._url} was not reachable: {words(error)}")
            return
        assert isinstance(connection, Socket)  # noqa: S101 - made by create_connection
        self._socket = connection
        connection.on_message, connection.on_read = self._on_message, self._on_read
        connection.on_lost = self._on_lost
        if connection.protocol.state is State.CLOSED:
            self._on_lost()
            return
        self.session.wake = self.flush
        self.session.opened(time.monotonic_ns())
        self.flush()

    def end(self, reason: str) -> None:
        """Take no more from this connection."""
        if not self.ended.done():
            self.ended.set_result(reason)
        if self._timer is not None:
            self._timer.cancel()
        if self._hand_on_soon is not None:
            self._hand_on_soon.cancel()
        if self._socket is not None:
            self._socket.on_message, self._socket.on_read = _ignore, None

    async def close(self) -> None:
        """End and say goodbye."""
        self.end("closed")
        if self._socket is not None:
            await self._socket.close()

    @property
    def has_connected(self) -> bool:
        """Whether the host took the connection, whatever came of it."""
        return self._socket is not None

    @property
    def is_writable(self) -> bool:
        """Whether a frame handed over now would leave at once."""
        socket = self._socket
        return (
            socket is not None
            and not self.ended.done()
            and socket.protocol.state is State.OPEN
            and socket.transport.get_write_buffer_size() <= MAX_WRITE_BUFFER_BYTES
        )

    def flush(self) -> None:
        """Write the session's frames to the socket, without waiting for the event loop's next turn."""
        socket = self._socket
        if socket is None or self.ended.done() or socket.protocol.state is not State.OPEN:
            return
        # Connection.send() would need a task of its own. The protocol below it is sans-IO, all of this
        # runs on one loop, and we never send fragmented messages, so the direct way is safe.
        for frame in self.session.pending_frames():
            socket.protocol.send_text(frame)
        socket.send_data()
        self._set_timer()

    # -- reading ----------------------------------------------------------------------------------

    def _on_message(self, frame: bytes) -> None:
        now_ns = time.monotonic_ns()
        if self._began_ns is None:
            self._began_ns = now_ns
        self._events += self.session.receive(frame, now_ns)

    def _on_read(self, size: int) -> None:
        if self._began_ns is None:
            return
        is_more_waiting = size >= FULL_READ_BYTES and time.monotonic_ns() - self._began_ns < MAX_HELD_NS
        if not is_more_waiting:
            self._hand_on()
        elif self._hand_on_soon is None:
            self._hand_on_soon = asyncio.get_running_loop().call_soon(self._hand_on)

    def _hand_on(self) -> None:
        if self._hand_on_soon is not None:
            self._hand_on_soon.cancel()
            self._hand_on_soon = None
        began_ns, self._began_ns = self._began_ns or time.monotonic_ns(), None
        events, self._events = self._events, []
        try:
            self.handle(self.session.hand_on(events), began_ns)
            self.session.handed_on(time.monotonic_ns() - began_ns)
        except Exception as error:
            self.fail(error)  # a defect: raised where the end is awaited
            return
        self._look_after()

    def _look_after(self) -> None:
        if self.session.reconnect_reason:
            self.end(self.session.reconnect_reason)
        elif self.session.wants_flush:
            self.flush()

    def _on_lost(self) -> None:
        if self._events:
            self._hand_on()
        socket = self._socket
        self.end(_lost_reason(socket) if socket is not None else "connection lost")

    def fail(self, error: BaseException) -> None:
        """End because of a defect, which is raised where the end is awaited."""
        if not self.ended.done():
            self.ended.set_exception(error)
        self.end("failed")

    # -- time -------------------------------------------------------------------------------------

    def _set_timer(self) -> None:
        # One timer, moved only when something was sent: later deadlines cost nothing, because a timer
        # that fires early finds nothing due and is set anew.
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        wait_s = (self.session.next_deadline() - time.monotonic_ns()) / SECOND_NS
        self._timer = loop.call_at(loop.time() + max(0.0, wait_s), self._on_timer)

    def _on_timer(self) -> None:
        now_ns = time.monotonic_ns()
        try:
            self.handle(self.session.on_time(now_ns), now_ns)
        except Exception as error:
            self.fail(error)  # a defect: raised where the end is awaited
            return
        if self.session.reconnect_reason:
            self.end(self.session.reconnect_reason)
        else:
            self.flush()


def is_loopback(url: str) -> bool:
    """Whether a URL stays on this machine."""
    return urlsplit(url).hostname in {"127.0.0.1", "::1", "localhost"}


def words(error: BaseException) -> str:
    """What an exception says, or at least its name."""
    return str(error) or type(error).__name__


def close_reason(code: int | None, reason: str) -> str:
    """Say why the venue closed, in our words with its own beside them."""
    text = close_code_text(code)
    if code is None:
        return text
    return f"{text} ({code} {reason})" if reason else f"{text} ({code})"


def _lost_reason(socket: Socket) -> str:
    received = socket.protocol.close_rcvd
    return close_reason(received.code, received.reason) if received else close_reason(None, "")


def _ignore(message: bytes) -> None:
    del message
