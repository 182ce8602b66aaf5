"""The gateway against the embedded exchange: the same sockets as in a session."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from okxmm_tui.core import messages as m
from okxmm_tui.core.books import OrderBook
from okxmm_tui.core.effects import (
    AmendOrder,
    CancelOrder,
    FetchTruth,
    PlaceOrder,
    PollPending,
    QueryOrder,
    ScanMarkets,
    SetDeadMan,
)
from okxmm_tui.core.types import OrderKind, Side, VenueOrderState
from okxmm_tui.okx.auth import ApiKey
from okxmm_tui.okx.emergency import cancel_everything
from okxmm_tui.okx.endpoints import Endpoints
from okxmm_tui.okx.gateway import OkxGateway
from tests.okx.test_gateway import Probe

process = pytest.importorskip("okxmm_tui.exchange.process")

INST = "BTC-USDT-SWAP"
SIM = ApiKey("sim", "sim", "sim")


class Desk:
    """A connected gateway, its events and its book."""

    def __init__(self, gateway: OkxGateway, probe: Probe, endpoints: Endpoints) -> None:
        self.gateway, self.probe, self.endpoints = gateway, probe, endpoints

    async def bid_below_market(self, cl_ord_id: str, distance: int = 500) -> PlaceOrder:
        """Build a bid that rests."""
        top = await self.probe.first(m.TopOfBook, lambda event: event.bid_ticks > 0)
        return PlaceOrder(INST, cl_ord_id, Side.BUY, top.bid_ticks - distance, 10, in_a_second())


def in_a_second() -> int:
    """An expiry, Unix ms."""
    return time.time_ns() // 1_000_000 + 1_000


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """A gateway on an exchange of its own, both streams up."""
    async with open_desk() as opened:
        yield opened


@asynccontextmanager
async def open_desk(*, is_vip: bool = False, book_channel: str = "books") -> AsyncIterator[Desk]:
    """Start an exchange and a gateway on it."""
    async with process.running_exchange(process.ExchangeOptions(vip=is_vip)) as exchange:
        endpoints = Endpoints.local(exchange.rest, exchange.ws)
        gateway = OkxGateway(endpoints, SIM, tag="mmx", book_channel=book_channel)
        await gateway.prepare([INST])
        probe = Probe()
        run = asyncio.create_task(gateway.run(probe))
        try:
            for stream in ("public", "private"):
                await probe.first(m.StreamUp, lambda event, stream=stream: event.stream == stream)
            yield Desk(gateway, probe, endpoints)
        finally:
            await gateway.close()
            await run


async def test_book_arrives_and_chains(desk):
    """A snapshot and increments make a book that is two-sided, uncrossed, and without a gap."""
    await desk.probe.first(m.BookUpdate)
    await desk.probe.first(m.TopOfBook)
    book = OrderBook()
    for event in desk.probe.events:
        if isinstance(event, m.BookSnapshot):
            book.replace(event.bids, event.asks, event.seq_id, event.venue_ms)
        elif isinstance(event, m.BookUpdate):
            book.apply(event.bids, event.asks, event.seq_id, event.venue_ms)
    assert book.is_two_sided
    assert not book.is_crossed
    assert not desk.probe.all(m.BookGap)
    assert not desk.probe.all(m.GatewayNotice)


async def test_life_of_an_order(desk):
    """Place, amend, query, read the truth, cancel: every answer and push comes back as its event."""
    probe, gateway = desk.probe, desk.gateway
    place = await desk.bid_below_market("m1")
    gateway.execute([place])
    accepted = await probe.first(m.OrderAccepted)
    live = await probe.first(m.OrderUpdate)
    assert (live.state, live.price_ticks, live.size_lots, live.tag) == (
        VenueOrderState.LIVE, place.price_ticks, 10, "mmx",
    )  # fmt: skip
    assert live.ord_id == accepted.ord_id

    gateway.execute([AmendOrder(INST, "m1", "r1", place.price_ticks - 10, 20, in_a_second())])
    amended = await probe.first(m.OrderUpdate, lambda event: event.req_id == "r1")
    assert (amended.amend_result, amended.price_ticks, amended.size_lots) == ("0", place.price_ticks - 10, 20)

    gateway.execute([QueryOrder(INST, "m1"), QueryOrder(INST, "m404"), FetchTruth(1, 0), PollPending(2)])
    known = await probe.first(m.OrderQueried, lambda event: event.cl_ord_id == "m1")
    unknown = await probe.first(m.OrderQueried, lambda event: event.cl_ord_id == "m404")
    truth = await probe.first(m.TruthFetched)
    polled = await probe.first(m.PendingPolled)
    assert known.order.size_lots == 20
    assert (unknown.reached, unknown.order) == (True, None)
    assert (
        [order.cl_ord_id for order in truth.orders] == [order.cl_ord_id for order in polled.orders] == ["m1"]
    )
    assert [position.size_lots for position in truth.positions] == [0]
    assert truth.balances[0].ccy == "USDT"

    gateway.execute([CancelOrder(INST, "m1")])
    ended = await probe.first(m.OrderUpdate, lambda event: event.state is VenueOrderState.CANCELED)
    assert ended.cancel_source == "1"


async def test_fill_brings_fee_position_and_balance(desk):
    """A limit order that takes is reported with price, signed fee and role, and the position follows."""
    probe = desk.probe
    top = await probe.first(m.TopOfBook, lambda event: event.ask_ticks > 0)
    desk.gateway.execute(
        [PlaceOrder(INST, "t1", Side.BUY, top.ask_ticks + 100, 10, in_a_second(), order_kind=OrderKind.LIMIT)]
    )
    filled = await probe.first(m.OrderUpdate, lambda event: event.fill is not None)
    position = await probe.first(m.PositionUpdate, lambda event: event.size_lots > 0)
    assert filled.fill.fee < 0
    assert filled.fill.liquidity == "T"
    assert position.average_price > 0
    await probe.first(m.BalanceUpdate, lambda event: event.update_ms >= filled.update_ms - 1_000)
    desk.gateway.execute([FetchTruth(5, 0)])
    truth = await probe.first(m.TruthFetched)
    assert sum(fill.size_lots for fill in truth.fills) == truth.positions[0].size_lots > 0


async def test_post_only_that_would_take_is_cancelled(desk):
    """The acknowledgement says yes, and the push says cancelled with source 31."""
    top = await desk.probe.first(m.TopOfBook, lambda event: event.ask_ticks > 0)
    desk.gateway.execute([PlaceOrder(INST, "x1", Side.BUY, top.ask_ticks + 100, 10, in_a_second())])
    ended = await desk.probe.first(m.OrderUpdate)
    assert (ended.state, ended.cancel_source) == (VenueOrderState.CANCELED, "31")


async def test_expired_request_is_refused(desk):
    """An order that arrives after its expiry is dropped by the venue, with a code."""
    place = await desk.bid_below_market("e1")
    late = PlaceOrder(INST, "e1", Side.BUY, place.price_ticks, 10, in_a_second() - 5_000)
    desk.gateway.execute([late])
    refused = await desk.probe.first(m.OrderRefused)
    assert refused.code in {"50036", "50037"}


@pytest.mark.parametrize(("timeout_s", "is_ahead"), [(20, True), (0, False)])
async def test_dead_man_answers_with_its_trigger(desk, timeout_s, is_ahead):
    """Arming answers with a trigger time ahead of now, disarming with 0."""
    desk.gateway.execute([SetDeadMan(timeout_s)])
    armed = await desk.probe.first(m.DeadManArmed)
    ahead_ms = armed.trigger_ms - time.time_ns() // 1_000_000
    assert 5_000 < ahead_ms < 30_000 if is_ahead else armed.trigger_ms == 0


async def test_emergency_sweep_proves_an_empty_book(desk):
    """The REST-only sweep finds every order of ours, cancels it, and proves that none is left."""
    place = await desk.bid_below_market("k0")
    orders = [
        PlaceOrder(INST, f"k{n}", Side.BUY, place.price_ticks - n, 10, in_a_second()) for n in range(30)
    ]
    desk.gateway.execute(orders)
    await desk.probe.first(m.OrderAccepted, lambda event: event.cl_ord_id == "k29")
    said: list[str] = []
    outcome = await cancel_everything(
        desk.endpoints, SIM, tag="mmx", inst_id=None, deadline_s=10, on_progress=said.append
    )
    assert (outcome.found, outcome.residual, outcome.is_proven, outcome.problem) == (30, 0, True, "")
    assert said[0] == "30 pending, cancelling"


async def inject(desk: Desk, fault: str, **how: object) -> None:
    """Have the exchange misbehave."""
    async with httpx.AsyncClient(trust_env=False) as client:
        reply = await client.post(f"{desk.endpoints.rest}/sim/v1/faults", json={"fault": fault, **how})
    assert reply.status_code == 200, reply.text


async def test_lost_book_message_heals_by_itself(desk):
    """An injected gap is noticed, and a fresh snapshot follows without anybody's help."""
    await desk.probe.first(m.BookUpdate)
    await inject(desk, "book_gap", instId=INST)
    await desk.probe.first(m.BookGap)
    desk.probe.events.clear()
    await desk.probe.first(m.BookSnapshot)
    await desk.probe.first(m.BookUpdate)


