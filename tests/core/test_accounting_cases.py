"""Golden accounting cases, worked out on paper: the arithmetic stands beside every figure."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from okxmm_tui.core.accounting.bills import Flow
from okxmm_tui.core.ledger import Ledger, LedgerState
from tests.core.accounts_desk import INVERSE, LINEAR, SPOT, START_MS, Desk, bill, trade

D = Decimal
COIN = D("1e-15")
"""Inverse cases that do not divide evenly are right to this much."""
DAY_MS = 86_400_000


# -- linear ------------------------------------------------------------------------------------------


def test_linear_long_closed_with_fees():
    """Buy and sell one contract of 0.01 BTC."""
    desk = Desk(LINEAR)
    desk.trade("buy", "1", "60000", fee="-0.12")  # 600 USDT of notional at 2 bps = 0.12
    desk.trade("sell", "1", "60100", fee="-0.1202")  # 601 x 2 bps = 0.1202
    assert desk.ledger.realised_quote == D(1)  # 0.01 x (60100 - 60000)
    assert desk.ledger.net_quote(D(1)) == D("0.7598")  # 1 - 0.12 - 0.1202


def test_linear_short_closed_at_a_loss():
    """A short loses when the price rises."""
    desk = Desk(LINEAR)
    desk.trade("sell", "2", "60000")
    booked = desk.trade("buy", "2", "60250")
    assert booked.realised_quote == D(-5)  # -1 x 0.02 x (60250 - 60000)


def test_linear_average_is_weighted_by_size():
    """Not the mean of the two prices."""
    desk = Desk(LINEAR)
    desk.trade("buy", "3", "60000")
    desk.trade("buy", "1", "60400")
    assert desk.ledger.position.average_price == D(60100)  # (3 x 60000 + 60400) / 4
    assert desk.ledger.unrealised_quote(D(60200)) == D(4)  # 0.04 x (60200 - 60100)


def test_linear_partial_closes_leave_the_average_alone():
    """Realise only on reduction, at the same average each time."""
    desk = Desk(LINEAR)
    desk.trade("buy", "4", "60000")
    assert desk.trade("sell", "1", "60100").realised_quote == D(1)  # 0.01 x 100
    assert desk.trade("sell", "2", "59900").realised_quote == D(-2)  # 0.02 x -100
    assert desk.ledger.position.average_price == D(60000)
    assert desk.ledger.position.size_lots == 100  # 1 contract


def test_linear_flip_is_a_close_and_an_opening():
    """Long 1, sell 3: the long realises, 2 short stand at the fill's price."""
    desk = Desk(LINEAR)
    desk.trade("buy", "1", "60000")
    booked = desk.trade("sell", "3", "60500")
    assert booked.realised_quote == D(5)  # 0.01 x 500, not 0.03 x 500
    assert desk.ledger.position.average_price == D(60500)
    assert desk.ledger.unrealised_quote(D(60400)) == D(2)  # -0.02 x (60400 - 60500)


def test_linear_flip_back_and_forth():
    """Two flips: short 1 -> long 1 -> short 1."""
    desk = Desk(LINEAR)
    desk.trade("sell", "1", "60000")
    assert desk.trade("buy", "2", "59800").realised_quote == D(2)  # 0.01 x (60000 - 59800)
    assert desk.trade("sell", "2", "59700").realised_quote == D(-1)  # 0.01 x (59700 - 59800)
    assert desk.ledger.unrealised_quote(D(59700)) == 0


def test_an_opening_realises_nothing():
    """However far the price has moved."""
    desk = Desk(LINEAR)
    desk.trade("buy", "1", "60000")
    assert desk.trade("buy", "1", "70000").realised_quote == 0


# -- fees ----------------------------------------------------------------------------------------------


