"""Every kind of instrument and account against the embedded exchange, through the gateway's own sockets.

Every case runs on an exchange of its own with an account of the level and position mode it asks for; the
market is a small recording of each kind (``kinds_market``).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import httpx
import pytest

from okxmm_tui.core import messages as m
from okxmm_tui.core.effects import AmendOrder, CancelOrder, FetchTruth, PlaceOrder
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.position_sides import closed_by, opened_by
from okxmm_tui.core.spot_balance import SpotHolding
from okxmm_tui.core.types import AccountLevel, OrderKind, PositionMode, PositionSide, Side, VenueOrderState
from okxmm_tui.errors import UsageError
from okxmm_tui.exchange.process import ExchangeOptions, running_exchange
from okxmm_tui.okx.auth import ApiKey
from okxmm_tui.okx.emergency import cancel_everything
from okxmm_tui.okx.endpoints import Endpoints
from okxmm_tui.okx.gateway import OkxGateway
from tests.okx.kinds_market import write_market
from tests.okx.test_gateway import Probe

SIM = ApiKey("sim", "sim", "sim")
NET, APART = PositionMode.NET, PositionMode.LONG_SHORT
SPOT, SWAP, COIN = "BTC-USDT", "BTC-USDT-SWAP", "BTC-USD-SWAP"
FUTURE, COIN_FUTURE = "BTC-USDT-270625", "BTC-USD-270625"

CASES = [
    (SPOT, "1", NET), (SPOT, "2", NET), (SPOT, "3", NET), (SPOT, "4", NET),
    (SWAP, "2", NET), (SWAP, "3", NET), (SWAP, "4", NET), (SWAP, "2", APART), (SWAP, "3", APART),
    (COIN, "2", NET), (COIN, "3", NET), (COIN, "4", NET), (COIN, "2", APART),
    (FUTURE, "2", NET), (FUTURE, "3", APART), (COIN_FUTURE, "2", NET),
]  # fmt: skip


class Desk:
    """A connected gateway on one instrument."""

    def __init__(self, gateway: OkxGateway, endpoints: Endpoints, instrument: Instrument) -> None:
        self.gateway, self.endpoints, self.instrument = gateway, endpoints, instrument
        self.probe = Probe()
        self.has_sides = False

    def order(
        self, cl_ord_id: str, side: Side, price_ticks: int, *, smallest: int = 4, **changes: Any
    ) -> PlaceOrder:
        """Build an order of a few of the venue's smallest sizes."""
        lots = smallest * max(1, self.instrument.min_size_lots)
        named = opened_by(side) if self.has_sides else PositionSide.NET
        fields = {"position_side": named, **changes}
        inst_id = self.instrument.inst_id
        return PlaceOrder(inst_id, cl_ord_id, side, price_ticks, lots, in_a_second(), **fields)

    async def top(self) -> m.TopOfBook:
        """The present best bid and ask."""
        self.probe.events = [e for e in self.probe.events if not isinstance(e, m.TopOfBook)]
        return await self.probe.first(m.TopOfBook, lambda event: event.bid_ticks > 0 < event.ask_ticks)

    async def truth(self, request_id: int) -> m.TruthFetched:
        """What REST says."""
        self.gateway.execute([FetchTruth(request_id, 0)])
        return await self.probe.first(m.TruthFetched, lambda event: event.request_id == request_id)

    async def state(self) -> dict[str, Any]:
        """The exchange's own ledger, which comes without an envelope."""
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(f"{self.endpoints.rest}/sim/v1/state")).json()


def in_a_second() -> int:
    """An expiry, Unix ms."""
    return time.time_ns() // 1_000_000 + 1_000


def cash_in(state: dict[str, Any], ccy: str) -> Decimal:
    """Cash of one currency by the exchange's ledger; zero where it has no row."""
    return next((Decimal(row["cash"]) for row in state["balances"] if row["ccy"] == ccy), Decimal(0))


