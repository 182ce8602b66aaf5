"""The relay: a second exchange stands in for OKX, and every way it may fail is seen honestly."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from okxmm_tui.core.types import Side
from okxmm_tui.errors import UsageError, VenueUnreachableError, WireError
from okxmm_tui.exchange import relay
from okxmm_tui.exchange.book import DisplayedBook
from okxmm_tui.exchange.instruments import listing
from okxmm_tui.exchange.market_events import (
    BboEvent,
    BookEvent,
    FundingEvent,
    GapEvent,
    InstrumentEvent,
    MarkEvent,
    TradeEvent,
)
from okxmm_tui.exchange.process import ExchangeOptions, running_exchange
from okxmm_tui.exchange.relay import RelayFeed, inst_type_of, open_relay
from okxmm_tui.exchange.relay_session import RelaySession
from tests.exchange.bench import ASK, BID, INST, LISTINGS, Bench

PATIENCE_S = 20


def frame(channel, row, action=None, **arg):
    """One push of the venue."""
    message = {"arg": {"channel": channel, "instId": INST, **arg}, "data": [row]}
    return json.dumps(message | ({"action": action} if action else {})).encode()


def book(seq, previous, bid=BID, action="update"):
    """A book push with one level a side."""
    row = {
        "bids": [[str(bid / 10), "1", "0", "2"]],
        "asks": [[str((bid + 1) / 10), "1", "0", "2"]],
        "ts": "5",
        "seqId": seq,
        "prevSeqId": previous,
    }
    return frame("books", row, action)


def session():
    """A session that holds a book."""
    made = RelaySession([LISTINGS[INST]])
    made.receive(book(10, -1, action="snapshot"))
    return made


class TestSession:
    """Frames to events, without a socket."""

    def test_every_channel_becomes_its_event(self):
        """Books, quotes, trades, marks and funding arrive in ticks, lots and exact decimals."""
        ours = session()
        quote = {
            "bids": [["60000", "2", "0", "1"]],
            "asks": [["60000.1", "3", "0", "1"]],
            "ts": "6",
            "seqId": 11,
        }
        trade = {"instId": INST, "tradeId": "9", "px": "60000.1", "sz": "0.5", "side": "buy", "ts": "7"}
        mark = {"instId": INST, "markPx": "60000.07", "ts": "1"}
        funding = {"instId": INST, "fundingRate": "0.00012", "ts": "1"}
        frames = [
            book(12, 10, BID),
            frame("bbo-tbt", quote),
            frame("trades", trade),
            frame("mark-price", mark),
            frame("funding-rate", funding),
        ]
        events = [event for one in frames for event in ours.receive(one)]
        kinds = [type(event) for event in events]
        assert kinds == [BookEvent, BboEvent, TradeEvent, MarkEvent, FundingEvent]
        assert (events[2].price_ticks, events[2].size_lots, events[2].side) == (ASK, 50, Side.BUY)
        assert str(events[3].price) == "60000.07"
        assert str(events[4].rate) == "0.00012"

    @pytest.mark.parametrize(
        ("times", "interval_ms"),
        [
            (("1795190400000", "1795204800000"), 4 * 3_600_000),
            (("1795190400000", ""), None),
            (("", ""), None),
        ],
    )
    def test_funding_comes_with_its_interval(self, times, interval_ms):
        """From this funding time to the next; a venue that does not tell the next one tells no interval."""
        row = {"instId": INST, "fundingRate": "0.0001", "fundingTime": times[0], "nextFundingTime": times[1]}
        (event,) = session().receive(frame("funding-rate", row))
        assert event.interval_ms == interval_ms

    def test_a_broken_chain_is_a_wire_error(self):
        """A missing increment names both numbers."""
        with pytest.raises(WireError, match="expected prevSeqId 10, got 11"):
            session().receive(book(12, 11))

    def test_a_reset_is_no_gap(self):
        """A lower seqId on the right predecessor applies, and our own numbers keep rising."""
        ours = session()
        (first,) = ours.receive(book(15, 10))
        (second,) = ours.receive(book(3, 15))
        (third,) = ours.receive(book(5, 3))
        assert first.seq < second.seq < third.seq

    def test_a_restarted_venue_goes_on(self):
        """After a loss a snapshot with low numbers continues the exchange's own sequence."""
        ours = session()
        (before,) = ours.receive(book(900, 10))
        (gap,) = ours.lost("gone")
        assert gap == GapEvent(INST, "gone")
        assert ours.lost("again") == ()
        (after,) = ours.receive(book(1, -1, action="snapshot"))
        assert after.is_snapshot
        assert after.seq > before.seq

    def test_quotes_wait_for_the_book(self):
        """A best quote without depth is no market."""
        ours = session()
        ours.lost("gone")
        quote = {"bids": [["1", "2", "0", "1"]], "asks": [["2", "3", "0", "1"]], "ts": "6", "seqId": 11}
        assert ours.receive(frame("bbo-tbt", quote)) == ()

    @pytest.mark.parametrize(
        "bad",
        [
            b"{",
            b'{"arg": 5}',
            frame("books", {"bids": [["x", "1"]], "asks": [], "seqId": 12, "prevSeqId": 10}, "update"),
            frame("books", {"bids": [], "asks": []}, "update"),
            frame("trades", {"px": "60000", "sz": "1", "side": "up", "tradeId": "1"}),
            frame("trades", {"px": "60000.05", "sz": "1", "side": "buy", "tradeId": "1"}),
            frame("mark-price", {"markPx": "?"}),
            b'{"event":"error","code":"60018","msg":"no","id":"needed"}',
            b'{"event":"notice","code":"64008","msg":"upgrade"}',
        ],
    )
    def test_bytes_that_cannot_be_used(self, bad):
        """Every malformed or fatal frame is a WireError, never another exception."""
        with pytest.raises(WireError):
            session().receive(bad)

    def test_words_that_mean_nothing_here(self):
        """Pongs, acknowledgements, unknown channels and refused extras change nothing."""
        ours = session()
        for word in (
            b"pong",
            b'{"event":"subscribe","arg":{"channel":"books"},"id":"needed"}',
            b'{"event":"error","code":"60018","msg":"no","id":"useful"}',
            frame("books", {}, "update", instId="OTHER"),
            b"{}",
        ):
            assert ours.receive(word) == ()

    def test_instrument_states_are_passed_on(self):
        """A suspension keeps the code; a new tick size suspends, because whole ticks would change meaning."""
        ours = session()
        row = {name: value for name, value in LISTINGS[INST].row.items() if name != "instIdCode"}
        arg = {"channel": "instruments", "instType": "SWAP"}

        def pushed(**changes):
            return ours.receive(json.dumps({"arg": arg, "data": [row | changes, {"instId": "X"}]}).encode())

        (suspended,) = pushed(state="suspend")
        assert isinstance(suspended, InstrumentEvent)
        assert (suspended.listed.instrument.state, suspended.listed.code) == ("suspend", 10459)
        (retick,) = pushed(tickSz="0.5")
        assert (retick.listed.instrument.state, str(retick.listed.instrument.tick_size)) == ("suspend", "0.1")
        (broken,) = pushed(tickSz="")
        assert broken.listed.instrument.state == "suspend"

    def test_one_argument_a_request_for_extras(self):
        """The needed channels go together; each extra can be refused alone."""
        sent = [json.loads(text) for text in session().subscriptions()]
        assert [len(one["args"]) for one in sent if one["id"] == "useful"] == [1, 1, 1]
        assert {arg["channel"] for one in sent for arg in one["args"]} == {
            "books", "bbo-tbt", "trades", "mark-price", "funding-rate", "instruments",
        }  # fmt: skip


