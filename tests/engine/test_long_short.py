"""Long and short apart: orders name their side, closing never exceeds what is held, the net is compared."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okxmm_tui.core.effects import AmendOrder, CancelOrder, FetchTruth, PlaceOrder
from okxmm_tui.core.messages import StreamUp
from okxmm_tui.core.orders import OwnOrder
from okxmm_tui.core.position_sides import closed_by
from okxmm_tui.core.trading_state import TradingState
from okxmm_tui.core.types import PositionMode, PositionSide, Side
from okxmm_tui.engine.positions import both_sides, net_of
from tests.engine.kinds_desk import KindDesk
from tests.samples import INST, inverse, swap

LONG, SHORT, NET = PositionSide.LONG, PositionSide.SHORT, PositionSide.NET


def adopted(*held: tuple[int, PositionSide], **changes) -> KindDesk:
    """A desk that takes a position over at its first merge."""
    desk = KindDesk(swap(), position_mode=PositionMode.LONG_SHORT, **changes)
    desk.feed(StreamUp("public"))
    desk.feed(StreamUp("private"))
    desk.answer_truth(positions=tuple(desk.position(lots, side) for lots, side in held))
    desk.tick()
    desk.arm_dead_man()
    return desk


def sides(desk: KindDesk) -> tuple[int, int]:
    """Long and short lots by our books."""
    held = desk.market.side_positions
    return held.long_lots, held.short_lots


@pytest.mark.parametrize("instrument", [swap(), inverse()])
def test_a_flat_account_opens_both_sides(instrument):
    """The bid opens LONG, the ask opens SHORT, linear or inverse."""
    desk = KindDesk(instrument, position_mode=PositionMode.LONG_SHORT)
    desk.connect()
    desk.book()
    bid, ask = desk.taken(PlaceOrder)
    assert (bid.position_side, ask.position_side) == (LONG, SHORT)


def test_both_sides_are_taken_over():
    """Three long and one short at the start: a net of two for skew and limits, both figures for closing."""
    desk = adopted((300, LONG), (-100, SHORT))
    assert (desk.market.position_lots, sides(desk)) == (200, (300, 100))
    desk.book()
    bid, ask = desk.taken(PlaceOrder)
    assert (bid.position_side, bid.size_lots) == (SHORT, 100)
    assert (ask.position_side, ask.size_lots) == (LONG, 100)


def test_a_part_is_closed_before_the_other_side_is_opened():
    """0.4 long and an ask of 1 wanted: the ask is cut to 0.4 and closes; filled, the next one opens SHORT."""
    desk = adopted((40, LONG))
    desk.book()
    ask = desk.last_place(Side.SELL)
    assert (ask.position_side, ask.size_lots) == (LONG, 40)
    desk.confirm(ask)
    desk.update(after_ms=600)
    assert not [amend for amend in desk.taken(AmendOrder) if amend.cl_ord_id == ask.cl_ord_id]
    desk.filled(ask)
    assert sides(desk) == (0, 0)
    again = desk.last_place(Side.SELL)
    assert (again.position_side, again.size_lots) == (SHORT, 100)


def test_a_closing_order_shrinks_with_what_is_left():
    """Somebody else closes a part: the resting order is amended down, and goes when nothing is left."""
    desk = adopted((100, LONG))
    desk.book()
    ask = desk.last_place(Side.SELL)
    desk.confirm(ask)
    desk.market.side_positions.adopt(30, 0)
    desk.update(after_ms=600)
    amend = [each for each in desk.taken(AmendOrder) if each.cl_ord_id == ask.cl_ord_id][-1]
    assert amend.size_lots == 30
    desk = adopted((100, LONG))
    desk.book()
    ask = desk.last_place(Side.SELL)
    desk.confirm(ask)
    desk.market.side_positions.adopt(0, 0)
    desk.update(after_ms=600)
    assert desk.taken(CancelOrder)[-1].cl_ord_id == ask.cl_ord_id


def test_the_rest_of_a_closing_order_stays_however_small():
    """99 of 100 lots closed where 10 are the smallest order: the last one is covered and keeps its place."""
    desk = KindDesk(swap(min_size_lots=10), position_mode=PositionMode.LONG_SHORT)
    desk.feed(StreamUp("public"))
    desk.feed(StreamUp("private"))
    desk.answer_truth(positions=(desk.position(100, LONG),))
    desk.tick()
    desk.arm_dead_man()
    desk.book()
    ask = desk.last_place(Side.SELL)
    desk.confirm(ask)
    desk.filled(ask, 99)
    desk.update(after_ms=600)
    assert ask.cl_ord_id not in {cancel.cl_ord_id for cancel in desk.taken(CancelOrder)}
    assert sides(desk) == (1, 0)


def test_working_closing_orders_claim_their_part():
    """Of 100 long, 60 are being closed: 40 are left for another order, and 100 for the one itself."""
    desk = adopted((100, LONG), (-70, SHORT))
    orders = {
        name: OwnOrder(INST, name, Side.SELL, 600_100, size_lots=60, created_ns=0, position_side=side)
        for name, side in (("closing", LONG), ("opening", SHORT))
    }
    for order in orders.values():
        desk.market.orders.add(order)
    assert desk.market.closable_lots(Side.SELL) == 40
    assert desk.market.closable_lots(Side.SELL, leaving_out=orders["closing"]) == 100
    assert desk.market.closable_lots(Side.BUY) == 70
    assert KindDesk(swap()).market.closable_lots(Side.SELL) is None


def test_fills_move_the_side_they_name():
    """Opening and closing fills of both sides; the net is the ledger's."""
    desk = adopted((100, LONG))
    desk.book()
    bid, ask = desk.taken(PlaceOrder)
    for order in (bid, ask):
        desk.confirm(order)
    desk.filled(ask, 60)
    desk.filled(bid, 25)
    assert (sides(desk), desk.market.position_lots) == ((65, 0), 65)
    assert desk.market.ledger.position.size_lots == 65


