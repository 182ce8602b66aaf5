"""The picture shows what the engine knows."""

from __future__ import annotations

import msgspec

from okxmm_tui.core.commands import Arm, Kill, Pause, Resume
from okxmm_tui.core.effects import PlaceOrder
from okxmm_tui.core.messages import MarkPrice
from okxmm_tui.core.params import Decimal
from okxmm_tui.core.snapshot import FromEngine
from okxmm_tui.core.types import Side, VenueOrderState
from okxmm_tui.engine.view import build_snapshot
from tests.engine.desk import Desk
from tests.samples import INST, fill, order_update


def test_an_empty_session_can_be_shown():
    """Before any data every panel has something honest to say."""
    market = build_snapshot(Desk().reducer, 1).markets[0]
    assert (market.book_state, market.book_age_ms, market.orders, market.fills) == ("waiting", None, (), ())
    assert not market.bid.is_quoting


def test_a_quoting_session_shows_orders_queue_and_reasons():
    """Both quotes, what stands ahead of them, and the target."""
    desk = Desk()
    bid, _ = desk.quoting()
    desk.update()
    shown = build_snapshot(desk.reducer, 2)
    market = shown.markets[0]
    assert [order.status for order in market.orders] == ["live", "live"]
    assert market.bid.is_quoting
    assert market.ask.is_quoting
    assert market.orders[0].cl_ord_id == bid
    assert market.orders[0].queue_ahead_lots == 0
    assert market.fair_ticks == 600_000.5
    assert shown.dead_man.is_armed
    assert shown.trading_state == "ACTIVE"


def test_no_fair_value_of_before_is_shown_while_nothing_is_quoted():
    """The strategy is not asked while a market is blocked: its last thought would be read as the present."""
    desk = Desk()
    desk.quoting()
    before = build_snapshot(desk.reducer, 1).markets[0]
    assert before.fair_ticks is not None
    assert before.half_spread_bps is not None
    desk.command(Pause())
    after = build_snapshot(desk.reducer, 2).markets[0]
    assert (after.fair_ticks, after.half_spread_bps, after.bid_parts, after.ask_parts) == (None,) * 4
    desk.command(Resume())
    desk.update()
    assert build_snapshot(desk.reducer, 3).markets[0].fair_ticks is not None


def test_a_side_being_pulled_is_no_quoting_side():
    """Orders that wait for their cancels stand, and nothing is quoted: the picture says so."""
    desk = Desk()
    desk.quoting()
    desk.update()
    assert not build_snapshot(desk.reducer, 1).markets[0].bid.is_pulling
    desk.command(Pause())
    market = build_snapshot(desk.reducer, 2).markets[0]
    assert (market.bid.is_pulling, market.ask.is_pulling, len(market.orders)) == (True, True, 2)
    for order in market.orders:
        desk.cancelled(order.cl_ord_id)
    assert not build_snapshot(desk.reducer, 3).markets[0].bid.is_pulling


def test_pnl_parts_add_up_to_the_net():
    """Realised + unrealised + fees = net, on the mark."""
    desk = Desk()
    bid, _ = desk.quoting()
    order = desk.market.orders.get(bid)
    assert order is not None
    desk.feed(
        order_update(
            bid, Side.BUY, order.price_ticks, 100, state=VenueOrderState.FILLED, filled_lots=100,
            fill=fill(Side.BUY, "59987.9", "1", cl_ord_id=bid, fee="-0.12"),
        )
    )  # fmt: skip
    desk.feed(MarkPrice(INST, Decimal("60100"), 0))
    market = build_snapshot(desk.reducer, 3).markets[0]
    assert market.unrealised_quote == Decimal("1.121")
    assert market.net_quote == market.realised_quote + market.unrealised_quote + market.fees_quote
    assert market.fills[0].fee == Decimal("-0.12")


def test_a_kill_and_an_arming_are_on_the_picture():
    """What the operator must see in the next frame."""
    desk = Desk()
    desk.quoting()
    desk.command(Kill("key"))
    desk.command(Arm())
    shown = build_snapshot(desk.reducer, 4)
    assert shown.trading_state == "HALTED"
    assert shown.kill is not None
    assert shown.kill.orders_at_start == 2
    assert shown.armed_until_ns is not None


def test_the_picture_survives_the_wire():
    """It decodes to itself, and building it changes nothing."""
    desk = Desk()
    desk.quoting()
    shown = build_snapshot(desk.reducer, 5)
    assert msgspec.msgpack.Decoder(FromEngine).decode(msgspec.msgpack.encode(shown)) == shown
    assert build_snapshot(desk.reducer, 5) == shown


def test_a_strategy_without_a_position_limit_shows_the_position_alone():
    """No limit is no figure of nineteen digits."""
    desk = Desk(strategy="spread_capture")
    gauges = {gauge.name: gauge for gauge in build_snapshot(desk.reducer, 1).markets[0].gauges}
    assert gauges["position"].text == "+0.00 ct"
    assert gauges["position"].fraction == 0


def test_a_confirmed_quote_does_not_wait_for_an_answer_any_more():
    """Requested and confirmed are never said of one side in one picture."""
    desk = Desk()
    desk.connect()
    desk.book()
    bid, ask = desk.taken(PlaceOrder)
    before = build_snapshot(desk.reducer, 1).markets[0]
    assert (before.bid.is_quoting, before.bid.reason) == (False, "sent, no answer yet")
    desk.confirm(bid)
    after = build_snapshot(desk.reducer, 2).markets[0]
    assert (after.bid.is_quoting, after.bid.reason) == (True, "quoting")
    assert (after.ask.is_quoting, after.ask.reason) == (False, "sent, no answer yet")
    assert ask.side is Side.SELL
