"""Faults of orders and their limits: rows 10, 12 to 18, 27, 28, 30, 32 to 34 and 55 of the fault list."""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.core.commands import Kill, Pause, Resume
from okxmm_tui.core.effects import AmendOrder, CancelOrder, PlaceOrder, QueryOrder
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.messages import OrderBudget
from okxmm_tui.core.orders import OrderStatus
from okxmm_tui.core.risk import worst_case_lots
from okxmm_tui.core.types import Side
from okxmm_tui.engine.decision_inputs import risk_context
from okxmm_tui.okx.order_requests import Batch, Verb, ws_frame
from tests.engine.desk import Desk
from tests.safety.asserts import pulled, readable, resumes, said
from tests.samples import INST, swap

MS = 1_000_000


def test_row_10_an_order_without_an_answer_is_unknown_counts_and_is_never_sent_again(world, timing):
    """No ack: UNKNOWN with its full size as exposure, asked for by client id, until its state is known."""
    engine = world.quoting()
    world.fill(Side.BUY)
    world.fault("lose_ack", op="place", count=2)
    world.fault("drop_frame", direction="out", channel="orders")
    began_ns = world.now_ns

    def unknown():
        return [each for each in engine.market.orders.working if each.status is OrderStatus.UNKNOWN]

    world.until(unknown, 10, "an UNKNOWN order")
    timing(10, (world.now_ns - began_ns) / 1e9)
    order = unknown()[0]
    assert engine.market.orders.remaining_lots(order.side) >= order.size_lots
    ids = [each.cl_ord_id for _, each in engine.sent(PlaceOrder)]
    assert len(ids) == len(set(ids))
    world.until(lambda: order.status is not OrderStatus.UNKNOWN, 15, "the answer")
    assert any(query.cl_ord_id == order.cl_ord_id for _, query in engine.sent(QueryOrder))
    assert order.status is OrderStatus.LIVE
    assert [each.cl_ord_id for each in world.live_orders()].count(order.cl_ord_id) == 1


def test_row_12_a_failed_amend_ends_in_a_cancel(world, timing):
    """Acknowledged and then failed: the order does not stay at its old price."""
    engine = world.quoting()
    stale = {order.cl_ord_id for order in world.live_orders()}
    world.fault("amend_failure", instId=INST, count=4)
    began_ns = world.now_ns
    world.markets[INST].move(-400, world.now_ns)
    world.until(lambda: not stale & {o.cl_ord_id for o in world.live_orders()}, 5, "the stale orders' end")
    timing(12, (world.now_ns - began_ns) / 1e9)
    resumes(world, engine, 10)
    world.run(3)
    wanted = {order.cl_ord_id: order.price_ticks for order in engine.market.orders.working}
    assert {order.cl_ord_id: order.price_ticks for order in world.live_orders()} == wanted


def test_row_12_every_amend_asks_to_be_cancelled_when_it_fails():
    """``cxlOnFail`` is on the wire."""
    amend = AmendOrder(INST, "1", "2", 600_000, 100, 1)
    frame = ws_frame(Batch(Verb.AMEND, (amend,), by_rest=False), "9", {INST: swap()}, "okxmm", 0)
    assert b'"cxlOnFail":true' in frame


def test_row_13_a_cancel_that_does_nothing_is_sent_again_and_asked_for(world, timing):
    """Not terminal within a second: again by REST, and a query; the order counts as live until it is gone."""
    engine = world.quoting()
    world.fault("stuck_cancel", instId=INST, seconds=4)
    began_ns = world.now_ns
    world.fault("instrument_state", instId=INST, state="suspend")
    world.until(lambda: any(c.by_rest for _, c in engine.sent(CancelOrder, began_ns)), 5, "the second cancel")
    timing(13, (world.now_ns - began_ns) / 1e9)
    assert engine.market.orders.working
    assert engine.sent(QueryOrder, began_ns)
    world.until(lambda: not engine.market.orders.working, 10, "terminal")


def test_row_13_a_fill_during_a_cancel_is_booked(world):
    """What fills between the ack and the end of a cancel is ours."""
    engine = world.quoting()
    world.fault("fill_during_cancel", instId=INST, count=1)
    world.fault("instrument_state", instId=INST, state="suspend")
    world.until(lambda: not engine.market.orders.working, 5, "terminal")
    world.run(1)
    assert engine.market.ledger.position.size_lots == world.venue_position() * 100


