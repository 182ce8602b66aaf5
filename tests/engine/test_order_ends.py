"""How an order ended is what is told of it from then on."""

from __future__ import annotations

import pytest

from okxmm_tui.core.market_views import OrderView
from okxmm_tui.engine.view import build_snapshot
from tests.engine.desk import Desk
from tests.engine.test_refusals import placed, refuse


def told(desk: Desk, cl_ord_id: str) -> OrderView:
    """The finished order as a console sees it."""
    (market,) = build_snapshot(desk.reducer, 1).markets
    return next(order for order in market.done_orders if order.cl_ord_id == cl_ord_id)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("31", "post-only would have crossed"),
        ("20", "removed by the dead-man's switch"),
        ("32", "cancelled to prevent a self-trade"),
        ("17", "cancelled by the venue: source 17"),
    ],
)
def test_what_the_venue_ended_says_so(source, says):
    """Not the decision that once placed it: the blotter would give a reason that is none."""
    desk = Desk()
    bid, _ = desk.quoting()
    desk.cancelled(bid, source=source)
    assert told(desk, bid).decision == says


def test_what_we_ended_keeps_our_reason():
    """A cancel of ours was decided, and the venue's word adds nothing to why."""
    desk = Desk()
    bid, _ = desk.quoting()
    before = desk.market.orders.get(bid)
    assert before is not None
    decision = before.decision
    desk.cancelled(bid)
    assert told(desk, bid).decision == decision


def test_what_was_refused_says_with_which_words():
    """Code and text of the venue."""
    desk, bid, _ = placed()
    refuse(desk, bid.cl_ord_id, "51121")
    assert told(desk, bid.cl_ord_id).decision == "refused: 51121 because"
