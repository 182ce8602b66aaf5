"""The append-only event log: every input of the reducer with its time, and the effects it gave.

The engine appends to memory; one writer thread compresses and writes. Every flush is a zstd frame of its
own, so a torn tail costs at most the last half second and never what was written before.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import zstandard
from msgspec import Struct

from okxmm_tui.core.effects import AnyEffect
from okxmm_tui.core.messages import AnyEvent
from okxmm_tui.errors import RecordingError

FLUSH_EVERY_S = 0.5
FORMAT = 1
SUFFIX = ".log.zst"
_CHUNK = 1 << 20


class EventRecord(Struct, frozen=True, array_like=True):
    """One step of the reducer."""

    at_ns: int
    event: AnyEvent
    effects: tuple[AnyEffect, ...] = ()


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(EventRecord).decode


def log_path(state_dir: Path, session_id: int) -> Path:
    """Where the log of a session lies."""
    return state_dir / f"events-{session_id}{SUFFIX}"


class EventLog:
    """Writer of one session's log; ``append`` never blocks on the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem = ""
        """Why writing failed last; empty while all is on disk."""
        self._pending = bytearray()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._file = path.open("ab")
        path.chmod(0o600)
        self._thread = threading.Thread(target=self._run, name="event-log", daemon=True)
        self._thread.start()

    def append(self, at_ns: int, event: AnyEvent, effects: list[AnyEffect]) -> None:
        """Take one step into the log."""
        body = _encode(EventRecord(at_ns, event, tuple(effects)))
        with self._lock:
            self._pending += len(body).to_bytes(4, "big")
            self._pending += body

    def close(self) -> None:
        """Write what is pending and close the file."""
        self._stopping.set()
        self._thread.join(timeout=5.0)
        self._file.close()

    def _run(self) -> None:
        compressor = zstandard.ZstdCompressor(level=3)
        unwritten = b""
        while True:
            is_last = self._stopping.wait(FLUSH_EVERY_S)
            with self._lock:
                unwritten += bytes(self._pending)
                self._pending.clear()
            if unwritten and self._write(compressor.compress(unwritten)):
                unwritten = b""
            if is_last:
                return

    def _write(self, frame: bytes) -> bool:
        """Append one frame; after a failure the torn part is cut off and the frame is tried again."""
        try:
            end = self._file.seek(0, os.SEEK_END)
            try:
                self._file.write(frame)
                self._file.flush()
                os.fsync(self._file.fileno())
            except OSError:
                self._file.truncate(end)
                raise
        except OSError as error:
            self.problem = f"{self.path.name}: {error.strerror or error}"
            return False
        self.problem = ""
        return True


def read_log(path: Path) -> Iterator[EventRecord]:
    """Yield the steps of a log in order; a torn tail ends the iteration, damage before it raises.

    Raises:
        RecordingError: The file could not be read or is no event log.
    """
    try:
        with path.open("rb") as file:
            yield from _records(_frames(file.read(), path), path)
    except OSError as error:
        raise RecordingError(
            f"The event log {path} could not be read: {error.strerror or error}.",
            "Give the path of an events-*.log.zst file of a state directory.",
        ) from error


def _frames(data: bytes, path: Path) -> Iterator[bytes]:
    """Decompress frame by frame."""
    while data:
        reader = zstandard.ZstdDecompressor().decompressobj()
        try:
            body = reader.decompress(data)
        except zstandard.ZstdError as error:
            raise RecordingError(f"{path} was no event log or is damaged: {error}.") from error
        if not reader.eof:
            return
        data = reader.unused_data
        yield body


def _records(frames: Iterator[bytes], path: Path) -> Iterator[EventRecord]:
    for body in frames:
        at = 0
        while at < len(body):
            length = int.from_bytes(body[at : at + 4], "big")
            try:
                yield _decode(body[at + 4 : at + 4 + length])
            except msgspec.MsgspecError as error:
                raise RecordingError(f"{path} was written by another version: {error}.") from error
            at += 4 + length
