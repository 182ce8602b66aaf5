"""Books without a snapshot: increments are held, a REST book is asked for, and both are chained."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.core.messages import BookGap, BookSnapshot, BookUpdate
from okxmm_tui.okx.book_feed import SNAPSHOT_TIMEOUT_NS, BookFeed
from okxmm_tui.okx.book_seed import ANSWER_WITHIN_NS, ASK_AFTER_NS, MAX_HELD, MAX_TRIES, BookSeed
from tests.okx.conftest import make_instrument
from tests.okx.test_book_feed import data


def waiting(*numbers):
    """A feed that asked for a REST book after these (prevSeqId, seqId) increments."""
    feed = BookFeed(make_instrument())
    feed.start(0)
    for previous, current in numbers:
        assert feed.receive(data(previous, current), 1, is_snapshot=False) is None
    feed.seed.asked(ASK_AFTER_NS)
    return feed


def rest(seq_id):
    """A book as REST gives it."""
    return data(None, seq_id)


def test_asked_only_when_no_snapshot_comes():
    """Two seconds of patience, none once a snapshot is there."""
    feed = BookFeed(make_instrument())
    feed.start(5)
    assert feed.seed.ask_at_ns == 5 + ASK_AFTER_NS
    feed.receive(data(), 6, is_snapshot=True)
    assert feed.seed.ask_at_ns is None
    assert feed.take_seed(rest(50), 7) == []


def test_older_increments_are_dropped_and_the_rest_chained():
    """SeqId up to the REST book's is old; the first beyond may overlap it; then the chain is exact."""
    feed = waiting((10, 12), (12, 15), (15, 18))
    snapshot, first, second = feed.take_seed(rest(13), 3)
    assert isinstance(snapshot, BookSnapshot)
    assert [snapshot.seq_id, first.seq_id, second.seq_id] == [13, 15, 18]
    assert (feed.is_live, feed.renew_at_ns) == (True, None)
    assert isinstance(feed.receive(data(18, 19), 4, is_snapshot=False), BookUpdate)
    assert isinstance(feed.receive(data(18, 20), 4, is_snapshot=False), BookGap)


def test_rest_book_from_before_the_first_increment_is_fetched_again():
    """What lies between is missing; after some tries the channel is resubscribed instead."""
    feed = waiting((10, 12))
    assert feed.take_seed(rest(9), 3) == []
    assert feed.seed.ask_at_ns > 3
    for _ in range(MAX_TRIES):
        feed.seed.asked(4)
        assert feed.take_seed(None, 4) == []
    assert feed.seed.ask_at_ns is None
    assert feed.renew_at_ns == SNAPSHOT_TIMEOUT_NS


def test_rest_book_ahead_of_the_stream_waits_for_it():
    """Increments the book already holds mean nothing; one that never gets beyond is not trusted for long."""
    feed = waiting()
    [snapshot] = feed.take_seed(rest(100), 3)
    assert snapshot.seq_id == 100
    assert feed.receive(data(90, 95), 5, is_snapshot=False) is None
    assert feed.renew_at_ns == 5 + SNAPSHOT_TIMEOUT_NS
    assert isinstance(feed.receive(data(95, 101), 6, is_snapshot=False), BookUpdate)
    assert feed.renew_at_ns is None


@pytest.mark.parametrize("numbers", [(101, 102), (104, 3)])
def test_stream_that_does_not_meet_the_rest_book_is_a_gap(numbers):
    """A hole between the two, or a reset nobody can place."""
    feed = waiting()
    feed.take_seed(rest(100), 3)
    assert isinstance(feed.receive(data(*numbers), 4, is_snapshot=False), BookGap)


def test_heartbeat_on_the_rest_book_joins_it():
    """Nothing has changed since: the chain goes on from here."""
    feed = waiting()
    feed.take_seed(rest(100), 3)
    assert isinstance(feed.receive(data(100, 100, bids=(), asks=()), 4, is_snapshot=False), BookUpdate)
    assert isinstance(feed.receive(data(99, 101), 5, is_snapshot=False), BookGap)


def test_break_and_reset_while_waiting_void_what_was_held():
    """Only an unbroken run of increments can be put on a book."""
    feed = waiting((10, 12), (13, 14))
    assert [event.seq_id for event in feed.take_seed(rest(13), 3)] == [13, 14]
    feed = waiting((10, 12), (12, 4), (4, 6))
    assert [event.seq_id for event in feed.take_seed(rest(5), 3)] == [5, 6]


def test_unreadable_rest_book_is_asked_for_again():
    """Off tick, without a number, or of no shape at all."""
    feed = waiting()
    for bad in (data(None, 5, bids=(("60000.15", "1"),)), data(None, None), data(None, 2**70)):
        assert feed.take_seed(bad, 3) == []
        assert not feed.is_live


def test_what_is_held_is_bounded_and_a_lost_answer_is_asked_for_again():
    """A venue that never answers costs no memory."""
    seed = BookSeed()
    seed.start(0)
    for number in range(3 * MAX_HELD):
        seed.hold(data(number, number + 1))
    seed.asked(7)
    assert seed.ask_at_ns == 7 + ANSWER_WITHIN_NS
    assert len(seed.take()) == MAX_HELD


STEPS = st.lists(st.integers(1, 5), min_size=1, max_size=30)


@given(steps=STEPS, held=st.integers(0, 30), at=st.integers(0, 160))
def test_seeded_book_is_the_book_of_the_stream_or_none(steps, held, at):
    """Whenever the REST book was taken, every increment beyond it is applied once and in order."""
    numbers = [100]
    for step in steps:
        numbers.append(numbers[-1] + step)
    pairs = list(pairwise(numbers))
    feed = waiting(*pairs[:held])
    events = feed.take_seed(rest(at), 3)
    if not events:
        assert at < 100
        assert held > 0
        return
    events += [e for pair in pairs[held:] if (e := feed.receive(data(*pair), 4, is_snapshot=False))]
    told = [event.seq_id for event in events if isinstance(event, BookUpdate)]
    if any(isinstance(event, BookGap) for event in events):
        assert at < 100
        assert told == []
    else:
        assert told == [number for number in numbers[1:] if number > at]