def test_row_14_fills_are_counted_once_and_none_is_missed(world, timing):
    """Pushed twice, or not at all: the ledger ends equal to the venue."""
    engine = world.quoting()
    world.fault("duplicate_pushes")
    world.fill(Side.BUY)
    world.run(1)
    assert engine.market.position_lots == 100 == world.venue_position() * 100
    world.fault("clear")
    resumes(world, engine, 5)
    world.fault("drop_frame", direction="out", channel="orders", count=1)
    began_ns = world.now_ns
    world.fill(Side.SELL)
    world.until(lambda: engine.market.position_lots == 0, 6, "the missed fill")
    timing(14, (world.now_ns - began_ns) / 1e9)
    assert world.venue_position() == 0
    assert len(engine.reports("fill")) == 2


def test_row_15_a_storm_of_post_only_refusals_backs_off(world):
    """Each refusal waits longer and stands a tick further away; the side ends up resting, not hammering."""
    engine = world.quoting()
    world.fault("reject_next", op="amend", code="51511", count=None)
    began_ns = world.now_ns
    for _ in range(100):
        world.markets[INST].move(-30, world.now_ns)
        world.run(0.1)
    amends = engine.sent(AmendOrder, began_ns)
    places = engine.sent(PlaceOrder, began_ns)
    assert len(amends) + len(places) < 120
    state = engine.market.sides[Side.BUY]
    assert state.refusals or state.rest_until_ns or engine.reducer.session.post_only_cancels
    world.fault("clear")
    resumes(world, engine, 60)


def test_row_16_the_same_refusal_three_times_stops_the_side(world, timing):
    """A ban in the making: that side stops, with code and cause, until the operator resumes."""
    engine = world.quoting()
    world.fault("reject_next", op="place", code="51121", count=None)
    began_ns = world.now_ns
    world.fill(Side.BUY)
    world.until(lambda: engine.alarm("stopped-"), 12, "the stop")
    timing(16, (world.now_ns - began_ns) / 1e9)
    said(engine, "stopped-", "51121", "remove the cause, then pause and resume")
    stopped_ns = world.now_ns
    world.run(5)
    sides = {each.side for _, each in engine.sent(PlaceOrder, stopped_ns)}
    stopped = [side for side, state in engine.market.sides.items() if state.stop_reason]
    assert stopped
    assert not sides & set(stopped)
    world.fault("clear")
    engine.command(Pause())
    engine.command(Resume())
    resumes(world, engine, 10)


def test_row_17_too_little_margin_drops_the_growing_side(world, timing):
    """51008: only the side that shrinks the position is quoted until more is available."""
    engine = world.quoting()
    world.fill(Side.BUY)
    resumes(world, engine, 10)
    world.fault("reject_next", op="place", code="51008", count=1)
    began_ns = world.now_ns
    buy = next(order for order in world.live_orders() if order.side is Side.BUY)
    world.rest("POST", "trade/cancel-order", instId=INST, ordId=buy.order_id)
    world.until(lambda: engine.market.sides[Side.BUY].stop_reason, 10, "the growing side's stop")
    timing(17, (world.now_ns - began_ns) / 1e9)
    assert "not enough balance" in engine.market.sides[Side.BUY].stop_reason
    assert {order.side for order in world.live_orders()} == {Side.SELL}
    world.fault("balance_cut", amount="-5000")
    resumes(world, engine, 20)


def test_row_18_a_low_budget_is_kept_for_cancels():
    """Less than a fifth left: nothing is placed, nothing amended, cancels still go."""
    desk = Desk()
    bid, _ = desk.quoting()
    desk.feed(OrderBudget(45, 51))
    effects = desk.update(bids=((600_000, 0), (599_000, 500)), asks=((600_001, 0), (599_001, 500)))
    effects += desk.run(800)
    assert not desk.taken(PlaceOrder, effects)
    assert not desk.taken(AmendOrder, effects)
    assert bid in {cancel.cl_ord_id for cancel in desk.taken(CancelOrder, effects)}
    desk.cancelled(bid)
    desk.feed(OrderBudget(0, 51))
    desk.update()
    assert desk.taken(PlaceOrder, desk.run(900))


