"""Takes quotes out before a contract expires or changes its tick, lot or smallest size (fault 39)."""

from __future__ import annotations

from okxmm_tui.core.types import Severity
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.session import Session

NS_PER_MS = 1_000_000
BEFORE_CHANGE_NS = 60 * 1_000_000_000
"""Quotes leave so long before a change of the contract that was announced."""


class InstrumentGuard:
    """Blocks a market ahead of what the venue has announced for it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def on_tick(self) -> None:
        """Say what is near."""
        for market in self._session.markets.values():
            inst_id = market.instrument.inst_id
            if why := self.block(market):
                self._session.raise_alarm(
                    f"event-{inst_id}", Severity.CRITICAL, f"{inst_id}: {why}, quotes pulled"
                )
            else:
                self._session.clear_alarm(f"event-{inst_id}", f"{inst_id}: nothing is announced any more")

    def block(self, market: Market) -> str:
        """Why a market may not quote; empty while nothing is near."""
        instrument, now_ns = market.instrument, self._session.now_ns
        if instrument.expires_ms is not None:
            left_ns = instrument.expires_ms * NS_PER_MS - now_ns
            if left_ns <= self._session.limits.expiry_window_ms * NS_PER_MS:
                return f"contract expires in {max(0, left_ns) / 60e9:.0f} min"
        if instrument.changes_ms is not None:
            left_ns = instrument.changes_ms * NS_PER_MS - now_ns
            if left_ns <= BEFORE_CHANGE_NS:
                return f"contract changes in {max(0, left_ns) / 1e9:.0f} s"
        return ""
