"""Faults of connections, keys, clocks and the venue: rows 8, 9, 11, 19 to 21, 48 and 54 of the fault list."""

from __future__ import annotations

import asyncio

import httpx
from msgspec import structs

from okxmm_tui.core.effects import AmendOrder, CancelOrder, FetchTruth, PlaceOrder
from okxmm_tui.core.messages import ClockMeasured, StreamUp, TruthFetched, VenueStatus, VenueStatusListed
from okxmm_tui.core.types import Side
from okxmm_tui.okx.session import PING_AFTER_NS
from okxmm_tui.okx.transport import STEADY_AFTER_S, Http
from tests.engine.desk import Desk
from tests.safety.asserts import pulled, readable, resumes, said, stays_out
from tests.samples import INST

MS = 1_000_000


def test_row_08_a_lost_private_stream_pulls_over_rest_and_merges_before_it_quotes(world, timing):
    """Cancels go by REST; nothing is quoted before login, orders, fills and positions are merged."""
    engine = world.quoting()
    since_ns = world.now_ns
    world.fault("refuse_login")
    world.fault("drop_connections", which="private")
    timing(8, pulled(world, engine, 2))
    assert all(cancel.by_rest for _, cancel in engine.sent(CancelOrder, since_ns))
    said(engine, "stream-private", "private stream down")
    stays_out(world, engine, 3)
    world.fault("clear")
    resumes(world, engine, 40)
    first = engine.sent(PlaceOrder, since_ns)[0][0]
    seen = [type(event) for event, at_ns in engine.inputs if since_ns <= at_ns <= first]
    assert seen.index(StreamUp) < len(seen) - 1 - seen[::-1].index(TruthFetched)


def test_row_09_a_silent_private_stream_is_probed_and_pulls_when_it_hid_something(world, timing):
    """Twelve quiet seconds lead to a REST probe; a fill nobody told of pulls until the two agree."""
    engine = world.quoting()
    world.fault("silence", socket="private")
    began_ns = world.now_ns
    world.fill(Side.BUY)
    world.until(lambda: engine.alarm("private-silent"), 20, "the probe's find")
    timing(9, (world.now_ns - began_ns) / 1e9)
    said(engine, "private-silent", "had not told of 1 fills", "quotes pulled")
    assert engine.market.position_lots == 100
    world.until(lambda: not engine.alarm("private-silent"), 5, "agreement")
    assert len(engine.sent(FetchTruth, began_ns)) >= 2


def test_row_09_a_quiet_stream_that_hid_nothing_goes_on(world):
    """The probe agrees: quotes stay."""
    engine = world.quoting()
    world.fault("silence", socket="private")
    world.run(16)
    assert engine.sent(FetchTruth)
    assert engine.is_quoting()


def test_row_11_a_late_request_is_dropped_by_the_venue(world):
    """``expTime`` travels with every place and amend; what arrives later never rests."""
    world.fault("delay_frame", direction="in", socket="private", kind="request", op="order", ms=3_000)
    world.fault("delay_frame", direction="in", socket="private", kind="request", op="batch-orders", ms=3_000)
    engine = world.start_engine()
    world.run(8)
    placed = engine.sent(PlaceOrder)
    assert placed
    for at_ns, order in placed:
        assert order.expire_ms == at_ns // MS + 1_000
    assert not world.live_orders()


def test_row_19_connection_limits_are_kept_and_flapping_ends_in_back_off(world, timing):
    """Three connections a second at most, a ping well before 30 s, and quotes return on a link that holds."""
    engine = world.quoting()
    world.fault("connection_limit")
    for _ in range(6):
        world.fault("drop_connections", which="all")
        world.run(0.7)
    assert not [text for text in engine.reports("notice") if "too many connections" in text]
    assert PING_AFTER_NS < 25 * 10**9
    assert STEADY_AFTER_S == 30.0
    timing(19, resumes(world, engine, 60))
    world.run(60)
    assert engine.is_quoting()