class TestVenue:
    """What the exchange makes of a live feed's own events."""

    def test_a_gap_silences_the_book_until_the_next_snapshot(self):
        """Clients hear nothing, orders are refused, resting ones stay; then a snapshot comes."""
        bench = Bench().deep_book()
        client = bench.connect("public").subscribe("books", instId=INST)
        resting = bench.order(bench.place(price_ticks=BID - 5))
        client.take()
        bench.apply(GapEvent(INST, "upstream lost")).wait(1)
        assert not [one for one in client.take() if one.get("arg", {}).get("channel") == "books"]
        assert bench.place(price_ticks=BID)["sCode"] == "51022"
        assert resting.state.value == "live"
        bench.deep_book()
        (message,) = [one for one in client.take() if one.get("arg", {}).get("channel") == "books"]
        assert message["action"] == "snapshot"
        assert message["data"][0]["prevSeqId"] == -1
        assert bench.place(price_ticks=BID)["sCode"] == "0"

    def test_a_price_that_crossed_during_the_gap_fills(self):
        """An order the market went through meanwhile was executed, as the venue would have done."""
        bench = Bench().deep_book()
        resting = bench.order(bench.place(price_ticks=BID - 5, size="1"))
        bench.apply(GapEvent(INST, "upstream lost"))
        bench.book(bids=[(BID - 50, 500)], asks=[(BID - 40, 500)])
        assert resting.state.value == "filled"

    def test_subscribers_during_a_gap_wait(self):
        """Nobody is shown a book that is not known."""
        bench = Bench().deep_book()
        bench.apply(GapEvent(INST, "upstream lost"))
        client = bench.connect("public").subscribe("books", instId=INST)
        assert client.rows("books") == []

    def test_mark_price_and_instrument_states(self):
        """The venue's own mark is shown; a suspended instrument takes no orders and is announced."""
        bench = Bench().deep_book()
        client = bench.connect("public").subscribe("instruments", instType="SWAP")
        client.subscribe("mark-price", instId=INST)
        client.take()
        bench.apply(MarkEvent(INST, Decimal("59999.87"))).wait(1)
        assert client.rows("mark-price")[-1]["markPx"] == "59999.87"
        old = LISTINGS[INST]
        bench.apply(InstrumentEvent(listing({**old.row, "state": "suspend"})))
        assert client.rows("instruments")[0]["state"] == "suspend"
        assert bench.place(price_ticks=BID)["sCode"] == "51022"
        assert bench.data("public/instruments?instType=SWAP&instId=" + INST)[0]["state"] == "suspend"


