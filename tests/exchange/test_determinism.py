"""The same calls give the same bytes: a market, clients and faults with dice, run twice."""

from __future__ import annotations

import random

import pytest

from okxmm_tui.exchange.market_source import open_feeds
from okxmm_tui.exchange.outbox import Send
from tests.exchange.bench import CODE, INST, START_NS, Bench

SECONDS = 12
FAULTS = (
    ("drop_frame", {"channel": "books", "probability": 0.05, "for_s": 6}),
    ("delay_frame", {"socket": "private", "probability": 0.3, "ms": 70}),
    ("duplicate_frame", {"kind": "push", "probability": 0.1}),
    ("reject_next", {"code": "51008", "count": None, "probability": 0.2}),
    ("answer_error", {"code": "50026", "executed": True, "count": None, "probability": 0.2}),
    ("stuck_cancel", {"probability": 0.3, "seconds": 1}),
    ("fill_during_cancel", {"probability": 0.3, "share": 0.5}),
    ("amend_failure", {"probability": 0.5, "ms": 20}),
    ("crossed_book", {"instId": INST, "after_s": 2, "every_s": 4, "for_s": 1}),
    ("book_gap", {"instId": INST, "probability": 0.1, "count": None}),
    ("clock_skew", {"ms": 700, "after_s": 5, "for_s": 2}),
    ("notice", {"socket": "business", "after_s": 4, "seconds": 2}),
)


class Script:
    """A client that does the same each time its dice are seeded alike."""

    def __init__(self, bench, seed):
        self.bench = bench
        self.dice = random.Random(seed)
        self.serial = 0
        self.public, self.private = bench.connect("public"), bench.connect()
        self.business = bench.connect("business").subscribe("candle1s", instId=INST)
        for channel in ("books", "bbo-tbt", "books5", "tickers", "trades", "mark-price", "price-limit"):
            self.public.subscribe(channel, instId=INST)
        for channel, arg in (
            ("orders", {"instType": "ANY"}),
            ("account", {}),
            ("positions", {"instType": "ANY"}),
        ):
            self.private.subscribe(channel, **arg)

    def act(self):
        """One operation of an order, or a query."""
        self.serial += 1
        market, name = self.bench.state.markets[INST], f"d{self.serial}"
        highest, lowest = market.price_limits(self.bench.state.settings.price_band)
        middle = (highest + lowest) // 2
        px = market.instrument.price_text(middle + self.dice.randint(-30, 30))
        order = {"instIdCode": CODE, "tdMode": "cross", "side": self.dice.choice(["buy", "sell"]), "sz": "1"}
        pending = list(self.bench.state.store.pending)
        match self.dice.randint(0, 3):
            case 0 if pending:
                self.private.op("cancel-order", {"instIdCode": CODE, "ordId": self.dice.choice(pending)})
            case 1 if pending:
                amend = {"instIdCode": CODE, "ordId": self.dice.choice(pending), "newPx": px, "reqId": name}
                self.private.op("amend-order", amend)
            case 2:
                self.bench.rest("GET", f"market/candles?instId={INST}")
            case _:
                self.private.op("order", order | {"ordType": "limit", "px": px, "clOrdId": name})


def output_of(feed, *, seed):
    """Every byte the venue sends over some seconds of a market."""
    bench = Bench(seed=seed)
    sent = []

    def collect():
        for one in bench.venue.take_outputs():
            text = one.text if isinstance(one, Send) else f"close {one.code} {one.reason}"
            numbers = one.connections if isinstance(one, Send) else one.connection
            sent.append(f"{bench.now_ns} {numbers} {text}")

    script = Script(bench, seed=5)
    for name, params in FAULTS:
        bench.fault(name, **params)
    next_act_ns = START_NS
    for at_ns, events in feed.events():
        if at_ns > SECONDS * 10**9:
            break
        bench.wait((START_NS + at_ns - bench.now_ns) / 1e9 if START_NS + at_ns > bench.now_ns else 0)
        for event in events:
            bench.apply(event)
        if bench.now_ns >= next_act_ns:
            script.act()
            next_act_ns = bench.now_ns + 150_000_000
        collect()
    sent.append(bench.venue.faults(bench.now_ns).body.decode())
    sent.append(str(bench.venue.ledger(bench.now_ns)))
    return sent


@pytest.mark.parametrize("market", ["builtin", "synthetic"])
def test_same_calls_same_bytes(market):
    """A market, a scripted client and faults with dice: the same bytes twice, others by another seed."""
    first, second, other = (output_of(open_feeds((market,), 1)[0], seed=seed) for seed in (3, 3, 4))
    assert len(first) > 300
    assert first == second
    assert first != other
