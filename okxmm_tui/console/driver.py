"""The terminal driver: kill keys taken in its input thread, and a terminal that may vanish at any time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TextIO

from textual import events
from textual.driver import Driver
from textual.message import Message

from okxmm_tui.console.bindings import KILL_KEYS
from okxmm_tui.streams import forward_to_nothing

PressInThread = Callable[[str], None]


class VanishingFile:
    """A terminal that is written to until it is gone, and then swallows everything.

    Textual's writer thread dies of the first failed write, and every later one would wait for it for ever:
    a closed window must not keep the console from leaving in order.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.is_gone = False

    def write(self, text: str) -> int:
        """Write, unless the terminal has gone."""
        if not self.is_gone:
            try:
                return self._file.write(text)
            except OSError:
                self._lose()
        return len(text)

    def flush(self) -> None:
        """Flush, unless the terminal has gone."""
        if not self.is_gone:
            try:
                self._file.flush()
            except OSError:
                self._lose()

    def _lose(self) -> None:
        """From now on nothing reaches the terminal, and what is left in the buffer must not fail at exit."""
        self.is_gone = True
        forward_to_nothing(self._file)

    def fileno(self) -> int:
        """Descriptor of the terminal."""
        return self._file.fileno()

    def isatty(self) -> bool:
        """Whether the file is a terminal."""
        return self._file.isatty()


def with_kill_keys(base: type[Driver], press: PressInThread) -> type[Driver]:
    """Subclass the driver Textual picked for this platform.

    The key still reaches the app afterwards, which shows what became of it.
    """

    class KillDriver(base):  # pyright: ignore[reportGeneralTypeIssues]
        """Driver that hands kill keys over at once and outlives its terminal."""

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            file = getattr(self, "_file", None)
            if file is not None:  # the headless driver has none
                self._file = VanishingFile(file)

        def process_message(self, message: Message) -> None:
            """Take kill keys, then go on as the platform's driver does."""
            if isinstance(message, events.Key) and message.key in KILL_KEYS:
                press(message.key)
            super().process_message(message)

    return KillDriver
