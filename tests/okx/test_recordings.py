"""Every recorded feed through the public session into a book: the chain holds and checksums match."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import zstandard

from okxmm_tui.core import messages as m
from okxmm_tui.core.books import OrderBook
from okxmm_tui.okx.instrument_rows import instrument_of
from okxmm_tui.okx.messages import InstrumentRow
from okxmm_tui.okx.public_session import PublicSession
from tests.okx.conftest import shared

NAMES = [
    "btc-usdt-swap-20230404-binance", "btc-usdt-swap-20230404-l2tbt-binance",
    "btc-usdt-swap-20240808-binance", "btc-usdt-20240808-binance",
    "btc-usd-swap-20240808-binance", "okx-20220513-a", "okx-20210722",
]  # fmt: skip


def _messages(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
        for line in io.TextIOWrapper(stream, "utf-8"):
            record = json.loads(line)
            yield record["t"], json.dumps(record["m"], separators=(",", ":")).encode()


def _instruments(folder: Path, name: str) -> list:
    own = folder / f"{name}.instruments.json"
    rows = json.loads((own if own.exists() else folder / "instruments.json").read_text())
    found = msgspec.convert(rows["data"] if isinstance(rows, dict) else rows, list[InstrumentRow])
    return [each for each in map(instrument_of, found) if each]


@pytest.mark.parametrize("name", NAMES)
def test_recording_chains_and_matches_its_checksums(name):
    """No gap, no notice, every level on tick and lot; the checksum of every message was verified."""
    folder = shared("data", "recordings")
    channel = "books-l2-tbt" if "l2tbt" in name or name == "okx-20210722" else "books"
    session = PublicSession(_instruments(folder, name), book_channel=channel)
    books: dict[str, OrderBook] = {}
    session.opened(0)
    counts = dict.fromkeys([m.BookSnapshot, m.BookUpdate, m.PublicTrade], 0)
    for now_ns, frame in _messages(folder / f"{name}.jsonl.zst"):
        for event in session.receive(frame, now_ns):
            assert not isinstance(event, m.BookGap | m.GatewayNotice), event
            counts[type(event)] = counts.get(type(event), 0) + 1
            if isinstance(event, m.BookSnapshot):
                book = books[event.inst_id] = OrderBook()
                book.replace(event.bids, event.asks, event.seq_id, event.venue_ms)
            elif isinstance(event, m.BookUpdate):
                books[event.inst_id].apply(event.bids, event.asks, event.seq_id, event.venue_ms)
                assert not books[event.inst_id].is_crossed
    assert counts[m.BookSnapshot] >= 1
    assert counts[m.BookUpdate] > 100
    assert counts[m.PublicTrade] > 10
    # Checksums were in use to the end, so every message was held against one.
    assert all(feed._strings is not None for feed in session._feeds.values() if feed.is_live)


def test_a_lost_message_of_a_recording_is_noticed():
    """With one update removed the very next one is a gap, and the frames ask for a fresh snapshot."""
    folder = shared("data", "recordings")
    name = "btc-usdt-swap-20230404-binance"
    session = PublicSession(_instruments(folder, name)[:1])
    session.opened(0)
    books = [frame for _, frame in _messages(folder / f"{name}.jsonl.zst") if b'"books"' in frame[:40]][:5]
    del books[2]
    session.pending_frames()
    events = [event for frame in books for event in session.receive(frame, 1)]
    assert [type(event) for event in events] == [m.BookSnapshot, m.BookUpdate, m.BookGap]
    assert [json.loads(frame)["op"] for frame in session.pending_frames()] == ["unsubscribe", "subscribe"]
