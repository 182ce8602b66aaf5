"""Counts amends in flight per order: the venue allows three (OKX v5, code 51513).

An acknowledgement only says that the venue will try; an amend is over when the orders channel names its
``reqId``, when the order is over, when it was refused, or when it is too old to arrive.
"""

from __future__ import annotations

from okxmm_tui.core.effects import AmendOrder
from okxmm_tui.core.messages import OrderUpdate

MOST_IN_FLIGHT = 3
FORGET_NS = 15 * 1_000_000_000
"""The longest expiry an operator can set is 10 s; nothing sent before this can still take effect."""


class AmendGuard:
    """Amends sent and not yet seen on the orders channel, by order."""

    def __init__(self) -> None:
        self._sent: dict[tuple[str, str], dict[str, int]] = {}

    def try_send(self, amend: AmendOrder, now_ns: int) -> bool:
        """Count one more amend of an order; False when three are in flight already."""
        key = (amend.inst_id, amend.cl_ord_id)
        flying = {req_id: at for req_id, at in self._sent.get(key, {}).items() if now_ns - at < FORGET_NS}
        has_room = len(flying) < MOST_IN_FLIGHT
        if has_room:
            flying[amend.req_id] = now_ns
        self._sent[key] = flying
        return has_room

    def refused(self, amend: AmendOrder) -> None:
        """The amend certainly does not take effect."""
        self._end((amend.inst_id, amend.cl_ord_id), amend.req_id)

    def pushed(self, update: OrderUpdate) -> None:
        """The orders channel spoke of an order."""
        key = (update.inst_id, update.cl_ord_id)
        if update.state.is_terminal:
            self._sent.pop(key, None)
        elif update.req_id:
            self._end(key, update.req_id)

    def _end(self, key: tuple[str, str], req_id: str) -> None:
        flying = self._sent.get(key)
        if flying is not None:
            flying.pop(req_id, None)
            if not flying:
                del self._sent[key]
