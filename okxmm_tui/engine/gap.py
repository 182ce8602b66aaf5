"""The time between two sessions, once the venue has told of it."""

from __future__ import annotations

from okxmm_tui.core.accounting.trust import Trust
from okxmm_tui.core.effects import QueryOrder
from okxmm_tui.core.messages import TruthFetched
from okxmm_tui.engine.session import Session

VENUE_KEEPS_MS = 3 * 86_400_000
"""The venue forgets fills that are older (OKX v5, Transaction details)."""
MARGIN_MS = 600_000
"""Left to be sure that what is asked for is still kept when the answer is made."""
QUERIES_AT_ONCE = 60
"""Orders asked for by id, which the venue limits to 60 in 2 s (OKX v5, Order details)."""


def within_reach(session: Session, trust: Trust, since_ms: int) -> int:
    """Where reading at the venue can begin; what lies before it is missing for good, and said to be."""
    oldest_ms = session.now_ns // 1_000_000 - VENUE_KEEPS_MS + MARGIN_MS
    if since_ms >= oldest_ms:
        return since_ms
    hours = (oldest_ms - since_ms) / 3_600_000
    trust.miss("gap", f"{hours:.0f} h of fills and bills before this session are no longer kept by the venue")
    return oldest_ms


def tell_of_the_gap(session: Session, event: TruthFetched) -> None:
    """Say what happened while no session ran, and ask about orders that are not listed any more."""
    left = session.started.restored.orders if session.started.restored is not None else ()
    listed = {order.cl_ord_id for order in event.orders}
    gone = [each for each in left if each.cl_ord_id not in listed]
    session.notice(
        f"carried on from the last session: {len(session.booked)} fills since then booked, "
        f"{len(left)} orders were not known to be gone, {len(left) - len(gone)} of them still stand"
    )
    for each in gone[-QUERIES_AT_ONCE:]:
        session.effects.append(QueryOrder(each.inst_id, each.cl_ord_id))
