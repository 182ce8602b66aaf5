"""The old checksum, against vectors computed independently."""

from __future__ import annotations

from okxmm_tui.okx.book_checksum import ChecksumBook, checksum_of
from okxmm_tui.okx.messages import Level
from okxmm_tui.okx.units import UnitTable
from tests.okx.conftest import make_instrument


def test_vectors_of_the_reference():
    """Sides alternate, and the one that has run out is skipped."""
    assert checksum_of(["3366.1:7", "3366:6"], ["3366.8:9", "3368:8"]) == -1881014294
    assert checksum_of(["3366.1:7"], ["3366.8:9", "3368:8", "3372:8"]) == 831078360


def test_only_25_levels_count():
    """Deeper levels change nothing."""
    bids = [f"{100 - index}:1" for index in range(30)]
    assert checksum_of(bids, []) == checksum_of(bids[:25], [])


def test_book_keeps_strings_as_received_and_best_first():
    """Merging, replacing and removing levels ends at the vector; removing what is not there is harmless."""
    instrument = make_instrument(lot="1")
    prices = UnitTable(instrument.tick_size, instrument.price_to_ticks)
    sizes = UnitTable(instrument.lot_size, int)
    book = ChecksumBook()
    book.apply(
        [Level("3366", "6"), Level("3370", "1")], [Level("3368", "8"), Level("3367", "3")], prices, sizes
    )
    book.apply(
        [Level("3370", "0"), Level("3366.1", "2"), Level("1", "0")], [Level("3366.8", "9")], prices, sizes
    )
    book.apply([Level("3366.1", "7")], [Level("3367", "0")], prices, sizes)
    assert book.checksum() == -1881014294