@asynccontextmanager
async def relayed(upstream):
    """An exchange that relays another."""
    market = f"relay:{upstream.rest},{upstream.ws},{INST}"
    async with running_exchange(ExchangeOptions(markets=(market,))) as running:
        yield running


async def until(probe):
    """Yield to the loop until something is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not (answer := probe()):
            await asyncio.sleep(0)
        return answer


@pytest.fixture
def impatient(monkeypatch):
    """A relay that gives up on silence at once and reconnects at once."""
    monkeypatch.setattr(relay, "PING_AFTER_S", 0.3)
    monkeypatch.setattr(relay, "PONG_WITHIN_S", 0.3)
    monkeypatch.setattr(relay, "MIN_PAUSE_S", 0.01)


def tops(book):
    """Ten levels a side."""
    return [(level[0], level[1]) for side in (book.bids, book.asks) for level in side.top(10)]


def inject(running, request) -> None:
    """Break (or heal) the upstream."""
    reply = running.venue.inject(json.dumps(request).encode(), time.time_ns())
    assert reply.status == 200, reply
    running.server.flush()


@pytest.mark.parametrize("fault", ["drop_connections", "book_gap", "freeze"])
async def test_upstream_faults_are_survived(impatient, fault):
    """After a drop, a gap and a freeze the relayed book equals the upstream's again."""
    async with (
        running_exchange(ExchangeOptions(markets=("synthetic",), speed=0.5)) as upstream,
        relayed(upstream) as running,
    ):
        market = running.venue.state.markets[INST]
        await until(lambda: market.is_open)
        gaps = []
        lose_book = market.lose_book
        market.lose_book = lambda: (gaps.append(1), lose_book())
        scope = {"drop_connections": {"which": "public"}, "book_gap": {"instId": INST}, "freeze": {}}[fault]
        inject(upstream, {"fault": fault, **scope})
        await until(lambda: gaps)
        inject(upstream, {"fault": "thaw"})
        await until(lambda: market.is_open)
        theirs = upstream.venue.state.markets[INST].book
        await until(lambda: tops(market.book) == tops(theirs))
        await until(lambda: market.trades)


async def test_instruments_are_those_of_the_upstream(impatient):
    """Metadata, code included, is passed on as it is."""
    async with (
        running_exchange(ExchangeOptions(markets=("synthetic",))) as upstream,
        relayed(upstream) as running,
    ):
        assert running.venue.state.listings[INST].row == upstream.venue.state.listings[INST].row


@pytest.mark.parametrize(
    "spec", ["relay:", "relay:http://x", "relay:http://x,ws://y", "relay:ws://x,http://y,BTC-USDT"]
)
def test_malformed_specs(spec):
    """What is missing is told by an example."""
    with pytest.raises(UsageError, match="no relay") as caught:
        open_relay(spec)
    assert "wss://" in caught.value.hint


def test_an_upstream_that_is_not_there():
    """Exit code 4, with the address."""
    with pytest.raises(VenueUnreachableError, match=r"127\.0\.0\.1:9"):
        open_relay(f"relay:http://127.0.0.1:9,ws://127.0.0.1:9/ws/v5,{INST}")


async def test_an_unknown_symbol():
    """The venue's answer without a row is a usage error."""
    async with running_exchange(ExchangeOptions(markets=("synthetic",))) as upstream:
        with pytest.raises(UsageError, match="NOPE"):
            await asyncio.to_thread(open_relay, f"relay:{upstream.rest},{upstream.ws},NOPE-USDT-SWAP")


def test_instrument_types_are_spelt_in_the_id():
    """Spot, swap and dated futures."""
    assert [inst_type_of(each) for each in ("BTC-USDT", INST, "BTC-USDT-261225")] == [
        "SPOT",
        "SWAP",
        "FUTURES",
    ]


async def test_a_feed_ends_only_by_cancellation(impatient):
    """Without an upstream it keeps trying and yields nothing."""
    feed = RelayFeed("ws://127.0.0.1:9/ws/v5", [LISTINGS[INST]])
    assert feed.loop == 1
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await anext(feed.live())


def test_displayed_book_is_empty_after_a_loss():
    """A lost book shows no price at all."""
    bench = Bench().deep_book()
    market = bench.state.markets[INST]
    market.lose_book()
    assert isinstance(market.book, DisplayedBook)
    assert not market.is_open
