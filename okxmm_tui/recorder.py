"""Records the raw public feed of a venue: one JSON line a message, in zstd frames of a second each.

Every second's frame is independent and synced to the disk, so that a recorder killed at any moment leaves a
file that reads up to its last whole second. No API key is needed; nothing is ever sent but subscriptions.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import zstandard
from msgspec import Struct

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import AnyEvent, BookGap, GatewayNotice, StreamDown
from okxmm_tui.core.types import Severity
from okxmm_tui.errors import UsageError
from okxmm_tui.okx.endpoints import Endpoints
from okxmm_tui.okx.instrument_rows import instrument_of
from okxmm_tui.okx.messages import INSTRUMENTS
from okxmm_tui.okx.preparation import PUBLIC_INSTRUMENTS, accepted
from okxmm_tui.okx.public_session import PublicSession
from okxmm_tui.okx.rest import Rest
from okxmm_tui.okx.subscriptions import ChannelRequest
from okxmm_tui.okx.transport import ConnectGate, Stream

COMMIT_S = 1.0
SUFFIX = ".jsonl.zst"
ZSTD_LEVEL = 9
_ROWS = msgspec.json.Decoder(list[dict[str, Any]])


class RecorderOptions(Struct, frozen=True):
    """What to record, and where to."""

    symbols: tuple[str, ...]
    out: Path
    rotate_s: float | None = None
    """Length of a part; None never begins another."""
    rotate_bytes: int | None = None
    """Compressed size of a part; None never begins another."""
    progress_s: float = 10.0
    duration_s: float | None = None


class Part:
    """One file of a recording.

    Args:
        path: Created; must not exist.

    Raises:
        UsageError: The file exists already or cannot be created.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("xb")
        except FileExistsError:
            raise UsageError(
                f"{path} exists already.", "Choose another --out; nothing is overwritten."
            ) from None
        except OSError as error:
            raise UsageError(
                f"{path} could not be created: {error.strerror}.", "Choose another --out."
            ) from error
        self._compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True)
        self._lines: list[bytes] = []
        self.path = path
        self.size_bytes = 0
        # An empty frame first: even a file torn in its first second then ends after a whole one.
        self._write(b"")
        self.is_empty = True

    def add(self, received_ns: int, message: bytes) -> None:
        """Keep one message, JSON on a single line, for the next frame."""
        self._lines.append(b'{"t":%d,"ws":"public","m":%b}\n' % (received_ns, message))

    def take(self) -> list[bytes]:
        """Hand over what was added since the last call, for ``commit``."""
        lines, self._lines = self._lines, []
        return lines

    def commit(self, lines: list[bytes]) -> None:
        """Write lines as one frame and wait until the disk has them.

        Raises:
            UsageError: The disk does not take them.
        """
        if lines:
            self.is_empty = False
            self._write(b"".join(lines))

    def _write(self, plain: bytes) -> None:
        frame = self._compressor.compress(plain)
        try:
            self._file.write(frame)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise UsageError(
                f"{self.path} could not be written: {error.strerror}.", "Make room, or choose another --out."
            ) from error
        self.size_bytes += len(frame)

    def close(self) -> None:
        """Write what is left and close the file."""
        self.commit(self.take())
        self._file.close()


RECORDED = frozenset({"books", "bbo-tbt", "trades", "mark-price", "instruments"})
"""Channels of the market session a recording holds, besides funding rates."""


class RecordingSession(PublicSession):
    """The engine's own market session, with every frame shown to a recorder first."""

    def __init__(self, instruments: Sequence[Instrument], on_frame: Callable[[bytes], None]) -> None:
        super().__init__(instruments)
        self._swaps = [each.inst_id for each in instruments if each.inst_type == "SWAP"]
        self._on_frame = on_frame

    def receive(self, frame: bytes | str, now_ns: int) -> list[AnyEvent]:
        """Show the frame to the recorder, then read it as always."""
        self._on_frame(frame.encode() if isinstance(frame, str) else frame)
        return super().receive(frame, now_ns)

    def _channels(self) -> Sequence[ChannelRequest]:
        funding = [
            ChannelRequest({"channel": "funding-rate", "instId": inst_id}, is_required=False)
            for inst_id in self._swaps
        ]
        kept = [request for request in super()._channels() if request.arg["channel"] in RECORDED]
        return [*kept, *funding]


