"""One instrument's book channel: events, and when a fresh snapshot is asked for."""

from __future__ import annotations

import pytest

from okxmm_tui.core.messages import BookGap, BookSnapshot, BookUpdate
from okxmm_tui.errors import WireError
from okxmm_tui.okx.book_feed import (
    CALM_NS,
    MAX_BACKOFF_NS,
    SECOND_NS,
    SNAPSHOT_TIMEOUT_NS,
    BookFeed,
    market_lots,
)
from okxmm_tui.okx.messages import BookData, Level
from tests.okx.conftest import make_instrument


def data(previous=-1, current=10, *, bids=(("60000.1", "3.07"),), asks=(("60000.2", "12.5"),), checksum=0):
    """One decoded book message."""
    return BookData(
        asks=[Level(*each) for each in asks], bids=[Level(*each) for each in bids], ts="1795161600123",
        seq_id=current, prev_seq_id=previous, checksum=checksum,
    )  # fmt: skip


@pytest.fixture
def feed() -> BookFeed:
    """A feed that has its snapshot."""
    feed = BookFeed(make_instrument())
    feed.start(0)
    feed.receive(data(), 1, is_snapshot=True)
    return feed


def test_snapshot_and_update_are_ticks_and_lots():
    """Text becomes whole numbers, with the venue's time and sequence number beside them."""
    feed = BookFeed(make_instrument())
    snapshot = feed.receive(data(), 1, is_snapshot=True)
    update = feed.receive(data(10, 12, asks=(("60000.2", "0"),), bids=()), 2, is_snapshot=False)
    assert snapshot == BookSnapshot(
        "BTC-USDT-SWAP", ((600_001, 307),), ((600_002, 1250),), 10, 1_795_161_600_123
    )
    assert update == BookUpdate("BTC-USDT-SWAP", (), ((600_002, 0),), 12, 1_795_161_600_123)


def test_gap_asks_for_a_snapshot_at_once_and_mutes_increments(feed):
    """The first gap of a calm connection is repaired without waiting; until then nothing is said."""
    gap = feed.receive(data(11, 12), 5, is_snapshot=False)
    assert isinstance(gap, BookGap)
    assert "expected prevSeqId 10, got 11" in gap.reason
    assert (feed.is_live, feed.renew_at_ns) == (False, 5)
    assert feed.receive(data(12, 13), 6, is_snapshot=False) is None
    assert isinstance(feed.receive(data(-1, 90), 7, is_snapshot=True), BookSnapshot)
    assert feed.renew_at_ns is None


def test_repeated_gaps_back_off(feed):
    """A channel that keeps breaking is resubscribed ever more slowly, and quickly again once it was calm."""
    now_ns, waits = 1, []
    for _ in range(8):
        feed.break_chain("test", now_ns)
        waits.append((feed.renew_at_ns - now_ns) / SECOND_NS)
        now_ns = feed.renew_at_ns
        feed.renewed(now_ns)
        feed.receive(data(), now_ns, is_snapshot=True)
    assert waits == [0, 1, 2, 4, 8, 16, 32, MAX_BACKOFF_NS / SECOND_NS]
    feed.break_chain("test", now_ns + CALM_NS)
    assert feed.renew_at_ns == now_ns + CALM_NS


def test_missing_snapshot_is_asked_for_again(feed):
    """A resubscription that brings nothing is repeated."""
    feed.break_chain("test", 1)
    feed.renewed(1)
    assert feed.renew_at_ns == 1 + SNAPSHOT_TIMEOUT_NS


def test_wish_for_renewal_is_granted_once(feed):
    """While a snapshot is on its way further wishes change nothing."""
    feed.renew(5)
    feed.renewed(5)
    due_ns = feed.renew_at_ns
    feed.renew(6)
    assert feed.renew_at_ns == due_ns


def test_unreadable_level_breaks_the_chain(feed):
    """A message that cannot be read cannot be skipped either."""
    gap = feed.receive(data(10, 11, bids=(("60000.15", "1"),)), 2, is_snapshot=False)
    assert isinstance(gap, BookGap)
    assert "60000.15" in gap.reason
    assert not feed.is_live


def test_heartbeat_is_an_empty_update(feed):
    """The minute's heartbeat tells the engine that the book is alive, and changes nothing."""
    event = feed.receive(data(10, 10, bids=(), asks=()), 2, is_snapshot=False)
    assert (event.bids, event.asks, event.seq_id) == ((), (), 10)


def test_checksum_is_verified_when_it_is_not_zero():
    """A matching sum passes, a wrong one breaks the chain, and 0 means that there is none."""
    levels = {"bids": (("3366.1", "7"), ("3366", "6")), "asks": (("3366.8", "9"), ("3368", "8"))}
    feed = BookFeed(make_instrument(lot="1"))
    assert isinstance(feed.receive(data(**levels, checksum=-1881014294), 1, is_snapshot=True), BookSnapshot)
    quiet = {"bids": (), "asks": ()}
    assert isinstance(
        feed.receive(data(10, 11, **quiet, checksum=-1881014294), 2, is_snapshot=False), BookUpdate
    )
    assert isinstance(feed.receive(data(11, 12, **quiet, checksum=0), 2, is_snapshot=False), BookUpdate)
    gap = feed.receive(data(12, 13, **quiet, checksum=5), 3, is_snapshot=False)
    assert isinstance(gap, BookGap)
    assert "checksum" in gap.reason


def test_checksum_that_begins_in_mid_stream_waits_for_a_snapshot(feed):
    """Without the strings of the snapshot there is nothing to verify against."""
    assert isinstance(feed.receive(data(10, 11, checksum=5), 2, is_snapshot=False), BookUpdate)


def test_size_finer_than_a_lot_is_still_a_level():
    """Remainders below a lot round up: reading them as 0 would remove the level."""
    instrument = make_instrument()
    assert market_lots("0.001", instrument.lot_size) == 1
    assert market_lots("0", instrument.lot_size) == 0
    for text in ("", "-1", "x"):
        with pytest.raises(WireError):
            market_lots(text, instrument.lot_size)
