"""Garbage collection and signals of the console process."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from collections.abc import Callable
from contextvars import Context

from textual._styles_cache import StylesCache

IDLE_AFTER_NS = 2_000_000_000
YOUNG_EVERY_S = 5.0
FULL_EVERY = 24
CLOSED_FOR_S = 0.5
"""From the closing of a dialog to the collection of what it leaves: its last frame is drawn by then."""

SIGNALS = (
    (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    if hasattr(signal, "SIGHUP")
    else (signal.SIGTERM, signal.SIGINT)
)


class Collector:
    """Runs Python's collector only while the operator is not typing.

    A full collection over Textual's widgets holds the interpreter for tens of milliseconds; everything alive
    after start-up is therefore frozen and left out of it.
    """

    def __init__(self) -> None:
        self._runs = 0

    @staticmethod
    def take_over() -> None:
        """Freeze what is there and stop automatic collection."""
        gc.collect()
        gc.freeze()
        gc.disable()

    def tick(self, idle_ns: int) -> None:
        """Collect if nobody is typing: the young generations mostly, all of them now and then."""
        if idle_ns < IDLE_AFTER_NS:
            return
        self._runs += 1
        gc.collect(2 if self._runs % FULL_EVERY == 0 else 1)

    @staticmethod
    def after_closing() -> None:
        """Soon collect what a dialog leaves: milliseconds for one, half a second for twenty left to lie."""
        # In an empty context: in the present one the timer itself would hold the dialog.
        asyncio.get_running_loop().call_later(CLOSED_FOR_S, _collect_closed, context=Context())

    @staticmethod
    def give_back() -> None:
        """Return to Python's own habits."""
        gc.enable()
        gc.unfreeze()


def _collect_closed() -> None:
    # Textual remembers colours of the last thousand widgets by the cache each draws from, and with it every
    # line they drew: megabytes for each look into the palette.
    StylesCache.get_inner_outer.cache_clear()
    gc.collect()


def listen_to_signals(on_signal: Callable[[str], None]) -> Callable[[], None]:
    """Call back from the event loop on SIGTERM, SIGHUP and SIGINT; returns how to stop listening."""
    loop = asyncio.get_running_loop()
    taken: list[signal.Signals] = []
    for number in SIGNALS:
        # Outside the main thread, and on loops without signals, there is nothing to install.
        with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
            loop.add_signal_handler(number, on_signal, number.name)
            taken.append(number)

    def stop() -> None:
        for number in taken:
            with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
                loop.remove_signal_handler(number)

    return stop
