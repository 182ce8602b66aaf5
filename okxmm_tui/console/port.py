"""What the console asks of its engine: a port, so that nothing here knows how the two talk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from okxmm_tui.core.commands import AnyCommand
from okxmm_tui.core.snapshot import FromEngine

Clock = Callable[[], int]
"""UTC nanoseconds; tests hand in a fixed one."""

Escalate = Callable[[], None]
"""Starts a kill that needs neither this console nor the engine."""

EXIT_CLEAN = 0
EXIT_ENGINE_GONE = 4
EXIT_NOT_PROVEN = 75


class ConsoleLink(Protocol):
    """Snapshots in, commands out."""

    def send(self, command: AnyCommand) -> int:
        """Queue a command and return its id; never blocks."""
        ...

    def kill_now(self, reason: str) -> bool:
        """Write a kill at once on a line of its own, from any thread; False if it could not be written."""
        ...

    def messages(self) -> AsyncIterator[FromEngine]:
        """Yield what the engine says; ends when the engine is gone."""
        ...

    def close(self) -> None:
        """Let go of the engine."""
        ...


@dataclass(frozen=True, slots=True)
class ConsoleExit:
    """How the console ended, for the command line to pass on."""

    exit_code: int
    text: str
