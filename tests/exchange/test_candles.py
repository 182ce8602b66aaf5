"""Candles: begin of every bar, volumes, gaps, paging, and the channels that push them."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.exchange.candles import BARS, Candles
from tests.exchange.bench import ASK, BID, INST, START_NS, Bench

START_MS = START_NS // 1_000_000
MINUTE_MS = 60_000


def utc(*parts):
    """Unix ms of a UTC time."""
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1000


@pytest.mark.parametrize(
    ("bar", "begins"),
    [
        ("1s", utc(2026, 11, 20, 17, 43, 21)),
        ("1m", utc(2026, 11, 20, 17, 43)),
        ("4H", utc(2026, 11, 20, 16)),
        ("6H", utc(2026, 11, 20, 16)),
        ("6Hutc", utc(2026, 11, 20, 12)),
        ("1D", utc(2026, 11, 20, 16)),
        ("1Dutc", utc(2026, 11, 20)),
        ("1W", utc(2026, 11, 15, 16)),
        ("1Wutc", utc(2026, 11, 16)),
        ("1M", utc(2026, 10, 31, 16)),
        ("1Mutc", utc(2026, 11, 1)),
        ("3M", utc(2026, 9, 30, 16)),
        ("3Mutc", utc(2026, 10, 1)),
    ],
)
def test_bars_begin_with_the_hong_kong_day_or_utc(bar, begins):
    """Sheet 4.4: from six hours up a bar follows the Hong Kong day unless it says utc."""
    assert BARS[bar].start(utc(2026, 11, 20, 17, 43, 21)) == begins


@given(st.sampled_from(sorted(BARS)), st.integers(0, 4 * 10**12))
def test_bars_tile_time(bar, at_ms):
    """Every time lies in one bar: its begin is not later, and begins where the former one ends."""
    start = BARS[bar].start(at_ms)
    assert start <= at_ms
    assert BARS[bar].start(start) == start
    assert BARS[bar].start(start - 1) < start


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 999), st.integers(1, 9)), min_size=1, max_size=60)
)
def test_candles_keep_every_lot(trades):
    """Over all candles of a bar volume and value are those of the trades, gaps are flat and empty."""
    series, at_s = Candles(), 0
    for step_s, price, lots in trades:
        at_s += step_s
        series.add(at_s * 1000, Decimal(price), lots, Decimal(price * lots))
    for bar in ("5m", "1H", "1Dutc", "1M"):
        found = list(series.newest_first(bar, at_s * 1000))
        assert sum(one.volume_lots for one in found) == sum(lots for _, _, lots in trades)
        assert sum(one.value for one in found) == sum(price * lots for _, price, lots in trades)
        assert all(
            one.low <= min(one.open, one.close) <= max(one.open, one.close) <= one.high for one in found
        )
        for later, earlier in itertools.pairwise(found):
            assert BARS[bar].start(later.start_ms - 1) == earlier.start_ms
            assert later.volume_lots or later.open == later.close == earlier.close


def traded(bench):
    """Three trades in two minutes with an empty minute between them."""
    bench.trade("buy", ASK, 300)
    bench.wait(1)
    bench.trade("sell", BID, 100)
    bench.wait(2 * 60)
    bench.trade("buy", ASK + 9, 50)
    return bench


def test_rest_candles(bench):
    """Newest first; nine strings; contracts, coin and quote; the present one is not confirmed."""
    rows = traded(bench).data(f"market/candles?instId={INST}")
    start = START_MS // MINUTE_MS * MINUTE_MS
    assert rows == [
        [str(start + 120_000), *["60001"] * 4, "0.5", "0.005", "300.005", "0"],
        [str(start + 60_000), *["60000"] * 4, "0", "0", "0", "1"],
        [str(start), "60000.1", "60000.1", "60000", "60000", "4", "0.04", "2400.003", "1"],
    ]
    assert bench.data(f"market/history-candles?instId={INST}") == rows


def test_rest_candles_page(bench):
    """After and before bound the page, and before alone brings the latest; wrong values are refused."""
    newest, middle, oldest = traded(bench).data(f"market/candles?instId={INST}&bar=1m")
    path = f"market/candles?instId={INST}&bar=1m"
    assert bench.data(f"{path}&after={newest[0]}") == [middle, oldest]
    assert bench.data(f"{path}&after={newest[0]}&limit=1") == [middle]
    assert bench.data(f"{path}&before={oldest[0]}") == [newest, middle]
    assert bench.data(f"{path}&before={oldest[0]}&limit=1") == [newest]
    assert bench.data(f"{path}&after={newest[0]}&before={oldest[0]}") == [middle]
    for wrong in ("limit=301", "limit=0", "bar=7m", "bar=1d", "after=x"):
        assert bench.rest("GET", f"market/candles?instId={INST}&{wrong}")[1]["code"] == "51000", wrong


def test_rest_candles_of_every_bar(bench):
    """Each bar answers, and all hold the same volume; none before the first trade."""
    assert bench.data(f"market/candles?instId={INST}") == []
    traded(bench)
    for bar in BARS:
        rows = bench.data(f"market/candles?instId={INST}&bar={bar}&limit=300")
        assert sum(Decimal(row[5]) for row in rows) == Decimal("4.5"), bar
        bench.wait(2)


def test_inverse_candles_count_coins():
    """Contracts of 100 USD: quote is their face, coin is face over price."""
    bench = Bench()
    inverse = next(one for one in bench.state.listings.values() if one.row.get("ctType") == "inverse")
    market = bench.state.markets[inverse.inst_id]
    ours = inverse.instrument
    ticks = int(Decimal(50_000) / ours.tick_size)
    bench.book([(ticks, 10)], [(ticks + 1, 10)], inst=inverse.inst_id)
    lots = int(10 / ours.lot_size)
    from okxmm_tui.core.types import Side
    from okxmm_tui.exchange.market_events import TradeEvent

    bench.apply(TradeEvent(inverse.inst_id, 1, ticks, lots, Side.BUY, "1", "0", START_MS))
    row = bench.data(f"market/candles?instId={inverse.inst_id}")[0]
    assert market.instrument is ours
    assert (row[5], row[6], row[7]) == ("10", "0.02", "1000")


def test_candle_channel(bench):
    """Pushed at most once a second while it changes, and once more confirmed when it is over."""
    bench.trade("buy", ASK, 300)
    client = bench.connect("business").subscribe("candle1m", instId=INST)
    first = client.take()
    assert first[0]["event"] == "subscribe"
    assert first[1]["data"][0][4:6] == ["60000.1", "3"]
    for _ in range(5):
        bench.trade("buy", ASK, 100)
        bench.wait(0.2)
    rows = client.rows("candle1m")
    assert len(rows) <= 2
    assert (rows[-1][5], rows[-1][-1]) == ("8", "0")
    bench.wait(3)
    assert client.rows("candle1m") == []
    for _ in range(4):
        bench.wait(15)
        client.send("ping")
    closed, opened = client.rows("candle1m")
    assert (closed[0], closed[5], closed[-1]) == (rows[-1][0], "8", "1")
    assert (int(opened[0]) - int(closed[0]), opened[5], opened[-1]) == (MINUTE_MS, "0", "0")


@pytest.mark.parametrize(
    ("channel", "inst_id"), [("mark-price-candle1s", INST), ("index-candle1s", "BTC-USDT")]
)
def test_price_candles(bench, channel, inst_id):
    """Mark price and index have candles of six fields."""
    bench.wait(1)
    client = bench.connect("business").subscribe(channel, instId=inst_id)
    bench.wait(2.5)
    rows = client.rows(channel)
    assert all(len(row) == 6 and row[4] == "60000.05" for row in rows)
    assert {row[-1] for row in rows} == {"0", "1"}


@pytest.mark.parametrize("channel", ["candle7m", "candle1d", "candle1sutc", "candle"])
def test_unknown_bars(bench, channel):
    """A bar nobody knows is no channel."""
    assert bench.connect("business").subscribe(channel, instId=INST).take()[0]["code"] == "60018"
