"""The two streams the engine lives on: up, down, and what each of them stops."""

from __future__ import annotations

from okxmm_tui.core.messages import StreamDown, StreamUp
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.flapping import Flapping
from okxmm_tui.engine.reconcile import Reconciler
from okxmm_tui.engine.session import Session


class Streams:
    """Follows the streams; a book without its stream is broken, and a private one that is back is merged."""

    def __init__(self, session: Session, reconciler: Reconciler) -> None:
        self._session = session
        self._reconciler = reconciler
        self.flapping = Flapping(session)

    def on_up(self, event: StreamUp) -> None:
        """A stream is up and everything on it subscribed."""
        session = self._session
        self.flapping.on_up()
        if event.stream == "private":
            session.private_up, session.private_ns = True, session.now_ns
            self._reconciler.on_login()
        elif event.stream == "public":
            session.public_up = True
        session.clear_alarm(f"stream-{event.stream}", f"{event.stream} stream connected")

    def on_down(self, event: StreamDown) -> None:
        """A stream is lost, or could not be had again."""
        session = self._session
        session.stream_losses += 1
        was_up = session.private_up if event.stream == "private" else session.public_up
        self.flapping.on_down(event.stream, was_up=was_up)
        if event.stream == "private":
            session.private_up = False
            self._reconciler.on_logout()
        elif event.stream == "public":
            session.public_up = False
            for market in session.markets.values():
                market.break_book("market data stream down")
        # No quote depends on the business stream (candles, single prints).
        severity = Severity.WARNING if event.stream == "business" else Severity.CRITICAL
        session.raise_alarm(f"stream-{event.stream}", severity, f"{event.stream} stream down: {event.reason}")
