"""Replays one recording endlessly, without a seam between loops.

Each loop re-reads the file. Prices of a loop are shifted by whole ticks so that its first mid meets
the last mid of the loop before; sequence numbers and trade ids keep rising. A market that trends
would drift away from any sensible price after hours of looping, so beyond a band the loop is played
mirrored (bids as asks, buys as sells, up as down) and the price comes back the way it went.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path

from okxmm_tui.errors import RecordingError, WireError
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.market_events import GapEvent, MarketEvent
from okxmm_tui.exchange.recording import (
    DEPTH_CHAINS,
    GAP,
    RecordingSummary,
    WireLine,
    WireMessage,
    read_messages,
    read_rows,
)
from okxmm_tui.exchange.track import Track, convert

SEAM_NS = 100_000_000
"""Pause between the last message of a loop and the first of the next: one ``books`` interval."""

_USED = {*DEPTH_CHAINS, "books5", "bbo-tbt", "trades", "mark-price", "funding-rate"}

Source = Path | Traversable


class Replay:
    """An endless feed of one recording.

    Args:
        sources: The files of the recording, in the order they were written.
        summary: What scanning them found.
        listings: Metadata by instId.

    Raises:
        RecordingError: An instrument has no metadata.
    """

    def __init__(
        self, sources: Sequence[Source], summary: RecordingSummary, listings: dict[str, Listing]
    ) -> None:
        self._sources = tuple(sources)
        self._summary = summary
        self.loop = 0
        missing = [inst_id for inst_id in summary.channels if inst_id not in listings]
        if missing:
            raise RecordingError(
                f"Recording {sources[0]} holds {missing[0]}, for which there is no instrument metadata.",
                "Put <recording>.instruments.json or instruments.json beside it.",
            )
        self.listings = tuple(listings[inst_id] for inst_id in summary.channels)
        self._tracks = {one.inst_id: Track(one, summary.depth_channel(one.inst_id)) for one in self.listings}

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
            for source, number, line in self._lines():
                events = self._events_of(source, number, line.m)
                if events:
                    yield begun_ns + line.t - self._summary.first_ns, events
            begun_ns += length_ns

    def _lines(self) -> Iterator[tuple[Source, int, WireLine]]:
        for source in self._sources:
            for number, line in read_messages(source):
                yield source, number, line

    def _events_of(self, source: Source, number: int, message: WireMessage) -> tuple[MarketEvent, ...]:
        if message.arg is None or message.arg.channel not in _USED:
            return ()
        track = self._tracks.get(message.arg.inst_id)
        if track is not None and message.event == GAP:
            track.lose_book()
            return (GapEvent(message.arg.inst_id, "the recording has a gap"),)
        if track is None or message.event is not None:
            return ()
        rows = read_rows(source, number, message.data)
        try:
            is_snapshot = message.action != "update"
            made = [convert(track, message.arg.channel, row, is_snapshot=is_snapshot) for row in rows]
        except (WireError, ValueError, IndexError) as error:
            raise RecordingError(f"Recording {source}, line {number}, was unusable: {error}") from error
        return tuple(event for event in made if event is not None)
