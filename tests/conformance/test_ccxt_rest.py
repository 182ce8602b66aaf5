"""ccxt over REST: what its unified calls need of the exchange, and how it takes a refusal."""

from __future__ import annotations

import time

import pytest

from tests.conformance.ccxt_settings import FAR_BID, FARTHER_BID, SYMBOL, settings

ccxt = pytest.importorskip("ccxt", reason="ccxt is not installed (extra: conformance)")

SWAP = {"type": "swap"}


@pytest.fixture
def client(exchange):
    """A ccxt client of a fresh exchange, markets loaded."""
    made = ccxt.okx(settings(exchange))
    made.load_markets()
    yield made
    made.session.close()


@pytest.fixture(scope="module")
def shared(shared_exchange):
    """A ccxt client for tests that leave nothing behind."""
    made = ccxt.okx(settings(shared_exchange))
    made.load_markets()
    yield made
    made.session.close()


def rest_at(client, price=FAR_BID, amount=1, **params):
    """Place one resting bid; returns its id."""
    return client.create_order(SYMBOL, "limit", "buy", amount, price, params)["id"]


def raw(client, order_id):
    """Row of one order as the exchange wrote it."""
    return client.fetch_order(order_id, SYMBOL)["info"]


def test_markets_load(shared):
    """The instrument as ccxt understands it: linear swap, contract size, steps and the integer code."""
    market = shared.market(SYMBOL)
    assert (market["id"], market["linear"], market["contractSize"]) == ("BTC-USDT-SWAP", True, 0.01)
    assert (market["precision"]["price"], market["precision"]["amount"]) == (0.1, 0.01)
    assert market["instIdCode"] == 10459
    assert market["active"]


def test_time_and_status(shared):
    """The clock of the exchange is ours, and no maintenance is planned."""
    assert abs(shared.fetch_time() - time.time() * 1000) < 60_000
    assert shared.fetch_status()["status"] == "ok"


def test_public_market_data(shared):
    """Book, ticker, tickers and trades parse with prices in order."""
    book = shared.fetch_order_book(SYMBOL, 5)
    assert [len(book[side]) for side in ("bids", "asks")] == [5, 5]
    assert book["bids"][0][0] < book["asks"][0][0]
    ticker = shared.fetch_ticker(SYMBOL)
    assert ticker["bid"] < ticker["ask"]
    assert list(shared.fetch_tickers(params=SWAP)) == [SYMBOL]
    trade = shared.fetch_trades(SYMBOL)[-1]
    assert trade["side"] in {"buy", "sell"}
    assert trade["cost"] == pytest.approx(trade["price"] * trade["amount"] * 0.01)


def test_public_derivatives_data(shared):
    """Mark price and funding rate with its interval."""
    assert shared.fetch_mark_prices(params=SWAP)[SYMBOL]["markPrice"] > 0
    assert shared.fetch_mark_price(SYMBOL, {"instType": "SWAP"})["markPrice"] > 0
    assert shared.fetch_funding_rate(SYMBOL)["fundingRate"] == 0.0001
    assert shared.fetch_funding_interval(SYMBOL)["interval"] == "8h"
    assert list(shared.fetch_funding_rates([SYMBOL])) == [SYMBOL]


def test_account(shared):
    """Balance, fees with ccxt's opposite sign, account and position mode."""
    assert shared.fetch_balance()["USDT"] == {"free": 100_000, "used": 0, "total": 100_000}
    fee = shared.fetch_trading_fee(SYMBOL)
    assert (fee["maker"], fee["taker"]) == (0.0002, 0.0005)
    assert [one["id"] for one in shared.fetch_accounts()] == ["100200300"]
    assert shared.fetch_position_mode()["hedged"] is False


def test_endpoints_without_a_unified_call(shared):
    """Raw calls of ccxt, signed by it: instruments of the account, fills, price limits, order rate."""
    [row] = shared.private_get_account_instruments({"instType": "SWAP"})["data"]
    assert int(row["instIdCode"]) == 10459
    assert shared.private_get_trade_fills({"instType": "SWAP"})["data"] == []
    [limits] = shared.public_get_public_price_limit({"instId": "BTC-USDT-SWAP"})["data"]
    assert float(limits["sellLmt"]) < float(limits["buyLmt"])
    assert shared.private_get_trade_account_rate_limit()["data"][0]["accRateLimit"] == "1000"


def test_leverage(client):
    """Set, then fetched."""
    client.set_leverage(7, SYMBOL, {"marginMode": "cross"})
    assert client.fetch_leverage(SYMBOL, {"marginMode": "cross"})["longLeverage"] == 7


