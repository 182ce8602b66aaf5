"""After any damage to a stream the book is that of a slow second opinion, or is marked not live."""

from __future__ import annotations

import json
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from okxmm_tui.core.books import OrderBook
from okxmm_tui.core.messages import BookGap, BookSnapshot, BookUpdate
from okxmm_tui.okx.conflate import conflate
from okxmm_tui.okx.public_session import PublicSession
from tests.okx.conftest import make_instrument
from tests.okx.fuzzing import INST, mutated, recorded

TICK, LOT = Decimal("0.1"), Decimal("0.01")


def books(*, has_checksum):
    """Book messages of the recording; with checksum 0 the sequence alone protects them."""
    found = []
    for raw in recorded():
        message = json.loads(raw)
        if message["arg"]["channel"] == "books":
            if not has_checksum:
                message["data"][0]["checksum"] = 0
            found.append(json.dumps(message, separators=(",", ":")).encode())
    return found[:25]


class SecondOpinion:
    """The rules of the sheet, written slowly: JSON, Decimal and two dictionaries."""

    def __init__(self):
        self.sides, self.last = ({}, {}), None

    def receive(self, raw):
        """Take one message; what cannot be told for a book message is left to the sequence to miss."""
        try:
            message = json.loads(raw.decode(errors="replace"))
            arg = message["arg"]
            is_ours = not message.get("event") and not message.get("op") and arg.get("instId") == INST
            if not is_ours or arg["channel"] != "books":
                return
        except (ValueError, TypeError, KeyError, AttributeError):
            return
        try:
            for data in message["data"]:
                self.apply(data, is_snapshot=message.get("action") == "snapshot")
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, ArithmeticError):
            self.last = None

    def apply(self, data, *, is_snapshot):
        """Apply one row."""
        number, previous = data.get("seqId"), data.get("prevSeqId")
        number = None if number is None else int(number)
        previous = None if previous is None else int(previous)
        sides = [[self.level(each) for each in data.get(name, [])] for name in ("bids", "asks")]
        if is_snapshot:
            self.sides = ({}, {})
        elif self.last is None:
            return
        elif previous != self.last or number is None or number < 0 or (number == previous and any(sides)):
            self.last = None
            return
        for side, levels in zip(self.sides, sides, strict=True):
            for price, size in levels:
                if size:
                    side[price] = size
                else:
                    side.pop(price, None)
        self.last = number

    @staticmethod
    def level(each):
        """One level in ticks and lots."""
        price, size = Decimal(each[0]) / TICK, Decimal(each[1]) / LOT
        if price != int(price) or size < 0:
            raise ValueError(each)
        return int(price), -int(-size // 1)


def run(frames, *, is_merged):
    """Feed a session and a book as the engine does, and the second opinion beside them."""
    session, book, opinion = PublicSession([make_instrument()]), OrderBook(10**6), SecondOpinion()
    session.opened(0)
    is_live = False
    for begin in range(0, len(frames), 5 if is_merged else 1):
        events = []
        for frame in frames[begin : begin + (5 if is_merged else 1)]:
            events += session.receive(frame, 2 * 10**9)
            opinion.receive(frame)
        for event in conflate(events) if is_merged else events:
            match event:
                case BookSnapshot():
                    book.replace(event.bids, event.asks, event.seq_id, event.venue_ms)
                    is_live = True
                case BookUpdate():
                    assert is_live
                    book.apply(event.bids, event.asks, event.seq_id, event.venue_ms)
                case BookGap():
                    book.clear()
                    is_live = False
    assert is_live == session._feeds[INST].is_live
    book.bids.check()
    book.asks.check()
    return book, is_live, opinion


def same(book, opinion):
    """Whether both hold the same levels."""
    sides = [dict(side.top(10**6)) for side in (book.bids, book.asks)]
    return sides == list(opinion.sides)


DAMAGE = st.lists(
    st.tuples(st.sampled_from(["lose", "repeat", "swap", "mutate"]), st.integers(0, 24)), max_size=4
)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), damage=DAMAGE, has_checksum=st.booleans(), is_merged=st.booleans())
def test_damaged_stream_gives_the_right_book_or_none(data, damage, has_checksum, is_merged):
    """Messages lost, repeated, exchanged and mutated, read one by one or together."""
    frames = books(has_checksum=has_checksum)
    for kind, place in damage:
        at = place % len(frames)
        match kind:
            case "lose" if len(frames) > 1:
                del frames[at]
            case "repeat":
                frames.insert(at, frames[at])
            case "swap":
                other = (at + 1) % len(frames)
                frames[at], frames[other] = frames[other], frames[at]
            case "mutate":
                frames[at] = data.draw(mutated(st.just(frames[at])))
            case _:
                pass
    book, is_live, opinion = run(frames, is_merged=is_merged)
    if is_live:
        # Damage to the very last message may not be known yet: then both still hold what was before it.
        assert same(book, opinion)


def test_whole_stream_is_live_to_its_end():
    """The test above cannot pass by calling everything broken."""
    for is_merged in (False, True):
        book, is_live, opinion = run(books(has_checksum=True), is_merged=is_merged)
        assert is_live
        assert same(book, opinion)
        assert len(book.bids) > 100


def test_loss_without_checksums_is_noticed_by_the_next_message():
    """Nor by never noticing."""
    frames = books(has_checksum=False)
    del frames[7]
    _, is_live, _ = run(frames, is_merged=False)
    assert not is_live
