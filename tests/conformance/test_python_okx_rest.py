"""The official SDK over REST: every endpoint it shares with the exchange, and what is refused it."""

from __future__ import annotations

import time
from decimal import Decimal
from functools import cached_property

import pytest

WHY = "python-okx is not installed (extra: conformance)"
account_module = pytest.importorskip("okx.Account", reason=WHY)
market_module = pytest.importorskip("okx.MarketData", reason=WHY)
public_module = pytest.importorskip("okx.PublicData", reason=WHY)
status_module = pytest.importorskip("okx.Status", reason=WHY)
trade_module = pytest.importorskip("okx.Trade", reason=WHY)

# The SDK hands httpx text as ``data`` and asks the clock for naive UTC.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning"),
]

NO_KEYS = ("-1", "-1", "-1")
"""How the SDK spells that it has none."""
INST = "BTC-USDT-SWAP"
CODE = 10459
FAR_BID, FARTHER_BID = "60000", "59990"
"""Prices far below a market that walks slowly around 65,000."""
CROSSING_BID = "66000"
"""Above the market and below the price limit of a buy."""
NEAR = Decimal("6.5")
"""One basis point: a bid so far below the best is reached by a sale of a few thousand contracts."""


class Sdk:
    """The API classes of the SDK, each made when first asked for."""

    def __init__(self, rest, keys=("sim", "sim", "sim")):
        key, secret, passphrase = keys
        self._arguments = {
            "api_key": key,
            "api_secret_key": secret,
            "passphrase": passphrase,
            "domain": rest,
            "flag": "1",
        }
        self._opened = []

    def _open(self, kind):
        self._opened.append(kind(**self._arguments))
        return self._opened[-1]

    @cached_property
    def account(self):
        """Account endpoints."""
        return self._open(account_module.AccountAPI)

    @cached_property
    def market(self):
        """Market data endpoints."""
        return self._open(market_module.MarketAPI)

    @cached_property
    def public(self):
        """Public data endpoints."""
        return self._open(public_module.PublicAPI)

    @cached_property
    def status(self):
        """System status."""
        return self._open(status_module.StatusAPI)

    @cached_property
    def trade(self):
        """Trade endpoints."""
        return self._open(trade_module.TradeAPI)

    def close(self):
        """Close every connection."""
        for one in self._opened:
            one.close()


@pytest.fixture
def sdk(exchange):
    """The SDK with the key of the exchange."""
    made = Sdk(exchange.rest)
    yield made
    made.close()


@pytest.fixture(scope="module")
def shared(shared_exchange):
    """The SDK for tests that leave nothing behind."""
    made = Sdk(shared_exchange.rest)
    yield made
    made.close()


@pytest.fixture(scope="module")
def anonymous(shared_exchange):
    """The SDK without a key."""
    made = Sdk(shared_exchange.rest, NO_KEYS)
    yield made
    made.close()


def data(answer):
    """Rows of an answer that must be good."""
    assert answer["code"] == "0", answer
    assert answer["msg"] == ""
    return answer["data"]


def refusal(answer):
    """Code of an order refusal, which sits in the row and not at the top."""
    assert answer["code"] == "1", answer
    return answer["data"][0]["sCode"]


def rest_at(sdk, price=FAR_BID, **changes):
    """Place one resting bid; returns its order id."""
    order = {"instId": INST, "tdMode": "cross", "side": "buy", "ordType": "post_only", "sz": "1", "px": price}
    return data(sdk.trade.place_order(**(order | changes)))[0]["ordId"]


def state_of(sdk, order_id):
    """State of one order as REST tells it."""
    return data(sdk.trade.get_order(INST, ordId=order_id))[0]["state"]


def test_public_data_needs_no_key(anonymous):
    """Time, instruments, mark price, funding and limits come without a signature, as strings."""
    stamp = data(anonymous.public.get_system_time())[0]["ts"]
    assert abs(int(stamp) - time.time() * 1000) < 60_000
    [listed] = data(anonymous.public.get_instruments("SWAP", instId=INST))
    assert (listed["instIdCode"], listed["ctVal"], listed["settleCcy"]) == (CODE, "0.01", "USDT")
    assert isinstance(listed["tickSz"], str)
    assert float(data(anonymous.public.get_mark_price("SWAP", instId=INST))[0]["markPx"]) > 0
    funding = data(anonymous.public.get_funding_rate(INST))[0]
    assert int(funding["nextFundingTime"]) > int(funding["fundingTime"])
    limits = data(anonymous.public.get_price_limit(INST))[0]
    assert float(limits["sellLmt"]) < float(limits["buyLmt"])


