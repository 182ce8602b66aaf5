"""The append-only event log: every input of the reducer with its time, and the effects it gave.

The engine appends to memory; one writer thread compresses and writes. Every flush is a zstd frame of its
own with its sum, forced to disk, so a torn tail costs at most the last half second and never what was written
before, and a flipped bit is found. A session's log is a row of segments, ``events-<session>-001.log.zst`` and
so on; a frame is never split.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from io import BufferedReader, FileIO
from pathlib import Path

import msgspec
import zstandard
from msgspec import Struct

from okxmm_tui.core.effects import AnyEffect
from okxmm_tui.core.messages import AnyEvent, JournalGap
from okxmm_tui.errors import JournalError, RecordingError

FLUSH_EVERY_S = 0.5
SUFFIX = ".log.zst"
SEGMENT_BYTES = 64_000_000
MOST_PENDING = 64_000_000
"""Bytes kept in memory while the disk refuses; later steps are counted and lost."""
CHUNK = 65_536
MAGIC = zstandard.MAGIC_NUMBER.to_bytes(4, "little")
"""Every frame begins with it."""
_NAME = re.compile(r"events-(\d+)(?:-(\d+))?\.log\.zst")


class EventRecord(Struct, frozen=True, array_like=True):
    """One step of the reducer."""

    at_ns: int
    event: AnyEvent
    effects: tuple[AnyEffect, ...] = ()


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(EventRecord).decode


def log_path(state_dir: Path, session_id: int, number: int = 1) -> Path:
    """Where a segment of the log of a session lies."""
    return state_dir / f"events-{session_id}-{number:03d}{SUFFIX}"


class EventLog:
    """Writer of one session's log; ``append`` never blocks on the disk.

    Args:
        path: First segment.
        segment_bytes: A segment that has grown to this is followed by the next.
        most_pending: Bytes of steps kept in memory while nothing can be written.
        keep_bytes: Size the logs of all sessions together may have; looked at with every new segment.
            None removes nothing.

    Raises:
        JournalError: The file could not be opened.
    """

    def __init__(
        self,
        path: Path,
        *,
        segment_bytes: int | None = None,
        most_pending: int = MOST_PENDING,
        keep_bytes: int | None = None,
    ) -> None:
        self.path = path
        """The segment being written."""
        self.problem = ""
        """Why writing failed last; empty while all is on disk."""
        self.lost_steps = 0
        """Steps given up because memory for them ran out."""
        self.removed_segments = 0
        """Segments of this session that had to go: it cannot be replayed any more."""
        self._segment_bytes = SEGMENT_BYTES if segment_bytes is None else segment_bytes
        self._most_pending, self._keep_bytes = most_pending, keep_bytes
        self._pending = bytearray()
        self._unwritten = 0
        self._gap = 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._compressor = zstandard.ZstdCompressor(level=3, write_checksum=True)
        self._torn_at: int | None = None
        """Where a part of a frame stands that could not be cut off yet."""
        self._frame = b""
        try:
            self._file = _opened(path)
        except OSError as error:
            raise JournalError(
                f"The event log {path} could not be opened: {error.strerror or error}.",
                "Free disk space, check the directory's permissions, or choose another --state-dir.",
            ) from error
        self._thread = threading.Thread(target=self._run, name="event-log", daemon=True)
        self._thread.start()

    def append(self, at_ns: int, event: AnyEvent, effects: list[AnyEffect]) -> None:
        """Take one step into the log."""
        body = _encode(EventRecord(at_ns, event, tuple(effects)))
        with self._lock:
            if self._unwritten + len(self._pending) > self._most_pending:
                self._gap += 1
                self.lost_steps += 1
                return
            if self._gap:
                self._take(_encode(EventRecord(at_ns, JournalGap(self._gap))))
                self._gap = 0
            self._take(body)

    def _take(self, body: bytes) -> None:
        self._pending += len(body).to_bytes(4, "big")
        self._pending += body

    @property
    def is_dead(self) -> bool:
        """Whether the writer's thread ended by itself: nothing will be written any more."""
        return not self._thread.is_alive() and not self._stopping.is_set()

    def close(self) -> None:
        """Write what is pending and close the file."""
        self._stopping.set()
        self._thread.join(timeout=5.0)
        self._file.close()

    def _run(self) -> None:
        is_last = False
        while not is_last:
            is_last = self._stopping.wait(FLUSH_EVERY_S)
            self.flush()

    def flush(self) -> None:
        """Write what is pending as one frame; called by the writer's thread, or instead of it."""
        with self._lock:
            self._frame += bytes(self._pending)
            self._pending.clear()
            self._unwritten = len(self._frame)
        if self._frame and self._write(self._compressor.compress(self._frame)):
            self._frame = b""
            with self._lock:
                self._unwritten = 0

    def _write(self, frame: bytes) -> bool:
        """Append one frame; after a failure the torn part is cut off and the frame is tried again."""
        try:
            self._cut_off()
            end = self._file.seek(0, os.SEEK_END)
            if end >= self._segment_bytes:
                end = self._next_segment()
            try:
                _write_all(self._file, frame)
                os.fsync(self._file.fileno())
            except OSError:
                self._torn_at = end
                self._cut_off()
                raise
        except OSError as error:
            self.problem = f"{self.path.name}: {error.strerror or error}"
            return False
        self.problem = ""
        return True

    def _cut_off(self) -> None:
        if self._torn_at is not None:
            os.ftruncate(self._file.fileno(), self._torn_at)
            self._torn_at = None

    def _next_segment(self) -> int:
        session_id, number = _parts(self.path)
        path = log_path(self.path.parent, session_id, number + 1)
        file = _opened(path)
        self._file.close()
        self._file, self.path = file, path
        if self._keep_bytes is not None:
            gone = prune(path.parent, self._keep_bytes, session_id, writing=path)
            self.removed_segments += sum(_parts(each)[0] == session_id for each in gone)
        return 0


