"""Liquidation and auto-deleveraging: who is closed, at what, and what every channel says about it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okxmm_tui.core.types import AccountLevel, PositionMode
from tests.exchange.bench import ASK, BID, INST, Bench

INVERSE = "BTC-USD-SWAP"


def crash(bench, ticks, inst=INST):
    """Move the whole book and let the risk engine look."""
    bench.deep_book(10_000, inst=inst, bid=BID + ticks)
    return bench.wait(0.2)


@pytest.fixture
def indebted():
    """A long of ten contracts on a thousand dollars."""
    made = Bench(balance=Decimal(1000)).deep_book(10_000)
    made.place("buy", ASK, "10")
    return made


def test_nothing_happens_while_margin_suffices(indebted):
    """Just above the maintenance margin the position lives."""
    crash(indebted, -90_000)
    assert indebted.position().lots == 1000


def test_liquidation_golden_numbers(indebted):
    """At 50100 equity of 7 stands against a maintenance of 20: ten contracts close at the mark's tick."""
    crash(indebted, -99_000)
    opened = Decimal("0.1") * Decimal("60000.1")
    fee_in, fee_out = opened * Decimal("0.0005"), Decimal("0.1") * 50_100 * Decimal("0.0005")
    fill = indebted.state.store.fills[-1]
    assert (fill.price, fill.trade_id[0], fill.fee) == (50_100, "-", -fee_out)
    assert indebted.account.cash == 1000 - fee_in + Decimal(5010) - opened - fee_out
    assert indebted.account.cash > 0
    (bill,) = indebted.data("account/bills?type=5")
    assert (bill["subType"], bill["pnl"]) == ("107", "-990.01")


def test_liquidation_is_told_to_everyone(indebted):
    """The orders channel says full_liquidation, the summary liquidation."""
    client = indebted.connect().subscribe("orders", instType="ANY").subscribe("balance_and_position")
    client.take()
    crash(indebted, -99_000)
    pushes = client.take()
    rows = [row for one in pushes if one["arg"]["channel"] == "orders" for row in one["data"]]
    forced = [row for row in rows if row["category"] == "full_liquidation"]
    assert [(row["state"], row["execType"], row["clOrdId"]) for row in forced] == [("filled", "T", "")]
    events = [row["eventType"] for one in pushes if one["arg"]["channel"] != "orders" for row in one["data"]]
    assert events[-1] == "liquidation"


@pytest.mark.parametrize("fault", ["adl", "liquidation"])
def test_orders_of_the_venue_have_no_trade_id(indebted, fault):
    """Negative among the fills, 0 on the order, pushed or asked for (OKX v5, fills)."""
    client = indebted.connect().subscribe("orders", instType="ANY")
    client.take()
    indebted.fault(fault, instId=INST, size="1")
    (row,) = client.rows("orders")
    assert (row["tradeId"], row["fillSz"], row["state"]) == ("0", "1", "filled")
    assert indebted.data(f"trade/order?instId={INST}&ordId={row['ordId']}")[0]["tradeId"] == "0"
    assert indebted.data("trade/fills")[0]["tradeId"].startswith("-")


def test_orders_behind_the_same_margin_are_canceled(indebted):
    """An ask far away is canceled for risk before the position is closed."""
    ask = indebted.order(indebted.place("sell", ASK + 5000, "1"))
    crash(indebted, -99_000)
    assert (ask.cancel_source, indebted.position().lots) == ("3", 0)


def test_what_is_owed_is_paid_in_and_billed(indebted):
    """Far below bankruptcy the balance is lifted to zero by a bill of its own."""
    crash(indebted, -150_000)
    assert indebted.account.cash == 0
    bills = indebted.data("account/bills?type=5")
    assert bills[0]["subType"] == "110"
    assert sum(Decimal(bill["balChg"]) for bill in indebted.data("account/bills")) == 0


