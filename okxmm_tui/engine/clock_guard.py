"""Watches our clock against the venue's: a request with a wrong time is refused, cancels included.

Above ``clock_alarm_ms`` nothing new is sent and quotes only move away; above ``clock_limit_ms`` they are
pulled while the link still works; quoting resumes below 100 ms, or below half of a limit that is nearly as
narrow (tests/safety/README.md, row 20).
"""

from __future__ import annotations

from okxmm_tui.core.messages import ClockMeasured
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.session import Session

RESUME_NS = 100_000_000
NS_PER_MS = 1_000_000
ALARM = "clock"


class ClockGuard:
    """Blocks quoting while the clock is too far off."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.block = ""
        """Why nothing may be quoted; empty when the clock is good enough."""

    def on_measured(self, event: ClockMeasured) -> None:
        """Judge a measurement."""
        session, limits = self._session, self._session.limits
        session.clock = event
        off_ns = abs(event.offset_ns)
        narrow_ms = min(limits.clock_alarm_ms, limits.clock_limit_ms)
        resume_ns = min(RESUME_NS, narrow_ms * NS_PER_MS // 2)
        shown = f"{event.offset_ns / NS_PER_MS:+.0f} ms (± {event.uncertainty_ns / NS_PER_MS:.0f} ms)"
        if off_ns > limits.clock_limit_ms * NS_PER_MS:
            self.block = f"clock differs from the venue's by {event.offset_ns / NS_PER_MS:+.0f} ms"
        elif off_ns < resume_ns:
            self.block = ""
        if off_ns > limits.clock_alarm_ms * NS_PER_MS:
            severity = Severity.CRITICAL if self.block else Severity.WARNING
            text = f"the venue's clock differs from ours by {shown}; set this computer's time by NTP"
            session.raise_alarm(f"{ALARM}-{severity.value}", severity, text)
            session.freeze(ALARM, severity, f"clock off by {shown}")
        elif off_ns < resume_ns:
            session.unfreeze(ALARM, f"the clock is right again: {shown}")
            for severity in (Severity.WARNING, Severity.CRITICAL):
                session.clear_alarm(f"{ALARM}-{severity.value}", f"the clock is right again: {shown}")
