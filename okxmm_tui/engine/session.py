"""All state of one session, and the outbox its parts write to. No behaviour lives here."""

from __future__ import annotations

from collections import deque
from decimal import Decimal

from okxmm_tui.core.alarms import Alarms
from okxmm_tui.core.effects import AnyEffect, Reply, Report
from okxmm_tui.core.ledger import BookedFill
from okxmm_tui.core.messages import (
    BalanceUpdate,
    ClockMeasured,
    FeedMeasured,
    LatencyMeasured,
    OrderBudget,
    SessionStarted,
    VenueStatus,
)
from okxmm_tui.core.opportunity_views import ScanView
from okxmm_tui.core.snapshot import LogLine
from okxmm_tui.core.trading_state import Act, StateMachine, TradingState
from okxmm_tui.core.types import Mode, Severity
from okxmm_tui.engine.freeze import Freezes
from okxmm_tui.engine.market import Market

LOG_LINES = 200


class Session:
    """What the reducer remembers. ``now_ns`` is the time of the event being applied."""

    def __init__(self, started: SessionStarted, now_ns: int) -> None:
        self.started = started
        self.limits = started.limits
        self.began_ns = self.now_ns = now_ns
        self.markets: dict[str, Market] = {}
        self.alarms = Alarms()
        self.machine = first_state(started, now_ns)
        self.public_up = False
        self.private_up = False
        self.private_ns = now_ns
        """When the private stream last said anything."""
        self.is_merged = False
        """Whether orders, fills and positions agree with the venue since the last login."""
        self.is_memory_short = False
        """Whether pictures are to be drawn less often."""
        self.is_held = False
        """Whether the preflight keeps the engine from touching anything at the venue."""
        self.balances: dict[str, BalanceUpdate] = {}
        self.taken_over: dict[str, Decimal] | None = None
        """Cash by currency as of the first merge, bills since then included; None before it."""
        self.budget = OrderBudget(0, 1)
        self.clock: ClockMeasured | None = None
        self.feed: FeedMeasured | None = None
        self.last_latency: LatencyMeasured | None = None
        self.venue_status: VenueStatus | None = None
        self.scan: tuple[ScanView, ...] = ()
        """The widest markets of the last scan."""
        self.freezes = Freezes()
        """Doubts under which nothing new goes out and quotes only move away."""
        self.is_widened = False
        """Whether the operator wants quotes at twice their distance."""
        self.stream_losses = 0
        self.rejects = 0
        self.self_trades = 0
        self.post_only_cancels = 0
        self.loop_lag_ns = 0
        self.log: deque[LogLine] = deque(maxlen=LOG_LINES)
        self.effects: list[AnyEffect] = []
        self.booked: list[BookedFill] = []
        """Fills booked by the event being applied."""
        self.step = 0
        """Number of the event being applied, from 1."""
        self.merged_step: int | None = None
        """The first step after which orders, fills and positions agreed with the venue."""
        self.recorded_step = 0
        """Everything up to this step is in the journal and on disk."""
        self.journal_problem = ""
        """Why the journal cannot be written; empty while it can."""
        self._last_id = 0
        self._last_line = 0

    @property
    def is_money_real(self) -> bool:
        """Whether the account is one at the venue: there, raising risk needs the armed state."""
        return self.started.mode in {Mode.DEMO, Mode.LIVE}

    @property
    def is_budget_low(self) -> bool:
        """Whether less than a fifth of the order budget is left (fault 18: keep it for cancels)."""
        return 5 * (self.budget.limit - self.budget.used) < self.budget.limit

    def next_client_id(self) -> str:
        """Client order ids are decimal, unique for ever: start second, then a counter."""
        self._last_id += 1
        return f"{self.started.session_id}{self._last_id:07d}"

    def next_request_id(self) -> int:
        """Number for amends, queries and polls."""
        self._last_id += 1
        return self._last_id

    def report(self, kind: str, severity: Severity, text: str, **fields: str | int) -> None:
        """Say something to people: event log, journal and headless output."""
        self._last_line += 1
        self.log.append(LogLine(self._last_line, self.now_ns, severity, kind, text))
        self.effects.append(Report(kind, severity, text, fields))

    def notice(self, text: str) -> None:
        """Say something ordinary."""
        self.report("notice", Severity.INFO, text)

    def raise_alarm(self, key: str, severity: Severity, text: str, *, is_event: bool = False) -> None:
        """Latch an alarm; a repetition is folded into the one that stands, news disarms.

        Args:
            key: Names the cause.
            severity: How grave.
            text: For people.
            is_event: Something has happened that no ``clear_alarm`` will ever follow.
        """
        if self.alarms.raise_(key, severity, text, self.now_ns, is_event=is_event):
            self.machine.disarm()
            self.report("alarm", severity, text, key=key)

    def freeze(self, key: str, severity: Severity, reason: str, inst_id: str = "") -> None:
        """Send nothing new and let quotes only move away, until the same key is cleared."""
        if self.freezes.set(key, reason, inst_id):
            self._hurry()
        where, name = (f"{inst_id}: ", f"-{inst_id}") if inst_id else ("", "")
        text = f"{where}{reason}: no new orders, quotes only wider"
        self.raise_alarm(f"freeze-{key}{name}", severity, text)

    def unfreeze(self, key: str, text: str, inst_id: str = "") -> None:
        """The doubt under a key has gone."""
        if self.freezes.clear(key, inst_id):
            self._hurry()
            self.clear_alarm(f"freeze-{key}-{inst_id}" if inst_id else f"freeze-{key}", text)

    def _hurry(self) -> None:
        for market in self.markets.values():
            market.hurry()

    def clear_alarm(self, key: str, text: str) -> None:
        """The cause of an alarm has gone."""
        if self.alarms.clear(key):
            self.report("alarm", Severity.INFO, text, key=key)

    def pause(self, reason: str, severity: Severity) -> None:
        """Pause until the operator resumes; also where a pause stands that would have ended by itself."""
        if self.machine.state is not TradingState.HALTED:
            self.machine.act(Act.PAUSE, reason, self.now_ns)
            self.report("state", severity, f"PAUSED: {reason}", state="PAUSED", reason=reason)

    def reply(self, client: str, command_id: int, *, ok: bool, text: str) -> None:
        """Answer an operator command."""
        self.effects.append(Reply(client, command_id, ok, text))


def first_state(started: SessionStarted, now_ns: int) -> StateMachine:
    """LIVE waits for a typed phrase and an arming in the console; the rest may quote once it is ready.

    A headless live session was confirmed on the command line. A kill that nobody lifted outlives its session.
    """
    if halted := started.restored.halted if started.restored else "":
        reason = f"killed in an earlier session: {halted}"
        return StateMachine(now_ns, TradingState.HALTED, reason, needs_arming=True)
    if started.mode is Mode.LIVE and not started.limits.is_headless:
        return StateMachine(now_ns, TradingState.PAUSED, "type the phrase to start", needs_arming=True)
    return StateMachine(now_ns, TradingState.ACTIVE, "started")
