"""One side of a market: what is wanted there and what hinders it."""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.engine.rolling import RollingCount
from okxmm_tui.strategies.base import Quote


class SideState:
    """Quoting on one side: what is wanted, what hinders it, and the post-only back-off."""

    def __init__(self) -> None:
        self.reason = "starting"
        self.since_ns = 0
        self.quotes: tuple[Quote, ...] = ()
        self.place_after_ns = 0
        self.is_muted = False
        """Whether the operator wants no quotes on this side."""
        self.stop_reason = ""
        """Why this side sends nothing until the cause has gone or the operator resumes; empty when it may."""
        self.resume_above: Decimal | None = None
        """Available balance that lifts the stop; None when only the operator can."""
        self.refusals = 0
        """Post-only cancels and rejects in a row; each doubles the wait before the next try."""

        self.post_only = RollingCount()
        """Orders of the last minute that would have crossed."""
        self.rest_until_ns = 0
        """The side sends nothing before this time, because of ``rest_reason``."""
        self.rest_reason = ""

    def rest(self, until_ns: int, reason: str) -> None:
        """Send nothing before a time; a longer rest stays."""
        if until_ns > self.rest_until_ns:
            self.rest_until_ns, self.rest_reason = until_ns, reason

    def resting(self, now_ns: int) -> str:
        """Why the side rests and for how long; empty when it does not."""
        if now_ns >= self.rest_until_ns:
            return ""
        return f"resting {(self.rest_until_ns - now_ns) / 1e9:.0f} s: {self.rest_reason}"

    def say(self, reason: str, now_ns: int) -> None:
        """Set the reason and remember since when it holds."""
        if reason != self.reason or self.since_ns == 0:
            self.reason, self.since_ns = reason, now_ns
