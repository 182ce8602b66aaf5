"""Account REST endpoints: configuration, balance, positions, fees."""

from __future__ import annotations

from okxmm_tui.exchange.account_rows import UID, balance_row, position_id, position_row
from okxmm_tui.exchange.api_error import missing, wrong
from okxmm_tui.exchange.numbers import text
from okxmm_tui.exchange.rest_request import RestRequest, Row, required
from okxmm_tui.exchange.state import VenueState

MOST_CURRENCIES = 20
"""Currencies one balance question may name."""


class AccountApi:
    """Answers account requests."""

    def __init__(self, state: VenueState) -> None:
        self._state = state

    def config(self, request: RestRequest) -> list[Row]:
        """GET account/config."""
        del request
        return [
            {
                "uid": UID,
                "mainUid": UID,
                "acctLv": self._state.settings.account_level.value,
                "acctStpMode": "cancel_maker",
                "posMode": self._state.position_mode.value,
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
        """GET account/balance: currencies that hold something, or those of them asked for."""
        asked = request.params().get("ccy", "")
        named = asked.split(",")
        if len(named) > MOST_CURRENCIES:
            raise wrong("ccy", f"at most {MOST_CURRENCIES}")
        state = self._state
        updated_ms = state.account.updated_ms or state.now_ms
        return [balance_row(state.margin(), updated_ms, named if asked else None)]

    def positions(self, request: RestRequest) -> list[Row]:
        """GET account/positions: open positions, and a flat one when asked for by instId."""
        params, state = request.params(), self._state
        view = state.margin()
        wanted = set(params["instId"].split(",")) if params.get("instId") else None
        ids = set(params["posId"].split(",")) if params.get("posId") else None
        return [
            position_row(
                one, state.markets[one.instrument.inst_id], view, state.now_ms, state.closable_lots(one)
            )
            for one in state.account.positions.values()
            if (one.lots or (one.opened_ms and (wanted or ids)))
            and params.get("instType") in {None, "", one.instrument.inst_type}
            and (wanted is None or one.instrument.inst_id in wanted)
            and (ids is None or position_id(one) in ids)
        ]

    def trade_fee(self, request: RestRequest) -> list[Row]:
        """GET account/trade-fee: one rate for every fee group; negative is charged."""
        inst_type = required(request.params(), "instType")
        settings, is_spot = self._state.settings, inst_type in {"SPOT", "MARGIN"}
        maker = text(settings.rate(is_spot=is_spot, is_maker=True))
        taker = text(settings.rate(is_spot=is_spot, is_maker=False))
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

    def activate_feature(self, request: RestRequest) -> list[Row]:
        """POST account/activate-feature: feature 1, trading in USDC; it is on already."""
        body = request.fields()
        if not body.get("feature"):
            raise missing("feature")
        if str(body["feature"]) != "1":
            raise wrong("feature", "1 is the only one")
        return []
