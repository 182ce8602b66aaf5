"""Target against working: hold, amend, place, cancel."""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.core.commands import CancelOne, Reduce, SetParam
from okxmm_tui.core.effects import AmendOrder, CancelOrder, PlaceOrder, QueryOrder, Report, SetDeadMan
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.messages import OrderBudget, OrderRefused
from okxmm_tui.core.orders import OrderStatus, OwnOrder
from okxmm_tui.core.types import Severity, Side, VenueOrderState
from tests.engine.desk import Desk
from tests.samples import INST, fill, order_update


def test_two_quotes_are_placed_once():
    """With everything ready, one bid and one ask go out, and no second pair while they are unanswered."""
    desk = Desk()
    desk.connect()
    desk.book()
    desk.run(2_000)
    assert [order.side for order in desk.taken(PlaceOrder)] == [Side.BUY, Side.SELL]


def test_a_side_that_quotes_may_have_something_to_say():
    """While a model still measures, its quotes at the start spread tell what."""
    desk = Desk(strategy="glft")
    desk.quoting()
    desk.run(1_000)
    assert len(desk.market.orders.working) == 2
    assert {state.reason for state in desk.market.sides.values()} == {"fitting arrivals of sells: 0 of 30"}


def test_a_small_move_is_held():
    """A target within the tolerance leaves the order and its queue place alone."""
    desk = Desk()
    desk.quoting()
    effects = desk.update(bids=((600_000, 0), (599_998, 5)), after_ms=600)
    assert not desk.taken(AmendOrder, effects)
    assert all(order.decision.startswith("HOLD") for order in desk.market.orders.working)


def test_an_order_inside_the_fee_floor_is_never_held():
    """The mid moves two ticks towards the ask: within the tolerance, but the ask would not earn its fees."""
    desk = Desk(params={"volatility_multiplier": Decimal(0), "base_spread_bps": Decimal(4)})
    _, ask = desk.quoting()
    up = ((600_001, 0), (600_003, 7))
    effects = desk.update(bids=((600_002, 5),), asks=up, after_ms=600)
    assert [amend.cl_ord_id for amend in desk.taken(AmendOrder, effects)] == [ask]
    allowed = Desk(
        Limits(is_headless=True, allow_below_fees=True),
        params={"volatility_multiplier": Decimal(0), "base_spread_bps": Decimal(4)},
    )
    allowed.quoting()
    effects = allowed.update(bids=((600_002, 5),), asks=up, after_ms=600)
    assert not allowed.taken(AmendOrder, effects)


def test_a_large_move_is_amended_in_place():
    """Both quotes follow the market, by amend, once each."""
    desk = Desk()
    bid, ask = desk.quoting()
    effects = desk.update(bids=((600_000, 0), (599_900, 5)), asks=((600_001, 0), (599_901, 5)), after_ms=600)
    moved = desk.taken(AmendOrder, effects)
    assert {amend.cl_ord_id for amend in moved} == {bid, ask}
    assert not desk.taken(AmendOrder, desk.run(1_000))


def test_an_amend_result_frees_the_order_for_the_next():
    """After the venue's word the order may move again."""
    desk = Desk()
    bid, _ = desk.quoting()
    effects = desk.update(bids=((600_000, 0), (599_900, 5)), asks=((600_001, 0), (599_901, 5)), after_ms=600)
    amend = next(a for a in desk.taken(AmendOrder, effects) if a.cl_ord_id == bid)
    desk.feed(
        order_update(
            bid, Side.BUY, amend.price_ticks or 0, amend.size_lots or 0, amend_result="0", req_id=amend.req_id
        )
    )
    order = desk.market.orders.get(bid)
    assert order is not None
    assert (order.amend, order.price_ticks) == (None, amend.price_ticks)


def test_a_failed_amend_cancels_the_order():
    """A stale price must not stay in the market."""
    desk = Desk()
    bid, _ = desk.quoting()
    effects = desk.update(bids=((600_000, 0), (599_900, 5)), asks=((600_001, 0), (599_901, 5)), after_ms=600)
    amend = next(a for a in desk.taken(AmendOrder, effects) if a.cl_ord_id == bid)
    effects = desk.feed(
        order_update(bid, Side.BUY, 599_000, 100, amend_result="-1", req_id=amend.req_id, code="51511")
    )
    assert [cancel.cl_ord_id for cancel in desk.taken(CancelOrder, effects)] == [bid]


def test_a_post_only_cancel_steps_away_and_waits():
    """A cancelSource 31 is a normal outcome: one tick further, a little later, not an alarm."""
    desk = Desk()
    bid, _ = desk.quoting()
    first = desk.market.orders.get(bid)
    assert first is not None
    desk.cancelled(bid, source="31")
    again = desk.taken(PlaceOrder, desk.update(after_ms=600))
    assert [order.price_ticks for order in again] == [first.price_ticks - 1]
    assert desk.reducer.session.post_only_cancels == 1
    assert len(desk.reducer.session.alarms) == 0


