"""HOLD by default: when an order keeps its place, when it follows, and what it says about it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec import structs

from okxmm_tui.core.accounting.means import WeightedMean
from okxmm_tui.core.commands import SetParam
from okxmm_tui.core.effects import AmendOrder, CancelOrder, PlaceOrder, Report
from okxmm_tui.core.limits import HoldMode, Limits
from okxmm_tui.core.messages import PublicTrade, TopOfBook
from okxmm_tui.core.types import Side, VenueOrderState
from okxmm_tui.engine import hold
from okxmm_tui.engine.hold import Verdict, adverse_bps, judge
from okxmm_tui.engine.view import build_snapshot
from okxmm_tui.strategies.base import Composition, Quote
from tests.engine.desk import MS, Desk
from tests.samples import INST, fill, order_update

QUIET = {"volatility_multiplier": Decimal(0)}


def quoting(mode: HoldMode = HoldMode.QUEUE, **limits: object) -> Desk:
    """A desk with two live quotes."""
    desk = Desk(Limits(is_headless=True, hold_mode=mode, **limits), params=QUIET)
    desk.quoting()
    return desk


def verdict(desk: Desk, ticks_off: int, mode: HoldMode = HoldMode.QUEUE) -> Verdict:
    """What is said of the bid when its target is that many ticks nearer to the mid."""
    order = desk.market.orders.side(Side.BUY)[0]
    quote = Quote(Side.BUY, order.price_ticks + ticks_off, order.size_lots)
    return judge(desk.market, order, quote, mode=mode, tolerance_ticks=3, now_ns=desk.now_ns)


def with_chances(
    monkeypatch: pytest.MonkeyPatch, desk: Desk, here: float | None, there: float | None
) -> None:
    """Fix the two probabilities of a fill."""
    monkeypatch.setattr(type(desk.market), "fill_probability", lambda market, order: here)
    monkeypatch.setattr(type(desk.market.signals), "fill_probability", lambda *given: there)


def test_within_the_tolerance_an_order_holds_and_says_so():
    """The numbers are in the decision."""
    desk = quoting(HoldMode.SIMPLE)
    assert verdict(desk, 2, HoldMode.SIMPLE) == Verdict(is_hold=True, reason="2 ticks off target, 3 allowed")
    assert verdict(desk, 9, HoldMode.SIMPLE) == Verdict(is_hold=False, reason="9 ticks off target, 3 allowed")
    assert verdict(desk, 0).reason == "at its target"


def test_a_good_place_is_worth_more_than_a_better_price(monkeypatch):
    """Near the front: a move would join the back of another queue for a lower capture."""
    desk = quoting()
    with_chances(monkeypatch, desk, 0.9, 0.1)
    found = verdict(desk, 20)
    assert found.is_hold
    assert "here (p 0.90)" in found.reason
    assert "there (p 0.10)" in found.reason


def test_a_lost_place_is_given_up(monkeypatch):
    """Nothing trades here, much trades there, and the fees are covered: move."""
    desk = quoting()
    desk.market.fees = structs.replace(desk.market.fees, maker=Decimal(0))
    with_chances(monkeypatch, desk, 0.01, 0.9)
    assert not verdict(desk, 20).is_hold


def test_a_place_that_earns_nothing_is_not_moved_to(monkeypatch):
    """A likelier fill that does not cover its fee is no gain."""
    desk = quoting()
    desk.market.fees = structs.replace(desk.market.fees, maker=Decimal("0.001"))
    with_chances(monkeypatch, desk, 0.01, 0.9)
    assert verdict(desk, 20).is_hold


def test_unknown_chances_fall_back_to_the_tolerance_and_say_so(monkeypatch):
    """No estimate, no weighing; the order says which one is missing."""
    desk = quoting()
    why = "20 ticks off target, 3 allowed (places not weighed: 0 of 60 imagined orders followed)"
    assert verdict(desk, 20) == Verdict(is_hold=False, reason=why)
    assert verdict(desk, 3) == Verdict(is_hold=True, reason="3 ticks off target, 3 allowed")
    with_chances(monkeypatch, desk, None, 0.9)
    monkeypatch.setattr(type(desk.market.signals), "fill_unknown", lambda *given: "")
    assert verdict(desk, 20).reason.endswith("(places not weighed: place in the queue unknown)")


def lively(desk: Desk) -> None:
    """A market that moves by ten basis points, with sellers and buyers every second."""
    for second in range(60):
        at = 600_000 + second % 2 * 600
        desk.feed(TopOfBook(INST, at, 500, at + 1, 500, 10_000 + second, desk.now_ns // MS), 500)
        for side in Side:
            desk.feed(PublicTrade(INST, at, 1_000, side, str(second), desk.now_ns // MS), 250)
    desk.feed(TopOfBook(INST, 600_000, 500, 600_001, 500, 10_060, desk.now_ns // MS))


def test_at_fee_distance_places_are_weighed_and_not_unknown():
    """Two basis points out both chances are known: a near place is kept, one the market left is given up."""
    desk = quoting()
    desk.market.fees = structs.replace(desk.market.fees, maker=Decimal("0.0002"))
    lively(desk)
    bid = desk.market.orders.side(Side.BUY)[0]
    wanted = Quote(Side.BUY, 600_000 - 150, bid.size_lots)

    def judged(further: int) -> Verdict:
        bid.price_ticks = wanted.price_ticks - further
        desk.market.queues.join(bid.cl_ord_id, Side.BUY, bid.price_ticks)
        return judge(desk.market, bid, wanted, mode=HoldMode.QUEUE, tolerance_ticks=3, now_ns=desk.now_ns)

    beside, lost = judged(5), judged(5_000)
    assert beside.is_hold
    assert not lost.is_hold
    assert "here (p 0.5" in beside.reason
    assert lost.reason.startswith("edge +0.")
    assert "here (p 0.0" in lost.reason


def test_inventory_counts_in_what_a_fill_is_worth(monkeypatch):
    """The same gain of chance: what unloads follows its target, what loads up keeps its place."""
    desk = quoting()
    with_chances(monkeypatch, desk, 0.50, 0.51)

    def leaning(inventory_ticks: float) -> Verdict:
        assert desk.market.target is not None
        parts = Composition(inventory=inventory_ticks)
        desk.market.target = structs.replace(desk.market.target, bid_parts=parts)
        return verdict(desk, 20)

    assert leaning(0.0).reason.startswith("edge +")
    assert not leaning(-600.0).is_hold
    assert leaning(600.0).is_hold


@pytest.mark.parametrize("mode", HoldMode)
def test_safety_is_no_matter_of_edges(monkeypatch, mode):
    """An order closer to the mid than its target, or below its fees, moves whatever its place is worth."""
    desk = quoting(mode)
    with_chances(monkeypatch, desk, 1.0, 0.0)
    assert verdict(desk, -20, mode) == Verdict(
        is_hold=False, reason="20 ticks closer than its target, 3 allowed"
    )
    assert desk.market.target is not None
    desk.market.target = structs.replace(desk.market.target, nearest_bid_ticks=1)
    assert verdict(desk, 1, mode) == Verdict(is_hold=False, reason="1 tick off target, below its fees")


def test_adverse_selection_is_taken_from_own_fills_of_that_age():
    """Capture minus five-second markout of the age bucket; of all fills while the bucket is too small."""
    desk = quoting()
    cells = desk.market.quality.markouts._cells
    assert adverse_bps(desk.market, 0) == 0.0
    for key, count, value in (
        (("all", "", 0), 30, 2.0),
        (("all", "", 5), 30, -1.0),
        (("age", "<10s", 0), 20, 2.0),
        (("age", "<10s", 5), 20, 1.5),
        (("age", ">60s", 0), 19, 2.0),
        (("age", ">60s", 5), 19, 9.0),
    ):
        cell = cells[key] = WeightedMean()
        for _ in range(count):
            cell.add(value, 1.0)
    assert adverse_bps(desk.market, 1_000) == pytest.approx(0.5)
    assert adverse_bps(desk.market, 100_000) == pytest.approx(3.0)
    assert hold.MIN_FILLS == 20


def test_every_working_order_says_hold_or_move():
    """After a small step and after a large one."""
    desk = quoting(HoldMode.SIMPLE)
    desk.update(after_ms=600)
    assert {order.decision for order in desk.market.orders.working} == {"HOLD at its target"}
    effects = desk.update(bids=((600_000, 0), (599_900, 5)), asks=((600_001, 0), (599_901, 5)), after_ms=600)
    assert len(desk.taken(AmendOrder, effects)) == 2
    decisions = sorted(order.decision.split(": ")[1] for order in desk.market.orders.working)
    assert decisions == ["100 ticks off target, 3 allowed", "100 ticks off target, below its fees"]
    assert all(order.decision.startswith("MOVE to ") for order in desk.market.orders.working)


def test_a_smaller_size_at_the_same_price_is_a_hold_and_keeps_the_queue_place():
    """Shrinking says HOLD with both sizes and keeps the estimate; growing joins the back and says MOVE."""
    desk = quoting(HoldMode.SIMPLE)
    order = desk.market.orders.side(Side.BUY)[0]
    place = desk.market.queues.get(order.cl_ord_id)

    def resized(size: str) -> str:
        desk.command(SetParam(INST, "order_size", Decimal(size)))
        assert order.amend is not None
        wanted, req_id = order.amend.size_lots, order.amend.req_id
        desk.feed(
            order_update(
                order.cl_ord_id, Side.BUY, order.price_ticks, wanted, amend_result="0", req_id=req_id
            )
        )
        assert order.size_lots == wanted
        return order.decision

    assert resized("0.5").startswith("HOLD size 1.00 -> 0.50, ")
    assert desk.market.queues.get(order.cl_ord_id) is place
    assert resized("0.6").startswith("MOVE to 59985.0: size 0.50 -> 0.60, ")
    assert desk.market.queues.get(order.cl_ord_id) is not place


# -- post-only refusals ------------------------------------------------------------------------------


def refuse_bids(desk: Desk, times: int) -> None:
    """Let the venue cancel that many bids, one after the other, because they would have crossed."""
    for _ in range(times):
        for _ in range(300):
            bids = [order for order in desk.market.orders.side(Side.BUY) if not order.cancel_sent_ns]
            if bids:
                break
            desk.update(after_ms=100)
        desk.cancelled(bids[0].cl_ord_id, source="31")


def test_a_side_rests_after_too_many_post_only_refusals():
    """The side is empty with the reason and the time to go; the other side trades on; it comes back."""
    desk = quoting(HoldMode.SIMPLE, post_only_rest_after=3, post_only_rest_ms=4_000)
    refuse_bids(desk, 3)
    said = [line.text for line in desk.taken(Report) if "resting" in line.text]
    assert said == [f"{INST} buy: 3 post-only refusals in a minute, resting 4.0 s"]
    sent = desk.taken(PlaceOrder, [e for _ in range(35) for e in desk.update(after_ms=100)])
    assert [order for order in sent if order.side is Side.BUY] == []
    assert desk.market.sides[Side.BUY].reason.startswith("resting ")
    assert desk.market.sides[Side.BUY].reason.endswith("s: 3 post-only refusals in a minute")
    assert len(desk.market.orders.side(Side.SELL)) == 1
    assert not desk.taken(CancelOrder)
    sent = desk.taken(PlaceOrder, [e for _ in range(15) for e in desk.update(after_ms=100)])
    assert [order.side for order in sent] == [Side.BUY]


def test_refusals_spread_over_time_do_not_rest_a_side():
    """Only a minute's refusals count."""
    desk = quoting(HoldMode.SIMPLE, post_only_rest_after=3)
    for _ in range(4):
        desk.reducer.session.now_ns += 61_000 * MS
        desk.reducer.execution.would_take(desk.market, Side.BUY, "post-only would have crossed")
    assert desk.market.sides[Side.BUY].resting(desk.reducer.session.now_ns) == ""


def test_a_part_filled_order_is_known_to_be_first_in_its_queue():
    """40 lots stood ahead of the bid by our count; a fill of its first lot proves that none does."""
    desk = quoting()
    bid = desk.market.orders.side(Side.BUY)[0]
    desk.update(bids=((bid.price_ticks, 40),))
    desk.market.queues.join(bid.cl_ord_id, Side.BUY, bid.price_ticks)
    price = desk.market.instrument.price_text(bid.price_ticks)
    part = fill(Side.BUY, price, "0.01", cl_ord_id=bid.cl_ord_id)
    ahead = [view.queue_ahead_lots for view in build_snapshot(desk.reducer, 1).markets[0].orders[:1]]
    desk.feed(
        order_update(
            bid.cl_ord_id, Side.BUY, bid.price_ticks, bid.size_lots,
            state=VenueOrderState.PARTIALLY_FILLED, filled_lots=1, fill=part,
        )
    )  # fmt: skip
    ahead += [view.queue_ahead_lots for view in build_snapshot(desk.reducer, 2).markets[0].orders[:1]]
    assert ahead == [40, 0]
