"""OKX JSON shapes of everything about the account: orders, fills, positions, balances, bills."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from okxmm_tui.exchange.accounts import Position
from okxmm_tui.exchange.margin import MarginView
from okxmm_tui.exchange.market import Market
from okxmm_tui.exchange.numbers import rounded, text
from okxmm_tui.exchange.orders import Fill, FundingBill, Order

UID = "100200300"
Row = dict[str, Any]

_ORDER_EMPTY = {
    "algoClOrdId": "",
    "algoId": "",
    "attachAlgoClOrdId": "",
    "cancelSourceReason": "",
    "category": "normal",
    "isTpLimit": "false",
    "pxType": "",
    "pxUsd": "",
    "pxVol": "",
    "quickMgnType": "",
    "rebate": "0",
    "rebateCcy": "USDT",
    "slOrdPx": "",
    "slTriggerPx": "",
    "slTriggerPxType": "",
    "source": "",
    "stpId": "",
    "tgtCcy": "",
    "tpOrdPx": "",
    "tpTriggerPx": "",
    "tpTriggerPxType": "",
    "tradeQuoteCcy": "",
}


def order_row(order: Order) -> Row:
    """Return the REST form of an order; the fill fields hold its last fill."""
    ours = order.listing.instrument
    last = order.last_fill
    return {
        **_ORDER_EMPTY,
        "instType": ours.inst_type,
        "instId": ours.inst_id,
        "ordId": order.order_id,
        "clOrdId": order.cl_ord_id,
        "tag": order.tag,
        "side": order.side.value,
        "posSide": "net",
        "tdMode": order.td_mode,
        "ordType": order.ord_type,
        "px": order.shown_price,
        "sz": text(ours.size(order.size_lots)),
        "ccy": order.ccy,
        "lever": text(order.lever),
        "state": order.state.value,
        "accFillSz": text(ours.size(order.filled_lots)),
        "avgPx": text(rounded(order.average_price())),
        "fillPx": text(ours.price(last.price_ticks)) if last else "",
        "fillSz": text(ours.size(last.size_lots)) if last else "0",
        "tradeId": last.trade_id if last else "",
        "fillTime": str(last.ts_ms) if last else "",
        "fee": text(order.fee),
        "feeCcy": ours.settle_ccy,
        "pnl": text(order.pnl),
        "reduceOnly": "true" if order.reduce_only else "false",
        "cancelSource": order.cancel_source,
        "stpMode": order.stp_mode,
        "attachAlgoOrds": [],
        "linkedAlgoOrd": {"algoId": ""},
        "cTime": str(order.created_ms),
        "uTime": str(order.updated_ms),
    }


def order_push_row(order: Order, market: Market, fill: Fill | None, extra: Row) -> Row:
    """Return the push form of an order; the fill fields hold this update's fill only."""
    ours = order.listing.instrument
    mark = market.mark_price()
    price = ours.price(order.price_ticks) if order.price_ticks is not None else mark
    return {
        **order_row(order),
        "fillPx": text(ours.price(fill.price_ticks)) if fill else "",
        "fillSz": text(ours.size(fill.size_lots)) if fill else "0",
        "tradeId": fill.trade_id if fill else "",
        "fillTime": str(fill.ts_ms) if fill else "",
        "execType": fill.exec_type if fill else "",
        "fillFee": text(fill.fee) if fill else "0",
        "fillFeeCcy": ours.settle_ccy if fill else "",
        "fillPnl": text(fill.pnl) if fill else "0",
        "fillNotionalUsd": text(_notional(order, fill.size_lots, ours.price(fill.price_ticks)))
        if fill
        else "",
        "fillMarkPx": text(fill.mark_price) if fill else "",
        "fillIdxPx": text(fill.mark_price) if fill else "",
        "fillFwdPx": "",
        "fillMarkVol": "",
        "fillPxUsd": "",
        "fillPxVol": "",
        "notionalUsd": text(_notional(order, order.size_lots, price)),
        "amendResult": "",
        "amendSource": order.amend_source,
        "reqId": "",
        "code": "0",
        "msg": "",
        "lastPx": text(ours.price(market.last_ticks())),
        **extra,
    }


def _notional(order: Order, lots: int, price: Decimal) -> Decimal:
    ours = order.listing.instrument
    return ours.size(lots) * ours.contract_value * price


