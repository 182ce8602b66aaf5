"""One market's state: which of two channels the best prices come from."""

from __future__ import annotations

from okxmm_tui.core.messages import BookUpdate, TopOfBook
from tests.engine.desk import Desk
from tests.samples import INST


def test_best_prices_follow_a_sequence_that_starts_again():
    """After the venue's reset the book and later best prices count, however high the old numbers were."""
    desk = Desk()
    desk.quoting()
    market = desk.market
    desk.feed(TopOfBook(INST, 600_000, 500, 600_001, 500, 700_200, 0))
    fallen = ((600_000, 0), (599_000, 400)), ((600_001, 0), (599_001, 300))
    desk.feed(BookUpdate(INST, *fallen, 3, 0))
    assert (market.bid_ticks, market.bid_lots, market.ask_ticks, market.ask_lots) == (
        599_000, 400, 599_001, 300,
    )  # fmt: skip
    desk.feed(TopOfBook(INST, 598_990, 100, 598_991, 100, 4, 0))
    assert (market.bid_ticks, market.ask_ticks) == (598_990, 598_991)
    desk.feed(TopOfBook(INST, 600_000, 500, 600_001, 500, 2, 0))
    assert (market.bid_ticks, market.ask_ticks) == (598_990, 598_991)
