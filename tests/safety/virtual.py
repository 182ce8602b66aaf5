"""Engine, gateway and exchange in one thread and in virtual time; only the sockets are imitated.

The reducer, OKX gateway (sessions, order route, REST reads, clock keeper, reconnects) and the venue are
those of a real session. Frames and requests cross between them with a latency, and the clock jumps from one
event to the next: a minute takes about a second, and the same seed gives the same run.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from contextvars import ContextVar, copy_context
from decimal import Decimal
from functools import partial
from types import SimpleNamespace
from typing import Any, TypeVar
from unittest import mock

from websockets.frames import Close as CloseFrame
from websockets.protocol import State

from okxmm_tui.core.commands import AnyCommand
from okxmm_tui.core.effects import AnyEffect, Report, Stop
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.messages import AnyEvent, OperatorCommand, SessionStarted, Tick
from okxmm_tui.core.types import Mode, Side
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.reducer import Reducer
from okxmm_tui.errors import VenueUnreachableError
from okxmm_tui.exchange import forced_orders, market_push
from okxmm_tui.exchange.instruments import packaged_metadata, read_metadata
from okxmm_tui.exchange.options import VenueSettings
from okxmm_tui.exchange.outbox import Close, Send
from okxmm_tui.exchange.rest_request import RestRequest
from okxmm_tui.exchange.subscriptions import Socket
from okxmm_tui.exchange.venue import Venue
from okxmm_tui.okx import clock, gateway, link, rest, transport
from okxmm_tui.okx.auth import ApiKey, rest_headers
from okxmm_tui.okx.clock import VenueClock
from okxmm_tui.okx.endpoints import Endpoints
from okxmm_tui.okx.gateway import OkxGateway
from okxmm_tui.okx.link import Socket as ClientSocket
from okxmm_tui.okx.transport import HttpReply
from tests.safety.virtual_loop import LoopTime, VirtualLoop
from tests.safety.virtual_market import BEAT_S, VirtualMarket
from tests.samples import INST, TAG

KEY = ApiKey("sim", "sim", "sim")
TICK_S = 0.05
VENUE_STEP_S = 0.1
OK = 200
HTTP_TIMEOUT_S = 5.0
FROZEN_POLL_S = 0.02
LISTINGS = read_metadata(packaged_metadata())
E = TypeVar("E")


class World:
    """A venue with a lively market, and engines that trade on it.

    Args:
        seed: Of the market, the jitter and the faults' dice.
        limits: Of every engine started.
        latency_s: One way, of every frame and request.
        params: Strategy parameters.
        venue: Rules of the venue.
        instruments: What is traded.
        beat_s: How often the markets move.
        tick_s: How often an engine is told the time.
        venue_step_s: How often the venue looks whether tickers, marks and margins have changed.
        is_recorded: Whether engines keep every event and effect; a long run must not.
    """

    def __init__(
        self,
        seed: int = 1,
        *,
        limits: Limits | None = None,
        latency_s: float = 0.005,
        params: dict[str, Decimal] | None = None,
        venue: VenueSettings | None = None,
        instruments: Sequence[str] = (INST,),
        beat_s: float = BEAT_S,
        tick_s: float = TICK_S,
        venue_step_s: float = VENUE_STEP_S,
        is_recorded: bool = True,
    ) -> None:
        self.beat_s, self.tick_s, self.is_recorded = beat_s, tick_s, is_recorded
        self.loop = VirtualLoop()
        self.dice = random.Random(seed)
        self.latency_s = latency_s
        self.limits = limits or Limits(is_headless=True)
        self.params = params or {"order_size": Decimal(1)}
        self.symbols = tuple(instruments)
        self.is_cut = False
        """Whether the network between engines and venue is gone, without a word."""
        self.venue = Venue(
            [LISTINGS[each] for each in self.symbols], venue or VenueSettings(seed=seed), self.now_ns
        )
        self.markets = {each: VirtualMarket(self.venue, each, self.dice) for each in self.symbols}
        self.engines: list[Engine] = []
        self.lists: list[tuple[int, bool]] = []
        """Every list of pending orders an engine was given: when, and whether nothing was in it."""
        self._due_ns: int | None = None
        """Time of the venue that the clock will stop at next."""
        self._sockets: dict[int, _Connection] = {}
        self._patches = ExitStack()
        for module, name in ((market_push, "TICK_NS"), (forced_orders, "CHECK_NS")):
            self._patches.enter_context(mock.patch.object(module, name, int(venue_step_s * 1e9)))
        time = LoopTime(self.loop)
        for module in (clock, gateway, link, rest, transport):
            self._patches.enter_context(mock.patch.object(module, "time", time))
        self._patches.enter_context(mock.patch.object(transport, "random", random.Random(seed)))
        self._patches.enter_context(mock.patch.object(link, "connect", self._connect))
        self.loop.call_soon(self._beat)

    # -- time -----------------------------------------------------------------------------------------

    @property
    def now_ns(self) -> int:
        """True time, Unix ns; also the venue's."""
        return self.loop.steady_ns()

    def run(self, seconds: float) -> None:
        """Let time pass.

        Raises:
            Exception: A callback raised it; of an engine it would be the end.
        """
        self.loop.run_until_complete(asyncio.sleep(seconds))
        if self.loop.defects:
            raise self.loop.defects.pop(0)

    def until(self, probe: Callable[[], object], within_s: float, what: str = "it") -> float:
        """Let time pass until something is true; returns the seconds it took.

        Raises:
            AssertionError: It did not become true.
        """
        begun_ns = self.now_ns
        while not probe():
            for engine in self.engines:
                engine.raise_defect()
            if self.now_ns - begun_ns > within_s * 1e9:
                raise AssertionError(f"{what} did not happen within {within_s} s")
            self.run(0.01)
        return (self.now_ns - begun_ns) / 1e9

    def close(self) -> None:
        """End everything."""
        for engine in self.engines:
            engine.die()
        self.run(0.1)
        pending = asyncio.all_tasks(self.loop)
        for task in pending:
            task.cancel()
        for task in pending:
            with suppress(asyncio.CancelledError):
                self.loop.run_until_complete(task)
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self._patches.close()
        self.loop.close()

    # -- the venue ------------------------------------------------------------------------------------

    def fault(self, name: str, /, **params: object) -> None:
        """Inject a fault that must be accepted."""
        answer = self.venue.inject(json.dumps({"fault": name, **params}).encode(), self.now_ns)
        assert answer.status == 200, answer.body
        self.flush()

    def live_orders(self, tag: str | None = TAG) -> list[Any]:
        """Orders the venue holds as live; of one tag, or of everybody."""
        pending = self.venue.state.store.pending.values()
        return [order for order in pending if tag is None or order.tag == tag]

    def venue_position(self, inst_id: str = INST) -> Decimal:
        """Net position in contracts by the venue's own books."""
        rows = self.venue.ledger(self.now_ns)["positions"]
        return sum((Decimal(row["pos"]) for row in rows if row["instId"] == inst_id), Decimal(0))

    def fill(self, side: Side, inst_id: str = INST) -> None:
        """Somebody trades through our best order of a side, so that it fills."""
        ours = [
            order for order in self.live_orders() if order.side is side and order.listing.inst_id == inst_id
        ]
        prices = [order.price_ticks for order in ours if order.price_ticks is not None]
        market = self.markets[inst_id]
        best = market.bid_ticks if side is Side.BUY else market.bid_ticks + market.spread_ticks
        reached = max(prices) if side is Side.BUY else min(prices)
        market.trade(side.opposite, 10_000, self.now_ns, through_ticks=abs(best - reached) + 1)
        self.flush()

    def rest(self, method: str, path: str, **body: object) -> Any:
        """Ask the venue as somebody else with the same key would; returns the answer."""
        route, _, query = path.partition("?")
        content = json.dumps(body) if body else ""
        headers = rest_headers(KEY, self.now_ns, method, f"/api/v5/{path}", content)
        lower = {name.lower(): value for name, value in headers.items()}
        asked = RestRequest(method, f"/api/v5/{route}", query, lower, content.encode(), self.now_ns)
        answer = json.loads(self.venue.rest(asked, self.now_ns).body)
        self.flush()
        return answer

    def _beat(self) -> None:
        if not self.venue.is_frozen():
            for market in self.markets.values():
                market.beat(self.now_ns)
        self.venue.on_time(self.now_ns)
        self.flush()
        self.loop.call_later(self.beat_s, self._beat)

    def flush(self) -> None:
        """Send what the venue has to say."""
        for output in self.venue.take_outputs():
            match output:
                case Send(connections=numbers, text=text):
                    for number in numbers:
                        self._to_engine(number, text)
                case Close(connection=number, code=code, reason=reason):
                    self.venue.closed(number, self.now_ns)
                    self._to_engine(number, (code, reason))
        due_ns = self.venue.next_deadline_ns()
        if due_ns is not None and due_ns != self._due_ns and due_ns - self.now_ns < self.beat_s * 1e9:
            self._due_ns = due_ns
            self.loop.call_later(max(0.0, (due_ns - self.now_ns) / 1e9), self._on_due, due_ns)

    def _on_due(self, due_ns: int) -> None:
        self._due_ns = None
        next_ns = self.venue.next_deadline_ns()
        if next_ns is not None and next_ns <= max(due_ns, self.now_ns):
            self.venue.on_time(self.now_ns)
            self.flush()

    def _to_engine(self, number: int, item: str | tuple[int, str]) -> None:
        connection = self._sockets.get(number)
        if connection is not None and not self.is_cut:
            # What a message starts (a successor's connection) belongs to the engine that reads it.
            connection.coming.append(item)
            self.loop.call_later(self.latency_s, connection.arrive, context=connection.context)

    # -- the network ----------------------------------------------------------------------------------

    async def _connect(self, url: str, **_: object) -> _Connection:
        await asyncio.sleep(self.latency_s)
        number = None if self.is_cut else self.venue.open(Socket(url.rsplit("/", 1)[1]), self.now_ns)
        if number is None:
            raise OSError("network unreachable" if self.is_cut else "too many connections")
        connection = self._sockets[number] = _Connection(self, RUNNING.get(), number)
        return connection

    def forget(self, number: int) -> None:
        """A connection is over at the engine's end."""
        if self._sockets.pop(number, None) is not None and not self.is_cut:
            self.venue.closed(number, self.now_ns)

    def hang_up(self, engine: Engine) -> None:
        """The sockets of a dead engine close."""
        for number in [n for n, one in self._sockets.items() if one.engine is engine]:
            self.forget(number)

    def to_venue(self, number: int, text: str) -> None:
        """A frame has arrived at the venue."""
        if not self.is_cut:
            self.venue.receive(number, text, self.now_ns)
            self.flush()

    async def answer(self, asked: RestRequest) -> HttpReply:
        """Carry one REST request to the venue and its answer back.

        Raises:
            VenueUnreachableError: No answer within the patience of HTTP.
        """
        done: asyncio.Future[HttpReply] = self.loop.create_future()
        self.loop.call_later(self.latency_s, self._arrived, asked, done)
        try:
            async with asyncio.timeout(HTTP_TIMEOUT_S):
                return await done
        except TimeoutError as error:
            raise VenueUnreachableError(
                f"http://venue did not answer {asked.method} {asked.path}."
            ) from error

    def _arrived(self, asked: RestRequest, done: asyncio.Future[HttpReply], *, is_first: bool = True) -> None:
        if self.is_cut:
            return
        delay_ns = self.venue.rest_delay_ns(asked) if is_first else 0
        if delay_ns or self.venue.is_frozen():
            again = partial(self._arrived, asked, done, is_first=False)
            self.loop.call_later(delay_ns / 1e9 or FROZEN_POLL_S, again)
            return
        answer = self.venue.rest(asked, self.now_ns)
        self.flush()
        if not answer.is_lost:
            reply = HttpReply(answer.status, answer.body)
            self.loop.call_later(self.latency_s, self._answered, asked.path, done, reply)

    def _answered(self, path: str, done: asyncio.Future[HttpReply], reply: HttpReply) -> None:
        if not done.done() and not self.is_cut:
            if path.endswith("/trade/orders-pending"):
                self.lists.append(
                    (
                        self.now_ns,
                        reply.status == OK and b'"code":"0"' in reply.body and b"ordId" not in reply.body,
                    )
                )
            done.set_result(reply)

    # -- engines --------------------------------------------------------------------------------------

    def start_engine(self, **changes: object) -> Engine:
        """Start an engine; it connects by itself."""
        engine = Engine(self, **changes)
        self.engines.append(engine)
        return engine

    def quoting(self, **changes: object) -> Engine:
        """Start an engine and wait until a bid and an ask of it rest at the venue."""
        engine = self.start_engine(**changes)
        self.until(engine.is_quoting, 20, "two-sided quotes")
        return engine