def test_what_stands_too_close_does_not_wait_for_the_back_off_of_its_side():
    """Seven refusals are 6.4 s of waiting; a bid the market falls below meanwhile is cancelled."""
    desk = Desk()
    bid, _ = desk.quoting()
    for _ in range(7):
        desk.reducer.execution.would_take(desk.market, Side.BUY, "post-only would have crossed")
    effects = desk.update(bids=((600_000, 0), (599_800, 5)), asks=((600_001, 0), (599_801, 5)), after_ms=600)
    (cancel,) = desk.taken(CancelOrder, effects)
    order = desk.market.orders.get(bid)
    assert cancel.cl_ord_id == bid
    assert order is not None
    assert order.decision == "waiting before the next try, and the quote is too close"


def test_a_step_away_makes_no_resting_order_too_close():
    """Five refusals move the quote five ticks away: the bid at its old distance is not cancelled."""
    desk = Desk(Limits(is_headless=True, allow_below_fees=True))
    desk.quoting()
    for _ in range(5):
        desk.reducer.execution.would_take(desk.market, Side.BUY, "post-only would have crossed")
    effects = desk.update(after_ms=600)
    assert not list(desk.sent(effects))


def test_what_stands_too_far_waits_for_the_back_off_of_its_side():
    """The market rises away from a resting bid: it follows when its side may try again."""
    desk = Desk()
    bid, _ = desk.quoting()
    for _ in range(7):
        desk.reducer.execution.would_take(desk.market, Side.BUY, "post-only would have crossed")
    rise = {"bids": ((600_200, 5),), "asks": ((600_001, 0), (600_201, 5))}
    effects = desk.update(**rise, after_ms=600)
    assert bid not in {each.cl_ord_id for each in desk.sent(effects) if not isinstance(each, SetDeadMan)}
    for _ in range(70):
        effects += desk.update(after_ms=100)
    assert bid in {each.cl_ord_id for each in desk.taken(AmendOrder, effects)}


def test_refusals_in_a_row_wait_longer_and_raise_an_alarm():
    """A reject loop, whatever its codes, slows down and is shown."""
    desk = Desk()
    desk.connect()
    desk.book()
    tries = 0
    for _ in range(400):
        for order in desk.market.orders.side(Side.BUY):
            tries += 1
            desk.feed(OrderRefused("place", INST, order.cl_ord_id, f"5110{tries % 5}", "size limit"))
        desk.update(after_ms=50)
    assert 5 <= tries <= 12
    assert any("5110" in alarm.text for alarm in desk.reducer.session.alarms.views())


def test_a_partial_remainder_keeps_its_place():
    """A partly filled order that need not move is not touched."""
    desk = Desk()
    bid, _ = desk.quoting()
    order = desk.market.orders.get(bid)
    assert order is not None
    desk.feed(
        order_update(
            bid,
            Side.BUY,
            order.price_ticks,
            100,
            state=VenueOrderState.PARTIALLY_FILLED,
            filled_lots=40,
            fill=fill(Side.BUY, desk.market.instrument.price_text(order.price_ticks), "0.4", cl_ord_id=bid),
        )
    )
    assert order.status is OrderStatus.LIVE
    assert order.remaining_lots == 60
    assert not desk.taken(CancelOrder)


def ladder_of_three() -> Desk:
    """Three live quotes a side, 60 ticks apart; nothing but the mid moves them."""
    still = {"volatility_multiplier": Decimal(0), "inventory_skew": Decimal(0)}
    desk = Desk(strategy="ladder", params={**still, "size_decay": Decimal(0)})
    desk.connect()
    desk.book()
    for order in desk.taken(PlaceOrder):
        desk.confirm(order)
    assert len(desk.market.orders.working) == 6
    return desk


def test_a_filled_level_is_refilled_and_the_others_keep_their_places():
    """The best bid of three is gone: one new order takes its place, none moves up."""
    desk = ladder_of_three()
    best = max(desk.market.orders.side(Side.BUY), key=lambda order: order.price_ticks)
    text = desk.market.instrument.price_text(best.price_ticks)
    effects = desk.feed(
        order_update(
            best.cl_ord_id, Side.BUY, best.price_ticks, 100, state=VenueOrderState.FILLED, filled_lots=100,
            fill=fill(Side.BUY, text, "1", cl_ord_id=best.cl_ord_id),
        )
    )  # fmt: skip
    effects += desk.run(300)
    assert [placed.price_ticks for placed in desk.taken(PlaceOrder, effects)] == [best.price_ticks]
    assert not desk.taken(AmendOrder, effects)
    assert not desk.taken(CancelOrder, effects)


