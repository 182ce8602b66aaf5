"""Orders of which only the venue can tell what has become: when to ask, and when "no such order" is true.

A question follows 0.5, 1, 3 and 10 s after the doubt began, then every 10 s. "Does not exist" is believed
only when it was asked after the request had expired at the venue, allowing for how well we know its clock:
an order still on its way is not there either.
"""

from __future__ import annotations

from okxmm_tui.core.effects import QueryOrder
from okxmm_tui.core.orders import OwnOrder
from okxmm_tui.engine.session import Session

QUERY_AT_NS = (500_000_000, 1_000_000_000, 3_000_000_000, 10_000_000_000)
"""After the doubt began; from then on at the last interval."""
EXPIRY_MARGIN_NS = 1_000_000_000
"""Clock difference allowed for while none was measured."""


class Doubts:
    """Asks the venue about single orders."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def begin(self, order: OwnOrder, *, is_urgent: bool = False) -> None:
        """From now on only the venue can tell; a doubt that stands already keeps its schedule.

        Args:
            order: Ignored when it is done.
            is_urgent: Ask at once as well: no request of ours is on its way, so the answer will be final.
        """
        if order.doubt_ns is not None or order.is_done:
            return
        order.doubt_ns, order.queries = self._session.now_ns, 0
        order.next_query_ns = order.doubt_ns + QUERY_AT_NS[0]
        if is_urgent:
            self._query(order)

    def ask_if_due(self, order: OwnOrder) -> None:
        """Ask when the schedule says so."""
        now_ns = self._session.now_ns
        if order.doubt_ns is None or now_ns < order.next_query_ns:
            return
        order.queries += 1
        if order.queries < len(QUERY_AT_NS):
            order.next_query_ns = order.doubt_ns + QUERY_AT_NS[order.queries]
        else:
            order.next_query_ns = now_ns + QUERY_AT_NS[-1]
        self._query(order)

    def is_absent(self, order: OwnOrder, asked_ns: int | None) -> bool:
        """Whether "no such order" proves that there will be none.

        Args:
            order: The one asked for.
            asked_ns: When the oldest question this may be the answer to was sent; None when not known.
        """
        clock = self._session.clock
        margin_ns = EXPIRY_MARGIN_NS if clock is None else clock.uncertainty_ns
        return asked_ns is not None and asked_ns > order.expire_ns + margin_ns

    @staticmethod
    def end(order: OwnOrder) -> None:
        """The venue has spoken: nothing is in doubt any more."""
        order.doubt_ns = None
        order.queries = 0

    @staticmethod
    def answered(order: OwnOrder) -> int | None:
        """Take note of an answer; returns when the oldest open question was sent."""
        asked_ns, order.asked_ns = order.asked_ns, None
        return asked_ns

    def _query(self, order: OwnOrder) -> None:
        if order.asked_ns is None:
            order.asked_ns = self._session.now_ns
        self._session.effects.append(QueryOrder(order.inst_id, order.cl_ord_id))