def test_a_rebate_is_income_and_kept_apart():
    """Maker rebate +0.03, taker fee -0.3: never netted away on the way in."""
    desk = Desk(LINEAR)
    desk.trade("buy", "1", "60000", fee="0.03")  # 600 x 0.5 bp = +0.03
    desk.trade("sell", "1", "60000", fee="-0.3", is_maker=False)  # 600 x 5 bps = -0.30
    session = desk.ledger.periods.session
    assert (session.maker_rebates, session.taker_fees) == (D("0.03"), D("-0.3"))
    assert (session.maker_fees, session.taker_rebates) == (0, 0)
    assert desk.ledger.fees_quote == D("-0.27")
    assert session.fee_bps == pytest.approx(-2.25)  # -0.27 / 1200 x 1e4
    assert session.maker_share == 0.5


def test_a_fee_in_a_third_currency_stays_out_of_quote():
    """OKB is shown in OKB; the PnL in USDT does not know it."""
    desk = Desk(LINEAR)
    desk.trade("buy", "1", "60000", fee="-0.002", fee_ccy="OKB")
    desk.trade("sell", "1", "60100", fee="-0.003", fee_ccy="OKB")
    assert desk.ledger.other_fees == {"OKB": D("-0.005")}
    assert desk.ledger.net_quote(None) == D(1)


# -- inverse -------------------------------------------------------------------------------------------


def test_inverse_long_earns_coin():
    """100 contracts are 10,000 USD: 0.2 BTC at 50,000, 0.16 BTC at 62,500."""
    desk = Desk(INVERSE)
    desk.trade("buy", "100", "50000")
    booked = desk.trade("sell", "100", "62500")
    assert booked.realised == D("0.04")  # 10000 x (1/50000 - 1/62500) = 0.2 - 0.16
    assert booked.realised_quote == D(2500)  # 0.04 BTC at 62,500


def test_inverse_short_earns_coin_when_the_price_falls():
    """10,000 USD short: 0.16 BTC at 62,500, 0.2 BTC at 50,000."""
    desk = Desk(INVERSE)
    desk.trade("sell", "100", "62500")
    assert desk.trade("buy", "100", "50000").realised == D("0.04")  # -10000 x (1/62500 - 1/50000)


def test_inverse_average_is_harmonic():
    """Equal USD at 50,000 and 62,500 average 55,555.55..., not 56,250."""
    desk = Desk(INVERSE)
    desk.trade("buy", "100", "50000")
    desk.trade("buy", "100", "62500")
    assert desk.ledger.position.cost == D("0.36")  # 0.2 + 0.16 BTC
    assert desk.ledger.position.average_price == D("55555.555555555556")  # 20000 / 0.36


def test_inverse_partial_close_takes_its_share_of_the_coin():
    """Half of 0.36 BTC leaves with half of the position."""
    desk = Desk(INVERSE)
    desk.trade("buy", "100", "50000")
    desk.trade("buy", "100", "62500")
    booked = desk.trade("sell", "100", "80000")
    assert booked.realised == D("0.055")  # 0.18 - 10000/80000 = 0.18 - 0.125
    assert desk.ledger.position.cost == D("0.18")


def test_inverse_flip():
    """Long 100, sell 150: 100 close, 50 open short at the fill's price."""
    desk = Desk(INVERSE)
    desk.trade("buy", "100", "50000")
    booked = desk.trade("sell", "150", "40000")
    assert booked.realised == D("-0.05")  # 10000 x (1/50000 - 1/40000) = 0.2 - 0.25
    assert desk.ledger.position.size_lots == -500  # 50 contracts of 10 lots
    assert desk.ledger.position.average_price == D(40000)
    assert desk.ledger.unrealised(D(32000)) == D("0.03125")  # -5000 x (1/40000 - 1/32000)


def test_inverse_coin_is_converted_when_booked_and_revalued_apart():
    """0.04 BTC booked at 62,500 are 2,500 USD; at 70,000 they have gained 300."""
    desk = Desk(INVERSE)
    desk.trade("buy", "100", "50000")
    desk.trade("sell", "100", "62500")
    assert desk.ledger.net(D(70000)) == D("0.04")
    assert desk.ledger.net_quote(D(70000)) == D(2500)
    assert desk.ledger.revaluation_quote(D(70000)) == D(300)  # 0.04 x (70000 - 62500)