def test_market_data_needs_no_key(anonymous):
    """Books, tickers and trades have the documented shapes."""
    book = data(anonymous.market.get_orderbook(INST, sz="5"))[0]
    assert [len(level) for level in book["asks"]] == [4] * 5
    assert {level[2] for level in book["bids"]} == {"0"}
    assert isinstance(book["seqId"], int)
    assert len(data(anonymous.market.get_orderbook(INST))[0]["bids"]) == 1
    assert data(anonymous.market.get_ticker(INST))[0]["instId"] == INST
    assert [row["instId"] for row in data(anonymous.market.get_tickers("SWAP"))] == [INST]
    assert {"tradeId", "px", "sz", "side", "source", "ts"} <= set(data(anonymous.market.get_trades(INST))[0])


def test_no_maintenance_is_planned(anonymous):
    """System status answers with an empty list."""
    assert data(anonymous.status.status()) == []


def test_account_of_the_operator(shared):
    """Configuration, balance, leverage, fees and instruments of the account."""
    config = data(shared.account.get_account_config())[0]
    assert (config["acctLv"], config["posMode"]) == ("2", "net_mode")
    assert "withdraw" not in config["perm"]
    balance = data(shared.account.get_account_balance())[0]
    assert [(row["ccy"], row["eq"]) for row in balance["details"]] == [("USDT", "100000")]
    assert data(shared.account.get_account_balance(ccy="BTC"))[0]["details"] == []
    [listed] = data(shared.account.get_instruments(instType="SWAP", instId=INST))
    fees = data(shared.account.get_fee_rates("SWAP", instFamily="BTC-USDT"))[0]
    rates = {row["groupId"]: (row["maker"], row["taker"]) for row in fees["feeGroup"]}
    assert rates[listed["groupId"]] == ("-0.0002", "-0.0005")


def test_leverage_is_kept(sdk):
    """What set-leverage took, leverage-info shows."""
    data(sdk.account.set_leverage(lever="7", mgnMode="cross", instId=INST))
    assert data(sdk.account.get_leverage("cross", instId=INST))[0]["lever"] == "7"


def test_life_of_an_order(sdk):
    """Placed, found by either id, amended, listed, canceled, and kept in the history."""
    order_id = rest_at(sdk, clOrdId="life1", tag="conf")
    assert data(sdk.trade.get_order(INST, clOrdId="life1"))[0]["ordId"] == order_id
    ack = data(sdk.trade.amend_order(INST, ordId=order_id, newSz="2", newPx=FARTHER_BID, reqId="r1"))[0]
    assert (ack["sCode"], ack["reqId"]) == ("0", "r1")
    [pending] = data(sdk.trade.get_order_list(instType="SWAP", instId=INST))
    assert (pending["px"], pending["sz"], pending["tag"]) == (FARTHER_BID, "2", "conf")
    assert (pending["state"], pending["reduceOnly"]) == ("live", "false")
    data(sdk.trade.cancel_order(INST, clOrdId="life1"))
    assert data(sdk.trade.get_order_list(instType="SWAP")) == []
    [past] = data(sdk.trade.get_orders_history("SWAP", instId=INST))
    assert (past["ordId"], past["state"], past["cancelSource"]) == (order_id, "canceled", "1")


def test_order_envelope_has_gateway_times(sdk):
    """Trade answers carry inTime and outTime in microseconds, and the ack an empty sub-code."""
    answer = sdk.trade.place_order(INST, "cross", "buy", "limit", "1", px=FAR_BID)
    now_us = time.time() * 1e6
    assert 0 <= int(answer["outTime"]) - int(answer["inTime"]) < 60e6
    assert abs(now_us - int(answer["inTime"])) < 60e6
    assert answer["data"][0]["subCode"] == ""


def test_fill_reaches_every_report(sdk):
    """A market order shows in order, fills, history, position, bills and balance, the fee charged."""
    data(sdk.trade.place_order(INST, "cross", "buy", "market", "1", clOrdId="17"))
    order = data(sdk.trade.get_order(INST, clOrdId="17"))[0]
    assert (order["state"], order["accFillSz"]) == ("filled", "1")
    fills = data(sdk.trade.get_fills(instType="SWAP", ordId=order["ordId"]))
    assert {row["execType"] for row in fills} == {"T"}
    assert all(float(row["fee"]) < 0 and row["feeCcy"] == "USDT" for row in fills)
    assert data(sdk.trade.get_fills_history("SWAP", instId=INST)) == fills
    [position] = data(sdk.account.get_positions(instType="SWAP"))
    assert (position["pos"], position["posSide"], position["mgnMode"]) == ("1", "net", "cross")
    bills = data(sdk.account.get_account_bills(instType="SWAP"))
    assert {row["type"] for row in bills} == {"2"}
    paid = sum(float(row["fee"]) for row in fills)
    cash = float(data(sdk.account.get_account_balance())[0]["details"][0]["cashBal"])
    assert cash == pytest.approx(100_000 + paid)
    data(sdk.trade.place_order(INST, "cross", "sell", "market", "5", reduceOnly="true"))
    assert data(sdk.account.get_positions(instType="SWAP")) == []


