"""Book message to order, and kill key to wire, under load: ``python -m benchmarks.tick_to_order``.

A loopback venue sends 5,000 book messages a second; five times a second the mid jumps and the engine must
amend. The time runs from just before that frame is written to the arrival of the amend, over two sockets. The
engine has a process of its own, as always; a real console draws at 200x60 in a pseudo-terminal. The kill key
is typed into that terminal, and the time runs to the arrival of the first cancel.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import multiprocessing
import os
import pty
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from websockets.asyncio.client import connect

from benchmarks.load_venue import PrivateStream, clock_ns, serve_public
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.types import Mode
from okxmm_tui.engine.host import EngineHost
from okxmm_tui.engine.plan import SessionPlan
from okxmm_tui.exchange.process import ExchangeOptions, running_exchange
from okxmm_tui.okx.auth import ApiKey
from okxmm_tui.okx.endpoints import Endpoints
from okxmm_tui.okx.gateway import OkxGateway
from tests.samples import INST

BUDGET = "budget: tick to order p50 130 us, p99 1500 us; kill key to wire p50 0.4 ms, p99 5 ms"
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


def engine(rest: str, private: str, public: str, folder: str) -> None:
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


class Terminal:
    """A console in a pseudo-terminal that is read and thrown away."""

    def __init__(self, folder: str) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 200, 0, 0))
        self.drawn = 0
        self.process = subprocess.Popen(
            [sys.executable, "-m", "okxmm_tui", "attach", "--state-dir", folder],
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
        )  # fmt: skip
        os.close(slave)
        threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self) -> None:
        while True:
            try:
                self.drawn += len(os.read(self.master, 1 << 16))
            except OSError:
                return


async def _until(is_true: Callable[[], bool], what: str) -> None:
    for _ in range(1_500):
        if is_true():
            return
        await asyncio.sleep(0.02)
    raise SystemExit(f"waited in vain for {what}")


@contextmanager
def _processes(
    rate: int, rest: str, private_port: int, jumped_ns: Synchronized[int], folder: str
) -> Iterator[None]:
    """Start the load and its client: the engine, or the bare echo when no folder is given."""
    port = multiprocessing.Value("q", 0)
    load = multiprocessing.Process(target=serve_public, args=(rate, port, jumped_ns), daemon=True)
    load.start()
    while not port.value:
        load.join(0.05)
    urls = (f"ws://127.0.0.1:{number}/ws/v5" for number in (private_port, port.value))
    words = ["--engine", rest, *urls, folder] if folder else ["--echo", *urls]
    command = [sys.executable, "-m", "benchmarks.tick_to_order", *words]
    running = subprocess.Popen(command)
    try:
        yield
    finally:
        running.kill()
        running.wait()
        load.kill()


async def measure_floor(rate: int, seconds: float) -> float:
    """Measure the bare echo; returns its median in microseconds."""
    jumped_ns = multiprocessing.Value("q", 0)
    stream, ready = PrivateStream(jumped_ns), asyncio.Event()
    serving = asyncio.create_task(stream.run(ready))
    await ready.wait()
    with _processes(rate, "", stream.port, jumped_ns, ""):
        await _until(lambda: len(stream.tick_to_order_ns) > 0, "the first echo")
        stream.tick_to_order_ns.clear()
        await asyncio.sleep(seconds)
    serving.cancel()
    values = [ns / 1e3 for ns in stream.tick_to_order_ns]
    _row("bare echo over the same sockets, us", values)
    return statistics.median(values)


async def measure(rate: int, seconds: float, kills: int, floor_us: float, *, with_console: bool) -> None:
    """Run one load and print its rows."""
    jumped_ns = multiprocessing.Value("q", 0)
    stream, ready = PrivateStream(jumped_ns), asyncio.Event()
    async with running_exchange(ExchangeOptions(markets=("synthetic",), speed=0.001)) as exchange:
        serving = asyncio.create_task(stream.run(ready))
        await ready.wait()
        with (
            tempfile.TemporaryDirectory() as folder,
            _processes(rate, exchange.rest, stream.port, jumped_ns, folder),
        ):
            await _until(lambda: len(stream.tick_to_order_ns) > 0, "the first amend")
            terminal = Terminal(folder) if with_console else None
            if terminal:
                await _until(lambda: terminal.drawn > 10_000, "the console")
                await asyncio.sleep(3)
            stream.tick_to_order_ns.clear()
            drawn = terminal.drawn if terminal else 0
            await asyncio.sleep(seconds)
            name = "console drawing" if with_console else "no console"
            values = [ns / 1e3 for ns in stream.tick_to_order_ns]
            _row(f"tick to order, {name}, us", values)
            print(f"{'':<40} {statistics.median(values) / floor_us:.1f} times the bare echo")
            if terminal:
                print(f"{'to the terminal':<40} {(terminal.drawn - drawn) / seconds / 1e3:.0f} kB/s")
                _row("kill key to wire, ms", await _kills(stream, terminal, kills))
                terminal.process.kill()
                terminal.process.wait()
        serving.cancel()


async def _kills(stream: PrivateStream, terminal: Terminal, count: int) -> list[float]:
    times: list[float] = []
    for _ in range(count):
        stream.cancel_seen_ns = None
        typed_ns = clock_ns()
        os.write(terminal.master, b"\x0b")
        await _until(lambda: stream.cancel_seen_ns is not None, "the cancel")
        times.append(((stream.cancel_seen_ns or 0) - typed_ns) / 1e6)
        await asyncio.sleep(1.5)
        stream.tick_to_order_ns.clear()
        os.write(terminal.master, b"a")
        await asyncio.sleep(0.3)
        os.write(terminal.master, b"r")
        await _until(lambda: len(stream.tick_to_order_ns) > 2, "quotes after the kill")
    return times


def _row(name: str, values: list[float]) -> None:
    if len(values) < 2:
        print(f"{name:<40} too little measured")
        return
    p99 = statistics.quantiles(values, n=100, method="inclusive")[98]
    print(f"{name:<40} n {len(values):>4}   p50 {statistics.median(values):>8.2f}   p99 {p99:>8.2f}")


def main() -> None:
    """Print the table, or be the engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--engine", nargs=4, metavar=("REST", "PRIVATE", "PUBLIC", "DIR"), help=argparse.SUPPRESS
    )
    parser.add_argument("--echo", nargs=2, metavar=("PRIVATE", "PUBLIC"), help=argparse.SUPPRESS)
    parser.add_argument("--rate", type=int, default=5_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--kills", type=int, default=15)
    given = parser.parse_args()
    if given.engine:
        engine(*given.engine)
        return
    if given.echo:
        echo(*given.echo)
        return
    print(BUDGET)
    floor_us = asyncio.run(measure_floor(given.rate, given.seconds))
    for with_console in (False, True):
        asyncio.run(measure(given.rate, given.seconds, given.kills, floor_us, with_console=with_console))


if __name__ == "__main__":
    main()
