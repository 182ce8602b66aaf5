"""What a console sees: one immutable picture of the engine, at most ten a second.

Snapshots overwrite each other; a console must never need two of them. Integers are ticks and lots
with the scale beside them, decimals are exact, floats are for drawing only.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.accounting.views import AccountingView, IdentityView, PerformanceView
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.opportunity_views import PartsView, ScanView
from okxmm_tui.core.preflight import PreflightView
from okxmm_tui.core.signals import Signals
from okxmm_tui.core.types import Levels, Liquidity, Mode, Severity, Side


class OrderView(Struct, frozen=True, gc=False):
    """One working order."""

    cl_ord_id: str
    side: Side
    price_ticks: int
    size_lots: int
    filled_lots: int
    status: str
    """``sent``, ``live``, ``amending``, ``cancelling`` or ``unknown``."""
    created_ns: int
    queue_ahead_lots: int | None
    """Estimated quantity ahead at the price; None while not known."""
    decision: str
    """Why the order stands where it stands, in a few words."""
    is_manual: bool = False
    """Placed or taken over by hand."""
    params_version: int = 0
    """Version of the parameters it was placed under."""
    fill_probability: float | None = None
    """Of filling completely within ten seconds, from prints at its distance; None while not known."""


class FillView(Struct, frozen=True, gc=False):
    """One fill, newest first in the list that holds it."""

    venue_ms: int
    side: Side
    price_ticks: int
    size_lots: int
    fee: Decimal
    """OKX sign: negative is charged."""
    fee_ccy: str
    liquidity: Liquidity
    realised_quote: Decimal
    trade_id: str
    is_recorded: bool = False
    """Whether it is in the journal and on disk."""
    cl_ord_id: str = ""
    """The own order that was filled."""


class TradeView(Struct, frozen=True, gc=False):
    """One public print, with our best confirmed quotes at that moment."""

    venue_ms: int
    side: Side
    """The taker's."""
    price_ticks: int
    size_lots: int
    own_bid_ticks: int | None
    own_ask_ticks: int | None


class SideView(Struct, frozen=True, gc=False):
    """State of quoting on one side."""

    is_quoting: bool
    """Whether a confirmed order rests on this side."""
    reason: str
    """Why not, or how, in one short phrase."""
    since_ns: int
    target_ticks: int | None
    target_lots: int | None
    is_muted: bool = False
    """Whether the operator wants no quotes on this side."""


class ParamView(Struct, frozen=True, gc=False):
    """One strategy parameter."""

    name: str
    label: str
    value: Decimal
    unit: str
    minimum: Decimal
    maximum: Decimal
    step: Decimal
    help: str
    risk: str = "none"
    """``up`` when a larger value takes more risk, ``down`` when a smaller one does."""
    coarse_step: Decimal = Decimal(0)


class ParamChangeView(Struct, frozen=True, gc=False):
    """One change of parameters or strategy."""

    at_ns: int
    source: str
    """``key``, ``editor``, ``preset``, ``file``, ``undo``, ``revert`` or ``command``."""
    strategy: str
    text: str
    """``name old -> new``, for every name that changed."""
    version: int


class GhostView(Struct, frozen=True, gc=False):
    """A quote that a previewed set of parameters would place."""

    side: Side
    price_ticks: int
    size_lots: int


class FlattenView(Struct, frozen=True, gc=False):
    """What closing a position would do, or how far it has come."""

    is_running: bool
    start_lots: int
    """Signed position when the run began (or now, before one)."""
    left_lots: int
    covered_lots: int
    """Part of the position the visible book would take."""
    average_ticks: float | None
    """Average price of that part."""
    slippage_bps: float | None
    """Of that average against the mid."""
    slices: int
    """Orders it takes at the largest size one order may have."""


class GaugeView(Struct, frozen=True, gc=False):
    """A risk figure against its limit."""

    name: str
    fraction: float
    """Share of the limit used, 0..1 and beyond."""
    text: str
    """``value / limit unit``."""


class MarketView(Struct, frozen=True, gc=False):
    """One instrument."""

    instrument: Instrument
    book_state: str
    """``live``, ``stale``, ``resync`` or ``waiting``."""
    book_age_ms: int | None
    bids: Levels
    asks: Levels
    """Best first, at most 60 a side."""
    mark_price: Decimal | None
    last_trade_ticks: int | None
    last_trade_side: Side | None
    fair_ticks: float | None
    """Reference price the strategy quotes around."""
    half_spread_bps: float | None
    volatility_bps: float | None
    """One-second volatility of the mid."""
    bid: SideView
    ask: SideView
    orders: tuple[OrderView, ...]
    fills: tuple[FillView, ...]
    fill_count: int
    position_lots: int
    average_price: Decimal | None
    realised_quote: Decimal
    unrealised_quote: Decimal
    """On the mark price."""
    fees_quote: Decimal
    """OKX sign: negative is charged."""
    net_quote: Decimal
    pnl_history: tuple[float, ...]
    """Net PnL sampled once a second, oldest first."""
    params: tuple[ParamView, ...]
    params_version: int
    gauges: tuple[GaugeView, ...]
    strategy: str = ""
    ghosts: tuple[GhostView, ...] = ()
    """Where previewed parameters would quote."""
    param_changes: tuple[ParamChangeView, ...] = ()
    """Newest last."""
    flatten: FlattenView | None = None
    only_reduce: str = ""
    """Why only orders that shrink the position are sent; empty when there is no such reason."""
    order_route: str = "ws"
    """``ws`` or ``rest``."""
    trades: tuple[TradeView, ...] = ()
    """Newest public prints first, at most 50."""
    flow: tuple[tuple[int, int], ...] = ()
    """Lots takers bought and sold in each of the last 60 seconds, oldest first."""
    done_orders: tuple[OrderView, ...] = ()
    """Newest orders that no longer work; their status is ``filled`` or ``cancelled``."""
    accounting: AccountingView | None = None
    """Books and trading quality."""
    signals: Signals = Signals()
    bid_parts: PartsView | None = None
    """What the bid's distance is made of; None while there is no target with parts."""
    ask_parts: PartsView | None = None
    opportunities: tuple[tuple[str, str], ...] = ()
    """(strategy, why it would not quote here; empty when it would), the running one first."""
    mark_age_ms: int | None = None
    """Since the venue last sent a mark price; None before the first."""


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
