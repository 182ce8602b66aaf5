"""The venue's word wins: unknown outcomes, missed fills, leftovers, foreign positions."""

from __future__ import annotations

from decimal import Decimal

import pytest

from okxmm_tui.core.effects import CancelOrder, FetchTruth, PlaceOrder, QueryOrder
from okxmm_tui.core.messages import (
    FetchFailed,
    OrderAccepted,
    OrderOutcomeUnknown,
    OrderQueried,
    OrderRefused,
    PositionUpdate,
    StreamDown,
    StreamUp,
    TruthFetched,
)
from okxmm_tui.core.orders import OrderStatus
from okxmm_tui.core.types import Side, VenueOrderState
from tests.engine.desk import MS, Desk
from tests.samples import INST, fill, order_update


def _placed(desk: Desk) -> str:
    """A bid that was sent and not answered."""
    desk.connect()
    desk.book()
    return desk.taken(PlaceOrder)[0].cl_ord_id


def test_no_answer_is_unknown_and_asked_for_in_growing_steps():
    """Queries at 0.5, 1, 3 and 10 s; the exposure counts all the while, nothing is sent again."""
    desk = Desk()
    bid = _placed(desk)
    start = desk.now_ns
    effects = desk.feed(OrderOutcomeUnknown("place", INST, bid, "timeout"))
    times = [desk.now_ns for _ in desk.taken(QueryOrder, effects)]
    for _ in range(400):
        asked = [query for query in desk.taken(QueryOrder, desk.tick(50)) if query.cl_ord_id == bid]
        times += [desk.now_ns] * len(asked)
        desk.update()
    order = desk.market.orders.get(bid)
    assert order is not None
    assert order.status is OrderStatus.UNKNOWN
    assert desk.market.orders.remaining_lots(Side.BUY) == 100
    assert len([placed for placed in desk.taken(PlaceOrder) if placed.side is Side.BUY]) == 1
    seconds = [round((at - start) / 1e9, 1) for at in times[:4]]
    assert seconds == [0.5, 1.0, 3.0, 10.0]


def test_not_found_is_believed_only_after_the_request_expired():
    """An early "does not exist" leaves the order UNKNOWN; a late one ends it."""
    desk = Desk()
    bid = _placed(desk)
    desk.feed(OrderOutcomeUnknown("place", INST, bid, "timeout"))
    desk.feed(OrderQueried(INST, bid, reached=True, order=None))
    order = desk.market.orders.get(bid)
    assert order is not None
    assert order.status is OrderStatus.UNKNOWN
    desk.run(2_500)
    desk.feed(OrderQueried(INST, bid, reached=True, order=None))
    assert not order.is_done  # asked before the expiry, whenever the answer came
    desk.run(1_000)
    desk.feed(OrderQueried(INST, bid, reached=True, order=None))
    assert order.is_done


def test_an_unreached_venue_says_nothing():
    """A query that failed is no answer, however late."""
    desk = Desk()
    bid = _placed(desk)
    desk.feed(OrderOutcomeUnknown("place", INST, bid, "timeout"))
    desk.run(3_000)
    desk.feed(OrderQueried(INST, bid, reached=False, order=None))
    order = desk.market.orders.get(bid)
    assert order is not None
    assert not order.is_done


def test_a_query_that_finds_the_order_makes_it_live():
    """UNKNOWN ends with the venue's word."""
    desk = Desk()
    bid = _placed(desk)
    desk.feed(OrderOutcomeUnknown("place", INST, bid, "timeout"))
    desk.feed(OrderQueried(INST, bid, reached=True, order=order_update(bid, Side.BUY, 599_879, 100)))
    order = desk.market.orders.get(bid)
    assert order is not None
    assert order.status is OrderStatus.LIVE


def test_a_silent_place_becomes_unknown_by_itself():
    """Even when the gateway says nothing at all."""
    desk = Desk()
    bid = _placed(desk)
    desk.run(4_000)
    order = desk.market.orders.get(bid)
    assert order is not None
    assert order.status is OrderStatus.UNKNOWN


def test_a_fill_before_the_ack_is_booked_once():
    """Push and ack in any order; the duplicated push changes nothing."""
    desk = Desk()
    bid = _placed(desk)
    push = order_update(
        bid, Side.BUY, 599_879, 100, state=VenueOrderState.FILLED, filled_lots=100,
        fill=fill(Side.BUY, "59987.9", "1", cl_ord_id=bid, fee="-0.1"),
    )  # fmt: skip
    desk.feed(push)
    desk.feed(OrderAccepted("place", INST, bid, "o-" + bid))
    desk.feed(push)
    assert desk.market.ledger.position.size_lots == 100
    assert desk.market.ledger.fill_count == 1


