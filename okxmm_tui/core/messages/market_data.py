"""Market data: what the venue tells everybody."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages.base import Event
from okxmm_tui.core.types import Levels, Side


class BookSnapshot(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Both sides replaced; starts a chain."""

    inst_id: str
    bids: Levels
    asks: Levels
    seq_id: int
    venue_ms: int
    depth: int = 400
    """Levels a side the channel keeps up to date; deeper ones are not to be trusted."""


class BookUpdate(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Changed levels, chained to the previous message; absolute sizes, 0 deletes."""

    inst_id: str
    bids: Levels
    asks: Levels
    seq_id: int
    venue_ms: int


class BookGap(Event, frozen=True, gc=False, tag=True, array_like=True):
    """The chain broke; the book is not to be trusted until the next snapshot."""

    inst_id: str
    reason: str


class TopOfBook(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Best bid and ask from ``bbo-tbt``; 0 lots where a side is empty."""

    inst_id: str
    bid_ticks: int
    bid_lots: int
    ask_ticks: int
    ask_lots: int
    seq_id: int
    venue_ms: int


class PublicTrade(Event, frozen=True, gc=False, tag=True, array_like=True):
    """One print of the tape; ``side`` is the taker's."""

    inst_id: str
    price_ticks: int
    size_lots: int
    side: Side
    trade_id: str
    venue_ms: int


class MarkPrice(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Mark price in quote currency."""

    inst_id: str
    price: Decimal
    venue_ms: int


class IndexPrice(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Index price of the instrument's underlying, in quote currency."""

    inst_id: str
    """Of the instrument, not of the index."""
    price: Decimal
    venue_ms: int


class PriceLimits(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Highest buy and lowest sell price the venue accepts; None where it sets none."""

    inst_id: str
    highest_buy_ticks: int | None
    lowest_sell_ticks: int | None
    venue_ms: int


class FundingRate(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Rate to be charged at ``funding_ms``; positive means longs pay."""

    inst_id: str
    rate: Decimal
    funding_ms: int
    next_funding_ms: int
    venue_ms: int


class Ticker(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Last trade and the day's figures (tickers channel); comes only when it was asked for."""

    inst_id: str
    last: Decimal
    open_24h: Decimal
    high_24h: Decimal
    low_24h: Decimal
    volume_24h: Decimal
    """Contracts for derivatives, base currency for spot."""
    venue_ms: int


class Candle(Event, frozen=True, gc=False, tag=True, array_like=True):
    """One bar (candle channels); comes only when it was asked for."""

    inst_id: str
    bar: str
    """``1m``, ``4H``, ``1Dutc``, ... as the venue names it."""
    begin_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    """Contracts for derivatives, base currency for spot."""
    is_final: bool


class VenueStatus(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Announced or running maintenance (OKX system status)."""

    title: str
    state: str
    """``scheduled``, ``ongoing``, ``pre_open``, ``completed`` or ``canceled``."""
    begin_ms: int
    end_ms: int


class VenueStatusListed(Event, frozen=True, gc=False, tag=True, array_like=True):
    """All maintenance the venue lists: what is open and not in it is over."""

    rows: tuple[VenueStatus, ...]


class InstrumentChanged(Event, frozen=True, gc=False, tag=True, array_like=True):
    """New metadata of an instrument we hold."""

    instrument: Instrument


class ScanRow(Struct, frozen=True, gc=False, array_like=True):
    """Best prices of one market of a scan, in quote currency; 0 < bid < ask."""

    inst_id: str
    bid: Decimal
    ask: Decimal

    @property
    def spread(self) -> float:
        """(ask - bid) / bid."""
        return float((self.ask - self.bid) / self.bid)


class MarketScan(Event, frozen=True, gc=False, tag=True, array_like=True):
    """The widest of all markets, widest first."""

    rows: tuple[ScanRow, ...]
