"""Notices somebody else trading with our tag: two engines fight and double the size (fault 33).

Our ids begin with the second our session started. Orders of earlier sessions are found at the first merge; an
order that turns up later with our tag and an id that is not ours was placed by somebody who is alive. It is
not ours to cancel: we pause, say so, and stay out until its orders are gone and the operator resumes.
"""

from __future__ import annotations

from collections.abc import Sequence

from okxmm_tui.core.messages import OrderUpdate
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.session import Session

SETTLED_NS = 5_000_000_000
"""After the first merge: requests of a session that has ended have arrived or expired by then."""
ALARM = "intruder"
STRAYS = "strays"


class Intruders:
    """Live orders with our tag that are neither ours nor left over."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._orders: set[str] = set()
        self._merged_ns: int | None = None

    def on_merged(self, orders: Sequence[OrderUpdate]) -> None:
        """Orders, fills and positions were read: forget what is listed no more."""
        if self._merged_ns is None:
            self._merged_ns = self._session.now_ns
        self._orders &= {order.ord_id for order in orders}
        self._judge()
        self._tell_of_strays(orders)

    def claims(self, update: OrderUpdate) -> bool:
        """Whether an order unknown to us is an intruder's; a live one pauses trading."""
        if update.state.is_terminal:
            was_known = update.ord_id in self._orders
            self._orders.discard(update.ord_id)
            self._judge()
            return was_known
        if update.ord_id in self._orders:
            return True
        if not self._is_settled or update.tag != self._session.started.tag:
            return False
        self._orders.add(update.ord_id)
        self._pause(update)
        return True

    @property
    def block(self) -> str:
        """Why nothing may be quoted; empty while we are alone."""
        return f"{len(self._orders)} orders with our tag are somebody else's" if self._orders else ""

    @property
    def _is_settled(self) -> bool:
        return self._merged_ns is not None and self._session.now_ns - self._merged_ns > SETTLED_NS

    def _judge(self) -> None:
        if not self._orders:
            self._session.clear_alarm(
                ALARM, "no orders of somebody else carry our tag any more; resume by hand"
            )

    def _tell_of_strays(self, listed: Sequence[OrderUpdate]) -> None:
        """Orders with our tag where this session does not trade: nobody looks after them."""
        session, tag = self._session, self._session.started.tag
        where = sorted(
            {order.inst_id for order in listed if order.tag == tag and order.inst_id not in session.markets}
        )
        if where:
            text = (
                f"orders with our tag rest on {', '.join(where)}, which this session does not trade; "
                "a kill takes them out as well"
            )
            session.raise_alarm(STRAYS, Severity.WARNING, text)
        else:
            session.clear_alarm(STRAYS, "no order with our tag rests where this session does not trade")

    def _pause(self, update: OrderUpdate) -> None:
        session = self._session
        tag = session.started.tag
        text = (
            f"{update.inst_id}: order {update.cl_ord_id or update.ord_id} carries our tag {tag} but is not "
            "ours: another engine trades here; stop it or give it another tag, then resume"
        )
        session.raise_alarm(ALARM, Severity.CRITICAL, text)
        session.pause("another engine trades with our tag", Severity.CRITICAL)
