"""Relays a real venue's public market data into the embedded exchange: one connection, renewed for ever.

Keys are not needed. When the connection is lost or falls silent the books are lost with it, and the
exchange's own clients see silence and then a fresh snapshot, as they would at the venue itself.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from urllib.parse import urlsplit

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI, WebSocketException

from okxmm_tui.errors import RecordingError, UsageError, VenueUnreachableError, WireError
from okxmm_tui.exchange.instruments import Listing, listing
from okxmm_tui.exchange.market_events import MarketEvent
from okxmm_tui.exchange.relay_session import RelaySession

PREFIX = "relay:"
PING_AFTER_S = 5.0
PONG_WITHIN_S = 5.0
"""A liquid market pushes ten times a second: ten silent seconds are a dead connection."""
OPEN_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 1.0
HTTP_TIMEOUT_S = 5.0
MIN_PAUSE_S = 0.5
"""Keeps reconnections under the three a second of OKX v5, section "Connect"."""
MAX_PAUSE_S = 30.0
MAX_FRAME_BYTES = 8 * 1024 * 1024
STEADY_AFTER_S = 30.0
FIX_SPEC = "Write it like relay:https://openapi.okx.com,wss://ws.okx.com/ws/v5,BTC-USDT-SWAP."


class RelayFeed:
    """A live feed of one venue.

    Args:
        ws_url: WebSocket base address, up to and including /ws/v5.
        listings: Instruments to relay.
    """

    loop = 1

    def __init__(self, ws_url: str, listings: Sequence[Listing]) -> None:
        self.listings = tuple(listings)
        self._url = f"{ws_url}/public"
        self._session = RelaySession(self.listings)

    async def live(self) -> AsyncGenerator[tuple[MarketEvent, ...], None]:
        """Yield events for ever, through every loss of connection."""
        failures = 0
        while True:
            opened_s = time.monotonic()
            try:
                async with _connection(self._url) as connection:
                    async for events in self._serve(connection):
                        yield events
                reason = "ended"
            except ConnectionClosed as error:
                reason = f"connection closed: {error}"
            except WireError as error:
                reason = str(error)
            except (OSError, TimeoutError, InvalidHandshake, InvalidURI, WebSocketException) as error:
                reason = f"not reachable: {str(error) or type(error).__name__}"
            if lost := self._session.lost(reason):
                yield lost
            failures = 0 if time.monotonic() - opened_s >= STEADY_AFTER_S else failures + 1
            pause_s = min(MAX_PAUSE_S, MIN_PAUSE_S * 2 ** min(failures, 8))
            _log(f"relay of {self._url}: {reason}; again in {pause_s:.1f} s")
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter is no secret

    async def _serve(self, connection: ClientConnection) -> AsyncGenerator[tuple[MarketEvent, ...], None]:
        for frame in self._session.subscriptions():
            await connection.send(frame)
        while True:
            frame = await _frame(connection)
            if events := self._session.receive(frame):
                yield events


def open_relay(spec: str) -> RelayFeed:
    """Load the metadata of what a relay carries; blocks for a few requests.

    Args:
        spec: ``relay:REST_URL,WS_URL,INSTRUMENT[,INSTRUMENT...]``.

    Raises:
        UsageError: The text was malformed, or an instrument is unknown to the venue.
        VenueUnreachableError: The venue did not answer.
    """
    parts = [part.strip() for part in spec.removeprefix(PREFIX).split(",")]
    rest_url, ws_url, *inst_ids = [*parts, "", ""][: max(2, len(parts))]
    if not (rest_url.startswith("http") and ws_url.startswith("ws") and inst_ids and all(inst_ids)):
        raise UsageError(f"Market {spec!r} was no relay.", FIX_SPEC)
    with httpx.Client(
        base_url=rest_url.rstrip("/"), timeout=HTTP_TIMEOUT_S, trust_env=not _is_loopback(rest_url)
    ) as client:
        listings = [_load(client, inst_id) for inst_id in dict.fromkeys(inst_ids)]
    return RelayFeed(ws_url.rstrip("/"), listings)


def _load(client: httpx.Client, inst_id: str) -> Listing:
    query = {"instType": inst_type_of(inst_id), "instId": inst_id}
    try:
        reply = client.get("/api/v5/public/instruments", params=query)
    except httpx.HTTPError as error:
        raise VenueUnreachableError(
            f"{client.base_url} did not answer: {str(error) or type(error).__name__}.",
            "Check the network, okx.rest_url and okx.region.",
        ) from error
    try:
        answer = msgspec.json.decode(reply.content)
        rows = [row for row in answer.get("data") or [] if row.get("instId") == inst_id]
        code = str(answer["code"])
    except (msgspec.DecodeError, AttributeError, TypeError, KeyError) as error:
        raise VenueUnreachableError(
            f"{client.base_url} answered HTTP {reply.status_code}, but not like OKX.", "Check okx.rest_url."
        ) from error
    if not rows:
        raise UsageError(
            f"symbol {inst_id!r} does not exist on {client.base_url} (code {code}).",
            "Check its spelling, e.g. BTC-USDT-SWAP.",
        )
    try:
        return listing(rows[0])
    except RecordingError as error:
        raise UsageError(f"{inst_id} has no tick or lot size yet.", "It is not listed; try later.") from error


def inst_type_of(inst_id: str) -> str:
    """Instrument type an instId spells out: BTC-USDT, BTC-USDT-SWAP, BTC-USDT-261225."""
    parts = inst_id.split("-")
    if parts[-1] == "SWAP":
        return "SWAP"
    return "SPOT" if len(parts) == 2 else "FUTURES"


def _connection(url: str) -> connect:
    return connect(
        url,
        compression=None,
        ping_interval=None,  # the venue wants its own text ping
        open_timeout=OPEN_TIMEOUT_S,
        close_timeout=CLOSE_TIMEOUT_S,
        max_size=MAX_FRAME_BYTES,
        proxy=None if _is_loopback(url) else True,
    )


async def _frame(connection: ClientConnection) -> bytes:
    """Receive one frame; a silent venue is asked once whether it lives.

    Raises:
        TimeoutError: It did not answer.
    """
    try:
        async with asyncio.timeout(PING_AFTER_S):
            return await connection.recv(decode=False)
    except TimeoutError:
        await connection.send("ping")
    try:
        async with asyncio.timeout(PONG_WITHIN_S):
            return await connection.recv(decode=False)
    except TimeoutError:
        raise TimeoutError(f"silent for {PING_AFTER_S + PONG_WITHIN_S:.0f} s") from None


def _log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - standard error is the exchange's log


def _is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in {"127.0.0.1", "::1", "localhost"}
