"""One market as a console sees it: book, own orders, fills, parameters and gauges, unchangeable once made."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.accounting.views import AccountingView
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.opportunity_views import PartsView
from okxmm_tui.core.signals import Signals
from okxmm_tui.core.types import Levels, Liquidity, Side


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
    """Of filling completely within ten seconds, by what became of imagined orders; None while not known."""


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
    is_pulling: bool = False
    """Whether nothing is quoted here and orders that were stand until their cancels are confirmed."""


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
    lever: str = ""
    """``spread``, ``size``, ``skew`` or ``limit`` where a pair of keys moves it."""


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
    """On the mark price, or the mid where there is none."""
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
    hedge_text: str = ""
    """What a flat net hides where long and short are kept apart; empty when it hides nothing."""
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
