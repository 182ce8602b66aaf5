"""Outcomes of what the engine asked for, and the state of its links."""

from __future__ import annotations

from okxmm_tui.core.messages.base import Event
from okxmm_tui.core.messages.private_data import AccountBill, BalanceUpdate, Fill, OrderUpdate, PositionUpdate
from okxmm_tui.core.types import Severity


class OrderAccepted(Event, frozen=True, gc=False, tag=True, array_like=True):
    """A place, amend or cancel was accepted for processing; the orders push tells the truth."""

    verb: str
    """``place``, ``amend`` or ``cancel``."""
    inst_id: str
    cl_ord_id: str
    ord_id: str


class OrderRefused(Event, frozen=True, gc=False, tag=True, array_like=True):
    """The venue refused a place, amend or cancel, and said so."""

    verb: str
    inst_id: str
    cl_ord_id: str
    code: str
    text: str
    req_id: str = ""
    reaction: str = ""
    """What the code asks for, as the gateway reads it; empty is an ordinary refusal."""


class OrderOutcomeUnknown(Event, frozen=True, gc=False, tag=True, array_like=True):
    """No answer to a place, amend or cancel: timeout, disconnect, or a code that says nothing."""

    verb: str
    inst_id: str
    cl_ord_id: str
    reason: str


class OrderQueried(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Answer to a query by client order id; ``order`` is None when the venue knows none.

    ``reached`` is False when the venue did not answer: then nothing is known.
    """

    inst_id: str
    cl_ord_id: str
    reached: bool
    order: OrderUpdate | None


class TruthFetched(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Pending orders, recent fills, positions and balances, read over REST for a merge."""

    request_id: int
    orders: tuple[OrderUpdate, ...]
    fills: tuple[Fill, ...]
    positions: tuple[PositionUpdate, ...]
    balances: tuple[BalanceUpdate, ...]
    bills: tuple[AccountBill, ...] = ()
    is_complete: bool = True
    """False when a page of fills or bills could not be read back far enough."""


class FetchFailed(Event, frozen=True, gc=False, tag=True, array_like=True):
    """A REST read did not succeed."""

    request_id: int
    reason: str
    is_final: bool = False
    """Whether asking again cannot help, because the key is the problem."""


class PendingPolled(Event, frozen=True, gc=False, tag=True, array_like=True):
    """All pending orders of the account's subscribed instruments, for the proof of a kill."""

    request_id: int
    orders: tuple[OrderUpdate, ...]


class DeadManArmed(Event, frozen=True, gc=False, tag=True, array_like=True):
    """cancel-all-after was accepted; ``trigger_ms`` is 0 when it was disarmed."""

    trigger_ms: int


class DeadManFailed(Event, frozen=True, gc=False, tag=True, array_like=True):
    """cancel-all-after was refused or not answered."""

    reason: str


class StreamUp(Event, frozen=True, gc=False, tag=True, array_like=True):
    """A stream is connected, logged in where needed, and subscribed."""

    stream: str
    """``public``, ``private`` or ``business``."""


class StreamDown(Event, frozen=True, gc=False, tag=True, array_like=True):
    """A stream is lost; it reconnects by itself."""

    stream: str
    reason: str


class ProbeWanted(Event, frozen=True, gc=False, tag=True, array_like=True):
    """The private stream cannot vouch for its completeness: compare with the venue over REST."""

    reason: str


class GatewayNotice(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Something the operator should read, from the gateway."""

    severity: Severity
    text: str