def test_inverse_fees_are_coin():
    """10,000 USD at 50,000 and 2 bps: 0.2 BTC x 0.0002."""
    desk = Desk(INVERSE)
    desk.trade("buy", "100", "50000", fee="-0.00004")
    assert desk.ledger.net(D(50000)) == D("-0.00004")
    assert desk.ledger.net_quote(D(50000)) == D(-2)  # 0.00004 x 50000


def test_inverse_prices_that_do_not_divide():
    """1/30000 never ends; the books keep 16 digits and lose nothing when flat."""
    desk = Desk(INVERSE)
    desk.trade("buy", "3", "30000")  # 300 USD = 0.01 BTC
    desk.trade("buy", "1", "70000")  # 100 USD = 0.001428571428... BTC
    desk.trade("sell", "4", "90000")  # 400 USD = 0.004444... BTC
    exact = D("0.01") + D(1) / D(700) - D(4) / D(900)
    assert abs(desk.ledger.periods.session.realised - exact) < COIN
    assert desk.ledger.position.cost == 0


# -- spot ----------------------------------------------------------------------------------------------


def test_spot_buy_fee_in_base_lowers_the_quantity_and_raises_the_cost():
    """Pay 60,000 for 1 BTC, receive 0.999: the average is 60,060.06..."""
    desk = Desk(SPOT)
    desk.trade("buy", "1", "60000", fee="-0.001", fee_ccy="BTC")
    assert desk.ledger.position.quantity == D("0.999")
    assert desk.ledger.position.size_lots == 99_900
    assert desk.ledger.position.average_price == D("60060.060060060060")  # 60000 / 0.999
    assert desk.ledger.fees_quote == 0  # it is in the cost; counting it again would charge it twice
    assert desk.ledger.periods.session.fees_in_cost_quote == D(-60)  # 0.001 x 60000
    assert desk.ledger.net_quote(D(60000)) == D(-60)  # 0.999 x 60000 - 60000


def test_spot_sell_to_zero_leaves_dust():
    """0.99900005 BTC held, only whole lots of 0.00001 can be sold."""
    desk = Desk(SPOT)
    desk.trade("buy", "1", "60000", fee="-0.00099995", fee_ccy="BTC")  # leaves 0.99900005
    booked = desk.trade("sell", "0.999", "60100")
    assert desk.ledger.position.size_lots == 0
    assert desk.ledger.position.quantity == D("0.00000005")
    # cost of the dust: 60000 x 0.00000005 / 0.99900005 = 0.003003002853; the rest was sold for 60039.9
    assert desk.ledger.position.cost == D("0.003003002853")
    assert booked.realised_quote == D("60039.9") - (D(60000) - D("0.003003002853"))


def test_spot_round_trip_equals_the_cash_that_moved():
    """Bought with a base fee, sold with a quote fee: USDT out and in."""
    desk = Desk(SPOT)
    desk.trade("buy", "1", "60000", fee="-0.001", fee_ccy="BTC")
    desk.trade("sell", "0.999", "60200", fee="-60.1398")  # 60139.8 x 0.1 %
    assert desk.ledger.cash == {"BTC": 0, "USDT": D("79.6602")}  # -60000 + 60139.8 - 60.1398
    assert desk.ledger.net_quote(None) == D("79.6602")


def test_spot_average_over_two_buys_with_base_fees():
    """(50000 + 30000) USDT for 0.999 + 0.4995 BTC."""
    desk = Desk(SPOT)
    desk.trade("buy", "1", "50000", fee="-0.001", fee_ccy="BTC")
    desk.trade("buy", "0.5", "60000", fee="-0.0005", fee_ccy="BTC")
    assert desk.ledger.position.quantity == D("1.4985")
    assert desk.ledger.position.average_price == D("53386.720053386720")  # 80000 / 1.4985


