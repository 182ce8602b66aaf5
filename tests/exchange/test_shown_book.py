"""The published book: recorded liquidity and resting orders as one, on every channel and by REST."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okxmm_tui.core.types import Side
from okxmm_tui.exchange.market_events import BboEvent, BookEvent, GapEvent
from okxmm_tui.exchange.outbox import Send
from okxmm_tui.exchange.public_rows import ticker_row
from tests.exchange.bench import ASK, BID, CODE, INST, SECOND, Bench, levels

CHAINED = ("books-l2-tbt", "books50-l2-tbt", "books", "books-rpi")
CHANNELS = (*CHAINED, "books5", "bbo-tbt")
SLOW = ("books", "books-rpi", "books5")


def parsed(rows):
    """Levels of the wire as {price_ticks: (size_lots, orders)}."""
    return {int(Decimal(row[0]) * 10): (int(Decimal(row[1]) * 100), int(row[-1])) for row in rows}


class Watcher:
    """A subscriber of one channel that keeps the book it was told and checks its chain."""

    def __init__(self, bench, channel):
        self.channel = channel
        self.sides = None
        self.seq = -1
        self.pushed_ns = []
        self.client = bench.connect("public", login=True)
        self.client.subscribe(channel, instId=INST)

    def hear(self, message, now_ns):
        """Take one push."""
        (row,) = message["data"]
        told = parsed(row["bids"]), parsed(row["asks"])
        if message.get("action") == "update":
            assert row["prevSeqId"] == self.seq
            for side, changes in zip(self.sides, told, strict=True):
                side.update(changes)
                for price in [price for price, level in side.items() if not level[0]]:
                    del side[price]
            self.pushed_ns.append(now_ns)
        else:
            assert self.channel not in CHAINED or row["prevSeqId"] == -1
            self.sides = told
        self.seq = row["seqId"]


class Public:
    """Watchers of a bench; outputs are drained once and given to whom they are addressed."""

    def __init__(self, bench):
        self.bench = bench
        self.watchers = []

    def join(self, *channels):
        """Subscribe one more client to each channel."""
        made = []
        for channel in channels:
            self.listen()  # a login takes whatever waits to be sent
            made.append(Watcher(self.bench, channel))
            self.watchers.append(made[-1])
            self.listen()
        return made

    def listen(self):
        """Deliver what was sent; returns the watchers that heard a push."""
        heard = []
        for output in self.bench.venue.take_outputs():
            if not isinstance(output, Send) or output.text == "pong":
                continue
            message = json.loads(output.text)
            for one in self.watchers:
                if one.client.number in output.connections and "data" in message:
                    one.hear(message, self.bench.now_ns)
                    heard.append(one)
        return heard


def own_levels(bench, side):
    """Open lots and order count per price of what rests on a side, from the orders themselves."""
    found = {}
    for order in bench.state.store.pending.values():
        if order.side is side:
            lots, orders = found.get(order.price_ticks, (0, 0))
            found[order.price_ticks] = (lots + order.remaining_lots, orders + 1)
    return found


def published(bench, recorded, side):
    """Recorded levels and own ones added up; recorded ones at or through an own opposite order are gone."""
    own, others = own_levels(bench, side), own_levels(bench, side.opposite)
    found = {
        price: level
        for price, level in recorded.items()
        if all(side.sign * price < side.sign * other for other in others)
    }
    for price, (lots, orders) in own.items():
        known = found.get(price, (0, 0))
        found[price] = (known[0] + lots, known[1] + orders)
    return found


class Model:
    """The recorded market as the test fed it, and what must be published of it."""

    def __init__(self, bench, *, has_bbo):
        self.bench = bench
        self.has_bbo = has_bbo
        self.depth = {Side.BUY: {}, Side.SELL: {}}
        self.quote = {}

    def book(self, bids, asks, *, snapshot=False, fast=False):
        """Feed depth."""
        bench = self.bench
        bench.seq += 10
        for side, changes in ((Side.BUY, bids), (Side.SELL, asks)):
            if snapshot:
                self.depth[side] = {}
            self.depth[side].update({price: (size, 1) for price, size in changes})
            self.depth[side] = {price: level for price, level in self.depth[side].items() if level[0]}
        self.quote = {}
        source_ms = bench.now_ns // 1_000_000
        bench.apply(BookEvent(INST, snapshot, levels(*bids), levels(*asks), source_ms, bench.seq, fast))

    def bbo(self, bid, ask):
        """Feed a best quote that is newer than the depth by two."""
        bench = self.bench
        seq = bench.seq + 2
        self.quote = {Side.BUY: bid, Side.SELL: ask}
        bench.apply(BboEvent(INST, (*bid, "1"), (*ask, "1"), bench.now_ns // 1_000_000, seq))

    def shown(self, side, depth=None):
        """Levels to be published, best first, as the display maps them."""
        whole = published(self.bench, self.depth[side], side)
        return self._mapped(side, whole, depth)

    def best(self, side):
        """Best quote to be published: a fresher quote hides better recorded levels, no own ones."""
        recorded = self.depth[side]
        if self.quote:
            price, size = self.quote[side]
            worse = {one: level for one, level in recorded.items() if side.sign * one < side.sign * price}
            recorded = {price: (size, 1), **worse}
        whole = published(self.bench, recorded, side)
        best = max(whole, key=lambda price: side.sign * price, default=None)
        display = self.bench.state.markets[INST].display
        return {} if best is None else {display.price(side, best): whole[best]}

    def _mapped(self, side, whole, depth):
        display, found = self.bench.state.markets[INST].display, {}
        for price in sorted(whole, key=lambda price: -side.sign * price):
            known = found.get(display.price(side, price), (0, 0))
            found[display.price(side, price)] = (known[0] + whole[price][0], known[1] + whole[price][1])
        return dict(list(found.items())[:depth])

    def check(self, watcher):
        """The watcher's book is the published one."""
        depth = {"books5": 5, "books50-l2-tbt": 50}.get(watcher.channel)
        if watcher.channel == "bbo-tbt":
            wanted = (self.best(Side.BUY), self.best(Side.SELL))
        else:
            wanted = (self.shown(Side.BUY, depth), self.shown(Side.SELL, depth))
        assert watcher.sides == wanted, watcher.channel


