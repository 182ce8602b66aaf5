"""What the engine wants done: orders, queries, timers at the venue, lines for people.

Effects are data; the host and the gateway carry them out. The same events always give the same ones.
"""

from __future__ import annotations

from msgspec import Struct

from okxmm_tui.core.types import OrderKind, PositionSide, Severity, Side


class Effect(Struct, frozen=True, gc=False, tag=True, array_like=True):
    """Base of every output of the reducer."""


class PlaceOrder(Effect, frozen=True, gc=False, tag=True, array_like=True):
    """Place one limit order. Built by ``core.risk`` alone, after its checks."""

    inst_id: str
    cl_ord_id: str
    side: Side
    price_ticks: int
    size_lots: int
    expire_ms: int
    """Venue drops the request when it arrives later (OKX expTime, Unix ms)."""
    order_kind: OrderKind = OrderKind.POST_ONLY
    reduce_only: bool = False
    position_side: PositionSide = PositionSide.NET
    """LONG or SHORT where the account keeps them apart; NET elsewhere and for spot."""


class AmendOrder(Effect, frozen=True, gc=False, tag=True, array_like=True):
    """Change price, total size (filled part included) or both, in place; built by ``core.risk`` alone."""

    inst_id: str
    cl_ord_id: str
    req_id: str
    price_ticks: int | None
    size_lots: int | None
    expire_ms: int


class CancelOrder(Effect, frozen=True, gc=False, tag=True, array_like=True):
    """Cancel one order by client order id (or order id where that is all we know)."""

    inst_id: str
    cl_ord_id: str
    ord_id: str = ""
    by_rest: bool = False
    """Use the second way out: REST instead of the private WebSocket."""


class QueryOrder(Effect, frozen=True, gc=False, tag=True, array_like=True):
    """Ask the venue for one order; answered by ``OrderQueried``."""

    inst_id: str
    cl_ord_id: str


class FetchTruth(Effect, frozen=True, gc=False, tag=True, array_like=True):
    """Read pending orders, fills, positions and balances; answered by ``TruthFetched`` or ``FetchFailed``."""

    request_id: int
    fills_since_ms: int


class PollPending(Effect, frozen=True, gc=False, tag=True, array_like=True):
    """Read pending orders; answered by ``PendingPolled`` or ``FetchFailed``."""

    request_id: int


class SetDeadMan(Effect, frozen=True, gc=False, tag=True, array_like=True):
    """Arm cancel-all-after for our tag; 0 seconds disarms."""

    timeout_s: int


class Resubscribe(Effect, frozen=True, gc=False, tag=True, array_like=True):
    """Drop and renew the book subscription of one instrument."""

    inst_id: str
    reason: str


class FetchPriceLimits(Effect, frozen=True, gc=False, tag=True, array_like=True):
    """Read the price band of one instrument; answered by ``PriceLimits``."""

    inst_id: str


class FetchFees(Effect, frozen=True, gc=False, tag=True, array_like=True):
    """Read our fee rates; answered by ``FeesRead``, or by a notice."""


class ScanMarkets(Effect, frozen=True, gc=False, tag=True, array_like=True):
    """Read the best prices of all markets; answered by ``MarketScan``, or by a notice."""


class Report(Effect, frozen=True, gc=False, tag=True, array_like=True):
    """One line for people and for headless output."""

    kind: str
    """``state``, ``fill``, ``alarm``, ``notice``, ``param`` or ``summary``."""
    severity: Severity
    text: str
    fields: dict[str, str | int]


class Reply(Effect, frozen=True, gc=False, tag=True, array_like=True):
    """Answer to one operator command."""

    client: str
    command_id: int
    ok: bool
    text: str


class Stop(Effect, frozen=True, gc=False, tag=True, array_like=True):
    """End the engine process with this exit code."""

    exit_code: int
    text: str


AnyEffect = (
    PlaceOrder
    | AmendOrder
    | CancelOrder
    | QueryOrder
    | FetchTruth
    | PollPending
    | SetDeadMan
    | Resubscribe
    | FetchPriceLimits
    | FetchFees
    | ScanMarkets
    | Report
    | Reply
    | Stop
)
