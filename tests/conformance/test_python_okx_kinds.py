"""The official SDK on spot, inverse and dated markets, in other account levels and position modes."""

from __future__ import annotations

from contextlib import contextmanager
from decimal import Decimal

import pytest

from okxmm_tui.exchange.process import ExchangeOptions
from tests.conformance.hosting import Hosted
from tests.conformance.kinds import ASK, BID, DATED, INVERSE, SPOT, write_market
from tests.conformance.test_python_okx_rest import Sdk, data, refusal

pytestmark = [
    pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning"),
]


@contextmanager
def sdk_of(folder, **options):
    """The SDK before a fresh exchange with every kind of market."""
    with Hosted(ExchangeOptions(markets=(write_market(folder),), **options)) as hosted:
        made = Sdk(hosted.rest)
        try:
            yield made
        finally:
            made.close()


@pytest.fixture
def sdk(tmp_path):
    """A futures-mode account."""
    with sdk_of(tmp_path) as made:
        yield made


@pytest.fixture
def hedged(tmp_path):
    """An account in long/short mode."""
    with sdk_of(tmp_path, position_mode="long_short_mode") as made:
        yield made


def cash(sdk, ccy):
    """Balance of one currency."""
    [row] = data(sdk.account.get_account_balance(ccy=ccy))[0]["details"]
    return Decimal(row["cashBal"])


def test_spot_fees_are_in_what_is_received(sdk):
    """A market buy by quote and a limit sell: the fee is in base, then in quote."""
    data(sdk.trade.place_order(SPOT, "cash", "buy", "market", "13000.2", tgtCcy="quote_ccy"))
    assert (cash(sdk, "BTC"), cash(sdk, "USDT")) == (Decimal("1.1998"), Decimal("86999.8"))
    data(sdk.trade.place_order(SPOT, "cash", "sell", "limit", "0.1", px=str(BID)))
    assert cash(sdk, "USDT") == Decimal("86999.8") + 6500 - Decimal("6.5")
    fills = data(sdk.trade.get_fills(instType="SPOT"))
    assert [(row["feeCcy"], row["fee"]) for row in fills] == [("USDT", "-6.5"), ("BTC", "-0.0002")]
    assert data(sdk.account.get_positions()) == []
    assert data(sdk.account.get_fee_rates("SPOT", instId=SPOT))[0]["taker"] == "-0.001"


def test_spot_needs_the_balance(sdk):
    """51008 for a limit order, 51131 for a market order."""
    assert refusal(sdk.trade.place_order(SPOT, "cash", "buy", "limit", "2", px=str(BID))) == "51008"
    assert refusal(sdk.trade.place_order(SPOT, "cash", "sell", "market", "1.1")) == "51131"


def test_inverse_swap_is_settled_in_coin(sdk):
    """Position, fee and funding basis in BTC; closing by close-position leaves it flat."""
    data(sdk.trade.place_order(INVERSE, "cross", "sell", "market", "65"))
    [position] = data(sdk.account.get_positions(instId=INVERSE))
    assert (position["pos"], position["avgPx"], position["ccy"]) == ("-65", "65000", "BTC")
    assert cash(sdk, "BTC") == 1 - Decimal("0.1") * Decimal("0.0005")
    data(sdk.trade.close_positions(INVERSE, "cross"))
    assert data(sdk.account.get_positions()) == []
    assert sdk.trade.close_positions(INVERSE, "cross")["code"] == "51023"
    assert cash(sdk, "USDT") == 100_000


def test_dated_future(sdk):
    """It trades like a swap and is listed with its expiry."""
    [listed] = data(sdk.public.get_instruments("FUTURES", instId=DATED))
    assert listed["expTime"] == "1813910400000"
    data(sdk.trade.place_order(DATED, "cross", "buy", "market", "1"))
    [position] = data(sdk.account.get_positions(instType="FUTURES"))
    assert (position["pos"], position["avgPx"]) == ("1", str(ASK))


