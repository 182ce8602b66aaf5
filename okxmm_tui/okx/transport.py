"""The only module with sockets: WebSocket connections that renew themselves, and HTTP exchanges.

It moves bytes between the venue and a sans-IO session and knows the protocol only through it. Reconnects
wait with exponential back-off and jitter, and never exceed three connections a second (OKX v5, "Connect").
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
from msgspec import Struct
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI, WebSocketException
from websockets.protocol import State

from okxmm_tui.core.messages import AnyEvent
from okxmm_tui.errors import VenueUnreachableError
from okxmm_tui.okx.error_codes import close_code_text
from okxmm_tui.okx.session import Session

SECOND_NS = 1_000_000_000
CONNECTS_PER_SECOND = 3
FIRST_BACKOFF_S = 0.25
MAX_BACKOFF_S = 30.0
STEADY_AFTER_S = 30.0
"""A connection that lasted this long was a good one: the next back-off starts small."""
OPEN_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 1.0
MAX_FRAME_BYTES = 8 * 1024 * 1024
MAX_QUEUED_FRAMES = 64
"""Frames read ahead; also the longest burst handled before other tasks get their turn."""
MAX_WRITE_BUFFER_BYTES = 256 * 1024
"""A venue that reads slower than this has stopped reading."""
HTTP_TIMEOUT_S = 5.0
HTTP_CONNECT_TIMEOUT_S = 3.0

Emit = Callable[[AnyEvent], None]


class ConnectGate:
    """Spaces out connection attempts over all streams of a gateway."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    async def wait(self) -> None:
        """Return when one more attempt is allowed."""
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            while self._times and now - self._times[0] >= 1.0:
                self._times.popleft()
            if len(self._times) < CONNECTS_PER_SECOND:
                self._times.append(now)
                return
            await asyncio.sleep(self._times[0] + 1.0 - now)


class Stream:
    """One WebSocket kept open for one session.

    Args:
        url: Where to connect.
        session: What to say and how to read.
        emit: Takes every event, in order.
        gate: Shared by all streams of a gateway.
    """

    def __init__(self, url: str, session: Session, emit: Emit, gate: ConnectGate) -> None:
        self._url = url
        self._session = session
        self._emit = emit
        self._gate = gate
        self._connection: ClientConnection | None = None
        self._timer: asyncio.Timeout | None = None

    async def run(self) -> None:
        """Connect, serve and reconnect until cancelled."""
        loop = asyncio.get_running_loop()
        attempts = 0
        while True:
            await self._gate.wait()
            started = loop.time()
            reason = await self._attempt()
            for event in self._session.closed(reason, time.monotonic_ns()):
                self._emit(event)
            attempts = 0 if loop.time() - started >= STEADY_AFTER_S else attempts + 1
            await asyncio.sleep(_backoff_s(attempts))

    @property
    def is_writable(self) -> bool:
        """Whether a frame handed over now would leave at once."""
        connection = self._connection
        return (
            connection is not None
            and connection.protocol.state is State.OPEN
            and connection.transport.get_write_buffer_size() <= MAX_WRITE_BUFFER_BYTES
        )

    def flush(self) -> None:
        """Write the session's frames to the socket, without waiting for the event loop's next turn."""
        connection = self._connection
        if connection is None or connection.protocol.state is not State.OPEN:
            return
        # Connection.send() would need a task of its own. The protocol below it is sans-IO, all of this
        # runs on one loop, and we never send fragmented messages, so the direct way is safe.
        for frame in self._session.pending_frames():
            connection.protocol.send_text(frame)
        connection.send_data()
        self._set_timer()

    async def _attempt(self) -> str:
        try:
            async with connect(
                self._url,
                compression=None,
                ping_interval=None,  # the venue wants its own text ping
                open_timeout=OPEN_TIMEOUT_S,
                close_timeout=CLOSE_TIMEOUT_S,
                max_size=MAX_FRAME_BYTES,
                max_queue=MAX_QUEUED_FRAMES,
                proxy=None if is_loopback(self._url) else True,
            ) as connection:
                return await self._serve(connection)
        except ConnectionClosed as error:
            return _close_reason(error)
        except (OSError, TimeoutError, InvalidHandshake, InvalidURI, WebSocketException) as error:
            return f"{self._url} was not reachable: {_words(error)}"
        finally:
            self._connection = None

    async def _serve(self, connection: ClientConnection) -> str:
        session = self._session
        self._connection = connection
        session.opened(time.monotonic_ns())
        self.flush()
        try:
            while not session.reconnect_reason:
                await self._receive_until_deadline(connection)
        finally:
            self._connection = None
            self._timer = None
        return session.reconnect_reason

    async def _receive_until_deadline(self, connection: ClientConnection) -> None:
        session, emit = self._session, self._emit
        try:
            async with asyncio.timeout(None) as timer:
                self._timer = timer
                self._set_timer()
                while not session.reconnect_reason:
                    frame = await connection.recv(decode=False)
                    for event in session.receive(frame, time.monotonic_ns()):
                        emit(event)
                    if session.wants_flush:
                        self.flush()
        except TimeoutError:
            self._timer = None
            for event in session.on_time(time.monotonic_ns()):
                emit(event)
            self.flush()

    def _set_timer(self) -> None:
        # One timer per wait, moved only when something was sent: later deadlines cost nothing, because
        # a timer that fires early finds nothing due and is set anew.
        timer = self._timer
        if timer is None or timer.expired():
            return
        wait_s = (self._session.next_deadline() - time.monotonic_ns()) / SECOND_NS
        timer.reschedule(asyncio.get_running_loop().time() + max(0.0, wait_s))


class HttpReply(Struct, frozen=True):
    """Status and body, whatever the body is."""

    status: int
    body: bytes


class Http:
    """Keeps HTTP connections to one host.

    Args:
        base_url: Scheme, host and port.
        headers: Sent with every request.
    """

    def __init__(self, base_url: str, headers: dict[str, str]) -> None:
        self._base_url = base_url
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers=headers,
            timeout=httpx.Timeout(HTTP_TIMEOUT_S, connect=HTTP_CONNECT_TIMEOUT_S),
            limits=httpx.Limits(max_connections=20, keepalive_expiry=60.0),
            trust_env=not is_loopback(base_url),  # proxies are for the world outside
        )

    async def send(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> HttpReply:
        """Send one request; path (with its query) and body go out byte for byte.

        Raises:
            VenueUnreachableError: No answer came: no connection, a timeout, or a broken one.
        """
        try:
            reply = await self._client.request(method, path, headers=headers, content=body or None)
        except httpx.HTTPError as error:
            raise VenueUnreachableError(
                f"{self._base_url} did not answer {method} {path.partition('?')[0]}: {_words(error)}."
            ) from error
        return HttpReply(reply.status_code, reply.content)

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()


def is_loopback(url: str) -> bool:
    """Whether a URL stays on this machine."""
    return urlsplit(url).hostname in {"127.0.0.1", "::1", "localhost"}


def _backoff_s(attempts: int) -> float:
    """Exponential with full jitter above a floor; a first loss reconnects at once."""
    if attempts == 0:
        return 0.0
    ceiling = min(MAX_BACKOFF_S, FIRST_BACKOFF_S * 2 ** min(attempts - 1, 10))
    return ceiling * random.uniform(0.5, 1.0)  # noqa: S311 - jitter is no secret


def _close_reason(error: ConnectionClosed) -> str:
    received = error.rcvd
    if received is None:
        return close_code_text(None)
    text = close_code_text(received.code)
    return f"{text} ({received.code} {received.reason})" if received.reason else f"{text} ({received.code})"


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__