def test_a_ladder_that_goes_on_by_a_step_moves_one_order_a_side():
    """The mid rises by one step: the last bid becomes the first, the first ask the last."""
    desk = ladder_of_three()
    before = {side: sorted(o.price_ticks for o in desk.market.orders.side(side)) for side in Side}
    effects = desk.update(
        bids=((600_000, 500), (600_060, 5)), asks=((600_001, 0), (600_061, 5)), after_ms=600
    )
    moved = {order.cl_ord_id: order.price_ticks for order in desk.taken(AmendOrder, effects)}
    lowest, highest = before[Side.BUY][0], before[Side.SELL][0]
    assert {desk.market.orders.get(each).price_ticks for each in moved} == {lowest, highest}
    assert sorted(moved.values()) == [before[Side.BUY][2] + 60, before[Side.SELL][2] + 60]


def test_a_frozen_ladder_grows_no_order():
    """Frozen, each order keeps the quote made for it: 1, 2 and 4 contracts go to twice their distance.

    Twice the first distance is the second one: an order that stood there would fit the quote of another.
    """
    still = {"volatility_multiplier": Decimal(0), "inventory_skew": Decimal(0), "size_decay": Decimal(0)}
    sizes = {"size_growth": Decimal(2), "max_position": Decimal(20), "level_step_bps": Decimal("2.5")}
    desk = Desk(strategy="ladder", params={**still, **sizes})
    desk.connect()
    desk.book()
    for order in desk.taken(PlaceOrder):
        desk.confirm(order)
    before = {order.cl_ord_id: order.size_lots for order in desk.market.orders.working}
    assert sorted(before.values()) == [100, 100, 200, 200, 400, 400]
    desk.reducer.session.freeze("test", Severity.WARNING, "a doubt", INST)
    effects = desk.update(after_ms=600)
    moved = {order.cl_ord_id: order.size_lots for order in desk.taken(AmendOrder, effects)}
    assert moved == before


def test_a_fill_is_reported_and_requoted_at_once():
    """The fill appears in the report with the new position, and the empty side quotes again."""
    desk = Desk()
    bid, _ = desk.quoting()
    order = desk.market.orders.get(bid)
    assert order is not None
    text = desk.market.instrument.price_text(order.price_ticks)
    effects = desk.feed(
        order_update(
            bid, Side.BUY, order.price_ticks, 100, state=VenueOrderState.FILLED, filled_lots=100,
            fill=fill(Side.BUY, text, "1", cl_ord_id=bid, fee="-0.12"),
        )
    )  # fmt: skip
    reports = [report for report in desk.taken(Report, effects) if report.kind == "fill"]
    assert reports[0].fields["position"] == "1.00"
    assert [placed.side for placed in desk.taken(PlaceOrder, effects)] == [Side.BUY]


def test_a_size_change_is_amended():
    """A smaller size goes out as an amend at once; the price stays."""
    desk = Desk()
    desk.quoting()
    effects = desk.command(SetParam(INST, "order_size", Decimal("0.5")))
    sizes = {amend.size_lots for amend in desk.taken(AmendOrder, effects)}
    assert sizes == {50}


def test_a_hand_cancelled_side_stays_empty_for_a_while():
    """``x`` on an order means something: it does not reappear in the same second."""
    desk = Desk()
    bid, _ = desk.quoting()
    effects = desk.command(CancelOne(INST, bid))
    assert [cancel.cl_ord_id for cancel in desk.taken(CancelOrder, effects)] == [bid]
    desk.cancelled(bid)
    assert not desk.taken(PlaceOrder, desk.run(4_000))


def test_a_strategy_that_raises_pulls_its_quotes(monkeypatch):
    """The engine survives, the market is pulled, the alarm names the error."""
    desk = Desk()
    desk.quoting()

    def broken(*_):
        raise ZeroDivisionError("no depth")

    monkeypatch.setattr(desk.market.strategy, "target", broken, raising=False)
    effects = desk.update(after_ms=600)
    assert len(desk.taken(CancelOrder, effects)) == 2
    assert any("no depth" in alarm.text for alarm in desk.reducer.session.alarms.views())


def test_a_position_at_the_limit_mutes_one_side():
    """At the maximum long position the bid is pulled and says why."""
    desk = Desk(params={"max_position": Decimal(1)})
    bid, _ = desk.quoting()
    order = desk.market.orders.get(bid)
    assert order is not None
    text = desk.market.instrument.price_text(order.price_ticks)
    desk.feed(
        order_update(
            bid, Side.BUY, order.price_ticks, 100, state=VenueOrderState.FILLED, filled_lots=100,
            fill=fill(Side.BUY, text, "1", cl_ord_id=bid),
        )
    )  # fmt: skip
    assert desk.market.sides[Side.BUY].reason == "inventory limit"
    assert desk.market.orders.side(Side.BUY) == []


