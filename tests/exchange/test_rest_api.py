"""REST: envelopes, authentication, queries, paging."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from okxmm_tui.exchange.rest_request import RestRequest
from okxmm_tui.okx.auth import rest_headers
from tests.exchange.bench import ASK, BID, CODE, INST, SECOND, SIM


def test_public_endpoints(bench):
    """Each answers without a signature and in the OKX envelope."""
    bench.trade("buy", ASK, 5)
    for path in (
        "public/time",
        "public/instruments?instType=SWAP",
        f"market/books?instId={INST}&sz=5",
        f"market/ticker?instId={INST}",
        "market/tickers?instType=SWAP",
        f"market/trades?instId={INST}",
        "public/mark-price?instType=SWAP",
        f"public/funding-rate?instId={INST}",
        f"public/price-limit?instId={INST}",
    ):
        status, answer = bench.rest("GET", path, sign=False)
        assert (status, answer["code"], answer["msg"]) == (200, "0", ""), path
        assert answer["data"], path
    assert bench.rest("GET", "system/status", sign=False)[1] == {"code": "0", "msg": "", "data": []}


def test_book_depth_and_sequence(bench):
    """market/books defaults to one level, at most 400, and shares the channel's sequence."""
    client = bench.connect("public").subscribe("books", instId=INST)
    seq = client.rows("books")[0]["seqId"]
    assert len(bench.data(f"market/books?instId={INST}")[0]["asks"]) == 1
    assert bench.data(f"market/books?instId={INST}&sz=400")[0]["seqId"] == seq
    assert bench.rest("GET", f"market/books?instId={INST}&sz=401")[1]["code"] == "51000"


def test_instruments_have_code_and_group(bench):
    """InstIdCode is a number, groupId matches the fee table."""
    (row,) = [one for one in bench.data("account/instruments?instType=SWAP") if one["instId"] == INST]
    fees = bench.data("account/trade-fee?instType=SWAP&instFamily=BTC-USDT")[0]
    assert row["instIdCode"] == CODE
    assert {"groupId": row["groupId"], "maker": "-0.0002", "taker": "-0.0005"}.items() <= fees["feeGroup"][
        0
    ].items()


@pytest.mark.parametrize(
    ("headers", "age_s", "code"),
    [
        ({"ok-access-key": ""}, 0, "50103"),
        ({"ok-access-passphrase": ""}, 0, "50104"),
        ({"ok-access-passphrase": "no"}, 0, "50105"),
        ({"ok-access-sign": ""}, 0, "50106"),
        ({"ok-access-timestamp": ""}, 0, "50107"),
        ({"ok-access-key": "other"}, 0, "50111"),
        ({"ok-access-timestamp": "1795161600"}, 0, "50112"),
        ({"ok-access-timestamp": "2026-11-20T08:00:00Z"}, 0, "50112"),
        ({"ok-access-sign": "AAAA"}, 0, "50113"),
        ({"ok-access-timestamp": "2026-11-20T07:59:00.000Z"}, 0, "50102"),
    ],
)
def test_authentication(bench, headers, age_s, code):
    """Every wrong header has its code and HTTP 401."""
    bench.now_ns += age_s * SECOND
    status, answer = bench.rest("GET", "account/config", headers=headers)
    assert (status, answer["code"], answer["data"]) == (401, code, [])


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "no/such", 404, "404"),
        ("DELETE", "trade/order", 405, "50115"),
        ("GET", "market/books", 400, "50014"),
        ("GET", "market/books?instId=NOPE", 200, "51001"),
        ("GET", f"trade/order?instId={INST}", 200, "51003"),
        ("GET", f"trade/order?instId={INST}&ordId=1", 200, "51603"),
        ("POST", "trade/order", 400, "50000"),
        ("GET", "trade/orders-pending?limit=0", 400, "51000"),
        ("GET", "trade/orders-pending?after=x", 400, "51000"),
        ("GET", "trade/orders-history", 400, "50014"),
    ],
)
def test_refusals(bench, method, path, status, code):
    """HTTP status and code of wrong requests."""
    got, answer = bench.rest(method, path)
    assert (got, answer["code"]) == (status, code)


