"""Trade REST queries and the dead-man's switch; placements go through ``trade_operations``."""

from __future__ import annotations

from collections.abc import Iterable

from okxmm_tui.exchange.api_error import ApiError, no_mass_cancel, wrong
from okxmm_tui.exchange.dead_man import DeadMan
from okxmm_tui.exchange.order_rows import fill_row, order_row
from okxmm_tui.exchange.orders import Order
from okxmm_tui.exchange.rest_request import RestRequest, Row, page, required
from okxmm_tui.exchange.state import VenueState

_ORDER_FILTERS = ("instType", "instId", "ordType", "state")
_FILL_FILTERS = ("instType", "instId", "ordId")


class TradeApi:
    """Answers trade queries."""

    def __init__(self, state: VenueState, dead_man: DeadMan) -> None:
        self._state = state
        self._dead_man = dead_man

    def order(self, request: RestRequest) -> list[Row]:
        """GET trade/order: the latest order of a client id when several carried it."""
        params = request.params()
        inst_id = required(params, "instId")
        order_id, cl_ord_id = params.get("ordId", ""), params.get("clOrdId", "")
        if not order_id and not cl_ord_id:
            raise ApiError("51003", "Either client order ID or order ID is required.")
        found = self._state.store.find(order_id, cl_ord_id)
        if found is None or found.listing.inst_id != inst_id:
            raise ApiError("51603", "Order does not exist.")
        return [order_row(found)]

    def pending(self, request: RestRequest) -> list[Row]:
        """GET trade/orders-pending, newest first, paged by ordId."""
        return self._orders(self._state.store.pending.values(), request.params())

    def history(self, request: RestRequest) -> list[Row]:
        """GET trade/orders-history: finished orders; unfilled canceled ones for two hours."""
        params = request.params()
        required(params, "instType")
        self._state.store.prune(self._state.now_ms)
        finished = (one for one in self._state.store.orders.values() if not one.is_pending)
        return self._orders(finished, params)

    def _orders(self, orders: Iterable[Order], params: dict[str, str]) -> list[Row]:
        rows = [
            order_row(one) for one in orders if params.get("instFamily") in {None, "", one.listing.family}
        ]
        return page([row for row in rows if _fits(row, params, _ORDER_FILTERS)], "ordId", params)

    def fills(self, request: RestRequest) -> list[Row]:
        """GET trade/fills and trade/fills-history, newest first, paged by billId."""
        params = request.params()
        rows = [fill_row(one) for one in self._state.store.fills]
        begin, end = params.get("begin"), params.get("end")
        for name, value in (("begin", begin), ("end", end)):
            if value and not value.isdigit():
                raise wrong(name)
        rows = [
            row
            for row in rows
            if _fits(row, params, _FILL_FILTERS)
            and (not begin or int(row["ts"]) >= int(begin))
            and (not end or int(row["ts"]) <= int(end))
        ]
        return page(rows, "billId", params)

    def fills_history(self, request: RestRequest) -> list[Row]:
        """GET trade/fills-history."""
        required(request.params(), "instType")
        return self.fills(request)

    def cancel_all_after(self, request: RestRequest) -> list[Row]:
        """POST trade/cancel-all-after."""
        body = request.json()
        if not isinstance(body, dict):
            raise wrong("body")
        return [self._dead_man.set(body.get("timeOut"), str(body.get("tag") or ""))]

    def mass_cancel(self, request: RestRequest) -> list[Row]:
        """POST trade/mass-cancel: always refused."""
        raise no_mass_cancel()


def _fits(row: Row, params: dict[str, str], names: tuple[str, ...]) -> bool:
    return all(params.get(name) in {None, "", row[name]} for name in names)
