"""What a session is to do; light enough to be made by a process that runs no engine."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.limits import Limits
from okxmm_tui.core.types import Mode


class SessionPlan(Struct, frozen=True):
    """What the operator asked for."""

    mode: Mode
    symbols: tuple[str, ...]
    strategy: str
    params: dict[str, Decimal]
    limits: Limits
    tag: str
    duration_s: float | None = None
    params_file: str = ""
    """TOML of strategy parameters, read again when it changes; empty for none."""
    journal_keep_mb: int = 2_000
    """Size the event logs of all sessions together may have."""
    journal_keep_days: int = 30
    """Age at which order events and snapshots leave the tables; 0 keeps them."""
