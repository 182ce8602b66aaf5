"""Figures that need the whole engine: edge, funding, share, retention, depth and rank, from its events."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec import structs

from okxmm_tui.core.accounting.activity import OrderEvent
from okxmm_tui.core.accounting.views import AccountingView
from okxmm_tui.core.commands import MoveOrder, Pause, SetParam
from okxmm_tui.core.effects import AmendOrder, PlaceOrder
from okxmm_tui.core.messages import (
    BalanceUpdate,
    ClockMeasured,
    FundingRate,
    MarkPrice,
    PublicTrade,
    TopOfBook,
)
from okxmm_tui.core.types import Side, VenueOrderState
from okxmm_tui.engine.accounting_view import accounting_view
from okxmm_tui.engine.view import build_snapshot
from tests.engine.desk import MS, Desk
from tests.samples import INST, START_NS, fill, order_update, swap

D = Decimal
QUIET = {"volatility_multiplier": D(0)}
HOUR_MS = 3_600_000


def _books(desk: Desk) -> AccountingView:
    view = build_snapshot(desk.reducer, 1).markets[0].accounting
    assert view is not None
    return view


def _top(desk: Desk, bid: int = 600_000, seq: int = 0) -> None:
    desk.feed(TopOfBook(INST, bid, 500, bid + 1, 500, 10_000 + seq, desk.now_ns // MS))


def _print(desk: Desk, price_ticks: int, lots: int, venue_ms: int, taker: Side = Side.SELL) -> None:
    desk.feed(PublicTrade(INST, price_ticks, lots, taker, str(venue_ms), venue_ms))


def _fill(desk: Desk, cl_ord_id: str, venue_ms: int, *, lots: int = 0, trade_id: str = "1") -> None:
    """The venue fills an order, all of it unless lots are given."""
    order = desk.market.orders.get(cl_ord_id)
    assert order is not None
    done = order.filled_lots + (lots or order.size_lots - order.filled_lots)
    instrument = desk.market.instrument
    own = fill(
        order.side, instrument.price_text(order.price_ticks),
        instrument.size_text(done - order.filled_lots), cl_ord_id=cl_ord_id, trade_id=trade_id,
    )  # fmt: skip
    state = VenueOrderState.FILLED if done == order.size_lots else VenueOrderState.PARTIALLY_FILLED
    desk.feed(
        order_update(
            cl_ord_id, order.side, order.price_ticks, order.size_lots, state=state, filled_lots=done,
            fill=structs.replace(own, venue_ms=venue_ms),
        )
    )  # fmt: skip


# -- edge ------------------------------------------------------------------------------------------------


def test_the_edge_is_the_quoted_one_until_fills_were_followed_for_half_a_minute():
    """Half-spread less the fee of 2 bps first; then capture less the rise or fall that came."""
    desk = Desk(params={**QUIET, "base_spread_bps": D(10)})
    bid, _ = desk.quoting()
    both, *_ = _books(desk).edges
    assert (both.fills, both.fee_bps, both.capture_bps) == (0, 2.0, pytest.approx(5.0, abs=0.1))
    assert both.edge_bps == pytest.approx(both.capture_bps - 2.0)
    price_ticks = desk.market.orders.get(bid).price_ticks
    _top(desk)
    at_ms = desk.now_ns // MS + 1
    _fill(desk, bid, at_ms)
    for second in range(1, 33):
        desk.run(1_000)
        _top(desk, 599_940 if second > 10 else 600_000, second)
    sides = {edge.side: edge for edge in _books(desk).edges}
    capture = 1e4 * (600_000.5 - price_ticks) / price_ticks
    adverse = 1e4 * 60 / price_ticks
    assert sides[""].fills == sides["buy"].fills == 1
    assert sides["buy"].capture_bps == pytest.approx(capture)
    assert sides["buy"].adverse_bps == pytest.approx(adverse)
    assert sides["buy"].edge_bps == pytest.approx(capture - adverse - 2.0)
    assert "sell" not in sides  # nothing is known of it, and nothing is quoted any more


def test_what_a_fill_is_held_for_costs_funding():
    """Long for the whole time: held ten seconds a fill, at 0.8 % an hour 0.2 bps against buys, for sells."""
    desk = Desk()
    bid, _ = desk.quoting()
    now_ms = desk.now_ns // MS
    desk.feed(FundingRate(INST, D("0.0072"), now_ms + HOUR_MS, now_ms + 2 * HOUR_MS, now_ms))
    desk.feed(MarkPrice(INST, D(60_000), now_ms))
    _fill(desk, bid, now_ms)
    for _ in range(20):
        desk.run(500)
        desk.update()
        desk.arm_dead_man()
    view = _books(desk)
    held_s = view.activity.mean_holding_s
    assert held_s == pytest.approx(10, abs=1.1)
    cost = 72 * held_s / 3_600
    assert [edge.funding_bps for edge in view.edges] == [0.0, pytest.approx(cost), pytest.approx(-cost)]


# -- funding ---------------------------------------------------------------------------------------------


def test_funding_accrues_by_the_venues_clock_and_off_the_books():
    """Two of eight hours gone by a clock an hour ahead of ours; net and realised know nothing of it."""
    desk = Desk()
    desk.connect()
    desk.book()
    desk.market.ledger.position.adopt(100, D(60_000))
    due_ms = START_NS // MS + 7 * HOUR_MS
    desk.feed(MarkPrice(INST, D(60_000), 0))
    desk.feed(ClockMeasured(HOUR_MS * MS, 0))
    before = _books(desk)
    desk.feed(FundingRate(INST, D("0.0001"), due_ms, due_ms + 8 * HOUR_MS, 0))
    desk.now_ns = START_NS
    desk.feed(MarkPrice(INST, D(60_000), 0), after_ms=0)
    view = _books(desk)
    assert before.funding is None
    assert view.funding is not None
    assert view.funding.accrued == D("-0.015")  # 600 USDT x 0.01 % x 2 / 8
    assert (view.net_quote, view.session.funding) == (before.net_quote, before.session.funding)


# -- activity --------------------------------------------------------------------------------------------


def test_own_share_counts_prints_and_fills_of_a_live_book_alone():
    """100 of 400 lots; prints and fills while the book is broken count neither way."""
    desk = Desk()
    bid, ask = desk.quoting()
    assert _books(desk).own_share is None
    _top(desk)
    _print(desk, 600_000, 400, desk.now_ns // MS)
    _fill(desk, bid, desk.now_ns // MS + 1)
    assert _books(desk).own_share == 0.25
    desk.market.break_book("test")
    _print(desk, 600_000, 400, desk.now_ns // MS)
    _fill(desk, ask, desk.now_ns // MS + 5, trade_id="2")
    assert _books(desk).own_share == 0.25


def test_the_fill_ratio_is_of_what_was_asked_of_the_venue():
    """Two new orders of weight 1, 600 USDT traded; the account's ratio is over all its markets."""
    desk = Desk(params=QUIET)
    bid, _ = desk.quoting()
    order = desk.market.orders.get(bid)
    desk.feed(BalanceUpdate("USDT", D(10_000), D(10_000), D(10_000), desk.now_ns // MS))
    _fill(desk, bid, desk.now_ns // MS)
    worth = float(desk.market.instrument.notional_quote(order.size_lots, order.price_ticks))
    sent = len(desk.taken(PlaceOrder)) + len(desk.taken(AmendOrder))
    assert _books(desk).fill_ratio == pytest.approx(worth / sent)
    desk.run(1_100)
    sent = len(desk.taken(PlaceOrder)) + len(desk.taken(AmendOrder))
    performance = build_snapshot(desk.reducer, 1).performance
    assert performance is not None
    assert performance.fill_ratio == pytest.approx(worth / sent)


def test_an_order_left_off_its_target_is_held_once_for_each_target():
    """Two ticks down and looked at for a second is one decision a side; back at the target there is none."""
    desk, was = Desk(params=QUIET), 600_000
    desk.quoting()
    for bid, expected in ((599_998, 2), (600_000, 2), (599_999, 4)):
        desk.update(bids=((was, 0), (bid, 500)), asks=((was + 1, 0), (bid + 1, 500)))
        was = bid
        for _ in range(4):
            desk.run(250)
            desk.update()
        retention = _books(desk).retention
        assert retention is not None
        assert (retention.held, retention.moved) == (expected, 0)


def _moved(desk: Desk, cl_ord_id: str) -> AmendOrder:
    """The market falls by 100 ticks: the bid has 300 lots ahead of it, and would have 1,000 where it goes."""
    order = desk.market.orders.get(cl_ord_id)
    away = order.price_ticks - 100
    desk.update(bids=((order.price_ticks, 300), (away, 1_000)))
    desk.market.queues.join(cl_ord_id, Side.BUY, order.price_ticks)
    effects = desk.update(bids=((600_000, 0), (599_900, 5)), asks=((600_001, 0), (599_901, 5)), after_ms=600)
    amend = next(each for each in desk.taken(AmendOrder, effects) if each.cl_ord_id == cl_ord_id)
    assert amend.price_ticks == away
    return amend


def test_a_move_tells_what_rank_it_cost():
    """The bid had 300 lots ahead of it and has 1,000 at its new price: 7 contracts of rank, in one move."""
    desk = Desk(params=QUIET)
    bid, _ = desk.quoting()
    amend = _moved(desk, bid)
    desk.feed(
        order_update(bid, Side.BUY, amend.price_ticks, 100, amend_result="0", req_id=amend.req_id)
    )  # fmt: skip
    retention = _books(desk).retention
    assert retention is not None
    assert (retention.moved, retention.ranked, retention.rank_lost) == (2, 1, pytest.approx(7.0))


def test_a_move_by_hand_is_no_decision_of_the_quoting():
    """Neither as a move nor as rank it cost."""
    desk = Desk(params=QUIET)
    bid, _ = desk.quoting()
    to_ticks = desk.market.orders.get(bid).price_ticks - 50
    (amend,) = desk.taken(AmendOrder, desk.command(MoveOrder(INST, bid, to_ticks)))
    desk.feed(order_update(bid, Side.BUY, to_ticks, 100, amend_result="0", req_id=amend.req_id))
    retention = _books(desk).retention
    assert retention is not None
    assert (retention.moved, retention.ranked) == (0, 0)


def test_a_larger_size_at_the_same_price_is_no_move():
    """Twice the size is wanted: the orders go to the back of their queues, and stay at their prices."""
    desk = Desk(params={**QUIET, "order_size": D(1)})
    bid, _ = desk.quoting()
    order = desk.market.orders.get(bid)
    effects = desk.command(SetParam(INST, "order_size", D(2))) + desk.run(600)
    amend = next(each for each in desk.taken(AmendOrder, effects) if each.cl_ord_id == bid)
    assert (amend.price_ticks, amend.size_lots) == (order.price_ticks, 200)
    desk.feed(order_update(bid, Side.BUY, order.price_ticks, 200, amend_result="0", req_id=amend.req_id))
    retention = _books(desk).retention
    assert retention is not None
    assert (retention.moved, retention.ranked) == (0, 0)


def test_the_fill_ratio_of_the_account_weighs_every_market():
    """One order of weight 1 and five of 0.2 count as two."""
    minor = "DOGE-USDT-SWAP"
    desk = Desk(instruments=(swap(), swap(minor, base_ccy="DOGE")))
    markets = desk.reducer.session.markets
    markets[INST].quality.activity.on_order_event(OrderEvent.NEW, "a")
    for number in range(5):
        markets[minor].quality.activity.on_order_event(OrderEvent.AMEND, f"b{number}")
    markets[INST].quality.activity.on_fill("a", 1, 500.0)
    assert desk.reducer.books.fill_ratio == pytest.approx(250.0)


def test_depth_is_what_stands_of_the_order_size_on_the_thinner_side():
    """Half of the bid is filled: half the size stands on both sides; paused, none does."""
    desk = Desk(params={**QUIET, "order_size": D(1), "refresh_interval_ms": D(60_000)})
    bid, _ = desk.quoting()
    depth = desk.market.quality.presence
    desk.run(1_000)
    assert depth.view().depth == pytest.approx(1.0, abs=0.2)
    before, open_s = depth.view().depth, depth.view().open_s
    desk.market.orders.get(bid).filled_lots = 50
    for _ in range(20):
        desk.tick(50)
        desk.update()
    after = depth.view()
    assert after.depth * after.open_s - before * open_s == pytest.approx(0.5, abs=0.08)
    desk.command(Pause())
    before, open_s = depth.view().depth, depth.view().open_s
    desk.run(1_000)
    after = depth.view()
    assert after.depth * after.open_s - before * open_s == pytest.approx(0.0, abs=0.08)


def test_depth_follows_the_configured_size():
    """Twice the size wanted: what stands is half of it until the orders have grown."""
    desk = Desk(params={**QUIET, "order_size": D(1)})
    desk.quoting()
    desk.run(200)
    desk.command(SetParam(INST, "order_size", D(2)))
    before, open_s = desk.market.quality.presence.view().depth, desk.market.quality.presence.view().open_s
    desk.run(1_000)
    after = desk.market.quality.presence.view()
    assert after.depth * after.open_s - before * open_s == pytest.approx(1.0, abs=0.1)  # amends not confirmed


# -- rank ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_print_first", [True, False])
def test_the_rank_of_a_fill_is_that_before_the_print_that_made_it(is_print_first):
    """300 lots stood ahead and one sweep took them and us: from behind; the rest of the order is in front."""
    desk = Desk()
    bid, _ = desk.quoting()
    _top(desk)
    price_ticks = desk.market.orders.get(bid).price_ticks
    desk.update(bids=((price_ticks, 300),))
    desk.market.queues.join(bid, Side.BUY, price_ticks)
    at_ms = desk.now_ns // MS + 5
    if is_print_first:
        _print(desk, price_ticks, 350, at_ms)
    _fill(desk, bid, at_ms, lots=50)
    if not is_print_first:
        _print(desk, price_ticks, 350, at_ms)
    for number in (2, 3):
        _print(desk, price_ticks, 10, at_ms + 20 * number)
        _fill(desk, bid, at_ms + 20 * number, lots=10, trade_id=str(number))
    rows = accounting_view(desk.reducer.books, desk.market, has_details=True).markouts
    ranks = {row.bucket: row.count + row.missing for row in rows if row.dimension == "rank"}
    assert ranks == {"behind": 1, "front": 2}
    assert not any(row.dimension in {"rank", "hour"} for row in _books(desk).markouts)


def test_the_rank_of_a_fill_at_a_price_the_order_has_left_is_not_known():
    """Its place is one in another queue by now: it is in no bucket of ranks, and in the hour's."""
    desk = Desk(params=QUIET)
    bid, _ = desk.quoting()
    order = desk.market.orders.get(bid)
    left_ticks, amend = order.price_ticks, _moved(desk, bid)
    desk.feed(
        order_update(bid, Side.BUY, amend.price_ticks, order.size_lots, amend_result="0", req_id=amend.req_id)
    )
    instrument = desk.market.instrument
    late = fill(Side.BUY, instrument.price_text(left_ticks), "0.1", cl_ord_id=bid)
    desk.feed(
        order_update(
            bid, Side.BUY, amend.price_ticks, order.size_lots, state=VenueOrderState.PARTIALLY_FILLED,
            filled_lots=10, fill=structs.replace(late, venue_ms=desk.now_ns // MS),
        )
    )  # fmt: skip
    rows = accounting_view(desk.reducer.books, desk.market, has_details=True).markouts
    assert {row.dimension for row in rows} >= {"all", "hour"}
    assert not any(row.dimension == "rank" for row in rows)
