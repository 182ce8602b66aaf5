"""Rows of the exchange beside rows OKX has sent: no key of theirs is missing, none has another JSON type."""

from __future__ import annotations

import json

import pytest

from tests.conftest import SHARED
from tests.exchange.bench import ASK, BID, INST, Bench

FOLDER = SHARED / "data" / "payloads"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="payloads are not here")

RETIRED = {"uly"}
"""Keys of the fee row that OKX has dropped since."""
BY_REST = {
    "account/balance": "http_get_account_balance",
    "account/positions": "http_get_positions",
    "account/trade-fee?instType=SWAP": "http_get_trade_fee_response",
    "trade/orders-pending": "http_get_orders_pending",
    "trade/orders-history?instType=SWAP": "http_get_orders_history",
    "trade/fills": "http_transaction_detail",
    f"market/books?instId={INST}": "http_get_order_book",
    f"market/trades?instId={INST}": "http_get_trades",
    "market/index-tickers?instId=BTC-USDT": "http_get_index_price",
    "public/mark-price?instType=SWAP": "http_get_mark_price",
    "public/position-tiers?instType=SWAP&tdMode=cross": "http_get_position_tiers",
}
BY_PUSH = {
    "orders": "ws_orders",
    "account": "ws_account",
    "books": "ws_books_snapshot",
    "bbo-tbt": "ws_bbo_tbt",
    "tickers": "ws_tickers",
    "trades": "ws_trades",
    "funding-rate": "ws_funding_rate",
}


@pytest.fixture(scope="module")
def traded():
    """An account with a position, a fill and a resting order."""
    bench = Bench().deep_book()
    bench.place("buy", ASK, "1")
    bench.place("buy", BID - 9, "1")
    bench.trade("buy", ASK, 5)
    return bench


def recorded(name):
    """First row of a recorded payload."""
    content = json.loads((FOLDER / f"{name}.json").read_bytes())
    rows = content.get("data", content) if isinstance(content, dict) else content
    return rows[0] if isinstance(rows, list) else rows


def differences(ours, theirs, path=""):
    """Keys of theirs that ours lacks or writes as another JSON type."""
    found = []
    for name, value in theirs.items():
        if name in RETIRED:
            continue
        if name not in ours:
            found.append(f"{path}{name} is missing")
        elif type(ours[name]) is not type(value):
            found.append(f"{path}{name} is {ours[name]!r}, not {value!r}")
        elif name == "details":
            found += differences(ours[name][0], value[0], "details.")
    return found


@pytest.mark.parametrize(("path", "name"), BY_REST.items())
def test_rest_rows_have_every_recorded_key(traded, path, name):
    """What a strict reader of OKX's own answers expects is there."""
    assert differences(traded.data(path)[0], recorded(name)) == []


@pytest.mark.parametrize(("channel", "name"), BY_PUSH.items())
def test_pushed_rows_have_every_recorded_key(channel, name):
    """The same for the channels, public and private."""
    bench = Bench().deep_book()
    socket = "private" if channel in {"orders", "account"} else "public"
    arg = {"orders": {"instType": "SWAP"}, "account": {}}.get(channel, {"instId": INST})
    client = bench.connect(socket).subscribe(channel, **arg)
    bench.place("buy", ASK, "1")
    bench.trade("buy", ASK, 5)
    assert differences(client.rows(channel)[0], recorded(name)) == []
