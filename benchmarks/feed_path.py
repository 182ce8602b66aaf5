"""Socket to book, sustained: ``python -m benchmarks.feed_path``.

A generator in a process of its own writes chained book increments over a loopback WebSocket, evenly at a rate
or as fast as they are taken. The client is the stream of a session; its reader keeps a book and looks at the
best prices. Every message carries the time it was written (system-wide monotonic clock) as its sequence
number, so the age of a state is known when the book has it. Beside it, in the same run: what decoding alone
and decoding into a book reach without any socket.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import statistics
import time
from collections.abc import Callable, Coroutine, Iterator
from multiprocessing.sharedctypes import Synchronized
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from okxmm_tui.core.books import OrderBook
from okxmm_tui.core.messages import AnyEvent, BookGap, BookSnapshot, BookUpdate, FeedMeasured
from okxmm_tui.okx.decoding import decode
from okxmm_tui.okx.messages import BOOK_DECODER
from okxmm_tui.okx.public_session import PublicSession
from okxmm_tui.okx.transport import ConnectGate, Stream
from tests.samples import INST, swap

BUDGET = (
    "budget: 15,000 messages/s sustained on one core with the newest state current (p99 age below 200 ms)"
)
RATES = (1_000, 5_000, 15_000, 0)
"""Messages a second; 0 is as fast as they are taken."""
SUBSCRIBE_WITHIN_S = 0.5
CHUNK_S = 0.002
"""The generator writes the messages that are due every 2 ms."""
OFFLINE = 100_000
_HEAD = '{"arg":{"channel":"books","instId":"' + INST + '"},"action":"%s","data":[{'


def increment(previous: int, seq: int) -> str:
    """One increment of four levels, like those of a lively market."""
    n = seq // 1_000 % 40
    bids = f'[["{60000 - n / 10:.1f}","{1 + n}.5","0","3"],["{59990 - n / 10:.1f}","{n}","0","1"]]'
    asks = f'[["{60000.1 + n / 10:.1f}","{1 + n}.5","0","3"],["{60010 + n / 10:.1f}","{n}","0","1"]]'
    tail = f'"ts":"1","checksum":0,"prevSeqId":{previous},"seqId":{seq}'
    return f'{_HEAD % "update"}"asks":{asks},"bids":{bids},{tail}}}]}}'


def snapshot(seq: int) -> str:
    """Four hundred levels a side."""
    bids = json.dumps([[f"{60000 - n / 10:.1f}", "5", "0", "1"] for n in range(400)])
    asks = json.dumps([[f"{60000.1 + n / 10:.1f}", "5", "0", "1"] for n in range(400)])
    tail = f'"ts":"1","checksum":0,"prevSeqId":-1,"seqId":{seq}'
    return f'{_HEAD % "snapshot"}"asks":{asks},"bids":{bids},{tail}}}]}}'


def generate(rate: int, port: Synchronized[int]) -> None:
    """Serve one stream for ever."""

    def handle(connection: ServerConnection) -> None:
        with contextlib.suppress(TimeoutError):
            while True:
                message = json.loads(connection.recv(timeout=SUBSCRIBE_WITHIN_S))
                for arg in message["args"]:
                    answer = {"event": "subscribe", "arg": arg, "connId": "1", "id": message["id"]}
                    connection.send(json.dumps(answer))
        with contextlib.suppress(ConnectionClosed):
            _write(connection, rate)

    with serve(handle, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        port.value = server.socket.getsockname()[1]
        server.serve_forever()


def _write(connection: ServerConnection, rate: int) -> None:
    previous = time.monotonic_ns()
    connection.send(snapshot(previous))
    began, sent = time.monotonic(), 0
    while True:
        due = int((time.monotonic() - began) * rate) - sent if rate else 200
        # Many messages a write, as from a venue's own buffer; a thread per message would be the bottleneck.
        with connection.protocol_mutex:
            for _ in range(due):
                seq = max(previous + 1, time.monotonic_ns())
                connection.protocol.send_text(increment(previous, seq).encode())
                previous = seq
            data = b"".join(connection.protocol.data_to_send())
        if data:
            connection.socket.sendall(data)
        sent += due
        if rate:
            time.sleep(CHUNK_S)


class Reader:
    """Keeps the book and the age of each state when it had it."""

    def __init__(self) -> None:
        self.book = OrderBook()
        self.ages_ms: list[float] = []
        self.figures: list[FeedMeasured] = []

    def __call__(self, event: AnyEvent) -> None:
        """Take one event."""
        match event:
            case BookUpdate(_, bids, asks, seq_id, venue_ms):
                self.book.apply(bids, asks, seq_id, venue_ms)
                if self.book.bids.best_ticks is None or self.book.asks.best_ticks is None:
                    raise SystemExit("the book lost a side")
                self.ages_ms.append((time.monotonic_ns() - seq_id) / 1e6)
            case BookSnapshot(_, bids, asks, seq_id, venue_ms):
                self.book.replace(bids, asks, seq_id, venue_ms)
            case BookGap():
                raise SystemExit(f"the chain broke: {event.reason}")
            case FeedMeasured():
                self.figures.append(event)
            case _:
                pass


async def _until(is_true: Callable[[], bool]) -> None:
    for _ in range(500):
        if is_true():
            return
        await asyncio.sleep(0.02)
    raise SystemExit("waited in vain for the generator")


async def measure(rate: int, seconds: float) -> str:
    """Run one rate and return its row."""
    port = multiprocessing.Value("q", 0)
    process = multiprocessing.Process(target=generate, args=(rate, port), daemon=True)
    process.start()
    reader = Reader()
    try:
        await _until(lambda: bool(port.value))
        session = PublicSession([swap()])
        url = f"ws://127.0.0.1:{port.value}/ws/v5/public"
        running = asyncio.create_task(Stream(url, session, reader, ConnectGate()).run())
        await _until(lambda: len(reader.figures) > 1)
        reader.ages_ms.clear()
        reader.figures.clear()
        used = time.process_time()
        began = time.monotonic()
        await asyncio.sleep(seconds)
        took = time.monotonic() - began
        used = time.process_time() - used
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    finally:
        process.kill()
        process.join()
    received = sum(figure.received for figure in reader.figures) / took
    applied = sum(figure.applied for figure in reader.figures) / took
    ages = sorted(reader.ages_ms)
    p99 = statistics.quantiles(ages, n=100, method="inclusive")[98]
    name = f"{rate:,}" if rate else "as fast as taken"
    return (
        f"{name:<18}{received:>10,.0f}{applied:>10,.0f}{statistics.median(ages):>10.2f}{p99:>10.2f}"
        f"{ages[-1]:>10.2f}{100 * used / took:>8.0f}"
    )


def offline() -> Iterator[str]:
    """Decode the same messages without a socket, and with a book."""
    frames = [snapshot(0).encode()]
    frames += [increment(1_000 * n, 1_000 * (n + 1)).encode() for n in range(OFFLINE)]
    began = time.perf_counter()
    for frame in frames:
        decode(BOOK_DECODER, frame)
    yield _rate("decode only", began)
    session, reader = PublicSession([swap()]), Reader()
    session.opened(0)
    began = time.perf_counter()
    for frame in frames:
        for event in session.receive(frame, 1):
            reader(event)
    yield _rate("decode to book", began)


def _rate(name: str, began: float) -> str:
    return f"{name:<18}{OFFLINE / (time.perf_counter() - began):>10,.0f}"


def _run(work: Callable[[], Coroutine[Any, Any, str]]) -> str:
    try:
        import uvloop  # noqa: PLC0415 - only where there is one
    except ImportError:
        return asyncio.run(work())
    return uvloop.run(work())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rate", type=int, action="append", help="messages a second; 0 for as many as taken")
    given = parser.parse_args()
    print(BUDGET)
    head = f"{'messages/s':<18}{'received':>10}{'applied':>10}{'p50 ms':>10}{'p99 ms':>10}{'max ms':>10}"
    print(f"{head}{'cpu %':>8}")
    for rate in given.rate or RATES:
        print(_run(lambda rate=rate: measure(rate, given.seconds)), flush=True)
    for row in offline():
        print(row)


if __name__ == "__main__":
    main()