def test_batches(sdk):
    """Batches are acknowledged one by one; one bad order makes the batch code 2."""
    order = {"instId": INST, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1", "px": FAR_BID}
    placed = sdk.trade.place_multiple_orders([order | {"clOrdId": f"b{n}"} for n in range(3)])
    assert [row["sCode"] for row in data(placed)] == ["0"] * 3
    amends = [{"instId": INST, "clOrdId": f"b{n}", "newPx": FARTHER_BID} for n in range(3)]
    assert len(data(sdk.trade.amend_multiple_orders(amends))) == 3
    cancels = [{"instId": INST, "clOrdId": name} for name in ("b0", "b1", "gone")]
    answer = sdk.trade.cancel_multiple_orders(cancels)
    assert (answer["code"], [row["sCode"] for row in answer["data"]]) == ("2", ["0", "0", "51400"])


def test_crossing_post_only_is_canceled_not_refused(sdk):
    """The place ack is good; the order is canceled with source 31 and never fills."""
    order = data(sdk.trade.get_order(INST, ordId=rest_at(sdk, CROSSING_BID)))[0]
    assert (order["state"], order["cancelSource"], order["accFillSz"]) == ("canceled", "31", "0")


@pytest.mark.parametrize(("ord_type", "source"), [("ioc", "14"), ("fok", "13")])
def test_one_shot_orders_do_not_rest(sdk, ord_type, source):
    """IOC and FOK away from the market end at once with their own cancel source."""
    order = data(sdk.trade.get_order(INST, ordId=rest_at(sdk, ordType=ord_type)))[0]
    assert (order["state"], order["cancelSource"]) == ("canceled", source)


def test_optimal_limit_ioc_fills(sdk):
    """The swap form of a market order that cannot rest takes the book."""
    order_id = rest_at(sdk, "", ordType="optimal_limit_ioc")
    assert state_of(sdk, order_id) == "filled"


def test_own_orders_do_not_trade_with_each_other(sdk):
    """A sell through the book cancels our own bid below its best with source 32, and never fills it."""
    data(sdk.account.set_leverage(lever="100", mgnMode="cross", instId=INST))
    best = Decimal(data(sdk.market.get_orderbook(INST))[0]["bids"][0][0])
    price = str(best - NEAR)
    maker = rest_at(sdk, price)
    data(sdk.trade.place_order(INST, "cross", "sell", "limit", "8000", px=price))
    order = data(sdk.trade.get_order(INST, ordId=maker))[0]
    assert (order["state"], order["cancelSource"], order["accFillSz"]) == ("canceled", "32", "0")


def test_pages_of_pending_orders(sdk):
    """Newest first; ``after`` goes to older records and ``before`` to newer ones."""
    ids = [rest_at(sdk) for _ in range(3)]
    rows = data(sdk.trade.get_order_list(limit="2"))
    assert [row["ordId"] for row in rows] == [ids[2], ids[1]]
    assert [row["ordId"] for row in data(sdk.trade.get_order_list(after=ids[1]))] == [ids[0]]
    assert [row["ordId"] for row in data(sdk.trade.get_order_list(before=ids[1]))] == [ids[2]]


def test_lists_of_orders_by_type_and_time(sdk):
    """The SDK's own example: several order types in one list; and a history from a time on."""
    ids = [rest_at(sdk, ordType=kind) for kind in ("limit", "post_only", "ioc")]
    pending = data(sdk.trade.get_order_list(instType="SWAP", ordType="post_only,limit,fok"))
    assert [row["ordId"] for row in pending] == [ids[1], ids[0]]
    [past] = data(sdk.trade.get_orders_history("SWAP", ordType="fok,ioc"))
    assert past["ordId"] == ids[2]
    later = str(int(past["cTime"]) + 1)
    assert data(sdk.trade.get_orders_history("SWAP", begin=later)) == []
    assert data(sdk.trade.get_orders_history_archive("SWAP", end=later)) == [past]


def test_client_id_is_free_again_after_the_order(sdk):
    """A client id is unique among pending orders only (51016), and reusable afterwards."""
    rest_at(sdk, clOrdId="again")
    answer = sdk.trade.place_order(INST, "cross", "buy", "limit", "1", px=FAR_BID, clOrdId="again")
    assert refusal(answer) == "51016"
    data(sdk.trade.cancel_order(INST, clOrdId="again"))
    rest_at(sdk, clOrdId="again")


PLACE_REFUSALS = {
    "lot": ({"sz": "0.015"}, "51121"),
    "nothing": ({"sz": "0"}, "51000"),
    "price_limit": ({"px": "90000"}, "51006"),
    "tick": ({"px": "60000.01"}, "51000"),
    "margin": ({"sz": "5000"}, "51008"),
    "value": ({"sz": "50000"}, "51185"),
    "cash": ({"tdMode": "cash"}, "51000"),
    "position_side": ({"posSide": "long"}, "51000"),
    "client_id": ({"clOrdId": "a-b"}, "51000"),
    "no_price": ({"px": ""}, "50014"),
    "unknown_instrument": ({"instId": "NO-USDT-SWAP"}, "51001"),
    "nothing_to_reduce": ({"reduceOnly": "true"}, "51169"),
    "fok_cancel_both": ({"ordType": "fok", "stpMode": "cancel_both"}, "54036"),
}


@pytest.mark.parametrize(("changes", "code"), PLACE_REFUSALS.values(), ids=PLACE_REFUSALS)
def test_placements_are_refused(shared, changes, code):
    """A wrong order is refused with the code of the sheet, in the row, and leaves nothing behind."""
    order = {"instId": INST, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1", "px": FAR_BID}
    assert refusal(shared.trade.place_order(**(order | changes))) == code
    assert data(shared.trade.get_order_list()) == []


def test_races_with_finished_orders(sdk):
    """Cancel, amend and query of an order that is gone have three different codes."""
    order_id = rest_at(sdk)
    data(sdk.trade.cancel_order(INST, ordId=order_id))
    assert refusal(sdk.trade.cancel_order(INST, ordId=order_id)) == "51400"
    assert refusal(sdk.trade.amend_order(INST, ordId=order_id, newSz="2")) == "51503"
    assert sdk.trade.get_order(INST, ordId="1")["code"] == "51603"
    assert refusal(sdk.trade.cancel_order(INST)) == "51003"


def test_amend_refusals(sdk):
    """No change, twice in one batch, and a post-only price that would take."""
    order_id = rest_at(sdk)
    assert refusal(sdk.trade.amend_order(INST, ordId=order_id)) == "51500"
    twice = [{"instId": INST, "ordId": order_id, "newSz": size} for size in ("2", "3")]
    assert sdk.trade.amend_multiple_orders(twice)["code"] == "51512"
    assert refusal(sdk.trade.amend_order(INST, ordId=order_id, newPx=CROSSING_BID)) == "51511"
    assert state_of(sdk, order_id) == "live"


def test_rate_limits(sdk):
    """System status may be asked once in five seconds; the second time is refused with 50011."""
    data(sdk.status.status())
    assert sdk.status.status()["code"] == "50011"


def test_position_mode_needs_a_flat_account(sdk):
    """With an order resting the mode cannot be changed, 59000."""
    rest_at(sdk)
    assert sdk.account.set_position_mode("long_short_mode")["code"] == "59000"


KEYS = {
    "key": (("no", "sim", "sim"), "50111"),
    "secret": (("sim", "no", "sim"), "50113"),
    "passphrase": (("sim", "sim", "no"), "50105"),
    "none": (NO_KEYS, "50103"),
}


@pytest.mark.parametrize(("keys", "code"), KEYS.values(), ids=KEYS)
def test_wrong_credentials(shared_exchange, keys, code):
    """Key, signature and passphrase are judged, each with its own code."""
    stranger = Sdk(shared_exchange.rest, keys)
    assert stranger.account.get_account_balance()["code"] == code
    stranger.close()


UNSERVED = {
    "open_interest": lambda sdk: sdk.public.get_open_interest("SWAP"),
}


@pytest.mark.parametrize("ask", UNSERVED.values(), ids=UNSERVED)
def test_unserved_endpoints_say_so(shared, ask):
    """Endpoints of the sheet that the exchange lacks answer 404 in an OKX envelope, never a guess."""
    answer = ask(shared)
    assert (answer["code"], answer["data"]) == ("404", [])
