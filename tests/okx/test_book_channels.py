"""Every book channel gives a right local book of the depth it promises."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.core.books import OrderBook
from okxmm_tui.core.messages import BookGap, BookSnapshot, BookUpdate, TopOfBook
from okxmm_tui.errors import UsageError
from okxmm_tui.okx.book_channels import BOOK_CHANNELS, book_channel
from okxmm_tui.okx.book_feed import BookFeed
from okxmm_tui.okx.messages import BookData, Level
from okxmm_tui.okx.public_session import PublicSession
from okxmm_tui.okx.units import MAX_ENTRIES
from tests.okx.conftest import make_instrument
from tests.okx.test_public_session import acknowledge, push

SIDES = st.dictionaries(st.integers(1, 30), st.integers(1, 9), max_size=5)


def apply(book, event):
    """Apply one event as the engine does."""
    if isinstance(event, BookSnapshot):
        book.replace(event.bids, event.asks, event.seq_id, event.venue_ms, event.depth)
    elif isinstance(event, BookUpdate):
        book.apply(event.bids, event.asks, event.seq_id, event.venue_ms)
    elif isinstance(event, BookGap):
        book.clear()


def levels(sides):
    """Wire levels."""
    return [Level(f"{price}", f"{size}") for price, size in sides.items()]


@given(pushes=st.lists(st.tuples(SIDES, SIDES), min_size=1, max_size=20))
def test_full_snapshots_become_one_snapshot_and_its_changes(pushes):
    """books5 has no chain: after each push the book holds exactly its levels, and was replaced only once."""
    feed, book = BookFeed(make_instrument(tick="1", lot="1"), book_channel("books5")), OrderBook()
    kinds = []
    for seq, (bids, asks) in enumerate(pushes):
        data = BookData(asks=levels(asks), bids=levels(bids), ts="1", seq_id=seq)
        event = feed.receive(data, 1, is_snapshot=False)
        kinds.append(type(event))
        apply(book, event)
        assert dict(book.bids.top(9)) == bids
        assert dict(book.asks.top(9)) == asks
    assert kinds == [BookSnapshot, *[BookUpdate] * (len(pushes) - 1)]


def test_unreadable_full_snapshot_is_healed_by_the_next():
    """No increment depends on it."""
    feed = BookFeed(make_instrument(), book_channel("books5"))
    good = BookData(bids=[Level("1", "1")], ts="1", seq_id=1)
    assert isinstance(feed.receive(good, 1, is_snapshot=False), BookSnapshot)
    assert isinstance(feed.receive(BookData(bids=[Level("x", "1")]), 2, is_snapshot=False), BookGap)
    assert isinstance(feed.receive(good, 3, is_snapshot=False), BookSnapshot)


@pytest.mark.parametrize("name", BOOK_CHANNELS)
def test_channel_is_asked_for_and_read(name):
    """Gated channels log in first; the best prices come from the book itself where it is one level deep."""
    session = PublicSession([make_instrument()], book_channel=name, login=dict)
    session.opened(0)
    if BOOK_CHANNELS[name].needs_login:
        session.pending_frames()
        session.receive('{"event":"login","code":"0"}', 1)
    assert session._channels()[0].arg["channel"] == name
    acknowledge(session)
    row = {"asks": [["60000.2", "1", "0", "1"]], "bids": [["60000.1", "2", "0", "1"]], "ts": "5", "seqId": 9}
    top = {"action": "snapshot"} if BOOK_CHANNELS[name].is_chained else {}
    events = push(session, name, [row | {"prevSeqId": -1}], **top)
    assert isinstance(events[0], BookSnapshot)
    assert events[0].depth == BOOK_CHANNELS[name].depth
    assert [type(event) for event in events[1:]] == ([TopOfBook] if name == "bbo-tbt" else [])


def test_unknown_channel_is_a_usage_error():
    """With the names of those there are."""
    with pytest.raises(UsageError, match="books5"):
        PublicSession([make_instrument()], book_channel="books-elp")


@pytest.mark.parametrize(("name", "messages"), [("books", 5_000), ("books50-l2-tbt", 500)])
def test_two_million_level_changes_leave_memory_flat(name, messages):
    """Prices wander far; the book stays at the depth its channel keeps up to date, and so do the tables."""
    channel, source = book_channel(name), random.Random(7)
    feed, book = BookFeed(make_instrument(tick="1", lot="1"), channel), OrderBook()
    apply(book, feed.receive(BookData(ts="1", seq_id=0, prev_seq_id=-1), 1, is_snapshot=True))
    middle = 100_000
    for seq in range(1, messages + 1):
        middle += source.randint(-100, 140)
        crossed = range(middle - 150, middle + 150)
        # The venue deletes what the market has crossed.
        bids = [Level(str(price), "0") for price in crossed if price >= middle]
        asks = [Level(str(price), "0") for price in crossed if price <= middle]
        sizes = source.choices("012345", k=60)
        bids += [Level(str(middle - 1 - source.randint(0, 900)), size) for size in sizes]
        asks += [Level(str(middle + 1 + source.randint(0, 900)), size) for size in sizes]
        data = BookData(asks=asks, bids=bids, ts="1", seq_id=seq, prev_seq_id=seq - 1)
        apply(book, feed.receive(data, seq, is_snapshot=False))
    book.bids.check()
    book.asks.check()
    assert not book.is_crossed
    assert channel.depth - 50 < len(book.bids) <= channel.depth
    assert channel.depth - 50 < len(book.asks) <= channel.depth
    assert len(feed.prices) <= MAX_ENTRIES
    assert len(feed.sizes) <= MAX_ENTRIES
    assert len(feed.seed.take()) == 0
