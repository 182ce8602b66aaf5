"""What the relay says to a venue and how it reads it, without a socket.

Frames go in, market events on the exchange's own sequence come out. Whatever breaks a chain or cannot be
read raises ``WireError``: the caller opens a new connection, whose snapshots are as good as any.
OKX v5, section "Order book channel" (sequence ids).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from okxmm_tui.errors import RecordingError, WireError
from okxmm_tui.exchange.instruments import Listing, listing
from okxmm_tui.exchange.market_events import GapEvent, InstrumentEvent, MarketEvent
from okxmm_tui.exchange.recording import WireRow
from okxmm_tui.exchange.track import Track, convert
from okxmm_tui.okx.decoding import decode, decode_rows, text_of
from okxmm_tui.okx.error_codes import describe
from okxmm_tui.okx.messages import ENVELOPE_DECODER, Envelope

BOOKS = "books"
NEEDED = (BOOKS, "bbo-tbt", "trades")
USEFUL = ("mark-price", "funding-rate")
NEEDED_ID, USEFUL_ID = "needed", "useful"

_ROWS = msgspec.json.Decoder(list[WireRow])
_INSTRUMENT_ROWS = msgspec.json.Decoder(list[dict[str, Any]])


class RelaySession:
    """The state of one relay; it outlives connections, and its numbers only rise."""

    def __init__(self, listings: Sequence[Listing]) -> None:
        self._listings = {one.inst_id: one for one in listings}
        self._tracks = {one.inst_id: Track(one, BOOKS) for one in listings}
        self._seqs = dict.fromkeys(self._tracks, -1)

    def subscriptions(self) -> list[str]:
        """Frames to send on a new connection."""
        kinds = dict.fromkeys(one.instrument.inst_type for one in self._listings.values())
        frames = [
            _subscribe(NEEDED_ID, [{"channel": each, "instId": inst_id} for each in NEEDED])
            for inst_id in self._listings
        ]
        # One argument a request: a refusal names none, and must not take the others along.
        for inst_id in self._listings:
            frames += [_subscribe(USEFUL_ID, [{"channel": each, "instId": inst_id}]) for each in USEFUL]
        return frames + [
            _subscribe(USEFUL_ID, [{"channel": "instruments", "instType": kind}]) for kind in kinds
        ]

    def receive(self, frame: bytes) -> tuple[MarketEvent, ...]:
        """Read one frame.

        Raises:
            WireError: It was malformed, broke a book's chain, or ends the connection.
        """
        if frame == b"pong":
            return ()
        envelope = decode(ENVELOPE_DECODER, frame)
        if envelope.event:
            _check_event(envelope)
            return ()
        if envelope.arg is None:
            return ()
        if envelope.arg.channel == "instruments":
            return self._instruments(envelope)
        track = self._tracks.get(envelope.arg.inst_id)
        if track is None:
            return ()
        try:
            return self._rows(track, envelope.arg.channel, envelope)
        except (ValueError, IndexError) as error:
            raise WireError(
                f"{envelope.arg.channel} of {envelope.arg.inst_id} was unusable: {error}"
            ) from error

    def lost(self, reason: str) -> tuple[MarketEvent, ...]:
        """Give up every book that is known; the connection is gone."""
        known = [inst_id for inst_id, track in self._tracks.items() if track.has_book]
        for inst_id in known:
            self._tracks[inst_id].lose_book()
        return tuple(GapEvent(inst_id, reason) for inst_id in known)

    def _rows(self, track: Track, channel: str, envelope: Envelope) -> tuple[MarketEvent, ...]:
        events: list[MarketEvent] = []
        is_snapshot = envelope.action != "update"
        for row in decode_rows(_ROWS, envelope.data):
            if channel == BOOKS:
                self._check_chain(track.instrument.inst_id, row, is_snapshot=is_snapshot)
            elif channel == "bbo-tbt" and not track.has_book:
                continue  # a best quote alone is no book to trade in
            event = convert(track, channel, row, is_snapshot=is_snapshot)
            if event is not None:
                events.append(event)
        return tuple(events)

    def _check_chain(self, inst_id: str, row: WireRow, *, is_snapshot: bool) -> None:
        last = self._seqs[inst_id]
        if row.seq_id is None:
            raise WireError(f"book of {inst_id} came without seqId.")
        if not is_snapshot and row.prev_seq_id != last:
            raise WireError(f"book of {inst_id} has a gap: expected prevSeqId {last}, got {row.prev_seq_id}.")
        self._seqs[inst_id] = row.seq_id

    def _instruments(self, envelope: Envelope) -> tuple[MarketEvent, ...]:
        events: list[MarketEvent] = []
        for row in decode_rows(_INSTRUMENT_ROWS, envelope.data):
            known = self._listings.get(str(row.get("instId")))
            if known is not None:
                changed = _relisted(known, row)
                self._listings[changed.inst_id] = changed
                events.append(InstrumentEvent(changed))
        return tuple(events)


def _relisted(known: Listing, row: dict[str, Any]) -> Listing:
    """New metadata; what would make the session's whole ticks and lots mean something else suspends it."""
    try:
        # Pushes may leave the code out; it survives every change but a relisting.
        changed = listing({"instIdCode": known.code, **row})
    except RecordingError:
        changed = None
    old = known.instrument
    new = changed.instrument if changed is not None else None
    if (
        changed is None
        or new is None
        or (new.tick_size, new.lot_size, new.contract_value, new.kind)
        != (old.tick_size, old.lot_size, old.contract_value, old.kind)
    ):
        return listing({**known.row, "state": "suspend"})
    return changed


def _check_event(envelope: Envelope) -> None:
    code, text = text_of(envelope.code), text_of(envelope.msg)
    if envelope.event == "notice":
        raise WireError(f"the venue announced: {describe(code, text)}")
    if envelope.event == "error" and text_of(envelope.id) != USEFUL_ID:
        raise WireError(f"the venue refused: {describe(code, text)}")


def _subscribe(message_id: str, args: list[dict[str, str]]) -> str:
    return msgspec.json.encode({"id": message_id, "op": "subscribe", "args": args}).decode()