def test_isolated_margin(sdk):
    """Set aside per position, with its own leverage."""
    data(sdk.account.set_leverage(lever="20", mgnMode="isolated", instId=DATED))
    data(sdk.trade.place_order(DATED, "isolated", "buy", "market", "1"))
    [position] = data(sdk.account.get_positions())
    assert (position["mgnMode"], position["lever"], position["margin"]) == ("isolated", "20", "32.5005")


def test_long_and_short(hedged):
    """PosSide is mandatory, sides stand apart, closing too much is 51112, and each closes by itself."""
    order = {"instId": DATED, "tdMode": "cross", "ordType": "market", "sz": "1"}
    assert refusal(hedged.trade.place_order(**order, side="buy")) == "51000"
    data(hedged.trade.place_order(**order, side="buy", posSide="long"))
    data(hedged.trade.place_order(**order, side="sell", posSide="short"))
    sides = {row["posSide"]: row["pos"] for row in data(hedged.account.get_positions())}
    assert sides == {"long": "1", "short": "1"}
    assert refusal(hedged.trade.place_order(**(order | {"sz": "2"}), side="sell", posSide="long")) == "51112"
    assert hedged.account.set_position_mode("net_mode")["code"] == "59000"
    for side in ("long", "short"):
        data(hedged.trade.close_positions(DATED, "cross", posSide=side))
    assert data(hedged.account.set_position_mode("net_mode")) == [{"posMode": "net_mode"}]


def test_leverage_of_both_sides(hedged):
    """With isolated margin each side has its own."""
    data(hedged.account.set_leverage(lever="20", mgnMode="isolated", instId=DATED, posSide="long"))
    rows = data(hedged.account.get_leverage("isolated", instId=DATED))
    assert {row["posSide"]: row["lever"] for row in rows} == {"long": "20", "short": "10"}


def test_sizes(sdk):
    """Max-size and max-avail-size of spot and contracts."""
    [spot] = data(sdk.account.get_max_order_size(SPOT, "cash", px="50000"))
    assert (spot["maxBuy"], spot["maxSell"]) == ("2", "1")
    [swap] = data(sdk.account.get_max_order_size(INVERSE, "cross", px="65000"))
    assert (swap["maxBuy"], swap["ccy"]) == ("6500", "BTC")
    [room] = data(sdk.account.get_max_avail_size(INVERSE, "cross"))
    assert (room["availBuy"], room["availSell"]) == ("1", "1")


def test_bills_and_archives(sdk):
    """Transfers and trades, in both bill endpoints; finished orders in the archive."""
    data(sdk.trade.place_order(SPOT, "cash", "buy", "market", "0.1", tgtCcy="base_ccy"))
    bills = data(sdk.account.get_account_bills())
    assert data(sdk.account.get_account_bills_archive()) == bills
    assert {(row["type"], row["ccy"]) for row in bills} == {
        (kind, ccy) for kind in ("1", "2") for ccy in ("BTC", "USDT")
    }
    for ccy in ("BTC", "USDT"):
        assert sum(Decimal(row["balChg"]) for row in bills if row["ccy"] == ccy) == cash(sdk, ccy)
    assert len(data(sdk.trade.get_orders_history_archive("SPOT"))) == 1


LEVELS = [
    ("1", SPOT, "cash", "0"),
    ("1", DATED, "cross", "51010"),
    ("2", SPOT, "isolated", "54000"),
    ("3", DATED, "isolated", "50072"),
    ("3", SPOT, "cross", "0"),
    ("4", INVERSE, "cross", "0"),
]


@pytest.mark.parametrize(("level", "inst", "mode", "code"), LEVELS)
def test_account_levels(tmp_path, level, inst, mode, code):
    """Which trade mode an account of each level accepts."""
    with sdk_of(tmp_path, account_level=level) as sdk:
        assert data(sdk.account.get_account_config())[0]["acctLv"] == level
        size = "0.01" if inst == SPOT else "1"
        answer = sdk.trade.place_order(inst, mode, "buy", "limit", size, px=str(BID - 100))
        assert answer["data"][0]["sCode"] == code
