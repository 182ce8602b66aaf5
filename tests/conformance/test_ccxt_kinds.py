"""ccxt on spot, inverse and dated markets, hedged and isolated, by its unified calls."""

from __future__ import annotations

from contextlib import contextmanager
from decimal import Decimal

import pytest

from okxmm_tui.exchange.process import ExchangeOptions
from tests.conformance.ccxt_settings import settings
from tests.conformance.hosting import Hosted
from tests.conformance.kinds import ASK, BID, write_market

ccxt = pytest.importorskip("ccxt", reason="ccxt is not installed (extra: conformance)")

SPOT, INVERSE, DATED = "BTC/USDT", "BTC/USD:BTC", "BTC/USDT:USDT-270625"


@contextmanager
def ccxt_of(folder, **options):
    """A ccxt client of a fresh exchange with every kind of market."""
    with Hosted(ExchangeOptions(markets=(write_market(folder),), **options)) as hosted:
        types = {"fetchMarkets": {"types": ["spot", "swap", "future"]}}
        made = ccxt.okx(settings(hosted, options=types))
        made.load_markets()
        try:
            yield made
        finally:
            made.session.close()


@pytest.fixture
def client(tmp_path):
    """A futures-mode account."""
    with ccxt_of(tmp_path) as made:
        yield made


def test_markets_of_every_kind(client):
    """Spot, inverse swap and dated future as ccxt understands them."""
    assert (client.market(SPOT)["spot"], client.market(SPOT)["precision"]["amount"]) == (True, 1e-8)
    assert (client.market(INVERSE)["inverse"], client.market(INVERSE)["contractSize"]) == (True, 100)
    assert (client.market(DATED)["future"], client.market(DATED)["expiry"]) == (True, 1813910400000)


def test_spot_trade(client):
    """Bought by cost, sold by amount; fees in the currency received; a bid holds its dollars."""
    client.create_order(SPOT, "market", "buy", 0.1, None, {"tgtCcy": "base_ccy"})
    client.create_order(SPOT, "limit", "sell", 0.05, BID)
    fees = [(one["side"], one["fee"]["currency"]) for one in client.fetch_my_trades(SPOT)]
    assert fees == [("buy", "BTC"), ("sell", "USDT")]
    balance = client.fetch_balance()
    assert balance["BTC"]["total"] == pytest.approx(1 + 0.1 * 0.999 - 0.05)
    before = balance["USDT"]["free"]
    order_id = client.create_order(SPOT, "limit", "buy", 0.1, BID - 1000)["id"]
    assert before - client.fetch_balance()["USDT"]["free"] == pytest.approx(6400)
    client.cancel_order(order_id, SPOT)
    assert client.fetch_balance()["USDT"]["free"] == pytest.approx(before)


def test_spot_without_balance(client):
    """Both codes become ccxt's InsufficientFunds."""
    for kind, price in (("limit", BID), ("market", None)):
        with pytest.raises(ccxt.InsufficientFunds, match=r"51008|51131"):
            client.create_order(SPOT, kind, "sell", 1.5, price)


def test_inverse_position(client):
    """Contracts, coin margin and the close-position call."""
    client.create_order(INVERSE, "market", "sell", 65)
    [position] = client.fetch_positions([INVERSE])
    assert (position["side"], position["contracts"], position["entryPrice"]) == ("short", 65, BID)
    assert client.fetch_balance()["BTC"]["total"] == pytest.approx(1 - 0.1 * 0.0005, abs=1e-5)
    client.close_position(INVERSE, None, {"marginMode": "cross"})
    assert client.fetch_positions() == []
    assert client.fetch_funding_history() == []


def test_isolated_future(client):
    """Isolated margin by ccxt's marginMode."""
    client.create_order(DATED, "market", "buy", 1, None, {"marginMode": "isolated"})
    position = client.fetch_position(DATED)
    assert (position["marginMode"], position["initialMargin"]) == ("isolated", pytest.approx(65.001))
    assert position["entryPrice"] == ASK


def test_hedged_account(client):
    """Position mode is switched, both sides opened, and one closed."""
    client.set_position_mode(hedged=True)
    assert client.fetch_position_mode()["hedged"]
    client.create_order(DATED, "market", "buy", 1, None, {"positionSide": "long"})
    client.create_order(DATED, "market", "sell", 1, None, {"positionSide": "short"})
    assert {one["side"] for one in client.fetch_positions([DATED])} == {"long", "short"}
    with pytest.raises(ccxt.ExchangeError, match="59000"):
        client.set_position_mode(hedged=False)
    client.close_position(DATED, "buy", {"marginMode": "cross", "posSide": "long"})
    assert [one["side"] for one in client.fetch_positions()] == ["short"]


def test_endpoints_without_a_unified_call(client):
    """Sizes, archive of bills and orders, precheck by ccxt's raw calls."""
    [size] = client.private_get_account_max_size({"instId": "BTC-USDT", "tdMode": "cash", "px": "50000"})[
        "data"
    ]
    assert (size["maxBuy"], size["maxSell"]) == ("2", "1")
    question = {"instId": "BTC-USD-SWAP", "tdMode": "cross"}
    assert client.private_get_account_max_avail_size(question)["data"][0]["availBuy"] == "1"
    assert {row["type"] for row in client.private_get_account_bills_archive()["data"]} == {"1"}
    assert client.private_get_trade_orders_history_archive({"instType": "SWAP"})["data"] == []
    with pytest.raises(ccxt.ExchangeError, match="51010"):
        client.private_post_trade_order_precheck({"instId": "BTC-USD-SWAP"})


def test_spot_account(tmp_path):
    """Level 1 trades spot and refuses contracts with 51010."""
    with ccxt_of(tmp_path, account_level="1") as client:
        assert client.create_order(SPOT, "market", "sell", 0.1)["id"]
        with pytest.raises(ccxt.AccountNotEnabled, match="51010"):
            client.create_order(DATED, "market", "buy", 1)


def test_pooled_account(tmp_path):
    """Level 3 backs a swap in dollars with bitcoin, and tells beforehand what an order would bind."""
    order = {"instId": "BTC-USDT-270625", "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1"}
    with ccxt_of(tmp_path, account_level="3", balance=Decimal(0)) as client:
        [row] = client.private_post_trade_order_precheck(order | {"px": str(BID)})["data"]
        assert row["imrChg"] == "65"
        assert client.create_order(DATED, "limit", "buy", 1, BID, {"tdMode": "cross"})["id"]
        assert client.fetch_balance()["BTC"]["total"] == 1
