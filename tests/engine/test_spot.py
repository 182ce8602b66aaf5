"""Spot in the engine: quotes within the balances, positions exact to the fee, balances as the proof."""

from __future__ import annotations

from decimal import Decimal

import pytest

from okxmm_tui.core.effects import FetchTruth, PlaceOrder
from okxmm_tui.core.messages import AccountBill, BalanceUpdate, PositionUpdate, StreamUp
from okxmm_tui.core.types import Side
from okxmm_tui.engine.spot import (
    affordable,
    difference_base,
    expected_cash,
    sellable_lots,
    spendable_quote,
)
from okxmm_tui.strategies.base import Quote
from tests.engine.desk import MS
from tests.engine.kinds_desk import KindDesk
from tests.samples import inverse, pair

RICH = {"BTC": "1", "USDT": "100000"}


def spot_desk(balances=None, **changes) -> KindDesk:
    """A connected desk on BTC-USDT with a live book."""
    desk = KindDesk(pair(), balances=RICH if balances is None else balances, **changes)
    desk.connect()
    desk.book()
    return desk


def alarms(desk: KindDesk) -> list[str]:
    """Keys of position alarms."""
    views = desk.reducer.session.alarms.views()
    return [alarm.key for alarm in views if alarm.key.startswith("position-")]


def test_both_sides_are_quoted_out_of_the_balances():
    """A hundred smallest orders a side by default, and the position starts at nothing whatever is owned."""
    desk = spot_desk()
    bid, ask = desk.taken(PlaceOrder)
    assert (bid.size_lots, ask.size_lots) == (100_000, 100_000)
    assert not bid.reduce_only
    assert desk.market.position_lots == 0


@pytest.mark.parametrize(
    ("balances", "sides", "reason"),
    [
        ({"USDT": "1000"}, [Side.BUY], "not enough BTC"),
        ({"BTC": "1"}, [Side.SELL], "not enough USDT"),
        ({}, [], "not enough BTC"),
        ({"BTC": "0.000009", "USDT": "0.5"}, [], "not enough BTC"),
        ({"BTC": "-0.001", "USDT": "1000"}, [Side.BUY], "not enough BTC"),
    ],
)
def test_a_side_without_money_is_not_quoted_and_says_so(balances, sides, reason):
    """Nothing owned, nothing sold; nothing to pay with, nothing bought; a debt is not owned."""
    desk = spot_desk(balances)
    assert [order.side for order in desk.taken(PlaceOrder)] == sides
    if Side.SELL not in sides:
        assert desk.market.sides[Side.SELL].reason == reason