offsets = st.integers(-6, 6)
sides = st.sampled_from(["buy", "sell"])
lots = st.integers(1, 150)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("place"), sides, offsets, lots, st.sampled_from(["limit", "post_only", "ioc"])),
        st.tuples(st.just("place"), sides, st.integers(-70, 70), lots, st.just("limit")),
        st.tuples(st.just("cancel"), st.integers(0, 9)),
        st.tuples(st.just("amend"), st.integers(0, 9), offsets, st.integers(0, 150)),
        st.tuples(st.just("level"), sides, st.integers(0, 9), st.integers(0, 150), st.booleans()),
        st.tuples(st.just("snapshot"), st.integers(-6, 6), st.integers(1, 3), lots),
        st.tuples(st.just("bbo"), st.integers(-6, 6), st.integers(1, 3), lots),
        st.tuples(st.just("trade"), sides, offsets, lots),
        st.tuples(st.just("wait"), st.sampled_from([0.01, 0.05, 0.1])),
        st.tuples(st.just("join"), st.sampled_from(CHANNELS)),
        st.tuples(st.just("lose")),
        st.tuples(st.just("reset")),
        st.tuples(st.just("fault"), st.sampled_from(["crossed_book", "wide_spread", "contract_change"])),
    ),
    max_size=40,
)
FAULTS = {
    "crossed_book": {"ticks": 3, "for_s": 0.2035},
    "wide_spread": {"bps": 5, "for_s": 0.2035},
    "contract_change": {"tickSz": "0.3", "for_s": 0.2035},
}


def deep(model, bid=BID, spread=1, size=100):
    """Show sixty levels a side, with a gap after every fifth."""
    spots = [n for n in range(72) if n % 6]
    model.book(
        [(bid + 1 - n, size) for n in spots], [(bid + spread - 1 + n, size) for n in spots], snapshot=True
    )


def chosen(bench, number):
    """One of the pending orders, if there is any."""
    pending = list(bench.state.store.pending.values())
    return pending[number % len(pending)] if pending else None


def check_heard(model, public):
    """Hold every book that must be up to date now against the published one."""
    heard = public.listen()
    for one in public.watchers:
        is_live = one.channel in {"books-l2-tbt", "books50-l2-tbt"}
        # Recorded best quotes come on their own: depth alone pushes none where they exist.
        is_live = is_live or (one.channel == "bbo-tbt" and not model.has_bbo)
        if is_live or one in heard:
            model.check(one)


