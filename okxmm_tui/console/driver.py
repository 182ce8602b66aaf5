"""The terminal driver with the kill keys taken in its input thread, before Textual's message queue."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.driver import Driver
from textual.message import Message

from okxmm_tui.console.bindings import KILL_KEYS

PressInThread = Callable[[str], None]


def with_kill_keys(base: type[Driver], press: PressInThread) -> type[Driver]:
    """Subclass the driver Textual picked for this platform.

    The key still reaches the app afterwards, which shows what became of it.
    """

    class KillDriver(base):  # pyright: ignore[reportGeneralTypeIssues]
        """Driver that hands kill keys over at once."""

        def process_message(self, message: Message) -> None:
            """Take kill keys, then go on as the platform's driver does."""
            if isinstance(message, events.Key) and message.key in KILL_KEYS:
                press(message.key)
            super().process_message(message)

    return KillDriver
