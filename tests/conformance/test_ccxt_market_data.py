"""ccxt against candles, full depth, RPI depth, tiers and status."""

from __future__ import annotations

import asyncio

import pytest

from tests.conformance.ccxt_settings import SYMBOL, settings
from tests.conformance.hosting import PATIENCE_S

ccxt = pytest.importorskip("ccxt", reason="ccxt is not installed (extra: conformance)")
pro = pytest.importorskip("ccxt.pro", reason="ccxt is not installed (extra: conformance)")


@pytest.fixture(scope="module")
def shared(shared_exchange):
    """A ccxt client for tests that leave nothing behind."""
    made = ccxt.okx(settings(shared_exchange))
    made.load_markets()
    yield made
    made.session.close()


@pytest.mark.parametrize("timeframe", ["1s", "1m", "1h", "6h", "1d", "1M"])
def test_candles(shared, timeframe):
    """Six numbers a candle, oldest first, the last one holding the present time."""
    candles = shared.fetch_ohlcv(SYMBOL, timeframe, limit=20)
    starts = [one[0] for one in candles]
    assert starts == sorted(set(starts))
    for _, opened, high, low, close, volume in candles:
        assert low <= min(opened, close) <= max(opened, close) <= high
        assert volume >= 0


def test_history_candles(shared):
    """The history endpoint has the same shape, page by page."""
    page = {"method": "publicGetMarketHistoryCandles", "until": shared.milliseconds() + 60_000}
    assert shared.fetch_ohlcv(SYMBOL, "1s", limit=5, params=page)


def test_full_depth(shared):
    """More than 400 levels are asked of books-full."""
    book = shared.fetch_order_book(SYMBOL, 500)
    assert book["bids"][0][0] < book["asks"][0][0]
    assert len(book["bids"]) >= 50 <= len(book["asks"])


def test_rpi_depth(shared):
    """The RPI book parses like any other."""
    book = shared.fetch_order_book(SYMBOL, 5, {"rpi": True})
    assert len(book["bids"]) == 5


def test_position_tiers(shared):
    """The first tier has the leverage of the instrument; larger ones ask for more margin."""
    tiers = shared.fetch_market_leverage_tiers(SYMBOL, {"marginMode": "cross"})
    assert [(one["tier"], one["maintenanceMarginRate"]) for one in tiers] == [
        (1, 0.004),
        (2, 0.006),
        (3, 0.01),
        (4, 0.02),
    ]
    assert tiers[0]["maxLeverage"] == shared.market(SYMBOL)["limits"]["leverage"]["max"]
    begins, ends = [one["minNotional"] for one in tiers[1:]], [one["maxNotional"] for one in tiers[:3]]
    assert [begin - end for begin, end in zip(begins, ends, strict=True)] == pytest.approx([0.01] * 3)


async def test_watched_candles(shared_exchange):
    """The candle channel of the business URL moves with the trades."""
    client = pro.okx(settings(shared_exchange))
    try:
        async with asyncio.timeout(PATIENCE_S):
            await client.load_markets()
            seen = {tuple((await client.watch_ohlcv(SYMBOL, "1s"))[-1]) for _ in range(3)}
    finally:
        await client.close()
    assert len(seen) > 1
