"""Own resting orders against the market: prints, crossings, displayed size taken once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okxmm_tui.core.types import Side
from okxmm_tui.exchange.book import DisplayedBook
from okxmm_tui.exchange.market_events import BookEvent, TradeEvent
from okxmm_tui.exchange.resting import Consumption
from tests.exchange.bench import ASK, BID, INST, Bench


def filled(bench, ack):
    """Filled lots of an ack."""
    return bench.order(ack).filled_lots


def test_order_joins_behind_the_displayed_size(bench):
    """The queue ahead starts as what is displayed at the price."""
    ack = bench.place("buy", BID)
    bench.trade("sell", BID, 100)
    assert filled(bench, ack) == 0
    bench.trade("sell", BID, 60)
    assert filled(bench, ack) == 60


def test_prints_of_the_other_side_do_not_fill(bench):
    """A buyer lifting offers never fills a bid."""
    ack = bench.place("buy", BID)
    bench.trade("buy", BID, 1000)
    assert filled(bench, ack) == 0


def test_print_through_the_price_fills_best_price_first(bench):
    """A print below two bids fills the better one first and never more than its size in all."""
    low, high = bench.place("buy", BID - 5), bench.place("buy", BID - 2)
    bench.trade("sell", BID - 9, 130)
    assert (filled(bench, high), filled(bench, low)) == (100, 30)
    assert bench.position().average_price() > 0


@pytest.mark.parametrize("price", [BID, BID - 9])
def test_late_report_of_an_old_trade_does_not_fill(bench, price):
    """A print at or through the price, told late, is older than the order: only the next one fills it."""
    bench.bbo((BID, 5), (ASK, 5))
    ack = bench.place("buy", BID)
    late_ms = bench.now_ns // 1_000_000 - 1
    bench.apply(TradeEvent(INST, 1, price, 500, Side.SELL, "1", "0", late_ms))
    assert filled(bench, ack) == 0
    bench.trade("sell", price, 500)
    assert filled(bench, ack) == 100


def test_crossing_quote_fills_at_the_own_price_up_to_its_size(bench):
    """An ask that falls through a bid fills it as maker at the bid, limited by the displayed size."""
    ack = bench.place("buy", BID - 3, "2")
    bench.bbo((BID - 7, 50), (BID - 5, 80))
    order = bench.order(ack)
    assert order.filled_lots == 80
    assert order.last_fill.price_ticks == BID - 3
    assert order.last_fill.exec_type == "M"


def test_a_standing_quote_fills_only_once(bench):
    """Displayed size that was taken is not taken again; what is added to it is."""
    ack = bench.place("buy", BID - 3, "2")
    for bid_size in (50, 51, 52):
        bench.bbo((BID - 7, bid_size), (BID - 5, 80))
    assert filled(bench, ack) == 80
    bench.bbo((BID - 7, 50), (BID - 5, 90))
    assert filled(bench, ack) == 90


def eaten(bench):
    """Lots a large taker finds at the ask."""
    return filled(bench, bench.place("buy", ASK, "50", ordType="ioc"))


def test_taker_cannot_eat_one_level_twice(bench):
    """A later taker finds what the first one left, and then what has come since."""
    first = bench.place("buy", ASK, "0.7", ordType="ioc")
    assert (filled(bench, first), eaten(bench), eaten(bench)) == (70, 30, 0)
    bench.book((), ((ASK, 90),), snapshot=False)
    assert eaten(bench) == 0
    bench.book((), ((ASK, 95),), snapshot=False)
    assert (eaten(bench), eaten(bench)) == (5, 0)
    bench.book((), ((ASK, 0),), snapshot=False).book((), ((ASK, 40),), snapshot=False)
    assert eaten(bench) == 40


def test_what_leaves_a_level_is_shared_with_the_taken_part(bench):
    """Of a hundred lots of which fifty are taken half are gone: twenty-five are left to take."""
    bench.place("buy", ASK, "0.5", ordType="ioc")
    bench.book((), ((ASK, 50),), snapshot=False)
    assert eaten(bench) == 25


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 120), st.booleans()), min_size=1, max_size=25))
def test_nobody_takes_more_than_was_ever_offered(steps):
    """Whatever a level does, all takers together get what stood there first and what was added since."""
    book, consumption = DisplayedBook(), Consumption()
    offered = taken = shown = 0
    for seq, (size, takes) in enumerate(steps):
        book.apply_book(BookEvent(INST, seq == 0, (), ((ASK, size, "1"),), 0, seq))
        consumption.follow(book)
        offered, shown = offered + max(0, size - shown), size
        left = consumption.available(Side.SELL, ASK, size)
        assert 0 <= left <= size
        if takes and left:
            consumption.take(Side.SELL, ASK, size, left)
            taken += left
        assert taken <= offered


def test_order_beyond_the_displayed_depth_waits_for_its_first_sight():
    """Nothing is known out there; once displayed, the size shown is ahead."""
    bench = Bench().book(((BID, 10), (BID - 1, 10)), ((ASK, 10),))
    ack = bench.place("buy", BID - 50)
    bench.book(((BID - 60, 30), (BID - 50, 40)), (), snapshot=False)
    assert bench.state.markets["BTC-USDT-SWAP"].own.entry(ack["ordId"]).ahead_lots == 40


@pytest.mark.parametrize(("new_size", "keeps"), [("0.5", True), ("2", False)])
def test_amend_and_the_place_in_the_queue(bench, new_size, keeps):
    """A size decrease keeps the place, an increase loses it."""
    ack = bench.place("buy", BID)
    bench.trade("sell", BID, 80)
    bench.book(((BID, 500),), (), snapshot=False)
    body = {"instId": "BTC-USDT-SWAP", "ordId": ack["ordId"], "newSz": new_size}
    assert bench.rest("POST", "trade/amend-order", body)[1]["code"] == "0"
    ahead = bench.state.markets["BTC-USDT-SWAP"].own.entry(ack["ordId"]).ahead_lots
    assert ahead == (20 if keeps else 500)


MOVES = st.lists(
    st.one_of(
        st.tuples(
            st.just("trade"), st.sampled_from(["buy", "sell"]), st.integers(-6, 6), st.integers(1, 300)
        ),
        st.tuples(st.just("bbo"), st.integers(-8, 8), st.integers(1, 4), st.integers(1, 300)),
        st.tuples(
            st.just("place"), st.sampled_from(["buy", "sell"]), st.integers(-8, 8), st.integers(1, 200)
        ),
        st.tuples(st.just("level"), st.sampled_from(["buy", "sell"]), st.integers(0, 8), st.integers(0, 300)),
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(MOVES)
def test_books_always_balance(moves):
    """Whatever the market does: fills per print stay within it, and money, orders and fills agree."""
    bench = Bench().deep_book()
    for move in moves:
        bench.wait(0.01)
        fills_before = len(bench.state.store.fills)
        match move:
            case ("trade", side, offset, size):
                bench.trade(side, BID + offset, size)
                made = bench.state.store.fills[fills_before:]
                assert sum(fill.size_lots for fill in made) <= size
            case ("bbo", offset, spread, size):
                bench.bbo((BID + offset, size), (BID + offset + spread, size))
            case ("place", side, offset, lots):
                bench.place(side, BID + offset, str(lots / 100))
            case ("level", "buy", offset, size):
                bench.book(((BID - offset, size),), (), snapshot=False)
            case ("level", _, offset, size):
                bench.book((), ((ASK + offset, size),), snapshot=False)
    position, store = bench.position(), bench.state.store
    assert position.lots == sum(fill.side.sign * fill.size_lots for fill in store.fills)
    assert bench.account.cash - bench.account.initial == position.realised + position.fees
    for order in store.orders.values():
        assert order.filled_lots == sum(
            one.size_lots for one in store.fills if one.order_id == order.order_id
        )
        assert order.is_pending == (order.order_id in store.pending)
        assert order.is_pending == (order.order_id in bench.state.markets["BTC-USDT-SWAP"].own)
        assert order.filled_lots <= order.size_lots
