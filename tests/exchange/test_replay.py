"""Replay: loops without a seam, rising numbers, genuine and re-shaped recordings."""

from __future__ import annotations

import itertools
import json

import pytest

from okxmm_tui.core.types import Side
from okxmm_tui.errors import RecordingError
from okxmm_tui.exchange.book import DisplayedBook
from okxmm_tui.exchange.market_events import BookEvent, TradeEvent
from okxmm_tui.exchange.market_source import open_feeds
from tests.exchange.bench import INST


def recording(folder, moves, *, with_seq=True, trades=True):
    """A small recording whose bid walks through ``moves`` (in ticks of 0.1 around 60000)."""
    lines = []
    for number, move in enumerate(moves):
        bid, ask = (600_000 + move) / 10, (600_003 + move) / 10
        row = {"bids": [[str(bid), "1", "0", "1"]], "asks": [[str(ask), "2", "0", "1"]], "ts": str(number)}
        if with_seq:
            row |= {"seqId": 100 + 7 * number, "prevSeqId": -1}
        lines.append(("books", {"action": "snapshot"}, row))
        if trades:
            trade = {
                "instId": INST,
                "tradeId": str(50 + number),
                "px": str(ask),
                "sz": "0.5",
                "side": "buy",
                "ts": "1",
            }
            lines.append(("trades", {}, trade))
    text = [
        json.dumps(
            {
                "t": 10**9 + n * 10**8,
                "ws": "public",
                "m": {"arg": {"channel": channel, "instId": INST}, **extra, "data": [row]},
            }
        )
        for n, (channel, extra, row) in enumerate(lines)
    ]
    path = folder / "walk.jsonl"
    path.write_text("\n".join(text))
    (feed,) = open_feeds((str(path),))
    return feed


def until_loop(feed, loops):
    """Everything a feed says in its first loops."""
    found = []
    for at_ns, events in feed.events():
        if feed.loop > loops:
            return found
        found.extend((feed.loop, at_ns, event) for event in events)
    return found


def mids(found):
    """Twice the mid after every book, with its loop."""
    book, seen = DisplayedBook(), []
    for loop, _, event in found:
        if isinstance(event, BookEvent):
            book.apply_book(event)
            seen.append((loop, book.mid_sum_ticks()))
    return seen


@pytest.mark.parametrize("with_seq", [True, False])
def test_loops_meet(tmp_path, with_seq):
    """The first mid of a loop is the last mid of the one before; times, numbers and ids only rise."""
    found = until_loop(recording(tmp_path, [0, 4, -2, 9], with_seq=with_seq), 4)
    seen = mids(found)
    for before, after in itertools.pairwise(seen):
        if before[0] != after[0]:
            assert abs(before[1] - after[1]) <= 1
    times = [at_ns for _, at_ns, _ in found]
    seqs = [event.seq for *_, event in found if isinstance(event, BookEvent)]
    ids = [event.trade_id for *_, event in found if isinstance(event, TradeEvent)]
    assert times == sorted(times)
    assert seqs == sorted(set(seqs))
    assert ids == sorted(set(ids))


def test_first_loop_is_the_recording(tmp_path):
    """Until the first seam prices, sequence numbers and trade ids are the recorded ones."""
    found = until_loop(recording(tmp_path, [0, 4]), 1)
    books = [event for *_, event in found if isinstance(event, BookEvent)]
    trades = [event for *_, event in found if isinstance(event, TradeEvent)]
    assert [(event.seq, event.bids[0][0]) for event in books] == [(100, 600_000), (107, 600_004)]
    assert [(event.trade_id, event.price_ticks, event.size_lots) for event in trades] == [
        (50, 600_003, 50),
        (51, 600_007, 50),
    ]


def test_source_times_go_on_across_loops(tmp_path):
    """A print of a later loop is younger than the books of the loops before it, as own queues need it."""
    found = until_loop(recording(tmp_path, [0, 4, -2], trades=False), 3)
    times = [event.source_ms for *_, event in found]
    assert times == sorted(set(times))


def test_trending_recording_comes_back(tmp_path):
    """A market that only rises is mirrored beyond the band, so hours of loops stay near home."""
    seen = mids(until_loop(recording(tmp_path, [0, 6_000, 12_000]), 30))
    low, high = min(one for _, one in seen), max(one for _, one in seen)
    assert low > 1_050_000
    assert high < 1_320_000


def test_mirrored_loop_swaps_sides(tmp_path):
    """Played mirrored, bids become asks and buyers become sellers, and the book stays uncrossed."""
    found = until_loop(recording(tmp_path, [0, 30_000, 60_000]), 3)
    sides = {loop: event.side for loop, _, event in found if isinstance(event, TradeEvent)}
    assert Side.SELL in sides.values()
    for *_, event in found:
        if isinstance(event, BookEvent):
            assert event.bids[0][0] < event.asks[0][0]


def test_recording_without_a_chain_uses_its_best_quotes(tmp_path):
    """A recording that holds bbo-tbt only still gives a book."""
    rows = []
    for number in range(3):
        asks = [["60000.1", str(number + 1), "0", "1"]]
        row = {"bids": [["60000", "1", "0", "1"]], "asks": asks, "ts": "1", "seqId": number}
        push = {"arg": {"channel": "bbo-tbt", "instId": INST}, "data": [row]}
        rows.append({"t": 10**9 + number, "ws": "public", "m": push})
    path = tmp_path / "quotes.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    (feed,) = open_feeds((str(path),))
    assert all(isinstance(event, BookEvent) for *_, event in until_loop(feed, 1))


@pytest.mark.parametrize(
    "name",
    [
        "okx-20220513-a",
        "okx-20210722",
        "btc-usd-swap-20240808-binance",
        "btc-usdt-swap-20230404-l2tbt-binance",
    ],
)
def test_reference_recordings_play(shared_recordings, name):
    """Genuine and re-shaped feeds play across a seam (the short ones) with uncrossed books."""
    (feed,) = open_feeds((str(shared_recordings / f"{name}.jsonl.zst"),))
    books = {one.inst_id: DisplayedBook() for one in feed.listings}
    for _, events in itertools.islice(feed.events(), 1_200):
        for event in events:
            if isinstance(event, BookEvent):
                assert event.seq > books[event.inst_id].seq
                books[event.inst_id].apply_book(event)
    for book in books.values():
        bid, ask = book.bids.best(), book.asks.best()
        assert bid is None or ask is None or bid[0] < ask[0]


@pytest.mark.parametrize("wrong", ["75.1e9999999", "1e999999", "much"])
def test_a_number_beyond_all_reason_names_its_line(tmp_path, wrong):
    """It neither overflows nor is it reckoned with for minutes."""
    recording(tmp_path, [0, 1])
    path = tmp_path / "walk.jsonl"
    path.write_text(path.read_text().replace('"sz": "0.5"', f'"sz": "{wrong}"'))
    (feed,) = open_feeds((str(path),))
    with pytest.raises(RecordingError, match="line 2"):
        list(itertools.islice(feed.events(), 3))
