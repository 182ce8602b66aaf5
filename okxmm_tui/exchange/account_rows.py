"""OKX JSON shapes of the account: positions and balances."""

from __future__ import annotations

from collections.abc import Container
from decimal import Decimal
from typing import Any

from okxmm_tui.core.types import AccountLevel, PositionSide
from okxmm_tui.exchange.margin import DOLLARS, CurrencyMargin, MarginView, ratio_text
from okxmm_tui.exchange.market import Market
from okxmm_tui.exchange.numbers import ZERO, rounded, text
from okxmm_tui.exchange.positions import ISOLATED, Position

UID = "100200300"
Row = dict[str, Any]


_POSITION_EMPTY = dict.fromkeys(
    [
        "posCcy",
        "nonSettleAvgPx",
        "liab",
        "liabCcy",
        "settledPnl",
        "deltaBS",
        "deltaPA",
        "gammaBS",
        "gammaPA",
        "thetaBS",
        "thetaPA",
        "vegaBS",
        "vegaPA",
        "optVal",
        "baseBal",
        "quoteBal",
        "quoteBorrowed",
        "quoteInterest",
        "pendingCloseOrdLiabVal",
        "spotInUseAmt",
        "spotInUseCcy",
        "hedgedPos",
    ],
    "",
)


def position_row(
    position: Position, market: Market, view: MarginView, now_ms: int, closable_lots: int
) -> Row:
    """Return a position as REST and the positions channel show it.

    Args:
        position: The position.
        market: Its market.
        view: Margin figures of now.
        now_ms: Unix ms.
        closable_lots: Lots that no pending closing order has claimed; long/short mode.
    """
    ours = position.instrument
    is_isolated = position.margin_mode == ISOLATED
    average = text(position.average_price()) if position.lots else ""
    return {
        **_POSITION_EMPTY,
        **_valuation(position, market, view),
        **_life_figures(position),
        "instType": ours.inst_type,
        "instId": ours.inst_id,
        "mgnMode": position.margin_mode,
        "posId": position_id(position),
        "posSide": position.side.value,
        "pos": text(ours.size(position.shown_lots)),
        "availPos": "" if position.side is PositionSide.NET else text(ours.size(closable_lots)),
        "margin": text(position.margin) if is_isolated else "",
        "ccy": ours.settle_ccy,
        "avgPx": average,
        "bePx": average,
        "usdPx": text(view.of(ours.settle_ccy).usd_price),
        "lever": text(view.lever(position)),
        "liqPx": view.liquidation_price(position),
        "mgnRatio": ratio_text(view.position_ratio(position)),
        "adl": "1" if position.lots else "0",
        "interest": "0",
        "tradeId": position.trade_id,
        "liqPenalty": "0",
        "closeOrderAlgo": [],
        "cTime": str(position.opened_ms),
        "uTime": str(position.updated_ms),
        "pTime": str(now_ms),
    }


def _valuation(position: Position, market: Market, view: MarginView) -> Row:
    mark, last = market.mark_price(), position.instrument.price(market.last_ticks())
    upl, upl_last = position.unrealised(mark), position.unrealised(last)
    margin = view.position_margin(position)
    return {
        "markPx": text(mark),
        "idxPx": text(mark),
        "last": text(last),
        "upl": text(upl),
        "uplRatio": _ratio(upl, margin),
        "uplLastPx": text(upl_last),
        "uplRatioLastPx": _ratio(upl_last, margin),
        "imr": text(rounded(margin)),
        "mmr": text(rounded(view.position_maintenance(position))),
        "notionalUsd": text(view.value_usd(position)),
    }


def _life_figures(position: Position) -> Row:
    # OKX counts these from the opening of the present position, not from the beginning of time.
    start_pnl, start_fee, start_funding = position.life_start
    pnl, fee = position.realised - start_pnl, position.fees - start_fee
    funding = position.funding - start_funding
    return {
        "pnl": text(pnl),
        "fee": text(fee),
        "fundingFee": text(funding),
        "realizedPnl": text(pnl + fee + funding),
    }


def _ratio(amount: Decimal, base: Decimal) -> str:
    return text(rounded(amount / base if base else ZERO))


_ID_STEP = 10**17
"""Distance of the ids of one instrument's positions; instIdCodes have at most sixteen digits."""


def position_id(position: Position) -> str:
    """Stable posId of a position."""
    sides = list(PositionSide)
    kind = sides.index(position.side) + len(sides) * (position.margin_mode == ISOLATED)
    return str(1_000_000_000 + (position.instrument.code or 0) + kind * _ID_STEP)


