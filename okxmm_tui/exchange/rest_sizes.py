"""REST endpoints that tell what an account may trade: max-size, max-avail-size, order-precheck."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from okxmm_tui.core.types import PositionSide
from okxmm_tui.exchange.api_error import ApiError, missing, wrong
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.margin import MarginView
from okxmm_tui.exchange.numbers import rounded, text
from okxmm_tui.exchange.order_checks import check_tradable, parse_amount, parse_price
from okxmm_tui.exchange.order_desk import OrderDesk
from okxmm_tui.exchange.order_sizes import contract_room, spot_room
from okxmm_tui.exchange.rest_request import RestRequest, Row, required
from okxmm_tui.exchange.state import VenueState
from okxmm_tui.exchange.trade_modes import trade_mode

MOST_INSTRUMENTS = 5
"""Instruments one question may name."""


class SizesApi:
    """Answers questions about room to trade."""

    def __init__(self, state: VenueState, desk: OrderDesk) -> None:
        self._state = state
        self._desk = desk

    def max_size(self, request: RestRequest) -> list[Row]:
        """GET account/max-size: contracts, or base currency for spot."""
        return [self._max_size(request.params(), listed) for listed in self._listings(request)]

    def _listings(self, request: RestRequest) -> list[Listing]:
        params = request.params()
        named = required(params, "instId").split(",")
        required(params, "tdMode")
        if len(named) > MOST_INSTRUMENTS:
            raise wrong("instId", f"at most {MOST_INSTRUMENTS}")
        found = [self._state.listing(one) for one in named]
        for listed in found:
            check_tradable(listed)
            trade_mode(params, listed, self._state.settings.account_level)
        return found

    def _max_size(self, params: Row, listed: Listing) -> Row:
        state, ours = self._state, listed.instrument
        buy = sell = state.markets[listed.inst_id].last_ticks()
        if params.get("px"):
            buy = sell = parse_price(params["px"], "px", ours)
        lever = parse_amount(params["leverage"], "leverage") if params.get("leverage") else None
        if listed.is_spot:
            room = spot_room(state, listed, buy)
        else:
            room = contract_room(state, listed, params["tdMode"], sell, lever)
        return {
            "instId": listed.inst_id,
            "ccy": params.get("ccy") or ("" if listed.is_spot else ours.settle_ccy),
            "maxBuy": text(ours.size(room.buy_lots)),
            "maxSell": text(ours.size(room.sell_lots)),
        }

    def max_avail_size(self, request: RestRequest) -> list[Row]:
        """GET account/max-avail-size: currency available to a buy and to a sell.

        Quote and base of spot; margin in the settlement currency for contracts, and with
        ``reduceOnly`` the contracts that could be bought and sold back.
        """
        params, rows = request.params(), []
        for listed in self._listings(request):
            buy, sell = self._available(listed, params["tdMode"], params.get("reduceOnly") == "true")
            rows.append({"instId": listed.inst_id, "availBuy": text(buy), "availSell": text(sell)})
        return rows

    def _available(self, listed: Listing, mode: str, reduces: bool) -> tuple[Decimal, Decimal]:  # noqa: FBT001 - the request's own flag
        state, ours, view = self._state, listed.instrument, self._state.margin()
        if listed.is_spot:
            return rounded(view.spendable(ours.quote_ccy)), rounded(view.spendable(ours.base_ccy))
        if not reduces:
            free = rounded(view.available(ours.settle_ccy))
            return free, free
        sides = (PositionSide.SHORT, PositionSide.LONG) if state.is_hedged else (PositionSide.NET,) * 2
        shorts, longs = (state.account.position(ours, one, mode).lots for one in sides)
        return ours.size(max(0, -shorts)), ours.size(max(0, longs))

    def precheck(self, request: RestRequest) -> list[Row]:
        """POST trade/order-precheck: what an order would change; multi-currency and portfolio mode."""
        state, body = self._state, request.fields()
        if not body.get("instId"):
            raise missing("instId")
        listed = state.listing(str(body["instId"]))
        before = state.margin()
        if not before.is_pooled:
            raise ApiError("51010", "You can't complete this request under your current account mode.")
        order = self._desk.judge(body, listed)
        return [_changes(before, state.margin(order))]


_TOTALS: dict[str, Callable[[MarginView], Decimal]] = {
    "adjEq": lambda view: view.total_usd(lambda one: one.cross_equity),
    "imr": lambda view: view.total_usd(lambda one: one.total_margin),
    "mmr": lambda view: view.total_usd(lambda one: one.maintenance),
    "mgnRatio": lambda view: view.ratio("") or Decimal(0),
    "availBal": lambda view: view.total_usd(lambda one: one.spendable),
}


def _changes(before: MarginView, after: MarginView) -> Row:
    row: Row = dict.fromkeys(
        ("liqPx", "liqPxDiff", "liqPxDiffRatio", "posBal", "posBalChg", "liab", "liabChg", "liabChgCcy"), ""
    )
    for name, total in _TOTALS.items():
        row[name] = text(rounded(total(after)))
        row[f"{name}Chg"] = text(rounded(total(after) - total(before)))
    return row | {"type": ""}
