"""Account levels 1 to 4: what each accepts, how margin is pooled, and batches of portfolio accounts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from okxmm_tui.core.types import AccountLevel, PositionMode
from okxmm_tui.errors import UsageError
from okxmm_tui.exchange.options import ExchangeOptions, VenueSettings
from tests.exchange.bench import ASK, BID, INST, Bench

SPOT, INVERSE, DATED = "BTC-USDT", "BTC-USD-SWAP", "BTC-USDT-270625"
PRICES = {SPOT: ("59000", "0.01"), INST: ("59900", "1"), INVERSE: ("59900", "1"), DATED: ("59900", "1")}


def level_bench(level, **settings):
    """A bench of an account level with a book in every kind of market."""
    made = Bench(account_level=AccountLevel(level), coin_balance=Decimal(1), **settings).deep_book()
    for inst in (INVERSE, DATED):
        made.deep_book(1000, inst=inst)
    return made.deep_book(10**8, inst=SPOT, bid=6_000_000)


TABLE = [
    ("1", SPOT, "cash", "0"),
    ("1", SPOT, "cross", "51010"),
    ("1", SPOT, "isolated", "51010"),
    ("1", INST, "cross", "51010"),
    ("1", DATED, "isolated", "51010"),
    ("2", SPOT, "cash", "0"),
    ("2", SPOT, "cross", "50014"),
    ("2", SPOT, "isolated", "54000"),
    ("2", INST, "cross", "0"),
    ("2", INST, "isolated", "0"),
    ("2", INST, "cash", "51000"),
    ("2", INVERSE, "cross", "0"),
    ("2", DATED, "isolated", "0"),
    ("3", SPOT, "cross", "0"),
    ("3", SPOT, "cash", "51000"),
    ("3", SPOT, "isolated", "50072"),
    ("3", INST, "cross", "0"),
    ("3", INST, "isolated", "50072"),
    ("3", INVERSE, "cross", "0"),
    ("3", DATED, "cash", "51000"),
    ("4", SPOT, "cross", "0"),
    ("4", INVERSE, "isolated", "50072"),
    ("4", DATED, "cross", "0"),
    ("4", INST, "", "50014"),
    ("4", INST, "spot_isolated", "51000"),
]


@pytest.mark.parametrize(("level", "inst", "mode", "code"), TABLE)
def test_trade_modes(level, inst, mode, code):
    """The table of account modes, row by row."""
    price, size = PRICES[inst]
    ack = level_bench(level).place("buy", size=size, instId=inst, tdMode=mode, px=price)
    assert ack["sCode"] == code, ack


@pytest.mark.parametrize("level", ["1", "2", "3", "4"])
def test_config_tells_the_level(level):
    """AcctLv is what the exchange was started with."""
    assert level_bench(level).data("account/config")[0]["acctLv"] == level


def test_options_choose_level_and_mode():
    """Level and position mode come from the command line; nonsense and impossible pairs are refused."""
    options = ExchangeOptions(account_level="3", position_mode="long_short_mode", coin_balance=Decimal(2))
    settings = VenueSettings.from_options(options)
    assert (settings.account_level, settings.position_mode) == (
        AccountLevel.MULTI_CURRENCY,
        PositionMode.LONG_SHORT,
    )
    assert settings.coin_balance == 2
    for wrong in (
        ExchangeOptions(account_level="5"),
        ExchangeOptions(position_mode="both"),
        ExchangeOptions(account_level="4", position_mode="long_short_mode"),
        ExchangeOptions(account_level="1", position_mode="long_short_mode"),
    ):
        with pytest.raises(UsageError):
            VenueSettings.from_options(wrong)


def test_futures_mode_keeps_currencies_apart():
    """With level 2 a bitcoin does not back a dollar-settled swap, and dollars no inverse one."""
    bench = level_bench("2", balance=Decimal(1000))
    assert bench.place("buy", BID, "100")["sCode"] == "51008"
    assert bench.place("buy", BID, "500", instId=INVERSE)["sCode"] == "0"
    assert "BTC margin" in bench.place("buy", BID, "9000", instId=INVERSE)["sMsg"]


def test_multi_currency_mode_pools_them():
    """With level 3 the bitcoin does, and the totals in USD say so."""
    bench = level_bench("3", balance=Decimal(1000))
    assert bench.place("buy", BID, "100")["sCode"] == "0"
    (row,) = bench.data("account/balance")
    equity = Decimal(1000) + Decimal("60000.005")
    assert Decimal(row["adjEq"]) == Decimal(row["totalEq"]) == pytest.approx(equity, abs=Decimal("0.1"))
    assert Decimal(row["imr"]) == 100 * Decimal("0.01") * 60_000 / 10
    assert Decimal(row["availEq"]) == Decimal(row["adjEq"]) - Decimal(row["imr"])
    assert {detail["imr"] for detail in row["details"]} == {""}
    assert bench.place("buy", BID, "1000")["sCode"] == "51008"


def test_pooled_spot_borrows_nothing():
    """Level 3 trades spot in cross mode, with the balance that is there."""
    bench = level_bench("3", balance=Decimal(1000))
    assert bench.place("buy", size="0.1", instId=SPOT, px="60000")["sCode"] == "51008"
    assert bench.place("sell", size="1", instId=SPOT, px="60000")["sCode"] == "0"


def test_batches_of_portfolio_accounts_are_all_or_nothing():
    """One bad order refuses the others with 54004; the sum of margins counts; good batches go through."""
    order = {"instId": INST, "tdMode": "cross", "side": "buy", "ordType": "limit", "px": "59999", "sz": "1"}
    bench = level_bench("4")
    for changes, codes in (
        ({"sz": "0.005"}, ["54004", "51121"]),
        ({"instId": "NO-SWAP"}, ["54004", "51001"]),
        ({"clOrdId": "same"}, ["54004", "51016"]),
        ({"sz": "2600"}, ["54004", "51008"]),
    ):
        first = order | ({"clOrdId": "same"} if "clOrdId" in changes else {"sz": "1"})
        first = first | ({"sz": "1000"} if changes == {"sz": "2600"} else {})
        answer = bench.rest("POST", "trade/batch-orders", [first, order | changes])[1]
        assert [row["sCode"] for row in answer["data"]] == codes, changes
        assert bench.state.store.pending == {}
    assert bench.rest("POST", "trade/batch-orders", [order, order])[1]["code"] == "0"
    assert len(bench.state.store.pending) == 2


def test_order_precheck():
    """Pooled accounts learn what an order would change; others are refused with 51010."""
    body = {"instId": INST, "tdMode": "cross", "side": "buy", "ordType": "limit", "px": "59999", "sz": "10"}
    bench = level_bench("3")
    (row,) = bench.post("trade/order-precheck", **body)
    assert Decimal(row["imrChg"]) == Decimal("599.99")
    assert (row["adjEqChg"], row["mmrChg"]) == ("0", "0")
    assert bench.state.store.orders == {}
    assert bench.refused("POST", "trade/order-precheck", body | {"sz": "9999"}) == "51008"
    assert bench.refused("POST", "trade/order-precheck", {"tdMode": "cross"}) == "50014"
    assert level_bench("2").refused("POST", "trade/order-precheck", body) == "51010"


def test_inverse_fill_reaches_every_report():
    """Position, balance and bills of an inverse swap are in coin."""
    bench = level_bench("2")
    bench.place("buy", ASK, "10", instId=INVERSE)
    (row,) = bench.data("account/positions?instType=SWAP")
    assert (row["pos"], row["ccy"], row["notionalUsd"], row["avgPx"]) == ("10", "BTC", "1000", "60000.1")
    coin = (Decimal(1000) / Decimal("60000.1")).quantize(Decimal("1e-16"))
    detail = bench.data("account/balance?ccy=BTC")[0]["details"][0]
    assert Decimal(detail["cashBal"]) == 1 - coin * Decimal("0.0005")
    assert Decimal(detail["eq"]) == Decimal(detail["cashBal"]) + Decimal(row["upl"])
    (bill,) = bench.data("account/bills?type=2")
    assert (bill["ccy"], bill["sz"], Decimal(bill["fee"])) == ("BTC", "10", coin * Decimal("-0.0005"))
    assert bench.account.cash == bench.account.initial


def test_dated_futures_pay_no_funding():
    """Linear and inverse futures trade like swaps, but the funding clock passes them by."""
    bench = level_bench("2").deep_book(1000, inst="BTC-USD-270625")
    for inst in (DATED, "BTC-USD-270625"):
        assert bench.place("buy", ASK, "1", instId=inst)["sCode"] == "0"
    assert [row["instType"] for row in bench.data("account/positions?instType=FUTURES")] == ["FUTURES"] * 2
    bench.fault("funding")
    assert bench.data("account/bills?type=8") == []
    (listed,) = bench.data(f"public/instruments?instType=FUTURES&instId={DATED}")
    assert (listed["expTime"], listed["settleCcy"]) == ("1813910400000", "USDT")
