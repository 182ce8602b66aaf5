"""Place, amend and cancel requests as REST and WebSocket share them: rate pools, batches, acks."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from msgspec import Struct

from okxmm_tui.exchange.api_error import ApiError, wrong
from okxmm_tui.exchange.faults.kinds_orders import LoseAck
from okxmm_tui.exchange.faults.order_acts import judge_request, refuse_item
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.order_checks import Params
from okxmm_tui.exchange.order_desk import OrderDesk
from okxmm_tui.exchange.orders import Order
from okxmm_tui.exchange.state import VenueState

MAX_BATCH = 20
Row = dict[str, Any]
FindListing = Callable[[Params], Listing]


class Verb(StrEnum):
    """The three kinds of trade operation, each with its own rate pools."""

    PLACE = "place"
    AMEND = "amend"
    CANCEL = "cancel"


class TradeAnswer(Struct, frozen=True):
    """Envelope of a trade answer; a lost one was executed but must never be sent."""

    code: str
    msg: str
    data: list[Row]
    is_lost: bool = False
    http_status: int = 200


def judge_expiry(exp_time: object, received_ns: int, now_ns: int) -> None:
    """Refuse a request whose ``expTime`` has passed.

    Raises:
        ApiError: 50036 when it was already past on arrival, 50037 when it expired while queued.
    """
    if exp_time is None or exp_time == "":
        return
    if not str(exp_time).isdigit():
        raise wrong("expTime", "Unix milliseconds as a string")
    due_ns = int(str(exp_time)) * 1_000_000
    if due_ns <= received_ns:
        raise ApiError("50036", "The expTime can't be earlier than the current system time.")
    if due_ns <= now_ns:
        raise ApiError("50037", "Order expired.")


class TradeOperations:
    """Executes trade requests and words their acks."""

    def __init__(self, state: VenueState, desk: OrderDesk) -> None:
        self._state = state
        self._run: dict[Verb, Callable[[Params, Listing], Order]] = {
            Verb.PLACE: desk.place,
            Verb.AMEND: desk.amend,
            Verb.CANCEL: desk.cancel,
        }

    def execute(
        self, verb: Verb, items: object, find: FindListing, exp_time: object, received_ns: int
    ) -> TradeAnswer:
        """Execute the orders of one request in turn; a refused request executes nothing."""
        state = self._state
        inst_id = ""
        try:
            orders = _orders(items)
            if verb is not Verb.CANCEL:
                judge_expiry(exp_time, received_ns, state.shown_ns)
            listings = [_listing_or_error(params, find) for params in orders]
            known = [one.inst_id for one in listings if isinstance(one, Listing)]
            if known:
                inst_id = known[0]
                state.pools.trade(verb.value, known, state.now_ns)
            disowned = judge_request(state.faults, verb.value, inst_id)
            if verb is Verb.AMEND:
                _refuse_duplicates(orders)
            rows = [
                self._one(verb, params, found, (place, len(orders)))
                for place, (params, found) in enumerate(zip(orders, listings, strict=True))
            ]
            if disowned is not None:
                raise disowned
        except ApiError as error:
            is_lost = state.faults.operation(LoseAck, verb.value, inst_id) is not None
            return TradeAnswer(error.code, error.text, [], is_lost, error.http_status)
        failed = sum(row["sCode"] != "0" for row in rows)
        code = "0" if not failed else "1" if failed == len(rows) else "2"
        is_lost = state.faults.operation(LoseAck, verb.value, inst_id) is not None
        return TradeAnswer(code, "", rows, is_lost)

    def _one(self, verb: Verb, params: Params, found: Listing | ApiError, place: tuple[int, int]) -> Row:
        try:
            if isinstance(found, ApiError):
                raise found
            if verb is not Verb.CANCEL:
                self._state.pools.account_order(self._state.now_ns, found.instrument.inst_type)
            refuse_item(self._state.faults, verb.value, found.inst_id, *place)
            order = self._run[verb](params, found)
        except ApiError as error:
            return self._ack(verb, params, None, error)
        return self._ack(verb, params, order, None)

    def _ack(self, verb: Verb, params: Params, order: Order | None, error: ApiError | None) -> Row:
        row: Row = {
            "clOrdId": order.cl_ord_id if order else str(params.get("clOrdId") or ""),
            "ordId": order.order_id if order else "",
            "ts": str(self._state.now_ms),
            "sCode": error.code if error else "0",
            "sMsg": error.text if error else "Order placed" if verb is Verb.PLACE else "",
        }
        if order is None and verb is not Verb.PLACE:
            row["ordId"] = str(params.get("ordId") or "")
        if verb is Verb.PLACE:
            row["tag"] = str(params.get("tag") or "")
        if verb is Verb.AMEND:
            row["reqId"] = str(params.get("reqId") or "")
        if verb is not Verb.CANCEL:
            row["subCode"] = error.sub_code if error else ""
        return row


def _orders(items: object) -> list[Params]:
    if not isinstance(items, list) or not items or not all(isinstance(one, dict) for one in items):
        raise ApiError("60013", "Invalid args")
    if len(items) > MAX_BATCH:
        raise ApiError("51501", f"Maximum of {MAX_BATCH} orders per request.")
    for order in items:
        for name, value in order.items():
            if isinstance(value, list | dict) and name != "attachAlgoOrds":
                raise wrong(name)
    return items


def _listing_or_error(params: Params, find: FindListing) -> Listing | ApiError:
    try:
        return find(params)
    except ApiError as error:
        return error


def _refuse_duplicates(orders: list[Params]) -> None:
    named = [str(one.get("ordId") or one.get("clOrdId") or "") for one in orders]
    if len(set(named)) < len(named):
        raise ApiError("51512", "A batch must not amend one order twice.")
