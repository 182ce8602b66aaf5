"""Signed and unsigned REST requests: exact bytes, the venue's clock, answers as codes instead of exceptions.

OKX v5, sections "REST authentication" and "General info". Only a missing or meaningless answer raises; a
refusal is a value, because every refusal has a code that somebody has to judge.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Raw, Struct

from okxmm_tui.core.messages import AnyEvent, ClockMeasured, LatencyMeasured
from okxmm_tui.errors import VenueUnreachableError, WireError
from okxmm_tui.okx.auth import ApiKey, rest_headers
from okxmm_tui.okx.clock import VenueClock
from okxmm_tui.okx.convert import span_ns, whole
from okxmm_tui.okx.decoding import decode, decode_rows, shown, text_of
from okxmm_tui.okx.endpoints import Endpoints
from okxmm_tui.okx.error_codes import Reaction, describe, reaction_of
from okxmm_tui.okx.messages import REST_DECODER, TIMES
from okxmm_tui.okx.rate_limits import POOL_CODES, WINDOW_NS
from okxmm_tui.okx.transport import Http, HttpReply

READ_ATTEMPTS = 3
RETRY_DELAY_S = 0.3
RATE_WINDOW_S = WINDOW_NS / 1e9
TIME_PATH = "/api/v5/public/time"
LATEST_MS = 4_102_444_800_000
"""2100-01-01: a clock beyond is none, and could not be signed with."""

_Row = TypeVar("_Row")


class RestReply(Struct, frozen=True):
    """One answer of the venue."""

    code: str
    text: str
    data: Raw
    took_ns: int = 0
    """From sending the request to its answer."""
    venue_ns: int = 0
    """Part of it spent inside the venue's gateway; 0 where it did not say."""

    @property
    def is_ok(self) -> bool:
        """Whether the request as a whole was taken."""
        return self.code == "0"

    @property
    def problem(self) -> str:
        """The refusal in words."""
        return describe(self.code, self.text)

    def rows(self, decoder: msgspec.json.Decoder[list[_Row]]) -> list[_Row]:
        """Decode ``data``.

        Raises:
            WireError: It did not have the expected shape.
        """
        return decode_rows(decoder, self.data)