async def test_sequence_reset_is_no_gap(desk):
    """The venue's reset to a lower number applies and goes on."""
    before = await desk.probe.first(m.BookUpdate)
    await inject(desk, "seq_reset", instId=INST)
    lower = await desk.probe.first(m.BookUpdate, lambda event: event.seq_id < before.seq_id)
    await desk.probe.first(m.BookUpdate, lambda event: lower.seq_id < event.seq_id < before.seq_id)
    assert not desk.probe.all(m.BookGap)


async def test_lost_acknowledgement_of_a_live_order(desk):
    """The order is UNKNOWN to us and live at the venue, and a query finds it."""
    desk.gateway._tracker._timeout_ns = 50_000_000
    place = await desk.bid_below_market("u1")
    await inject(desk, "lose_ack")
    desk.gateway.execute([place])
    await desk.probe.first(m.OrderOutcomeUnknown)
    desk.gateway.execute([QueryOrder(INST, "u1")])
    found = await desk.probe.first(m.OrderQueried)
    assert found.order.state is VenueOrderState.LIVE


@pytest.mark.parametrize("code", ["51149", "50004", "51054"])
async def test_uncertain_answer_to_a_live_order(desk, code):
    """The venue says that it timed out although the order rests: UNKNOWN, and the push tells the truth."""
    place = await desk.bid_below_market("u2")
    await inject(desk, "unknown_outcome", code=code)
    desk.gateway.execute([place])
    unknown = await desk.probe.first(m.OrderOutcomeUnknown)
    live = await desk.probe.first(m.OrderUpdate)
    assert (code in unknown.reason, live.cl_ord_id) == (True, "u2")
    assert not desk.probe.all(m.OrderRefused)


