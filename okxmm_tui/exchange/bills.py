"""Bills: one line for every change of a balance; their sum is the balance (OKX v5, account/bills)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec import Struct

from okxmm_tui.core.types import PositionSide, Side
from okxmm_tui.exchange.accounts import Settlement
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.numbers import ZERO, text
from okxmm_tui.exchange.orders import Category, Fill

Row = dict[str, Any]

TRANSFER, TRADE, LIQUIDATION, FUNDING, ADL = "1", "2", "5", "8", "9"
"""Bill types that occur here; 7, interest, never does: nobody borrows."""

TRANSFER_IN, TRANSFER_OUT = "11", "12"
FUNDING_PAID, FUNDING_RECEIVED = "173", "174"
CLAW_BACK = "110"
"""Subtype of the transfer by which the insurance fund lifts a balance back to zero."""

_TYPES = {Category.NORMAL: TRADE, Category.ADL: ADL}
_SUB_TYPES: dict[Category, tuple[str, str, str, str]] = {
    Category.NORMAL: ("5", "6", "1", "2"),
    Category.PARTIAL_LIQUIDATION: ("100", "101", "102", "103"),
    Category.FULL_LIQUIDATION: ("104", "105", "106", "107"),
    Category.ADL: ("125", "126", "127", "128"),
}
"""Subtypes: close long, close short, buy and sell of a net position (OKX v5, account/bills)."""
_OPEN_LONG, _OPEN_SHORT = "3", "4"


class Bill(Struct, frozen=True):
    """One change of one balance."""

    bill_id: str
    ts_ms: int
    type: str
    sub_type: str
    ccy: str
    amount: Decimal
    """Change of the balance; everything inside."""
    balance: Decimal
    """Balance after it."""
    listing: Listing | None = None
    margin_mode: str = ""
    size: Decimal = ZERO
    """Contracts, or the amount of this currency for spot."""
    price: Decimal = ZERO
    """Fill price, or the mark price of a funding settlement."""
    pnl: Decimal = ZERO
    fee: Decimal = ZERO
    fill: Fill | None = None


def trade_bills(fill: Fill, booked: Settlement, balances: dict[str, Decimal], next_id: str) -> list[Bill]:
    """Return the bills of a fill: one for contracts, one per currency for spot.

    Args:
        fill: The fill; its bill id names the first bill.
        booked: What it changed.
        balances: Balances after it.
        next_id: Id of the second bill.
    """
    found: list[Bill] = []
    is_spot = len(booked.changes) > 1
    for bill_id, (ccy, amount) in zip((fill.bill_id, next_id), booked.changes, strict=False):
        fee = booked.fee if ccy == booked.fee_ccy else ZERO
        found.append(
            Bill(
                bill_id=bill_id,
                ts_ms=fill.ts_ms,
                type=_TYPES.get(fill.category, LIQUIDATION),
                sub_type=sub_type(fill),
                ccy=ccy,
                amount=amount,
                balance=balances[ccy],
                listing=fill.listing,
                margin_mode="" if is_spot else fill.td_mode,
                size=abs(amount - fee) if is_spot else fill.listing.instrument.size(fill.size_lots),
                price=fill.price,
                pnl=booked.realised,
                fee=fee,
                fill=fill,
            )
        )
    return found


def sub_type(fill: Fill) -> str:
    """Bill subtype of a fill, which trade/fills shows, too."""
    close_long, close_short, buy, sell = _SUB_TYPES[fill.category]
    if fill.pos_side is PositionSide.NET:
        return buy if fill.side is Side.BUY else sell
    if fill.pos_side is PositionSide.LONG:
        return close_long if fill.side is Side.SELL else _OPEN_LONG
    return close_short if fill.side is Side.BUY else _OPEN_SHORT


def bill_row(bill: Bill) -> Row:
    """Return a bill as account/bills shows it."""
    fill, listed = bill.fill, bill.listing
    return {
        "billId": bill.bill_id,
        "ts": str(bill.ts_ms),
        "fillTime": str(bill.ts_ms) if listed else "",
        "type": bill.type,
        "subType": bill.sub_type,
        "ccy": bill.ccy,
        "bal": text(bill.balance),
        "balChg": text(bill.amount),
        "posBal": "",
        "posBalChg": "",
        "sz": text(bill.size),
        "px": text(bill.price) if listed else "",
        "pnl": text(bill.pnl),
        "fee": text(bill.fee),
        "interest": "0",
        "instType": listed.instrument.inst_type if listed else "",
        "instId": listed.inst_id if listed else "",
        "mgnMode": bill.margin_mode,
        "ordId": fill.order_id if fill else "",
        "clOrdId": fill.cl_ord_id if fill else "",
        "tradeId": fill.trade_id if fill else "",
        "tag": fill.tag if fill else "",
        "execType": fill.exec_type if fill else "",
        "from": "18" if bill.sub_type == TRANSFER_OUT else "",
        "to": "18" if bill.sub_type == TRANSFER_IN else "",
        "notes": "",
    }
