"""All the ways out of the console: safe quit, detach, signals, the engine's farewell, the engine's loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from okxmm_tui.console.language import tr
from okxmm_tui.console.operator import Operator
from okxmm_tui.console.port import EXIT_CLEAN, EXIT_NOT_PROVEN, ConsoleExit
from okxmm_tui.console.state import ConsoleState
from okxmm_tui.core.snapshot import Farewell

if TYPE_CHECKING:
    from okxmm_tui.console.base import BaseConsole

FAREWELL_WITHIN_S = 8.0
DETACHED = "Detached; the engine keeps running. `okxmm-tui attach` opens a console on it."


class Leaving:
    """Decides when the console may go, and with which exit code.

    Args:
        app: What goes.
        operator: Asks the engine to quit.
        state: What is known of the engine.
        is_guest: Whether the engine goes on, by its rule for a lost console, when this process must end.
    """

    def __init__(
        self, app: BaseConsole, operator: Operator, state: ConsoleState, *, is_guest: bool = False
    ) -> None:
        self._app = app
        self._operator = operator
        self._state = state
        self._is_guest = is_guest
        self._signal = ""

    def safe_quit(self) -> None:
        """Ask for a safe quit and stay until the engine says goodbye; leave at once if there is no engine."""
        if self._state.is_engine_gone:
            self._go(self._state.exit_without_farewell())
        elif self._state.is_read_only:
            self._go(ConsoleExit(EXIT_CLEAN, tr(DETACHED)))
        else:
            self._operator.quit("operator")

    def detach(self) -> None:
        """Leave the engine running."""
        self._go(
            self._state.exit_without_farewell()
            if self._state.is_engine_gone
            else ConsoleExit(EXIT_CLEAN, tr(DETACHED))
        )

    def on_signal(self, name: str) -> None:
        """A signal asks this process to end: do it the safe way, but not for ever.

        The console that started the engine takes it along. One that was attached only goes, and the engine
        follows its rule if that was the last.
        """
        if self._signal:
            return
        self._signal = name
        if self._state.is_engine_gone or self._state.is_read_only or self._is_guest:
            self.detach()
            return
        self._operator.quit(f"console received {name}")
        self._app.set_timer(FAREWELL_WITHIN_S, self._give_up)

    def on_farewell(self, farewell: Farewell) -> None:
        """The engine ended in order: pass its word on."""
        self._go(ConsoleExit(farewell.exit_code, tr(farewell.text)))

    def on_engine_gone(self) -> None:
        """The engine is lost: stay and say so, unless somebody wants this process gone."""
        if self._signal:
            self._go(self._state.exit_without_farewell())

    def _give_up(self) -> None:
        self._go(
            ConsoleExit(
                EXIT_NOT_PROVEN, tr(f"{self._signal}: the engine did not prove in time that orders are gone.")
            )
        )

    def _go(self, result: ConsoleExit) -> None:
        self._app.exit(result)
