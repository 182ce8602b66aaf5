"""Spot: balances, holds, fees in the received currency, market orders by either currency."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.types import AccountLevel, ContractKind
from okxmm_tui.exchange.accounts import Account
from tests.exchange.bench import Bench

SPOT = "BTC-USDT"
TOP = 6_000_000
"""Best bid, 60000.00, in ticks of 0.01; the ask is one tick above."""
LEVEL = 100_000_000
"""One bitcoin a level."""


def spot_bench(level=AccountLevel.SPOT, **settings):
    """A bench whose account has two bitcoins and a spot book."""
    made = Bench(account_level=level, coin_balance=Decimal(2), **settings)
    return made.deep_book(LEVEL, inst=SPOT, bid=TOP)


@pytest.fixture
def bench():
    """A spot-mode account."""
    return spot_bench()


def place(bench, side="buy", size="0.1", px=None, **params):
    """Place a spot order in cash mode."""
    body = {"instId": SPOT, "tdMode": "cash", **params}
    return bench.place(side, size=size, **(body if px is None else body | {"px": px}))


def test_golden_numbers_of_a_buy_and_a_sell(bench):
    """The buy fee lowers the bitcoins received, the sell fee the dollars."""
    bought = bench.order(place(bench, "buy", "0.5", "60000.01"))
    assert bench.account.balance("BTC") == Decimal("2.4995")
    assert bench.account.cash == Decimal("69999.995")
    assert (bought.fee, bought.last_fill.fee_ccy) == (Decimal("-0.0005"), "BTC")
    sold = bench.order(place(bench, "sell", "0.1", "60000", ordType="ioc"))
    assert bench.account.balance("BTC") == Decimal("2.3995")
    assert bench.account.cash == Decimal("75993.995")
    assert (sold.fee, sold.last_fill.fee_ccy) == (Decimal(-6), "USDT")
    book = bench.account.spot[SPOT]
    assert (book.base, book.base_fees, book.quote_fees) == (Decimal("0.3995"), Decimal("-0.0005"), -6)
    assert book.realised == Decimal(6000) - Decimal("6006.007007007007")


def test_orders_and_fills_name_the_received_currency(bench):
    """FeeCcy is base for buys and quote for sells, in the push, the order and the fill."""
    client = bench.connect().subscribe("orders", instType="SPOT")
    client.take()
    place(bench, "buy", "0.1", "60000.01")
    place(bench, "sell", "0.1", "60000")
    filled = [row for row in client.rows("orders") if row["tradeId"]]
    assert [(row["fillFeeCcy"], row["feeCcy"], row["fillFee"]) for row in filled] == [
        ("BTC", "BTC", "-0.0001"),
        ("USDT", "USDT", "-6"),
    ]
    assert {(row["posSide"], row["lever"], row["pnl"]) for row in filled} == {("net", "", "0")}
    assert [row["feeCcy"] for row in bench.data("trade/fills?instType=SPOT")] == ["USDT", "BTC"]
    assert bench.data("account/positions") == []


def test_a_maker_rebate_is_shown_as_rebate_of_a_buy_and_inside_fee_of_a_sell():
    """OKX keeps rebates of spot apart, but for maker sells."""
    bench = spot_bench(spot_maker_rate=Decimal("0.0001"))
    bid = place(bench, "buy", "0.1", "59999")
    ask = place(bench, "sell", "0.1", "60001")
    bench.book([(TOP - 200, LEVEL)], [(TOP - 150, LEVEL)], inst=SPOT)
    bench.book([(TOP + 150, LEVEL)], [(TOP + 200, LEVEL)], inst=SPOT)
    rows = {row["ordId"]: row for row in bench.data("trade/orders-history?instType=SPOT")}
    assert (rows[bid["ordId"]]["fee"], rows[bid["ordId"]]["rebate"]) == ("0", "0.00001")
    assert (rows[ask["ordId"]]["fee"], rows[ask["ordId"]]["rebate"]) == ("0.60001", "0")


def test_resting_orders_hold_what_they_would_pay(bench):
    """A bid holds dollars, an ask bitcoins; cancelling frees both; more than is free is 51008."""
    bid = place(bench, "buy", "1", "59000")
    ask = place(bench, "sell", "1.5", "61000")
    rows = {row["ccy"]: row for row in bench.data("account/balance")[0]["details"]}
    assert (rows["USDT"]["availBal"], rows["USDT"]["ordFrozen"]) == ("41000", "59000")
    assert (rows["BTC"]["availBal"], rows["BTC"]["frozenBal"]) == ("0.5", "1.5")
    assert (rows["USDT"]["availEq"], rows["USDT"]["mgnRatio"]) == ("", "")
    short = place(bench, "buy", "1", "59000")
    assert (short["sCode"], short["subCode"]) == ("51008", "1000")
    assert place(bench, "sell", "0.6", "61000")["sCode"] == "51008"
    body = {"instId": SPOT, "ordId": bid["ordId"], "newSz": "2"}
    assert bench.rest("POST", "trade/amend-order", body)[1]["data"][0]["sCode"] == "51502"
    assert bench.rest("POST", "trade/amend-order", body | {"newSz": "1.5"})[1]["code"] == "0"
    for ack in (bid, ask):
        bench.post("trade/cancel-order", instId=SPOT, ordId=ack["ordId"])
    assert {row["availBal"] for row in bench.data("account/balance")[0]["details"]} == {"100000", "2"}


def test_market_buy_spends_quote_by_default(bench):
    """The size is dollars: 90000.01 buys a bitcoin at 60000.01 and the rest a level on, down to a lot."""
    order = bench.order(place(bench, "buy", "90000.01", ordType="market"))
    assert order.state.value == "filled"
    rest = (Decimal("90000.01") - Decimal("60000.01")) / Decimal("60000.02")
    assert order.filled_lots == LEVEL + int(rest * LEVEL)
    spent = Decimal(100_000) - bench.account.cash
    assert Decimal("90000.01") - Decimal("0.001") < spent <= Decimal("90000.01")
    row = bench.data(f"trade/order?instId={SPOT}&ordId={order.order_id}")[0]
    assert (row["sz"], row["tgtCcy"], row["px"]) == ("90000.01", "quote_ccy", "")


@pytest.mark.parametrize(
    ("side", "size", "target", "filled"),
    [("buy", "0.5", "base_ccy", "0.5"), ("sell", "0.5", "", "0.5"), ("sell", "30000", "quote_ccy", "0.5")],
)
def test_market_orders_by_either_currency(bench, side, size, target, filled):
    """TgtCcy decides the unit of the size; sells default to base."""
    order = bench.order(place(bench, side, size, ordType="market", tgtCcy=target))
    assert order.listing.instrument.size(order.filled_lots) == Decimal(filled)


def test_a_market_order_beyond_the_book_is_canceled_for_the_rest():
    """A spot market order never rests: what the book does not give is canceled, source 14."""
    bench = spot_bench()
    bench.book([(TOP, LEVEL)], [(TOP + 1, 1000)], inst=SPOT)
    order = bench.order(place(bench, "buy", "50000", ordType="market"))
    assert (order.filled_lots, order.state.value, order.cancel_source) == (1000, "canceled", "14")


REFUSALS = [
    ({"ordType": "market", "size": "100001"}, "51131"),
    ({"ordType": "market", "size": "2", "tgtCcy": "base_ccy"}, "51131"),
    ({"ordType": "market", "side": "sell", "size": "2.1"}, "51131"),
    ({"ordType": "market", "size": "0.1"}, "51020"),
    ({"ordType": "market", "size": "2000000"}, "51005"),
    ({"ordType": "market", "tgtCcy": "coins"}, "51000"),
    ({"ordType": "optimal_limit_ioc"}, "51000"),
    ({"px": "60000", "size": "0.000001"}, "51020"),
    ({"px": "60000", "size": "0.000000001"}, "51121"),
    ({"px": "60000", "posSide": "long"}, "51000"),
    ({"px": "90000"}, "51137"),
    ({"side": "sell", "px": "50000"}, "51138"),
]


@pytest.mark.parametrize(("change", "code"), REFUSALS)
def test_refusals(bench, change, code):
    """Each refusal has its code, and nothing is held afterwards."""
    assert place(bench, **change)["sCode"] == code
    assert bench.state.margin().of("USDT").held == 0


def test_spot_ignores_reduce_only(bench):
    """ReduceOnly is for margin and contracts; a spot order with it is a plain order."""
    assert place(bench, "buy", "0.1", "59999", reduceOnly=True)["sCode"] == "0"


def test_balance_pushes_carry_both_currencies(bench):
    """A fill moves two balances; account and balance_and_position show both, with no position."""
    client = bench.connect().subscribe("account").subscribe("balance_and_position")
    client.take()
    place(bench, "buy", "0.1", "60000.01")
    (summary,) = client.rows("balance_and_position")
    assert [(one["ccy"], one["cashBal"]) for one in summary["balData"]] == [
        ("BTC", "2.0999"),
        ("USDT", "93999.999"),
    ]
    assert summary["posData"] == []
    assert summary["trades"][0]["instId"] == SPOT
    bench.wait(0.06)
    (row,) = client.rows("account")
    assert {one["ccy"]: one["cashBal"] for one in row["details"]} == {"BTC": "2.0999", "USDT": "93999.999"}


def test_account_push_of_one_currency(bench):
    """An account argument with a currency gets that one alone."""
    client = bench.connect().subscribe("account", ccy="BTC")
    assert [one["ccy"] for row in client.rows("account") for one in row["details"]] == ["BTC"]
    place(bench, "buy", "0.1", "60000.01")
    bench.wait(0.06)
    assert [one["ccy"] for row in client.rows("account") for one in row["details"]] == ["BTC"]


PAIR = Instrument(
    inst_id=SPOT,
    inst_type="SPOT",
    kind=ContractKind.SPOT,
    code=3,
    tick_size=Decimal("0.01"),
    lot_size=Decimal("0.00000001"),
    min_size_lots=1000,
    max_limit_lots=10**18,
    contract_value=Decimal(1),
    base_ccy="BTC",
    quote_ccy="USDT",
    settle_ccy="USDT",
)
TRADES = st.lists(
    st.tuples(st.integers(-(10**9), 10**9).filter(bool), st.integers(5_000_000, 7_000_000)), max_size=30
)


@given(TRADES, st.sampled_from([Decimal("-0.001"), Decimal(0), Decimal("0.0001")]))
def test_nothing_is_lost_but_fees(made, rate):
    """Both balances are what was exchanged plus the fees, and the book explains them exactly."""
    account = Account(Decimal(10**6), {"BTC": Decimal(100)})
    base = quote = Decimal(0)
    for lots, ticks in made:
        account.apply_spot_fill(PAIR, lots, PAIR.price(ticks), rate=rate, now_ms=1)
        base += PAIR.size(lots)
        quote -= PAIR.size(lots) * PAIR.price(ticks)
    if not made:
        return
    book, mark = account.spot[SPOT], Decimal(60_000)
    assert account.balance("BTC") - 100 == base + book.base_fees == book.base
    assert account.cash - 10**6 == quote + book.quote_fees
    gained = account.cash - 10**6 + book.base * mark
    assert gained == book.realised + book.unrealised(mark) + book.quote_fees