def pause(model, public, seconds):
    """Let time pass, checking at every deadline: a push is right when it comes, not only in the end."""
    bench = model.bench
    end_ns = bench.now_ns + int(seconds * SECOND)
    while (due_ns := bench.venue.next_deadline_ns()) <= end_ns:
        bench.now_ns = max(bench.now_ns, due_ns)
        bench.venue.on_time(bench.now_ns)
        check_heard(model, public)
    bench.now_ns = end_ns


def run(step, model, public):
    """Do one step of a story."""
    match step:
        case ("wait", seconds):
            pause(model, public, seconds)
        case ("join", channel):
            public.join(channel)
        case ("place" | "cancel" | "amend", *_):
            run_own(step, model.bench)
        case ("lose",):
            model.bench.apply(GapEvent(INST, "test"))
            model.depth, model.quote = {Side.BUY: {}, Side.SELL: {}}, {}
            model.bench.wait(0.05)
            run_own(("cancel", 0), model.bench)
            public.listen()
            deep(model)
        case _:
            run_market(step, model)


def run_own(step, bench):
    """Place, cancel or amend an order."""
    match step:
        case ("place", side, offset, size, kind):
            bench.place(side, BID + offset, str(Decimal(size) / 100), ordType=kind)
        case ("cancel", number):
            if (order := chosen(bench, number)) is not None:
                bench.post("trade/cancel-order", instId=INST, ordId=order.order_id)
        case ("amend", number, offset, size):
            if (order := chosen(bench, number)) is not None:
                body = {"instId": INST, "ordId": order.order_id, "newPx": str(Decimal(BID + offset) / 10)}
                # A size of 0 moves the price alone.
                body |= {"newSz": str(Decimal(order.filled_lots + size) / 100)} if size else {}
                bench.rest("POST", "trade/amend-order", body)


def run_market(step, model):
    """Let the recorded market move, or a fault show it otherwise."""
    match step:
        case ("level", "buy", place, size, fast):
            model.book(((BID - place, size),), (), fast=fast)
        case ("level", _, place, size, fast):
            model.book((), ((ASK + place, size),), fast=fast)
        case ("snapshot", offset, spread, size):
            deep(model, BID + offset, spread, size)
        case ("bbo", offset, spread, size):
            if model.has_bbo:
                model.bbo((BID + offset, size), (BID + offset + spread, size))
        case ("trade", side, offset, size):
            model.bench.trade(side, BID + offset, size)
        case ("reset",):
            model.bench.fault("seq_reset", instId=INST)
        case ("fault", name):
            model.bench.fault(name, instId=INST, **FAULTS[name])


@pytest.mark.parametrize("has_bbo", [False, True])
@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_every_book_told_is_the_recorded_one_with_the_orders_in_it(has_bbo, steps):
    """Whoever joins when, on whichever channel: rebuilt books, REST and the orders agree, chains hold."""
    bench = Bench(vip=True)
    model, public = Model(bench, has_bbo=has_bbo), Public(bench)
    public.join(*CHANNELS)
    deep(model)
    public.listen()
    for step in steps:
        run(step, model, public)
        check_heard(model, public)
        for name, side in (("bid", Side.BUY), ("ask", Side.SELL)):
            row = ticker_row(bench.state.markets[INST], 0)
            told = {int(Decimal(row[f"{name}Px"]) * 10)} if row[f"{name}Px"] else set()
            assert told == set(model.best(side))
    bench.wait(0.31)
    public.listen()
    for one in public.watchers:
        if one.channel in SLOW:
            model.check(one)
    for path in ("books?sz=400&", "books-full?sz=400&", "books-rpi?sz=400&"):
        (row,) = bench.data(f"market/{path}instId={INST}")
        assert parsed(row["bids"]) == model.shown(Side.BUY)
        assert parsed(row["asks"]) == model.shown(Side.SELL)


def watched(bench, *channels):
    """A public and one watcher for each channel."""
    public = Public(bench)
    return public, *public.join(*channels)


@pytest.fixture
def bench():
    """A venue with a deep book and the fast channels."""
    return Bench(vip=True).deep_book()


def test_an_order_better_than_the_best_is_the_best_quote(bench):
    """In a spread of ten ticks an own bid is the top of bbo-tbt and the ticker, and of books after 100 ms."""
    bench.deep_book(bid=BID - 10).book((), [(BID - 9 + n, 0) for n in range(9)], snapshot=False)
    public, bbo, tbt, five, books = watched(bench, "bbo-tbt", "books-l2-tbt", "books5", "books")
    bench.place("buy", BID - 5, "0.4")
    public.listen()
    assert bbo.sides[0] == {BID - 5: (40, 1)}
    assert tbt.sides[0][BID - 5] == (40, 1)
    assert BID - 5 not in books.sides[0]
    bench.wait(0.2)
    public.listen()
    assert five.sides[0][BID - 5] == books.sides[0][BID - 5] == (40, 1)
    (row,) = bench.data(f"market/ticker?instId={INST}")
    assert (row["bidPx"], row["bidSz"]) == ("59999.5", "0.4")