@pytest.mark.parametrize(
    "path",
    [
        "trade/fills?begin={}",
        "trade/orders-pending?limit={}",
        "trade/orders-pending?after={}",
        "trade/orders-history?instType=SWAP&end={}",
        "account/bills?type={}",
        f"market/books?instId={INST}&sz={{}}",
        f"market/candles?instId={INST}&after={{}}",
    ],
)
@pytest.mark.parametrize("number", ["%C2%B2", "%D9%A1", "1" * 5000], ids=["superscript", "arabic", "endless"])
def test_whole_numbers_are_plain_digits(bench, path, number):
    """What other scripts call digits, and more of them than any number has, is refused like a letter."""
    assert bench.refused("GET", path.format(number)) == "51000"


STRANGE_BODIES = [
    ("account/set-leverage", {"instId": INST, "mgnMode": ["cross"], "lever": "2"}),
    ("account/set-position-mode", {"posMode": ["net_mode"]}),
    ("account/activate-feature", {"feature": {"1": 1}}),
    ("trade/close-position", {"instId": INST, "mgnMode": "cross", "posSide": {"net": 1}}),
    ("trade/cancel-all-after", {"timeOut": "\u00b2"}),
    ("trade/cancel-all-after", {"timeOut": "10", "tag": ["a"]}),
    ("trade/order-precheck", {"instId": [INST]}),
    ("trade/cancel-all-after", ["10"]),
]


@pytest.mark.parametrize(("path", "body"), STRANGE_BODIES)
def test_bodies_of_another_shape(bench, path, body):
    """A list or object where a word belongs is refused, never an error of the exchange."""
    assert bench.refused("POST", path, body) == "51000"


@pytest.mark.parametrize("path", ["trade/order", "account/set-leverage"])
def test_bodies_that_are_no_json(bench, path):
    """A body that cannot be read is 50002 with HTTP 400."""
    full, body = f"/api/v5/{path}", "{"
    signed = {k.lower(): v for k, v in rest_headers(SIM, bench.now_ns, "POST", full, body).items()}
    asked = RestRequest("POST", full, "", signed, body.encode(), bench.now_ns)
    answer = bench.venue.rest(asked, bench.now_ns)
    assert (answer.status, json.loads(answer.body)["code"]) == (400, "50002")


def test_pending_orders_page_by_order_id(bench):
    """Newest first; after asks for older, before for newer, limit bounds the page."""
    ids = [bench.place("buy", BID - n)["ordId"] for n in range(5)]

    def page(query):
        return [row["ordId"] for row in bench.data(f"trade/orders-pending?{query}")]

    assert page("instType=SWAP") == ids[::-1]
    assert page("limit=2") == [ids[4], ids[3]]
    assert page(f"limit=2&after={ids[3]}") == [ids[2], ids[1]]
    assert page(f"before={ids[2]}") == [ids[4], ids[3]]
    assert page("instType=SPOT") == []
    assert page("instId=BTC-USDT") == []


def test_history_forgets_unfilled_canceled_orders_after_two_hours(bench):
    """Filled orders stay, canceled ones without a fill vanish; GET order then says 51603."""
    filled, canceled = bench.place("buy", ASK), bench.place("buy", BID)
    bench.rest("POST", "trade/cancel-order", {"instId": INST, "ordId": canceled["ordId"]})
    assert len(bench.data("trade/orders-history?instType=SWAP")) == 2
    bench.jump(2 * 3600 + 60)
    assert [row["ordId"] for row in bench.data("trade/orders-history?instType=SWAP")] == [filled["ordId"]]
    assert bench.rest("GET", f"trade/order?instId={INST}&ordId={canceled['ordId']}")[1]["code"] == "51603"


def test_order_lists_take_several_order_types(bench):
    """A comma-separated ordType shows each kind named, among pending and finished orders (OKX v5)."""
    ids = [bench.place("buy", BID - 1, ordType=kind)["ordId"] for kind in ("post_only", "limit", "ioc")]
    pending = bench.data("trade/orders-pending?ordType=limit,post_only")
    assert [row["ordId"] for row in pending] == [ids[1], ids[0]]
    assert bench.data("trade/orders-pending?ordType=fok,ioc") == []
    finished = bench.data("trade/orders-history?instType=SWAP&ordType=fok,ioc")
    assert [row["ordId"] for row in finished] == [ids[2]]


