"""The gateway end to end against a scripted venue on loopback sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from okxmm_tui.core import messages as m
from okxmm_tui.core.effects import (
    AmendOrder,
    CancelOrder,
    FetchFees,
    FetchPriceLimits,
    FetchTruth,
    PlaceOrder,
    PollPending,
    QueryOrder,
    Resubscribe,
    SetDeadMan,
)  # fmt: skip
from okxmm_tui.core.types import Side
from okxmm_tui.errors import UsageError, VenueUnreachableError
from okxmm_tui.okx.auth import ApiKey
from okxmm_tui.okx.gateway import OkxGateway
from okxmm_tui.okx.rate_limits import Verb
from okxmm_tui.okx.route_choice import RoutePolicy
from tests.okx.conftest import make_instrument
from tests.okx.fake_venue import (
    SWAP,
    FakeVenue,
    accept_rows,
    book_snapshot,
    ok,
    op_reply,
    refusal,
    refuse_rows,
    running_fake,
)

KEY = ApiKey("k", "s", "p")
INST = "BTC-USDT-SWAP"


class Probe:
    """Collects events and waits for the first one that fits."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self._changed = asyncio.Event()

    def __call__(self, event: Any) -> None:
        """Take one event."""
        self.events.append(event)
        self._changed.set()

    async def first(
        self, kind: type, fits: Callable[[Any], bool] = lambda event: True, within_s: float = 5
    ) -> Any:
        """Wait for the first event of a kind that fits."""
        async with asyncio.timeout(within_s):
            while True:
                for event in self.events:
                    if isinstance(event, kind) and fits(event):
                        return event
                self._changed.clear()
                await self._changed.wait()

    def all(self, kind: type) -> list[Any]:
        """Events of a kind so far."""
        return [event for event in self.events if isinstance(event, kind)]


@asynccontextmanager
async def session(
    venue: FakeVenue, *, key: ApiKey | None = KEY, ack_timeout_ms: int = 2_000, **settings: Any
) -> AsyncIterator[tuple[OkxGateway, Probe]]:
    """A running gateway with its streams up, closed at the end."""
    gateway = OkxGateway(venue.endpoints, key, tag="mmx", ack_timeout_ms=ack_timeout_ms, **settings)
    await gateway.prepare([INST])
    probe = Probe()
    run = asyncio.create_task(gateway.run(probe))
    try:
        await probe.first(m.StreamUp, lambda event: event.stream == "public")
        if key:
            await probe.first(m.StreamUp, lambda event: event.stream == "private")
        yield gateway, probe
    finally:
        await gateway.close()
        await run


@pytest.fixture
async def venue() -> AsyncIterator[FakeVenue]:
    """A scripted venue."""
    async with running_fake() as fake:
        yield fake


def place(cl_ord_id: str = "a1", **changes: Any) -> PlaceOrder:
    """A place effect with changes."""
    fields: dict[str, Any] = {
        "inst_id": INST, "cl_ord_id": cl_ord_id, "side": Side.BUY, "price_ticks": 600_001, "size_lots": 200,
        "expire_ms": 1_795_161_602_000,
    }  # fmt: skip
    return PlaceOrder(**(fields | changes))


async def test_prepare_reads_instrument_and_fees(venue):
    """Metadata becomes ticks and lots, and a fee the venue writes as negative becomes a positive cost."""
    gateway = OkxGateway(venue.endpoints, KEY, tag="mmx")
    [instrument], facts = await gateway.prepare([INST])
    await gateway.close()
    assert (instrument.code, str(instrument.tick_size), instrument.base_ccy) == (10459, "0.1", "BTC")
    fees = facts.fees[INST]
    assert (facts.label, str(fees.maker), str(fees.taker)) == ("desk", "0.0002", "0.0005")


async def test_place_goes_out_as_documented(venue):
    """A place carries the integer code, cross mode, tag, expiry and exact texts, and is acknowledged."""
    async with session(venue) as (gateway, probe):
        gateway.execute([place()])
        accepted = await probe.first(m.OrderAccepted)
    sent = next(op for op in venue.ops if op["op"] == "order")
    [args] = sent["args"]
    assert args == {
        "instIdCode": 10459, "tdMode": "cross", "clOrdId": "a1", "tag": "mmx", "side": "buy",
        "ordType": "post_only", "px": "60000.1", "sz": "2.00",
        "stpMode": "cancel_maker",
    }  # fmt: skip
    # The venue's clock stands still in this fake, so the expiry moved by the measured offset.
    assert abs(int(sent["expTime"]) - (1_795_161_602_000 + gateway.clock_offset_ms)) <= 1
    assert (accepted.verb, accepted.cl_ord_id, accepted.ord_id) == ("place", "a1", "90")