def test_create_fetch_edit_cancel(client):
    """The life of one order by unified calls."""
    order_id = rest_at(client)
    order = client.fetch_order(order_id, SYMBOL)
    assert (order["status"], order["price"], order["amount"]) == ("open", FAR_BID, 1)
    assert (order["filled"], order["reduceOnly"]) == (0, False)
    client.edit_order(order_id, SYMBOL, "limit", "buy", 2, FARTHER_BID)
    [pending] = client.fetch_open_orders(SYMBOL)
    assert (pending["id"], pending["price"], pending["amount"]) == (order_id, FARTHER_BID, 2)
    client.cancel_order(order_id, SYMBOL)
    assert client.fetch_open_orders(SYMBOL) == []
    assert [one["id"] for one in client.fetch_canceled_orders(SYMBOL)] == [order_id]


def test_single_order_endpoint(client):
    """By an option ccxt can be told to use trade/order instead of a batch of one."""
    client.options["createOrder"] = "privatePostTradeOrder"
    assert client.fetch_order(rest_at(client, clientOrderId="own1"), SYMBOL)["clientOrderId"] == "own1"


def test_several_orders_at_once(client):
    """Four unified calls in one batch each: create, edit, cancel, cancel for symbols."""
    order = {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 1, "price": FAR_BID}
    ids = [one["id"] for one in client.create_orders([order] * 3)]
    assert {one["id"] for one in client.fetch_open_orders(SYMBOL)} == set(ids)
    client.edit_orders([order | {"id": one, "price": FARTHER_BID} for one in ids])
    assert {one["price"] for one in client.fetch_open_orders(SYMBOL)} == {FARTHER_BID}
    assert len(client.cancel_orders(ids[:2], SYMBOL)) == 2
    client.cancel_orders_for_symbols([{"id": ids[2], "symbol": SYMBOL}])
    assert client.fetch_open_orders(SYMBOL) == []


def test_market_order_everywhere(client):
    """A fill shows in order, trades, closed orders, position, ledger and balance."""
    order_id = client.create_order(SYMBOL, "market", "buy", 1)["id"]
    order = client.fetch_order(order_id, SYMBOL)
    assert (order["status"], order["filled"]) == ("closed", 1)
    trades = client.fetch_my_trades(SYMBOL)
    assert sum(one["amount"] for one in trades) == pytest.approx(1)
    assert {(one["order"], one["takerOrMaker"]) for one in trades} == {(order_id, "taker")}
    assert sum(one["fee"]["cost"] for one in trades) == pytest.approx(order["cost"] * 0.0005)
    assert len(client.fetch_order_trades(order_id, SYMBOL)) == len(trades)
    assert [one["id"] for one in client.fetch_closed_orders(SYMBOL)] == [order_id]
    [position] = client.fetch_positions([SYMBOL])
    assert (position["side"], position["contracts"]) == ("long", 1)
    assert position["entryPrice"] == pytest.approx(order["average"])
    assert client.fetch_position(SYMBOL)["marginMode"] == "cross"
    assert {one["type"] for one in client.fetch_ledger(params=SWAP)} == {"trade"}
    assert client.fetch_balance()["USDT"]["used"] > 0


def test_reduce_only_closes(client):
    """A larger reduce-only order is cut to the position and leaves it flat."""
    client.create_order(SYMBOL, "market", "buy", 1)
    client.create_order(SYMBOL, "market", "sell", 5, None, {"reduceOnly": True})
    assert [one["contracts"] for one in client.fetch_positions([SYMBOL])] == [0]
    assert client.fetch_positions() == []


ONE_SHOT = {
    "post_only": ({"postOnly": True}, 66_000, "31"),
    "ioc": ({"timeInForce": "IOC"}, FAR_BID, "14"),
    "fok": ({"timeInForce": "FOK"}, FAR_BID, "13"),
}


@pytest.mark.parametrize(("params", "price", "source"), ONE_SHOT.values(), ids=ONE_SHOT)
def test_orders_that_end_at_once(client, params, price, source):
    """A crossing post-only, an IOC and a FOK are acknowledged, then canceled with their own source."""
    row = raw(client, rest_at(client, price, **params))
    assert (row["state"], row["cancelSource"], row["accFillSz"]) == ("canceled", source, "0")


def test_dead_mans_switch(client):
    """Armed in seconds, and a second call within the second is refused."""
    [armed] = client.cancel_all_orders_after(15_000)["data"]
    assert 0 < int(armed["triggerTime"]) - int(armed["ts"]) <= 15_000
    with pytest.raises(ccxt.RateLimitExceeded, match="50011"):
        client.cancel_all_orders_after(0)


