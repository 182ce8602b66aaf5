"""Replays one recording endlessly, without a seam between loops.

Each loop re-reads the file. Prices of a loop are shifted by whole ticks so that its first mid meets
the last mid of the loop before; sequence numbers and trade ids keep rising. A market that trends
would drift away from any sensible price after hours of looping, so beyond a band the loop is played
mirrored (bids as asks, buys as sells, up as down) and the price comes back the way it went.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from importlib.resources.abc import Traversable
from pathlib import Path

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.types import Side
from okxmm_tui.errors import RecordingError, WireError
from okxmm_tui.exchange.book import DisplayedBook
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.market_events import BboEvent, BookEvent, FundingEvent, Level, MarketEvent, TradeEvent
from okxmm_tui.exchange.recording import (
    DEPTH_CHAINS,
    RecordingSummary,
    WireMessage,
    WireRow,
    read_messages,
    read_rows,
)

SEAM_NS = 100_000_000
"""Pause between the last message of a loop and the first of the next: one ``books`` interval."""

MIRROR_BAND = Decimal("0.05")
"""Distance from the first mid, as a fraction of it, at which loops start to run mirrored."""

_USED = {*DEPTH_CHAINS, "books5", "bbo-tbt", "trades", "funding-rate"}


class _Track:
    """Everything that must continue across loops for one instrument."""

    def __init__(self, listed: Listing, depth_channel: str | None) -> None:
        self.instrument: Instrument = listed.instrument
        self.depth_channel = depth_channel
        self.book = DisplayedBook()
        self.sign = 1
        self.offset_ticks = 0
        self.is_placed = False
        self.home_sum: int | None = None
        self.first_sum: int | None = None
        self.seq = 0
        self.seq_offset = 0
        self.trade_id = 0
        self.trade_offset = 0
        self.is_new_loop = False

    def begin_loop(self) -> None:
        """Prepare a further loop: from where the price stands, towards home if it strayed."""
        self.is_placed, self.is_new_loop = False, True
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

    def next_trade_id(self, recorded: int) -> int:
        """Trade id to emit: recorded plus the loop's offset, always rising."""
        if recorded + self.trade_offset <= self.trade_id:
            self.trade_offset = self.trade_id + 1 - recorded
        self.trade_id = recorded + self.trade_offset
        return self.trade_id


class Replay:
    """An endless feed of one recording."""

    def __init__(
        self, source: Path | Traversable, summary: RecordingSummary, listings: dict[str, Listing]
    ) -> None:
        self._source = source
        self._summary = summary
        self.loop = 0
        missing = [inst_id for inst_id in summary.channels if inst_id not in listings]
        if missing:
            raise RecordingError(
                f"Recording {source} holds {missing[0]}, for which there is no instrument metadata.",
                "Put <recording>.instruments.json or instruments.json beside it.",
            )
        self.listings = tuple(listings[inst_id] for inst_id in summary.channels)
        self._tracks = {one.inst_id: _Track(one, summary.depth_channel(one.inst_id)) for one in self.listings}

    def events(self) -> Iterator[tuple[int, tuple[MarketEvent, ...]]]:
        """Yield (nanoseconds since the start, events) for ever.

        Raises:
            RecordingError: The file changed or a line of it cannot be used.
        """
        begun_ns = 0
        length_ns = self._summary.last_ns - self._summary.first_ns + SEAM_NS
        while True:
            self.loop += 1
            if self.loop > 1:
                for track in self._tracks.values():
                    track.begin_loop()
            for number, line in read_messages(self._source):
                events = self._events_of(number, line.m)
                if events:
                    yield begun_ns + line.t - self._summary.first_ns, events
            begun_ns += length_ns

    def _events_of(self, number: int, message: WireMessage) -> tuple[MarketEvent, ...]:
        if message.event is not None or message.arg is None or message.arg.channel not in _USED:
            return ()
        track = self._tracks.get(message.arg.inst_id)
        if track is None:
            return ()
        rows = read_rows(self._source, number, message.data)
        try:
            made = [_convert(track, message, row) for row in rows]
        except (WireError, InvalidOperation, ValueError, IndexError) as error:
            raise RecordingError(f"Recording {self._source}, line {number}, was unusable: {error}") from error
        return tuple(event for event in made if event is not None)


def _convert(track: _Track, message: WireMessage, row: WireRow) -> MarketEvent | None:
    assert message.arg is not None  # noqa: S101 - checked by the caller, stated for the type checker
    channel = message.arg.channel
    if channel == track.depth_channel:
        return _book(track, row, is_snapshot=message.action != "update", is_fast=channel == "books-l2-tbt")
    if channel == "bbo-tbt":
        return _bbo(track, row)
    if channel == "trades":
        return _trade(track, row)
    if channel == "funding-rate" and row.funding_rate:
        return FundingEvent(track.instrument.inst_id, Decimal(row.funding_rate))
    return None


def _book(track: _Track, row: WireRow, *, is_snapshot: bool, is_fast: bool) -> BookEvent:
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
        source_ms=int(row.ts),
        # Strictly rising even when another channel opened the loop with a higher number.
        seq=max(track.next_seq(row.seq_id), track.book.seq + 1),
        is_tick_by_tick=is_fast,
    )
    track.book.apply_book(event)
    return event


def _bbo(track: _Track, row: WireRow) -> BboEvent:
    bids = _shifted(track, _raw_levels(track.instrument, row.bids))
    asks = _shifted(track, _raw_levels(track.instrument, row.asks))
    if track.sign < 0:
        bids, asks = asks, bids
    event = BboEvent(
        inst_id=track.instrument.inst_id,
        bid=bids[0] if bids else None,
        ask=asks[0] if asks else None,
        source_ms=int(row.ts),
        seq=track.next_seq(row.seq_id),
    )
    track.book.apply_bbo(event)
    return event


def _trade(track: _Track, row: WireRow) -> TradeEvent | None:
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
        source_ms=int(row.ts),
    )


def _raw_levels(instrument: Instrument, rows: list[list[str]]) -> list[Level]:
    return [
        (instrument.price_to_ticks(row[0]), _lots(instrument, row[1]), row[3] if len(row) > 3 else "1")
        for row in rows
    ]


def _lots(instrument: Instrument, size: str) -> int:
    # Genuine spot books hold remainders finer than a lot; rounding up keeps such a level alive.
    return math.ceil(Decimal(size) / instrument.lot_size)


def _shifted(track: _Track, levels: list[Level]) -> tuple[Level, ...]:
    # Deep bids of a wide book can fall below zero when shifted; they could never trade.
    moved = ((track.ticks(price), size, count) for price, size, count in levels)
    return tuple(level for level in moved if level[0] > 0)
