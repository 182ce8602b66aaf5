"""What faults do to trade operations and to the orders they name."""

from __future__ import annotations

from math import ceil
from typing import Protocol

from okxmm_tui.exchange.api_error import ApiError
from okxmm_tui.exchange.faults import kinds_orders as kinds
from okxmm_tui.exchange.faults.laboratory import Faults
from okxmm_tui.exchange.orders import CancelSource, Order
from okxmm_tui.exchange.resting import MakerFill
from okxmm_tui.exchange.timers import Timers


class _State(Protocol):
    """The part of the venue's state used here."""

    now_ns: int
    faults: Faults
    timers: Timers


class _Desk(Protocol):
    """The part of the order desk used here."""

    def maker_fills(self, fills: list[MakerFill]) -> None:
        """Book fills of resting orders."""

    def cancel_order(self, order: Order, source: CancelSource) -> None:
        """Cancel a pending order."""


def injected_error(code: str) -> ApiError:
    """Word a refusal that a fault asked for."""
    return ApiError(code, "Refused by an injected fault.", "1000" if code == "51008" else "")


def judge_request(faults: Faults, op: str, inst_id: str) -> ApiError | None:
    """Judge a whole request before anything is carried out.

    Returns:
        The error to answer with once it has been carried out; None to answer truthfully.

    Raises:
        ApiError: It must be refused and not carried out.
    """
    unknown = faults.operation(kinds.UnknownOutcome, op, inst_id)
    if unknown is not None:
        return ApiError(unknown.code, "Order timed out.")
    fault = faults.operation(kinds.AnswerError, op, inst_id)
    if fault is None:
        return None
    if fault.executed:
        return injected_error(fault.code)
    raise injected_error(fault.code)


def refuse_item(faults: Faults, op: str, inst_id: str, place: int, size: int) -> None:
    """Refuse one order of a request.

    Args:
        faults: The armed faults.
        op: place, amend or cancel.
        inst_id: Instrument of the order.
        place: Position in the request, from 0.
        size: Orders in the request.

    Raises:
        ApiError: The code a fault asks for.
    """
    rejected = faults.operation(kinds.RejectNext, op, inst_id)
    if rejected is not None:
        raise injected_error(rejected.code)
    partial = faults.level(kinds.PartialBatch, op=op, via=faults.via, inst_id=inst_id)
    if size > 1 and partial is not None and place in partial.items:
        struck = faults.operation(kinds.PartialBatch, op, inst_id)
        if struck is not None:
            raise injected_error(struck.code)


def intercept_cancel(state: _State, desk: _Desk, order: Order) -> bool:
    """Let an acknowledged cancel go wrong; True when the order must not be canceled now."""
    inst_id = order.listing.inst_id
    stuck = state.faults.met(kinds.StuckCancel, inst_id=inst_id)
    if stuck is not None:
        if stuck.seconds is not None:
            due_ns = state.now_ns + int(stuck.seconds * 1e9)
            state.timers.at(due_ns, lambda: _cancel_if_pending(desk, order))
        return True
    filling = state.faults.met(kinds.FillDuringCancel, inst_id=inst_id)
    if filling is not None:
        size_lots = ceil(order.remaining_lots * filling.share)
        desk.maker_fills([MakerFill(order.order_id, order.price_ticks or 0, size_lots)])
    return not order.is_pending


def _cancel_if_pending(desk: _Desk, order: Order) -> None:
    if order.is_pending:
        desk.cancel_order(order, CancelSource.USER)


def failing_amend(faults: Faults, order: Order) -> tuple[ApiError, int] | None:
    """Return the error with which an acknowledged amend is to fail, and after how many ns."""
    fault = faults.met(kinds.AmendFailure, inst_id=order.listing.inst_id)
    return (injected_error(fault.code), fault.ms * 1_000_000) if fault is not None else None