def test_row_18_the_venue_calls_for_less(world):
    """50011 and 50061 are waited out: few tries, then quotes again."""
    engine = world.quoting()
    world.fault("reject_next", op="place", code="50061", count=2)
    world.fill(Side.BUY)
    world.run(3)
    assert len(engine.sent(PlaceOrder)) < 10
    resumes(world, engine, 20)


def test_row_27_a_kill_leaves_the_orders_of_others_alone(world):
    """Manual orders and those of other tags are neither cancelled nor counted."""
    engine = world.quoting()
    world.fault("foreign_order", instId=INST, side="buy")
    world.fault("foreign_order", instId=INST, side="sell", tag="other")
    world.run(0.5)
    engine.command(Kill("test"))
    world.until(lambda: engine.reducer.safety.kill_run.is_proven, 5, "the proof")
    assert len(world.live_orders(None)) == 2


def test_row_27_a_kill_takes_our_tag_out_wherever_it_rests(make_world):
    """An order an earlier session left on another instrument: told from the first merge on, and killed."""
    world = make_world(instruments=(INST, "ETH-USDT-SWAP"))
    world.symbols = (INST,)
    world.run(0.3)
    world.fault("foreign_order", instId="ETH-USDT-SWAP", side="buy", tag="okxmm", clOrdId="17000000000000001")
    world.fault("foreign_order", instId="ETH-USDT-SWAP", side="buy", tag="other")
    engine = world.quoting()
    said(engine, "strays", "ETH-USDT-SWAP", "which this session does not trade")
    world.run(3)
    assert len(world.live_orders()) == 3
    engine.command(Kill("test"))
    world.until(lambda: engine.reducer.safety.kill_run.is_proven, 5, "the proof")
    assert world.live_orders() == []
    assert len(world.live_orders(None)) == 1
    world.until(lambda: engine.alarm("strays") is None, 40, "the next merge")


def test_row_28_leftovers_are_cancelled_before_anything_is_quoted(world, timing):
    """Our tag, an earlier session's id: found at the first merge, cancelled, and only then is quoted."""
    world.run(0.3)
    for side in ("buy", "sell"):
        world.fault("foreign_order", instId=INST, side=side, tag="okxmm", clOrdId=f"17000000000000{side}")
    engine = world.start_engine()
    timing(28, world.until(engine.is_quoting, 20, "quoting"))
    first = engine.sent(PlaceOrder)[0][0]
    cancels = [at_ns for at_ns, _ in engine.sent(CancelOrder)]
    assert len(cancels) == 2
    assert max(cancels) < first
    assert len(world.live_orders()) == 2


def test_row_30_the_worst_case_counts_everything_that_can_still_fill(world):
    """Position plus all same-side orders, UNKNOWN ones included, never passes the limit."""
    engine = world.quoting()
    worst: list[int] = []

    def look(event, effects):
        del event, effects
        context = risk_context(engine.reducer.session, engine.market, None)
        worst.append(max(worst_case_lots(context, side, 0) for side in Side))

    engine.watch = look
    world.fault("lose_ack", probability=0.3)
    for _ in range(12):
        for side in Side:
            if any(order.side is side for order in world.live_orders()):
                world.fill(side)
        if any(order.side is Side.BUY for order in world.live_orders()):
            world.fill(Side.BUY)
        world.run(1.5)
    assert max(worst) <= engine.market.max_position_lots
    assert abs(world.venue_position() * 100) <= engine.market.max_position_lots


def test_row_32_self_trade_prevention_is_explicit_and_reported(world):
    """``stpMode`` on every place, and a cancel of source 32 is counted and explained."""
    place = PlaceOrder(INST, "1", Side.BUY, 600_000, 100, 1)
    frame = ws_frame(Batch(Verb.PLACE, (place,), by_rest=False), "9", {INST: swap()}, "okxmm", 0)
    assert b'"stpMode":"' in frame
    desk = Desk()
    bid, _ = desk.quoting()
    desk.cancelled(bid, "32")
    assert desk.reducer.session.self_trades == 1
    text = next(line.text for line in desk.reducer.session.log if "self-trade" in line.text)
    assert "quotes stand wider" in text


