"""Rate limits: pools per verb, form and instrument, shared by REST and WebSocket."""

from __future__ import annotations

import pytest

from okxmm_tui.exchange.api_error import ApiError
from okxmm_tui.exchange.rate_pools import RatePools
from tests.exchange.bench import BID, CODE, INST


def test_window_rolls():
    """Sixty in two seconds are admitted, the next only when the first has left the window."""
    pools = RatePools()
    for number in range(60):
        pools.trade("place", [INST], number)
    with pytest.raises(ApiError, match="50011"):
        pools.trade("place", [INST], 60)
    pools.trade("place", [INST], 2_000_000_000)


def test_pools_are_independent():
    """Verbs, instruments and batches have pools of their own; a batch of one counts as single."""
    pools = RatePools()
    for _ in range(60):
        pools.trade("place", [INST], 0)
    pools.trade("cancel", [INST], 0)
    pools.trade("place", ["ETH-USDT-SWAP"], 0)
    for _ in range(15):
        pools.trade("place", [INST] * 20, 0)
    with pytest.raises(ApiError, match="50011"):
        pools.trade("place", [INST] * 2, 0)


def test_rest_and_websocket_share(bench):
    """Orders placed by REST leave less for the WebSocket; its refusal has empty data."""
    for _ in range(60):
        bench.place("buy", BID - 40, "0.01")
    client = bench.connect()
    order = {
        "instIdCode": CODE,
        "tdMode": "cross",
        "side": "buy",
        "ordType": "limit",
        "px": "59999",
        "sz": "1",
    }
    (answer,) = client.op("order", order).take()
    assert (answer["code"], answer["data"]) == ("50011", [])


def test_account_cap_never_blocks_cancels(bench):
    """After 1000 new orders in two seconds new ones get 50061 while cancels pass."""
    bench.state.pools.admits("account", 999, 1000, 2_000_000_000, bench.now_ns)
    first = bench.place("buy", BID)
    assert first["sCode"] == "0"
    assert bench.place("buy", BID)["sCode"] == "50061"
    cancel = bench.rest("POST", "trade/cancel-order", {"instId": INST, "ordId": first["ordId"]})[1]
    assert cancel["code"] == "0"


def test_rest_endpoints_answer_429(bench):
    """Too many queries get 50011 with HTTP 429."""
    answers = [bench.rest("GET", "account/config") for _ in range(6)]
    assert answers[-1][0] == 429
    assert answers[-1][1]["code"] == "50011"
