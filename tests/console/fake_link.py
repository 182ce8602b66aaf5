"""A link without an engine: what the console sends is kept, what the engine says is put in by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from okxmm_tui.core.commands import AnyCommand
from okxmm_tui.core.snapshot import CommandReply, FromEngine, Snapshot
from okxmm_tui.errors import LinkError


class FakeLink:
    """The console's port, played by a test."""

    def __init__(self, *first: FromEngine) -> None:
        self.sent: list[AnyCommand] = []
        self.kills: list[str] = []
        self.is_broken = False
        self.is_closed = False
        self._queue: asyncio.Queue[FromEngine | None] = asyncio.Queue()
        for message in first:
            self._queue.put_nowait(message)

    def send(self, command: AnyCommand) -> int:
        """Keep the command."""
        if self.is_broken:
            raise LinkError("The engine's socket was closed.")
        self.sent.append(command)
        return len(self.sent)

    def kill_now(self, reason: str) -> bool:
        """Keep the kill."""
        self.kills.append(reason)
        return not self.is_broken

    async def messages(self) -> AsyncIterator[FromEngine]:
        """Say what was put in, until the engine is gone."""
        while (message := await self._queue.get()) is not None:
            yield message

    def close(self) -> None:
        """Remember it."""
        self.is_closed = True

    # -- the test's side ------------------------------------------------------------------------------

    def say(self, *messages: FromEngine) -> None:
        """The engine says something."""
        for message in messages:
            self._queue.put_nowait(message)

    def show(self, snapshot: Snapshot) -> None:
        """The engine shows a picture."""
        self.say(snapshot)

    def reply(self, command_id: int, *, ok: bool, text: str = "") -> None:
        """The engine answers."""
        self.say(CommandReply(command_id, ok, text))

    def die(self) -> None:
        """The engine is gone without a farewell."""
        self._queue.put_nowait(None)