def test_row_32_self_trades_widen_and_then_rest():
    """One: wider and smaller for a minute. Three within a minute: out, until none is recent."""
    desk = Desk()
    desk.quoting()
    for count in range(1, 4):
        bid = desk.market.orders.side(Side.BUY)[0]
        desk.cancelled(bid.cl_ord_id, "32")
        desk.run(500)
        if count < 3:
            assert "self-trades" in desk.reducer.guards.widen(desk.market)
            assert not desk.reducer.guards.block(desk.market)
            desk.update()
            desk.run(600)
            desk.confirm(desk.taken(PlaceOrder)[-1])
    assert "self-trades 3" in desk.reducer._block(desk.market)
    readable(next(a.text for a in desk.reducer.session.alarms.views() if a.key.startswith("self-trades")))
    desk.run(58_000, 500)
    assert desk.reducer.guards.block(desk.market)
    desk.run(40_000, 500)
    assert not desk.reducer.guards.block(desk.market)
    assert not desk.reducer.guards.widen(desk.market)


def test_row_33_a_second_engine_with_our_tag_pauses_us_and_is_not_touched(world, timing):
    """Two engines, one tag: the first sees orders that are not its own, pauses, and cancels none of them."""
    first = world.quoting()
    world.run(6)
    own = {order.cl_ord_id for order in world.live_orders()}
    began_ns = world.now_ns
    world.fault("foreign_order", instId=INST, side="buy", tag="okxmm", clOrdId="99990000000000001")
    world.until(lambda: first.state == "PAUSED", 3, "the pause")
    timing(33, (world.now_ns - began_ns) / 1e9)
    said(first, "intruder", "another engine trades here", "then resume")
    world.run(3)
    assert [order.cl_ord_id for order in world.live_orders()] == ["99990000000000001"]
    assert not [c for _, c in first.sent(CancelOrder, began_ns) if c.cl_ord_id not in own]
    intruder = world.live_orders()[0]
    world.rest("POST", "trade/cancel-order", instId=INST, ordId=intruder.order_id)
    world.run(1)
    assert first.alarm("intruder") is None
    assert first.state == "PAUSED"
    first.command(Resume())
    resumes(world, first, 10)


def test_row_33_two_real_engines_on_one_tag_do_not_trade_on(world):
    """The older one pauses on sight of the newer one's orders."""
    first = world.quoting()
    world.run(6)
    second = world.start_engine()
    world.until(lambda: first.state == "PAUSED", 15, "the older engine's pause")
    assert second.is_ready


def test_row_34_a_changed_contract_halts_before_a_wrong_size_leaves(world, timing):
    """The lot size is not the one orders were computed with: halted, all out, restart demanded."""
    engine = world.quoting()
    began_ns = world.now_ns
    world.fault("contract_change", instId=INST, lotSz="0.1", minSz="0.1")
    world.until(lambda: engine.state == "HALTED", 3, "the halt")
    timing(34, (world.now_ns - began_ns) / 1e9)
    said(engine, "instrument", "restart to trade on")
    pulled(world, engine, 3)
    assert not engine.sent(PlaceOrder, began_ns)


def test_row_34_no_order_may_be_worth_more_than_the_cap():
    """The cap holds in money, whatever a contract is worth: an instrument 100 times larger is refused."""

    def orders(instrument: Instrument) -> list[PlaceOrder]:
        desk = Desk(limits=Limits(is_headless=True), instruments=(instrument,))
        desk.connect()
        desk.book()
        return desk.taken(PlaceOrder)

    assert orders(swap())
    assert not orders(swap(contract_value=Decimal(10)))


def test_row_55_each_row_of_a_batch_stands_for_itself(world, timing):
    """Half a batch refused: the other half rests and counts, the refused half is tried again as its own."""
    world.fault("partial_batch", items=[1], code="50011", count=1)
    engine = world.start_engine()
    timing(55, world.until(engine.is_quoting, 40, "both sides"))
    ours = {order.cl_ord_id for order in engine.market.orders.working}
    assert {order.cl_ord_id for order in world.live_orders()} == ours