@pytest.mark.parametrize("path", ["trade/orders-history", "trade/orders-history-archive"])
def test_order_history_between_two_times(bench, path):
    """Begin and end bound the time of creation, both included; what is no number is refused."""
    for _ in range(3):
        bench.place("buy", ASK, "0.1")
        bench.wait(1)
    rows = bench.data(f"{path}?instType=SWAP")
    middle = rows[1]["cTime"]
    assert bench.data(f"{path}?instType=SWAP&begin={middle}") == rows[:2]
    assert bench.data(f"{path}?instType=SWAP&end={middle}") == rows[1:]
    assert bench.refused("GET", f"{path}?instType=SWAP&begin=x") == "51000"


DAY_S = 24 * 3600
KEPT = [
    ("trade/fills?instType=SWAP", 3),
    ("trade/orders-history?instType=SWAP", 7),
    ("trade/fills-history?instType=SWAP", 90),
    ("trade/orders-history-archive?instType=SWAP", 90),
]


@pytest.mark.parametrize(("path", "days"), KEPT)
def test_histories_forget(bench, path, days):
    """Each history shows its last days and nothing older, whatever is asked for."""
    bench.place("buy", ASK, "0.1")
    bench.now_ns += (days * DAY_S - 1) * SECOND
    assert len(bench.data(path)) == 1
    bench.now_ns += 2 * SECOND
    assert bench.data(path) == bench.data(f"{path}&begin=1") == []


def test_fills_page_by_bill_id_and_agree_with_bills(bench):
    """fills, fills-history and bills tell the same story; fees are negative."""
    for _ in range(3):
        bench.place("buy", ASK, "0.1")
    rows = bench.data("trade/fills-history?instType=SWAP")
    assert [int(row["billId"]) for row in rows] == sorted((int(row["billId"]) for row in rows), reverse=True)
    older = bench.data(f"trade/fills?after={rows[0]['billId']}&limit=1")
    assert older == [rows[1]]
    assert all(Decimal(row["fee"]) < 0 for row in rows)
    bills = bench.data("account/bills?type=2")
    assert sum(Decimal(bill["balChg"]) for bill in bills) == bench.account.cash - bench.account.initial


def test_position_and_balance_rows(bench):
    """Average, upl on mark, margins and availEq fit each other."""
    bench.place("buy", ASK, "1")
    (row,) = bench.data(f"account/positions?instId={INST}")
    assert (row["pos"], row["avgPx"], row["markPx"], row["upl"]) == ("1", "60000.1", "60000.05", "-0.0005")
    assert (row["imr"], row["mmr"], row["fee"]) == ("60.00005", "2.400002", "-0.3000005")
    detail = bench.data("account/balance?ccy=USDT")[0]["details"][0]
    assert Decimal(detail["eq"]) == Decimal(detail["cashBal"]) + Decimal(row["upl"])
    assert Decimal(detail["availEq"]) == Decimal(detail["eq"]) - Decimal(detail["imr"])
    assert bench.data("account/balance?ccy=BTC")[0]["details"] == []


def test_leverage_changes_margin(bench):
    """A higher lever binds less; more than the instrument allows is refused."""
    body = {"instId": INST, "mgnMode": "cross", "lever": "50"}
    assert bench.rest("POST", "account/set-leverage", body)[1]["data"][0]["lever"] == "50"
    assert bench.data(f"account/leverage-info?instId={INST}&mgnMode=cross")[0]["lever"] == "50"
    assert bench.place("buy", BID, "3000")["sCode"] == "0"
    assert bench.rest("POST", "account/set-leverage", body | {"lever": "101"})[1]["code"] == "51000"


def test_config_is_futures_mode_net(bench):
    """AcctLv 2, net positions, trade permission."""
    (row,) = bench.data("account/config")
    assert (row["acctLv"], row["posMode"], row["acctStpMode"]) == ("2", "net_mode", "cancel_maker")
    assert bench.data("trade/account-rate-limit")[0]["accRateLimit"] == "1000"


def test_trade_answers_have_gateway_times(bench):
    """InTime and outTime are microseconds."""
    _, answer = bench.rest("POST", "trade/cancel-order", {"instId": INST, "ordId": "1"})
    assert answer["inTime"] == str(bench.now_ns // 1000)
    assert (answer["code"], answer["msg"]) == ("1", "")
    bad = bench.rest("POST", "trade/order", {"instId": INST}, headers={"content-type": "text/plain"})
    assert bad[1]["code"] == "50006"


def test_mass_cancel_is_refused(bench):
    """It needs a permission for options that no account has here."""
    body = {"instType": "OPTION", "instFamily": "BTC-USD"}
    assert bench.rest("POST", "trade/mass-cancel", body)[1]["code"] == "51411"
