"""Time, measurements, the operator and the session itself."""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.core.account import FeeRates
from okxmm_tui.core.commands import AnyCommand
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.messages.base import Event
from okxmm_tui.core.restored import Restored
from okxmm_tui.core.types import AccountLevel, Mode, PositionMode


class SessionStarted(Event, frozen=True, gc=False, tag=True, array_like=True):
    """First event of every session: all the reducer needs to know of its surroundings."""

    session_id: int
    """Unix seconds at start; the leading digits of every client order id."""
    mode: Mode
    account: str
    tag: str
    instruments: tuple[Instrument, ...]
    strategy: str
    params: dict[str, Decimal]
    limits: Limits
    fees: dict[str, FeeRates]
    """By instrument id."""
    level: AccountLevel = AccountLevel.FUTURES
    position_mode: PositionMode = PositionMode.NET
    restored: Restored | None = None
    """What earlier sessions on this account left behind; None where nothing is carried on."""
    is_journaled: bool = False
    """Whether a journal is kept: nothing is quoted before the opening books are in it and on disk."""
    program: str = ""
    """Version of the program that wrote the log; empty where it was not written down."""
    account_id: str = ""
    """What the journal knows the account by; ``account`` is the name of the key, for people."""


class Tick(Event, frozen=True, gc=False, tag=True, array_like=True):
    """The engine's own heartbeat; ``lag_ns`` is how late it came."""

    lag_ns: int


class ConsolesChanged(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Number of consoles attached."""

    count: int


class JournalFailed(Event, frozen=True, gc=False, tag=True, array_like=True):
    """The event log could not be written."""

    reason: str


class JournalState(Event, frozen=True, gc=False, tag=True, array_like=True):
    """How far the journal is on disk, and whether it can be written."""

    recorded_step: int
    """Everything up to this step of the reducer is on disk."""
    problem: str = ""
    """Why it cannot be written at the moment; empty while it can."""
    lost_rows: int = 0
    """Rows and event log steps given up because memory for them ran out."""
    notice: str = ""
    """What was wrong with the journal and what was done about it; empty for nothing."""
    removed_segments: int = 0
    """Files of this session's event log that had to go to keep its size."""


class JournalGap(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Written into the event log where steps are missing: what follows cannot be replayed from before."""

    lost_steps: int


class OrderBudget(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Rate budget left at the gateway, as used and limit per window."""

    used: int
    limit: int


class ClockMeasured(Event, frozen=True, gc=False, tag=True, array_like=True):
    """The venue's clock minus ours, and how far that figure can be wrong either way."""

    offset_ns: int
    uncertainty_ns: int


class ClockJumped(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Wall and steady clock came apart: the machine slept, or somebody set the time."""

    jump_ns: int


class LatencyMeasured(Event, frozen=True, gc=False, tag=True, array_like=True):
    """One round trip: from the request's last byte handed to the socket to its answer."""

    verb: str
    """``place``, ``amend``, ``cancel`` or ``rest``."""
    route: str
    """``ws`` or ``rest``."""
    took_ns: int
    venue_ns: int = 0
    """Part spent inside the venue's gateway (outTime - inTime); 0 where it did not say."""


class FeedMeasured(Event, frozen=True, gc=False, tag=True, array_like=True):
    """What the market data path did since the last one of these; once a second."""

    received: int
    """Book and best-price messages read from the socket."""
    applied: int
    """Events handed on after conflation."""
    conflated: int
    """Messages merged into a newer one; received = applied + conflated."""
    oldest_ns: int
    """Longest time from reading a frame to handing its state on."""
    venue_delay_ns: int
    """Median of receipt (corrected clock) minus the venue's time stamp; 0 when nothing came."""


class MemoryMeasured(Event, frozen=True, gc=False, tag=True, array_like=True):
    """How much memory the engine's process holds."""

    resident_bytes: int


class OrderRouteChanged(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Orders of one instrument take another way to the venue."""

    inst_id: str
    route: str
    """``ws`` or ``rest``."""
    reason: str


class FeesRead(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Our fee rates as the venue has them now."""

    fees: dict[str, FeeRates]
    """By instrument id."""


class ParamsRead(Event, frozen=True, gc=False, tag=True, array_like=True):
    """The parameter file has changed on disk."""

    values: dict[str, str]
    """As written; checked by the reducer, all or none."""
    problem: str = ""
    """Why the file could not be read; empty when it could."""


class OperatorCommand(Event, frozen=True, gc=False, tag=True, array_like=True):
    """A command and who asked; ``client`` is empty for signals and the host itself."""

    client: str
    command_id: int
    command: AnyCommand
