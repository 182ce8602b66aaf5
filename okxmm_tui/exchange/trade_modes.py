"""Which trade mode, margin currency and position side an account accepts (OKX v5, account modes).

| acctLv | spot tdMode | swap and futures tdMode |
|---|---|---|
| 1 spot | cash | not available (51010) |
| 2 futures | cash; cross and isolated mean margin trading, which is not served (54000) | cross, isolated |
| 3 multi-currency, 4 portfolio | cross | cross; isolated is no longer offered (50072) |
"""

from __future__ import annotations

from typing import Any

from okxmm_tui.core.types import AccountLevel, PositionSide
from okxmm_tui.exchange.api_error import ApiError, missing, wrong
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.margin import POOLED
from okxmm_tui.exchange.positions import CASH, CROSS, ISOLATED

Params = dict[str, Any]


def trade_mode(params: Params, listed: Listing, level: AccountLevel) -> str:
    """Judge ``tdMode`` and ``ccy`` of an order.

    Raises:
        ApiError: 50014 absent, 51000 wrong, 51010 not in this account mode, 50072 isolated where it is
            no longer offered, 54000 margin trading of spot.
    """
    mode = params.get("tdMode")
    if not mode:
        raise missing("tdMode")
    if mode not in {CASH, CROSS, ISOLATED}:
        raise wrong("tdMode")
    if level is AccountLevel.SPOT:
        if not listed.is_spot or mode != CASH:
            raise ApiError("51010", "You can't complete this request under your current account mode.")
    elif level in POOLED:
        if mode == ISOLATED:
            raise ApiError("50072", "Isolated margin is no longer offered in this account mode.")
        if mode != CROSS:
            raise wrong("tdMode", "this account mode trades in cross mode")
    elif listed.is_spot:
        _refuse_margin_trading(params, mode)
    elif mode == CASH:
        raise wrong("tdMode", "contracts are traded cross or isolated")
    _check_currency(params, listed)
    return mode


def _refuse_margin_trading(params: Params, mode: str) -> None:
    if mode == CASH:
        return
    if mode == CROSS and not params.get("ccy"):
        raise missing("ccy")
    raise ApiError("54000", "Margin trading is not supported by the embedded exchange.")


def _check_currency(params: Params, listed: Listing) -> None:
    # OKX reads it for margin trading only; a currency foreign to the instrument is surely a mistake.
    ours = listed.instrument
    if params.get("ccy", "") not in {None, "", ours.base_ccy, ours.quote_ccy, ours.settle_ccy}:
        raise wrong("ccy", f"{listed.inst_id} has no such currency")


def position_side(params: Params, listed: Listing, *, is_hedged: bool) -> PositionSide:
    """Judge ``posSide``: mandatory for contracts in long/short mode, absent or net otherwise.

    Raises:
        ApiError: 51000.
    """
    given = params.get("posSide") or ""
    if listed.is_spot or not is_hedged:
        if given not in {"", PositionSide.NET.value}:
            raise wrong("posSide", "spot has none" if listed.is_spot else "the account is in net mode")
        return PositionSide.NET
    if given not in {PositionSide.LONG.value, PositionSide.SHORT.value}:
        raise wrong("posSide", "long or short, for the account is in long/short mode")
    return PositionSide(given)


def margin_mode(params: Params, level: AccountLevel) -> str:
    """Judge ``mgnMode`` of a leverage or closing request.

    Raises:
        ApiError: 50014 absent, 51000 unknown, 51010 no contracts at this level, 50072 isolated where it
            is no longer offered.
    """
    mode = params.get("mgnMode")
    if not mode:
        raise missing("mgnMode")
    if mode not in {CROSS, ISOLATED}:
        raise wrong("mgnMode", "cross or isolated")
    if level is AccountLevel.SPOT:
        raise ApiError("51010", "You can't complete this request under your current account mode.")
    if mode == ISOLATED and level in POOLED:
        raise ApiError("50072", "Isolated margin is no longer offered in this account mode.")
    return str(mode)
