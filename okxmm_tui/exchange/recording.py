"""Reads market recordings line by line: OKX v5 pushes as JSON, plain or zstd-compressed.

Nothing is held decoded but the frame at hand, and of the first frame only a block.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec
import zstandard
from msgspec import Struct

from okxmm_tui.errors import RecordingError

_BLOCK_BYTES = 1 << 16
_HINT = 'A recording holds one {"t": ns, "ws": "public", "m": {OKX push}} per line, in .jsonl or .jsonl.zst.'

DEPTH_CHAINS = ("books-l2-tbt", "books")
"""Channels with snapshot and increments, the finer one first."""

GAP = "gap"
"""``event`` of the marker a recorder leaves where its book was lost."""

DEPTH_SNAPSHOTS = ("books5", "bbo-tbt")
"""Channels that hold a whole (short) book each time; used where a recording has no chain."""


class WireArg(Struct):
    """Channel of a push."""

    channel: str = ""
    inst_id: str = msgspec.field(default="", name="instId")


class WireMessage(Struct):
    """One recorded push; acks carry ``event`` and no data."""

    arg: WireArg | None = None
    event: str | None = None
    action: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"[]")


class WireLine(Struct):
    """One line of a recording."""

    t: int
    m: WireMessage


class WireRow(Struct, rename="camel"):
    """The fields used of any data row."""

    bids: list[list[str]] = []
    asks: list[list[str]] = []
    ts: str = "0"
    seq_id: int | None = None
    prev_seq_id: int | None = None
    trade_id: str = "0"
    px: str = ""
    sz: str = ""
    side: str = ""
    count: str = "1"
    source: str = "0"
    funding_rate: str = ""
    funding_time: str = ""
    next_funding_time: str = ""
    mark_px: str = ""


class RecordingSummary(Struct, frozen=True):
    """What one pass over a recording found."""

    channels: dict[str, frozenset[str]]
    """Channels per instrument, in order of appearance."""
    messages: int
    first_ns: int
    last_ns: int

    def depth_channel(self, inst_id: str) -> str | None:
        """Channel the book of an instrument comes from; None when it has no book at all."""
        held = self.channels[inst_id]
        return next((name for name in (*DEPTH_CHAINS, *DEPTH_SNAPSHOTS) if name in held), None)


_LINES = msgspec.json.Decoder(WireLine)
_ROWS = msgspec.json.Decoder(list[WireRow])


def read_lines(source: Path | Traversable) -> Iterator[tuple[int, bytes]]:
    """Yield (line number from 1, line) of a recording.

    Raises:
        RecordingError: The file is missing, no zstd, or cut off inside its only frame; a torn frame after
            whole ones is what a killed recorder leaves, and is skipped.
    """
    try:
        with source.open("rb") as file:
            blocks = iter(lambda: file.read(_BLOCK_BYTES), b"")
            plain = _decompressed(source, blocks) if source.name.endswith(".zst") else blocks
            yield from _split(plain)
    except OSError as error:
        raise RecordingError(f"Recording {source} could not be read: {error.strerror}.", _HINT) from error


def _decompressed(source: Path | Traversable, blocks: Iterator[bytes]) -> Iterator[bytes]:
    context = zstandard.ZstdDecompressor()
    frame = context.decompressobj()
    is_first, held = True, bytearray()
    try:
        for block in blocks:
            rest = block
            while rest:
                if frame.eof:
                    frame, is_first = context.decompressobj(), False
                plain = frame.decompress(rest)
                rest = frame.unused_data if frame.eof else b""
                if is_first:
                    yield plain
                    continue
                # A later frame counts only when it is whole: a recorder killed while writing tears its last.
                held += plain
                if frame.eof:
                    yield bytes(held)
                    held.clear()
    except zstandard.ZstdError as error:
        raise RecordingError(f"Recording {source} was no valid zstd file: {error}.", _HINT) from error
    if is_first and not frame.eof:
        # zstandard reports a cut-off frame as a plain end of data; only the frame knows better.
        raise RecordingError(
            f"Recording {source} was cut off: its zstd frame never ends.", "Copy or download it again."
        )


def _split(blocks: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    number, rest = 0, b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            number += 1
            if line.strip():
                yield number, line
    if rest.strip():
        yield number + 1, rest


def read_messages(source: Path | Traversable) -> Iterator[tuple[int, WireLine]]:
    """Yield (line number, message) of a recording.

    Raises:
        RecordingError: A line was no JSON or had another shape.
    """
    for number, line in read_lines(source):
        try:
            yield number, _LINES.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise RecordingError(
                f"Recording {source}, line {number}, was no market message: {error}.", _HINT
            ) from error


def read_rows(source: Path | Traversable, number: int, data: msgspec.Raw) -> list[WireRow]:
    """Decode the data rows of one message.

    Raises:
        RecordingError: The rows had another shape.
    """
    try:
        return _ROWS.decode(data)
    except msgspec.DecodeError as error:
        raise RecordingError(
            f"Recording {source}, line {number}, had unreadable data: {error}.", _HINT
        ) from error


def scan(*sources: Path | Traversable) -> RecordingSummary:
    """Read a recording, or its parts in order, from end to end, so that a broken one never trades.

    Raises:
        RecordingError: It was unreadable, held no order book, or the parts were out of order.
    """
    channels: dict[str, set[str]] = {}
    messages, first_ns, last_ns = 0, 0, 0
    for source in sources:
        for number, line in read_messages(source):
            if line.t < last_ns:
                raise RecordingError(
                    f"Recording {source}, line {number}, went back in time: {line.t} after {last_ns}.", _HINT
                )
            last_ns = line.t
            message = line.m
            if message.event is None and message.arg is not None and message.arg.inst_id:
                messages += 1
                first_ns = first_ns or line.t
                channels.setdefault(message.arg.inst_id, set()).add(message.arg.channel)
    found = {inst_id: frozenset(names) for inst_id, names in channels.items()}
    summary = RecordingSummary(found, messages, first_ns, last_ns)
    if not any(summary.depth_channel(inst_id) for inst_id in found):
        raise RecordingError(
            f"Recording {sources[0]} held no order book (market messages: {messages}).", _HINT
        )
    return summary