class _Connection(ClientSocket):
    """One WebSocket as ``link`` sees it."""

    def __init__(self, world: World, engine: Engine, number: int) -> None:
        self._world = world
        self.engine = engine
        self.context = copy_context()
        self._number = number
        self._written: list[str] = []
        self._going: deque[str] = deque()
        self.coming: deque[str | tuple[int, str]] = deque()
        """On the way: timers of one moment fire in any order, but a connection keeps its own."""
        self._inbox: deque[str | tuple[int, str]] = deque()
        self.on_message = self.on_read = self.on_lost = None
        self.protocol: Any = SimpleNamespace(
            state=State.OPEN, send_text=lambda frame: self._written.append(frame.decode()), close_rcvd=None
        )
        self.transport: Any = SimpleNamespace(get_write_buffer_size=lambda: 0)

    def send_data(self) -> None:
        """Let what was written travel."""
        written, self._written = self._written, []
        self._going.extend(written)
        for _ in written:
            self._world.loop.call_later(self._world.latency_s, self._reach)

    def _reach(self) -> None:
        self._world.to_venue(self._number, self._going.popleft())

    def arrive(self) -> None:
        """Something came from the venue; an engine that stands still reads it later."""
        self._inbox.append(self.coming.popleft())
        self._read()

    def _read(self) -> None:
        if self.engine.is_stalled:
            self._world.loop.call_later(TICK_S, self._read)
            return
        RUNNING.set(self.engine)  # whom a connection belongs to that this message has opened
        size = 0
        while self._inbox:
            item = self._inbox.popleft()
            if isinstance(item, tuple):
                self._lost(*item)
            elif self.on_message is not None:
                size += len(item)
                self.on_message(item.encode())
        if size and self.on_read is not None:
            self.on_read(size)

    def _lost(self, code: int, reason: str) -> None:
        self.protocol.state, self.protocol.close_rcvd = State.CLOSED, CloseFrame(code, reason)
        self._world.forget(self._number)
        if self.on_lost is not None:
            self.on_lost()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Hang up."""
        del code, reason
        self.protocol.state = State.CLOSED
        self._world.forget(self._number)


class Engine:
    """One engine process: a reducer behind the real gateway."""

    def __init__(
        self, world: World, *, limits: Limits | None = None, strategy: str = "inventory_skew", **changes: Any
    ) -> None:
        self.world = world
        self.effects: list[tuple[int, AnyEffect]] = []
        self.inputs: list[tuple[AnyEvent, int]] = []
        self.watch: Callable[[AnyEvent, list[AnyEffect]], None] | None = None
        """Called after every step; for tests that look at every effect."""
        self.stop: Stop | None = None
        self.started_ns = 0
        """When the reducer was made."""
        self._stalled_until_s = 0.0
        self._waiting: deque[AnyEvent] = deque()
        self._is_applying = False
        self.reducer: Reducer
        self.gateway = OkxGateway(Endpoints.local("http://venue", "ws://venue"), KEY, tag=TAG)
        venue_clock = VenueClock(world.loop.wall_ns, world.loop.steady_ns)
        self.gateway._rest.clock = venue_clock
        self.gateway._rest._http = self
        self._task = world.loop.create_task(self._run(limits or world.limits, strategy, changes))

    @property
    def is_ready(self) -> bool:
        """Whether the reducer exists."""
        return hasattr(self, "reducer")

    async def _run(self, limits: Limits, strategy: str, changes: dict[str, Any]) -> None:
        instruments, facts = await self.gateway.prepare(self.world.symbols)
        started = SessionStarted(
            session_id=self.world.now_ns // 1_000_000_000,
            mode=Mode.SIM,
            account=facts.label,
            tag=TAG,
            instruments=tuple(instruments),
            strategy=strategy,
            params={**self.world.params},
            limits=limits,
            fees=facts.fees,
            level=facts.level,
            position_mode=facts.position_mode,
        )
        for name, value in changes.items():
            started = type(started)(**{**_fields(started), name: value})
        self.begin(started)
        RUNNING.set(self)
        async with asyncio.TaskGroup() as group:
            group.create_task(self.gateway.run(self.emit))
            group.create_task(self._tick())

    def begin(self, started: SessionStarted) -> None:
        """Make the reducer with its first event."""
        self.started_ns = self.world.now_ns
        self.reducer = Reducer(started, self.started_ns)

    async def _tick(self) -> None:
        loop, tick_s = self.world.loop, self.world.tick_s
        due = loop.time() + tick_s
        while True:
            await asyncio.sleep(max(0.0, due - loop.time()))
            while self.is_stalled:
                await asyncio.sleep(self._stalled_until_s - loop.time())
            lag_s = max(0.0, loop.time() - due)
            due = max(due + tick_s, loop.time())
            self.emit(Tick(int(lag_s * 1e9)))

    # -- events and effects ---------------------------------------------------------------------------

    def emit(self, event: AnyEvent) -> None:
        """Apply one event and carry its effects out, as the host does."""
        self._waiting.append(event)
        if self._is_applying or self.stop is not None:
            return
        self._is_applying = True
        try:
            while self._waiting:
                self._step(self._waiting.popleft())
        finally:
            self._is_applying = False

    def _step(self, event: AnyEvent) -> None:
        now_ns = self.world.now_ns
        if self.world.is_recorded:
            self.inputs.append((event, now_ns))
        effects = self.reducer.apply(event, now_ns)
        if effects:
            self.gateway.execute(effects)
            if self.world.is_recorded:
                self.effects += [(now_ns, effect) for effect in effects]
        self.stop = next((each for each in effects if isinstance(each, Stop)), self.stop)
        if self.watch is not None:
            self.watch(event, effects)

    async def send(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> HttpReply:
        """Take the place of HTTP."""
        path, _, query = path.partition("?")
        lower = {name.lower(): value for name, value in headers.items()}
        return await self.world.answer(RestRequest(method, path, query, lower, body, self.world.now_ns))

    async def close(self) -> None:
        """Nothing is open."""

    # -- what may happen to it ------------------------------------------------------------------------

    def command(self, command: AnyCommand) -> None:
        """Let the operator ask something; an engine that stands still hears it later."""
        self.world.loop.call_soon(self._hear, OperatorCommand("test", 1, command))
        self.world.run(0)

    def _hear(self, command: OperatorCommand) -> None:
        if self.is_stalled:
            self.world.loop.call_later(TICK_S, self._hear, command)
        else:
            self.emit(command)

    def raise_defect(self) -> None:
        """Raise what ended the engine, if that was a defect."""
        if self._task.done() and not self._task.cancelled():
            self._task.result()

    def die(self) -> None:
        """Kill -9: not one more word."""
        self._task.cancel()
        self.world.hang_up(self)
        self.stop = self.stop or Stop(-9, "killed")

    @property
    def is_stalled(self) -> bool:
        """Whether its event loop stands still."""
        return self.world.loop.time() < self._stalled_until_s

    def stall(self, seconds: float) -> None:
        """Let its event loop stand still."""
        self._stalled_until_s = self.world.loop.time() + seconds

    # -- what can be seen of it -----------------------------------------------------------------------

    @property
    def market(self) -> Market:
        """The first market."""
        return next(iter(self.reducer.session.markets.values()))

    @property
    def state(self) -> str:
        """Trading state in a word."""
        return self.reducer.session.machine.state.value

    def is_quoting(self) -> bool:
        """Whether a bid and an ask of it rest at the venue."""
        known = {order.side for order in self.market.orders.working} if self.is_ready else set()
        resting = {order.side for order in self.world.live_orders()}
        return len(known) == 2 and len(resting) == 2

    def is_pulled(self) -> bool:
        """Whether no order of ours rests at the venue any more."""
        return not self.world.live_orders()

    def sent(self, kind: type[E], since_ns: int = 0) -> list[tuple[int, E]]:
        """Effects of one kind with their times."""
        return [(at_ns, each) for at_ns, each in self.effects if at_ns >= since_ns and isinstance(each, kind)]

    def reports(self, kind: str, since_ns: int = 0) -> list[str]:
        """Texts of one kind of report."""
        return [each.text for _, each in self.sent(Report, since_ns) if each.kind == kind]

    def alarm(self, key: str) -> Any:
        """A standing alarm whose key begins so; None when there is none."""
        views = self.reducer.session.alarms.views()
        return next((each for each in views if each.key.startswith(key) and not each.is_cleared), None)

    @property
    def block(self) -> str:
        """Why the first market may not quote."""
        return self.reducer._block(self.market)


RUNNING: ContextVar[Engine] = ContextVar("RUNNING")
"""The engine whose task is running."""


def _fields(struct: Any) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}
