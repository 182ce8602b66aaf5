"""The way of an order to the market: a configured time, in which the market goes on."""

from __future__ import annotations

import pytest

from okxmm_tui.exchange.options import ExchangeOptions, VenueSettings
from okxmm_tui.exchange.rest_request import RestRequest
from tests.exchange.bench import ASK, BID, CODE, INST, Bench

ORDER = {"instIdCode": CODE, "tdMode": "cross", "side": "buy", "ordType": "limit", "px": "59999", "sz": "1"}


@pytest.fixture
def slow():
    """A venue that orders reach after 20 ms."""
    bench = Bench(latency_ms=20)
    bench.deep_book()
    return bench


def test_orders_take_their_time(slow):
    """What was sent over the WebSocket executes after its way; an injected delay comes on top."""
    client = slow.connect()
    client.op("order", ORDER)
    slow.wait(0.019)
    assert slow.state.store.orders == {}
    slow.wait(0.001)
    assert len(slow.state.store.orders) == 1
    slow.fault("latency", ms=30)
    client.op("order", ORDER)
    slow.wait(0.049)
    assert len(slow.state.store.orders) == 1
    slow.wait(0.001)
    assert len(slow.state.store.orders) == 2


@pytest.mark.parametrize(
    ("method", "path", "way_ms"),
    [
        ("POST", "trade/order", 20),
        ("POST", "trade/amend-order", 20),
        ("POST", "trade/cancel-batch-orders", 20),
        ("POST", "trade/cancel-all-after", 0),
        ("GET", "trade/orders-pending", 0),
        ("GET", "public/time", 0),
    ],
)
def test_only_what_trades_takes_the_way(slow, method, path, way_ms):
    """Trade requests over REST wait as long as those over the WebSocket; reads and the switch do not."""
    asked = RestRequest(method, f"/api/v5/{path}", "", {}, b"{}", slow.now_ns)
    assert slow.venue.rest_delay_ns(asked) == way_ms * 1_000_000


def test_the_market_may_leave_meanwhile(slow):
    """A bid at the best ask it saw takes nothing: the ask has gone up by the time it arrives."""
    client = slow.connect().subscribe("orders", instType="ANY", instId=INST)
    client.take()
    client.op("order", {**ORDER, "ordType": "ioc", "px": "60000.1"})
    slow.wait(0.01)
    slow.book(bids=((BID + 50, 100),), asks=((ASK + 50, 100),))
    slow.wait(0.01)
    assert [row["state"] for row in client.rows("orders")] == ["canceled"]


def test_the_option_reaches_the_venue():
    """A process hands its option on."""
    assert VenueSettings.from_options(ExchangeOptions(latency_ms=7)).latency_ms == 7