def test_spot_base_rebate_raises_the_quantity():
    """A maker rebate paid in BTC: 1.0001 BTC for the price of one."""
    desk = Desk(SPOT)
    desk.trade("buy", "1", "60000", fee="0.0001", fee_ccy="BTC")
    assert desk.ledger.net_quote(D(60000)) == D(6)  # 0.0001 x 60000


def test_a_spot_short_is_bought_back_by_what_was_received():
    """Sold 1 at 60,000; 0.5 bought at 50,000 with a fee of 0.0005 buys 0.4995 back for 25,000."""
    desk = Desk(SPOT)
    desk.trade("sell", "1", "60000")
    booked = desk.trade("buy", "0.5", "50000", fee="-0.0005", fee_ccy="BTC")
    assert booked.realised_quote == D(4970)  # 0.4995 x 60000 - 25000
    assert desk.ledger.position.quantity == D("-0.5005")
    assert desk.ledger.position.cost == D(30030)  # 0.5005 x 60000


def test_a_spot_flip_shares_its_base_fee():
    """Short 0.5 at 60,000; 0.999 BTC come in for 50,000: 0.5 of them close, 0.499 stay."""
    desk = Desk(SPOT)
    desk.trade("sell", "0.5", "60000")
    booked = desk.trade("buy", "1", "50000", fee="-0.001", fee_ccy="BTC")
    assert booked.realised_quote == D("4974.974974974975")  # 30000 - 50000 x 0.5 / 0.999
    assert desk.ledger.position.quantity == D("0.499")
    assert desk.ledger.position.cost == D("24974.974974974975")  # 50000 x 0.499 / 0.999


def test_a_base_fee_can_eat_the_whole_position():
    """Nothing held, cost 60,000: that is a loss of 60,000, not a position at an infinite price."""
    desk = Desk(SPOT)
    booked = desk.trade("buy", "1", "60000", fee="-1", fee_ccy="BTC")
    assert booked.realised_quote == D(-60000)
    assert desk.ledger.position.average_price is None


# -- bills ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("change", "net"), [("-0.6", "-0.6"), ("0.6", "0.6")])
def test_funding_with_both_signs(change, net):
    """6,000 USDT at 1 bp: a long pays 0.6, a short receives it."""
    ledger = Ledger(LINEAR)
    assert ledger.book_bill(bill("8", change, inst_id=LINEAR.inst_id), None) is Flow.FUNDING
    assert ledger.periods.session.funding == D(change)
    assert ledger.net_quote(None) == D(net)


def test_inverse_funding_is_coin():
    """-0.0001 BTC at 50,000 is -5 USD."""
    ledger = Ledger(INVERSE)
    ledger.book_bill(bill("8", "-0.0001", inst_id=INVERSE.inst_id, ccy="BTC"), D(50000))
    assert ledger.net(None) == D("-0.0001")
    assert ledger.net_quote(None) == D(-5)


def test_a_bill_is_booked_once():
    """The same billId from two overlapping reads."""
    ledger = Ledger(LINEAR)
    ledger.book_bill(bill("8", "-0.6", inst_id=LINEAR.inst_id), None)
    assert ledger.book_bill(bill("8", "-0.6", inst_id=LINEAR.inst_id), None) is None
    assert ledger.periods.session.funding == D("-0.6")


@pytest.mark.parametrize("bill_type", ["3", "5", "9", "10"])
def test_liquidation_and_adl_are_a_line_of_their_own(bill_type):
    """What the venue does by itself is neither realised trading nor a fee."""
    ledger = Ledger(LINEAR)
    assert ledger.book_bill(bill(bill_type, "-250", inst_id=LINEAR.inst_id), None) is Flow.FORCED
    assert (ledger.periods.session.forced, ledger.realised_quote) == (D(-250), 0)


def test_a_trade_bill_moves_nothing():
    """Its fill is booked already."""
    ledger = Ledger(LINEAR)
    assert ledger.book_bill(bill("2", "5", inst_id=LINEAR.inst_id), None) is Flow.NONE
    assert (ledger.net_quote(None), ledger.cash) == (0, {})


