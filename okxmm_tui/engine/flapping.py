"""Waits after connections that came and went: quotes return when they have held for a while (fault 19).

A single loss is made good by the merge that follows it. A stream lost again and again is not: every return
costs requests the venue counts, and quotes would be pulled as soon as they stand.
"""

from __future__ import annotations

from okxmm_tui.core.types import Severity
from okxmm_tui.engine.rolling import MINUTE_NS, RollingCount
from okxmm_tui.engine.session import Session

LOSSES = 3
"""Of one stream within a minute."""
STEADY_NS = 30_000_000_000
"""Without a loss, both streams up, before anything is quoted again."""
ALARM = "flapping"


class Flapping:
    """Counts losses, and blocks after a storm of them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._losses = {stream: RollingCount(MINUTE_NS) for stream in ("public", "private")}
        self._changed_ns = session.now_ns
        self._is_storm = False

    def on_up(self) -> None:
        """A stream has come back: what is steady is counted from here."""
        self._changed_ns = self._session.now_ns

    def on_down(self, stream: str, *, was_up: bool) -> None:
        """A stream is lost, or could not be had again."""
        losses = self._losses.get(stream)
        if losses is None or not was_up:
            return
        now_ns = self._changed_ns = self._session.now_ns
        losses.note(now_ns)
        if (count := losses.count(now_ns)) >= LOSSES:
            self._is_storm = True
            text = (
                f"the {stream} stream was lost {count} times within a minute: quotes return once both "
                f"connections have held for {STEADY_NS // 10**9} s"
            )
            self._session.raise_alarm(ALARM, Severity.CRITICAL, text)

    def on_tick(self) -> None:
        """See whether the connections have held for long enough."""
        session = self._session
        is_up = session.public_up and session.private_up
        if self._is_storm and is_up and session.now_ns - self._changed_ns >= STEADY_NS:
            self._is_storm = False
            session.clear_alarm(ALARM, "the connections hold again")

    @property
    def block(self) -> str:
        """Why nothing may be quoted; empty when connections hold."""
        return "connections flap: waiting until they hold" if self._is_storm else ""