async def test_consecutive_orders_travel_in_one_batch(venue):
    """Two places for one step go out as one batch; a lone cancel after them goes single."""
    async with session(venue) as (gateway, probe):
        gateway.execute([place("a1"), place("a2", side=Side.SELL), CancelOrder(INST, "a0")])
        await probe.first(m.OrderAccepted, lambda event: event.verb == "cancel")
    sent = [(op["op"], len(op["args"])) for op in venue.ops if "order" in op["op"]]
    assert sent == [("batch-orders", 2), ("cancel-order", 1)]
    assert {event.cl_ord_id for event in probe.all(m.OrderAccepted)} == {"a0", "a1", "a2"}


async def test_amend_asks_to_cancel_on_failure(venue):
    """An amend names what changes, and that the order must not stay behind at the old price."""
    async with session(venue) as (gateway, probe):
        gateway.execute([AmendOrder(INST, "a1", "r7", 599_999, None, 1_795_161_602_000)])
        await probe.first(m.OrderAccepted)
    [args] = next(op for op in venue.ops if op["op"] == "amend-order")["args"]
    assert args == {
        "instIdCode": 10459, "clOrdId": "a1", "reqId": "r7", "newPx": "59999.9", "cxlOnFail": True,
    }  # fmt: skip


async def test_refusal_carries_code_and_request(venue):
    """A refused amend says which code and which request."""
    venue.on_op = lambda op: refuse_rows(op, "51511", "would take")
    async with session(venue) as (gateway, probe):
        gateway.execute([AmendOrder(INST, "a1", "r7", 1, None, 0)])
        refused = await probe.first(m.OrderRefused)
    assert (refused.verb, refused.code, refused.req_id, refused.text) == (
        "amend",
        "51511",
        "r7",
        "amended price would take liquidity: would take",
    )


@pytest.mark.parametrize("code", ["50004", "51149", "51054", "50026", "51016"])
async def test_codes_that_say_nothing_leave_the_order_unknown(venue, code):
    """A venue-side timeout is never taken for a refusal."""
    venue.on_op = lambda op: refuse_rows(op, code)
    async with session(venue) as (gateway, probe):
        gateway.execute([place()])
        unknown = await probe.first(m.OrderOutcomeUnknown)
    assert (unknown.verb, unknown.cl_ord_id) == ("place", "a1")
    assert not probe.all(m.OrderRefused)


async def test_no_answer_is_unknown_and_late_answer_is_still_read(venue):
    """Without an acknowledgement in time the order is UNKNOWN; the acknowledgement counts when it comes."""
    held = []
    venue.on_op = held.append
    async with session(venue, ack_timeout_ms=30) as (gateway, probe):
        gateway.execute([place()])
        await probe.first(m.OrderOutcomeUnknown)
        [op] = held
        await venue.push("private", op_reply(op, [{"clOrdId": "a1", "ordId": "77", "sCode": "0"}]))
        accepted = await probe.first(m.OrderAccepted)
    assert accepted.ord_id == "77"


async def test_disconnect_between_send_and_answer_is_unknown(venue):
    """A connection lost with an order in flight makes it UNKNOWN, and the stream comes back by itself."""
    venue.on_op = lambda op: None
    async with session(venue) as (gateway, probe):
        gateway.execute([place()])
        async with asyncio.timeout(5):
            while not any(op["op"] == "order" for op in venue.ops):
                await asyncio.sleep(0)
        venue.sockets["private"][0].transport.abort()
        unknown = await probe.first(m.OrderOutcomeUnknown)
        await probe.first(m.StreamDown)
        async with asyncio.timeout(5):
            while len([e for e in probe.all(m.StreamUp) if e.stream == "private"]) < 2:
                await asyncio.sleep(0)
    assert "connection lost" in unknown.reason


async def test_orders_without_a_stream_are_refused_and_cancels_go_by_rest(venue):
    """With the private stream down a place certainly was not sent, and a cancel takes the second way."""
    venue.rest["/api/v5/trade/cancel-order"] = lambda q, b: ok([{"clOrdId": b["clOrdId"], "sCode": "0"}])
    async with session(venue) as (gateway, probe):
        gateway._route._session.phase = "closed"
        gateway.execute([place("a1"), CancelOrder(INST, "a2")])
        refused = await probe.first(m.OrderRefused)
        accepted = await probe.first(m.OrderAccepted)
    assert (refused.code, accepted.cl_ord_id) == ("not_connected", "a2")