class HttpPort(Protocol):
    """What REST needs of the transport."""

    async def send(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> HttpReply:
        """Send one request and return whatever came back."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


class Rest:
    """The venue's REST API for one key.

    Args:
        endpoints: Where.
        api_key: Signs; None allows public paths only.
        http: The transport; a real one by default.
        clock: The venue's time; shared with the WebSocket login.
        on_measured: Takes the latency of every read and every look at the clock.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        api_key: ApiKey | None,
        *,
        http: HttpPort | None = None,
        clock: VenueClock | None = None,
        on_measured: Callable[[AnyEvent], None] | None = None,
    ) -> None:
        self._api_key = api_key
        self._http: HttpPort = http or Http(endpoints.rest, endpoints.headers, endpoints.rest_fallback)
        self.clock = clock or VenueClock()
        self._on_measured = on_measured or _ignore

    async def get(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        is_signed: bool = True,
        is_patient: bool = False,
    ) -> RestReply:
        """Read; transient refusals are retried, a stale clock is corrected once.

        Args:
            path: Without its query.
            query: Empty values are left out.
            is_signed: Whether the path needs the key.
            is_patient: Whether to wait until a full window of the venue has rolled on: for one of many
                requests that only count together. Others would rather hear at once.

        Raises:
            VenueUnreachableError: No usable answer.
        """
        full_path = path + _query_text(query or {})
        reply = await self._once("GET", full_path, b"", is_signed=is_signed)
        for attempt in range(1, READ_ATTEMPTS):
            reaction = reaction_of(reply.code)
            if reply.is_ok or reaction not in {Reaction.RETRY, Reaction.QUERY, Reaction.SYNC_CLOCK}:
                return reply
            if reaction is Reaction.SYNC_CLOCK:
                await self.sync_clock()
            elif is_patient and reply.code in POOL_CODES:
                await asyncio.sleep(RATE_WINDOW_S)
            else:
                await asyncio.sleep(RETRY_DELAY_S * 2 ** (attempt - 1))
            reply = await self._once("GET", full_path, b"", is_signed=is_signed)
        return reply

    async def post(self, path: str, body: bytes, *, expire_ms: int = 0) -> RestReply:
        """Act; repeated once, and only when the venue refused the time stamp, which is a certain refusal.

        Args:
            path: Without a query.
            body: Sent and signed as it is.
            expire_ms: The venue drops the request when it arrives later (its own clock); 0 for never.

        Raises:
            VenueUnreachableError: No usable answer; the outcome is unknown.
        """
        shift_ms = self.clock.expiry_shift_ms
        reply = await self._act(path, body, expire_ms)
        if reaction_of(reply.code) is not Reaction.SYNC_CLOCK:
            return reply
        try:
            await self.sync_clock()
        except VenueUnreachableError:
            return reply
        return await self._act(path, body, expire_ms and expire_ms + self.clock.expiry_shift_ms - shift_ms)

    async def _act(self, path: str, body: bytes, expire_ms: int) -> RestReply:
        extra = {"expTime": str(expire_ms)} if expire_ms else {}
        return await self._once("POST", path, body, is_signed=True, extra=extra)

    async def sync_clock(self) -> None:
        """Measure the venue's clock against ours.

        Raises:
            VenueUnreachableError: No usable answer.
        """
        before_ns, started_ns = self.clock.local_ns(), self.clock.steady_ns()
        reply = await self._once("GET", TIME_PATH, b"", is_signed=False)
        took_ns = self.clock.steady_ns() - started_ns
        try:
            venue_ms = whole(reply.rows(TIMES)[0].ts)
        except (WireError, IndexError) as error:
            raise VenueUnreachableError(f"{TIME_PATH} gave no time: {reply.problem}.") from error
        if not 0 < venue_ms < LATEST_MS:
            raise VenueUnreachableError(f"{TIME_PATH} gave no time, but {venue_ms}.")
        self.clock.measure(venue_ms, before_ns, took_ns)
        self._on_measured(ClockMeasured(self.clock.offset_ns, self.clock.uncertainty_ns))

    async def close(self) -> None:
        """Close every connection."""
        await self._http.close()

    async def _once(
        self, method: str, path: str, body: bytes, *, is_signed: bool, extra: dict[str, str] | None = None
    ) -> RestReply:
        headers: dict[str, str] = {"Content-Type": "application/json"} if body else {}
        if is_signed and self._api_key is not None:
            headers = rest_headers(self._api_key, self.clock.now_ns(), method, path, body.decode())
        started_ns = time.monotonic_ns()
        answer = await self._http.send(method, path, headers | (extra or {}), body)
        reply = _read(answer, path, time.monotonic_ns() - started_ns)
        if method == "GET":
            self._on_measured(LatencyMeasured("rest", "rest", reply.took_ns, reply.venue_ns))
        return reply


def _ignore(event: AnyEvent) -> None:
    """Nobody listens."""
    del event


def _read(reply: HttpReply, path: str, took_ns: int) -> RestReply:
    try:
        envelope = decode(REST_DECODER, reply.body)
    except WireError as error:
        if reply.status == 429:
            # The edge throttles before the API does, and answers in HTML.
            return RestReply("50011", "throttled at the edge", Raw(b"[]"), took_ns)
        raise VenueUnreachableError(
            f"{path.partition('?')[0]} answered HTTP {reply.status}, but not like OKX: {shown(reply.body)}."
        ) from error
    inside_ns = span_ns(envelope.in_time, envelope.out_time)
    return RestReply(text_of(envelope.code), text_of(envelope.msg), envelope.data, took_ns, inside_ns)


def _query_text(query: Mapping[str, str]) -> str:
    # Commas stay as they are: the venue signs the query as it was sent, and so do we.
    pairs = [f"{quote(name)}={quote(value, safe=',')}" for name, value in query.items() if value]
    return f"?{'&'.join(pairs)}" if pairs else ""