def test_a_missed_fill_is_fetched_and_booked_once():
    """The venue counts more filled than we booked: the lists are read, the fill is booked."""
    desk = Desk()
    bid, _ = desk.quoting()
    desk.feed(
        order_update(bid, Side.BUY, 599_879, 100, state=VenueOrderState.PARTIALLY_FILLED, filled_lots=40)
    )
    effects = desk.run(100)
    assert desk.taken(FetchTruth, effects)
    missed = fill(Side.BUY, "59987.9", "0.4", cl_ord_id=bid, trade_id="77", fee="-0.04")
    position = PositionUpdate(INST, 40, None, None, None, 0)
    desk.answer_truth(fills=(missed,), positions=(position,))
    desk.answer_truth(fills=(missed,), positions=(position,))
    assert desk.market.ledger.position.size_lots == 40
    assert len(desk.reducer.session.alarms) == 0


def test_leftovers_of_an_earlier_session_are_cancelled_before_quoting():
    """Own tag, unknown id: adopted, cancelled, and no quote until it is gone."""
    desk = Desk()
    desk.feed(StreamUp("public"))
    desk.feed(StreamUp("private"))
    desk.arm_dead_man()
    left = order_update("old1", Side.SELL, 600_500, 200)
    effects = desk.answer_truth(orders=(left,))
    desk.book()
    assert [cancel.cl_ord_id for cancel in desk.taken(CancelOrder, effects)] == ["old1"]
    assert not desk.taken(PlaceOrder)
    desk.feed(order_update("old1", Side.SELL, 600_500, 200, state=VenueOrderState.CANCELED))
    desk.run(1_100)
    desk.answer_truth()
    desk.update()
    desk.tick()
    assert len(desk.taken(PlaceOrder)) == 2


def test_orders_of_others_are_left_alone():
    """Another tag is never adopted, counted or cancelled."""
    desk = Desk()
    desk.quoting()
    effects = desk.feed(order_update("x", Side.BUY, 599_000, 100, tag="manual"))
    assert not desk.taken(CancelOrder, effects)
    assert desk.market.orders.get("x") is None


def test_a_position_found_at_start_is_adopted():
    """Skew and limits count what was there before; the session's PnL does not."""
    desk = Desk()
    desk.feed(StreamUp("private"))
    old = fill(Side.BUY, "59000.0", "1", cl_ord_id="old", trade_id="5")
    desk.answer_truth(fills=(old,), positions=(PositionUpdate(INST, 100, None, None, None, 0),))
    assert desk.market.ledger.position.size_lots == 100
    assert desk.market.ledger.fill_count == 0


def test_a_leftover_that_fills_before_the_first_merge_counts_once():
    """The venue's position at the first merge holds already what was pushed before, also when it is flat."""
    desk = Desk()
    desk.feed(StreamUp("private"))
    desk.feed(
        order_update(
            "old", Side.BUY, 599_000, 200, state=VenueOrderState.PARTIALLY_FILLED, filled_lots=100,
            fill=fill(Side.BUY, "59900.0", "1", cl_ord_id="old", trade_id="9"),
        )
    )  # fmt: skip
    desk.answer_truth(positions=(PositionUpdate(INST, 0, None, None, None, 0),))
    assert desk.market.ledger.position.size_lots == 0
    assert len(desk.reducer.session.alarms) == 0


def test_the_fill_that_tells_of_a_leftover_is_counted_once():
    """4 of 10 lots are filled by the push we first hear of it with: 6 may still fill, and the push again."""
    desk = Desk()
    desk.connect()
    one = fill(Side.BUY, "59000", "0.04", trade_id="77", cl_ord_id="old")
    for _ in range(2):
        desk.feed(
            order_update(
                "old", Side.BUY, 590_000, 10,
                state=VenueOrderState.PARTIALLY_FILLED, filled_lots=4, fill=one,
            )
        )  # fmt: skip
    order = desk.market.orders.get("old")
    assert order is not None
    assert (order.filled_lots, order.remaining_lots, desk.market.position_lots) == (4, 6, 4)


def test_a_foreign_change_of_position_is_adopted_with_an_alarm():
    """A manual trade: the difference lasts over three comparisons, then the venue's figure counts."""
    desk = Desk()
    desk.quoting()
    theirs = PositionUpdate(INST, 300, None, None, None, 0)
    desk.feed(theirs)
    desk.run(1_700)
    for _ in range(3):
        assert desk.market.ledger.position.size_lots == 0
        desk.answer_truth(positions=(theirs,))
        desk.run(1_100)
    assert desk.market.ledger.position.size_lots == 300
    assert any(alarm.key.startswith("position-") for alarm in desk.reducer.session.alarms.views())


def test_a_lost_private_stream_pulls_over_rest_and_merges_before_quoting():
    """Cancels go by REST; after the login nothing is quoted until the lists are merged."""
    desk = Desk()
    ids = desk.quoting()
    effects = desk.feed(StreamDown("private", "closed"))
    cancels = desk.taken(CancelOrder, effects)
    assert {cancel.cl_ord_id for cancel in cancels} == set(ids)
    assert all(cancel.by_rest for cancel in cancels)
    for cl_ord_id in ids:
        desk.cancelled(cl_ord_id)
    desk.feed(StreamUp("private"))
    before = len(desk.taken(PlaceOrder))
    desk.update(after_ms=600)
    assert len(desk.taken(PlaceOrder)) == before
    desk.answer_truth()
    desk.update(after_ms=600)
    assert len(desk.taken(PlaceOrder)) == before + 2


