"""Watches the engine's own memory: one that is killed for it leaves its quotes alone (fault 46)."""

from __future__ import annotations

import os
from pathlib import Path

from okxmm_tui.core.messages import MemoryMeasured
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.session import Session

MEASURE_S = 10.0
STATM = Path("/proc/self/statm")
RELEASE_SHARE = 0.9
BYTES_PER_MB = 1_000_000
ALARM = "memory"


def resident_bytes(statm: Path = STATM) -> int | None:
    """Memory of this process that is in RAM; None where the system does not tell it this way."""
    try:
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


class MemoryWatch:
    """Says that memory runs short, and has fewer pictures drawn until it does not; trading is not touched."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def on_measured(self, event: MemoryMeasured) -> None:
        """Judge one reading."""
        session, limit_mb = self._session, self._session.limits.memory_limit_mb
        used_mb = event.resident_bytes / BYTES_PER_MB
        if used_mb > limit_mb:
            session.is_memory_short = True
            text = (
                f"the engine uses {used_mb:.0f} MB of memory, {limit_mb} MB expected: fewer pictures are "
                "drawn; safe quit and restart when it goes on growing"
            )
            session.raise_alarm(ALARM, Severity.WARNING, text)
        elif used_mb <= limit_mb * RELEASE_SHARE:
            session.is_memory_short = False
            session.clear_alarm(ALARM, f"the engine uses {used_mb:.0f} MB of memory again")
