"""An order that is over for us and live at the venue is found, told, and taken out."""

from __future__ import annotations

from okxmm_tui.core.commands import Kill
from okxmm_tui.core.effects import AnyEffect, CancelOrder, FetchTruth, PlaceOrder, PollPending, QueryOrder
from okxmm_tui.core.messages import OrderRefused, OrderUpdate
from okxmm_tui.core.types import Side
from tests.engine.desk import Desk
from tests.safety.asserts import readable
from tests.samples import INST, order_update


def ours(desk: Desk) -> tuple[OrderUpdate, ...]:
    """What works, as the venue lists it."""
    return tuple(
        order_update(order.cl_ord_id, order.side, order.price_ticks, order.size_lots)
        for order in desk.market.orders.working
    )


def merged(desk: Desk, *orders: OrderUpdate) -> list[AnyEffect]:
    """Let the next merge come, with these orders pending."""
    asked = len(desk.taken(FetchTruth))
    while len(desk.taken(FetchTruth)) == asked:
        desk.tick()
    return desk.answer_truth(orders=orders)


def alarm_text(desk: Desk) -> str:
    """Of the ghost's alarm while it stands."""
    views = desk.reducer.session.alarms.views()
    return next((view.text for view in views if view.key == "ghost" and not view.is_cleared), "")


def test_an_order_listed_twice_after_its_end_is_taken_back_and_cancelled():
    """The first list may be old; with the second it counts as live again, is told, and goes."""
    desk = Desk()
    bid, _ = desk.quoting()
    desk.cancelled(bid)
    ghost = order_update(bid, Side.BUY, 599_850, 100)
    first = merged(desk, *ours(desk), ghost)
    assert bid not in {cancel.cl_ord_id for cancel in desk.taken(CancelOrder, first)}
    before_ns = desk.now_ns
    second = merged(desk, *ours(desk), ghost)
    assert desk.now_ns - before_ns < 1.2e9
    assert bid in {cancel.cl_ord_id for cancel in desk.taken(CancelOrder, second)}
    assert desk.market.orders.remaining_lots(Side.BUY) >= 100
    readable(alarm_text(desk))
    desk.market.orders.check()
    desk.cancelled(bid)
    merged(desk, *ours(desk))
    assert alarm_text(desk) == ""
    assert desk.market.orders.get(bid).is_done  # pyright: ignore[reportOptionalMemberAccess]


def test_an_order_listed_once_after_its_end_was_old_news():
    """Lists and pushes cross each other every day: nothing is told, nothing is cancelled twice."""
    desk = Desk()
    bid, _ = desk.quoting()
    desk.cancelled(bid)
    merged(desk, *ours(desk), order_update(bid, Side.BUY, 599_850, 100))
    effects = merged(desk, *ours(desk))
    assert bid not in {cancel.cl_ord_id for cancel in desk.taken(CancelOrder, effects)}
    assert alarm_text(desk) == ""


def test_after_a_proven_kill_a_live_order_makes_it_begin_anew():
    """An acknowledgement after the proof: looked into at once, then cancelled until it is proven again."""
    desk = Desk()
    bid, _ = desk.quoting()
    desk.command(Kill("test"))
    for _ in range(2):
        desk.answer_poll()
        desk.run(250)
    proven = desk.reducer.safety.kill_run
    assert proven is not None
    assert proven.is_proven
    ghost = order_update(bid, Side.BUY, 599_850, 100)
    merged(desk)
    desk.feed(ghost)
    began_ns = desk.now_ns
    merged(desk, ghost)
    effects = merged(desk, ghost)
    assert desk.now_ns - began_ns < 1.5e9
    run = desk.reducer.safety.kill_run
    assert run is not proven
    assert desk.taken(PollPending, effects)
    assert {cancel.by_rest for cancel in desk.taken(CancelOrder, effects) if cancel.cl_ord_id == bid} == {
        True,
        False,
    }
    assert desk.state == "HALTED"
    desk.cancelled(bid)
    for _ in range(2):
        desk.answer_poll()
        desk.run(250)
    assert run is not None
    assert run.is_proven


def refused(desk: Desk, order: PlaceOrder) -> list[AnyEffect]:
    """The venue says it is busy, which is no word on the order it has taken all the same."""
    return desk.feed(OrderRefused("place", INST, order.cl_ord_id, "50013", "busy", "", "retry"))


def test_an_order_refused_and_then_pushed_as_live_is_looked_for_at_once():
    """Nothing had told of it before, so it is no old news: another order stands in its place already."""
    desk = Desk()
    desk.connect()
    desk.book()
    bid = desk.taken(PlaceOrder)[0]
    refused(desk, bid)
    began_ns, ghost = desk.now_ns, order_update(bid.cl_ord_id, bid.side, bid.price_ticks, bid.size_lots)
    desk.confirm(bid)
    merged(desk, ghost)
    cancels = desk.taken(CancelOrder, merged(desk, ghost))
    assert bid.cl_ord_id in {each.cl_ord_id for each in cancels}
    assert desk.now_ns - began_ns < 2e9


def test_a_refusal_does_not_end_an_order_that_was_pushed_as_live():
    """The push came first: it counts as live, and the venue is asked which of its words holds."""
    desk = Desk()
    desk.connect()
    desk.book()
    bid = desk.taken(PlaceOrder)[0]
    desk.confirm(bid)
    asked = desk.taken(QueryOrder, refused(desk, bid))
    assert [each.cl_ord_id for each in asked] == [bid.cl_ord_id]
    assert desk.market.orders.remaining_lots(bid.side) == bid.size_lots
