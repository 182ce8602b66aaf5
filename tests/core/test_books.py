"""The order book against a plain rebuild."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.core.books import BookSide, OrderBook

levels = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 5)), max_size=25).map(tuple)


@given(st.lists(levels, max_size=12), st.sampled_from([1, -1]))
def test_side_equals_a_plain_dict(updates, direction):
    """After any updates, levels, best and sizes equal those of a dictionary."""
    side, plain = BookSide(direction), {}
    for update in updates:
        side.apply(update)
        for price, size in update:
            if size:
                plain[price] = size
            else:
                plain.pop(price, None)
        side.check()
    best_first = sorted(plain.items(), key=lambda level: -direction * level[0])
    assert side.top(1000) == tuple(best_first)
    assert side.best_ticks == (best_first[0][0] if best_first else None)
    assert all(side.size_at(price) == plain.get(price, 0) for price in range(62))


@given(st.lists(levels, max_size=12))
def test_depth_is_never_exceeded(updates):
    """The side keeps only the promised number of best levels."""
    side = BookSide(1, depth=7)
    for update in updates:
        side.apply(update)
        side.check()


@given(levels, levels)
def test_snapshot_forgets_what_was_before(before, after):
    """A snapshot replaces the side entirely."""
    side = BookSide(-1)
    side.apply(before)
    side.replace(after)
    side.check()
    assert dict(side.top(1000)) == {price: size for price, size in after if size}


def test_removing_a_missing_level_is_harmless():
    """OKX recordings hold removals of levels that are not in the book."""
    side = BookSide(1)
    side.apply(((10, 1),))
    side.apply(((11, 0), (9, 0)))
    assert side.top(5) == ((10, 1),)


def test_crossed_means_bid_reaches_ask():
    """A locked book counts as crossed; an empty side never does."""
    book = OrderBook()
    book.replace(((100, 1),), ((101, 1),), 1, 0)
    assert not book.is_crossed
    book.apply(((101, 2),), (), 2, 0)
    assert book.is_crossed
    book.apply((), ((101, 0),), 3, 0)
    assert not book.is_crossed
    assert not book.is_two_sided
