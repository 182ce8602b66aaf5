"""The slower channels: mark, index, funding, price band, ticker, maintenance."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from okxmm_tui.core import messages as m
from okxmm_tui.okx.endpoints import DEMO
from okxmm_tui.okx.market_channels import Wanted
from okxmm_tui.okx.public_session import PublicSession
from tests.okx.conftest import make_instrument

INST = "BTC-USDT-SWAP"


def push(channel, rows, **options):
    """What a fresh session makes of one push."""
    session = PublicSession([make_instrument()], **options)
    session.opened(0)
    return session.receive(json.dumps({"arg": {"channel": channel}, "data": rows}), 2 * 10**9)


def test_index_reaches_the_instruments_that_follow_it():
    """The index is named by currencies, the event by the instrument."""
    rows = [{"instId": "BTC-USDT", "idxPx": "60000.5", "ts": "7"}, {"instId": "ETH-USDT", "idxPx": "1"}]
    assert push("index-tickers", rows) == [m.IndexPrice(INST, Decimal("60000.5"), 7)]


def test_funding_rate():
    """Rate and both times; an empty rate says nothing."""
    row = {
        "instId": INST, "fundingRate": "-0.0001", "fundingTime": "100", "nextFundingTime": "200", "ts": "7",
    }  # fmt: skip
    assert push("funding-rate", [row, row | {"fundingRate": ""}]) == [
        m.FundingRate(INST, Decimal("-0.0001"), 100, 200, 7)
    ]


@pytest.mark.parametrize(
    ("changes", "highest", "lowest"),
    [
        ({}, 610_000, 590_001),
        ({"enabled": False}, None, None),
        ({"enabled": "false"}, None, None),
        ({"buyLmt": "", "enabled": "true"}, None, 590_001),
    ],
)
def test_price_band_is_narrowed_to_ticks(changes, highest, lowest):
    """Never a price the venue would refuse; a band that is off or empty is none."""
    row = {"instId": INST, "buyLmt": "61000.09", "sellLmt": "59000.01", "enabled": True, "ts": "7"} | changes
    assert push("price-limit", [row]) == [m.PriceLimits(INST, highest, lowest, 7)]


def test_maintenance_of_the_other_environment_is_not_ours():
    """Demo and production are announced on one channel."""
    row = {"title": "upgrade", "state": "scheduled", "begin": "1", "end": "2", "env": "1"}
    assert push("status", [row]) == [m.VenueStatus("upgrade", "scheduled", 1, 2)]
    assert push("status", [row], environment=DEMO) == []


def test_tickers_for_those_who_ask():
    """The day's figures, exact."""
    row = {
        "instId": INST,
        "last": "1",
        "open24h": "2",
        "high24h": "3",
        "low24h": "4",
        "vol24h": "5",
        "ts": "6",
    }
    events = push("tickers", [row], wanted=Wanted(has_tickers=True))
    assert events == [m.Ticker(INST, *map(Decimal, range(1, 6)), 6)]


@pytest.mark.parametrize("channel", ["mark-price", "price-limit", "funding-rate", "instruments", "trades"])
def test_unreadable_row_hides_no_neighbour(channel):
    """A row without its instrument or of another shape is one notice; its neighbours are read."""
    good = {
        "instId": INST, "markPx": "1", "buyLmt": "1", "fundingRate": "0", "tickSz": "0.1", "lotSz": "0.01",
        "ctVal": "0.01", "ctType": "linear", "px": "1", "sz": "1", "side": "buy", "state": "suspend",
    }  # fmt: skip
    events = push(channel, [good, 7, {}])
    assert sorted(type(event) is m.GatewayNotice for event in events) == [False, True]
    assert all(event.inst_id == INST for event in events if isinstance(event, m.MarkPrice | m.PublicTrade))
