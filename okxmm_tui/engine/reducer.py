"""The engine: ``apply(event, now_ns) -> effects``. No clock, no I/O, no randomness.

Live trading, backtest and replay run this same code; feeding the same events with the same times gives the
same effects, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from okxmm_tui.core.effects import AnyEffect
from okxmm_tui.core.messages import (
    AnyEvent,
    BalanceUpdate,
    BookGap,
    BookSnapshot,
    BookUpdate,
    Candle,
    ClockJumped,
    ClockMeasured,
    ConsolesChanged,
    DeadManArmed,
    DeadManFailed,
    FeedMeasured,
    FeesRead,
    FetchFailed,
    Fill,
    FundingRate,
    GatewayNotice,
    IndexPrice,
    InstrumentChanged,
    JournalFailed,
    JournalGap,
    JournalState,
    LatencyMeasured,
    MarketScan,
    MarkPrice,
    MemoryMeasured,
    OperatorCommand,
    OrderAccepted,
    OrderBudget,
    OrderOutcomeUnknown,
    OrderQueried,
    OrderRefused,
    OrderRouteChanged,
    OrderUpdate,
    ParamsRead,
    PendingPolled,
    PositionUpdate,
    PriceLimits,
    ProbeWanted,
    PublicTrade,
    SessionStarted,
    StreamDown,
    StreamUp,
    Tick,
    Ticker,
    TopOfBook,
    TruthFetched,
    VenueStatus,
    VenueStatusListed,
)
from okxmm_tui.core.params import ParamSet, for_instrument
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.bookkeeping import Bookkeeper
from okxmm_tui.engine.carry_over import carried_ledger, carry_over
from okxmm_tui.engine.commands import Commands
from okxmm_tui.engine.execution import Execution
from okxmm_tui.engine.fee_watch import FeeWatch
from okxmm_tui.engine.flatten import Flatten
from okxmm_tui.engine.guard_table import TABLE
from okxmm_tui.engine.guards import Guards
from okxmm_tui.engine.instrument_guard import InstrumentGuard
from okxmm_tui.engine.journal_watch import JournalWatch
from okxmm_tui.engine.loss_limits import LossLimits, pnl_figure
from okxmm_tui.engine.market import NO_FEES, Market
from okxmm_tui.engine.market_events import MarketEvents
from okxmm_tui.engine.memory_watch import MemoryWatch
from okxmm_tui.engine.opportunities import MarketScanner
from okxmm_tui.engine.position_guard import PositionGuard
from okxmm_tui.engine.reconcile import Reconciler
from okxmm_tui.engine.refusals import BY_HAND
from okxmm_tui.engine.safety import Safety
from okxmm_tui.engine.session import Session
from okxmm_tui.engine.silence_guard import SilenceGuard
from okxmm_tui.engine.spot import note_balance
from okxmm_tui.engine.streams import Streams
from okxmm_tui.engine.tuning import Tuning
from okxmm_tui.engine.venue_guard import VenueGuard
from okxmm_tui.engine.watchdog import Watchdog
from okxmm_tui.errors import UsageError
from okxmm_tui.strategies.registry import make_strategy

PNL_SAMPLE_NS = 1_000_000_000
PRIVATE = (OrderUpdate, PositionUpdate, BalanceUpdate)


class Reducer:
    """One session. The first event is ``SessionStarted``, given to the constructor.

    Raises:
        UsageError: The strategy or one of its parameters was unknown or out of bounds.
    """

    def __init__(self, started: SessionStarted, now_ns: int) -> None:
        self.session = Session(started, now_ns)
        for instrument in started.instruments:
            strategy = make_strategy(started.strategy)
            specs = for_instrument(strategy.specs, instrument)
            params = ParamSet.from_specs(specs, started.params)
            if isinstance(params, str):
                raise UsageError(f"{params}.", "Set it with --set name=value.")
            fees = started.fees.get(instrument.inst_id, NO_FEES)
            self.session.markets[instrument.inst_id] = Market(
                instrument,
                strategy,
                params,
                fees,
                started.position_mode,
                ledger=carried_ledger(started, instrument),
            )
        self.execution = Execution(self.session)
        self.safety = Safety(self.session, self.execution)
        self.watchdog = Watchdog(self.session, self.safety)
        self.books = Bookkeeper(self.session)
        self.reconciler = Reconciler(self.session, self.execution, self.books)
        self.venue = VenueGuard(self.session, self.reconciler.want_truth)
        self.market_events = MarketEvents(self.session, self.safety, self.venue.on_status)
        self.silence = SilenceGuard(self.session, self.reconciler.want_truth)
        self.instruments = InstrumentGuard(self.session)
        self.fees = FeeWatch(self.session)
        self.streams = Streams(self.session, self.reconciler)
        self.memory = MemoryWatch(self.session)
        self.tuning = Tuning(self.session)
        self.tuning.on_narrowed = partial(self.execution.alignment.recheck, only_by_hand=True)
        self.flatten = Flatten(self.session, self.execution)
        self.commands = Commands(
            self.session,
            self.execution,
            safety=self.safety,
            tuning=self.tuning,
            flatten=self.flatten,
            refusals=self.reconciler.refusals,
            preflight=self.reconciler.preflight,
        )
        self.guards = Guards(self.session, TABLE, self.tuning.limit_tripped)
        self.position_guard = PositionGuard(self.session, self.execution, self.tuning.limit_tripped)
        self.reconciler.fills.on_booked = self._on_booked
        self.books.want_truth = self.reconciler.want_truth
        # The proof says that orders are gone, not whether they were filled.
        self.safety.on_proven = lambda: self.reconciler.want_truth("orders were killed")
        self.scanner = MarketScanner(self.session)
        self.loss_limits = LossLimits(self.session, self.safety, self.flatten, self.tuning.limit_tripped)
        self.journal_watch = JournalWatch(self.session)
        carry_over(self.session, self.reconciler, self.loss_limits)
        self._first_effects = self.session.effects
        """What taking up an earlier session had to say; part of the first step."""
        self._next_pnl_ns = now_ns
        self._handlers: dict[type[Any], Callable[[Any], None]] = {
            BookSnapshot: self.market_events.on_book_snapshot,
            BookUpdate: self.market_events.on_book_update,
            BookGap: self.market_events.on_book_gap,
            TopOfBook: self.market_events.on_top,
            PublicTrade: self.market_events.on_trade,
            MarkPrice: self.market_events.on_mark,
            IndexPrice: self.market_events.on_index,
            PriceLimits: self.market_events.on_price_limits,
            FundingRate: self.market_events.on_funding_rate,
            Ticker: self._on_bystander,
            Candle: self._on_bystander,
            MarketScan: self.scanner.on_scan,
            VenueStatus: self.market_events.on_venue_status,
            VenueStatusListed: self.venue.on_listed,
            ClockMeasured: self.watchdog.clock.on_measured,
            ClockJumped: self._on_clock_jump,
            LatencyMeasured: self.watchdog.latency.on_latency,
            FeedMeasured: self.watchdog.latency.on_feed,
            MemoryMeasured: self.memory.on_measured,
            OrderRouteChanged: self.market_events.on_route,
            InstrumentChanged: self.market_events.on_instrument,
            OrderUpdate: self.reconciler.on_order,
            PositionUpdate: self.reconciler.positions.on_push,
            BalanceUpdate: self._on_balance,
            OrderAccepted: self.reconciler.on_accepted,
            OrderRefused: self.reconciler.on_refused,
            OrderOutcomeUnknown: self._on_unknown,
            OrderQueried: self.reconciler.on_queried,
            TruthFetched: self._on_truth,
            FetchFailed: self._on_fetch_failed,
            PendingPolled: self.safety.on_pending,
            DeadManArmed: self.safety.on_dead_man,
            DeadManFailed: lambda event: self.safety.on_dead_man_failed(event.reason),
            StreamUp: self.streams.on_up,
            StreamDown: self.streams.on_down,
            ProbeWanted: lambda event: self.silence.on_probe(event.reason),
            GatewayNotice: lambda event: self.session.report("notice", event.severity, event.text),
            OrderBudget: self._on_budget,
            JournalFailed: self.journal_watch.on_failed,
            JournalState: self.journal_watch.on_state,
            JournalGap: self.journal_watch.on_gap,
            ParamsRead: self.tuning.on_file,
            FeesRead: self.fees.on_fees,
            OperatorCommand: self.commands.on_command,
            ConsolesChanged: lambda event: self.safety.on_consoles(event.count),
            Tick: self._on_tick,
        }

    def apply(self, event: AnyEvent, now_ns: int) -> list[AnyEffect]:
        """Apply one event at a time (Unix nanoseconds) and return what is to be done, in order."""
        session = self.session
        session.now_ns = now_ns
        session.effects, session.booked = self._first_effects, []
        self._first_effects = []
        session.step += 1
        self.watchdog.on_event()
        if isinstance(event, PRIVATE):
            session.private_ns = now_ns
        self._handlers[type(event)](event)
        if self.reconciler.forced:
            reason, self.reconciler.forced = self.reconciler.forced, ""
            session.raise_alarm("forced", Severity.CRITICAL, reason, is_event=True)
            self.safety.kill(reason)
        market = session.markets.get(getattr(event, "inst_id", ""))
        for touched in (market,) if market is not None else session.markets.values():
            self._drive(touched)
        self.books.on_effects(session.effects)
        return session.effects

    def _drive(self, market: Market) -> None:
        """Quote where that is allowed, pull where it is not."""
        market.widen_reason = self.guards.widen(market)
        market.only_reduce = (
            self.guards.only_reduce(market)
            or self.journal_watch.only_reduce()
            or self.loss_limits.only_reduce
            or self.reconciler.positions.doubt(market)
        )
        market.blocked = reason = self._block(market)
        if self.reconciler.preflight.spares(market, reason):
            self.execution.stand_by(market, reason)
        elif reason:
            self.execution.pull(market, reason)
        else:
            self.execution.quote(market)

    def _block(self, market: Market) -> str:
        """Why a market may not quote now; the first reason found, empty when it may."""
        return (
            self.reconciler.preflight.block
            or self.tuning.block(market)
            or self._fault(market)
            or self.reconciler.intruders.block
            or self.instruments.block(market)
            or self.guards.block(market)
            or self.position_guard.block(market)
            or self.loss_limits.block
        )

    def _fault(self, market: Market) -> str:
        """Which of them is a fault of a link, the venue, the book or the engine itself; empty for none."""
        return (
            self.watchdog.block(market)
            or self.venue.block
            or self.streams.flapping.block
            or self.silence.block
            or self.journal_watch.block()
        )

    # -- market data -----------------------------------------------------------------------------

    def _on_bystander(self, event: Ticker | Candle) -> None:
        """Part of the record for those who read it; the engine decides nothing by it."""

    # -- account and links -------------------------------------------------------------------------

    def _on_balance(self, event: BalanceUpdate) -> None:
        note_balance(self.session, event)
        self.books.on_balance(event)

    def _on_clock_jump(self, event: ClockJumped) -> None:
        text = f"the clock jumped by {event.jump_ns / 1e9:+.1f} s (sleep, or the time was set); merging again"
        self.session.report("notice", Severity.WARNING, text)
        self.safety.on_clock_jump(event.jump_ns)
        self.reconciler.on_login()

    def _on_budget(self, event: OrderBudget) -> None:
        self.session.budget = event

    def _on_unknown(self, event: OrderOutcomeUnknown) -> None:
        self.venue.on_failure()
        self.reconciler.on_unknown(event)

    def _on_truth(self, event: TruthFetched) -> None:
        self.silence.before_truth()
        self.reconciler.on_truth(event)
        self.silence.after_truth()

    def _on_booked(self, market: Market, fill: Fill) -> None:
        self.position_guard.on_fill(market, fill)
        self.silence.on_booked()

    def _on_fetch_failed(self, event: FetchFailed) -> None:
        self.venue.on_failure()
        self.reconciler.on_fetch_failed(event.request_id, event.reason)
        self.safety.on_poll_failed(event.request_id, event.reason)
        if event.is_final:
            self.reconciler.halt_once(f"the key was refused: {event.reason} {BY_HAND}")

    # -- time ------------------------------------------------------------------------------------------

    def _on_tick(self, event: Tick) -> None:
        self.safety.on_tick(event.lag_ns)
        self.watchdog.on_tick(event.lag_ns)
        self.venue.on_tick()
        self.streams.flapping.on_tick()
        self.instruments.on_tick()
        self.fees.on_tick()
        self.guards.on_tick()
        self.position_guard.on_tick()
        self.flatten.on_tick()
        self.commands.on_tick()
        self.reconciler.positions.on_tick()
        self.scanner.on_tick()
        figure = None if self.session.is_held else pnl_figure(self.session, self.books.account.trust)
        if figure is not None:
            self.loss_limits.on_tick(figure)
        self.reconciler.on_tick()
        self.books.on_tick(self._fault)
        if self.session.now_ns >= self._next_pnl_ns:
            self._next_pnl_ns = self.session.now_ns + PNL_SAMPLE_NS
            for market in self.session.markets.values():
                market.signals.on_time(self.session.now_ns)
                market.pnl_history.append(float(market.ledger.net_quote(market.valuation_price)))