def test_dead_mans_switch_has_bounds(shared):
    """Three seconds are fewer than the ten OKX takes."""
    with pytest.raises(ccxt.BadRequest, match="51000"):
        shared.cancel_all_orders_after(3_000)


REFUSALS = {
    "price_limit": ({"price": 90_000}, {}, "InvalidOrder", "51006"),
    "value": ({"amount": 50_000}, {}, "InvalidOrder", "51185"),
    "margin": ({"amount": 5_000}, {}, "InsufficientFunds", "51008"),
    "client_id": ({}, {"clOrdId": "a_1"}, "BadRequest", "51000"),
    "cash": ({}, {"tdMode": "cash"}, "BadRequest", "51000"),
    "hedged": ({}, {"positionSide": "long"}, "BadRequest", "51000"),
    "attached_stop": ({}, {"stopLoss": {"triggerPrice": 59_000}}, "BadRequest", "51000"),
    "reduce_nothing": ({}, {"reduceOnly": True}, "ExchangeError", "51169"),
}


@pytest.mark.parametrize(("changes", "params", "kind", "code"), REFUSALS.values(), ids=REFUSALS)
def test_placements_are_refused(shared, changes, params, kind, code):
    """The code of each refusal becomes the right exception of ccxt."""
    with pytest.raises(getattr(ccxt, kind), match=code):
        rest_at(shared, **changes, **params)
    assert shared.fetch_open_orders(SYMBOL) == []


def test_duplicate_client_id(client):
    """51016 while the first order rests."""
    rest_at(client, clOrdId="twice")
    with pytest.raises(ccxt.InvalidOrder, match="51016"):
        rest_at(client, clOrdId="twice")


def test_races_with_finished_orders(client):
    """Codes 51400, 51503 and 51603 mean to ccxt that the order is not there."""
    order_id = rest_at(client)
    client.cancel_order(order_id, SYMBOL)
    with pytest.raises(ccxt.OrderNotFound, match="51400"):
        client.cancel_order(order_id, SYMBOL)
    with pytest.raises(ccxt.OrderNotFound, match="51503"):
        client.edit_order(order_id, SYMBOL, "limit", "buy", 2)
    with pytest.raises(ccxt.OrderNotFound, match="51603"):
        client.fetch_order("1", SYMBOL)


def test_position_mode_needs_a_flat_account(client):
    """With an order resting hedge mode is refused, 59000."""
    rest_at(client)
    with pytest.raises(ccxt.ExchangeError, match="59000"):
        client.set_position_mode(hedged=True)


def test_mass_cancel_needs_a_permission(shared):
    """Options under market-maker protection only: 51411."""
    with pytest.raises(ccxt.ExchangeError, match="51411"):
        shared.private_post_trade_mass_cancel({"instType": "OPTION", "instFamily": "BTC-USD"})


@pytest.mark.parametrize(("field", "code"), [("apiKey", "50111"), ("secret", "50113"), ("password", "50105")])
def test_wrong_credentials(shared_exchange, field, code):
    """Each wrong part of the key has its own code; ccxt calls all of them authentication."""
    stranger = ccxt.okx(settings(shared_exchange, **{field: "no"}))
    with pytest.raises(ccxt.AuthenticationError, match=code):
        stranger.fetch_balance()
    stranger.session.close()


def test_ccxt_asks_for_options_without_family(shared_exchange):
    """In 4.5 ccxt sends ``uly``; the sheet makes ``instFamily`` mandatory for options: 50014."""
    client = ccxt.okx(settings(shared_exchange, options={"fetchMarkets": {"types": ["option"]}}))
    with pytest.raises(ccxt.BadRequest, match="instFamily"):
        client.load_markets()
    client.session.close()


def test_ccxt_asks_for_a_mark_price_without_type(shared):
    """Its fetchMarkPrice sends no ``instType``, which the sheet makes mandatory: 50014."""
    with pytest.raises(ccxt.BadRequest, match="instType"):
        shared.fetch_mark_price(SYMBOL)


UNSERVED = {
    "currencies": lambda client: client.fetch_currencies(),
}


@pytest.mark.parametrize("ask", UNSERVED.values(), ids=UNSERVED)
def test_unserved_endpoints_say_so(shared, ask):
    """Endpoints of the sheet that the exchange lacks raise, naming the missing path."""
    with pytest.raises(ccxt.ExchangeError, match=r'"code":"404".*does not exist on the embedded exchange'):
        ask(shared)
