"""Losses of one market: the position that is closed, the streak that rests."""

from __future__ import annotations

from decimal import Decimal

from msgspec import structs

from okxmm_tui.core.effects import PlaceOrder
from okxmm_tui.core.messages import InstrumentChanged, MarkPrice
from okxmm_tui.core.types import OrderKind, Side
from tests.engine.desk import Desk
from tests.engine.test_guards import hold, mark, quoting
from tests.samples import INST, fill, swap


def closes(desk: Desk) -> list[PlaceOrder]:
    """Closing orders sent."""
    return [order for order in desk.taken(PlaceOrder) if order.order_kind is OrderKind.IOC]


def test_a_position_down_by_more_than_its_limit_is_closed_reduce_only():
    """Long from 60,000; mid and mark at 59,870 are 0.217 % down."""
    desk = quoting()
    hold(desk, 40)
    mark(desk, "59870")
    desk.book(598_700, 598_701)
    desk.tick()
    [order] = closes(desk)
    assert (order.side, order.size_lots, order.reduce_only) == (Side.SELL, 40, True)


def test_one_bad_price_closes_nothing():
    """A mark that crashes alone (or a mid that does) is a reason to pull quotes, not to sell."""
    desk = quoting()
    hold(desk, 40)
    mark(desk, "59000")
    desk.run(500)
    assert not closes(desk)


def test_a_short_position_loses_upwards():
    """Short from 60,000; 60,130 is 0.217 % against it."""
    desk = quoting()
    hold(desk, -40)
    desk.feed(MarkPrice(INST, Decimal(60_130), 0))
    desk.book(601_300, 601_301)
    desk.tick()
    assert [order.side for order in closes(desk)] == [Side.BUY]


def test_three_losing_round_trips_rest_the_market():
    """Whatever the strategy; five minutes by default, said with the seconds left."""
    desk = quoting()
    for trip in range(3):
        for side, price in ((Side.BUY, "60000"), (Side.SELL, "59999")):
            desk.reducer.reconciler.book_fill(
                desk.market, structs.replace(fill(side, price, "1", trade_id=f"{trip}{side}"), size_lots=10)
            )
    desk.tick()
    assert desk.market.sides[Side.BUY].reason.startswith("resting after losing round trips, 300 s")
    desk.run(301_000, step_ms=1_000)
    assert not desk.reducer.position_guard.block(desk.market)


def test_what_hinders_closing_is_in_the_alarm():
    """The instrument is suspended: the alarm does not say that the position is being closed."""
    desk = quoting()
    hold(desk, 40)
    desk.feed(InstrumentChanged(swap(state="suspend")))
    mark(desk, "59870")
    desk.book(598_700, 598_701)
    desk.tick()
    assert not closes(desk)
    (text,) = [a.text for a in desk.reducer.session.alarms.views() if a.key.startswith("lot-loss")]
    assert text.endswith("not closed yet: instrument is suspend")
    desk.feed(InstrumentChanged(swap()))
    desk.tick()
    assert closes(desk)
    (text,) = [a.text for a in desk.reducer.session.alarms.views() if a.key.startswith("lot-loss")]
    assert text.endswith("closing it")
