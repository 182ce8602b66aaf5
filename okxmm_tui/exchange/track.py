"""One instrument's recorded or relayed messages as market events, on a scale that goes on without a seam.

Prices may be shifted or mirrored by a replay; sequence numbers, trade ids and source times keep rising
whatever the source's own numbers do.
"""

from __future__ import annotations

import math
from decimal import Decimal

from okxmm_tui.core.decimals import read_decimal
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.types import Side
from okxmm_tui.exchange.book import DisplayedBook
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.market_events import (
    BboEvent,
    BookEvent,
    FundingEvent,
    Level,
    MarketEvent,
    MarkEvent,
    TradeEvent,
)
from okxmm_tui.exchange.recording import WireRow

MIRROR_BAND = Decimal("0.05")
"""Distance from the first mid, as a fraction of it, at which loops start to run mirrored."""


class Track:
    """Everything that must continue across loops and reconnections for one instrument."""

    def __init__(self, listed: Listing, depth_channel: str | None) -> None:
        self.instrument: Instrument = listed.instrument
        self.depth_channel = depth_channel
        self.book = DisplayedBook()
        self.sign = 1
        self.offset_ticks = 0
        self.is_placed = False
        self.has_book = False
        self.home_sum: int | None = None
        self.first_sum: int | None = None
        self.seq = 0
        self.seq_offset = 0
        self.trade_id = 0
        self.trade_offset = 0
        self.last_ms = 0
        self.ms_offset = 0
        self.is_new_loop = self.is_new_clock = False

    def begin_loop(self) -> None:
        """Prepare a further loop: from where the price stands, towards home if it strayed."""
        self.is_placed, self.has_book = False, False
        self.is_new_loop = self.is_new_clock = True
        mid_sum = self.book.mid_sum_ticks()
        if mid_sum is None or self.home_sum is None or self.first_sum is None:
            return
        limit = abs(self.home_sum) * MIRROR_BAND
        drift = mid_sum - self.home_sum
        per_loop = mid_sum - (self.sign * self.first_sum + 2 * self.offset_ticks)
        if abs(drift) > limit and drift * per_loop > 0:
            self.sign = -self.sign
        # Until the first book of the loop is seen, earlier trades use the loop's expected place.
        self.offset_ticks = (mid_sum - self.sign * self.first_sum) // 2

    def place(self, bid_ticks: int, ask_ticks: int) -> None:
        """Fix the price shift of this loop from its first whole book."""
        self.is_placed = True
        raw_sum = bid_ticks + ask_ticks
        last_sum = self.book.mid_sum_ticks()
        self.first_sum = raw_sum
        if self.home_sum is None:
            self.home_sum = raw_sum
        if last_sum is not None:
            self.offset_ticks = (last_sum - self.sign * raw_sum) // 2

    def ticks(self, raw_ticks: int) -> int:
        """Price of this loop for a recorded price."""
        return self.sign * raw_ticks + self.offset_ticks

    def next_seq(self, recorded: int | None) -> int:
        """Sequence number to emit; recorded ones keep their distances, absent ones are invented."""
        if recorded is None:
            self.seq += 1
            return self.seq
        if self.is_new_loop:
            self.seq_offset = self.seq + 1 - recorded
            self.is_new_loop = False
        self.seq = max(self.seq, recorded + self.seq_offset)
        return recorded + self.seq_offset

    def source_ms(self, recorded: str) -> int:
        """Source time to emit: a further loop begins where the one before ended."""
        at_ms = int(recorded)
        if self.is_new_clock:
            self.ms_offset = self.last_ms + 1 - at_ms
            self.is_new_clock = False
        self.last_ms = max(self.last_ms, at_ms + self.ms_offset)
        return at_ms + self.ms_offset

    def lose_book(self) -> None:
        """Take no increment before the next snapshot: the chain of the source is broken."""
        self.has_book = False

    def follow_reset(self, row: WireRow, *, is_snapshot: bool) -> None:
        """Follow a source whose numbers fell: a reset (OKX v5, order book channel) or a new server."""
        if row.seq_id is None or self.is_new_loop or row.seq_id + self.seq_offset >= self.book.seq:
            return
        if is_snapshot or (row.prev_seq_id is not None and row.seq_id < row.prev_seq_id):
            self.seq_offset = self.seq + 1 - row.seq_id

    def next_trade_id(self, recorded: int) -> int:
        """Trade id to emit: recorded plus the loop's offset, always rising."""
        if recorded + self.trade_offset <= self.trade_id:
            self.trade_offset = self.trade_id + 1 - recorded
        self.trade_id = recorded + self.trade_offset
        return self.trade_id


