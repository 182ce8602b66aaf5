"""The queue model: what stands ahead of an own order, and what prints leave for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.exchange.queue_model import LevelQueue, QueueEntry, front_share


def queue(*remaining, displayed=100, power=2):
    """A level with own orders behind the displayed size."""
    level = LevelQueue(power)
    for number, size in enumerate(remaining):
        level.join(QueueEntry(f"o{number}", size), displayed, 0)
    return level


def fills(made):
    """Fills as pairs."""
    return [(fill.order_id, fill.size_lots) for fill in made]


def test_print_takes_what_is_ahead_first():
    """A print smaller than the queue fills nothing and shortens it."""
    level = queue(10)
    assert level.on_print(60, 1) == []
    assert level.entries[0].ahead_lots == 40


def test_print_beyond_the_queue_fills_the_rest():
    """Only what the print has left after the queue reaches the own order."""
    level = queue(10)
    assert fills(level.on_print(104, 1)) == [("o0", 4)]
    assert level.entries[0].remaining_lots == 6


def test_own_orders_share_first_in_first_out():
    """Two own orders at one price fill in their order of arrival, never beyond the print."""
    level = queue(10, 10)
    assert fills(level.on_print(115, 1)) == [("o0", 10), ("o1", 5)]


def test_print_then_depth_counts_once():
    """A decrease that a print explains takes nothing more from the queue."""
    level = queue(10)
    level.on_print(30, 1)
    level.on_depth(70, 2)
    assert level.entries[0].ahead_lots == 70


def test_depth_then_print_counts_once():
    """A print older than the last depth is already inside it and only settles who left."""
    level = queue(10)
    level.on_depth(70, 5)
    assert level.entries[0].ahead_lots == 70
    level.on_print(30, 4)
    assert level.entries[0].ahead_lots == 70


def test_print_after_the_depth_time_waits_for_the_next_depth():
    """A print younger than a late depth still explains the depth after it."""
    level = queue(10)
    level.on_print(30, 9)
    level.on_depth(100, 5)
    level.on_depth(70, 10)
    assert level.entries[0].ahead_lots == 70


def test_cancels_behind_leave_the_place():
    """With little ahead and much behind, a cancel almost surely happened behind."""
    level = queue(10, displayed=10)
    level.on_depth(100, 1)
    level.on_depth(60, 2)
    assert level.entries[0].ahead_lots == 10


def test_cancels_of_everything_behind_overflow_to_the_front():
    """When more vanished than stood behind, the rest left from the front."""
    level = queue(10, displayed=100)
    level.on_depth(120, 1)
    level.on_depth(20, 2)
    assert level.entries[0].ahead_lots <= 20


@pytest.mark.parametrize(
    ("front", "back", "power", "share"), [(1, 1, 2, 0.5), (3, 1, 2, 0.9), (0, 5, 2, 0.0), (5, 0, 3, 1.0)]
)
def test_power_law_split(front, back, power, share):
    """The share taken from the front is 1 - f(back) / (f(back) + f(front))."""
    assert front_share(front, back, power) == pytest.approx(share)


def test_unknown_depth_is_learned_at_first_sight():
    """Beyond the displayed depth nothing is known; the first displayed size is taken as ahead."""
    level = LevelQueue()
    level.join(QueueEntry("o0", 5), None, 0)
    assert level.on_print(50, 1) == []
    level.on_depth(30, 2)
    assert level.entries[0].ahead_lots == 30


def test_sweep_ignores_the_queue():
    """A market that traded through the price fills from the front."""
    level = queue(10, 10)
    assert fills(level.sweep(12)) == [("o0", 10), ("o1", 2)]


def test_print_from_before_an_order_does_not_reach_it():
    """Trades until the market an order joined in were over before it came; later ones count."""
    level = LevelQueue()
    level.join(QueueEntry("o0", 10), 50, 100)
    assert level.on_print(60, 99) == []
    assert level.on_print(60, 100) == []
    assert level.sweep(60, 100) == []
    assert level.entries[0].ahead_lots == 50
    assert fills(level.on_print(60, 101)) == [("o0", 10)]


def test_old_print_still_reaches_the_order_that_was_there():
    """Of two own orders a late print fills the one that stood when it traded."""
    level = LevelQueue()
    level.join(QueueEntry("o0", 5), 0, 100)
    level.join(QueueEntry("o1", 5), 0, 110)
    assert fills(level.on_print(20, 105)) == [("o0", 5)]


STEPS = st.lists(
    st.tuples(st.sampled_from(["print", "depth", "join", "sweep"]), st.integers(0, 200), st.integers(-3, 3)),
    max_size=60,
)


@given(STEPS, st.integers(1, 4))
def test_queue_invariants(steps, power):
    """Ahead is never negative and never grows, keeps arrival order, and fills stay within the print."""
    level = queue(20, displayed=100, power=power)
    now = 0
    for number, (kind, size, lag) in enumerate(steps):
        now += 2
        before = {entry.order_id: entry.ahead_lots for entry in level.entries}
        open_before = sum(entry.remaining_lots for entry in level.entries)
        made = []
        if kind == "print":
            made = level.on_print(size, now + lag)
        elif kind == "sweep":
            made = level.sweep(size // 10)
        elif kind == "depth":
            level.on_depth(size, now)
        else:
            level.join(QueueEntry(f"n{number}", 1 + size), level.displayed_lots, now)
        assert sum(fill.size_lots for fill in made) <= size
        places = [entry.ahead_lots for entry in level.entries]
        assert all(place >= 0 for place in places)
        assert all(
            entry.ahead_lots <= before[entry.order_id] for entry in level.entries if entry.order_id in before
        )
        if kind != "join":
            assert open_before - sum(one.remaining_lots for one in level.entries) == sum(
                fill.size_lots for fill in made
            )


FLOW = st.lists(
    st.one_of(
        st.tuples(st.just("join"), st.integers(1, 30)),
        st.tuples(st.just("sell"), st.lists(st.integers(1, 60), min_size=1, max_size=3), st.integers(0, 3)),
    ),
    max_size=20,
)


@given(st.integers(0, 80), st.integers(1, 60), FLOW, st.integers(1, 4))
def test_queue_is_a_plain_first_in_first_out_book(ahead, size, flow, power):
    """While nobody cancels, the own order fills exactly as in a book of everybody's orders.

    The depth may be told before, among or after the prints that explain it.
    """
    level = LevelQueue(power)
    level.join(QueueEntry("own", size), ahead, 0)
    behind, left, now, filled = 0, size, 0, 0
    for kind, what, *place in flow:
        now += 2
        if kind == "join":
            behind += what
            level.on_depth(ahead + behind, now)
            continue
        told = []
        for wanted in what:
            lots = min(wanted, ahead + behind)
            left -= min(left, max(0, lots - ahead))
            ahead, behind = max(0, ahead - lots), behind - max(0, lots - ahead)
            told.append((level.on_print, lots, now))
        told.insert(place[0], (level.on_depth, ahead + behind, now))
        filled += sum(one.size_lots for tell, lots, at in told for one in tell(lots, at) or ())
    assert filled == size - left
