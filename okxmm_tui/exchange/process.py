"""Runs the embedded exchange: in a process of its own, or inside a test."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from types import FrameType

import uvicorn
from msgspec import Struct

from okxmm_tui.errors import UsageError
from okxmm_tui.exchange.market_source import open_feeds
from okxmm_tui.exchange.options import ExchangeOptions, VenueSettings
from okxmm_tui.exchange.server import ExchangeServer, set_within
from okxmm_tui.exchange.venue import Venue

__all__ = ["ExchangeOptions", "RunningExchange", "run_exchange", "running_exchange"]

HOST = "127.0.0.1"
IDLE_POLL_S = 0.25
STARTED_POLL_S = 0.005


class RunningExchange(Struct, frozen=True):
    """Where a running exchange answers, and what is inside."""

    rest: str
    ws: str
    venue: Venue
    server: ExchangeServer
    playing: asyncio.Task[None]
    """Plays the markets; it ends only by cancellation or with an error."""


class _QuietServer(uvicorn.Server):
    """uvicorn without its signal handlers: whoever owns the loop owns the signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(port: int) -> socket.socket:
    # The protocol by name: asyncio turns TCP_NODELAY on only for sockets that carry it, and without it
    # each answer waits out the 40 ms of a delayed acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise UsageError(
            f"The exchange could not listen on {HOST}:{port}: {getattr(error, 'strerror', None) or error}.",
            "Choose another --port, or 0 for any free one.",
        ) from error
    return listener


@contextlib.asynccontextmanager
async def running_exchange(options: ExchangeOptions | None = None) -> AsyncIterator[RunningExchange]:
    """Run an exchange inside the present event loop.

    Raises:
        UsageError: The port is taken or a market cannot be used.
        VenueUnreachableError: The venue to relay did not answer.
    """
    options = options or ExchangeOptions()
    _check(options)
    # In a thread: scanning takes a second, and a relay asks its venue for metadata.
    feeds = await asyncio.to_thread(open_feeds, options.markets, options.seed)
    listings = [one for feed in feeds for one in feed.listings]
    venue = Venue(listings, VenueSettings.from_options(options), time.time_ns())
    listener = _listen(options.port)
    server = ExchangeServer(venue, feeds, options.speed)
    config = uvicorn.Config(
        server.app,
        log_config=None,
        log_level="critical",
        access_log=False,
        lifespan="off",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        timeout_graceful_shutdown=1,
        server_header=False,
    )
    http = _QuietServer(config)
    port = listener.getsockname()[1]
    # Plain tasks: a task group would wrap whatever the caller raises inside the context.
    serving = asyncio.create_task(http.serve(sockets=[listener]))
    playing = asyncio.create_task(server.run())
    try:
        while not http.started and not serving.done():  # noqa: ASYNC110 - uvicorn has a flag, no event
            await asyncio.sleep(STARTED_POLL_S)
        yield RunningExchange(f"http://{HOST}:{port}", f"ws://{HOST}:{port}/ws/v5", venue, server, playing)
    finally:
        server.stopping.set()
        playing.cancel()
        http.should_exit = True
        await serving
        with contextlib.suppress(asyncio.CancelledError):
            await playing


def _check(options: ExchangeOptions) -> None:
    if not options.speed > 0:
        raise UsageError(f"Speed {options.speed} was not above 0.", "Use --speed 1 for real time.")


def run_exchange(options: ExchangeOptions) -> int:
    """Serve until SIGTERM, SIGINT or idleness; returns the exit code.

    Prints one JSON line with the two addresses when ready and nothing else.

    Raises:
        UsageError: The port is taken or a market cannot be used.
    """
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_serve(options))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _serve(options: ExchangeOptions) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal(number: int, frame: FrameType | None) -> None:
        del number, frame
        loop.call_soon_threadsafe(stop.set)

    previous = {number: signal.signal(number, on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        async with running_exchange(options) as running:
            line = json.dumps({"rest": running.rest, "ws": running.ws})
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
            await _until_idle_or(stop, running, options.idle_exit_s)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    return 0


async def _until_idle_or(stop: asyncio.Event, running: RunningExchange, idle_exit_s: float | None) -> None:
    while not stop.is_set() and not running.playing.done():
        if idle_exit_s is not None and running.server.idle_s() >= idle_exit_s:
            return
        await set_within(stop, IDLE_POLL_S)
