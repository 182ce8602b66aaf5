"""OKX JSON shapes of the account: positions, balances and bills."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from okxmm_tui.exchange.accounts import Position
from okxmm_tui.exchange.margin import MarginView
from okxmm_tui.exchange.market import Market
from okxmm_tui.exchange.numbers import ZERO, rounded, text
from okxmm_tui.exchange.orders import Fill, FundingBill

UID = "100200300"
Row = dict[str, Any]


def bill_row(bill: Fill | FundingBill) -> Row:
    """Return one line of the account's bills: type 2 is a trade, 8 is funding."""
    ours = bill.listing.instrument
    row: Row = dict.fromkeys(("from", "to", "notes", "tag", "ordId", "clOrdId", "tradeId", "execType"), "")
    row |= {
        "billId": bill.bill_id,
        "ts": str(bill.ts_ms),
        "fillTime": str(bill.ts_ms),
        "instType": ours.inst_type,
        "instId": ours.inst_id,
        "mgnMode": "cross",
        "ccy": ours.settle_ccy,
        "bal": text(bill.balance),
        "interest": "0",
    }
    if isinstance(bill, FundingBill):
        paid = {"type": "8", "subType": "173" if bill.amount < 0 else "174", "fee": "0"}
        size = {"sz": text(ours.size(abs(bill.lots))), "px": text(bill.mark_price)}
        return row | paid | size | {"balChg": text(bill.amount), "pnl": text(bill.amount)}
    return row | {
        "type": "2",
        "subType": "1" if bill.side.value == "buy" else "2",
        "balChg": text(bill.pnl + bill.fee),
        "pnl": text(bill.pnl),
        "fee": text(bill.fee),
        "sz": text(ours.size(bill.size_lots)),
        "px": text(ours.price(bill.price_ticks)),
        "ordId": bill.order_id,
        "clOrdId": bill.cl_ord_id,
        "tradeId": bill.trade_id,
        "tag": bill.tag,
        "execType": bill.exec_type,
    }


_POSITION_EMPTY = dict.fromkeys(
    [
        "availPos",
        "posCcy",
        "nonSettleAvgPx",
        "margin",
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
        "hedgedPos",
    ],
    "",
)


def position_row(position: Position, market: Market, view: MarginView, now_ms: int) -> Row:
    """Return a position as REST and the positions channel show it."""
    ours = position.instrument
    average = text(position.average_price()) if position.lots else ""
    return {
        **_POSITION_EMPTY,
        **_valuation(position, market, view),
        **_life_figures(position),
        "instType": ours.inst_type,
        "instId": ours.inst_id,
        "mgnMode": "cross",
        "posId": position_id(position),
        "posSide": "net",
        "pos": text(ours.size(position.lots)),
        "ccy": ours.settle_ccy,
        "avgPx": average,
        "bePx": average,
        "usdPx": "1",
        "lever": text(view.lever(ours.inst_id)),
        "liqPx": view.liquidation_price(position),
        "mgnRatio": view.ratio_text(),
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
    value, margin = position.value(mark), view.position_margin(position)
    return {
        "markPx": text(mark),
        "idxPx": text(mark),
        "last": text(last),
        "upl": text(upl),
        "uplRatio": _ratio(upl, margin),
        "uplLastPx": text(upl_last),
        "uplRatioLastPx": _ratio(upl_last, margin),
        "imr": text(rounded(margin)),
        "mmr": text(rounded(value * view.maintenance_rate)),
        "notionalUsd": text(value),
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


def position_id(position: Position) -> str:
    """Stable posId of an instrument."""
    return str(1_000_000_000 + (position.instrument.code or 0))


_DETAIL_EMPTY: Row = dict.fromkeys(
    [
        "isoLiab",
        "liab",
        "uplLiab",
        "crossLiab",
        "interest",
        "maxLoan",
        "borrowFroz",
        "spotInUseAmt",
        "clSpotInUseAmt",
        "maxSpotInUseAmt",
        "spotBal",
        "openAvgPx",
        "accAvgPx",
        "spotUpl",
        "spotUplRatio",
        "totalPnl",
        "totalPnlRatio",
    ],
    "",
) | {
    "isoEq": "0",
    "disEq": "0",
    "twap": "0",
    "stgyEq": "0",
    "isoUpl": "0",
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
    "coinUsdPrice": "1",
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


def balance_row(view: MarginView, updated_ms: int) -> Row:
    """Return the account as REST and the account channel show it: one currency, USDT."""
    equity, total = text(rounded(view.equity)), view.total_margin
    detail = {
        **_DETAIL_EMPTY,
        "ccy": "USDT",
        "eq": text(view.equity),
        "cashBal": text(view.cash),
        "uTime": str(updated_ms),
        "availEq": text(rounded(view.available)),
        "availBal": text(rounded(view.available)),
        "frozenBal": text(rounded(total)),
        "ordFrozen": text(rounded(view.order_margin)),
        "upl": text(view.unrealised),
        "mgnRatio": view.ratio_text(),
        "imr": text(rounded(total)),
        "mmr": text(rounded(view.maintenance)),
        "eqUsd": equity,
        "notionalLever": _ratio(view.notional, view.equity),
    }
    return {**_TOTAL_EMPTY, "uTime": str(updated_ms), "totalEq": equity, "isoEq": "0", "details": [detail]}