def test_row_19_quotes_return_when_the_connections_have_held_for_30_s(world):
    """One loss is made good by the merge; the third within a minute waits for half a minute of quiet."""
    engine = world.quoting()
    world.fault("drop_connections", which="private")
    world.run(1)
    assert resumes(world, engine, 10) < 10
    for _ in range(2):
        world.fault("drop_connections", which="private")
        world.until(lambda: not engine.reducer.session.private_up, 3, "the loss")
        world.until(lambda: engine.reducer.session.private_up, 10, "the return")
    held_ns = world.now_ns
    said(engine, "flapping", "lost 3 times", "held for 30 s")
    pulled(world, engine, 5)
    stays_out(world, engine, 25)
    resumes(world, engine, 15)
    assert (world.now_ns - held_ns) / 1e9 >= 29.9
    assert engine.alarm("flapping") is None


def test_row_20_clock_drift_freezes_above_250_ms_and_pulls_above_a_second():
    """B and A by the measured offset; quoting resumes below 100 ms."""
    desk = Desk()
    desk.quoting()
    desk.feed(ClockMeasured(400 * MS, 2 * MS))
    assert desk.reducer.session.freezes.reason(INST)
    assert not desk.reducer._block(desk.market)
    readable(next(a.text for a in desk.reducer.session.alarms.views() if a.key == "freeze-clock"))
    effects = desk.feed(ClockMeasured(1_400 * MS, 2 * MS))
    assert len(desk.taken(CancelOrder, effects)) == 2
    desk.feed(ClockMeasured(200 * MS, 2 * MS))
    assert "clock" in desk.reducer._block(desk.market)
    desk.feed(ClockMeasured(50 * MS, 2 * MS))
    assert not desk.reducer._block(desk.market)
    assert not desk.reducer.session.freezes.reason(INST)


def test_row_20_a_drift_is_measured_within_a_minute(world):
    """This clock is set away: the jump is seen, the offset measured, quotes leave and return."""
    engine = world.quoting()
    world.loop.wall_offset_ns = 2_000 * MS
    pulled(world, engine, 5)
    world.loop.wall_offset_ns = 0
    resumes(world, engine, 70)


def test_row_21_a_lost_key_halts_with_instructions_and_leaves_the_rest_to_the_switch(world, timing):
    """Auth codes on everything: critical, what to do by hand, and the venue's own timer clears the book."""
    engine = world.quoting()
    world.fault("rest_error", code="50111")
    world.fault("reject_next", op="cancel", code="50111", count=None)
    world.fault("reject_next", op="amend", code="50111", count=None)
    world.fault("reject_next", op="place", code="50111", count=None)
    began_ns = world.now_ns
    world.markets[INST].move(-200, world.now_ns)
    world.until(lambda: engine.state == "HALTED", 35, "the halt")
    timing(21, (world.now_ns - began_ns) / 1e9)
    said(engine, "forced", "by hand on the exchange's own page", "dead-man's switch")
    world.until(engine.is_pulled, 40, "the dead-man's switch")
    said(engine, "kill-unproven", "NOT PROVEN")