def test_a_failed_read_is_tried_again():
    """The next attempt comes a second later."""
    desk = Desk()
    desk.feed(StreamUp("private"))
    request = desk.taken(FetchTruth)[-1]
    desk.feed(FetchFailed(request.request_id, "timeout"))
    assert desk.taken(FetchTruth, desk.run(1_200))


def test_a_cancel_without_effect_is_repeated_by_the_other_route():
    """After a second without a terminal state: REST, and a question."""
    desk = Desk()
    bid, _ = desk.quoting()
    desk.feed(StreamDown("public", "closed"))
    effects = desk.run(1_500)
    again = [cancel for cancel in desk.taken(CancelOrder, effects) if cancel.cl_ord_id == bid]
    assert again
    assert again[0].by_rest
    assert bid in {query.cl_ord_id for query in desk.taken(QueryOrder, effects)}


def test_a_refused_cancel_is_looked_into():
    """51400 may mean filled or gone: the order is asked for, not assumed dead."""
    desk = Desk()
    bid, _ = desk.quoting()
    desk.feed(StreamDown("public", "closed"))
    effects = desk.feed(OrderRefused("cancel", INST, bid, "51400", "gone"))
    assert [query.cl_ord_id for query in desk.taken(QueryOrder, effects)] == [bid]
    order = desk.market.orders.get(bid)
    assert order is not None
    assert not order.is_done


def test_a_query_result_does_not_forget_a_fresh_amend():
    """An answer that crossed a new amend says nothing about it; the larger size keeps counting."""
    desk = Desk()
    bid, _ = desk.quoting()
    desk.update(bids=((600_000, 0), (599_900, 5)), asks=((600_001, 0), (599_901, 5)), after_ms=600)
    order = desk.market.orders.get(bid)
    assert order is not None
    assert order.amend is not None
    answer = order_update(bid, Side.BUY, 599_879, 100)
    desk.feed(OrderQueried(INST, bid, reached=True, order=answer))
    assert order.amend is not None
    desk.run(4_000)
    desk.feed(OrderQueried(INST, bid, reached=True, order=answer))
    assert order.amend is None


def test_an_order_missing_from_the_venues_list_is_asked_for():
    """The comparison every 30 s finds orders that died unseen."""
    desk = Desk()
    bid, ask = desk.quoting()
    for _ in range(620):
        desk.tick(50)
        desk.update()
        if desk.now_ns > (desk.reducer.safety.dead_man_expires_ns or 0) - 5_000 * MS:
            desk.arm_dead_man()
    effects = desk.answer_truth(orders=(order_update(ask, Side.SELL, 600_123, 100),))
    assert bid in {query.cl_ord_id for query in desk.taken(QueryOrder, effects)}


def test_a_cancel_by_the_venue_is_told_in_words():
    """What the gateway made of the source code stands in the event log."""
    desk = Desk()
    bid, _ = desk.quoting()
    desk.feed(
        order_update(
            bid, Side.BUY, 599_879, 100, state=VenueOrderState.CANCELED, cancel_source="15",
            text="price beyond the limit",
        )
    )  # fmt: skip
    assert any("price beyond the limit" in line.text for line in desk.reducer.session.log)


@pytest.mark.parametrize("category", ["adl", "full_liquidation", "partial_liquidation"])
def test_a_forced_reduction_halts(category):
    """Liquidation or ADL by the venue: kill, latched, no automatic return."""
    desk = Desk()
    desk.quoting()
    desk.feed(order_update("venue", Side.SELL, 600_000, 100, tag="", category=category))
    assert desk.state == "HALTED"


def test_answers_slower_than_the_patience_still_merge():
    """Every read takes longer than it is waited for: it was asked again and again, and never listened to."""
    desk = Desk()
    desk.feed(StreamUp("public"))
    desk.feed(StreamUp("private"))
    desk.run(11_000)
    first, second = desk.taken(FetchTruth)
    desk.feed(TruthFetched(first.request_id, (), (), (), ()))
    assert desk.reducer.session.is_merged
    held = (PositionUpdate(INST, 5, Decimal(60_000), None, None, 0),)
    desk.feed(TruthFetched(first.request_id, (), (), held, ()))  # the same once more: nothing waits for it
    assert not desk.reducer.reconciler.positions.is_unsettled
    desk.feed(TruthFetched(second.request_id, (), (), held, ()))
    assert desk.reducer.reconciler.positions.is_unsettled


def test_an_answer_to_a_question_from_before_the_login_merges_nothing():
    """What was read before the stream was back says nothing of what happened in between."""
    desk = Desk()
    desk.feed(StreamUp("private"))
    (before,) = desk.taken(FetchTruth)
    desk.feed(StreamDown("private", "test"))
    desk.feed(StreamUp("private"))
    desk.feed(TruthFetched(before.request_id, (), (), (), ()))
    assert not desk.reducer.session.is_merged
