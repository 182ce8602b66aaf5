"""Orders the operator places and moves by hand, through the same risk checks as every quote.

Quoting leaves them alone; pulling, pausing and killing take them out like any other order.
"""

from __future__ import annotations

from okxmm_tui.core.commands import MoveOrder, PlaceManual
from okxmm_tui.core.orders import OrderStatus, OwnOrder
from okxmm_tui.core.risk import Refusal
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.alignment import BUDGET_LOW
from okxmm_tui.engine.execution import Execution
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.session import Session
from okxmm_tui.strategies.base import Quote


class Manual:
    """Carries out acts by hand; answers are (problem, confirmation), one of them empty."""

    def __init__(self, session: Session, execution: Execution) -> None:
        self._session = session
        self._execution = execution

    def carry_out(self, command: PlaceManual | MoveOrder) -> tuple[str, str]:
        """Do what the operator asked for."""
        market = self._session.markets.get(command.inst_id)
        if market is None:
            return f"{command.inst_id} is not traded in this session", ""
        if market.blocked:
            return f"no order may stand here now: {market.blocked}", ""
        if self._session.is_budget_low:
            return BUDGET_LOW, ""
        frozen = self._session.freezes.reason(command.inst_id)
        if frozen and not self._is_away(market, command):
            return f"frozen: {frozen}", ""
        if isinstance(command, PlaceManual):
            return self._place(market, command)
        return self._move(market, command)

    @staticmethod
    def _is_away(market: Market, command: PlaceManual | MoveOrder) -> bool:
        """Whether nothing new comes of it and an order only goes further from the market."""
        if isinstance(command, PlaceManual):
            return False
        order = market.orders.get(command.cl_ord_id)
        return order is not None and (order.price_ticks - command.price_ticks) * order.side.sign > 0

    def _place(self, market: Market, command: PlaceManual) -> tuple[str, str]:
        session = self._session
        if session.is_money_real and not session.machine.is_armed(session.now_ns):
            mode = session.started.mode.value
            return f"an order by hand takes more risk; in {mode} press a to arm first", ""
        quote = Quote(command.side, command.price_ticks, command.size_lots)
        placed = self._execution.alignment.ask_place(market, quote, "MANUAL placed by the operator")
        if isinstance(placed, Refusal):
            return placed.reason, ""
        placed.is_manual = True
        if session.is_money_real:
            session.machine.disarm()
        return "", self._report(market, placed, f"{self._text(market, placed)} placed by hand")

    def _move(self, market: Market, command: MoveOrder) -> tuple[str, str]:
        order = market.orders.get(command.cl_ord_id)
        if order is None or order.is_done:
            return "that order is not working any more", ""
        if order.is_closing:
            return "a closing order is not moved", ""
        if order.status is not OrderStatus.LIVE or order.amend or order.cancel_sent_ns is not None:
            return "a change of that order is in flight", ""
        before = self._text(market, order)
        if reason := self._execution.alignment.ask_amend(
            market, order, command.price_ticks, order.size_lots, "by hand"
        ):
            return reason, ""
        taken = self._take_over(market, order)
        to = market.instrument.price_text(command.price_ticks)
        return "", self._report(market, order, f"{before} moved to {to} by hand{taken}")

    def _take_over(self, market: Market, order: OwnOrder) -> str:
        """Mute the side of a quote moved by hand, or the strategy would put a second order beside it."""
        if order.is_manual:
            return ""
        order.is_manual = True
        market.sides[order.side].is_muted = True
        market.hurry()
        return f"; {order.side} side muted, it is yours now"

    def _report(self, market: Market, order: OwnOrder, text: str) -> str:
        self._session.report(
            "manual",
            Severity.INFO,
            f"{market.instrument.inst_id}: {text}",
            inst_id=market.instrument.inst_id,
            cl_ord_id=order.cl_ord_id,
            side=order.side.value,
        )
        return text

    @staticmethod
    def _text(market: Market, order: OwnOrder) -> str:
        instrument = market.instrument
        size = instrument.size_text(order.size_lots)
        return f"{order.side} {size} @ {instrument.price_text(order.price_ticks)}"
