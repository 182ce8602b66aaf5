"""OKX as the engine's gateway: prepares a session, keeps both streams up, carries effects out.

Everything runs on one event loop. ``execute`` writes to the private socket before it returns and starts
REST requests as tasks; every outcome comes back as an event, later. It decides nothing about trading.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from okxmm_tui.core.account import AccountFacts
from okxmm_tui.core.effects import AmendOrder, AnyEffect, CancelOrder, PlaceOrder, Resubscribe
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import AnyEvent, OrderBudget, OrderRouteChanged
from okxmm_tui.errors import OkxmmError, UsageError
from okxmm_tui.okx import preparation
from okxmm_tui.okx.auth import ApiKey, login_args
from okxmm_tui.okx.book_session import Answer
from okxmm_tui.okx.business_session import BusinessSession
from okxmm_tui.okx.clock_keeper import ClockKeeper
from okxmm_tui.okx.emergency import rescue
from okxmm_tui.okx.endpoints import Endpoints
from okxmm_tui.okx.extras import NO_EXTRAS, Extras
from okxmm_tui.okx.instrument_keeper import InstrumentKeeper
from okxmm_tui.okx.market_channels import Wanted
from okxmm_tui.okx.order_requests import DEFAULT_STP_MODE, OrderEffect
from okxmm_tui.okx.order_tracker import OrderTracker
from okxmm_tui.okx.orders_route import OrdersRoute
from okxmm_tui.okx.private_session import PrivateSession
from okxmm_tui.okx.public_session import DEFAULT_BOOK_CHANNEL, PublicSession
from okxmm_tui.okx.rate_limits import RateLimits, Usage
from okxmm_tui.okx.rest import Rest
from okxmm_tui.okx.rest_book import read_book
from okxmm_tui.okx.rest_queries import RestQueries
from okxmm_tui.okx.route_choice import RouteChoice, RoutePolicy
from okxmm_tui.okx.session import Session
from okxmm_tui.okx.status_keeper import StatusKeeper
from okxmm_tui.okx.transport import ConnectGate, Stream
from okxmm_tui.okx.venue_requests import VenueRequests, Work

BUDGET_EVERY_S = 0.5
CLOSE_WITHIN_S = 2.0
MAX_TAG = 16
MILLISECOND_NS = 1_000_000

Emit = Callable[[AnyEvent], None]


class OkxGateway:
    """One venue, one key, some instruments.

    Args:
        endpoints: Where.
        api_key: None for market data only.
        tag: Marks every order of ours; up to 16 letters and digits.
        book_channel: One of ``book_channels``.
        extras: Channels beyond those every session needs.
        ack_timeout_ms: An order operation without an answer for this long is UNKNOWN.
        private_stale_ms: An account channel that is silent for this long is doubted.
        order_route: Which way orders go.
        stp_mode: OKX ``stpMode`` of every place.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        api_key: ApiKey | None,
        *,
        tag: str,
        book_channel: str = DEFAULT_BOOK_CHANNEL,
        extras: Extras = NO_EXTRAS,
        ack_timeout_ms: int = 2_000,
        private_stale_ms: int = 12_000,
        order_route: RoutePolicy = RoutePolicy.AUTO,
        stp_mode: str = DEFAULT_STP_MODE,
    ) -> None:
        if len(tag) > MAX_TAG or (tag and not (tag.isalnum() and tag.isascii())):
            raise UsageError(f"order tag {tag!r} was not 1 to {MAX_TAG} letters and digits.")
        self._endpoints, self._tag = endpoints, tag
        self._api_key = api_key
        self._book_channel = book_channel
        self._extras = extras
        self._instruments: dict[str, Instrument] = {}
        self._rest = Rest(endpoints, api_key, on_measured=lambda event: self._emit_soon([event]))
        self._queries = RestQueries(self._rest, self._instruments, tag)
        self._reads = VenueRequests(self._rest, self._queries, self._instruments, tag)
        self._limits = RateLimits()
        self._keeper = InstrumentKeeper(
            self._rest,
            self._instruments,
            self._take_instrument,
            self._emit_soon,
            has_key=api_key is not None,
        )
        self._quiet_ns = private_stale_ms * MILLISECOND_NS
        self._tracker = OrderTracker(ack_timeout_ms * MILLISECOND_NS)
        self._route = OrdersRoute(
            self._rest,
            self._instruments,
            tag=tag,
            limits=self._limits,
            tracker=self._tracker,
            emit_all=self._emit_soon,
            spawn=self._spawn,
            reload_instrument=self._keeper.want,
            sync_clock=self._start_sync,
            choice=RouteChoice(order_route),
            stp_mode=stp_mode,
        )
        self._clock = ClockKeeper(self._rest, self._emit_soon)
        self._order_route = order_route
        self._emit: Emit | None = None
        self._public: tuple[PublicSession, Stream] | None = None
        self._wire: Stream | None = None
        self._group: asyncio.TaskGroup | None = None
        self._requests: set[asyncio.Task[None]] = set()
        self._is_closing = False
        self._stopping = asyncio.Event()
        self._stopped = asyncio.Event()

    @property
    def clock_offset_ms(self) -> int:
        """The venue's clock minus ours."""
        return self._rest.clock.offset_ms

    async def prepare(self, inst_ids: Sequence[str]) -> tuple[Sequence[Instrument], AccountFacts]:
        """Load metadata, check the key, and return the instruments and account facts.

        Raises:
            UsageError: An instrument or an account setting does not fit.
            CredentialError: The key was refused, cannot trade, or can withdraw.
            VenueUnreachableError: The venue did not answer.
        """
        await self._rest.sync_clock()
        has_key = self._api_key is not None
        loaded = await preparation.load_instruments(self._rest, inst_ids, has_key=has_key)
        self._instruments.clear()
        self._instruments.update({instrument.inst_id: instrument for instrument, _ in loaded})
        if not has_key:
            return list(self._instruments.values()), AccountFacts("market data only", {})
        facts = await preparation.load_facts(self._rest, loaded)
        await self._load_rate_limit()
        self._route.account = facts
        return list(self._instruments.values()), facts

    async def run(self, emit: Emit) -> None:
        """Keep both streams connected and emit events until cancelled or closed."""
        self._emit = emit
        self._stopped.clear()
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                tasks = [group.create_task(each) for each in self._services(emit)]
                await self._stopping.wait()
                # Requests that outlasted the patience of close() would hold the group back.
                for task in (*tasks, *self._requests):
                    task.cancel()
        finally:
            self._group = None
            self._emit = None
            self._stopped.set()

    def execute(self, effects: Sequence[AnyEffect]) -> None:
        """Start the venue effects of one reducer step; never blocks.

        Does nothing unless ``run`` is running, because no outcome could be told.
        """
        if self._group is None or self._is_closing:
            return
        orders: list[OrderEffect] = []
        for effect in effects:
            match effect:
                case PlaceOrder() | AmendOrder() | CancelOrder():
                    orders.append(effect)
                case Resubscribe(inst_id=inst_id):
                    self._resubscribe(inst_id)
                case _:
                    work = self._reads.work_for(effect)
                    if work is not None:
                        self._spawn(self._tell(work))
        if orders:
            self._route.send(orders, time.monotonic_ns())

    async def rescue(self, deadline_s: float) -> str:
        """Cancel by our tag over REST alone; returns why it is not proven, or an empty string."""
        return await rescue(self._endpoints, self._api_key, tag=self._tag, deadline_s=deadline_s)

    async def close(self) -> None:
        """Let REST requests finish for a moment, end the streams, close every socket; takes no more work."""
        self._is_closing = True
        if self._requests:
            await asyncio.wait(self._requests, timeout=CLOSE_WITHIN_S)
        for request in tuple(self._requests):
            request.cancel()
        self._stopping.set()
        if self._group is not None:
            await self._stopped.wait()
        await self._rest.close()

    # -- services -------------------------------------------------------------------------------

    def _services(self, emit: Emit) -> Sequence[Coroutine[Any, Any, None]]:
        gate = ConnectGate()
        session = PublicSession(
            list(self._instruments.values()),
            book_channel=self._book_channel,
            login=self._login if self._api_key else None,
            on_instrument=self._on_instrument,
            fetch_book=self._fetch_book,
            venue_now_ns=self._rest.clock.now_ns,
            wanted=Wanted(not self._extras.has_all_trades, self._extras.has_tickers),
            environment=self._endpoints.environment,
        )
        stream = self._stream("public", session, emit, gate, self._public_replaced)
        self._public = session, stream
        session.on_reconnected = self._keeper.want_all
        status = StatusKeeper(self._rest, self._endpoints.environment, self._emit_soon)
        services = [stream.run(), self._clock.run(), status.run(), self._keeper.run()]
        if self._extras.needs_business:
            business = BusinessSession(
                list(self._instruments.values()),
                has_trades=self._extras.has_all_trades,
                candle_bars=self._extras.candle_bars,
            )
            services.append(self._stream("business", business, emit, gate).run())
        if self._api_key is not None:
            private = PrivateSession(
                self._instruments,
                self._login,
                self._tracker,
                self._route.settle,
                has_fills=self._extras.has_fills,
                quiet_ns=self._quiet_ns,
            )
            private.on_stale_clock = session.on_stale_clock = self._start_sync
            wire = self._stream("private", private, emit, gate, self._private_replaced)
            self._wire = wire
            self._route.connect(private, wire)
            services += [wire.run(), self._report_budget(emit)]
            if self._order_route is RoutePolicy.REST:
                why = "okx.order_route is rest"
                self._emit_soon([OrderRouteChanged(inst_id, "rest", why) for inst_id in self._instruments])
        return services

    def _stream(
        self,
        name: str,
        session: Session,
        emit: Emit,
        gate: ConnectGate,
        on_replaced: Callable[[Session], None] | None = None,
    ) -> Stream:
        url, other = self._endpoints.stream_urls(name)
        return Stream(url, session, emit, gate, on_replaced, fallback_url=other)

    def _public_replaced(self, session: Session) -> None:
        if self._public is not None and isinstance(session, PublicSession):
            session.on_stale_clock = self._start_sync
            session.on_reconnected = self._keeper.want_all
            self._public = session, self._public[1]

    def _private_replaced(self, session: Session) -> None:
        if self._wire is not None and isinstance(session, PrivateSession):
            session.on_stale_clock = self._start_sync
            self._route.connect(session, self._wire)

    def _fetch_book(self, inst_id: str, answer: Answer) -> None:
        self._spawn(self._read_book(inst_id, answer))

    async def _read_book(self, inst_id: str, answer: Answer) -> None:
        answer(await read_book(self._rest, inst_id))

    def _login(self) -> dict[str, str]:
        if self._api_key is None:
            raise UsageError("a login needs an API key.")
        return login_args(self._api_key, self._rest.clock.now_ns())

    def _start_sync(self) -> None:
        self._spawn(self._clock.sync())

    async def _load_rate_limit(self) -> None:
        # Only higher fee tiers are told a figure; the documented one holds for all others.
        try:
            limit = await self._queries.account_rate_limit()
        except OkxmmError:
            return
        if limit is not None:
            self._limits.set_account_limit(limit)

    async def _report_budget(self, emit: Emit) -> None:
        last: Usage | None = None
        while True:
            usage = self._limits.tightest(time.monotonic_ns())
            if usage != last:
                last = usage
                emit(OrderBudget(usage.used, usage.limit))
            await asyncio.sleep(BUDGET_EVERY_S)

    # -- single requests ------------------------------------------------------------------------

    async def _tell(self, work: Work) -> None:
        event = await work
        if event is not None:
            self._emit_soon([event])

    def _resubscribe(self, inst_id: str) -> None:
        if self._public is not None:
            session, stream = self._public
            session.resubscribe(inst_id, time.monotonic_ns())
            stream.flush()

    # -- instruments ----------------------------------------------------------------------------

    def _on_instrument(self, instrument: Instrument) -> None:
        old = self._instruments.get(instrument.inst_id)
        self._instruments[instrument.inst_id] = instrument if old is None else instrument.in_units_of(old)
        self._keeper.look_again()
        if old is None or old.code != instrument.code:
            self._route.use_socket_again(instrument.inst_id)

    def _take_instrument(self, instrument: Instrument) -> None:
        if self._public is not None:
            session, stream = self._public
            self._emit_soon(session.change_instrument(instrument, time.monotonic_ns()))
            stream.flush()

    # -- plumbing -------------------------------------------------------------------------------

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        if self._group is None:
            work.close()
            return
        task = self._group.create_task(work)
        self._requests.add(task)
        task.add_done_callback(self._requests.discard)

    def _emit_soon(self, events: Sequence[AnyEvent]) -> None:
        # The engine may be inside a reducer step that called execute: never call back into it.
        asyncio.get_running_loop().call_soon(self._emit_all, events)

    def _emit_all(self, events: Sequence[AnyEvent]) -> None:
        for event in events:
            if self._emit is not None:
                self._emit(event)