def convert(track: Track, channel: str, row: WireRow, *, is_snapshot: bool) -> MarketEvent | None:
    """Turn one data row into a market event; None when it says nothing here.

    Args:
        track: State of the row's instrument; it moves on.
        channel: OKX channel the row came on.
        row: The data row.
        is_snapshot: Whether the row replaces the book; every channel but the chains does.

    Raises:
        WireError: A price, size or rate was no number, or a price no multiple of the tick.
        ValueError: A time or a side was malformed.
    """
    if channel == track.depth_channel:
        return _book(track, row, is_snapshot=is_snapshot, is_fast=channel == "books-l2-tbt")
    if channel == "bbo-tbt":
        return _bbo(track, row)
    if channel == "trades":
        return _trade(track, row)
    if channel == "mark-price" and row.mark_px:
        return _mark(track, row)
    if channel == "funding-rate" and row.funding_rate:
        return _funding(track, row)
    return None


def _book(track: Track, row: WireRow, *, is_snapshot: bool, is_fast: bool) -> BookEvent | None:
    if not is_snapshot and not track.has_book:
        return None
    track.has_book = True
    track.follow_reset(row, is_snapshot=is_snapshot)
    ours = track.instrument
    raw_bids, raw_asks = _raw_levels(ours, row.bids), _raw_levels(ours, row.asks)
    if not track.is_placed and is_snapshot and raw_bids and raw_asks:
        track.place(raw_bids[0][0], raw_asks[0][0])
    bids, asks = _shifted(track, raw_bids), _shifted(track, raw_asks)
    event = BookEvent(
        inst_id=ours.inst_id,
        is_snapshot=is_snapshot,
        bids=bids if track.sign > 0 else asks,
        asks=asks if track.sign > 0 else bids,
        source_ms=track.source_ms(row.ts),
        # Strictly rising even when another channel opened the loop with a higher number.
        seq=max(track.next_seq(row.seq_id), track.book.seq + 1),
        is_tick_by_tick=is_fast,
    )
    track.book.apply_book(event)
    return event


def _bbo(track: Track, row: WireRow) -> BboEvent:
    bids = _shifted(track, _raw_levels(track.instrument, row.bids))
    asks = _shifted(track, _raw_levels(track.instrument, row.asks))
    if track.sign < 0:
        bids, asks = asks, bids
    event = BboEvent(
        inst_id=track.instrument.inst_id,
        bid=bids[0] if bids else None,
        ask=asks[0] if asks else None,
        source_ms=track.source_ms(row.ts),
        seq=track.next_seq(row.seq_id),
    )
    track.book.apply_bbo(event)
    return event


def _trade(track: Track, row: WireRow) -> TradeEvent | None:
    price_ticks = track.ticks(track.instrument.price_to_ticks(row.px))
    if price_ticks <= 0:
        return None
    side = Side(row.side)
    return TradeEvent(
        inst_id=track.instrument.inst_id,
        trade_id=track.next_trade_id(int(row.trade_id)),
        price_ticks=price_ticks,
        size_lots=_lots(track.instrument, row.sz),
        side=side if track.sign > 0 else side.opposite,
        count=row.count,
        source=row.source,
        source_ms=track.source_ms(row.ts),
    )


def _mark(track: Track, row: WireRow) -> MarkEvent:
    shift = track.offset_ticks * track.instrument.tick_size
    return MarkEvent(track.instrument.inst_id, track.sign * read_decimal(row.mark_px) + shift)


def _funding(track: Track, row: WireRow) -> FundingEvent:
    interval_ms = int(row.next_funding_time or 0) - int(row.funding_time or 0)
    is_told = bool(row.funding_time and row.next_funding_time) and interval_ms > 0
    rate = read_decimal(row.funding_rate)
    return FundingEvent(track.instrument.inst_id, rate, interval_ms if is_told else None)


def _raw_levels(instrument: Instrument, rows: list[list[str]]) -> list[Level]:
    return [
        (instrument.price_to_ticks(row[0]), _lots(instrument, row[1]), row[3] if len(row) > 3 else "1")
        for row in rows
    ]


def _lots(instrument: Instrument, size: str) -> int:
    # Genuine spot books hold remainders finer than a lot; rounding up keeps such a level alive.
    return math.ceil(read_decimal(size) / instrument.lot_size)


def _shifted(track: Track, levels: list[Level]) -> tuple[Level, ...]:
    # Deep bids of a wide book can fall below zero when shifted; they could never trade.
    moved = ((track.ticks(price), size, count) for price, size, count in levels)
    return tuple(level for level in moved if level[0] > 0)
