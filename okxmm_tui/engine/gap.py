"""The time between two sessions, once the venue has told of it."""

from __future__ import annotations

from okxmm_tui.core.effects import QueryOrder
from okxmm_tui.core.messages import TruthFetched
from okxmm_tui.engine.session import Session

QUERIES_AT_ONCE = 60
"""Orders asked for by id, which the venue limits to 60 in 2 s (OKX v5, Order details)."""


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