def _amending(desk: Desk) -> AmendOrder:
    """A desk whose bid has an amend in flight."""
    bid, _ = desk.quoting()
    effects = desk.update(bids=((600_000, 0), (599_900, 5)), asks=((600_001, 0), (599_901, 5)), after_ms=600)
    return next(a for a in desk.taken(AmendOrder, effects) if a.cl_ord_id == bid)


def test_an_amend_of_a_gone_order_is_looked_into():
    """51503 may mean filled: the venue is asked, nothing is assumed."""
    desk = Desk()
    amend = _amending(desk)
    effects = desk.feed(OrderRefused("amend", INST, amend.cl_ord_id, "51503", "gone", amend.req_id))
    assert [query.cl_ord_id for query in desk.taken(QueryOrder, effects)] == [amend.cl_ord_id]


def test_an_amend_that_would_take_leaves_the_order_and_backs_off():
    """51511: the old order rests on, the side waits a little."""
    desk = Desk()
    amend = _amending(desk)
    effects = desk.feed(OrderRefused("amend", INST, amend.cl_ord_id, "51511", "would take", amend.req_id))
    assert not desk.taken(CancelOrder, effects)
    assert desk.market.sides[Side.BUY].refusals == 1
    assert desk.reducer.session.post_only_cancels == 1


def test_any_other_refused_amend_cancels_the_order():
    """A price that cannot be moved must not stay."""
    desk = Desk()
    amend = _amending(desk)
    effects = desk.feed(OrderRefused("amend", INST, amend.cl_ord_id, "51502", "funds", amend.req_id))
    assert [cancel.cl_ord_id for cancel in desk.taken(CancelOrder, effects)] == [amend.cl_ord_id]
    assert desk.reducer.session.rejects == 1


def test_a_refusal_of_an_older_amend_changes_nothing():
    """Only the request in flight can be refused."""
    desk = Desk()
    amend = _amending(desk)
    desk.feed(OrderRefused("amend", INST, amend.cl_ord_id, "51502", "funds", "999999"))
    order = desk.market.orders.get(amend.cl_ord_id)
    assert order is not None
    assert order.amend is not None


def _ladder() -> tuple[Desk, list[OwnOrder]]:
    """Three live bids and asks; returns the bids, best first."""
    desk = Desk(strategy="ladder", params={"levels": Decimal(3)})
    desk.connect()
    desk.book()
    for order in desk.taken(PlaceOrder):
        desk.confirm(order)
    return desk, desk.market.orders.side(Side.BUY)


def test_a_side_that_waits_leaves_no_order_too_close():
    """The operator cancels the third bid by hand and the market falls: the other two do not stay above it."""
    desk, bids = _ladder()
    desk.command(CancelOne(INST, bids[2].cl_ord_id))
    desk.cancelled(bids[2].cl_ord_id)
    before = len(desk.effects)
    desk.update(bids=((600_000, 0), (597_000, 500)), asks=((600_001, 0), (597_001, 500)))
    desk.run(600)
    gone = {cancel.cl_ord_id for cancel in desk.taken(CancelOrder, desk.effects[before:])}
    assert gone == {bids[0].cl_ord_id, bids[1].cl_ord_id}
    assert "waiting before the next try" in bids[0].decision
    assert Side.BUY not in {order.side for order in desk.taken(PlaceOrder, desk.effects[before:])}


def test_a_side_that_waits_keeps_what_is_far_enough():
    """The market rises: bids too far away harm nobody, and keep their places until the wait is over."""
    desk, bids = _ladder()
    desk.command(CancelOne(INST, bids[2].cl_ord_id))
    desk.cancelled(bids[2].cl_ord_id)
    before = len(desk.effects)
    desk.update(bids=((603_000, 500),), asks=((600_001, 0), (603_001, 500)))
    desk.run(600)
    ours = {bids[0].cl_ord_id, bids[1].cl_ord_id}
    acts = desk.taken(CancelOrder, desk.effects[before:]) + desk.taken(AmendOrder, desk.effects[before:])
    assert not ours & {act.cl_ord_id for act in acts}


def test_while_reducing_what_cannot_be_made_smaller_leaves():
    """The order budget is kept for cancels: an ask larger than the position would turn it round."""
    desk = Desk()
    _, ask = desk.quoting()
    desk.market.ledger.position.adopt(40, Decimal(60_000))
    desk.feed(OrderBudget(45, 51))
    effects = desk.command(Reduce()) + desk.run(200) + desk.update()
    assert ask in {cancel.cl_ord_id for cancel in desk.taken(CancelOrder, effects)}
    assert not desk.taken(AmendOrder, effects)
