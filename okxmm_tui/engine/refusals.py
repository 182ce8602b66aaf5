"""What to do when a place, amend or cancel was refused, by the venue or by the gateway before sending."""

from __future__ import annotations

from okxmm_tui.core.messages import OrderRefused
from okxmm_tui.core.orders import OwnOrder
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.execution import Execution
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.session import Session

ORDER_GONE_CODES = frozenset({"51400", "51401", "51402", "51410", "51503", "51509", "51510", "51603"})
AMEND_WOULD_TAKE = "51511"


class Refusals:
    """Ends, frees or cancels the order concerned, and slows its side down."""

    def __init__(self, session: Session, execution: Execution) -> None:
        self._session = session
        self._execution = execution

    def leave_open(self, market: Market, order: OwnOrder, event: OrderRefused) -> bool:
        """React to a refusal; True when only the venue can tell what has become of the order."""
        match event.verb:
            case "place":
                market.orders.finish(order)
                self._count(market, order, event)
                return False
            case "amend":
                return self._amend(market, order, event)
            case _:
                order.cancel_sent_ns = self._session.now_ns
                return True

    def _amend(self, market: Market, order: OwnOrder, event: OrderRefused) -> bool:
        if order.amend is not None and event.req_id not in {"", order.amend.req_id}:
            return False
        order.amend = None
        if event.code in ORDER_GONE_CODES:
            return True
        if event.code == AMEND_WOULD_TAKE:
            self._session.post_only_cancels += 1
            market.post_only_cancels.note(self._session.now_ns)
            self._execution.back_off(market, order.side, "amend would have crossed")
        else:
            self._count(market, order, event)
            self._execution.cancel(order, f"amend refused: {event.code}")
        return False

    def _count(self, market: Market, order: OwnOrder, event: OrderRefused) -> None:
        self._session.rejects += 1
        text = f"{event.code} {event.text}".strip()
        market.sides[order.side].say(f"refused: {text}", self._session.now_ns)
        self._execution.back_off(market, order.side, text)
        self._session.report(
            "reject",
            Severity.WARNING,
            f"{event.verb} {order.side} refused: {text}",
            inst_id=event.inst_id,
            code=event.code,
        )
