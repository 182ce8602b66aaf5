"""Orders the venue lists as live that we believe to be over: the worst kind, for nobody would cancel them.

A list may be older than our news of an order's end, so one sighting says nothing: the venue is asked again in
a second. What is listed then, too, is taken back as live and cancelled. Once HALTED it makes the proof
untrue, and the kill begins anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from okxmm_tui.core.messages import OrderUpdate
from okxmm_tui.core.orders import OwnOrder
from okxmm_tui.core.trading_state import TradingState
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.execution import Execution
from okxmm_tui.engine.session import Session

ALARM = "ghost"


class Ghosts:
    """Compares the venue's list with the orders that are over."""

    def __init__(self, session: Session, execution: Execution) -> None:
        self._session = session
        self._execution = execution
        self._seen: set[str] = set()

    @property
    def is_suspected(self) -> bool:
        """Whether the last list named one for the first time."""
        return bool(self._seen)

    def on_live_push(self, order: OwnOrder, want_truth: Callable[[str], None]) -> None:
        """One that is over was called live: old news, most often; after a kill that is not relied upon.

        Nor where no push had told of the order before: it ended by a refusal, and the venue has it after all.
        """
        was_never_live = order.update_ms == 0
        if was_never_live or self._session.machine.state is TradingState.HALTED:
            want_truth("an order believed gone was called live")

    def review(self, listed: Iterable[OrderUpdate]) -> str:
        """Judge a list; returns why everything must be halted anew, or an empty string."""
        suspects = {each.ord_id: each for each in listed if self._is_over(each)}
        certain = [each for ord_id, each in suspects.items() if ord_id in self._seen]
        self._seen = set(suspects) - {each.ord_id for each in certain}
        for update in certain:
            self._take_back(update)
        if not suspects:
            self._session.clear_alarm(ALARM, "the venue lists no order any more that was believed gone")
        if certain and self._session.machine.state is TradingState.HALTED:
            return "orders proven gone are live after all"
        return ""

    def _is_over(self, update: OrderUpdate) -> bool:
        market = self._session.markets.get(update.inst_id)
        order = market.orders.find(update.cl_ord_id, update.ord_id) if market is not None else None
        return order is not None and order.is_done

    def _take_back(self, update: OrderUpdate) -> None:
        market = self._session.markets[update.inst_id]
        order = market.orders.take_back(update)
        size, price = (
            market.instrument.size_text(order.size_lots),
            market.instrument.price_text(order.price_ticks),
        )
        what = f"{update.inst_id}: {order.side} {size} @ {price}"
        text = f"{what} was believed gone and is live at the venue; cancelling it"
        self._session.raise_alarm(ALARM, Severity.CRITICAL, text)
        self._execution.cancel(order, "believed gone, and live at the venue")
