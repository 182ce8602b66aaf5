"""Asks for our fees once a day: at another rate the old width may lose on every fill (fault 37).

Strategies take the rates anew at each decision, so the lowest spread that pays follows by itself.
"""

from __future__ import annotations

from okxmm_tui.core.effects import FetchFees
from okxmm_tui.core.messages import FeesRead
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.session import Session

EVERY_NS = 86_400_000_000_000
RETRY_NS = 600_000_000_000


class FeeWatch:
    """Compares the fees in use with the venue's."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._due_ns = session.now_ns + EVERY_NS

    def on_tick(self) -> None:
        """Ask when a day has passed; ask again after ten minutes when nothing came back."""
        if self._session.now_ns >= self._due_ns:
            self._due_ns = self._session.now_ns + RETRY_NS
            self._session.effects.append(FetchFees())

    def on_fees(self, event: FeesRead) -> None:
        """Trade at the rates of today."""
        session = self._session
        self._due_ns = session.now_ns + EVERY_NS
        for inst_id, market in session.markets.items():
            fees = event.fees.get(inst_id)
            if fees is None or fees == market.fees:
                continue
            was, market.fees = market.fees, fees
            market.hurry()
            session.raise_alarm(
                f"fees-{inst_id}",
                Severity.WARNING,
                f"{inst_id}: maker fee {was.maker * 10_000:f} -> {fees.maker * 10_000:f} bps, taker "
                f"{was.taker * 10_000:f} -> {fees.taker * 10_000:f} bps; the floor of the spread has moved",
                is_event=True,
            )
