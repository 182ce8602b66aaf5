"""The engine and the embedded exchange in one thread under a virtual clock: a recording in seconds.

Nothing is imitated but the sockets. Reducer, wire sessions, order route, REST reads and venue are those of a
real session; frames cross between them with a latency, and the clock jumps from one event to the next. The
same recording and the same plan give the same orders and the same fills, however fast the machine is.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from benchmarks.virtual_plan import VirtualPlan, finished
from okxmm_tui.core.account import AccountFacts
from okxmm_tui.core.commands import AnyCommand
from okxmm_tui.core.effects import (
    AmendOrder,
    AnyEffect,
    CancelOrder,
    FetchTruth,
    PlaceOrder,
    PollPending,
    QueryOrder,
    Report,
    Resubscribe,
    ScanMarkets,
    SetDeadMan,
)
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import (
    AnyEvent,
    DeadManArmed,
    OperatorCommand,
    OrderBudget,
    PendingPolled,
    SessionStarted,
    Tick,
)
from okxmm_tui.core.types import Mode
from okxmm_tui.engine.reducer import Reducer
from okxmm_tui.exchange.market_events import MarketFeed
from okxmm_tui.exchange.outbox import Close, Send
from okxmm_tui.exchange.rest_request import RestRequest
from okxmm_tui.exchange.subscriptions import Socket
from okxmm_tui.exchange.venue import Venue
from okxmm_tui.okx import market_scan, preparation
from okxmm_tui.okx.auth import ApiKey, login_args
from okxmm_tui.okx.clock import VenueClock
from okxmm_tui.okx.endpoints import Endpoints
from okxmm_tui.okx.order_requests import OrderEffect
from okxmm_tui.okx.order_tracker import OrderTracker
from okxmm_tui.okx.orders_route import OrdersRoute
from okxmm_tui.okx.private_session import PrivateSession
from okxmm_tui.okx.public_session import PublicSession
from okxmm_tui.okx.rate_limits import RateLimits
from okxmm_tui.okx.rest import Rest
from okxmm_tui.okx.rest_queries import RestQueries
from okxmm_tui.okx.route_choice import RouteChoice, RoutePolicy
from okxmm_tui.okx.session import Session
from okxmm_tui.okx.transport import HttpReply

__all__ = ["START_NS", "VirtualMarket", "VirtualPlan", "finished"]

START_NS = 1_750_000_000_000_000_000
MS = 1_000_000
TICK_NS = 50 * MS
BUDGET_NS = 500 * MS
KEY = ApiKey("sim", "sim", "sim")
TAG = "okxmm"


class _Wire:
    """One WebSocket without a socket."""

    is_writable = True

    def __init__(self, world: VirtualMarket, session: Session, socket: Socket) -> None:
        self._world = world
        self.session = session
        number = world.venue.open(socket, world.now_ns)
        if number is None:
            raise RuntimeError("the venue refused a connection.")
        self.number = number
        session.opened(world.now_ns)
        self.flush()

    def flush(self) -> None:
        """Let queued frames travel."""
        for frame in self.session.pending_frames():
            text = frame.decode()
            self._world.later(lambda text=text: self._world.to_venue(self.number, text))


class VirtualMarket:
    """A venue that plays one feed, and an engine that trades on it.

    Args:
        feed: Played once from its start.
        plan: What trades.
        on_effects: Told of every effect with its time, for what a benchmark counts.
    """

    def __init__(
        self,
        feed: MarketFeed,
        plan: VirtualPlan,
        on_effects: Callable[[int, Sequence[AnyEffect]], None] | None = None,
    ) -> None:
        self.now_ns = START_NS
        self._plan = plan
        self._feed = feed
        self._on_effects = on_effects
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._serial = 0
        self.venue = Venue(feed.listings, plan.venue, self.now_ns)
        self.reports: list[tuple[int, Report]] = []
        self.on_pushed: Callable[[], None] | None = None
        """Called whenever the venue has sent something; for tests that look at its books then."""
        clock = VenueClock(local_ns=self._now, steady_ns=self._now)
        clock.monotonic_ns = self._now  # type: ignore[method-assign] - ages are virtual too
        self._rest = Rest(Endpoints.local("http://venue", "ws://venue"), KEY, http=self, clock=clock)
        self._begin()

    def _begin(self) -> None:
        plan, events = self._plan, self._feed.events()
        self._events = events
        # The first message is the book, without which the venue knows no price.
        self._next_market = next(events)
        self._play_due(START_NS)
        symbols = plan.symbols or tuple(one.instrument.inst_id for one in self._feed.listings)
        loaded = finished(preparation.load_instruments(self._rest, symbols, has_key=True))
        facts = finished(preparation.load_facts(self._rest, loaded))
        self._instruments: dict[str, Instrument] = {one.inst_id: one for one, _ in loaded}
        self.reducer = Reducer(self._started(facts), self.now_ns)
        self._queries = RestQueries(self._rest, self._instruments)
        self._limits = RateLimits()
        self._connect(facts)
        self._every(TICK_NS, self._tick)
        self._every(BUDGET_NS, self._tell_budget)

    def _started(self, facts: AccountFacts) -> SessionStarted:
        plan = self._plan
        return SessionStarted(
            session_id=START_NS // 1_000_000_000,
            mode=Mode.SIM,
            account=facts.label,
            tag=TAG,
            instruments=tuple(self._instruments.values()),
            strategy=plan.strategy,
            params=plan.params,
            limits=plan.limits,
            fees=facts.fees,
            level=facts.level,
            position_mode=facts.position_mode,
        )

    def _connect(self, facts: AccountFacts) -> None:
        plan = self._plan
        tracker = OrderTracker(plan.limits.ack_timeout_ms * MS)
        self._route = OrdersRoute(
            self._rest,
            self._instruments,
            tag=TAG,
            limits=self._limits,
            tracker=tracker,
            emit_all=self._emit_soon,
            spawn=self._spawn,
            reload_instrument=lambda inst_id: None,
            sync_clock=lambda: None,
            choice=RouteChoice(RoutePolicy.WS),
        )
        self._route.account = facts
        self._public = PublicSession(list(self._instruments.values()))
        private = PrivateSession(self._instruments, self._login, tracker, self._route.settle)
        self._wires = {
            wire.number: wire
            for wire in (
                _Wire(self, self._public, Socket.PUBLIC),
                _Wire(self, private, Socket.PRIVATE),
            )
        }
        self._route.connect(private, next(w for w in self._wires.values() if w.session is private))

    # -- time -----------------------------------------------------------------------------------------

    def run(self, duration_s: float) -> None:
        """Play on for a while of virtual time."""
        until_ns = self.now_ns + int(duration_s * 1e9)
        while True:
            market_ns = START_NS + self._next_market[0]
            due_ns = self._due[0][0]
            venue_ns = self.venue.next_deadline_ns()
            at_ns = max(self.now_ns, min(market_ns, due_ns, due_ns if venue_ns is None else venue_ns))
            if at_ns > until_ns:
                self.now_ns = until_ns
                return
            self.now_ns = at_ns
            self.venue.on_time(at_ns)
            self._play_due(at_ns)
            while self._due[0][0] <= at_ns:
                heapq.heappop(self._due)[2]()
            self._take_outputs()

    def _play_due(self, at_ns: int) -> None:
        while START_NS + self._next_market[0] <= at_ns:
            for event in self._next_market[1]:
                self.venue.on_market(event, at_ns)
            self._next_market = next(self._events)

    def later(self, action: Callable[[], None], after_ns: int | None = None) -> None:
        """Do something after the latency, or after another time."""
        self._serial += 1
        wait_ns = self._plan.latency_ms * MS if after_ns is None else after_ns
        heapq.heappush(self._due, (self.now_ns + wait_ns, self._serial, action))

    def _every(self, span_ns: int, action: Callable[[], None]) -> None:
        def again() -> None:
            action()
            self.later(again, span_ns)

        self.later(again, span_ns)

    def _now(self) -> int:
        return self.now_ns

    # -- the venue's side -----------------------------------------------------------------------------

    def to_venue(self, number: int, text: str) -> None:
        """A frame arrives at the venue."""
        self.venue.receive(number, text, self.now_ns)

    def _take_outputs(self) -> None:
        outputs = self.venue.take_outputs()
        for output in outputs:
            match output:
                case Send(connections=numbers, text=text):
                    for number in numbers:
                        self.later(lambda number=number, text=text: self._from_venue(number, text))
                case Close(connection=number, reason=reason):
                    raise RuntimeError(f"the venue closed connection {number}: {reason}.")
        if outputs and self.on_pushed is not None:
            self.on_pushed()

    def _from_venue(self, number: int, text: str) -> None:
        wire = self._wires[number]
        for event in wire.session.receive(text, self.now_ns):
            self.emit(event)
        if wire.session.wants_flush:
            wire.flush()

    async def send(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> HttpReply:
        """Answer a REST request at once: the latency was waited for before it was begun."""
        path, _, query = path.partition("?")
        lower = {name.lower(): value for name, value in headers.items()}
        reply = self.venue.rest(RestRequest(method, path, query, lower, body, self.now_ns), self.now_ns)
        return HttpReply(reply.status, reply.body)

    async def close(self) -> None:
        """Nothing is open."""

    # -- the engine's side ----------------------------------------------------------------------------

    def emit(self, event: AnyEvent) -> None:
        """Apply one event and carry its effects out."""
        effects = self.reducer.apply(event, self.now_ns)
        orders: list[OrderEffect] = []
        for effect in effects:
            match effect:
                case PlaceOrder() | AmendOrder() | CancelOrder():
                    orders.append(effect)
                case Report():
                    self.reports.append((self.now_ns, effect))
                case Resubscribe(inst_id=inst_id):
                    self._public.resubscribe(inst_id, self.now_ns)
                case QueryOrder(inst_id=inst_id, cl_ord_id=cl_ord_id):
                    self._ask(self._queries.order(inst_id, cl_ord_id))
                case FetchTruth(request_id=request_id, fills_since_ms=since_ms):
                    self._ask(self._queries.truth(request_id, since_ms))
                case PollPending(request_id=request_id):
                    self._ask(self._poll(request_id))
                case ScanMarkets():
                    self._ask(market_scan.scan(self._rest))
                case SetDeadMan(timeout_s=timeout_s):
                    self._ask(self._set_dead_man(timeout_s))
                case _:
                    pass
        if orders:
            self._route.send(orders, self.now_ns)
        if effects and self._on_effects is not None:
            self._on_effects(self.now_ns, effects)

    def command(self, command: AnyCommand) -> None:
        """Let the operator ask something."""
        self.emit(OperatorCommand("", 0, command))

    def _emit_soon(self, events: Sequence[AnyEvent]) -> None:
        for event in events:
            self.later(lambda event=event: self.emit(event), 0)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self.later(lambda: finished(work))

    def _ask(self, work: Coroutine[Any, Any, AnyEvent]) -> None:
        def answer() -> None:
            event = finished(work)
            self.later(lambda: self.emit(event))

        self.later(answer)

    async def _poll(self, request_id: int) -> AnyEvent:
        return PendingPolled(request_id, await self._queries.pending())

    async def _set_dead_man(self, timeout_s: int) -> AnyEvent:
        return DeadManArmed(await self._queries.set_dead_man(timeout_s, TAG))

    def _login(self) -> dict[str, str]:
        return login_args(KEY, self.now_ns)

    def _tick(self) -> None:
        for wire in self._wires.values():
            if wire.session.next_deadline() <= self.now_ns:
                for event in wire.session.on_time(self.now_ns):
                    self.emit(event)
            wire.flush()
        self.emit(Tick(0))

    def _tell_budget(self) -> None:
        usage = self._limits.tightest(self.now_ns)
        self.emit(OrderBudget(usage.used, usage.limit))