async def test_connection_lost_before_the_acknowledgement(desk):
    """The order is UNKNOWN, the stream comes back, and the truth holds the order."""
    place = await desk.bid_below_market("u3")
    await inject(desk, "drop_before_ack")
    desk.gateway.execute([place])
    await desk.probe.first(m.OrderOutcomeUnknown)
    await desk.probe.first(m.StreamDown)
    desk.probe.events.clear()
    await desk.probe.first(m.StreamUp, lambda event: event.stream == "private")
    desk.gateway.execute([FetchTruth(3, 0)])
    truth = await desk.probe.first(m.TruthFetched)
    assert [order.cl_ord_id for order in truth.orders] == ["u3"]


async def test_refused_instrument_code_takes_the_rest_route(desk):
    """The demo trap: WebSocket refuses the published code, REST takes place and cancel alike."""
    place = await desk.bid_below_market("r1")
    await inject(desk, "refuse_ws_orders", on=True)
    desk.gateway.execute([place])
    await desk.probe.first(m.OrderAccepted)
    desk.gateway.execute([CancelOrder(INST, "r1")])
    await desk.probe.first(m.OrderUpdate, lambda event: event.state is VenueOrderState.CANCELED)
    assert not desk.probe.all(m.OrderRefused)


async def test_socket_is_tried_again_later(desk):
    """A refused try loses no order and doubles the wait; when the refusals end, the socket is back."""
    start_ns = time.monotonic_ns()
    await inject(desk, "refuse_ws_orders", on=True)
    seen: list[str] = []
    for name, minutes in (("s1", 0), ("s2", 11), ("s3", 15), ("s4", 25)):
        if name == "s3":
            await inject(desk, "refuse_ws_orders", on=False)
        place = await desk.bid_below_market(name)
        desk.gateway._route.send([place], start_ns + minutes * 60_000_000_000)
        await desk.probe.first(m.OrderAccepted, lambda event, name=name: event.cl_ord_id == name)
        await asyncio.sleep(0)
        seen.append(desk.probe.all(m.OrderRouteChanged)[-1].route)
    # s2 was the failed try that made the wait 20 minutes: s3 does not try, s4 does.
    assert seen == ["rest", "rest", "rest", "ws"]
    assert not desk.probe.all(m.OrderRefused)