async def test_cancels_by_rest_are_grouped(venue):
    """A group of REST cancels is one signed batch request naming instruments by id."""
    venue.rest["/api/v5/trade/cancel-batch-orders"] = lambda q, b: ok(
        [{"clOrdId": row["clOrdId"], "sCode": "0"} for row in b]
    )
    async with session(venue) as (gateway, probe):
        gateway.execute([CancelOrder(INST, "a1", by_rest=True), CancelOrder(INST, "a2", by_rest=True)])
        await probe.first(m.OrderAccepted, lambda event: event.cl_ord_id == "a2")
    [(_, _, _, body, headers)] = [r for r in venue.requests if r[1].endswith("cancel-batch-orders")]
    assert body == b'[{"instId":"BTC-USDT-SWAP","clOrdId":"a1"},{"instId":"BTC-USDT-SWAP","clOrdId":"a2"}]'
    assert headers["ok-access-key"] == "k"


async def test_refused_instrument_code_moves_orders_to_rest(venue):
    """When the WebSocket refuses the published code, this and later orders go by REST, with a notice."""
    venue.on_op = lambda op: refuse_rows(op, "51001")
    venue.rest["/api/v5/trade/order"] = lambda q, b: ok(
        [{"clOrdId": b["clOrdId"], "ordId": "5", "sCode": "0"}]
    )
    async with session(venue) as (gateway, probe):
        gateway.execute([place("a1")])
        await probe.first(m.OrderAccepted, lambda event: event.cl_ord_id == "a1")
        gateway.execute([place("a2")])
        await probe.first(m.OrderAccepted, lambda event: event.cl_ord_id == "a2")
    assert len([op for op in venue.ops if op["op"] == "order"]) == 1
    [changed] = probe.all(m.OrderRouteChanged)
    assert (changed.inst_id, changed.route) == (INST, "rest")
    [first, _] = [r for r in venue.requests if r[1] == "/api/v5/trade/order"]
    assert "exptime" in first[4]
    assert not probe.all(m.OrderRefused)


async def test_what_the_socket_refused_counts_again_by_rest(venue):
    """Both ways share the pools: what has no room there is held back, not sent into a refusal."""
    _rest_accepts(venue)
    venue.on_op = lambda op: refuse_rows(op, "51001")
    async with session(venue) as (gateway, probe):
        now_ns = gateway._rest.clock.monotonic_ns()
        for _ in range(50):
            assert gateway._limits.try_take(Verb.PLACE, INST, now_ns, is_batch=False) == 0
        gateway.execute([place("a1"), place("a2", side=Side.SELL)])
        accepted = await probe.first(m.OrderAccepted)
        refused = await probe.first(m.OrderRefused)
    assert {accepted.cl_ord_id, refused.cl_ord_id} == {"a1", "a2"}
    assert (refused.code, refused.reaction) == ("rate_limit_local", "retry")
    assert venue.paths().count("/api/v5/trade/order") == 1


async def test_relisted_instrument_goes_back_to_the_socket(venue):
    """A code that has changed at the venue is loaded and used on the WebSocket again."""
    venue.on_op = lambda op: (
        refuse_rows(op, "51001")
        if op["args"][0]["instIdCode"] == 10459
        else op_reply(op, [{"clOrdId": op["args"][0]["clOrdId"], "ordId": "6", "sCode": "0"}])
    )
    venue.rest["/api/v5/trade/order"] = lambda q, b: ok(
        [{"clOrdId": b["clOrdId"], "ordId": "5", "sCode": "0"}]
    )
    async with session(venue) as (gateway, probe):
        venue.rest["/api/v5/account/instruments"] = lambda q, b: ok([SWAP | {"instIdCode": 777}])
        gateway.execute([place("a1")])
        changed = await probe.first(m.InstrumentChanged)
        gateway.execute([place("a2")])
        await probe.first(m.OrderAccepted, lambda event: event.ord_id == "6")
    assert changed.instrument.code == 777


async def test_local_rate_limit_refuses_before_the_venue_does(venue):
    """The 52nd single order of one instrument in two seconds stays here; cancels still leave."""
    async with session(venue) as (gateway, probe):
        for index in range(52):
            gateway.execute([place(f"a{index}")])
        refused = await probe.first(m.OrderRefused)
        gateway.execute([CancelOrder(INST, "a0")])
        await probe.first(m.OrderAccepted, lambda event: event.verb == "cancel")
        budget = await probe.first(m.OrderBudget, lambda event: event.used > 0)
    assert (refused.code, refused.cl_ord_id) == ("rate_limit_local", "a51")
    assert (budget.used, budget.limit) == (51, 51)


