"""Connections to the venue: WebSocket streams that renew themselves, and HTTP exchanges.

With ``link`` the only module with sockets. It moves bytes between the venue and a sans-IO session and knows
the protocol only through it. Reconnects wait with exponential back-off and jitter, and never exceed three
connections a second (OKX v5, "Connect").
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable

from msgspec import Struct

from okxmm_tui.core.messages import AnyEvent
from okxmm_tui.errors import VenueUnreachableError
from okxmm_tui.okx.lean_httpx import httpx
from okxmm_tui.okx.link import Link, is_loopback, words
from okxmm_tui.okx.session import Session

CONNECTS_PER_SECOND = 3
FIRST_BACKOFF_S = 0.25
MAX_BACKOFF_S = 30.0
STEADY_AFTER_S = 30.0
"""A connection that lasted this long was a good one: the next back-off starts small."""
TAKE_OVER_WITHIN_S = 15.0
"""A replacement that is not complete by then is tried again."""
RETIRE_WITHIN_S = 3.0
"""Answers on the old connection take no longer; the venue closes it a minute after its notice."""
RETIRE_CHECK_S = 0.05
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
    """One WebSocket kept open for one session and its successors.

    Args:
        url: Where to connect.
        session: What to say and how to read.
        emit: Takes every event, in order.
        gate: Shared by all streams of a gateway.
        on_replaced: Told of the session that has taken over on a second connection.
        fallback_url: Another host of the same region, for when the first cannot be connected to.
    """

    def __init__(
        self,
        url: str,
        session: Session,
        emit: Emit,
        gate: ConnectGate,
        on_replaced: Callable[[Session], None] | None = None,
        *,
        fallback_url: str = "",
    ) -> None:
        self._url = url
        self._other_url = fallback_url
        self._session = session
        self._emit = emit
        self._gate = gate
        self._on_replaced = on_replaced
        self._link: Link | None = None
        self._replacing: asyncio.Task[None] | None = None
        self._retiring: Link | None = None

    async def run(self) -> None:
        """Connect, serve and reconnect until cancelled."""
        loop = asyncio.get_running_loop()
        attempts = 0
        try:
            while True:
                await self._gate.wait()
                started = loop.time()
                reason = await self._attempt()
                for event in self._session.closed(reason, time.monotonic_ns()):
                    self._emit(event)
                attempts = 0 if loop.time() - started >= STEADY_AFTER_S else attempts + 1
                await asyncio.sleep(_backoff_s(attempts))
        finally:
            await self._stop_replacing()

    @property
    def is_writable(self) -> bool:
        """Whether a frame handed over now would leave at once."""
        return self._link is not None and self._link.is_writable

    def flush(self) -> None:
        """Write the session's frames to the socket, without waiting for the event loop's next turn."""
        if self._link is not None:
            self._link.flush()

    # -- one connection after the other ---------------------------------------------------------

    async def _attempt(self) -> str:
        link = self._link = Link(self._url, self._session, self._handle)
        try:
            await link.open()
            if not link.has_connected and self._other_url:
                self._url, self._other_url = self._other_url, self._url
            reason = await link.ended
            return await self._after_replacements(link, reason)
        finally:
            await self._stop_replacing()
            await self._close_current()

    async def _close_current(self) -> None:
        current, self._link = self._link, None
        if current is not None:
            await current.close()

    async def _after_replacements(self, link: Link, reason: str) -> str:
        """Wait for the end of whichever connection serves in place of the first."""
        while self._link is not None and self._link is not link:
            link = self._link
            reason = await link.ended
        return reason

    def _handle(self, events: list[AnyEvent], began_ns: int) -> None:
        del began_ns
        for event in events:
            self._emit(event)
        if self._session.replace_reason and self._replacing is None:
            self._replacing = asyncio.create_task(self._replace())
            self._replacing.add_done_callback(self._on_replaced_or_failed)

    def _on_replaced_or_failed(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and self._link is not None:
            self._link.fail(error)

    # -- one connection beside the other --------------------------------------------------------

    async def _replace(self) -> None:
        """Open the next connection before this one ends, until one has taken over (OKX v5, 64008)."""
        attempts = 0
        while True:
            successor = self._session.successor()
            if successor is None:
                if self._link is not None:
                    self._link.end(self._session.replace_reason)
                return
            await self._gate.wait()
            if await self._take_over(successor):
                return
            attempts += 1
            await asyncio.sleep(_backoff_s(attempts))

    async def _take_over(self, successor: Session) -> bool:
        held: list[AnyEvent] = []
        ready = asyncio.Event()

        def hold(events: list[AnyEvent], began_ns: int) -> None:
            del began_ns
            held.extend(events)
            if successor.can_take_over:
                ready.set()

        link = Link(self._url, successor, hold)
        try:
            await link.open()
            waiting = asyncio.create_task(ready.wait())
            await asyncio.wait(
                {waiting, link.ended}, timeout=TAKE_OVER_WITHIN_S, return_when=asyncio.FIRST_COMPLETED
            )
            waiting.cancel()
            old = self._link
            if not ready.is_set() or link.ended.done() or old is None:
                return False
            self._swap(old, link, held)
        finally:
            if self._link is not link:
                await link.close()
        await self._retire(old)
        return True

    def _swap(self, old: Link, link: Link, held: list[AnyEvent]) -> None:
        predecessor, self._session = self._session, link.session
        events = link.session.take_over(predecessor, held)
        self._link, self._retiring = link, old
        link.handle = self._handle
        if self._on_replaced is not None:
            self._on_replaced(link.session)
        for event in events:
            self._emit(event)

    async def _retire(self, old: Link) -> None:
        """Let the old connection bring the answers it still owes, then leave it."""
        deadline = asyncio.get_running_loop().time() + RETIRE_WITHIN_S
        while not old.session.is_settled and not old.ended.done():
            left_s = deadline - asyncio.get_running_loop().time()
            if left_s <= 0:
                break
            await asyncio.wait({old.ended}, timeout=min(left_s, RETIRE_CHECK_S))
        self._replacing = self._retiring = None
        await old.close()

    async def _stop_replacing(self) -> None:
        task, self._replacing = self._replacing, None
        if task is not None and task is not asyncio.current_task():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        retiring, self._retiring = self._retiring, None
        if retiring is not None:
            await retiring.close()


class HttpReply(Struct, frozen=True):
    """Status and body, whatever the body is."""

    status: int
    body: bytes


class Http:
    """Keeps HTTP connections to one host.

    Args:
        base_url: Scheme, host and port.
        headers: Sent with every request.
        fallback_url: Another host of the same region, for when the first cannot be connected to.
    """

    def __init__(self, base_url: str, headers: dict[str, str], fallback_url: str = "") -> None:
        self._base_url = base_url
        self._other_url = fallback_url
        self._client = httpx.AsyncClient(
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
        tried = self._base_url
        try:
            try:
                reply = await self._send(method, path, headers, body)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if not self._other_url:
                    raise
                # Nothing was sent, so even an order may go to the other host; later requests stay there.
                if self._base_url == tried:  # else another request has turned to it already
                    self._base_url, self._other_url = self._other_url, self._base_url
                reply = await self._send(method, path, headers, body)
        except httpx.HTTPError as error:
            raise VenueUnreachableError(
                f"{self._base_url} did not answer {method} {path.partition('?')[0]}: {words(error)}."
            ) from error
        return HttpReply(reply.status_code, reply.content)

    async def _send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> httpx.Response:
        return await self._client.request(
            method, self._base_url + path, headers=headers, content=body or None
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()


def _backoff_s(attempts: int) -> float:
    """Exponential with full jitter above a floor; a first loss reconnects at once."""
    if attempts == 0:
        return 0.0
    ceiling = min(MAX_BACKOFF_S, FIRST_BACKOFF_S * 2 ** min(attempts - 1, 10))
    return ceiling * random.uniform(0.5, 1.0)  # noqa: S311 - jitter is no secret