async def test_fields_and_values_of_tomorrow(desk):
    """Unknown keys and an unknown enum value in private pushes hurt nobody."""
    place = await desk.bid_below_market("f1")
    await inject(desk, "unknown_fields", on=True)
    desk.gateway.execute([place])
    await desk.probe.first(m.OrderUpdate)
    assert not desk.probe.all(m.GatewayNotice)


@pytest.mark.parametrize("is_vip", [True, False])
async def test_tick_by_tick_books_or_the_open_channel(is_vip):
    """With the fee tier the fast book arrives; without it the session changes to the open one by itself."""
    async with open_desk(is_vip=is_vip, book_channel="books-l2-tbt") as desk:
        await desk.probe.first(m.BookUpdate)
        assert any("64003" in event.text for event in desk.probe.all(m.GatewayNotice)) is not is_vip


async def test_duplicated_and_early_pushes_reach_the_engine_as_they_are(desk):
    """Pushes may come twice and before the acknowledgement; nothing is lost or invented on the way."""
    place = await desk.bid_below_market("d1")
    await inject(desk, "push_before_ack", on=True)
    await inject(desk, "duplicate_pushes", on=True)
    desk.gateway.execute([place])
    await desk.probe.first(m.OrderAccepted)
    kinds = [type(event) for event in desk.probe.events if isinstance(event, m.OrderUpdate | m.OrderAccepted)]
    assert kinds == [m.OrderUpdate, m.OrderUpdate, m.OrderAccepted]


async def test_upgrade_of_the_venue_is_not_felt(desk):
    """Both connections are replaced before the venue ends them: no break, and orders go on."""
    await desk.probe.first(m.BookUpdate)
    place = await desk.bid_below_market("u1")
    desk.probe.events.clear()
    await inject(desk, "notice", on=True)
    await desk.probe.first(m.ProbeWanted, within_s=30)
    await desk.probe.first(m.BookSnapshot, within_s=30)
    desk.gateway.execute([place])
    await desk.probe.first(m.OrderUpdate)
    assert not desk.probe.all(m.StreamDown)
    assert not desk.probe.all(m.BookGap)


@pytest.mark.parametrize("channel", ["books5", "bbo-tbt"])
async def test_books_of_full_snapshots(channel):
    """A book of five levels, or of one, that goes on without a gap."""
    async with open_desk(book_channel=channel) as desk:
        snapshot = await desk.probe.first(m.BookSnapshot)
        await desk.probe.first(m.BookUpdate)
        assert not desk.probe.all(m.BookGap)
    assert len(snapshot.bids) == snapshot.depth == {"books5": 5, "bbo-tbt": 1}[channel]


async def test_facts_of_the_market_arrive(desk):
    """Mark, index, funding and price band come without asking."""
    for kind in (m.MarkPrice, m.IndexPrice, m.FundingRate, m.PriceLimits):
        assert (await desk.probe.first(kind)).inst_id == INST
    measured = await desk.probe.first(m.FeedMeasured, lambda event: event.received > 0)
    assert measured.received == measured.applied + measured.conflated


async def test_a_scan_names_the_listed_markets(desk):
    """Both kinds are read over REST and the widest come back as one event."""
    await desk.probe.first(m.PublicTrade)
    desk.gateway.execute([ScanMarkets()])
    found = await desk.probe.first(m.MarketScan)
    assert [row.inst_id for row in found.rows] == [INST]
    assert 0 < found.rows[0].spread < 0.01