def test_a_recorded_level_removed_under_an_order_leaves_the_orders_own_size(bench):
    """The increment names 40 lots, not 0, and the cancel afterwards removes the level."""
    public, tbt = watched(bench, "books-l2-tbt")
    ack = bench.place("buy", BID - 3, "0.4")
    public.listen()
    assert tbt.sides[0][BID - 3] == (140, 2)
    bench.book(((BID - 3, 0),), (), snapshot=False)
    public.listen()
    assert tbt.sides[0][BID - 3] == (40, 1)
    bench.post("trade/cancel-order", instId=INST, ordId=ack["ordId"])
    public.listen()
    assert BID - 3 not in tbt.sides[0]


def test_a_partial_fill_shrinks_the_level(bench):
    """A print through the price takes lots of the order out of the published level, and the rest stays."""
    bench.book(((BID, 0),), (), snapshot=False)
    public, tbt, bbo = watched(bench, "books-l2-tbt", "bbo-tbt")
    bench.place("buy", BID, "1")
    bench.trade("sell", BID - 1, 30)
    public.listen()
    assert tbt.sides[0][BID] == (70, 1)
    assert bbo.sides[0] == {BID: (70, 1)}


def test_two_orders_at_one_price_are_one_level_with_its_count(bench):
    """Sizes and counts add up; an order whose size is cut keeps being counted."""
    public, tbt = watched(bench, "books-l2-tbt")
    bench.place("buy", BID, "0.4")
    ack = bench.place("buy", BID, "0.7")
    public.listen()
    assert tbt.sides[0][BID] == (210, 3)
    bench.post("trade/amend-order", instId=INST, ordId=ack["ordId"], newSz="0.1")
    public.listen()
    assert tbt.sides[0][BID] == (150, 3)


def test_own_orders_never_cross_what_is_published(bench):
    """An ask that fell through a bid and is used up by it is shown only when the bid has gone."""
    public, tbt, bbo = watched(bench, "books-l2-tbt", "bbo-tbt")
    ack = bench.place("buy", BID - 3, "1")
    bids = [(BID - n, 0) for n in range(6)]
    bench.book(bids, ((BID - 4, 30),), snapshot=False)
    public.listen()
    assert bench.order(ack).filled_lots == 30
    assert (max(tbt.sides[0].items()), min(tbt.sides[1])) == ((BID - 3, (70, 1)), ASK)
    assert bbo.sides == ({BID - 3: (70, 1)}, {ASK: (100, 1)})
    bench.post("trade/cancel-order", instId=INST, ordId=ack["ordId"])
    public.listen()
    assert (max(tbt.sides[0]), tbt.sides[1][BID - 4]) == (BID - 6, (30, 1))
    assert bbo.sides[1] == {BID - 4: (30, 1)}


def test_the_market_that_fills_an_order_and_the_fill_are_one_increment(bench):
    """An ask falls through a bid and takes all of it: nobody is ever shown the two crossed."""
    bench.place("buy", BID - 3, "0.2")
    _, tbt = watched(bench, "books-l2-tbt")
    bench.book([(BID - n, 0) for n in range(6)], ((BID - 4, 30),), snapshot=False)
    (update,) = [one for one in tbt.client.take() if one.get("action") == "update"]
    row = update["data"][0]
    assert ["59999.7", "0", "0", "0"] in row["bids"]
    assert ["59999.6", "0.3", "0", "1"] in row["asks"]


def test_a_batch_is_one_increment_and_books_come_once_in_100_ms(bench):
    """Two orders of one request share an increment; thirty changes in 300 ms are at most four of books."""
    public, tbt, books = watched(bench, "books-l2-tbt", "books")
    order = {"instId": INST, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "0.1"}
    bench.rest("POST", "trade/batch-orders", [{**order, "px": "59999"}, {**order, "px": "59998"}])
    public.listen()
    assert len(tbt.pushed_ns) == 1
    for _ in range(30):
        bench.place("buy", BID - 20, "0.1")
        bench.wait(0.01)
        public.listen()
    assert 1 < len(books.pushed_ns) <= 4
    assert all(later - earlier >= 99_000_000 for earlier, later in pairwise(books.pushed_ns))
    assert books.sides[0][BID - 20][1] >= 20