async def test_query_tells_absent_from_unreachable(venue):
    """51603 means the venue knows no such order; a dead REST port means nothing is known."""
    venue.rest["/api/v5/trade/order"] = lambda q, b: refusal("51603")
    async with session(venue) as (gateway, probe):
        gateway.execute([QueryOrder(INST, "a1")])
        absent = await probe.first(m.OrderQueried)
        venue.rest["/api/v5/trade/order"] = lambda q, b: b"<html>bad gateway</html>"
        gateway.execute([QueryOrder(INST, "a2")])
        away = await probe.first(m.OrderQueried, lambda event: event.cl_ord_id == "a2")
    assert (absent.reached, absent.order, away.reached) == (True, None, False)


async def test_truth_is_read_whole_and_in_order(venue):
    """Pending orders come before fills, every page is read, and a flat instrument is said to be flat."""

    def pending(query: dict[str, str], body: Any) -> Any:
        start = int(query.get("after", "200"))
        rows = [_order(ord_id) for ord_id in range(start - 1, max(start - 101, 69), -1)]
        return ok(rows)

    venue.rest["/api/v5/trade/orders-pending"] = pending
    venue.rest["/api/v5/trade/fills"] = lambda q, b: ok([_fill(5)])
    async with session(venue) as (gateway, probe):
        asked_before = len(venue.requests)
        gateway.execute([FetchTruth(7, 1_000)])
        truth = await probe.first(m.TruthFetched)
    paths = [path.rsplit("/", 1)[1] for _, path, *_ in venue.requests[asked_before:]]
    assert paths == ["orders-pending", "orders-pending", "fills", "positions", "balance", "bills"]
    assert len({order.ord_id for order in truth.orders}) == 130
    assert (truth.request_id, truth.fills[0].trade_id, truth.balances[0].ccy) == (7, "5", "USDT")
    assert [(p.inst_id, p.size_lots) for p in truth.positions] == [(INST, 0)]


async def test_failed_read_names_its_request(venue):
    """A refused list is a failure, not an empty list."""
    venue.rest["/api/v5/trade/orders-pending"] = lambda q, b: refusal("50119")
    async with session(venue) as (gateway, probe):
        gateway.execute([PollPending(9)])
        failed = await probe.first(m.FetchFailed)
    assert failed.request_id == 9
    assert "50119" in failed.reason


async def test_poll_counts_only_our_tag(venue):
    """Orders of another hand on the same account do not spoil the proof of a kill."""
    venue.rest["/api/v5/trade/orders-pending"] = lambda q, b: ok([_order(1), _order(2) | {"tag": "other"}])
    async with session(venue) as (gateway, probe):
        gateway.execute([PollPending(9)])
        polled = await probe.first(m.PendingPolled)
    assert [order.ord_id for order in polled.orders] == ["1"]


@pytest.mark.parametrize(
    ("text", "expected"), [("1795161630", 1_795_161_630_000), ("1795161630000", 1_795_161_630_000)]
)
async def test_dead_man_trigger_is_in_milliseconds(venue, text, expected):
    """cancel-all-after carries the tag, and its trigger is read in either unit."""
    venue.rest["/api/v5/trade/cancel-all-after"] = lambda q, b: ok([{"triggerTime": text, "tag": b["tag"]}])
    async with session(venue) as (gateway, probe):
        gateway.execute([SetDeadMan(20)])
        armed = await probe.first(m.DeadManArmed)
    assert armed.trigger_ms == expected


async def test_dead_man_refusal_is_told(venue):
    """A dead-man's switch that could not be set is an event of its own."""
    venue.rest["/api/v5/trade/cancel-all-after"] = lambda q, b: refusal("51071")
    async with session(venue) as (gateway, probe):
        gateway.execute([SetDeadMan(20)])
        assert "51071" in (await probe.first(m.DeadManFailed)).reason


async def test_resubscribe_brings_a_new_snapshot(venue):
    """The engine's wish for a fresh book becomes unsubscribe and subscribe, and a snapshot follows."""
    async with session(venue) as (gateway, probe):
        await probe.first(m.BookSnapshot)
        probe.events.clear()
        gateway.execute([Resubscribe(INST, "crossed")])
        await probe.first(m.BookSnapshot)
    books = [op["op"] for op in venue.ops if "args" in op and op["args"][0].get("channel") == "books"]
    assert books == ["subscribe", "unsubscribe", "subscribe"]


