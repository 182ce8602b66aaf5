"""Orders by hand: through risk, left alone by quoting, taken out by pull and kill, journaled."""

from __future__ import annotations

from decimal import Decimal

import pytest

from okxmm_tui.core.commands import (
    Arm,
    CancelOne,
    Kill,
    MoveOrder,
    MuteSide,
    Pause,
    PlaceManual,
    Reduce,
    Resume,
)
from okxmm_tui.core.effects import AmendOrder, CancelOrder, PlaceOrder, Reply, Report
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.types import Mode, OrderKind, Side
from okxmm_tui.engine.freeze import only_away
from okxmm_tui.strategies.base import Quote
from tests.engine.desk import Desk
from tests.samples import INST, order_update


def by_hand(desk: Desk, side: Side = Side.BUY, price: int = 599_950, lots: int = 1) -> PlaceOrder:
    """Place one and have the venue confirm it."""
    (order,) = desk.taken(PlaceOrder, desk.command(PlaceManual(INST, side, price, lots)))
    desk.confirm(order)
    return order


def answer(desk: Desk, effects) -> Reply:
    """The engine's word on the last command."""
    return desk.taken(Reply, effects)[0]


def test_it_is_placed_post_only_and_reported():
    """One post-only order goes out, marked, with a line in the journal."""
    desk = Desk()
    desk.quoting()
    effects = desk.command(PlaceManual(INST, Side.SELL, 600_060, 2))
    (order,) = desk.taken(PlaceOrder, effects)
    assert (order.order_kind, order.side, order.price_ticks, order.size_lots) == (
        OrderKind.POST_ONLY, Side.SELL, 600_060, 2,
    )  # fmt: skip
    own = desk.market.orders.get(order.cl_ord_id)
    assert own is not None
    assert own.is_manual
    (line,) = [each for each in desk.taken(Report, effects) if each.kind == "manual"]
    assert "placed by hand" in line.text
    assert line.fields["cl_ord_id"] == order.cl_ord_id
    assert answer(desk, effects).ok


def test_quoting_leaves_it_alone():
    """Neither a far market nor its own quotes move or cancel it, and no quote is missing because of it."""
    desk = Desk()
    bid, ask = desk.quoting()
    manual = by_hand(desk)
    effects = desk.run(500)
    effects += desk.update(bids=((600_000, 0), (599_960, 5)), asks=((600_001, 0), (599_961, 5)), after_ms=600)
    assert {amend.cl_ord_id for amend in desk.taken(AmendOrder, effects)} == {bid, ask}
    touched = {amend.cl_ord_id for amend in desk.taken(AmendOrder, effects)}
    touched |= {cancel.cl_ord_id for cancel in desk.taken(CancelOrder, effects)}
    assert manual.cl_ord_id not in touched
    assert {order.cl_ord_id for order in desk.market.orders.working} >= {bid, ask, manual.cl_ord_id}


def test_a_freeze_moves_no_quote_towards_an_order_by_hand():
    """While the book is in doubt quotes only move away, also where an order by hand stands nearer."""
    desk = Desk()
    bid, _ = desk.quoting()
    by_hand(desk, price=599_990)
    order = desk.market.orders.get(bid)
    assert order is not None
    nearer = Quote(Side.BUY, order.price_ticks + 40, order.size_lots)
    assert only_away(desk.market, Side.BUY, (nearer,)) == (
        Quote(Side.BUY, order.price_ticks, order.size_lots),
    )
    desk.reducer.session.freezes.set("test", "the book is in doubt")
    desk.cancelled(bid)
    assert only_away(desk.market, Side.BUY, (nearer,)) == ()


def test_a_freeze_lets_nothing_new_out_by_hand_either():
    """A new order is refused with the doubt; one that rests may be moved away, and not closer."""
    desk = Desk()
    desk.quoting()
    manual = by_hand(desk, price=599_950)
    desk.reducer.session.freezes.set("test", "the book is in doubt", INST)
    refused = desk.command(PlaceManual(INST, Side.BUY, 599_940, 1))
    assert desk.taken(PlaceOrder, refused) == []
    assert answer(desk, refused).text == "frozen: the book is in doubt"
    closer = desk.command(MoveOrder(INST, manual.cl_ord_id, 599_951))
    assert desk.taken(AmendOrder, closer) == []
    assert answer(desk, closer).text == "frozen: the book is in doubt"
    away = desk.command(MoveOrder(INST, manual.cl_ord_id, 599_949))
    assert manual.cl_ord_id in {each.cl_ord_id for each in desk.taken(AmendOrder, away)}


