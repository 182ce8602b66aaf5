"""An engine in a process of its own under a market that never rests, for the benchmarks that measure it.

Run as a program it is that engine, or a bare echo in its place: the floor of this machine and these sockets.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from decimal import Decimal
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from msgspec import Struct
from websockets.asyncio.client import connect

from benchmarks.load_venue import INST, PrivateStream, clock_ns, serve_public
from benchmarks.terminal import Pty
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.types import Mode
from okxmm_tui.engine.host import EngineHost
from okxmm_tui.engine.plan import SessionPlan
from okxmm_tui.exchange.process import ExchangeOptions, running_exchange
from okxmm_tui.okx.auth import ApiKey
from okxmm_tui.okx.endpoints import Endpoints
from okxmm_tui.okx.gateway import OkxGateway

CTRL_K = b"\x0b"
PLAN = SessionPlan(
    mode=Mode.SIM,
    symbols=(INST,),
    strategy="inventory_skew",
    params={"refresh_interval_ms": Decimal(0), "volatility_multiplier": Decimal(0)},
    limits=Limits(is_headless=True, reconcile_ms=600_000, min_depth_quote=Decimal(0)),
    tag="okxmm",
)


class SplitEndpoints(Endpoints, frozen=True):
    """REST, public and private stream on three ports."""

    public_url: str = ""

    def stream_urls(self, name: str) -> tuple[str, str]:
        """Market data comes from the load."""
        return (self.public_url, "") if name == "public" else super().stream_urls(name)


def engine(private: str, public: str, rest: str, folder: str) -> None:
    """The engine process."""
    import uvloop  # noqa: PLC0415 - only here

    endpoints = SplitEndpoints(rest, private, public_url=f"{public}/public")
    gateway = OkxGateway(endpoints, ApiKey("sim", "sim", "sim"), tag="okxmm")
    host = EngineHost(gateway, PLAN, Path(folder), on_report=lambda *_: None, on_ready=lambda: None)
    uvloop.run(host.run())


def echo(private: str, public: str) -> None:
    """A client with no engine at all: the floor of this machine and of these sockets."""
    import uvloop  # noqa: PLC0415 - only here

    async def run() -> None:
        async with (
            connect(f"{private}/private", compression=None) as orders,
            connect(f"{public}/public", compression=None) as market,
        ):
            await market.send('{"op":"subscribe","args":[{"channel":"books"}]}')
            async for frame in market:
                if '","0","0","0"]' in str(frame):
                    await orders.send('{"id":"1","op":"amend-order","args":[{"clOrdId":"1"}]}')

    uvloop.run(run())


class Load(Struct):
    """What a benchmark holds while the load runs."""

    stream: PrivateStream
    """Sees every order request, and when it came."""
    folder: Path
    """State directory of the engine; consoles attach to it."""

    async def warmed_up(self) -> None:
        """Return once the engine amends."""
        await until(lambda: len(self.stream.tick_to_order_ns) > 0, "the first amend")


@asynccontextmanager
async def under_load(rate: int) -> AsyncIterator[Load]:
    """Run an engine under so many book messages a second."""
    async with (
        _private_stream() as (stream, jumped_ns),
        running_exchange(ExchangeOptions(markets=("synthetic",), speed=0.001)) as exchange,
    ):
        with (
            tempfile.TemporaryDirectory() as folder,
            _processes(rate, jumped_ns, stream.port, "--engine", exchange.rest, folder),
        ):
            load = Load(stream, Path(folder))
            await load.warmed_up()
            yield load


@asynccontextmanager
async def echo_under_load(rate: int) -> AsyncIterator[PrivateStream]:
    """The same load with nothing but an echo behind it."""
    async with _private_stream() as (stream, jumped_ns):
        with _processes(rate, jumped_ns, stream.port, "--echo"):
            await until(lambda: len(stream.tick_to_order_ns) > 0, "the first echo")
            yield stream


@asynccontextmanager
async def _private_stream() -> AsyncIterator[tuple[PrivateStream, Synchronized[int]]]:
    jumped_ns = multiprocessing.Value("q", 0)
    stream, ready = PrivateStream(jumped_ns), asyncio.Event()
    serving = asyncio.create_task(stream.run(ready))
    await ready.wait()
    yield stream, jumped_ns
    serving.cancel()


@contextmanager
def _processes(
    rate: int, jumped_ns: Synchronized[int], private_port: int, kind: str, *words: str
) -> Iterator[None]:
    port = multiprocessing.Value("q", 0)
    load = multiprocessing.Process(target=serve_public, args=(rate, port, jumped_ns), daemon=True)
    load.start()
    while not port.value:
        load.join(0.05)
    urls = (f"ws://127.0.0.1:{number}/ws/v5" for number in (private_port, port.value))
    running = subprocess.Popen([sys.executable, "-m", "benchmarks.engine_under_load", kind, *urls, *words])
    try:
        yield
    finally:
        running.kill()
        running.wait()
        load.kill()


async def drawing_console(load: Load) -> Pty:
    """Attach a console at 200x60 and wait until it draws."""
    command = [sys.executable, "-m", "okxmm_tui", "attach", "--state-dir", str(load.folder)]
    console = Pty(command)
    await until(lambda: console.drawn > 10_000, "the console")
    await asyncio.sleep(3)
    return console


async def kill_times_ms(load: Load, console: Pty, count: int) -> list[float]:
    """From the kill key, typed into the console, to the arrival of the first cancel; again and again."""
    times: list[float] = []
    stream = load.stream
    for _ in range(count):
        stream.cancel_seen_ns = None
        typed_ns = clock_ns()
        console.type(CTRL_K)
        await until(lambda: stream.cancel_seen_ns is not None, "the cancel")
        times.append(((stream.cancel_seen_ns or 0) - typed_ns) / 1e6)
        await asyncio.sleep(1.5)
        stream.tick_to_order_ns.clear()
        console.type(b"a")
        await asyncio.sleep(0.3)
        console.type(b"r")
        await until(lambda: len(stream.tick_to_order_ns) > 2, "quotes after the kill")
    return times


async def until(is_true: Callable[[], bool], what: str) -> None:
    """Wait up to half a minute for something of the load."""
    for _ in range(1_500):
        if is_true():
            return
        await asyncio.sleep(0.02)
    raise SystemExit(f"waited in vain for {what}")


def row(name: str, values: list[float]) -> None:
    """Print count, median and 99th percentile."""
    if len(values) < 2:
        print(f"{name:<40} too little measured")
        return
    p99 = statistics.quantiles(values, n=100, method="inclusive")[98]
    print(f"{name:<40} n {len(values):>4}   p50 {statistics.median(values):>8.2f}   p99 {p99:>8.2f}")


def main() -> None:
    """Be the engine, or the echo."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", nargs=4, metavar=("PRIVATE", "PUBLIC", "REST", "DIR"))
    parser.add_argument("--echo", nargs=2, metavar=("PRIVATE", "PUBLIC"))
    given = parser.parse_args()
    if given.engine:
        engine(*given.engine)
    else:
        echo(*given.echo)


if __name__ == "__main__":
    main()