def test_pushes_of_one_side_do_not_hide_the_other():
    """Each push tells of one side; the net of both is what is compared, and agrees."""
    desk = adopted((300, LONG), (-100, SHORT))
    desk.feed(desk.position(300, LONG))
    assert desk.market.venue_position is not None
    assert desk.market.venue_position.size_lots == 200
    assert not desk.taken(FetchTruth, desk.run(3_000))
    desk.feed(desk.position(-150, SHORT))
    assert desk.taken(FetchTruth, desk.run(3_000))


def test_sides_that_differ_under_the_same_net_are_taken_over_quietly():
    """The venue holds one more of each: the net agrees, so only the closing figures change."""
    desk = adopted((100, LONG))
    for _ in range(4):
        desk.run(31_000)
        desk.answer_truth(positions=(desk.position(200, LONG), desk.position(-100, SHORT)))
    assert (sides(desk), desk.market.position_lots) == ((200, 100), 100)
    assert not [view for view in desk.reducer.session.alarms.views() if view.key.startswith("position-")]


def test_a_foreign_change_of_the_net_is_taken_over_with_an_alarm():
    """As with net positions; both sides come along."""
    desk = adopted()
    for _ in range(4):
        desk.run(31_000)
        desk.answer_truth(positions=(desk.position(500, LONG), desk.position(-100, SHORT)))
    assert (sides(desk), desk.market.position_lots) == ((500, 100), 400)
    assert [view for view in desk.reducer.session.alarms.views() if view.key.startswith("position-")]


def test_reducing_only_closes():
    """While reducing, the side that would open is refused and the closing one stands without a mark."""
    desk = adopted((100, LONG))
    desk.reducer.session.machine.state = TradingState.REDUCING
    desk.book()
    [ask] = desk.taken(PlaceOrder)
    assert (ask.side, ask.position_side, ask.reduce_only) == (Side.SELL, LONG, False)
    assert desk.market.sides[Side.BUY].reason.startswith("only reducing")


def test_net_of_rows():
    """Signed sum; prices are those of the larger side; nothing gives nothing."""
    desk = KindDesk(swap())
    rows = (desk.position(300, LONG, "60000"), desk.position(-100, SHORT, "50000"))
    net = net_of(rows)
    assert net is not None
    assert (net.size_lots, net.position_side, net.average_price) == (200, NET, 60_000)
    assert both_sides(rows) == (300, 100)
    assert both_sides((desk.position(-40),)) == (0, 40)
    assert net_of(()) is None


STEPS = st.lists(
    st.tuples(st.sampled_from(["fill", "part", "gone", "move"]), st.sampled_from(Side), st.integers(1, 99)),
    max_size=25,
)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 300), st.integers(0, 300), STEPS)
def test_whatever_happens_the_net_is_the_sum_of_fills_and_no_side_is_overdrawn(longs, shorts, steps):
    """Fills, part fills, cancels and moving books: the books agree and closing orders stay covered."""
    desk = adopted((longs, LONG), (-shorts, SHORT))
    desk.book()
    net, done = longs - shorts, 0
    for act, side, amount in steps:
        fresh = desk.taken(PlaceOrder)[done:]
        done += len(fresh)
        for order in fresh:
            desk.confirm(order)
        working = desk.market.orders.side(side)
        if not working or act == "move":
            desk.book(600_000 + amount, 600_001 + amount)
            continue
        order = next(each for each in desk.taken(PlaceOrder) if each.cl_ord_id == working[0].cl_ord_id)
        if act == "gone":
            desk.gone(order)
            continue
        left = working[0].remaining_lots if working[0].amend is None else 0
        lots = left if act == "fill" else min(left, amount)
        if lots:
            desk.execute(order, lots, working[0].filled_lots + lots, working[0].size_lots)
            net += side.sign * lots
        held = desk.market.side_positions
        assert held.net_lots == desk.market.position_lots == net
        assert min(held.long_lots, held.short_lots) >= 0
        for each in Side:
            closing = [o for o in desk.market.orders.side(each) if o.position_side is closed_by(each)]
            claimed = sum(o.size_lots - o.filled_lots for o in closing)
            assert claimed <= held.held_lots(closed_by(each))
