"""Snapshots up, commands down, over a socket only its owner can open.

Theory of operation. The engine keeps one slot per console, never a queue: a snapshot is written only
after the console has acknowledged the one before, so a slow or stopped console costs the engine nothing
and counts as lost when its acknowledgement stays out. Frames are a four-byte length and msgpack. The kill
line is a second, blocking connection that the console's input thread may write to at any time.

What a connection may ask is settled by its first frame and holds until it closes: a kill line and a read-only
console may kill and nothing else, whatever else their process sends. Killing stays open to onlookers, for it
can only take risk away. An onlooker does not count as a console either: a forgotten browser tab must not keep
an engine quoting that nobody can steer. The socket belongs to one user, so read-only guards against mistakes
of the operator and of our own code, not against that user's other programs.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections.abc import AsyncIterator, Callable
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from okxmm_tui.core.commands import AnyCommand, Kill
from okxmm_tui.core.snapshot import CommandReply, Farewell, FromEngine, Snapshot
from okxmm_tui.errors import LinkError

SOCKET_NAME = "engine.sock"
MAX_SOCKET_PATH = 100
"""Unix socket paths are limited to about 104 bytes on the smallest platform."""
MAX_FRAME = 8 * 1024 * 1024
LOST_AFTER_S = 3.0
_HEADER = struct.Struct(">I")


class Hello(Struct, frozen=True, tag=True):
    """First frame of a connection; a kill line neither receives snapshots nor counts as a console."""

    client: str
    is_kill_line: bool = False
    is_read_only: bool = False

    def may_ask(self, command: AnyCommand) -> bool:
        """Whether this connection may give a command."""
        return isinstance(command, Kill) or not (self.is_read_only or self.is_kill_line)


class Seen(Struct, frozen=True, tag=True):
    """A console has taken the snapshot with this number."""

    seq: int


class Ask(Struct, frozen=True, tag=True):
    """One operator command."""

    command_id: int
    command: AnyCommand


_ToEngine = Hello | Seen | Ask
_encode = msgspec.msgpack.Encoder().encode


_making = threading.Lock()
"""Two threads that make a decoder of the same types at once crash the interpreter (msgspec 0.22)."""


@cache
def _up() -> msgspec.msgpack.Decoder[FromEngine]:
    # Made when first needed: for so many types it takes as long as a tenth of a console's start.
    with _making:
        return msgspec.msgpack.Decoder(FromEngine)


@cache
def _down() -> msgspec.msgpack.Decoder[_ToEngine]:
    with _making:
        return msgspec.msgpack.Decoder(_ToEngine)


def socket_path(state_dir: Path) -> Path:
    """Path of the engine's socket.

    Raises:
        LinkError: The path is too long for a Unix socket.
    """
    path = state_dir / SOCKET_NAME
    if len(str(path).encode()) > MAX_SOCKET_PATH:
        raise LinkError(
            f"The socket path {path} was longer than {MAX_SOCKET_PATH} bytes.",
            "Choose a shorter directory with --state-dir.",
        )
    return path


def _frame(message: Struct) -> bytes:
    body = _encode(message)
    return _HEADER.pack(len(body)) + body


async def _read_frame(reader: asyncio.StreamReader) -> bytes | None:
    try:
        (length,) = _HEADER.unpack(await reader.readexactly(_HEADER.size))
        if length > MAX_FRAME:
            return None
        return await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


async def _read_hello(reader: asyncio.StreamReader) -> Hello | None:
    """First frame of a connection; None when it closed or began with something else."""
    body = await _read_frame(reader)
    message = None if body is None else _down().decode(body)
    return message if isinstance(message, Hello) and message.client else None


class _Console:
    """One attached console, as the engine sees it."""

    def __init__(self, hello: Hello, writer: asyncio.StreamWriter) -> None:
        self.hello = hello
        self.writer = writer
        self.awaited_seq: int | None = None
        self.sent_at = 0.0

    def is_ready(self) -> bool:
        return self.awaited_seq is None

    def is_steering(self, now: float) -> bool:
        is_lost = self.awaited_seq is not None and now - self.sent_at > LOST_AFTER_S
        return not is_lost and not self.hello.is_read_only


class LinkServer:
    """The engine's end. ``on_command`` gets (client, command_id, command) on the engine's loop."""

    def __init__(
        self,
        path: Path,
        on_command: Callable[[str, int, AnyCommand], None],
        on_count: Callable[[int], None],
    ) -> None:
        self._path = path
        self._on_command = on_command
        self._on_count = on_count
        self._consoles: dict[str, _Console] = {}
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._count = 0

    async def start(self) -> None:
        """Listen; replaces a socket left behind by a dead engine."""
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        self._server = await asyncio.start_unix_server(self._serve, self._path)
        self._path.chmod(0o600)

    async def stop(self) -> None:
        """Flush what was written, close every connection and remove the socket."""
        if self._server is not None:
            self._server.close()
        for writer in tuple(self._writers):
            with contextlib.suppress(ConnectionError, TimeoutError):
                async with asyncio.timeout(0.5):
                    await writer.drain()
            writer.close()
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()

    def wants_snapshot(self) -> bool:
        """Whether any console waits for a new snapshot; also notices consoles that stopped answering."""
        self._recount()
        return any(console.is_ready() for console in self._consoles.values())

    def publish(self, snapshot: Snapshot) -> None:
        """Send to every console that has taken the previous snapshot."""
        frame = _frame(snapshot)
        now = time.monotonic()
        for console in self._consoles.values():
            if console.is_ready():
                console.awaited_seq, console.sent_at = snapshot.seq, now
                console.writer.write(frame)

    def reply(self, client: str, command_id: int, *, ok: bool, text: str) -> None:
        """Answer one command of one console, if it is still there."""
        if console := self._consoles.get(client):
            console.writer.write(_frame(CommandReply(command_id, ok, text)))

    def farewell(self, exit_code: int, text: str) -> None:
        """Tell every console that the engine ends in an orderly way."""
        for console in self._consoles.values():
            console.writer.write(_frame(Farewell(exit_code, text)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        hello: Hello | None = None
        try:
            hello = await _read_hello(reader)
            if hello is not None:
                self._admit(hello, writer)
                await self._listen(hello, reader)
        except msgspec.MsgspecError:
            pass  # not one of our consoles: closing the connection is the whole answer
        finally:
            self._writers.discard(writer)
            console = self._consoles.get(hello.client) if hello is not None else None
            if console is not None and console.writer is writer:  # not when only its kill line went
                del self._consoles[console.hello.client]
            writer.close()
            self._recount()

    async def _listen(self, hello: Hello, reader: asyncio.StreamReader) -> None:
        while (body := await _read_frame(reader)) is not None:
            message = _down().decode(body)
            if isinstance(message, Hello):
                return  # a connection cannot become another one
            if isinstance(message, Seen):
                self._acknowledge(hello.client, message.seq)
            else:
                self._command(hello, message)

    def _admit(self, hello: Hello, writer: asyncio.StreamWriter) -> None:
        if not hello.is_kill_line:
            self._consoles[hello.client] = _Console(hello, writer)
            self._recount()

    def _acknowledge(self, client: str, seq: int) -> None:
        console = self._consoles.get(client)
        if console is not None and console.awaited_seq == seq:
            console.awaited_seq = None
            self._recount()

    def _command(self, hello: Hello, ask: Ask) -> None:
        if hello.may_ask(ask.command):
            self._on_command(hello.client, ask.command_id, ask.command)
        elif not hello.is_kill_line:
            text = "this console is read-only; only kill works"
            self.reply(hello.client, ask.command_id, ok=False, text=text)

    def _recount(self) -> None:
        now = time.monotonic()
        count = sum(console.is_steering(now) for console in self._consoles.values())
        if count != self._count:
            self._count = count
            self._on_count(count)


class EngineLink:
    """The console's end; create it with :meth:`connect`."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kill_line: socket.socket
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._kill_line = kill_line
        self._kill_lock = threading.Lock()
        self._last_id = 0

    @classmethod
    async def connect(cls, path: Path, client: str, *, is_read_only: bool = False) -> EngineLink:
        """Open both lines to a running engine.

        Raises:
            LinkError: No engine listens there.
        """
        try:
            reader, writer = await asyncio.open_unix_connection(path)
            kill_line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            kill_line.settimeout(1.0)
            kill_line.connect(str(path))
        except OSError as error:
            raise LinkError(
                f"No engine answered at {path}: {error.strerror or error}.",
                "Start one with okxmm-tui, or give the same --state-dir as the running engine.",
            ) from error
        writer.write(_frame(Hello(client, is_read_only=is_read_only)))
        kill_line.sendall(_frame(Hello(client, is_kill_line=True)))
        return cls(reader, writer, kill_line)

    def send(self, command: AnyCommand) -> int:
        """Send one command and return its id; the reply carries the same id. Never blocks."""
        self._last_id += 1
        if not self._writer.is_closing():
            self._writer.write(_frame(Ask(self._last_id, command)))
        return self._last_id

    def kill_now(self, reason: str) -> bool:
        """Write a kill on the line of its own; callable from any thread.

        Returns False when the engine cannot be reached any more.
        """
        with self._kill_lock:
            try:
                self._kill_line.sendall(_frame(Ask(0, Kill(reason))))
            except OSError:
                return False
            return True

    async def messages(self) -> AsyncIterator[FromEngine]:
        """Yield what the engine says until it is gone; taking a snapshot acknowledges it."""
        while (body := await _read_frame(self._reader)) is not None:
            message = _up().decode(body)
            yield message
            if isinstance(message, Snapshot) and not self._writer.is_closing():
                self._writer.write(_frame(Seen(message.seq)))

    def close(self) -> None:
        """Close both lines."""
        self._kill_line.close()
        self._writer.close()