@pytest.mark.parametrize("command", [Pause(), Kill()])
def test_pull_and_kill_take_it_out(command):
    """Pausing and killing cancel it with the rest."""
    desk = Desk()
    desk.quoting()
    manual = by_hand(desk)
    effects = desk.command(command)
    assert manual.cl_ord_id in {cancel.cl_ord_id for cancel in desk.taken(CancelOrder, effects)}


@pytest.mark.parametrize(
    ("side", "price", "lots", "why"),
    [
        (Side.BUY, 600_001, 1, "cross the best ask"),
        (Side.SELL, 600_000, 1, "cross the best bid"),
        (Side.BUY, 500_000, 1, "collar"),
        (Side.BUY, 599_950, 10**6, "limit"),
        (Side.BUY, 599_950, 0, "outside the venue's limits"),
    ],
)
def test_risk_has_the_last_word(side, price, lots, why):
    """What risk refuses is not sent, and the reply says why."""
    desk = Desk()
    desk.quoting()
    effects = desk.command(PlaceManual(INST, side, price, lots))
    assert not desk.taken(PlaceOrder, effects)
    assert not answer(desk, effects).ok
    assert why in answer(desk, effects).text


def test_nothing_is_placed_where_nothing_may_stand():
    """A paused engine refuses instead of placing what its next pull would cancel."""
    desk = Desk()
    desk.quoting()
    desk.command(Pause())
    effects = desk.command(PlaceManual(INST, Side.BUY, 599_950, 1))
    assert not desk.taken(PlaceOrder, effects)
    assert "no order may stand here now" in answer(desk, effects).text
    assert not answer(desk, desk.command(PlaceManual("NO-SUCH", Side.BUY, 1, 1))).ok


def test_live_needs_arming_once_an_order():
    """Real money: one arming, one order."""
    desk = Desk(Limits(is_headless=True), mode=Mode.LIVE)
    desk.quoting()
    order = PlaceManual(INST, Side.BUY, 599_950, 1)
    assert "press a to arm" in answer(desk, desk.command(order)).text
    desk.command(Arm())
    assert desk.taken(PlaceOrder, desk.command(order))
    assert "press a to arm" in answer(desk, desk.command(order)).text


def test_moving_amends_and_keeps_the_size():
    """A manual order moves to the price asked for; while that is in flight it moves no further."""
    desk = Desk()
    desk.quoting()
    manual = by_hand(desk)
    effects = desk.command(MoveOrder(INST, manual.cl_ord_id, 599_951))
    (amend,) = desk.taken(AmendOrder, effects)
    assert (amend.cl_ord_id, amend.price_ticks, amend.size_lots) == (manual.cl_ord_id, 599_951, 1)
    assert not desk.market.sides[Side.BUY].is_muted
    again = desk.command(MoveOrder(INST, manual.cl_ord_id, 599_952))
    assert "in flight" in answer(desk, again).text


def test_a_moved_quote_is_taken_over():
    """The strategy's order becomes the operator's and its side is muted: exposure does not double."""
    desk = Desk()
    bid, ask = desk.quoting()
    effects = desk.command(MoveOrder(INST, bid, 599_900))
    (amend,) = desk.taken(AmendOrder, effects)
    assert "side muted" in answer(desk, effects).text
    desk.feed(
        order_update(bid, Side.BUY, 599_900, amend.size_lots or 0, amend_result="0", req_id=amend.req_id)
    )
    later = desk.run(2_000)
    assert not desk.taken(PlaceOrder, later)
    assert not desk.taken(CancelOrder, later)
    assert {order.cl_ord_id for order in desk.market.orders.working} == {bid, ask}
    quoted = desk.command(MuteSide(INST, Side.BUY, is_muted=False)) + desk.run(200)
    assert not desk.taken(PlaceOrder, quoted), "the book is two seconds old"
    desk.arm_dead_man()
    quoted = desk.update() + desk.run(600)
    assert [order.side for order in desk.taken(PlaceOrder, quoted)] == [Side.BUY]


