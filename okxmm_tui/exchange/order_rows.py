"""OKX JSON shapes of orders and fills."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from okxmm_tui.core.types import ContractKind, Side
from okxmm_tui.exchange.bills import sub_type
from okxmm_tui.exchange.market import Market
from okxmm_tui.exchange.numbers import rounded, text
from okxmm_tui.exchange.orders import Category, Fill, Order

Row = dict[str, Any]

_ORDER_EMPTY = {
    "algoClOrdId": "",
    "algoId": "",
    "attachAlgoClOrdId": "",
    "cancelSourceReason": "",
    "isTpLimit": "false",
    "pxType": "",
    "pxUsd": "",
    "pxVol": "",
    "quickMgnType": "",
    "slOrdPx": "",
    "slTriggerPx": "",
    "slTriggerPxType": "",
    "source": "",
    "stpId": "",
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
        "posSide": order.pos_side.value,
        "tdMode": order.td_mode,
        "tgtCcy": order.tgt_ccy,
        "category": order.category.value,
        "ordType": order.ord_type,
        "px": order.shown_price,
        "sz": text(ours.size(order.size_lots) if order.quote_amount is None else order.quote_amount),
        "ccy": order.ccy,
        "lever": "" if order.is_spot else text(order.lever),
        "state": order.state.value,
        "accFillSz": text(ours.size(order.filled_lots)),
        "avgPx": text(rounded(order.average_price())),
        "fillPx": text(last.price) if last else "",
        "fillSz": text(ours.size(last.size_lots)) if last else "0",
        "tradeId": _order_trade_id(last),
        "fillTime": str(last.ts_ms) if last else "",
        "fee": text(order.fee),
        "feeCcy": fee_currency(order),
        "rebate": text(order.rebate),
        "rebateCcy": fee_currency(order),
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
        "fillPx": text(fill.price) if fill else "",
        "fillSz": text(ours.size(fill.size_lots)) if fill else "0",
        "tradeId": _order_trade_id(fill),
        "fillTime": str(fill.ts_ms) if fill else "",
        "execType": fill.exec_type if fill else "",
        "fillFee": text(fill.fee) if fill else "0",
        "fillFeeCcy": fill.fee_ccy if fill else "",
        "fillPnl": text(fill.pnl) if fill else "0",
        "fillNotionalUsd": text(_notional(order, fill.size_lots, fill.price)) if fill else "",
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


def _order_trade_id(fill: Fill | None) -> str:
    # Liquidation and ADL have a negative id among the fills, and 0 on their order (OKX v5, fills).
    if fill is None:
        return ""
    return fill.trade_id if fill.category is Category.NORMAL else "0"


def _notional(order: Order, lots: int, price: Decimal) -> Decimal:
    # The face of inverse contracts is in USD already; quote currencies count as USD.
    ours = order.listing.instrument
    face = ours.size(lots) * ours.contract_value
    return face if ours.kind is ContractKind.INVERSE else face * price


def fee_currency(order: Order) -> str:
    """Currency of an order's fees: settlement currency, or for spot what is received."""
    ours = order.listing.instrument
    if order.is_spot:
        return ours.base_ccy if order.side is Side.BUY else ours.quote_ccy
    return ours.settle_ccy


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
        "subType": sub_type(fill),
        "tag": fill.tag,
        "fillPx": text(fill.price),
        "fillSz": text(ours.size(fill.size_lots)),
        "fillIdxPx": text(fill.mark_price),
        "fillPnl": text(fill.pnl),
        "fillPxVol": "",
        "fillPxUsd": "",
        "fillMarkVol": "",
        "fillFwdPx": "",
        "fillMarkPx": text(fill.mark_price),
        "side": fill.side.value,
        "posSide": fill.pos_side.value,
        "execType": fill.exec_type,
        "feeCcy": fill.fee_ccy,
        "fee": text(fill.fee),
        "feeRate": text(fill.fee_rate),
        "ts": str(fill.ts_ms),
        "fillTime": str(fill.ts_ms),
        "tradeQuoteCcy": "",
    }
