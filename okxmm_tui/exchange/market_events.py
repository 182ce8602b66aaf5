"""What a market source tells the venue: depth, best quote, trades and funding in whole ticks and lots."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Protocol, runtime_checkable

from msgspec import Struct

from okxmm_tui.core.types import Side
from okxmm_tui.exchange.instruments import Listing

Level = tuple[int, int, str]
"""(price_ticks, size_lots, order count as text); a size of 0 deletes the level in an update."""


class BookEvent(Struct, frozen=True, gc=False):
    """Depth of one instrument: a whole book, or absolute sizes of changed levels."""

    inst_id: str
    is_snapshot: bool
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    source_ms: int
    """Time the recording gives the event, Unix ms; only compared with other source times."""
    seq: int
    """Sequence number on the instrument's own scale; it never falls, across loops too."""
    is_tick_by_tick: bool = False
    """True when updates come faster than the 100 ms of the ``books`` channel."""


class BboEvent(Struct, frozen=True, gc=False):
    """Best bid and ask of one instrument."""

    inst_id: str
    bid: Level | None
    ask: Level | None
    source_ms: int
    seq: int


class TradeEvent(Struct, frozen=True, gc=False):
    """One aggregated public trade."""

    inst_id: str
    trade_id: int
    price_ticks: int
    size_lots: int
    side: Side
    """Side of the taker."""
    count: str
    source: str
    source_ms: int


class FundingEvent(Struct, frozen=True):
    """The current funding rate; positive means longs pay shorts."""

    inst_id: str
    rate: Decimal
    interval_ms: int | None = None
    """From one settlement to the next; None where the source does not tell."""


class MarkEvent(Struct, frozen=True):
    """The mark price as the source gives it; without one the mid stands for it."""

    inst_id: str
    price: Decimal


class GapEvent(Struct, frozen=True):
    """The source no longer knows the book: nothing may be shown or traded until its next snapshot."""

    inst_id: str
    reason: str


class InstrumentEvent(Struct, frozen=True):
    """New metadata of an instrument: its state, or a limit; tick, lot and kind never change in a session."""

    listed: Listing

    @property
    def inst_id(self) -> str:
        """OKX instId."""
        return self.listed.inst_id


MarketEvent = BookEvent | BboEvent | TradeEvent | FundingEvent | MarkEvent | GapEvent | InstrumentEvent


class MarketFeed(Protocol):
    """One endless source of market events; every file loops on its own."""

    @property
    def listings(self) -> tuple[Listing, ...]:
        """Instruments of the feed."""
        ...

    @property
    def loop(self) -> int:
        """Loops begun so far; 1 during the first."""
        ...

    def events(self) -> Iterator[tuple[int, tuple[MarketEvent, ...]]]:
        """Yield (nanoseconds since the start of the feed, events), never decreasing."""
        ...


@runtime_checkable
class LiveFeed(Protocol):
    """A source that happens now: its events are taken when they come, whatever the speed."""

    @property
    def listings(self) -> tuple[Listing, ...]:
        """Instruments of the feed."""
        ...

    @property
    def loop(self) -> int:
        """Always 1."""
        ...

    def live(self) -> AsyncIterator[tuple[MarketEvent, ...]]:
        """Yield events for ever, through every loss of connection."""
        ...
