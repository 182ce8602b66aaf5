"""A console without a screen on a running engine: the newest picture, and a hand to act with."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from okxmm_tui.core.commands import AnyCommand
from okxmm_tui.core.snapshot import Snapshot
from okxmm_tui.engine.link import EngineLink, socket_path
from okxmm_tui.errors import LinkError


class DeskLink:
    """Listens in a thread of its own until the engine or :meth:`close` ends it.

    Args:
        state_dir: Of the engine.
    """

    def __init__(self, state_dir: Path) -> None:
        self.snapshot: Snapshot | None = None
        """The last one; None before the first and once the engine has gone."""
        self._path = socket_path(state_dir)
        self._loop = asyncio.new_event_loop()
        self._link: EngineLink | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        """Whether nothing will come any more: no engine listened, or it has gone."""
        return not self._thread.is_alive()

    def send(self, *commands: AnyCommand) -> None:
        """Ask for something; nothing happens when the engine has gone."""
        if not self.is_over:
            self._loop.call_soon_threadsafe(self._send, commands)

    def _send(self, commands: tuple[AnyCommand, ...]) -> None:
        if self._link is not None:
            for command in commands:
                self._link.send(command)

    def close(self) -> None:
        """Hang up."""
        if not self.is_over:
            self._loop.call_soon_threadsafe(self._hang_up)
        self._thread.join(5)

    def _hang_up(self) -> None:
        if self._link is not None:
            self._link.close()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._listen())
        except (LinkError, ConnectionError):
            pass  # not there yet, or gone: the caller opens another
        finally:
            self.snapshot = None
            self._loop.close()

    async def _listen(self) -> None:
        self._link = await EngineLink.connect(self._path, "soak")
        async for message in self._link.messages():
            if isinstance(message, Snapshot):
                self.snapshot = message
