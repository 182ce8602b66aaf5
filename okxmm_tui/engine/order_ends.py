"""What the end of an order means: a normal cancel, a post-only refusal, a self-trade, a word of the venue."""

from __future__ import annotations

from okxmm_tui.core.orders import OwnOrder
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.execution import Execution
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.session import Session

POST_ONLY_WOULD_TAKE = "31"
DEAD_MAN_FIRED = "20"
SELF_TRADE = "32"
OWN_CANCEL_SOURCES = frozenset({"", "1", POST_ONLY_WOULD_TAKE, DEAD_MAN_FIRED})
"""OKX v5, order channel, cancelSource."""


class OrderEnds:
    """Told of every order that is done."""

    def __init__(self, session: Session, execution: Execution) -> None:
        self._session = session
        self._execution = execution

    def tell(self, market: Market, order: OwnOrder, why: str) -> None:
        """Take a finished order off the queue estimates and react to how it ended."""
        market.queues.leave(order.cl_ord_id)
        market.hurry()
        text = f"{market.instrument.inst_id} {order.side} {market.instrument.price_text(order.price_ticks)}"
        if order.cancel_source == POST_ONLY_WOULD_TAKE:
            self._session.post_only_cancels += 1
            market.post_only_cancels.note(self._session.now_ns)
            order.decision = "post-only would have crossed"
            if not order.is_manual:  # quoting did not ask for that price
                self._execution.would_take(market, order.side, order.decision)
        elif order.cancel_source == DEAD_MAN_FIRED:
            order.decision = "removed by the dead-man's switch"
            self._session.raise_alarm(
                "dead-man-fired",
                Severity.CRITICAL,
                f"{text} was removed by the dead-man's switch",
                is_event=True,
            )
        elif order.cancel_source == SELF_TRADE:
            order.decision = "cancelled to prevent a self-trade"
            self._session.self_trades += 1
            market.self_trades.note(self._session.now_ns)
            self._session.report(
                "notice",
                Severity.WARNING,
                f"{text} was cancelled to prevent a self-trade ({self._session.self_trades} so far): orders "
                "of this account or its sub-accounts meet; quotes stand wider for a minute, and rest when it "
                "goes on; trade it from one place",
                source=order.cancel_source,
            )
        elif order.cancel_source not in OWN_CANCEL_SOURCES:
            reason = why or f"source {order.cancel_source}"
            order.decision = f"cancelled by the venue: {reason}"
            self._session.report(
                "notice",
                Severity.WARNING,
                f"{text} was cancelled by the venue: {reason}",
                source=order.cancel_source,
            )