def net_in(state: dict[str, Any], inst_id: str) -> Decimal:
    """Net position of one instrument by the exchange's ledger, in contracts."""
    total = Decimal(0)
    for row in state["positions"]:
        if row["instId"] == inst_id:
            size = Decimal(row["pos"])
            total += -abs(size) if row.get("posSide") == "short" else size
    return total


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    """Path of a recording with every kind of instrument."""
    return write_market(tmp_path_factory.mktemp("kinds"))


@pytest.fixture
def open_desk(market):
    """A context manager that starts an exchange and a gateway on it."""

    @asynccontextmanager
    async def opened(wanted: str, level: str, mode: PositionMode) -> AsyncIterator[Desk]:
        options = ExchangeOptions(markets=(market,), account_level=level, position_mode=mode.value)
        async with running_exchange(options) as exchange:
            endpoints = Endpoints.local(exchange.rest, exchange.ws)
            gateway, run = OkxGateway(endpoints, SIM, tag="mmx"), None
            try:
                [instrument], facts = await gateway.prepare([wanted])
                assert (facts.level, facts.position_mode) == (AccountLevel(level), mode)
                desk = Desk(gateway, endpoints, instrument)
                run = asyncio.create_task(gateway.run(desk.probe))
                for stream in ("public", "private"):
                    await desk.probe.first(m.StreamUp, lambda event, stream=stream: event.stream == stream)
                desk.has_sides = mode is APART and not instrument.is_spot
                yield desk
            finally:
                await gateway.close()
                if run is not None:
                    await run

    return opened


@pytest.mark.parametrize(("wanted", "level", "mode"), CASES)
async def test_place_amend_cancel(open_desk, wanted, level, mode):
    """An order rests, moves and goes, and the exchange's ledger agrees at every step."""
    async with open_desk(wanted, level, mode) as desk:
        top = await desk.top()
        place = desk.order("p1", Side.BUY, top.bid_ticks - 200)
        desk.gateway.execute([place])
        live = await desk.probe.first(m.OrderUpdate)
        assert not desk.probe.all(m.OrderRefused)
        assert (live.state, live.price_ticks, live.size_lots, live.position_side) == (
            VenueOrderState.LIVE, place.price_ticks, place.size_lots, place.position_side,
        )  # fmt: skip
        inst_id = desk.instrument.inst_id
        desk.gateway.execute(
            [AmendOrder(inst_id, "p1", "r1", place.price_ticks - 5, place.size_lots * 2, in_a_second())]
        )
        amended = await desk.probe.first(m.OrderUpdate, lambda event: event.req_id == "r1")
        assert (amended.amend_result, amended.size_lots) == ("0", place.size_lots * 2)
        assert [order.cl_ord_id for order in (await desk.truth(1)).orders] == ["p1"]
        desk.gateway.execute([CancelOrder(inst_id, "p1")])
        await desk.probe.first(m.OrderUpdate, lambda event: event.state is VenueOrderState.CANCELED)
        assert (await desk.state())["pendingCount"] == 0


@pytest.mark.parametrize(("wanted", "level", "mode"), CASES)
async def test_fill_and_close(open_desk, wanted, level, mode):
    """An IOC order takes, another closes; positions and balances are the exchange's to the last digit."""
    async with open_desk(wanted, level, mode) as desk:
        start, top = await desk.state(), await desk.top()
        desk.gateway.execute([desk.order("t1", Side.BUY, top.ask_ticks + 100, order_kind=OrderKind.IOC)])
        await ended(desk, "t1")
        await agrees(desk, start, 1)
        is_spot, top = desk.instrument.is_spot, await desk.top()
        close = desk.order(
            "t2",
            Side.SELL,
            top.bid_ticks - 100,
            # A spot fee took a part of what was bought, so that not all of it can be sold again.
            smallest=2 if is_spot else 4,
            order_kind=OrderKind.IOC,
            position_side=closed_by(Side.SELL) if desk.has_sides else PositionSide.NET,
            reduce_only=not is_spot and not desk.has_sides,
        )
        desk.gateway.execute([close])
        await ended(desk, "t2")
        await agrees(desk, start, 2)