async def test_upgrade_notice_opens_a_new_connection(venue):
    """The new connections take over: answers in flight come over the old one, orders go over the new."""
    waiting = []
    async with session(venue) as (gateway, probe):
        venue.on_op = waiting.append
        gateway.execute([place("a1")])
        async with asyncio.timeout(5):
            while not waiting:
                await asyncio.sleep(0)
        [old] = venue.sockets["private"]
        probe.events.clear()
        for stream in ("public", "private"):
            await venue.push(stream, {"event": "notice", "code": "64008", "msg": "upgrade"})
        await probe.first(m.ProbeWanted)
        await old.send(json.dumps(accept_rows(waiting[0])))
        assert (await probe.first(m.OrderAccepted)).cl_ord_id == "a1"
        venue.on_op = accept_rows
        gateway.execute([place("a2")])
        await probe.first(m.OrderAccepted, lambda event: event.cl_ord_id == "a2")
        async with asyncio.timeout(5):
            while old in venue.sockets["private"]:
                await asyncio.sleep(0)
        assert not probe.all(m.StreamDown)
        assert not probe.all(m.OrderOutcomeUnknown)


async def test_book_without_a_snapshot_is_read_over_rest(venue, monkeypatch):
    """A venue that sends increments only: the book is seeded over REST and chained to them."""
    from okxmm_tui.okx import book_seed

    monkeypatch.setattr(book_seed, "ASK_AFTER_NS", 1)
    venue.has_snapshots = False
    row = book_snapshot(INST, 110)["data"][0]
    venue.rest["/api/v5/market/books"] = lambda q, b: ok([row])
    async with session(venue) as (_, probe):
        snapshot = await probe.first(m.BookSnapshot)
        update = row | {"prevSeqId": 105, "seqId": 112}
        await venue.push(
            "public", {"arg": {"channel": "books", "instId": INST}, "action": "update", "data": [update]}
        )
        assert (await probe.first(m.BookUpdate)).seq_id == 112
    assert snapshot.seq_id == 110
    assert not [gap for gap in probe.all(m.BookGap) if "expected" in gap.reason]


async def test_market_data_needs_no_key(venue):
    """Without a key only the public stream runs, and orders are refused here."""
    async with session(venue, key=None) as (gateway, probe):
        gateway.execute([place()])
        refused = await probe.first(m.OrderRefused)
    assert refused.code == "not_connected"
    assert all(op.get("op") != "login" for op in venue.ops)


async def test_clock_is_watched(venue, monkeypatch):
    """The clock is measured again and again, and a venue that gives no time is said."""
    from okxmm_tui.okx import clock_keeper as module

    monkeypatch.setattr(module, "CLOCK_EVERY_S", 0.001)
    async with session(venue) as (_, probe):
        await probe.first(m.ClockMeasured, lambda event: abs(event.offset_ns) > 1_000_000_000)
        venue.rest["/api/v5/public/time"] = lambda q, b: refusal("50005")
        await probe.first(m.GatewayNotice, lambda event: "clock not checked" in event.text)
    assert all(event.uncertainty_ns > 1_000_000 for event in probe.all(m.ClockMeasured))


async def test_instrument_that_cannot_be_read_again_is_said(venue):
    """A failed reload leaves the orders on the REST route, and tells the operator."""
    venue.on_op = lambda op: refuse_rows(op, "51001")
    venue.rest["/api/v5/trade/order"] = lambda q, b: ok(
        [{"clOrdId": b["clOrdId"], "ordId": "5", "sCode": "0"}]
    )
    async with session(venue) as (gateway, probe):
        venue.rest["/api/v5/account/instruments"] = lambda q, b: refusal("50119")
        gateway.execute([place("a1")])
        await probe.first(m.GatewayNotice, lambda event: "could not be read again" in event.text)
        await probe.first(m.OrderAccepted)