def test_a_fresher_quote_stays_the_top_after_own_changes(bench):
    """A quote newer than the depth is numbered above it however many orders come and go."""
    public, bbo, tbt = watched(bench, "bbo-tbt", "books-l2-tbt")
    bench.seq -= 9  # the next quote is newer than the depth by one
    bench.bbo((BID - 2, 5), (ASK, 5))
    for number in range(12):
        bench.place("buy", BID - 9 - number, "0.1")
        public.listen()
        assert bbo.seq > tbt.seq
    assert bbo.sides[0] == {BID - 2: (5, 1)}
    bench.place("buy", BID - 1, "0.1")
    public.listen()
    assert bbo.sides[0] == {BID - 1: (10, 1)}


@pytest.mark.parametrize("way", ["dead man", "liquidation", "market"])
def test_orders_that_end_by_themselves_leave_the_book(bench, way):
    """The dead-man's switch, a liquidation and a maker fill take the order out of every channel."""
    public, tbt, bbo = watched(bench, "books-l2-tbt", "bbo-tbt")
    bench.book(((BID, 0),), (), snapshot=False)
    if way == "liquidation":
        bench.place("buy", ASK, "0.1", ordType="ioc")
    bench.place("buy", BID, "0.4")
    public.listen()
    assert tbt.sides[0][BID] == (40, 1)
    if way == "dead man":
        bench.post("trade/cancel-all-after", timeOut="10")
        bench.wait(11)
    elif way == "liquidation":
        bench.fault("balance_cut", ccy="USDT", amount=str(bench.account.cash - Decimal("0.1")))
        bench.wait(0.3)
    else:
        bench.trade("sell", BID - 1, 40)
    public.listen()
    assert not bench.state.store.pending
    assert max(tbt.sides[0]) == BID - 1
    assert bbo.sides[0] == {BID - 1: (100, 1)}


def test_an_unchanged_level_is_not_pushed(bench):
    """An order replaced by an equal one in one request leaves nothing to say."""
    ack = bench.place("buy", BID - 1, "0.4")
    public, tbt = watched(bench, "books-l2-tbt")
    bench.post("trade/amend-order", instId=INST, ordId=ack["ordId"], newPx="59999.9", newSz="0.4")
    bench.place("buy", ASK, "0.1", ordType="ioc")
    public.listen()
    assert tbt.pushed_ns == []


def test_a_gap_fault_drops_an_increment_of_own_orders_too(bench):
    """The dropped increment breaks the chain; a new subscription has everything."""
    public, tbt = watched(bench, "books-l2-tbt")
    bench.fault("book_gap", instId=INST, channel="books-l2-tbt")
    bench.place("buy", BID - 1, "0.4")
    public.listen()
    assert tbt.pushed_ns == []
    (fresh,) = public.join("books-l2-tbt")
    assert fresh.sides[0][BID - 1] == (140, 2)


def test_an_order_cancelled_as_the_book_is_shown_anew_leaves_no_level_behind():
    """A late cancel and the end of a wide spread fall into one step: the level is taken back where it was."""
    bench = Bench(vip=True, latency_ms=5000).deep_book()
    trader = bench.connect()
    ack = bench.place("buy", BID - 9, "0.4")
    bench.book(((BID - 9, 0),), (), snapshot=False)
    public, tbt = watched(bench, "books-l2-tbt")
    bench.fault("wide_spread", instId=INST, bps=5, for_s=6)
    public.listen()
    trader.op("cancel-order", {"instIdCode": CODE, "ordId": ack["ordId"]})
    bench.jump(7)
    public.listen()
    assert not bench.state.store.pending
    assert tbt.sides[0] == {BID - n: (100, 1) for n in range(50) if n != 9}


def test_matching_and_prices_know_the_recorded_book_only(bench):
    """An own bid inside the spread moves neither mark nor limits, and a seller does not trade with it."""
    bench.book((), [(ASK + n, 0) for n in range(9)], snapshot=False)
    market = bench.state.markets[INST]
    before = (market.mark_price(), market.price_limits(Decimal("0.02")))
    bench.place("buy", BID + 4, "1")
    assert (market.mark_price(), market.price_limits(Decimal("0.02"))) == before
    assert market.book.best(Side.BUY) == (BID, 100, "1")
    assert market.shown.best(Side.BUY) == (BID + 4, 100, "1")
