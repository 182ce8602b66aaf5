"""What the console asks of its engine: a port, so that nothing here knows how the two talk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from okxmm_tui.core.commands import AnyCommand
from okxmm_tui.core.market_views import FillView, OrderView
from okxmm_tui.core.snapshot import FromEngine, Snapshot

Clock = Callable[[], int]
"""UTC nanoseconds; tests hand in a fixed one."""

KillOutcome = Callable[[], int | None]
"""Exit code of such a kill, 0 only when it proved that no order is left; None while it runs."""

Escalate = Callable[[], KillOutcome | None]
"""Starts a kill that needs neither this console nor the engine; returns how to learn what came of it."""

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
class PastOrder:
    """An order from before this console opened, as the journal has it."""

    inst_id: str
    order: OrderView
    updated_ns: int
    """When the journal last heard of it."""


@dataclass(frozen=True, slots=True)
class PastFill:
    """A fill from before this console opened."""

    inst_id: str
    fill: FillView


@dataclass(frozen=True, slots=True)
class Past:
    """What was before, oldest first."""

    orders: tuple[PastOrder, ...] = ()
    fills: tuple[PastFill, ...] = ()
    left_out: int = 0
    """How many of both cannot be told in the markets of this session."""


class ConsoleFiles(Protocol):
    """Where the console may leave files; every method raises ``OSError`` when that fails."""

    def past(self, snapshot: Snapshot) -> Past:
        """Read the day so far of the account of a picture; may take long, so not from the event loop.

        Raises:
            OkxmmError: The journal could not be read.
        """
        ...

    def export(self, name: str, text: str) -> str:
        """Write a file of that name and return its full path."""
        ...

    def presets(self, strategy: str) -> tuple[str, ...]:
        """Names of saved sets of parameters."""
        ...

    def save_preset(self, strategy: str, name: str, values: Mapping[str, Decimal]) -> str:
        """Keep a set of parameters under a name and return its full path."""
        ...

    def load_preset(self, strategy: str, name: str) -> dict[str, Decimal]:
        """Read a set of parameters.

        Raises:
            UsageError: The file holds something else.
        """
        ...


@dataclass(frozen=True, slots=True)
class ConsoleExit:
    """How the console ended, for the command line to pass on."""

    exit_code: int
    text: str
