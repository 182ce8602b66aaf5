"""Merging what was read together: the newest state, in an order that tells no lies."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.core.books import OrderBook
from okxmm_tui.core.messages import BookGap, BookSnapshot, BookUpdate, PublicTrade, TopOfBook
from okxmm_tui.core.types import Side
from okxmm_tui.okx.conflate import conflate

A, B = "A-SWAP", "B-SWAP"


def update(seq, bids=(), asks=(), inst_id=A):
    """One increment."""
    return BookUpdate(inst_id, tuple(bids), tuple(asks), seq, seq)


def trade(number, inst_id=A):
    """One print."""
    return PublicTrade(inst_id, 1, 1, Side.BUY, str(number), 1)


def top(seq, inst_id=A):
    """One best bid and ask."""
    return TopOfBook(inst_id, 1, 1, 2, 1, seq, seq)


def test_increments_of_one_book_become_one():
    """The last size of a level wins, removals too; number and time are the newest."""
    events = [update(1, [(10, 5), (9, 4)]), update(2, [(10, 0)], [(11, 3)]), update(3, [(9, 7)])]
    assert conflate(events) == [update(3, [(10, 0), (9, 7)], [(11, 3)])]


def test_instruments_do_not_mix():
    """Each book and each best price is its own."""
    events = [update(1, [(1, 1)]), update(1, [(2, 2)], inst_id=B), top(5), top(6, B), update(2, [(3, 3)])]
    merged = conflate(events)
    assert merged == [update(1, [(2, 2)], inst_id=B), top(5), top(6, B), update(2, [(1, 1), (3, 3)])]


def test_only_the_newest_best_price_survives():
    """It stands where the newest stood."""
    assert conflate([top(1), trade(1), top(2), trade(2), top(3)]) == [trade(1), trade(2), top(3)]


def test_snapshot_supersedes_and_gap_voids():
    """Older increments go; the snapshot stays apart from what follows; a gap is always told."""
    snapshot = BookSnapshot(A, ((1, 1),), (), 10, 10)
    gap = BookGap(A, "test")
    assert conflate([update(8), snapshot, update(11), update(12)]) == [snapshot, update(12)]
    assert conflate([snapshot, update(11), top(11), gap]) == [gap]
    assert conflate([update(8), gap, snapshot]) == [gap, snapshot]


LEVELS = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 3)), max_size=4).map(tuple)
EVENTS = st.lists(
    st.one_of(
        st.builds(lambda b, a: ("update", b, a), LEVELS, LEVELS),
        st.builds(lambda b, a: ("snapshot", b, a), LEVELS, LEVELS),
        st.just(("gap", (), ())),
        st.just(("trade", (), ())),
        st.just(("top", (), ())),
    ),
    max_size=40,
)


def replay(events):
    """Apply book events as the engine does; returns the book and the prints."""
    book, trades, tops = OrderBook(), [], []
    for event in events:
        match event:
            case BookSnapshot():
                book.replace(event.bids, event.asks, event.seq_id, event.venue_ms)
            case BookUpdate():
                book.apply(event.bids, event.asks, event.seq_id, event.venue_ms)
            case BookGap():
                book.clear()
                tops.clear()
            case PublicTrade():
                trades.append(event)
            case TopOfBook():
                tops.append(event.seq_id)
    return book, trades, tops[-1:]


@given(kinds=EVENTS)
def test_merged_or_not_the_reader_ends_in_the_same_state(kinds):
    """Book, prints and newest best price are those of the whole stream, whatever it was."""
    events = []
    for seq, (kind, bids, asks) in enumerate(kinds):
        made = {
            "update": update(seq, bids, asks), "snapshot": BookSnapshot(A, bids, asks, seq, seq),
            "gap": BookGap(A, str(seq)), "trade": trade(seq), "top": top(seq),
        }  # fmt: skip
        events.append(made[kind])
    whole, merged = replay(events), replay(conflate(events))
    for one, other in zip((whole[0].bids, whole[0].asks), (merged[0].bids, merged[0].asks), strict=True):
        assert one.top(400) == other.top(400)
    assert whole[0].seq_id == merged[0].seq_id
    assert whole[1:] == merged[1:]
    assert sum(isinstance(e, BookUpdate) for e in conflate(events)) <= 1 + sum(
        k == "gap" for k, _, _ in kinds
    )
