"""The displayed book: depth and best quote, the fresher winning."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.core.types import Side
from okxmm_tui.exchange.book import BookSide, DisplayedBook
from okxmm_tui.exchange.market_events import BboEvent, BookEvent
from tests.exchange.bench import INST, levels


def depth(bids, asks, seq, *, snapshot):
    """A depth event."""
    return BookEvent(INST, snapshot, bids, asks, 0, seq)


def book(seq=10):
    """A book two levels deep."""
    made = DisplayedBook()
    made.apply_book(depth(levels((100, 5), (99, 7)), levels((101, 3), (102, 4)), seq, snapshot=True))
    return made


def test_a_newer_quote_replaces_the_top_and_hides_better_levels():
    """After a higher best ask, the older depth below it no longer counts."""
    made = book()
    made.apply_bbo(BboEvent(INST, (100, 6, "1"), (102, 9, "1"), 0, 11))
    assert list(made.levels(Side.SELL)) == [(102, 9)]
    assert made.size_at(Side.SELL, 101) == 0
    assert made.best(Side.BUY) == (100, 6, "1")


def test_newer_depth_ends_the_quote():
    """A depth update with a higher sequence number speaks for the top again."""
    made = book()
    made.apply_bbo(BboEvent(INST, (100, 6, "1"), (102, 9, "1"), 0, 11))
    made.apply_book(depth((), levels((102, 8)), 12, snapshot=False))
    assert list(made.levels(Side.SELL)) == [(101, 3), (102, 8)]


def test_an_older_quote_is_ignored():
    """A best quote from before the depth changes nothing."""
    made = book()
    assert not made.apply_bbo(BboEvent(INST, (1, 1, "1"), (2, 1, "1"), 0, 9))
    assert made.best(Side.BUY) == (100, 5, "1")


def test_removing_a_level_that_is_not_there_is_harmless():
    """Genuine feeds hold such removals."""
    side = BookSide(Side.BUY)
    side.set((100, 0, "0"))
    assert len(side) == 0


SIDES = st.dictionaries(st.integers(1, 60), st.integers(1, 9), max_size=20)


@given(SIDES, SIDES, SIDES, SIDES)
def test_difference_turns_one_book_into_another(old_bids, old_asks, new_bids, new_asks):
    """Applying the difference gives exactly the target's levels on both sides."""
    made = DisplayedBook()
    made.apply_book(depth(levels(*old_bids.items()), levels(*old_asks.items()), 1, snapshot=True))
    target = depth(levels(*new_bids.items()), levels(*new_asks.items()), 2, snapshot=True)
    made.apply_book(made.difference(target))
    assert {price: size for price, size, _ in made.bids} == new_bids
    assert {price: size for price, size, _ in made.asks} == new_asks
    assert [price for price, _, _ in made.bids] == sorted(new_bids, reverse=True)