async def test_instrument_that_is_no_longer_listed_is_not_traded_on(venue):
    """Refused on both ways and gone from the list: it would be refused once a second for ever."""
    venue.on_op = lambda op: refuse_rows(op, "51001")
    venue.rest["/api/v5/trade/order"] = lambda q, b: ok([{"clOrdId": b["clOrdId"], "sCode": "51001"}])
    async with session(venue) as (gateway, probe):
        venue.rest["/api/v5/account/instruments"] = lambda q, b: ok([SWAP | {"instId": "NEW-USDT-SWAP"}])
        gateway.execute([place("a1")])
        await probe.first(m.GatewayNotice, lambda event: "no longer on the venue's list" in event.text)
        changed = await probe.first(m.InstrumentChanged)
        await probe.first(m.OrderRefused, lambda event: event.code == "51001")
    assert (changed.instrument.inst_id, changed.instrument.state) == (INST, "unlisted")
    assert not changed.instrument.is_tradable


async def test_fees_are_read_past_what_is_no_longer_listed(venue):
    """A contract that has ended beside the others would keep all of them at the fees of its last day."""
    async with session(venue) as (gateway, probe):
        gateway._instruments["BTC-USDT-260626"] = make_instrument("BTC-USDT-260626", state="unlisted")
        gateway.execute([FetchFees()])
        read = await probe.first(m.FeesRead)
    assert list(read.fees) == [INST]


async def test_what_changed_while_the_stream_was_away_is_read(venue):
    """The channel tells changes only: a tick that changed between two connections would stay unknown."""
    async with session(venue) as (_, probe):
        before = venue.paths().count("/api/v5/account/instruments")
        venue.rest["/api/v5/account/instruments"] = lambda q, b: ok([SWAP | {"tickSz": "0.5"}])
        venue.sockets["public"][0].transport.abort()
        changed = await probe.first(m.InstrumentChanged)
    assert str(changed.instrument.tick_size) == "0.5"
    assert venue.paths().count("/api/v5/account/instruments") == before + 1


async def test_order_of_a_strange_instrument_is_refused_here(venue):
    """Only prepared instruments have a code, a tick and a lot."""
    async with session(venue) as (gateway, probe):
        gateway.execute([PlaceOrder("XRP-USDT-SWAP", "a1", Side.BUY, 1, 1, 0)])
        assert (await probe.first(m.OrderRefused)).code == "51001"


async def test_rest_cancel_without_an_answer_is_unknown(venue):
    """The second way can fail like the first, and is judged the same."""
    venue.rest["/api/v5/trade/cancel-order"] = lambda q, b: b"<html>"
    async with session(venue) as (gateway, probe):
        gateway.execute([CancelOrder(INST, "a1", by_rest=True)])
        unknown = await probe.first(m.OrderOutcomeUnknown)
    assert (unknown.verb, unknown.cl_ord_id) == ("cancel", "a1")


async def test_close_waits_for_requests_on_their_way(venue):
    """A cancel sent just before the end still gets its answer."""
    asked = asyncio.Event()

    async def slow(query, body):
        asked.set()
        for _ in range(50):
            await asyncio.sleep(0)
        return ok([{"clOrdId": "a1", "sCode": "0"}])

    venue.rest["/api/v5/trade/cancel-order"] = slow
    async with session(venue) as (gateway, probe):
        gateway.execute([CancelOrder(INST, "a1", by_rest=True)])
        await asked.wait()
    assert probe.all(m.OrderAccepted)


async def test_close_does_not_wait_for_ever(venue, monkeypatch):
    """A venue that takes a request and never answers does not hold the end of the program."""
    from okxmm_tui.okx import gateway as module

    monkeypatch.setattr(module, "CLOSE_WITHIN_S", 0.01)
    asked, never = asyncio.Event(), asyncio.Event()

    async def hang(query, body):
        asked.set()
        await never.wait()

    venue.rest["/api/v5/trade/cancel-order"] = hang
    async with asyncio.timeout(3):
        async with session(venue) as (gateway, _):
            gateway.execute([CancelOrder(INST, "a1", by_rest=True)])
            await asked.wait()
        never.set()


async def test_effects_outside_a_run_do_nothing(venue):
    """Before run and after close there is nobody to tell an outcome, so nothing is started."""
    gateway = OkxGateway(venue.endpoints, KEY, tag="mmx")
    await gateway.prepare([INST])
    gateway.execute([place(), FetchTruth(1, 0)])
    await gateway.close()
    assert "/api/v5/trade/orders-pending" not in venue.paths()


async def test_run_ends_cleanly_when_cancelled(venue):
    """The host may also just cancel the run; close afterwards is harmless."""
    gateway = OkxGateway(venue.endpoints, KEY, tag="mmx")
    await gateway.prepare([INST])
    probe = Probe()
    run = asyncio.create_task(gateway.run(probe))
    await probe.first(m.StreamUp)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    await gateway.close()


