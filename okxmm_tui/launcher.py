"""Starts the engine process and hands the console a link that connects while the screen is being drawn."""

from __future__ import annotations

import asyncio
import json
import subprocess
import threading
from collections.abc import AsyncIterator
from pathlib import Path

from okxmm_tui.core.commands import AnyCommand, Kill
from okxmm_tui.core.snapshot import Farewell, FromEngine
from okxmm_tui.engine.link import EngineLink, socket_path
from okxmm_tui.errors import LinkError


class LaunchedLink:
    """A console's link to an engine that may still be starting.

    Args:
        path: State directory of the engine.
        process: The engine when this console started it; None when attaching to a running one.
    """

    def __init__(
        self, path: Path, client: str, process: subprocess.Popen[bytes] | None, *, is_read_only: bool = False
    ) -> None:
        self._path = socket_path(path)
        self._client = client
        self._process = process
        self._is_read_only = is_read_only
        self._link: EngineLink | None = None
        self._kill_wanted = threading.Event()
        self._early: list[AnyCommand] = []

    def send(self, command: AnyCommand) -> int:
        """Send a command; one given before the engine answers is sent when it does."""
        if self._link is not None:
            return self._link.send(command)
        self._early.append(command)
        return len(self._early)

    def kill_now(self, reason: str) -> bool:
        """Kill from any thread; remembered when the engine does not answer yet."""
        if self._link is None:
            self._kill_wanted.set()
        # The link may have come up meanwhile, and looked for a wish before it was there: twice does no harm.
        return True if self._link is None else self._link.kill_now(reason)

    async def messages(self) -> AsyncIterator[FromEngine]:
        """Yield what the engine says; a failed start is told as its farewell."""
        if self._process is not None:
            failure = await self._await_ready(self._process)
            if failure is not None:
                yield failure
                return
        try:
            self._link = await EngineLink.connect(self._path, self._client, is_read_only=self._is_read_only)
        except LinkError as error:
            yield Farewell(error.exit_code, str(error))
            return
        for command in self._early:
            self._link.send(command)
        if self._kill_wanted.is_set():
            self._link.send(Kill("operator"))
        async for message in self._link.messages():
            yield message

    def close(self) -> None:
        """Let go of the engine."""
        if self._link is not None:
            self._link.close()

    @staticmethod
    async def _await_ready(process: subprocess.Popen[bytes]) -> Farewell | None:
        assert process.stdout is not None  # noqa: S101 - opened as a pipe by whoever started it
        line = await asyncio.to_thread(process.stdout.readline)
        if not line:
            return Farewell(4, "The engine ended before it was ready; see okxmm.log in the state directory.")
        words = json.loads(line)
        if words.get("ready"):
            return None
        return Farewell(words["exit_code"], f"{words['message']} {words['hint']}".strip())
