"""Account REST endpoints: configuration, balance, positions, leverage, fees, bills."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from okxmm_tui.exchange.account_rows import UID, balance_row, bill_row, position_row
from okxmm_tui.exchange.api_error import ApiError, missing, wrong
from okxmm_tui.exchange.numbers import text
from okxmm_tui.exchange.rest_request import RestRequest, Row, page, required
from okxmm_tui.exchange.state import VenueState


class AccountApi:
    """Answers account requests."""

    def __init__(self, state: VenueState) -> None:
        self._state = state

    def config(self, request: RestRequest) -> list[Row]:
        """GET account/config: futures mode, net positions."""
        del request
        return [
            {
                "uid": UID,
                "mainUid": UID,
                "acctLv": "2",
                "acctStpMode": "cancel_maker",
                "posMode": "net_mode",
                "autoLoan": False,
                "greeksType": "PA",
                "feeType": "0",
                "level": "VIP4" if self._state.settings.vip else "Lv1",
                "levelTmp": "",
                "ctIsoMode": "automatic",
                "mgnIsoMode": "automatic",
                "perm": "read_only,trade",
                "ip": "127.0.0.1",
                "kycLv": "2",
                "label": "sim",
                "roleType": "0",
                "type": "0",
                "settleCcy": "USDT",
                "settleCcyList": ["USDT"],
                "enableSpotBorrow": False,
                "spotBorrowAutoRepay": False,
                "stgyType": "0",
            }
        ]

    def balance(self, request: RestRequest) -> list[Row]:
        """GET account/balance."""
        wanted = request.params().get("ccy", "")
        state = self._state
        row = balance_row(state.margin(), state.account.updated_ms or state.now_ms)
        if wanted and "USDT" not in wanted.split(","):
            row["details"] = []
        return [row]

    def positions(self, request: RestRequest) -> list[Row]:
        """GET account/positions: open positions, and a flat one when asked for by instId."""
        params, state = request.params(), self._state
        view = state.margin()
        return [
            position_row(one, state.markets[inst_id], view, state.now_ms)
            for inst_id, one in state.account.positions.items()
            if (one.lots or (one.opened_ms and params.get("instId")))
            and params.get("instType") in {None, "", one.instrument.inst_type}
            and (not params.get("instId") or inst_id in params["instId"].split(","))
        ]

    def set_leverage(self, request: RestRequest) -> list[Row]:
        """POST account/set-leverage."""
        body = request.json()
        if not isinstance(body, dict):
            raise wrong("body")
        inst_id = str(body.get("instId") or "")
        if not inst_id:
            raise missing("instId")
        if body.get("mgnMode") != "cross":
            raise wrong("mgnMode", "the embedded exchange has cross margin only")
        listed = self._state.listing(inst_id)
        try:
            lever = Decimal(str(body.get("lever", "")))
        except InvalidOperation as error:
            raise wrong("lever") from error
        if not 1 <= lever <= listed.instrument.max_leverage:
            raise wrong("lever", f"must be 1 to {listed.instrument.max_leverage}")
        self._state.levers[inst_id] = lever
        return [{"instId": inst_id, "mgnMode": "cross", "posSide": "net", "lever": text(lever)}]

    def leverage_info(self, request: RestRequest) -> list[Row]:
        """GET account/leverage-info."""
        params = request.params()
        required(params, "mgnMode")
        state, rows = self._state, []
        for inst_id in required(params, "instId").split(","):
            state.listing(inst_id)
            lever = state.levers.get(inst_id, state.settings.default_lever)
            rows.append(
                {"instId": inst_id, "ccy": "", "mgnMode": "cross", "posSide": "net", "lever": text(lever)}
            )
        return rows

    def trade_fee(self, request: RestRequest) -> list[Row]:
        """GET account/trade-fee: one rate for every fee group; negative is charged."""
        inst_type = required(request.params(), "instType")
        maker, taker = text(self._state.settings.maker_rate), text(self._state.settings.taker_rate)
        groups = sorted(
            {one.group_id for one in self._state.listings.values() if one.instrument.inst_type == inst_type}
        )
        return [
            {
                "category": "1",
                "delivery": "",
                "exercise": "",
                "settle": "",
                "feeGroup": [
                    {"groupId": one, "maker": maker, "taker": taker, "elpMaker": "", "rpiMaker": ""}
                    for one in groups
                ],
                "fiat": [],
                "instType": inst_type,
                "level": "Lv1",
                "maker": maker,
                "makerU": maker,
                "makerUSDC": maker,
                "taker": taker,
                "takerU": taker,
                "takerUSDC": taker,
                "ruleType": "normal",
                "ts": str(self._state.now_ms),
            }
        ]

    def bills(self, request: RestRequest) -> list[Row]:
        """GET account/bills, newest first."""
        params, store = request.params(), self._state.store
        bills = sorted((*store.fills, *store.funding), key=lambda bill: int(bill.bill_id))
        rows = [
            row
            for row in map(bill_row, bills)
            if all(
                params.get(name) in {None, "", row[name]} for name in ("instType", "ccy", "type", "mgnMode")
            )
        ]
        return page(rows, "billId", params)

    def rate_limit(self, request: RestRequest) -> list[Row]:
        """GET trade/account-rate-limit."""
        del request
        return [
            {
                "fillRatio": "",
                "mainFillRatio": "",
                "accRateLimit": "1000",
                "nextAccRateLimit": "",
                "ts": str(self._state.now_ms),
            }
        ]

    def unsupported(self, request: RestRequest) -> list[Row]:
        """Refuse an endpoint this account mode does not have."""
        raise ApiError(
            "51010", f"Request {request.path} is not supported under the account mode of the exchange."
        )
