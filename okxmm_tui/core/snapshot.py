"""What a console sees: one immutable picture of the engine, at most ten a second.

Snapshots overwrite each other; a console must never need two of them. Integers are ticks and lots
with the scale beside them, decimals are exact, floats are for drawing only.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.accounting.views import IdentityView, PerformanceView
from okxmm_tui.core.market_views import GaugeView, MarketView
from okxmm_tui.core.opportunity_views import ScanView
from okxmm_tui.core.preflight import PreflightView
from okxmm_tui.core.types import Mode, Severity


class AlarmView(Struct, frozen=True, gc=False):
    """One latched alarm."""

    key: str
    severity: Severity
    text: str
    since_ns: int
    count: int
    is_acknowledged: bool
    is_cleared: bool
    is_first: bool = False
    """Raised while no other alarm stood: most often the cause of the rest."""


class KillView(Struct, frozen=True, gc=False):
    """Progress and proof of a kill or a safe quit."""

    started_ns: int
    reason: str
    orders_at_start: int
    cancels_sent: int
    empty_replies: int
    """Consecutive empty ``orders-pending`` replies; two are the proof."""
    residual: tuple[str, ...]
    """Orders the venue still reported, as ``side size @ price``."""
    is_proven: bool
    finished_ns: int | None
    problem: str
    """Why it cannot be proven at the moment; empty when nothing hinders."""


class DeadManView(Struct, frozen=True, gc=False):
    """The dead-man's switch at the venue."""

    is_armed: bool
    expires_ns: int | None
    timeout_s: int
    problem: str


class LatencyView(Struct, frozen=True, gc=False):
    """Recent waiting times of one kind."""

    name: str
    """``place``, ``amend``, ``cancel``, ``rest`` or ``feed``."""
    p50_ms: float
    p95_ms: float
    p99_ms: float
    samples: int


class HealthView(Struct, frozen=True, gc=False):
    """Links, lags and budgets."""

    public_up: bool
    private_up: bool
    loop_lag_ms: float
    events_per_s: float
    order_budget_used: int
    order_budget_limit: int
    post_only_cancels: int
    rejects: int
    reconciled_ns: int | None
    """When our orders last agreed with the venue's list."""
    reconciled_text: str
    latencies: tuple[LatencyView, ...] = ()
    latency_spikes: int = 0
    clock_offset_ms: float | None = None
    """The venue's clock minus ours; None before it was measured."""
    clock_uncertainty_ms: float | None = None
    order_route: str = "ws"
    """``rest`` as soon as one market's orders go that way."""
    self_trades: int = 0
    """Own orders the venue cancelled to prevent a self-trade."""
    feed_received: int = 0
    """Market messages read in the last second."""
    feed_conflated: int = 0
    """Of these, merged into a newer one."""
    feed_oldest_ms: float | None = None
    """Longest time a message waited for the engine in the last second."""
    venue_delay_ms: float | None = None
    """Median time from the venue's stamp to our receipt."""
    stream_losses: int = 0
    """Times a stream went down in this session."""


class AccountView(Struct, frozen=True, gc=False):
    """Balance of the settlement currency."""

    ccy: str
    equity: Decimal | None
    available: Decimal | None
    net_quote: Decimal
    """Session PnL over all markets."""
    gauges: tuple[GaugeView, ...] = ()
    """Limits of the account as a whole."""


class LogLine(Struct, frozen=True, gc=False):
    """One line of the event log."""

    seq: int
    at_ns: int
    severity: Severity
    kind: str
    text: str


class LimitView(Struct, frozen=True, gc=False):
    """A limit that may be changed while it runs."""

    name: str
    value: Decimal
    is_lower_safer: bool


class ReplayView(Struct, frozen=True, gc=False):
    """Where a replay stands in the log of a past session."""

    events: int
    """Steps applied so far."""
    first_ns: int
    """When the session started."""
    speed: float
    """Recorded seconds per second."""
    is_paused: bool
    is_at_end: bool
    differences: int
    """Steps whose effects differed from the recorded ones."""
    note: str = ""
    """What was just done, or why something was refused."""


class Snapshot(Struct, frozen=True, gc=False, tag=True):
    """All a console needs."""

    seq: int
    """Engine's own counter: a spinner driven by it freezes with the engine."""
    at_ns: int
    session_id: int
    mode: Mode
    account: str
    """Name of the key, for people."""
    tag: str
    strategy: str
    trading_state: str
    """ACTIVE, PAUSED, REDUCING or HALTED."""
    state_reason: str
    state_since_ns: int
    armed_until_ns: int | None
    markets: tuple[MarketView, ...]
    account_view: AccountView
    alarms: tuple[AlarmView, ...]
    health: HealthView
    dead_man: DeadManView
    kill: KillView | None
    log: tuple[LogLine, ...]
    consoles: int
    is_quitting: bool = False
    needs_phrase: bool = False
    """Whether real money has not been confirmed by the typed phrase yet, whatever has happened since."""
    is_widened: bool = False
    """Whether quotes stand at twice their usual distance."""
    limits: tuple[LimitView, ...] = ()
    strategies: tuple[str, ...] = ()
    """Names a market may be switched to."""
    identity: IdentityView | None = None
    """The account's books against the venue's equity; None until both are known."""
    performance: PerformanceView | None = None
    scan: tuple[ScanView, ...] = ()
    """The ten widest markets of the venue, when the strategy asks for them."""
    preflight: PreflightView | None = None
    account_id: str = ""
    """What the journal knows the account by; empty where the venue gives it no number."""
    replay: ReplayView | None = None
    """Present only when this is a past session played again: nothing here is happening now."""


class CommandReply(Struct, frozen=True, gc=False, tag=True):
    """The engine's answer to one command of this console."""

    command_id: int
    ok: bool
    text: str


class Farewell(Struct, frozen=True, gc=False, tag=True):
    """Last message of an engine that ends in an orderly way."""

    exit_code: int
    text: str


FromEngine = Snapshot | CommandReply | Farewell
