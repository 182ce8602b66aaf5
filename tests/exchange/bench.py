"""A venue on a bench: one swap, a hand-made market, time moved by hand, outputs decoded."""

from __future__ import annotations

import json
from decimal import Decimal

from okxmm_tui.core.types import PositionSide, Side
from okxmm_tui.exchange.instruments import packaged_metadata, read_metadata
from okxmm_tui.exchange.market_events import BboEvent, BookEvent, TradeEvent
from okxmm_tui.exchange.options import VenueSettings
from okxmm_tui.exchange.outbox import Close, Send
from okxmm_tui.exchange.rest_request import RestRequest
from okxmm_tui.exchange.subscriptions import Socket
from okxmm_tui.exchange.venue import Venue
from okxmm_tui.okx.auth import ApiKey, login_args, rest_headers

INST = "BTC-USDT-SWAP"
CODE = 10459
SIM = ApiKey("sim", "sim", "sim")
START_NS = 1_795_161_600_000_000_000
SECOND = 1_000_000_000
LISTINGS = read_metadata(packaged_metadata())
BID, ASK = 600_000, 600_001
"""Best prices of the bench market, in ticks of 0.1."""


def levels(*pairs):
    """Levels (price_ticks, size_lots) with one order each."""
    return tuple((price, size, "1" if size else "0") for price, size in pairs)


class Bench:
    """A venue with a clock that only the test moves."""

    def __init__(self, **settings):
        self.now_ns = START_NS
        self.venue = Venue(LISTINGS.values(), VenueSettings(**settings), self.now_ns)
        self.seq = 0
        self.trade_id = 0
        self._serial = 0

    @property
    def state(self):
        """State of the venue."""
        return self.venue.state

    @property
    def account(self):
        """Books of the account."""
        return self.venue.state.account

    def wait(self, seconds=0.0):
        """Move the clock, in small steps as a server would."""
        end_ns = self.now_ns + int(seconds * SECOND)
        while (due_ns := self.venue.next_deadline_ns()) is not None and due_ns <= end_ns:
            self.now_ns = max(self.now_ns, due_ns)
            self.venue.on_time(self.now_ns)
        self.now_ns = end_ns
        self.venue.on_time(self.now_ns)
        return self

    def jump(self, seconds):
        """Move the clock at once, for hours."""
        self.now_ns += int(seconds * SECOND)
        self.venue.on_time(self.now_ns)
        return self

    def apply(self, event):
        """Feed one market event."""
        self.venue.on_market(event, self.now_ns)
        return self

    def book(self, bids=((BID, 100),), asks=((ASK, 100),), *, snapshot=True, inst=INST):
        """Show a book, the whole one or changed levels."""
        self.seq += 10
        source_ms = self.now_ns // 1_000_000
        return self.apply(BookEvent(inst, snapshot, levels(*bids), levels(*asks), source_ms, self.seq))

    def deep_book(self, size=100, depth=50, *, inst=INST, bid=BID):
        """Show a book of equal levels on both sides, one tick apart."""
        bids = [(bid - n, size) for n in range(depth)]
        return self.book(bids, [(bid + 1 + n, size) for n in range(depth)], inst=inst)

    def bbo(self, bid, ask):
        """Show a best quote: (price_ticks, size_lots) of both sides."""
        self.seq += 10
        source_ms = self.now_ns // 1_000_000
        return self.apply(BboEvent(INST, (*bid, "1"), (*ask, "1"), source_ms, self.seq))

    def trade(self, side, price_ticks, size_lots):
        """Print a public trade, just after the last depth."""
        self.trade_id += 1
        source_ms = self.now_ns // 1_000_000 + 1
        return self.apply(
            TradeEvent(INST, self.trade_id, price_ticks, size_lots, Side(side), "1", "0", source_ms)
        )

    def connect(self, socket="private", *, login=None):
        """Open a connection, logged in when private."""
        client = Client(self, socket)
        if login if login is not None else socket == "private":
            client.send({"op": "login", "args": [login_args(SIM, self.now_ns)]})
            client.take()
        return client

    def rest(self, method, path, body=None, *, sign=True, headers=None):
        """Ask by REST; returns (HTTP status, answer)."""
        content = json.dumps(body) if body is not None else ""
        route, _, query = path.partition("?")
        full = f"/api/v5/{route}"
        signed = rest_headers(SIM, self.now_ns, method, f"{full}?{query}" if query else full, content)
        given = {name.lower(): value for name, value in (signed if sign else {}).items()} | (headers or {})
        asked = RestRequest(method, full, query, given, content.encode(), self.now_ns)
        answer = self.venue.rest(asked, self.now_ns)
        return answer.status, json.loads(answer.body)

    def data(self, path):
        """Rows of a GET that must succeed."""
        status, answer = self.rest("GET", path)
        assert (status, answer["code"]) == (200, "0"), answer
        return answer["data"]

    def fault(self, name, /, **params):
        """Inject a fault that must be accepted."""
        answer = self.venue.inject(json.dumps({"fault": name, **params}).encode(), self.now_ns)
        assert answer.status == 200, answer.body
        return self

    def place(self, side="buy", price_ticks=None, size="1", **params):
        """Place by REST; returns the ack row. Prices in ticks, sizes in contracts."""
        self._serial += 1
        body = {"instId": INST, "tdMode": "cross", "side": side, "ordType": "limit", "sz": size}
        body["clOrdId"] = f"c{self._serial}"
        if price_ticks is not None:
            body["px"] = str(Decimal(price_ticks) / 10)
        _, answer = self.rest("POST", "trade/order", body | params)
        return answer["data"][0] if answer["data"] else answer

    def order(self, ack):
        """The stored order of an ack."""
        return self.state.store.orders[ack["ordId"]]

    def position(self, inst=INST, side=PositionSide.NET, mode="cross"):
        """A position, by default the net cross one in the swap."""
        return self.account.position(self.state.listings[inst].instrument, side, mode)

    def post(self, path, **body):
        """Rows of a POST that must succeed."""
        status, answer = self.rest("POST", path, body)
        assert (status, answer["code"]) == (200, "0"), answer
        return answer["data"]

    def refused(self, method, path, body=None):
        """Code of a request that must be refused."""
        return self.rest(method, path, body)[1]["code"]


class Client:
    """One WebSocket client of the bench."""

    def __init__(self, bench, socket):
        self.bench = bench
        self.number = bench.venue.open(Socket(socket), bench.now_ns)
        self.closes = []

    def send(self, message):
        """Send JSON, or a text as it is."""
        text = message if isinstance(message, str) else json.dumps(message)
        self.bench.venue.receive(self.number, text, self.bench.now_ns)
        return self

    def op(self, name, *args, **envelope):
        """Send a trade operation."""
        self.send({"id": "i1", "op": name, "args": list(args), **envelope})
        return self

    def subscribe(self, channel, **arg):
        """Subscribe to one channel."""
        return self.send({"op": "subscribe", "args": [{"channel": channel, **arg}]})

    def take(self):
        """Everything sent to this client since the last call, decoded."""
        found = []
        for output in self.bench.venue.take_outputs():
            match output:
                case Send(connections=numbers, text=text) if self.number in numbers:
                    found.append(text if text == "pong" else json.loads(text))
                case Close(connection=number, code=code) if number == self.number:
                    self.closes.append(code)
        return found

    def rows(self, channel):
        """Data rows pushed on a channel since the last call."""
        return [
            row
            for message in self.take()
            if isinstance(message, dict) and message.get("arg", {}).get("channel") == channel
            for row in message.get("data", [])
        ]