async def test_venue_away_at_start_is_said():
    """Nobody listening is an error with the address, not a hang."""
    from okxmm_tui.okx.endpoints import Endpoints

    gateway = OkxGateway(Endpoints.local("http://127.0.0.1:9", "ws://127.0.0.1:9"), KEY, tag="")
    with pytest.raises(VenueUnreachableError, match=r"127\.0\.0\.1:9"):
        await gateway.prepare([INST])
    await gateway.close()


def test_tag_must_be_letters_and_digits():
    """The venue refuses other tags on every single order, so we refuse them once."""
    with pytest.raises(UsageError, match="tag"):
        OkxGateway(FakeVenue().endpoints, KEY, tag="mm-x")


def _rest_accepts(venue: FakeVenue) -> None:
    """Let REST take places, amends and cancels."""
    for path in ("order", "amend-order", "cancel-order"):
        venue.rest[f"/api/v5/trade/{path}"] = lambda q, b: ok(
            [{"clOrdId": b["clOrdId"], "ordId": "5", "sCode": "0"}]
        )


async def test_rest_policy_sends_everything_by_rest(venue):
    """No order operation touches the socket; acknowledgements are timed, the route is said once."""
    _rest_accepts(venue)
    async with session(venue, order_route=RoutePolicy.REST, stp_mode="cancel_both") as (gateway, probe):
        gateway.execute([place("a1"), AmendOrder(INST, "a0", "r1", 1, None, 0), CancelOrder(INST, "a2")])
        await probe.first(m.OrderAccepted, lambda event: event.verb == "cancel")
        await probe.first(m.OrderAccepted, lambda event: event.verb == "amend")
        await probe.first(m.OrderAccepted, lambda event: event.verb == "place")
    assert not [op for op in venue.ops if "order" in op["op"]]
    [body] = [b for _, path, _, b, _ in venue.requests if path == "/api/v5/trade/order"]
    assert b'"stpMode":"cancel_both"' in body
    timed = {(e.verb, e.route) for e in probe.all(m.LatencyMeasured) if e.verb != "rest"}
    assert timed == {("place", "rest"), ("amend", "rest"), ("cancel", "rest")}
    assert [(e.inst_id, e.route) for e in probe.all(m.OrderRouteChanged)] == [(INST, "rest")]


async def test_socket_policy_refuses_rather_than_going_by_rest(venue):
    """A place whose code is refused comes back as refused; a cancel still takes the other way."""
    _rest_accepts(venue)
    venue.on_op = lambda op: refuse_rows(op, "51001")
    async with session(venue, order_route=RoutePolicy.WS) as (gateway, probe):
        gateway.execute([place("a1")])
        refused = await probe.first(m.OrderRefused)
        gateway.execute([CancelOrder(INST, "a2")])
        await probe.first(m.OrderAccepted, lambda event: event.cl_ord_id == "a2")
    assert (refused.code, refused.reaction) == ("51001", "reload_instruments")
    assert "/api/v5/trade/order" not in venue.paths()
    assert venue.paths().count("/api/v5/account/instruments") > 1
    assert not probe.all(m.OrderRouteChanged)


async def test_fourth_amend_of_an_order_stays_here(venue):
    """Acknowledged is not over: only the push makes room again."""
    async with session(venue) as (gateway, probe):
        for number in range(4):
            gateway.execute([AmendOrder(INST, "a1", f"r{number}", 1, None, 0)])
        refused = await probe.first(m.OrderRefused)
        amended = _order(1) | {"clOrdId": "a1", "reqId": "r1", "amendResult": "0"}
        await venue.push("private", {"arg": {"channel": "orders"}, "data": [amended]})
        await probe.first(m.OrderUpdate)
        gateway.execute([AmendOrder(INST, "a1", "r4", 1, None, 0)])
        async with asyncio.timeout(5):
            while len([op for op in venue.ops if op["op"] == "amend-order"]) < 4:
                await asyncio.sleep(0)
    assert (refused.code, refused.req_id, refused.reaction) == ("amends_in_flight", "r3", "wait")


async def test_what_is_left_of_a_batch_counts_as_single(venue):
    """With one place left in the batch pool and none in the single one, neither row of a batch leaves."""
    async with session(venue) as (gateway, probe):
        now_ns = gateway._rest.clock.monotonic_ns()
        for is_batch, count in ((True, 254), (False, 51)):
            for _ in range(count):
                assert gateway._limits.try_take(Verb.AMEND, INST, now_ns, is_batch=is_batch) == 0
        gateway.execute([AmendOrder(INST, name, "r1", 1, None, 0) for name in ("a1", "a2")])
        await probe.first(m.OrderRefused, lambda event: event.cl_ord_id == "a2")
        await probe.first(m.OrderRefused, lambda event: event.cl_ord_id == "a1")
    assert not [op for op in venue.ops if "amend" in op["op"]]


