"""Place, amend and cancel requests as REST and WebSocket share them: rate pools, batches, acks."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from msgspec import Struct

from okxmm_tui.core.types import AccountLevel
from okxmm_tui.exchange.api_error import ApiError, wrong
from okxmm_tui.exchange.faults.kinds_orders import LoseAck
from okxmm_tui.exchange.faults.order_acts import judge_request, refuse_item
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.numbers import is_whole
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
    if not is_whole(str(exp_time)):
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
        self._desk = desk
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
            listings = [
                self._admitted(verb, found, place, len(orders)) for place, found in enumerate(listings)
            ]
            if verb is Verb.PLACE and len(orders) > 1:
                listings = self._all_or_nothing(orders, listings)
            rows = [self._one(verb, params, found) for params, found in zip(orders, listings, strict=True)]
            if disowned is not None:
                raise disowned
        except ApiError as error:
            is_lost = state.faults.operation(LoseAck, verb.value, inst_id) is not None
            return TradeAnswer(error.code, error.text, [], is_lost, error.http_status)
        failed = sum(row["sCode"] != "0" for row in rows)
        code = "0" if not failed else "1" if failed == len(rows) else "2"
        is_lost = state.faults.operation(LoseAck, verb.value, inst_id) is not None
        return TradeAnswer(code, "", rows, is_lost)

    def _admitted(self, verb: Verb, found: Listing | ApiError, place: int, size: int) -> Listing | ApiError:
        """Judge what does not depend on the orders before it: the account's cap and injected refusals."""
        if isinstance(found, ApiError):
            return found
        try:
            if verb is not Verb.CANCEL:
                self._state.pools.account_order(self._state.now_ns, found.instrument.inst_type)
            refuse_item(self._state.faults, verb.value, found.inst_id, place, size)
        except ApiError as error:
            return error
        return found

    def _all_or_nothing(
        self, orders: list[Params], listings: list[Listing | ApiError]
    ) -> list[Listing | ApiError]:
        """Portfolio accounts place a batch whole or not at all: one refusal refuses the others, 54004."""
        if self._state.settings.account_level is not AccountLevel.PORTFOLIO:
            return listings
        judged: list[Order] = []
        found = list(listings)
        for place, (params, listed) in enumerate(zip(orders, listings, strict=True)):
            if isinstance(listed, Listing):
                answer = self._judge(params, listed, judged)
                if isinstance(answer, ApiError):
                    found[place] = answer
                else:
                    judged.append(answer)
        if len(judged) == len(orders):
            return found
        why = ApiError("54004", "Order placement failed as another order of the batch failed.")
        return [one if isinstance(one, ApiError) else why for one in found]

    def _judge(self, params: Params, listed: Listing, judged: list[Order]) -> Order | ApiError:
        try:
            order = self._desk.judge(params, listed, judged)
        except ApiError as error:
            return error
        if order.cl_ord_id and order.cl_ord_id in {one.cl_ord_id for one in judged}:
            return ApiError("51016", "Duplicated client order ID.")
        return order

    def _one(self, verb: Verb, params: Params, found: Listing | ApiError) -> Row:
        try:
            if isinstance(found, ApiError):
                raise found
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
