"""Sends what was decided and enters it in the books before it leaves."""

from __future__ import annotations

from okxmm_tui.core.effects import CancelOrder, PlaceOrder
from okxmm_tui.core.orders import OwnOrder
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.session import Session

NS_PER_MS = 1_000_000


class Sender:
    """The way out for orders and cancels."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def cancel(self, order: OwnOrder, decision: str, *, by_rest: bool = False) -> None:
        """Ask for one order to be cancelled; without a private stream the way is REST."""
        order.cancel_sent_ns = self._session.now_ns
        order.decision = decision
        by_rest = by_rest or not self._session.private_up
        effect = CancelOrder(order.inst_id, order.cl_ord_id, order.ord_id, by_rest=by_rest)
        self._session.effects.append(effect)

    def book(self, market: Market, effect: PlaceOrder, *, decision: str) -> OwnOrder:
        """Enter a reviewed order and have it sent."""
        order = OwnOrder(
            effect.inst_id,
            effect.cl_ord_id,
            effect.side,
            effect.price_ticks,
            size_lots=effect.size_lots,
            created_ns=self._session.now_ns,
            position_side=effect.position_side,
        )
        order.expire_ns = effect.expire_ms * NS_PER_MS
        order.decision = decision
        order.params_version = market.params.version
        market.orders.add(order)
        market.orders_sent.note(self._session.now_ns)
        self._session.effects.append(effect)
        return order