def test_quotes_shrink_to_what_is_there():
    """0.0004 BTC and 30 USDT: the ask is 0.0004 BTC, the bid what 30 USDT buy."""
    desk = spot_desk({"BTC": "0.0004", "USDT": "30"})
    bid, ask = desk.taken(PlaceOrder)
    assert ask.size_lots == 40_000
    assert bid.size_lots == int(Decimal(30) // (pair().price(bid.price_ticks) * pair().lot_size))


def test_a_price_of_nothing_is_left_to_risk():
    """A strategy that asks for a price of zero gets a refusal, not a division by it."""
    desk = spot_desk()
    quote = Quote(Side.BUY, 0, 1_000)
    assert affordable(desk.reducer.session, desk.market, Side.BUY, (quote,)) == ((quote,), "")


def test_a_fee_in_base_lowers_what_was_received():
    """0.001 BTC bought with a fee of 0.0000008 BTC: the position is 0.0009992 BTC, and the balance agrees."""
    desk = spot_desk()
    bid = desk.taken(PlaceOrder)[0]
    desk.confirm(bid)
    desk.filled(bid, fee="-0.0000008", fee_ccy="BTC")
    assert desk.market.position_lots == 99_920
    assert expected_cash(desk.reducer.session, "BTC") == Decimal("1.0009992")
    desk.balances["BTC"] = Decimal("1.0009992")
    for row in desk.balance_rows():
        desk.feed(row)
    assert not desk.taken(FetchTruth, desk.run(3_000))
    assert alarms(desk) == []


def test_the_strategy_skews_by_the_balance_change():
    """Long 0.0009992 BTC of 0.005: both quotes stand lower than at the start."""
    desk = spot_desk()
    bid, ask = desk.taken(PlaceOrder)
    desk.confirm(bid)
    desk.confirm(ask)
    desk.filled(bid, fee="-0.0000008", fee_ccy="BTC")
    assert desk.last_place(Side.BUY).price_ticks < bid.price_ticks


def test_what_was_sold_cannot_be_sold_again_before_the_balance_says_so():
    """The fill counts at once; the venue's balance comes later and is not trusted to be newer."""
    desk = spot_desk({"BTC": "0.0015", "USDT": "1000"})
    ask = desk.last_place(Side.SELL)
    desk.confirm(ask)
    desk.filled(ask)
    assert desk.last_place(Side.SELL).size_lots == 50_000
    assert desk.reducer.session.balances["BTC"].cash == Decimal("0.0015")


def test_a_balance_that_lags_its_own_time_sells_nothing_twice():
    """Stamped later than the fill, yet without it: our own books bound the sale."""
    desk = spot_desk({"BTC": "0.0015", "USDT": "1000"})
    ask = desk.last_place(Side.SELL)
    desk.confirm(ask)
    desk.filled(ask)
    cash, later_ms = Decimal("0.0015"), desk.now_ns // MS + 10
    desk.feed(BalanceUpdate("BTC", cash, cash, cash, later_ms, cash))
    assert sellable_lots(desk.reducer.session, desk.market) == 50_000


def test_what_was_spent_cannot_be_spent_again_before_the_balance_says_so():
    """The same for the quote currency: 100 USDT, 60 of them spent, leave a smaller bid."""
    desk = spot_desk({"BTC": "1", "USDT": "100"})
    bid = desk.last_place(Side.BUY)
    desk.confirm(bid)
    spent = pair().notional_quote(bid.size_lots, bid.price_ticks)
    desk.filled(bid)
    again = desk.last_place(Side.BUY)
    assert pair().notional_quote(again.size_lots, again.price_ticks) <= Decimal(100) - spent
    desk.feed(
        BalanceUpdate("USDT", Decimal(40), Decimal(40), Decimal(40), desk.now_ns // MS + 5, Decimal(40))
    )
    assert desk.market.holding is not None
    assert desk.market.holding.unsettled_quote == 0


def test_what_others_hold_back_is_not_ours_to_use():
    """Less is free than the cash: a manual order holds 90,000 USDT and 0.9995 BTC."""
    desk = spot_desk()
    now_ms = desk.now_ns // MS
    desk.feed(BalanceUpdate("USDT", Decimal(100_000), Decimal(100_000), Decimal(0), now_ms, Decimal(10_000)))
    desk.feed(BalanceUpdate("BTC", Decimal(1), Decimal(1), Decimal(0), now_ms, Decimal("0.0005")))
    session = desk.reducer.session
    assert spendable_quote(session, desk.market) == Decimal(10_000)
    assert sellable_lots(session, desk.market) == 50_000
    bid = desk.taken(PlaceOrder)[0]
    desk.confirm(bid)
    cost = pair().notional_quote(bid.size_lots, bid.price_ticks)
    assert spendable_quote(session, desk.market) == Decimal(10_000) + cost


def test_pairs_share_one_balance():
    """Two pairs with one quote currency: what one bids the other cannot."""
    eth = pair("ETH-USDT", base_ccy="ETH")
    desk = spot_desk({"BTC": "1", "USDT": "100"}, others=(eth,))
    session = desk.reducer.session
    bid = desk.last_place(Side.BUY)
    left = Decimal(100) - pair().notional_quote(bid.size_lots, bid.price_ticks)
    assert spendable_quote(session, session.markets["ETH-USDT"]) == left
    assert spendable_quote(session, desk.market) == Decimal(100)


def test_a_foreign_trade_is_taken_over_with_an_alarm():
    """A manual sale: the balance differs over three comparisons, then the venue's figure counts."""
    desk = spot_desk()
    desk.balances["BTC"] = Decimal("0.4")
    for row in desk.balance_rows():
        desk.feed(row)
    desk.run(1_700)
    for _ in range(3):
        assert desk.market.position_lots == 0
        desk.answer_truth()
        desk.run(1_100)
    assert desk.market.position_lots == -60_000_000
    assert desk.market.ledger.position.size_lots == -60_000_000
    assert alarms(desk) == ["position-BTC-USDT"]


def test_a_transfer_is_explained_by_its_bill_and_moves_no_position():
    """Half a coin is withdrawn: the bill says so, once, and nothing is alarmed."""
    desk = spot_desk()
    desk.balances["BTC"] = Decimal("0.5")
    moved = AccountBill("7", "1", "", "BTC", Decimal("-0.5"), 0)
    desk.run(31_000)
    for _ in range(4):
        desk.answer_truth(bills=(moved,))
        desk.run(31_000)
    assert desk.market.position_lots == 0
    assert expected_cash(desk.reducer.session, "BTC") == Decimal("0.5")
    assert alarms(desk) == []


def test_bills_from_before_the_session_are_part_of_its_balances():
    """What the first merge reads is in the balances it reads."""
    desk = KindDesk(pair(), balances=RICH)
    desk.feed(StreamUp("private"))
    old = AccountBill("3", "1", "", "BTC", Decimal("0.5"), 0)
    desk.answer_truth(bills=(old,))
    desk.run(31_000)
    desk.answer_truth(bills=(old,))
    assert expected_cash(desk.reducer.session, "BTC") == 1


def test_roundings_below_the_smallest_order_are_taken_in_quietly():
    """The venue rounds a fee: the exact balance counts, without an alarm and without a position."""
    desk = spot_desk()
    desk.balances["BTC"] = Decimal("1.0000000004")
    desk.run(31_000)
    desk.answer_truth()
    assert desk.market.holding is not None
    assert desk.market.holding.base_change == Decimal("0.0000000004")
    assert (desk.market.position_lots, alarms(desk)) == (0, [])


def test_collateral_of_an_inverse_contract_proves_nothing_about_the_pair():
    """Its PnL and funding move the same balance, so no difference is claimed; selling stays bounded."""
    desk = spot_desk(others=(inverse(),))
    desk.balances["BTC"] = Decimal("0.0002")
    session = desk.reducer.session
    assert difference_base(session, desk.market, Decimal("0.0002")) == 0
    for row in desk.balance_rows():
        desk.feed(row)
    assert sellable_lots(session, desk.market) == 20_000


def test_rows_of_the_positions_channel_are_not_spot():
    """A margin position under the pair's name changes nothing."""
    desk = spot_desk()
    desk.feed(PositionUpdate("BTC-USDT", 5, None, None, None, 0))
    assert desk.market.venue_position is None
    assert not desk.taken(FetchTruth, desk.run(3_000))


def test_leftovers_filled_before_the_first_merge_count_once():
    """They are in the balance that is taken over."""
    desk = KindDesk(pair(), balances=RICH)
    desk.feed(StreamUp("private"))
    left = PlaceOrder("BTC-USDT", "old", Side.BUY, 599_000, 100_000, 0)
    desk.filled(left, 50_000)
    assert desk.market.position_lots == 50_000
    desk.answer_truth()
    assert (desk.market.position_lots, desk.market.ledger.position.size_lots) == (0, 0)
    assert alarms(desk) == []