def test_a_refused_move_leaves_the_order_where_it_is():
    """A price that would cross changes nothing."""
    desk = Desk()
    bid, _ = desk.quoting()
    effects = desk.command(MoveOrder(INST, bid, 600_001))
    assert not desk.taken(AmendOrder, effects)
    assert not desk.taken(CancelOrder, effects)
    assert not desk.market.sides[Side.BUY].is_muted
    assert "not working" in answer(desk, desk.command(MoveOrder(INST, "nope", 1))).text


def test_cancelling_it_does_not_hold_the_side_back():
    """The side's quote goes on; only the order by hand is cancelled."""
    desk = Desk()
    desk.quoting()
    manual = by_hand(desk)
    effects = desk.command(CancelOne(INST, manual.cl_ord_id))
    assert [cancel.cl_ord_id for cancel in desk.taken(CancelOrder, effects)] == [manual.cl_ord_id]
    assert desk.market.sides[Side.BUY].place_after_ns == 0


def test_a_crossing_order_by_hand_does_not_push_the_quotes_away():
    """The venue cancels it as crossing: the side's back-off is for quotes only."""
    desk = Desk()
    desk.quoting()
    manual = by_hand(desk)
    desk.cancelled(manual.cl_ord_id, source="31")
    assert desk.market.sides[Side.BUY].refusals == 0


def test_resume_after_pause_does_not_bring_it_back():
    """What was pulled stays pulled; only quotes come again."""
    desk = Desk()
    desk.quoting()
    manual = by_hand(desk)
    desk.command(Pause())
    for order in desk.market.orders.working:
        desk.cancelled(order.cl_ord_id)
    desk.command(Resume())
    fresh = desk.taken(PlaceOrder, desk.run(1_000))
    assert all(order.price_ticks != manual.price_ticks for order in fresh)
    assert all(not order.is_manual for order in desk.market.orders.working)


def test_reducing_takes_out_what_could_grow_the_position():
    """A bid by hand beside a long position goes; an ask that closes part of it stays."""
    desk = Desk()
    desk.quoting()
    desk.market.ledger.position.adopt(40, Decimal(60_000))
    bid = by_hand(desk)
    ask = by_hand(desk, Side.SELL, 600_100, 30)
    effects = desk.command(Reduce()) + desk.run(200)
    gone = {cancel.cl_ord_id for cancel in desk.taken(CancelOrder, effects)}
    assert bid.cl_ord_id in gone
    assert ask.cl_ord_id not in gone


def test_reducing_leaves_no_more_resting_than_is_held():
    """By hand and by the strategy together: one by hand that is too large goes, the rest is cut to fit."""
    desk = Desk()
    _, ask = desk.quoting()
    desk.market.ledger.position.adopt(40, Decimal(60_000))
    large = by_hand(desk, Side.SELL, 600_100, 41)
    small = by_hand(desk, Side.SELL, 600_200, 30)
    effects = desk.command(Reduce()) + desk.run(200)
    gone = {cancel.cl_ord_id for cancel in desk.taken(CancelOrder, effects)}
    assert {large.cl_ord_id, ask} <= gone
    assert small.cl_ord_id not in gone
    for cl_ord_id in (large.cl_ord_id, ask):
        desk.cancelled(cl_ord_id)
    desk.run(600)
    desk.update()
    assert desk.market.orders.remaining_lots(Side.SELL) == 40


def test_reducing_takes_out_an_order_moved_by_hand_on_a_muted_side():
    """The side it mutes is looked at all the same."""
    desk = Desk()
    bid, _ = desk.quoting()
    desk.command(MoveOrder(INST, bid, 599_900))
    desk.feed(
        order_update(bid, Side.BUY, 599_900, 100, amend_result="0", req_id=desk.taken(AmendOrder)[-1].req_id)
    )
    effects = desk.command(Reduce()) + desk.run(200)
    assert bid in {cancel.cl_ord_id for cancel in desk.taken(CancelOrder, effects)}
