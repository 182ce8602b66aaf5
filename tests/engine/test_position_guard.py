"""Losses of one market: the position that is closed, the streak that rests."""

from __future__ import annotations

from decimal import Decimal

from msgspec import structs

from okxmm_tui.core.account import FeeRates
from okxmm_tui.core.commands import Arm, SetLimit, SetParam
from okxmm_tui.core.effects import PlaceOrder, Reply
from okxmm_tui.core.messages import InstrumentChanged, MarkPrice
from okxmm_tui.core.types import OrderKind, Side
from tests.engine.desk import Desk
from tests.engine.kinds_desk import KindDesk
from tests.engine.test_guards import hold, mark, quoting
from tests.samples import INST, fill, pair, swap


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


def test_a_position_that_is_closed_takes_the_last_change_back_once():
    """The size raised just before goes back with the first closing order; a later one is not touched."""
    desk = quoting()
    desk.command(SetParam(INST, "order_size", Decimal(3)))
    hold(desk, 40)
    mark(desk, "59870")
    desk.book(598_700, 598_701)
    desk.tick()
    assert closes(desk)
    assert desk.market.params["order_size"] == 1
    desk.command(SetParam(INST, "order_size", Decimal(2)))
    desk.run(1_000)
    assert desk.market.params["order_size"] == 2


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
    assert desk.market.sides[Side.BUY].reason == "resting 300 s more after losing round trips"
    desk.run(301_000, step_ms=1_000)
    assert not desk.reducer.position_guard.block(desk.market)


def test_a_rest_that_runs_is_ended_by_shortening_it():
    """Less rest is more risk: unarmed it is refused; armed it counts at once, for the rest that runs too."""
    desk = quoting()
    for trip in range(3):
        for side, price in ((Side.BUY, "60000"), (Side.SELL, "59999")):
            trade = structs.replace(fill(side, price, "1", trade_id=f"{trip}{side}"), size_lots=10)
            desk.reducer.reconciler.book_fill(desk.market, trade)
    desk.run(100_000, step_ms=1_000)
    shorter = SetLimit("losing_rest_ms", Decimal(60_000))
    assert not desk.taken(Reply, desk.command(shorter))[0].ok
    assert desk.reducer.position_guard.block(desk.market).startswith(
        "resting 200 s more after losing round trips"
    )
    desk.command(Arm())
    assert desk.taken(Reply, desk.command(shorter))[0].ok
    desk.tick()
    assert not desk.reducer.position_guard.block(desk.market)
    assert not desk.reducer.session.alarms.is_standing(f"losing-{INST}")


def test_a_position_carried_into_the_session_is_the_first_round_trip():
    """Long 10 from before, sold at a loss, then two more losing longs: the streak is three, not none."""
    desk = quoting()
    desk.market.ledger.position.adopt(10, Decimal(60_000))
    falling = (59_990, 59_980, 59_970, 59_960, 59_950)
    for number, price in enumerate(falling):
        side = Side.BUY if number % 2 else Side.SELL
        trade = structs.replace(fill(side, str(price), "1", trade_id=f"c{number}"), size_lots=10)
        desk.reducer.reconciler.book_fill(desk.market, trade)
        assert bool(desk.reducer.position_guard.block(desk.market)) == (number == len(falling) - 1)


def test_losing_spot_round_trips_count_although_fees_shrink_what_was_bought():
    """100,000 lots bought, 99,920 came, 99,920 sold: that trip is over, and the third one rests."""
    rates = {"BTC-USDT": FeeRates(Decimal("0.0008"), Decimal("0.001"))}
    desk = KindDesk(pair(), balances={"BTC": "1", "USDT": "100000"}, fees=rates)
    desk.connect()
    desk.book()
    for trip in range(3):
        assert not desk.reducer.position_guard.block(desk.market)
        bought = structs.replace(
            fill(Side.BUY, "60000", "1", trade_id=f"{trip}b", fee="-0.0000008"),
            inst_id="BTC-USDT",
            size_lots=100_000,
            fee_ccy="BTC",
        )
        sold = structs.replace(
            fill(Side.SELL, "59900", "1", trade_id=f"{trip}s", fee="-0.04787"),
            inst_id="BTC-USDT",
            size_lots=99_920,
        )
        for trade in (bought, sold):
            desk.reducer.reconciler.book_fill(desk.market, trade)
        assert desk.market.position_lots == 0
    assert desk.reducer.position_guard.block(desk.market).endswith("after losing round trips")


def test_after_a_rest_the_streak_is_counted_anew():
    """Three losses rest; the fourth and fifth do not, the sixth does again."""
    desk = quoting()
    rests: list[bool] = []
    for trip in range(6):
        for side, price in ((Side.BUY, "60000"), (Side.SELL, "59999")):
            trade = structs.replace(fill(side, price, "1", trade_id=f"{trip}{side}"), size_lots=10)
            desk.reducer.reconciler.book_fill(desk.market, trade)
        rests.append(bool(desk.reducer.position_guard.block(desk.market)))
        desk.run(301_000, step_ms=1_000)
    assert rests == [False, False, True, False, False, True]


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


def test_a_loss_that_recovers_is_over_and_the_next_one_is_said_again():
    """The closing order did not fill and the price came back; hours later the same position loses anew.

    A position turned round between two ticks is never seen flat, so that alone must not be waited for.
    """
    desk = quoting()
    hold(desk, 40)
    alarms = desk.reducer.session.alarms
    for price, bid_ticks, is_standing in (
        ("59870", 598_700, True),
        ("59930", 599_300, True),
        ("59990", 599_900, False),
        ("59870", 598_700, True),
    ):
        mark(desk, price)
        desk.book(bid_ticks, bid_ticks + 1)
        desk.tick()
        assert alarms.is_standing(f"lot-loss-{INST}") is is_standing
    assert sum("allowed" in line.text for line in desk.reducer.session.log) == 2
    desk.market.ledger.position.adopt(-40, Decimal(60_000))
    desk.tick()
    assert not alarms.is_standing(f"lot-loss-{INST}")