def read_log(path: Path) -> Iterator[EventRecord]:
    """Yield the steps of a log in order, from a segment to the session's last.

    A torn tail of the last segment ends the iteration, damage before it raises.

    Raises:
        RecordingError: A file could not be read or is no event log.
    """
    following = segments(path)
    for each in following:
        try:
            yield from _records(_frames(each, may_be_torn=each == following[-1]), each)
        except OSError as error:
            raise RecordingError(
                f"The event log {each} could not be read: {error.strerror or error}.",
                "Give the path of an events-*.log.zst file of a state directory.",
            ) from error


def segments(path: Path) -> list[Path]:
    """A segment and those that follow it; a missing one ends the row."""
    found = [path]
    if not _NAME.fullmatch(path.name) or not path.exists():
        return found
    session_id, number = _parts(path)
    while (path := log_path(path.parent, session_id, number + 1)).exists():
        found.append(path)
        number += 1
    return found


def prune(state_dir: Path, keep_bytes: int, running: int, *, writing: Path | None = None) -> list[Path]:
    """Remove the logs of the oldest sessions until the rest fits; the running one's own come last.

    Args:
        state_dir: Where logs lie.
        keep_bytes: Size all logs together may have.
        running: Session whose log is being written.
        writing: Its newest segment. With it, the session's older segments go when nothing else is left;
            without it they stay.

    Returns:
        What was removed; a file that cannot be removed is left.
    """
    sessions: dict[int, list[Path]] = {}
    for path in sorted(state_dir.glob(f"events-*{SUFFIX}"), key=_parts):
        if _NAME.fullmatch(path.name):
            sessions.setdefault(_parts(path)[0], []).append(path)
    own = sessions.pop(running, [])
    sizes = {path: path.stat().st_size for paths in (own, *sessions.values()) for path in paths}
    # An old log is of use as a whole, so it goes as a whole; the running one goes file by file.
    parts = [*sessions.values(), *([path] for path in own if writing is not None and path != writing)]
    total, removed = sum(sizes.values()), list[Path]()
    for part in parts:
        if total <= keep_bytes:
            break
        removed += [path for path in part if _unlink(path)]
        total -= sum(sizes[path] for path in part)
    return removed


def _unlink(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:  # another owner's, or a file system gone read-only: the log goes on without it
        return False
    return True


def _opened(path: Path) -> FileIO:
    """A file without a buffer of its own, in which a full disk could hide."""
    file = path.open("ab", buffering=0)
    path.chmod(0o600)
    return file


def _write_all(file: FileIO, data: bytes) -> None:
    """Write every byte; a disk that is nearly full takes a part and says no word."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


def _parts(path: Path) -> tuple[int, int]:
    """Session and number of a segment; a log without a number is the first."""
    match = _NAME.fullmatch(path.name)
    return (int(match[1]), int(match[2] or 1)) if match else (0, 1)


def _frames(path: Path, *, may_be_torn: bool) -> Iterator[bytes]:
    """Decompress frame by frame, a piece of the file at a time."""
    with path.open("rb") as file:
        data = file.read(CHUNK)
        while data:
            start, body, problem = file.tell() - len(data), bytearray(), ""
            reader = zstandard.ZstdDecompressor().decompressobj()
            try:
                while data and not reader.eof:
                    body += reader.decompress(data)
                    data = reader.unused_data if reader.eof else file.read(CHUNK)
            except zstandard.ZstdError as error:
                problem = str(error)
            if not reader.eof:
                is_log = start > 0 or not problem
                if may_be_torn and is_log and _is_last(file, start):
                    return
                raise _damaged(path, problem)
            data = data or file.read(CHUNK)
            yield bytes(body)


def _is_last(file: BufferedReader, start: int) -> bool:
    """Whether no frame begins after this one: then it was being written when all ended."""
    file.seek(start + len(MAGIC))
    return MAGIC not in file.read()


def _damaged(path: Path, problem: str) -> RecordingError:
    if problem:
        return RecordingError(f"{path} was no event log or is damaged: {problem}.")
    return RecordingError(f"{path} was cut off, and the log goes on after that.")


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
