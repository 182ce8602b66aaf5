"""Every kind of instrument and account through the gateway on a scripted venue: sent and read rightly."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from okxmm_tui.core import messages as m
from okxmm_tui.core.effects import AmendOrder, CancelOrder, FetchTruth, PlaceOrder
from okxmm_tui.core.types import AccountLevel, OrderKind, PositionMode, PositionSide, Side
from okxmm_tui.errors import UsageError
from okxmm_tui.okx.auth import ApiKey
from okxmm_tui.okx.gateway import OkxGateway
from tests.okx.fake_venue import (
    COIN_FUTURE,
    CONFIG,
    FUTURE,
    INVERSE,
    KINDS,
    SPOT,
    SWAP,
    FakeVenue,
    ok,
    running_fake,
)
from tests.okx.test_gateway import Probe

KEY = ApiKey("k", "s", "p")
NET, APART = "net_mode", "long_short_mode"


@asynccontextmanager
async def opened(row, level: str, mode: str) -> AsyncIterator[tuple[FakeVenue, OkxGateway, Probe]]:
    """A running gateway on one instrument of an account with these modes."""
    async with running_fake() as venue:
        venue.rest["/api/v5/account/config"] = lambda q, b: ok([CONFIG | {"acctLv": level, "posMode": mode}])
        gateway, probe = OkxGateway(venue.endpoints, KEY, tag="mmx"), Probe()
        run = None
        try:
            _, facts = await gateway.prepare([row["instId"]])
            assert (facts.level, facts.position_mode) == (AccountLevel(level), PositionMode(mode))
            run = asyncio.create_task(gateway.run(probe))
            await probe.first(m.StreamUp, lambda event: event.stream == "private")
            yield venue, gateway, probe
        finally:
            await gateway.close()
            if run is not None:
                await run


def place(row, side: Side = Side.SELL, **changes) -> PlaceOrder:
    """An order of ten lots."""
    return PlaceOrder(row["instId"], "a1", side, 600_001, 10, 1_795_161_602_000, **changes)


CASES = [
    (SPOT, "1", NET, {"tdMode": "cash", "tgtCcy": "base_ccy"}),
    (SPOT, "2", APART, {"tdMode": "cash", "tgtCcy": "base_ccy"}),
    (SPOT, "3", NET, {"tdMode": "cross", "tgtCcy": "base_ccy"}),
    (SPOT, "4", NET, {"tdMode": "cross", "tgtCcy": "base_ccy"}),
    (SWAP, "2", NET, {"tdMode": "cross"}),
    (SWAP, "2", APART, {"tdMode": "cross", "posSide": "long"}),
    (INVERSE, "3", NET, {"tdMode": "cross"}),
    (INVERSE, "3", APART, {"tdMode": "cross", "posSide": "long"}),
    (FUTURE, "4", NET, {"tdMode": "cross"}),
    (COIN_FUTURE, "2", APART, {"tdMode": "cross", "posSide": "long"}),
]


@pytest.mark.parametrize(
    ("row", "level", "mode", "fields"), CASES, ids=[f"{row['instId']}-{lv}-{pm}" for row, lv, pm, _ in CASES]
)
async def test_orders_are_written_for_the_account(row, level, mode, fields):
    """The place carries mode and side, over the WebSocket and over REST; amend and cancel carry neither."""
    named = PositionSide.LONG if "posSide" in fields else PositionSide.NET
    async with opened(row, level, mode) as (venue, gateway, probe):
        sent = place(row, position_side=named, order_kind=OrderKind.IOC)
        gateway.execute([sent])
        gateway.execute([AmendOrder(row["instId"], "a1", "r1", 600_002, None, 1_795_161_602_000)])
        gateway.execute([CancelOrder(row["instId"], "a1")])
        await probe.first(m.OrderAccepted, lambda event: event.verb == "cancel")
    ops = {op["op"]: op["args"][0] for op in venue.ops if "order" in op["op"]}
    assert ops["order"]["ordType"] == "ioc"
    assert ops["order"]["instIdCode"] == row["instIdCode"]
    names = ("tdMode", "posSide", "tgtCcy", "ccy", "reduceOnly")
    assert {name: ops["order"][name] for name in names if name in ops["order"]} == fields
    for op in ("amend-order", "cancel-order"):
        assert not set(names) & set(ops[op])


async def test_the_rest_route_writes_the_same_mode():
    """An instrument the socket refuses goes by REST, in the account's mode and on its side."""
    async with opened(SWAP, "2", APART) as (venue, gateway, probe):
        gateway._route._choice.refused("BTC-USDT-SWAP", time.monotonic_ns())
        taken = asyncio.Event()

        def take(query, body):
            del query
            taken.set()
            return ok([{"clOrdId": body["clOrdId"], "ordId": "9", "sCode": "0"}])

        venue.rest["/api/v5/trade/order"] = take
        gateway.execute([place(SWAP, position_side=PositionSide.SHORT)])
        await asyncio.wait_for(taken.wait(), 5)
        await probe.first(m.OrderAccepted)
    body = next(json.loads(body) for _, path, _, body, _ in venue.requests if path == "/api/v5/trade/order")
    assert (body["instId"], body["tdMode"], body["posSide"]) == ("BTC-USDT-SWAP", "cross", "short")


async def test_both_sides_are_read_from_pushes_and_rest():
    """Positive sizes with a side come out signed, from the channel and from the list."""
    rows = [
        {"instId": "BTC-USDT-SWAP", "pos": "3", "posSide": "long", "mgnMode": "cross", "uTime": "7"},
        {"instId": "BTC-USDT-SWAP", "pos": "1", "posSide": "short", "mgnMode": "cross", "uTime": "8"},
    ]
    expected = {PositionSide.LONG: 300, PositionSide.SHORT: -100}
    async with opened(SWAP, "2", APART) as (venue, gateway, probe):
        await venue.push("private", {"arg": {"channel": "positions", "instType": "ANY"}, "data": rows})
        await probe.first(m.PositionUpdate, lambda event: event.position_side is PositionSide.SHORT)
        pushed = {event.position_side: event.size_lots for event in probe.all(m.PositionUpdate)}
        venue.rest["/api/v5/account/positions"] = lambda q, b: ok(rows)
        gateway.execute([FetchTruth(1, 0)])
        truth = await probe.first(m.TruthFetched)
    assert pushed == {row.position_side: row.size_lots for row in truth.positions} == expected


async def test_balances_of_both_currencies_reach_the_engine():
    """A spot session hears of base and quote, with what is free of each."""
    details = [
        {"ccy": "BTC", "cashBal": "1", "availBal": "0.9", "uTime": "5"},
        {"ccy": "USDT", "cashBal": "50", "availBal": "40", "uTime": "5"},
    ]
    async with opened(SPOT, "1", NET) as (venue, _, probe):
        push = {"arg": {"channel": "account"}, "eventType": "event_update", "data": [{"details": details}]}
        await venue.push("private", push)
        await probe.first(m.BalanceUpdate, lambda event: event.ccy == "USDT")
        free = {event.ccy: str(event.spendable) for event in probe.all(m.BalanceUpdate)}
    assert free == {"BTC": "0.9", "USDT": "40"}


@pytest.mark.parametrize("row", [row for row in KINDS if row is not SPOT], ids=lambda row: row["instId"])
async def test_what_the_account_cannot_trade_never_starts(row):
    """A derivative in spot mode is refused by the preparation."""
    with pytest.raises(UsageError, match="Spot mode"):
        async with opened(row, "1", NET):
            pass