def test_an_unknown_bill_type_counts_as_conversion():
    """Money that moved is never ignored."""
    ledger = Ledger(LINEAR)
    assert ledger.book_bill(bill("999", "1.5", inst_id=LINEAR.inst_id), None) is Flow.CONVERSION
    assert ledger.net_quote(None) == D("1.5")


def test_interest():
    """-0.02 USDT of interest on a liability."""
    ledger = Ledger(LINEAR)
    ledger.book_bill(bill("7", "-0.02", inst_id=LINEAR.inst_id), None)
    assert ledger.periods.session.interest == D("-0.02")


# -- order and time ----------------------------------------------------------------------------------


def test_fills_out_of_order_end_at_the_same_net():
    """Realised and unrealised may split otherwise; position and net may not."""
    first = trade(LINEAR, "buy", "1", "60000", trade_id="1", at_ms=START_MS)
    second = trade(LINEAR, "sell", "1", "60100", trade_id="2", at_ms=START_MS + 5)
    nets = []
    for order in ((first, second), (second, first), (second, second, first, first)):
        ledger = Ledger(LINEAR)
        for fill in order:
            ledger.book(fill)
        assert ledger.position.size_lots == 0
        nets.append(ledger.net_quote(D(60000)))
    assert nets == [D(1)] * 3  # 0.01 x 100


def test_the_day_rolls_over_at_utc_midnight_of_the_fills():
    """Realised 1 before midnight, 2 after: 2 today, 3 in the session."""
    midnight = (START_MS // DAY_MS + 1) * DAY_MS
    desk = Desk(LINEAR)
    desk.trade("buy", "3", "60000", at_ms=midnight - 2)
    desk.trade("sell", "1", "60100", at_ms=midnight - 1)
    desk.trade("sell", "2", "60100", at_ms=midnight)
    periods = desk.ledger.periods
    assert (periods.day.realised, periods.session.realised, periods.inception.realised) == (2, 3, 3)


def test_a_late_fill_of_yesterday_is_not_todays():
    """It counts for the session, and for the day it was of, which is over."""
    midnight = (START_MS // DAY_MS + 1) * DAY_MS
    desk = Desk(LINEAR)
    desk.trade("buy", "1", "60000", at_ms=midnight, fee="-0.12")
    desk.trade("sell", "1", "60000", at_ms=midnight - 1, fee="-0.12")
    assert desk.ledger.periods.day.fees == D("-0.12")
    assert desk.ledger.periods.session.fees == D("-0.24")


def test_state_carries_position_inception_day_and_ids():
    """Saved, read back and carried on: as if there had been no break, but a new session."""
    desk = Desk(INVERSE)
    desk.trade("buy", "3", "30000", fee="-0.000002")
    desk.ledger.book_bill(bill("8", "-0.0001", inst_id=INVERSE.inst_id, ccy="BTC"), D(30000))
    saved = msgspec.json.decode(msgspec.json.encode(desk.ledger.state()), type=LedgerState)
    ledger = Ledger.from_state(INVERSE, saved)
    assert ledger.state() == desk.ledger.state()
    assert ledger.fill_count == 0
    assert ledger.knows("1")
    assert ledger.book_bill(bill("8", "-0.0001", inst_id=INVERSE.inst_id, ccy="BTC"), None) is None
    booked = ledger.book(trade(INVERSE, "sell", "3", "60000", trade_id="9"))
    assert booked is not None
    assert booked.realised == D("0.005")  # 300/30000 - 300/60000
    assert ledger.periods.inception.booked == D("0.004898")  # 0.005 - 0.000002 - 0.0001
    assert desk.ledger.periods.inception.realised == 0  # the saved state shares nothing with the old books


def test_a_position_taken_over_keeps_the_venues_average_and_dust():
    """Spot: lots tell less than the balance."""
    ledger = Ledger(SPOT)
    ledger.position.adopt(100, D(50000), D("0.0010049"))
    assert (ledger.position.size_lots, ledger.position.quantity) == (100, D("0.0010049"))
    assert ledger.unrealised_quote(D(60000)) == D("10.049")  # 0.0010049 x 10000
