"""The embedded exchange without any I/O: requests, market events and the time go in, data comes out.

Every entry point takes the time as Unix nanoseconds and never looks at a clock. What has to be sent
is collected; ``take_outputs`` hands it over in order. The same calls give the same outputs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from okxmm_tui.exchange.api_error import ApiError
from okxmm_tui.exchange.dead_man import DeadMan
from okxmm_tui.exchange.faults.description import common_parameters, describe
from okxmm_tui.exchange.faults.kinds_wire import ConnectionLimit
from okxmm_tui.exchange.faults.venue_acts import VenueActs
from okxmm_tui.exchange.forced_orders import ForcedOrders
from okxmm_tui.exchange.funding import Funding
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.market_events import MarketEvent
from okxmm_tui.exchange.market_push import MarketPushes
from okxmm_tui.exchange.options import VenueSettings
from okxmm_tui.exchange.order_desk import OrderDesk
from okxmm_tui.exchange.outbox import Output
from okxmm_tui.exchange.private_push import PrivatePushes
from okxmm_tui.exchange.rest_account import AccountApi
from okxmm_tui.exchange.rest_api import RestApi
from okxmm_tui.exchange.rest_bills import BillsApi
from okxmm_tui.exchange.rest_leverage import LeverageApi
from okxmm_tui.exchange.rest_public import PublicApi
from okxmm_tui.exchange.rest_request import RestReply, RestRequest, reply
from okxmm_tui.exchange.rest_sizes import SizesApi
from okxmm_tui.exchange.rest_trade import TradeApi
from okxmm_tui.exchange.state import VenueState
from okxmm_tui.exchange.state_report import ledger
from okxmm_tui.exchange.subscriptions import Socket
from okxmm_tui.exchange.trade_operations import TradeOperations
from okxmm_tui.exchange.ws_session import WsSession

IDLE_CHECK_NS = 1_000_000_000
PRUNE_NS = 60_000_000_000
CONNECTIONS_PER_SECOND = 3


class Venue:
    """One OKX-compatible exchange with one account."""

    def __init__(self, listings: Iterable[Listing], settings: VenueSettings, now_ns: int) -> None:
        self.state = VenueState(listings, settings, now_ns)
        self._pushes = PrivatePushes(self.state)
        self.desk = OrderDesk(self.state, self._pushes)
        self.dead_man = DeadMan(self.state, self.desk)
        self._market = MarketPushes(self.state, self.desk)
        funding = Funding(self.state, self._pushes)
        forced = ForcedOrders(self.state, self.desk, self._pushes)
        VenueActs(self.state, self.desk, self._pushes, self._market, funding, forced=forced)
        trades = TradeOperations(self.state, self.desk)
        self._ws = WsSession(self.state, self._market, self._pushes, trades)
        apis = (
            PublicApi(self.state, self._market),
            AccountApi(self.state),
            TradeApi(self.state, self.dead_man, self.desk),
        )
        account_apis = (LeverageApi(self.state), BillsApi(self.state), SizesApi(self.state, self.desk))
        self._rest = RestApi(self.state, self._pushes, trades, apis, account_apis)
        self._held_texts: list[tuple[int, str]] = []
        self.state.timers.at(now_ns + IDLE_CHECK_NS, self._close_idle)
        self.state.timers.at(now_ns + PRUNE_NS, self._prune)

    def take_outputs(self) -> list[Output]:
        """Hand over everything to send; nothing while frozen."""
        return [] if self.is_frozen() else self.state.outbox.take()

    def is_frozen(self) -> bool:
        """Whether an injected freeze is on at the venue's present time."""
        return self.state.faults.is_frozen(self.state.now_ns)

    def next_deadline_ns(self) -> int | None:
        """Time of the next ``on_time`` that would do something."""
        return self.state.timers.next_ns()

    def on_time(self, now_ns: int) -> None:
        """Run everything due; afterwards texts that arrived during a freeze are handled."""
        while (action := self.state.timers.pop_due(now_ns)) is not None:
            self.state.now_ns = max(self.state.now_ns, now_ns)
            action()
        self.state.now_ns = max(self.state.now_ns, now_ns)
        self._market.depth.on_own_orders()
        if self._held_texts and not self.is_frozen():
            held, self._held_texts = self._held_texts, []
            for number, text in held:
                self.receive(number, text, now_ns)

    def on_market(self, event: MarketEvent, now_ns: int) -> None:
        """Apply one market event."""
        self.on_time(now_ns)
        self._market.apply(event)
        self._market.depth.on_own_orders()

    def open(self, socket: Socket, now_ns: int) -> int | None:
        """Accept a WebSocket and return its number; None when connections come too fast."""
        self.on_time(now_ns)
        state = self.state
        if state.faults.level(ConnectionLimit) is not None and not state.pools.admits(
            "connections", 1, CONNECTIONS_PER_SECOND, 1_000_000_000, now_ns
        ):
            return None
        return state.registry.open(socket, now_ns).number

    def closed(self, number: int, now_ns: int) -> None:
        """Learn that a WebSocket is gone; its orders stay, as on OKX."""
        self.on_time(now_ns)
        self.state.registry.forget(number)

    def receive(self, number: int, text: str, now_ns: int) -> None:
        """Handle one text of a client."""
        self.on_time(now_ns)
        if self.is_frozen():
            self._held_texts.append((number, text))
            return
        connection = self.state.registry.connections.get(number)
        if connection is None:
            return
        is_judged = self.state.frames.is_armed and text != "ping"
        delays = self.state.frames.inbound(connection.socket.value, text) if is_judged else (0,)
        for delay_ns in delays:
            if delay_ns:
                self.state.timers.at(now_ns + delay_ns, lambda: self._receive_late(number, text))
            else:
                self._ws.receive(connection, text)
        self._market.depth.on_own_orders()

    def _receive_late(self, number: int, text: str) -> None:
        if self.is_frozen():
            self._held_texts.append((number, text))
            return
        connection = self.state.registry.connections.get(number)
        if connection is not None:
            self._ws.receive(connection, text)

    def rest(self, request: RestRequest, now_ns: int) -> RestReply:
        """Answer one REST request under /api/v5/."""
        self.on_time(now_ns)
        answer = self._rest.answer(request)
        self._market.depth.on_own_orders()
        return answer

    def rest_delay_ns(self, request: RestRequest) -> int:
        """Injected delay a REST request must wait before it is handled."""
        return self._rest.delay_ns(request)

    def ledger(self, now_ns: int) -> dict[str, Any]:
        """Return the exchange's own books."""
        self.on_time(now_ns)
        return ledger(self.state, self.dead_man)

    def inject(self, body: bytes, now_ns: int) -> RestReply:
        """Apply one fault request."""
        self.on_time(now_ns)
        try:
            self.state.faults.inject(msgspec.json.decode(body))
        except msgspec.DecodeError:
            return reply(400, {"code": "50002", "msg": "JSON syntax error.", "data": []})
        except ApiError as error:
            return reply(400, {"code": error.code, "msg": error.text, "data": []})
        self.on_time(now_ns)
        return reply(200, {"code": "0", "msg": "", "data": []})

    def faults(self, now_ns: int, *, describe_all: bool = False) -> RestReply:
        """Return the armed faults with their tallies, or what every fault is and takes."""
        self.on_time(now_ns)
        if describe_all:
            return reply(
                200, {"code": "0", "msg": "", "data": describe(), "everyFaultTakes": common_parameters()}
            )
        faults = self.state.faults
        return reply(200, {"code": "0", "msg": "", "data": faults.report(), "fired": dict(faults.fired)})

    def _close_idle(self) -> None:
        state = self.state
        state.timers.at(state.now_ns + IDLE_CHECK_NS, self._close_idle)
        if self.is_frozen():
            # Silence during a freeze is the venue's own; clients get a fresh half minute after it.
            for one in state.registry.connections.values():
                one.last_push_ns = state.now_ns
        for one in state.registry.idle(state.now_ns):
            state.registry.close(one.number, 4004, "No data received in 30s.")

    def _prune(self) -> None:
        self.state.timers.at(self.state.now_ns + PRUNE_NS, self._prune)
        self.state.store.prune(self.state.now_ms)
