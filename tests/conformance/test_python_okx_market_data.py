"""The official SDK against candles, RPI depth, tiers, status and the channels around them."""

from __future__ import annotations

import httpx
import pytest

from tests.conformance.test_python_okx_rest import INST, Sdk
from tests.conformance.test_python_okx_websocket import line

public_module = pytest.importorskip("okx.websocket.WsPublicAsync", reason="python-okx is not installed")

pytestmark = [
    pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning"),
]


@pytest.fixture
def shared(shared_exchange):
    """The SDK for tests that leave nothing behind."""
    made = Sdk(shared_exchange.rest)
    yield made
    made.close()


async def fault(exchange, **words):
    """Have the exchange misbehave."""
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{exchange.rest}/sim/v1/faults", json=words)
    assert answer.status_code == 200, answer.text


def rows(answer):
    """Data of an answer that must be good."""
    assert answer["code"] == "0", answer
    return answer["data"]


def test_candles(shared):
    """Nine strings a candle, newest first, the newest not confirmed; history in the same shape."""
    found = rows(shared.market.get_candlesticks(INST, bar="1s", limit="10"))
    assert {len(row) for row in found} == {9}
    assert [int(row[0]) for row in found] == sorted((int(row[0]) for row in found), reverse=True)
    assert rows(shared.market.get_history_candlesticks(INST, bar="1Dutc"))[0][8] == "0"
    assert shared.market.get_candlesticks(INST, bar="1d")["code"] == "51000"


def test_depth_tiers_and_index(shared):
    """RPI levels have four fields, four tiers, an index by its own name."""
    [book] = rows(shared.market.get_rpi_orderbook(INST))
    assert len(book["asks"][0]) == 4
    tiers = rows(shared.public.get_position_tiers("SWAP", "cross", instFamily="BTC-USDT"))
    assert [one["tier"] for one in tiers] == ["1", "2", "3", "4"]
    [index] = rows(shared.market.get_index_tickers(instId="BTC-USDT"))
    assert float(index["idxPx"]) > 0


async def test_business_channels(shared_tls_exchange):
    """Candles of trades, mark price and index, and the RPI book, on the business URL."""
    async with line(public_module.WsPublicAsync(f"{shared_tls_exchange.wss}/business")) as business:
        await business.subscribe({"channel": "candle1s", "instId": INST})
        assert len((await business.push("candle1s"))["data"][0]) == 9
        await business.subscribe({"channel": "mark-price-candle1s", "instId": INST})
        assert len((await business.push("mark-price-candle1s"))["data"][0]) == 6
        await business.subscribe({"channel": "index-candle1s", "instId": "BTC-USDT"})
        assert len((await business.push("index-candle1s"))["data"][0]) == 6
        await business.subscribe({"channel": "books-rpi", "instId": INST})
        first = await business.push("books-rpi")
        assert (first["action"], "checksum" in first["data"][0]) == ("snapshot", False)


async def test_public_channel_on_business(shared_tls_exchange):
    """The other way round it is 64002."""
    async with line(public_module.WsPublicAsync(f"{shared_tls_exchange.wss}/business")) as business:
        await business.client.send("subscribe", [{"channel": "tickers", "instId": INST}], id="r1")
        assert (await business.event("error"))["code"] == "64002"


async def test_announcements_push_what_changed(tls_exchange):
    """A suspension comes on instruments with one row, a maintenance on status."""
    async with line(public_module.WsPublicAsync(f"{tls_exchange.wss}/public")) as public:
        await public.subscribe({"channel": "instruments", "instType": "SWAP"}, {"channel": "status"})
        await fault(tls_exchange, fault="instrument_state", instId=INST, state="suspend")
        [row] = (await public.push("instruments"))["data"]
        assert (row["instId"], row["state"]) == (INST, "suspend")
        await fault(tls_exchange, fault="maintenance", state="scheduled")
        assert (await public.push("status"))["data"][0]["state"] == "scheduled"
    made = Sdk(tls_exchange.rest)
    assert [row["state"] for row in rows(made.status.status("scheduled"))] == ["scheduled"]
    made.close()