async def test_acknowledgement_is_timed_with_the_venue_part(venue):
    """OutTime minus inTime, in µs on the wire, is what the venue itself took."""
    venue.on_op = lambda op: accept_rows(op) | {"inTime": "1795161600500111", "outTime": "1795161600502222"}
    async with session(venue) as (gateway, probe):
        gateway.execute([place()])
        timed = await probe.first(m.LatencyMeasured, lambda event: event.verb == "place")
    assert (timed.route, timed.venue_ns, timed.took_ns > 0) == ("ws", 2_111_000, True)


@pytest.mark.parametrize(("enabled", "expected"), [(True, (600_500, 599_501)), ("false", (None, None))])
async def test_price_band_is_read_inwards(venue, enabled, expected):
    """A band between two ticks ends at the tick inside; a band that is switched off is none."""
    row = {"instId": INST, "buyLmt": "60050.09", "sellLmt": "59950.01", "ts": "5", "enabled": enabled}
    venue.rest["/api/v5/public/price-limit"] = lambda q, b: ok([row])
    async with session(venue) as (gateway, probe):
        gateway.execute([FetchPriceLimits(INST)])
        limits = await probe.first(m.PriceLimits)
    assert (limits.highest_buy_ticks, limits.lowest_sell_ticks) == expected


async def test_account_cap_is_asked_for(venue):
    """A higher fee tier is told its own cap, and the gauge counts against it."""
    venue.rest["/api/v5/trade/account-rate-limit"] = lambda q, b: ok([{"accRateLimit": "2000"}])
    async with session(venue) as (gateway, _):
        assert gateway._limits.tightest(0).limit == 1_700


@pytest.mark.parametrize("text", ["1795161700", "1795161590", "0", "17951616200000000"])
async def test_dead_man_trigger_that_is_not_ours_is_a_failure(venue, text):
    """Too late, past, disarmed or in a unit nobody knows: the switch does not count as armed."""
    venue.rest["/api/v5/trade/cancel-all-after"] = lambda q, b: ok([{"triggerTime": text}])
    async with session(venue) as (gateway, probe):
        gateway.execute([SetDeadMan(20)])
        assert "cancel-all-after" in (await probe.first(m.DeadManFailed)).reason


async def test_refused_login_time_sets_the_clock(venue):
    """60006 is followed by a measurement and another login."""
    refusals = [{"event": "error", "code": "60006", "msg": "late"}]
    answer = venue.login_reply
    venue.login_reply = lambda: refusals.pop() if refusals else answer()
    async with session(venue) as (_, probe):
        assert len(probe.all(m.ClockMeasured)) >= 2
    assert len([op for op in venue.ops if op["op"] == "login"]) == 2


async def test_stopped_instrument_and_expired_request_are_followed_up(venue):
    """51022 has the instrument read again, 50036 the clock."""
    async with session(venue) as (gateway, probe):
        before = len(venue.requests)
        for code in ("51022", "50036"):
            venue.on_op = lambda op, code=code: refuse_rows(op, code)
            gateway.execute([place(f"a{code}")])
            await probe.first(m.OrderRefused, lambda event, code=code: event.code == code)
        async with asyncio.timeout(5):
            while len({path for _, path, *_ in venue.requests[before:]}) < 2:
                await asyncio.sleep(0)
    paths = {path for _, path, *_ in venue.requests[before:]}
    assert paths == {"/api/v5/account/instruments", "/api/v5/public/time"}


def _order(ord_id: int) -> dict[str, str]:
    return {
        "instId": INST, "ordId": str(ord_id), "clOrdId": f"c{ord_id}", "tag": "mmx", "side": "buy",
        "px": "60000.1", "sz": "2", "accFillSz": "0", "state": "live", "uTime": "1",
    }  # fmt: skip


def _fill(trade_id: int) -> dict[str, str]:
    return {
        "instId": INST, "tradeId": str(trade_id), "ordId": "1", "billId": str(trade_id), "side": "sell",
        "fillPx": "60000.1", "fillSz": "0.5", "fee": "-0.1", "feeCcy": "USDT", "execType": "M", "ts": "2000",
    }  # fmt: skip