class Recorder:
    """One recording in progress.

    Args:
        endpoints: The venue.
        options: What to record.
        say: Takes progress lines.
    """

    def __init__(self, endpoints: Endpoints, options: RecorderOptions, say: Callable[[str], None]) -> None:
        self._endpoints = endpoints
        self._options = options
        self._say = say
        self._rows: list[dict[str, Any]] = []
        self._last_ns = 0
        self._parts = 0
        self._part: Part
        self._begun_s = 0.0
        self.messages = 0
        self.gaps = 0
        self.size_bytes = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Record until stopped; connections renew themselves.

        Raises:
            UsageError: A symbol is unknown, or the file cannot be written.
            VenueUnreachableError: The venue did not answer at the start.
        """
        instruments = await self._load()
        self._begin_part()
        session = RecordingSession(instruments, self._on_frame)
        stream = Stream(self._endpoints.public_ws, session, self._on_event, ConnectGate())
        streaming = asyncio.create_task(stream.run())
        try:
            await self._keep(session, stream, streaming, stop)
        finally:
            streaming.cancel()
            await asyncio.gather(streaming, return_exceptions=True)
            self._end_part()
        self._say(self._progress("recorded"))

    async def _keep(
        self, session: RecordingSession, stream: Stream, streaming: asyncio.Task[None], stop: asyncio.Event
    ) -> None:
        loop = asyncio.get_running_loop()
        begun_s = told_s = loop.time()
        while not stop.is_set() and not streaming.done():
            await _set_within(stop, COMMIT_S)
            part, lines = self._part, self._part.take()
            await asyncio.to_thread(part.commit, lines)
            now_s = loop.time()
            if self._options.duration_s is not None and now_s - begun_s >= self._options.duration_s:
                return
            if now_s - told_s >= self._options.progress_s:
                told_s = now_s
                self._say(self._progress("recording"))
            if self._is_part_full(now_s):
                self._end_part()
                self._begin_part()
                for inst_id in self._options.symbols:
                    # Each part begins with snapshots of its own, so that it can be read alone.
                    session.resubscribe(inst_id, time.monotonic_ns())
                stream.flush()
        if streaming.done():
            streaming.result()

    # -- the venue ---------------------------------------------------------------------------------

    async def _load(self) -> list[Instrument]:
        rest = Rest(self._endpoints, None)
        instruments: list[Instrument] = []
        try:
            for inst_id in self._options.symbols:
                query = {"instType": _inst_type(inst_id), "instId": inst_id}
                reply = await rest.get(PUBLIC_INSTRUMENTS, query, is_signed=False)
                if reply.code.startswith("51"):
                    raise _unknown(inst_id)
                accepted(reply, "public/instruments")
                found = [row for row in reply.rows(INSTRUMENTS) if row.inst_id == inst_id]
                instrument = instrument_of(found[0]) if found else None
                if instrument is None:
                    raise _unknown(inst_id)
                instruments.append(instrument)
                self._rows += [row for row in reply.rows(_ROWS) if row.get("instId") == inst_id]
        finally:
            await rest.close()
        return instruments

    def _on_frame(self, frame: bytes) -> None:
        if frame == b"pong":
            return
        self._add(frame.replace(b"\n", b" "))
        self.messages += 1

    def _on_event(self, event: AnyEvent) -> None:
        match event:
            case BookGap(inst_id=inst_id, reason=reason):
                self._mark_gap(inst_id, reason)
            case StreamDown(reason=reason):
                self._say(f"stream down: {reason}")
            case GatewayNotice(severity=severity, text=text) if severity is not Severity.INFO:
                self._say(text)
            case _:
                pass

    def _mark_gap(self, inst_id: str, reason: str) -> None:
        arg = {"channel": "books", "instId": inst_id}
        self._add(msgspec.json.encode({"event": "gap", "arg": arg, "msg": reason}))
        self.gaps += 1

    def _add(self, message: bytes) -> None:
        self._last_ns = max(self._last_ns, time.time_ns())
        self._part.add(self._last_ns, message)

    # -- parts -------------------------------------------------------------------------------------

    def _is_part_full(self, now_s: float) -> bool:
        options = self._options
        return (options.rotate_s is not None and now_s - self._begun_s >= options.rotate_s) or (
            options.rotate_bytes is not None and self._part.size_bytes >= options.rotate_bytes
        )

    def _begin_part(self) -> None:
        self._parts += 1
        path = part_path(self._options.out, self._parts)
        self._part = Part(path)
        self._begun_s = asyncio.get_running_loop().time()
        answer = msgspec.json.encode({"code": "0", "msg": "", "data": self._rows})
        metadata_path(path).write_bytes(msgspec.json.format(answer, indent=1))

    def _end_part(self) -> None:
        part = self._part
        part.close()
        if part.is_empty:
            part.path.unlink()
            metadata_path(part.path).unlink()
        self.size_bytes += part.size_bytes

    def _progress(self, verb: str) -> str:
        size_mb = (self.size_bytes + (self._part.size_bytes if verb == "recording" else 0)) / 1e6
        return (
            f"{verb} {', '.join(self._options.symbols)}: {self.messages} messages, {self.gaps} gaps, "
            f"{size_mb:.2f} MB in {self._parts} file{'s' if self._parts > 1 else ''}, {self._part.path}"
        )


def part_path(out: Path, number: int) -> Path:
    """File of a part: the name given, then NAME-0002, NAME-0003 and so on."""
    if number == 1:
        return out
    return out.with_name(f"{out.name.removesuffix(SUFFIX)}-{number:04d}{SUFFIX}")


def metadata_path(part: Path) -> Path:
    """File of the instruments' metadata beside a part."""
    return part.with_name(f"{part.name.removesuffix(SUFFIX)}.instruments.json")


def run_recorder(endpoints: Endpoints, options: RecorderOptions) -> int:
    """Record until SIGINT or SIGTERM; returns the exit code.

    Raises:
        UsageError: The file name or a symbol was wrong.
        VenueUnreachableError: The venue did not answer at the start.
    """
    if not options.out.name.endswith(SUFFIX):
        raise UsageError(
            f"--out {options.out} did not end in {SUFFIX}.", "Call it, for example, btc.jsonl.zst."
        )
    asyncio.run(_record(endpoints, options))
    return 0


async def _record(endpoints: Endpoints, options: RecorderOptions) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await Recorder(endpoints, options, _tell).run(stop)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - a command prints


async def _set_within(event: asyncio.Event, wait_s: float) -> None:
    try:
        async with asyncio.timeout(wait_s):
            await event.wait()
    except TimeoutError:
        return


def _inst_type(inst_id: str) -> str:
    parts = inst_id.split("-")
    if parts[-1] == "SWAP":
        return "SWAP"
    return "SPOT" if len(parts) == 2 else "FUTURES"


def _unknown(inst_id: str) -> UsageError:
    return UsageError(
        f"symbol {inst_id!r} does not exist on this venue.", "Check its spelling, e.g. BTC-USDT-SWAP."
    )