async def ended(desk: Desk, cl_ord_id: str) -> None:
    """Wait for the end of an order that was not refused."""
    await desk.probe.first(
        m.OrderUpdate, lambda event: event.cl_ord_id == cl_ord_id and event.state.is_terminal
    )
    assert not desk.probe.all(m.OrderRefused)


async def agrees(desk: Desk, start: dict[str, Any], request_id: int) -> None:
    """Fills, REST and the exchange's ledger tell one story."""
    truth, state, instrument = await desk.truth(request_id), await desk.state(), desk.instrument
    assert truth.fills
    signed = sum(fill.side.sign * fill.size_lots for fill in truth.fills)
    for balance in truth.balances:
        assert balance.cash == cash_in(state, balance.ccy)
    if not instrument.is_spot:
        assert sum(row.size_lots for row in truth.positions) == signed
        assert instrument.size(signed) == net_in(state, instrument.inst_id)
        assert all(fill.fee_ccy == instrument.settle_ccy for fill in truth.fills)
        return
    assert truth.positions == ()
    holding = SpotHolding(instrument)
    for fill in truth.fills:
        holding.book(fill)
    for ccy, change in (
        (instrument.base_ccy, holding.base_change),
        (instrument.quote_ccy, holding.quote_change),
    ):
        assert cash_in(state, ccy) - cash_in(start, ccy) == change


@pytest.mark.parametrize("wanted", [SPOT, SWAP, COIN, FUTURE, COIN_FUTURE])
async def test_kill_cancels_every_kind(open_desk, wanted):
    """The REST-only sweep finds and removes orders of any kind, and proves it."""
    async with open_desk(wanted, "2", NET) as desk:
        top = await desk.top()
        desk.gateway.execute([desk.order(f"k{n}", Side.BUY, top.bid_ticks - 200 - n) for n in range(3)])
        await desk.probe.first(m.OrderAccepted, lambda event: event.cl_ord_id == "k2")
        outcome = await cancel_everything(
            desk.endpoints, SIM, tag="mmx", inst_id=None, deadline_s=10, on_progress=lambda text: None
        )
        assert (outcome.found, outcome.residual, outcome.is_proven) == (3, 0, True)


@pytest.mark.parametrize(
    ("wanted", "level", "mode", "words"),
    [
        (SWAP, "1", NET, "Spot mode"),
        (COIN, "1", NET, "Spot mode"),
        (FUTURE, "1", NET, "Spot mode"),
    ],
)
async def test_what_the_account_cannot_trade_is_refused_before_it_starts(
    open_desk, wanted, level, mode, words
):
    """The reason comes from the preparation, not from a refused order."""
    with pytest.raises(UsageError, match=words):
        async with open_desk(wanted, level, mode):
            pass


async def test_both_sides_are_held_at_once(open_desk):
    """A long and a short of one swap: two rows at REST and in the pushes, a net of nothing."""
    async with open_desk(SWAP, "2", APART) as desk:
        top = await desk.top()
        desk.gateway.execute(
            [
                desk.order("l1", Side.BUY, top.ask_ticks + 100, order_kind=OrderKind.IOC),
                desk.order("s1", Side.SELL, top.bid_ticks - 100, order_kind=OrderKind.IOC),
            ]
        )
        for cl_ord_id in ("l1", "s1"):
            await ended(desk, cl_ord_id)
        truth = await desk.truth(1)
        lots = {row.position_side: row.size_lots for row in truth.positions}
        assert lots[PositionSide.LONG] == -lots[PositionSide.SHORT] > 0
        for side, sign in ((PositionSide.LONG, 1), (PositionSide.SHORT, -1)):
            pushed = await desk.probe.first(
                m.PositionUpdate, lambda event, side=side: event.position_side is side and event.size_lots
            )
            assert pushed.size_lots * sign > 0
        assert net_in(await desk.state(), desk.instrument.inst_id) == 0
