"""Public channels besides depth, and how market events are ordered against own fills."""

from __future__ import annotations

from decimal import Decimal

import pytest

from okxmm_tui.exchange.market_events import FundingEvent
from tests.exchange.bench import ASK, BID, INST


def subscribed(bench, channel, **arg):
    """A subscriber of one channel."""
    client = bench.connect("public")
    client.subscribe(channel, **({"instId": INST} | arg))
    return client


def test_trades_carry_count_source_and_sequence(bench):
    """One push per aggregated trade with every documented field."""
    client = subscribed(bench, "trades")
    client.take()
    bench.trade("sell", BID, 25)
    (row,) = client.rows("trades")
    assert (row["px"], row["sz"], row["side"], row["count"], row["source"]) == (
        "60000",
        "0.25",
        "sell",
        "1",
        "0",
    )
    assert isinstance(row["seqId"], int)
    assert row["ts"] == str(bench.now_ns // 1_000_000)


def test_trades_all_lives_on_business(bench):
    """The unaggregated channel has no count."""
    client = bench.connect("business").subscribe("trades-all", instId=INST)
    bench.trade("buy", ASK, 1)
    assert "count" not in client.rows("trades-all")[0]


def test_own_trades_are_never_public(bench):
    """Own orders rest in the published book, but what they trade is no print: the recording has its own."""
    client = subscribed(bench, "trades")
    client.take()
    bench.place("buy", BID)
    bench.place("buy", ASK, "1")
    bench.wait(0.3)
    assert client.take() == []


def test_ticker_follows_trades_at_most_every_100_ms(bench):
    """Ten trades in a moment make one ticker with the last price and summed volume."""
    client = subscribed(bench, "tickers")
    client.take()
    for number in range(10):
        bench.trade("buy", ASK + number, 10)
    bench.wait(0.15)
    (row,) = client.rows("tickers")
    assert (row["last"], row["vol24h"], row["volCcy24h"]) == ("60001", "1", "0.01")
    assert (row["open24h"], row["high24h"], row["low24h"]) == ("60000.1", "60001", "60000.1")


def test_mark_is_the_mid_to_half_a_tick(bench):
    """The mark price is the mid of the displayed book, pushed only on change."""
    client = subscribed(bench, "mark-price")
    assert client.rows("mark-price")[0]["markPx"] == "60000.05"
    bench.wait(2)
    assert client.rows("mark-price") == []
    bench.bbo((BID + 4, 1), (BID + 5, 1)).wait(0.4)
    assert [row["markPx"] for row in client.rows("mark-price")] == ["60000.45"]


def test_price_limits_surround_the_mark(bench):
    """Buy limit above, sell limit below, both whole ticks."""
    (row,) = subscribed(bench, "price-limit").rows("price-limit")
    assert (row["buyLmt"], row["sellLmt"], row["enabled"]) == ("61200", "58800.1", True)


def test_index_ticker_is_keyed_by_the_index(bench):
    """The channel's instId is the index, e.g. BTC-USDT."""
    assert (
        subscribed(bench, "index-tickers", instId="BTC-USDT").rows("index-tickers")[0]["idxPx"] == "60000.05"
    )


def test_funding_is_settled_on_time(bench):
    """At the funding time a long pays the recorded rate at mark; position, bill and cash agree."""
    bench.place("buy", ASK, "1")
    bench.apply(FundingEvent(INST, Decimal("0.0003")))
    client = subscribed(bench, "funding-rate")
    (row,) = client.rows("funding-rate")
    assert row["fundingRate"] == "0.0003"
    assert int(row["fundingTime"]) % 28_800_000 == 0
    cash = bench.account.cash
    bench.jump((int(row["fundingTime"]) - bench.now_ns // 1_000_000) / 1000 + 1)
    paid = -(Decimal("0.01") * Decimal("60000.05") * Decimal("0.0003"))
    assert bench.account.cash - cash == paid == bench.position().funding
    bill = bench.data("account/bills?type=8")[0]
    assert (Decimal(bill["balChg"]), bill["subType"], Decimal(bill["bal"])) == (
        paid,
        "173",
        bench.account.cash,
    )


@pytest.mark.parametrize(("hours", "payments"), [(1, 8), (2, 4), (4, 2), (6, 1), (8, 1), (None, 1)])
def test_funding_is_settled_at_the_contracts_own_interval(bench, hours, payments):
    """Between 08:00 and 16:00 UTC every interval of OKX's is paid as often as it ends, and shown so."""
    bench.place("buy", ASK, "1")
    interval_ms = None if hours is None else hours * 3_600_000
    bench.apply(FundingEvent(INST, Decimal("0.0003"), interval_ms))
    (row,) = bench.data(f"public/funding-rate?instId={INST}")
    shown_ms = int(row["nextFundingTime"]) - int(row["fundingTime"])
    assert shown_ms == int(row["fundingTime"]) - int(row["prevFundingTime"]) == (hours or 8) * 3_600_000
    for _ in range(8):
        bench.jump(3600)
    assert len(bench.data("account/bills?type=8")) == payments


def test_late_timer_still_settles_funding(bench):
    """A clock that jumps over the funding time and the hours after it pays once all the same."""
    bench.place("buy", ASK, "1")
    bench.jump(11 * 3600)
    assert len(bench.data("account/bills?type=8")) == 1


@pytest.mark.parametrize("channel", ["instruments", "status"])
def test_event_channels_are_accepted(bench, channel):
    """They exist and stay silent while nothing changes."""
    client = bench.connect("public").subscribe(channel, instType="SWAP")
    assert [one["event"] for one in client.take()] == ["subscribe"]