def test_large_positions_are_liquidated_in_parts():
    """From the third tier on a part is closed, down to the first tier, when that is enough."""
    bench = Bench(balance=Decimal(1_000_000)).deep_book(10_000_000)
    bench.post("account/set-leverage", instId=INST, mgnMode="cross", lever="100")
    for _ in range(2):
        assert bench.place("buy", ASK, "20000")["sCode"] == "0"
    crash(bench, -19_000)
    fill = bench.state.store.fills[-1]
    assert fill.category.value == "partial_liquidation"
    left = bench.position().value(Decimal("58100.05"))
    assert Decimal(4_999_000) < left <= 5_000_000
    assert bench.data("account/bills?type=5")[0]["subType"] == "103"


def test_isolated_position_risks_its_margin_only():
    """Closed far below bankruptcy it costs what was set aside, and nothing else."""
    bench = Bench().deep_book(10_000)
    bench.place("buy", ASK, "10", tdMode="isolated")
    aside = bench.position(mode="isolated").margin
    before = bench.account.cash
    crash(bench, -100_000)
    assert bench.position(mode="isolated").lots == 0
    assert bench.account.cash == before - aside
    assert bench.position().lots == 0


def test_inverse_liquidation_is_in_coin():
    """A coin-margined long is closed by the coin it owes; dollars are untouched."""
    bench = Bench(coin_balance=Decimal("0.01")).deep_book(10_000, inst=INVERSE)
    assert bench.place("buy", ASK, "50", instId=INVERSE)["sCode"] == "0"
    crash(bench, -70_000, INVERSE)
    assert bench.position(INVERSE).lots == 0
    assert 0 <= bench.account.balance("BTC") < Decimal("0.001")
    assert bench.account.cash == bench.account.initial


def test_pooled_account_is_liquidated_as_one():
    """With multi-currency margin a dollar-settled loss is covered by the bitcoin until it is not."""
    bench = Bench(
        account_level=AccountLevel.MULTI_CURRENCY, balance=Decimal(100), coin_balance=Decimal("0.1")
    )
    bench.deep_book(10_000).deep_book(10**8, inst="BTC-USDT", bid=6_000_000)
    bench.place("buy", ASK, "50")
    crash(bench, -50_000)
    assert bench.position().lots == 5000
    assert bench.state.margin().of("USDT").equity < 0
    crash(bench, -150_000)
    assert bench.position().lots == 0
    assert bench.state.margin().total_usd(lambda one: one.cash) >= 0


def test_adl_takes_the_asked_size_away(indebted):
    """Category adl, no fee, bill type 9, orders of the instrument canceled with source 6."""
    ask = indebted.order(indebted.place("sell", ASK + 500, "1"))
    client = indebted.connect().subscribe("orders", instType="ANY").subscribe("balance_and_position")
    client.take()
    indebted.fault("adl", instId=INST, size="4")
    pushes = client.take()
    rows = [row for one in pushes if one["arg"]["channel"] == "orders" for row in one["data"]]
    assert (ask.cancel_source, rows[-1]["category"], rows[-1]["fillFee"]) == ("6", "adl", "0")
    assert pushes[-1]["data"][0]["eventType"] == "adl"
    assert indebted.position().lots == 600
    (bill,) = indebted.data("account/bills?type=9")
    assert (bill["subType"], bill["sz"], bill["fee"]) == ("128", "4", "0")


def test_adl_of_both_sides():
    """In long/short mode the sides are reduced in turn."""
    bench = Bench(position_mode=PositionMode.LONG_SHORT).deep_book()
    bench.place("buy", ASK, "1", posSide="long")
    bench.place("sell", BID, "1", posSide="short")
    bench.fault("adl", instId=INST, size="1.5")
    assert [abs(one.lots) for one in bench.account.positions.values()] == [0, 50]
    assert [bill["subType"] for bill in bench.data("account/bills?type=9")] == ["126", "125"]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"instId": "NOPE", "size": "1"}, "51001"),
        ({"instId": INVERSE, "size": "1"}, "51023"),
        ({"instId": INST, "size": "0.001"}, "51121"),
        ({"instId": INST, "size": "much"}, "51000"),
        ({"instId": INST}, "50014"),
    ],
)
def test_wrong_adl_requests(indebted, params, code):
    """A wrong request is refused with its reason and changes nothing."""
    answer = indebted.venue.inject(
        b'{"fault":"adl",' + ",".join(f'"{k}":"{v}"' for k, v in params.items()).encode() + b"}",
        indebted.now_ns,
    )
    assert (answer.status, code in answer.body.decode()) == (400, True)
    assert indebted.position().lots == 1000


