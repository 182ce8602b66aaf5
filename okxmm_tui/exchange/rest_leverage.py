"""REST endpoints of leverage and position mode."""

from __future__ import annotations

from okxmm_tui.core.decimals import read_decimal
from okxmm_tui.core.types import AccountLevel, PositionMode, PositionSide
from okxmm_tui.errors import WireError
from okxmm_tui.exchange.api_error import ApiError, missing, wrong
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.numbers import text
from okxmm_tui.exchange.positions import CROSS
from okxmm_tui.exchange.rest_request import RestRequest, Row, required
from okxmm_tui.exchange.state import VenueState
from okxmm_tui.exchange.trade_modes import margin_mode


class LeverageApi:
    """Sets and tells leverage, and switches the position mode."""

    def __init__(self, state: VenueState) -> None:
        self._state = state

    def set_leverage(self, request: RestRequest) -> list[Row]:
        """POST account/set-leverage: per instrument, and per side with isolated margin in long/short mode.

        What is open must stay covered: a leverage too low for it is refused with 59103.
        """
        body = request.fields()
        listed = self._listing(str(body.get("instId") or ""))
        mode = margin_mode(body, self._state.settings.account_level)
        try:
            lever = read_decimal(str(body.get("lever", "")))
        except WireError as error:
            raise wrong("lever") from error
        if not 1 <= lever <= listed.instrument.max_leverage:
            raise wrong("lever", f"must be 1 to {listed.instrument.max_leverage}")
        side = self._side(body, mode)
        key = self._state.lever_key(listed.inst_id, mode, side)
        before = self._state.levers.get(key)
        self._state.levers[key] = lever
        if self._is_overdrawn(listed):
            if before is None:
                del self._state.levers[key]
            else:
                self._state.levers[key] = before
            raise ApiError("59103", "Leverage is too low and there is not enough margin in the account.")
        return [{"instId": listed.inst_id, "mgnMode": mode, "posSide": side.value, "lever": text(lever)}]

    def _is_overdrawn(self, listed: Listing) -> bool:
        view, ccy = self._state.margin(), listed.instrument.settle_ccy
        exposed = view.of(ccy).total_margin > 0
        return exposed and view.needed(ccy) > view.backing(ccy)

    def _listing(self, inst_id: str) -> Listing:
        if not inst_id:
            raise missing("instId")
        return self._state.listing(inst_id)

    def _side(self, body: Row, mode: str) -> PositionSide:
        given = body.get("posSide") or PositionSide.NET.value
        if mode == CROSS or not self._state.is_hedged:
            if given not in set(PositionSide):
                raise wrong("posSide")
            return PositionSide.NET
        if given not in {PositionSide.LONG.value, PositionSide.SHORT.value}:
            raise wrong("posSide", "long or short, for the account is in long/short mode")
        return PositionSide(given)

    def leverage_info(self, request: RestRequest) -> list[Row]:
        """GET account/leverage-info: a row per instrument, two in long/short mode."""
        params, state, rows = request.params(), self._state, []
        mode = required(params, "mgnMode")
        named = required(params, "instId").split(",")
        mode = margin_mode({"mgnMode": mode}, state.settings.account_level)
        sides = (PositionSide.LONG, PositionSide.SHORT) if state.is_hedged else (PositionSide.NET,)
        for inst_id in named:
            state.listing(inst_id)
            for side in sides:
                lever = text(state.lever(inst_id, mode, side))
                row = {"instId": inst_id, "ccy": "", "mgnMode": mode, "posSide": side.value, "lever": lever}
                rows.append(row)
        return rows

    def set_position_mode(self, request: RestRequest) -> list[Row]:
        """POST account/set-position-mode: only without positions and orders (59000)."""
        body, state = request.fields(), self._state
        given = body.get("posMode")
        if not given:
            raise missing("posMode")
        if given not in set(PositionMode):
            raise wrong("posMode", "net_mode or long_short_mode")
        wanted, level = PositionMode(given), state.settings.account_level
        if level is AccountLevel.SPOT or (
            level is AccountLevel.PORTFOLIO and wanted is PositionMode.LONG_SHORT
        ):
            raise ApiError("51010", "You can't complete this request under your current account mode.")
        has_orders = any(not one.is_spot for one in state.store.pending.values())
        if wanted is not state.position_mode and (has_orders or state.account.open_positions()):
            raise ApiError("59000", "Setting failed. Cancel any open orders and close positions first.")
        state.position_mode = wanted
        return [{"posMode": wanted.value}]
