"""Our booked position against the venue's: taken over at the start, compared ever after."""

from __future__ import annotations

from okxmm_tui.core.messages import PositionUpdate, TruthFetched
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.session import Session

MISMATCH_GRACE_NS = 1_500_000_000
"""Fills and position pushes come apart by this much without meaning anything."""
MISMATCHES_BEFORE_ADOPTING = 3


class Positions:
    """Detects, explains and settles differences of position."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._was_adopted = False
        self._mismatches: dict[str, int] = {}

    @property
    def is_unsettled(self) -> bool:
        """Whether some market's position differed at the last comparison."""
        return bool(self._mismatches)

    def on_push(self, event: PositionUpdate) -> None:
        """Keep the venue's figure."""
        market = self._session.markets.get(event.inst_id)
        if market is not None:
            market.venue_position = event

    def adopt_once(self, event: TruthFetched) -> None:
        """At the first merge, take over what the venue holds; fills up to then are part of it."""
        if self._was_adopted:
            return
        self._was_adopted = True
        for fill in event.fills:
            market = self._session.markets.get(fill.inst_id)
            if market is not None and market.orders.get(fill.cl_ord_id) is None:
                market.ledger.remember(fill.trade_id)
        for position in event.positions:
            market = self._session.markets.get(position.inst_id)
            if market is not None and position.size_lots != market.ledger.position.size_lots:
                market.ledger.position.adopt(position.size_lots, position.average_price)
                self._session.notice(
                    f"{position.inst_id}: took over a position of "
                    f"{market.instrument.size_text(position.size_lots)} contracts"
                )

    def is_suspicious(self, market: Market) -> bool:
        """Whether the last push has differed from the books for longer than messages take."""
        venue, now_ns = market.venue_position, self._session.now_ns
        if venue is None or venue.size_lots == market.ledger.position.size_lots:
            market.mismatch_since_ns = None
            return False
        if market.mismatch_since_ns is None:
            market.mismatch_since_ns = now_ns
        if now_ns - market.mismatch_since_ns <= MISMATCH_GRACE_NS or not self._session.is_merged:
            return False
        market.mismatch_since_ns = None
        return True

    def compare(self, market: Market, venue: PositionUpdate | None) -> None:
        """Compare after a merge; a difference no fill explains is taken over, loudly."""
        inst_id = market.instrument.inst_id
        theirs, ours = (venue.size_lots if venue else 0), market.ledger.position.size_lots
        if venue is not None:
            market.venue_position = venue
        if theirs == ours:
            self._mismatches.pop(inst_id, None)
            return
        seen = self._mismatches[inst_id] = self._mismatches.get(inst_id, 0) + 1
        if seen < MISMATCHES_BEFORE_ADOPTING:
            return
        del self._mismatches[inst_id]
        market.ledger.position.adopt(theirs, venue.average_price if venue else None)
        text = market.instrument.size_text
        self._session.raise_alarm(
            f"position-{inst_id}",
            Severity.CRITICAL,
            f"{inst_id}: venue holds {text(theirs)}, we had booked {text(ours)}; the venue's figure counts",
        )
