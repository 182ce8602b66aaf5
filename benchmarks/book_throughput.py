"""Bytes to book to best bid and ask, on one core: ``python -m benchmarks.book_throughput``."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator, Mapping

from okxmm_tui.core.books import OrderBook
from okxmm_tui.core.messages import BookSnapshot, BookUpdate, TopOfBook
from okxmm_tui.okx.public_session import PublicSession
from tests.samples import INST, swap

MESSAGES = 200_000
BUDGET = 100_000


def frames(changed: int) -> Iterator[bytes]:
    """A snapshot of 400 levels a side, then chained increments of ``changed`` levels."""
    source = random.Random(1)  # noqa: S311 - a sample
    arg = {"channel": "books", "instId": INST}
    sides = {
        "bids": [[f"{60000 - n / 10:.1f}", "5", "0", "1"] for n in range(400)],
        "asks": [[f"{60000.1 + n / 10:.1f}", "5", "0", "1"] for n in range(400)],
    }
    yield _frame(arg, "snapshot", sides, -1, 0)
    for seq in range(1, MESSAGES + 1):
        half = changed // 2
        bids = [
            [f"{60000 - source.randint(0, 60) / 10:.1f}", str(source.randint(1, 9)), "0", "1"]
            for _ in range(half)
        ]
        asks = [
            [f"{60000.1 + source.randint(0, 60) / 10:.1f}", str(source.randint(1, 9)), "0", "1"]
            for _ in range(changed - half)
        ]
        yield _frame(arg, "update", {"bids": bids, "asks": asks}, seq - 1, seq)


def _frame(arg: dict[str, str], action: str, sides: Mapping[str, object], previous: int, seq: int) -> bytes:
    data = {**sides, "ts": "1795161600123", "checksum": 0, "prevSeqId": previous, "seqId": seq}
    return json.dumps({"arg": arg, "action": action, "data": [data]}, separators=(",", ":")).encode()


def top_frames() -> Iterator[bytes]:
    """A snapshot, then ``bbo-tbt`` pushes."""
    yield next(frames(2))
    for seq in range(1, MESSAGES + 1):
        yield (
            b'{"arg":{"channel":"bbo-tbt","instId":"%b"},"data":[{"asks":[["60000.1","7","0","1"]],"bids":'
            b'[["60000.0","3.07","0","2"]],"ts":"1795161600131","seqId":%d}]}' % (INST.encode(), seq)
        )


def run(name: str, source: Iterator[bytes]) -> float:
    """Feed every frame and read the best prices after each; returns messages a second."""
    stream = list(source)
    session, book, best = PublicSession([swap()]), OrderBook(), (0, 0)
    began = time.perf_counter()
    for frame in stream:
        for event in session.receive(frame, 1):
            match event:
                case BookUpdate(_, bids, asks, seq_id, venue_ms):
                    book.apply(bids, asks, seq_id, venue_ms)
                    best = (book.bids.best_ticks, book.asks.best_ticks)
                case TopOfBook():
                    best = (event.bid_ticks, event.ask_ticks)
                case BookSnapshot(_, bids, asks, seq_id, venue_ms):
                    book.replace(bids, asks, seq_id, venue_ms)
                case _:
                    raise AssertionError(event)
    rate = len(stream) / (time.perf_counter() - began)
    print(f"{name:<28}{rate:>12,.0f} messages/s   best {best}")
    return rate


def main() -> None:
    """Print the table."""
    print(f"budget: {BUDGET:,} small messages a second on one core")
    run("bbo-tbt", top_frames())
    for changed in (2, 6, 20):
        run(f"books, {changed} changed levels", frames(changed))


if __name__ == "__main__":
    main()