def test_row_48_another_host_of_the_same_region_takes_over():
    """A host that cannot be connected to is left for its sibling, and no request is sent twice."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        if request.url.host == "first.example":
            raise httpx.ConnectError("no route", request=request)
        return httpx.Response(200, content=b"{}")

    async def ask() -> list[str]:
        http = Http("https://first.example", {}, "https://second.example")
        http._client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
        await http.send("POST", "/api/v5/trade/order", {})
        await http.send("GET", "/api/v5/public/time", {})
        await http.close()
        return asked

    assert asyncio.run(ask()) == ["first.example", "second.example", "second.example"]


def test_row_48_no_host_at_all_is_an_error_in_words(world, timing):
    """The network is gone without a word: quotes cannot be cancelled, the switch does it, and we say so."""
    engine = world.quoting()
    world.is_cut = True
    timing(48, world.until(lambda: engine.block, 30, "noticing"))
    world.until(engine.is_pulled, 40, "the dead-man's switch")
    assert engine.block
    world.is_cut = False
    resumes(world, engine, 90)


def test_row_54_a_maintenance_pulls_and_its_end_asks_for_a_merge(world, timing):
    """Status ongoing: out; completed: compare orders, fills and positions, then quote."""
    engine = world.quoting()
    world.fault("maintenance", state="ongoing", for_s=8)
    timing(54, pulled(world, engine, 3))
    said(engine, "venue", "maintenance ongoing", "quotes pulled")
    stays_out(world, engine, 4)
    since_ns = world.now_ns
    resumes(world, engine, 20)
    first = engine.sent(PlaceOrder, since_ns)[0][0]
    assert any(at_ns <= first for at_ns, _ in engine.sent(FetchTruth, since_ns))


def test_row_54_a_scheduled_maintenance_is_left_a_minute_before():
    """Announced: quotes stay until a minute before it begins."""
    desk = Desk()
    desk.quoting()
    begin_ms = desk.now_ns // MS + 70_000
    desk.feed(VenueStatus("upgrade", "scheduled", begin_ms, begin_ms + 600_000))
    assert not desk.reducer.venue.block
    desk.feed(VenueStatus("upgrade", "scheduled", desk.now_ns // MS + 50_000, begin_ms))
    assert "scheduled" in desk.reducer.venue.block


def test_row_54_a_maintenance_of_before_the_start_is_read_and_one_that_is_gone_is_over():
    """The list is the venue's own: what it names blocks, what it names no more does not."""
    desk = Desk()
    desk.quoting()
    now_ms = desk.now_ns // MS
    ongoing = VenueStatus("upgrade", "ongoing", now_ms - 60_000, now_ms + 600_000)
    desk.feed(VenueStatusListed((ongoing,)))
    assert "ongoing: upgrade" in desk.reducer.venue.block
    desk.feed(VenueStatusListed(()))
    assert not desk.reducer.venue.block
    desk.feed(ongoing)
    desk.feed(VenueStatusListed(()))
    assert desk.reducer.venue.block, "the list may have been read before the push"
    desk.feed(VenueStatusListed((structs.replace(ongoing, state="completed"),)))
    assert not desk.reducer.venue.block, "but not when it tells the end itself"
    desk.feed(ongoing)
    desk.run(31_000)
    desk.feed(VenueStatusListed(()))
    assert not desk.reducer.venue.block, "the push that ends it was lost"
    said = [line.text for line in desk.reducer.session.log if "maintenance is over" in line.text]
    assert len(said) == 3


def test_row_54_two_maintenances_of_one_name_are_two():
    """The one that goes on blocks, whatever its name announces for next week; its end lifts the block."""
    desk = Desk()
    desk.quoting()
    now_ms = desk.now_ns // MS
    ongoing = VenueStatus("upgrade", "ongoing", now_ms - 60_000, now_ms + 600_000)
    later = VenueStatus("upgrade", "scheduled", now_ms + 604_800_000, now_ms + 605_000_000)
    for rows in ((ongoing, later), (later, ongoing)):
        desk.feed(VenueStatusListed(rows))
        assert "ongoing" in desk.reducer.venue.block
    desk.feed(later)
    assert "ongoing" in desk.reducer.venue.block
    desk.feed(structs.replace(ongoing, state="completed"))
    assert not desk.reducer.venue.block


def test_row_54_a_maintenance_whose_end_is_never_told_ends_with_the_list(world):
    """The public stream is down when the push comes; the list a minute later has it, and quoting goes on."""
    engine = world.quoting()
    world.fault("maintenance", state="ongoing", for_s=20)
    pulled(world, engine, 3)
    world.fault("silence", socket="public")
    world.run(25)
    world.fault("clear")
    assert resumes(world, engine, 90)


def test_row_54_a_burst_of_errors_pulls_until_ten_calm_seconds(world):
    """One request after the other fails: out; ten seconds without a failure and a merge: back."""
    engine = world.quoting()
    world.fault("rest_error", code="50001")
    world.fault("unknown_outcome", op="", code="50004", count=None)
    market = world.markets[INST]
    market.walk_ticks = 200
    world.until(lambda: engine.alarm("venue"), 40, "the burst")
    said(engine, "venue", "fails one request after the other", "quotes pulled")
    pulled(world, engine, 10)
    began_ns = world.now_ns
    world.run(2)
    assert not engine.sent(AmendOrder, began_ns)
    assert not engine.sent(PlaceOrder, began_ns)
    world.fault("clear")
    market.walk_ticks = 0
    assert resumes(world, engine, 90) >= 6