_DETAIL_EMPTY: Row = dict.fromkeys(
    [
        "isoLiab",
        "uplLiab",
        "crossLiab",
        "interest",
        "maxLoan",
        "borrowFroz",
        "spotInUseAmt",
        "clSpotInUseAmt",
        "maxSpotInUseAmt",
        "openAvgPx",
        "accAvgPx",
        "spotUpl",
        "spotUplRatio",
        "totalPnl",
        "totalPnlRatio",
    ],
    "",
) | {
    "disEq": "0",
    "twap": "0",
    "stgyEq": "0",
    "fixedBal": "0",
    "spotIsoBal": "0",
    "smtSyncEq": "0",
    "spotCopyTradingEq": "0",
    "rewardBal": "0",
    "colRes": "0",
    "colBorrAutoConversion": "0",
    "collateralEnabled": False,
    "collateralRestrict": False,
    "frpType": "0",
    "autoLendStatus": "unsupported",
    "autoLendMtAmt": "0",
}


_TOTAL_EMPTY = dict.fromkeys(
    [
        "adjEq",
        "availEq",
        "ordFroz",
        "imr",
        "mmr",
        "mgnRatio",
        "notionalUsd",
        "notionalUsdForBorrow",
        "notionalUsdForSwap",
        "notionalUsdForFutures",
        "notionalUsdForOption",
        "borrowFroz",
        "upl",
        "delta",
        "deltaLever",
        "deltaNeutralStatus",
    ],
    "",
)
"""Account-wide fields OKX leaves empty in futures mode."""


_DETAIL_BLANK = {
    AccountLevel.SPOT: ("availEq", "mgnRatio", "imr", "mmr", "notionalLever", "upl"),
    AccountLevel.FUTURES: (),
    AccountLevel.MULTI_CURRENCY: ("mgnRatio", "imr", "mmr", "notionalLever"),
    AccountLevel.PORTFOLIO: ("mgnRatio", "imr", "mmr", "notionalLever"),
}
"""Fields of a currency OKX leaves empty at each account level."""


def balance_row(
    view: MarginView, updated_ms: int, wanted: Container[str] | None = None, *, with_empty: bool = False
) -> Row:
    """Return the account as REST and the account channel show it.

    Args:
        view: Margin figures of now.
        updated_ms: Unix ms of the last change.
        wanted: Currencies to show; None is all.
        with_empty: Whether currencies that hold nothing are shown, too.
    """
    shown = list(view.currencies.values()) if with_empty else view.shown()
    return {
        **_TOTAL_EMPTY,
        **(_pooled_totals(view) if view.is_pooled else {}),
        "uTime": str(updated_ms),
        "totalEq": text(rounded(view.total_usd(lambda one: one.equity))),
        "isoEq": text(rounded(view.total_usd(lambda one: one.isolated_equity))),
        "details": [_detail(view, one, updated_ms) for one in shown if wanted is None or one.ccy in wanted],
    }


def _detail(view: MarginView, one: CurrencyMargin, updated_ms: int) -> Row:
    free = view.available(one.ccy) if view.is_pooled else one.available
    row = {
        **_DETAIL_EMPTY,
        "ccy": one.ccy,
        "eq": text(one.equity),
        "cashBal": text(one.cash),
        "uTime": str(updated_ms),
        "isoEq": text(one.isolated_equity),
        "isoUpl": text(one.isolated_unrealised),
        "availEq": text(rounded(free)),
        "availBal": text(rounded(free if view.level is AccountLevel.FUTURES else one.spendable)),
        "frozenBal": text(rounded(one.bound + one.isolated_margin)),
        "ordFrozen": text(rounded(one.order_margin)),
        "upl": text(one.unrealised),
        "mgnRatio": ratio_text(view.ratio(one.ccy)),
        "imr": text(rounded(one.total_margin)),
        "mmr": text(rounded(one.maintenance)),
        "eqUsd": text(rounded(one.equity * one.usd_price)),
        "coinUsdPrice": text(one.usd_price),
        "notionalLever": _ratio(one.notional, one.equity),
        "liab": text(max(ZERO, -one.cash)) if view.is_pooled else "",
        "spotBal": text(one.cash) if one.ccy not in DOLLARS else "",
    }
    return row | dict.fromkeys(_DETAIL_BLANK[view.level], "")


def _pooled_totals(view: MarginView) -> Row:
    adjusted = view.total_usd(lambda one: one.cross_equity)
    bound = view.total_usd(lambda one: one.total_margin)
    return {
        "adjEq": text(rounded(adjusted)),
        "availEq": text(rounded(max(ZERO, adjusted - bound))),
        "ordFroz": text(rounded(view.total_usd(lambda one: one.order_margin))),
        "imr": text(rounded(bound)),
        "mmr": text(rounded(view.total_usd(lambda one: one.maintenance))),
        "mgnRatio": ratio_text(view.ratio("")),
        "notionalUsd": text(rounded(view.total_usd(lambda one: one.notional))),
        "upl": text(rounded(view.total_usd(lambda one: one.unrealised))),
    }