def test_forced_fills_are_not_on_the_fast_channel():
    """The fills channel tells of matches in the book; what the venue takes away is on orders alone."""
    bench = Bench(vip=True).deep_book()
    client = bench.connect().subscribe("fills").subscribe("orders", instType="ANY")
    bench.place("buy", ASK, "1")
    assert len(client.rows("fills")) == 1
    bench.fault("adl", instId=INST, size="1")
    channels = [one["arg"]["channel"] for one in client.take()]
    assert channels == ["orders"]


def test_liquidation_on_request(indebted):
    """All of a healthy position goes at the mark with the taker fee; orders behind the margin go first."""
    ask = indebted.order(indebted.place("sell", ASK + 500, "1"))
    indebted.fault("liquidation", instId=INST)
    fill = indebted.state.store.fills[-1]
    assert (ask.cancel_source, indebted.position().lots) == ("3", 0)
    assert (fill.category.value, fill.price) == ("full_liquidation", Decimal(60000))
    assert fill.fee == -Decimal("0.1") * 60_000 * Decimal("0.0005")
    (bill,) = indebted.data("account/bills?type=5")
    assert bill["subType"] == "107"


def test_liquidation_of_a_part_on_request():
    """A size takes the sides in turn and calls what is left over partial."""
    bench = Bench(position_mode=PositionMode.LONG_SHORT).deep_book()
    bench.place("buy", ASK, "1", posSide="long")
    bench.place("sell", BID, "1", posSide="short")
    bench.fault("liquidation", instId=INST, size="1.5")
    assert [abs(one.lots) for one in bench.account.positions.values()] == [0, 50]
    categories = [one.category.value for one in bench.state.store.fills[-2:]]
    assert categories == ["full_liquidation", "partial_liquidation"]


def test_liquidation_on_request_after_a_crash_leaves_no_debt(indebted):
    """What the account cannot pay is paid in and billed, as when margin runs out by itself."""
    indebted.deep_book(10_000, bid=BID - 150_000)
    indebted.fault("liquidation", instId=INST)
    assert indebted.account.cash == 0
    assert sum(Decimal(bill["balChg"]) for bill in indebted.data("account/bills")) == 0


def test_a_loss_cancels_spot_orders_it_left_without_balance():
    """Dollars lost in a swap no longer back a spot bid: it is canceled with source 9."""
    bench = Bench(balance=Decimal(10_000)).deep_book(10_000)
    bench.deep_book(10**8, inst="BTC-USDT", bid=6_000_000)
    bench.place("buy", ASK, "50")
    bid = bench.order(bench.place("buy", size="0.11", instId="BTC-USDT", tdMode="cash", px="59000"))
    assert bid.is_pending
    crash(bench, -80_000)
    bench.place("sell", BID - 80_000, "50")
    assert (bid.state.value, bid.cancel_source) == ("canceled", "9")


STEPS = st.lists(
    st.tuples(st.sampled_from(["buy", "sell"]), st.integers(1, 900), st.integers(-40_000, 40_000)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(STEPS, st.sampled_from([INST, INVERSE]))
def test_no_path_leaves_a_debt_or_loses_money(steps, inst):
    """However the price jumps: bills explain each balance, and no equity ends below zero."""
    bench = Bench(balance=Decimal(2000), coin_balance=Decimal("0.03")).deep_book(10_000, inst=inst)
    for side, tenths, move in steps:
        bench.wait(0.1)
        bench.place(side, size=str(Decimal(tenths) / 10), instId=inst, ordType="market")
        bench.deep_book(10_000, inst=inst, bid=BID + move)
        bench.wait(0.2)
    bills = [(bill.ccy, bill.amount) for bill in bench.state.bills]
    for ccy, cash in bench.account.balances.items():
        assert sum((amount for one, amount in bills if one == ccy), Decimal(0)) == cash
        assert cash >= 0 or bench.account.open_positions()
        assert bench.state.margin().of(ccy).equity >= 0