def fill_row(fill: Fill) -> Row:
    """Return the REST form of a fill."""
    ours = fill.listing.instrument
    return {
        "instType": ours.inst_type,
        "instId": ours.inst_id,
        "tradeId": fill.trade_id,
        "ordId": fill.order_id,
        "clOrdId": fill.cl_ord_id,
        "billId": fill.bill_id,
        "subType": "",
        "tag": fill.tag,
        "fillPx": text(ours.price(fill.price_ticks)),
        "fillSz": text(ours.size(fill.size_lots)),
        "fillIdxPx": text(fill.mark_price),
        "fillPnl": text(fill.pnl),
        "fillPxVol": "",
        "fillPxUsd": "",
        "fillMarkVol": "",
        "fillFwdPx": "",
        "fillMarkPx": text(fill.mark_price),
        "side": fill.side.value,
        "posSide": "net",
        "execType": fill.exec_type,
        "feeCcy": ours.settle_ccy,
        "fee": text(fill.fee),
        "feeRate": text(fill.fee_rate),
        "ts": str(fill.ts_ms),
        "fillTime": str(fill.ts_ms),
        "tradeQuoteCcy": "",
    }


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


def position_row(position: Position, market: Market, view: MarginView, now_ms: int) -> Row:
    """Return a position as REST and the positions channel show it."""
    ours = position.instrument
    mark = market.mark_price()
    last = ours.price(market.last_ticks())
    upl, upl_last = position.unrealised(mark), position.unrealised(last)
    value, margin = position.value(mark), view.position_margin(position)
    start_pnl, start_fee, start_funding = position.life_start
    pnl, fee = position.realised - start_pnl, position.fees - start_fee
    funding = position.funding - start_funding
    average = position.average_price()
    return {
        "instType": ours.inst_type,
        "instId": ours.inst_id,
        "mgnMode": "cross",
        "posId": position_id(position),
        "posSide": "net",
        "pos": text(ours.size(position.lots)),
        "availPos": "",
        "posCcy": "",
        "ccy": ours.settle_ccy,
        "avgPx": text(average) if position.lots else "",
        "nonSettleAvgPx": "",
        "markPx": text(mark),
        "idxPx": text(mark),
        "last": text(last),
        "usdPx": "1",
        "bePx": text(average) if position.lots else "",
        "upl": text(upl),
        "uplRatio": text(rounded(upl / margin)) if margin else "0",
        "uplLastPx": text(upl_last),
        "uplRatioLastPx": text(rounded(upl_last / margin)) if margin else "0",
        "lever": text(view.lever(ours.inst_id)),
        "liqPx": view.liquidation_price(position),
        "imr": text(rounded(margin)),
        "margin": "",
        "mgnRatio": view.ratio_text(),
        "mmr": text(rounded(value * view.maintenance_rate)),
        "notionalUsd": text(value),
        "adl": "1" if position.lots else "0",
        "interest": "0",
        "liab": "",
        "liabCcy": "",
        "tradeId": position.trade_id,
        "pnl": text(pnl),
        "realizedPnl": text(pnl + fee + funding),
        "settledPnl": "",
        "fee": text(fee),
        "fundingFee": text(funding),
        "liqPenalty": "0",
        "closeOrderAlgo": [],
        "deltaBS": "",
        "deltaPA": "",
        "gammaBS": "",
        "gammaPA": "",
        "thetaBS": "",
        "thetaPA": "",
        "vegaBS": "",
        "vegaPA": "",
        "optVal": "",
        "baseBal": "",
        "quoteBal": "",
        "hedgedPos": "",
        "cTime": str(position.opened_ms),
        "uTime": str(position.updated_ms),
        "pTime": str(now_ms),
    }


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
        "notionalLever": text(rounded(view.notional / view.equity)) if view.equity > 0 else "0",
    }
    return {
        "uTime": str(updated_ms),
        "totalEq": equity,
        "isoEq": "0",
        "adjEq": "",
        "availEq": "",
        "ordFroz": "",
        "imr": "",
        "mmr": "",
        "mgnRatio": "",
        "notionalUsd": "",
        "notionalUsdForBorrow": "",
        "notionalUsdForSwap": "",
        "notionalUsdForFutures": "",
        "notionalUsdForOption": "",
        "borrowFroz": "",
        "upl": "",
        "delta": "",
        "deltaLever": "",
        "deltaNeutralStatus": "",
        "details": [detail],
    }
