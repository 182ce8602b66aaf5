"""Trade REST queries and the dead-man's switch; placements go through ``trade_operations``."""

from __future__ import annotations

from collections.abc import Iterable

from okxmm_tui.core.types import PositionSide, Side
from okxmm_tui.exchange.api_error import ApiError, missing, no_mass_cancel
from okxmm_tui.exchange.dead_man import DeadMan
from okxmm_tui.exchange.numbers import text
from okxmm_tui.exchange.order_desk import OrderDesk
from okxmm_tui.exchange.order_rows import fill_row, order_row
from okxmm_tui.exchange.orders import CancelSource, Order
from okxmm_tui.exchange.positions import Position
from okxmm_tui.exchange.rest_request import (
    ARCHIVE_MS,
    DAY_MS,
    RECENT_MS,
    RestRequest,
    Row,
    page,
    required,
    time_bounds,
)
from okxmm_tui.exchange.state import VenueState
from okxmm_tui.exchange.trade_modes import margin_mode, position_side

RECENT_FILLS_MS = 3 * DAY_MS
"""How long trade/fills keeps a fill (OKX v5)."""

_ORDER_FILTERS = ("instType", "instId", "state", "category")
_FILL_FILTERS = ("instType", "instId", "ordId", "subType")


class TradeApi:
    """Answers trade queries."""

    def __init__(self, state: VenueState, dead_man: DeadMan, desk: OrderDesk) -> None:
        self._state = state
        self._dead_man = dead_man
        self._desk = desk

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
        """GET trade/orders-pending, newest first, paged by ordId; ordType may name several kinds."""
        return self._orders(self._state.store.pending.values(), request.params())

    def history(self, request: RestRequest) -> list[Row]:
        """GET trade/orders-history: orders finished in the last seven days."""
        return self._finished(request.params(), RECENT_MS)

    def archive(self, request: RestRequest) -> list[Row]:
        """GET trade/orders-history-archive: orders finished in the last three months."""
        return self._finished(request.params(), ARCHIVE_MS)

    def _finished(self, params: dict[str, str], kept_ms: int) -> list[Row]:
        """Finished orders by the time of their creation; unfilled canceled ones are kept two hours only."""
        required(params, "instType")
        state, (begin, end) = self._state, time_bounds(params)
        state.store.prune(state.now_ms)
        finished = (
            one
            for one in state.store.orders.values()
            if not one.is_pending
            and one.updated_ms >= state.now_ms - kept_ms
            and begin <= one.created_ms <= end
        )
        return self._orders(finished, params)

    def _orders(self, orders: Iterable[Order], params: dict[str, str]) -> list[Row]:
        kinds = set(filter(None, params.get("ordType", "").split(",")))
        rows = [
            order_row(one)
            for one in orders
            if params.get("instFamily") in {None, "", one.listing.family}
            and (not kinds or one.ord_type in kinds)
        ]
        return page([row for row in rows if _fits(row, params, _ORDER_FILTERS)], "ordId", params)

    def fills(self, request: RestRequest) -> list[Row]:
        """GET trade/fills: the last three days, newest first, paged by billId."""
        return self._fills(request.params(), RECENT_FILLS_MS)

    def fills_history(self, request: RestRequest) -> list[Row]:
        """GET trade/fills-history: the last three months."""
        required(request.params(), "instType")
        return self._fills(request.params(), ARCHIVE_MS)

    def _fills(self, params: dict[str, str], kept_ms: int) -> list[Row]:
        begin, end = time_bounds(params)
        begin = max(begin, self._state.now_ms - kept_ms)
        # The time is looked at before a row is made of a fill: there are very many after a day.
        asked = [one for one in self._state.store.fills if begin <= one.ts_ms <= end]
        rows = [row for row in map(fill_row, asked) if _fits(row, params, _FILL_FILTERS)]
        return page(rows, "billId", params)

    def close_position(self, request: RestRequest) -> list[Row]:
        """POST trade/close-position: a market order over the whole position.

        Orders that would close it stand in the way (51115) unless ``autoCxl`` cancels them.
        """
        body = request.fields()
        if not body.get("instId"):
            raise missing("instId")
        listed = self._state.listing(str(body["instId"]))
        mode = margin_mode(body, self._state.settings.account_level)
        side = position_side(body, listed, is_hedged=self._state.is_hedged)
        position = self._state.account.position(listed.instrument, side, mode)
        if not position.lots:
            raise ApiError("51023", "Position does not exist.")
        self._clear_way(position, cancels=body.get("autoCxl") in {True, "true"})
        order = self._desk.place(
            {
                "tdMode": mode,
                "side": Side.SELL.value if position.lots > 0 else Side.BUY.value,
                "posSide": side.value,
                "ordType": "market",
                "sz": text(listed.instrument.size(abs(position.lots))),
                "reduceOnly": side is PositionSide.NET,
                "clOrdId": body.get("clOrdId"),
                "tag": body.get("tag"),
            },
            listed,
        )
        shown = {"clOrdId": order.cl_ord_id, "tag": order.tag}
        return [{"instId": listed.inst_id, "posSide": side.value, **shown}]

    def _clear_way(self, position: Position, *, cancels: bool) -> None:
        key = (position.side, position.margin_mode)
        for order in list(self._state.store.pending_of(position.instrument.inst_id)):
            if not order.only_reduces or (order.pos_side, order.td_mode) != key:
                continue
            if not cancels:
                raise ApiError("51115", "Cancel all pending close orders before closing the position.")
            self._desk.cancel_order(order, CancelSource.USER)

    def cancel_all_after(self, request: RestRequest) -> list[Row]:
        """POST trade/cancel-all-after."""
        body = request.fields()
        return [self._dead_man.set(body.get("timeOut"), str(body.get("tag") or ""))]

    def mass_cancel(self, request: RestRequest) -> list[Row]:
        """POST trade/mass-cancel: always refused."""
        raise no_mass_cancel()


def _fits(row: Row, params: dict[str, str], names: tuple[str, ...]) -> bool:
    return all(params.get(name) in {None, "", row[name]} for name in names)
