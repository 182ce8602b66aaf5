"""OKX JSON shape of the ``fills`` channel: fast, without fees, for fee tier VIP4 and above."""

from __future__ import annotations

from typing import Any

from okxmm_tui.exchange.numbers import text
from okxmm_tui.exchange.orders import Fill

MAX_CLIENT_NUMBER = 9_223_372_036_854_775_807


def fill_push_row(fill: Fill) -> dict[str, Any]:
    """One match of an own order; a client id that is no 64-bit number is shown as 0 (OKX v5, fills)."""
    ours = fill.listing.instrument
    is_number = fill.cl_ord_id.isdigit() and 1 <= int(fill.cl_ord_id) <= MAX_CLIENT_NUMBER
    return {
        "instId": ours.inst_id,
        "fillSz": text(ours.size(fill.size_lots)),
        "fillPx": text(ours.price(fill.price_ticks)),
        "side": fill.side.value,
        "ts": str(fill.ts_ms),
        "ordId": fill.order_id,
        "clOrdId": fill.cl_ord_id if is_number else "0",
        "tradeId": fill.trade_id,
        "execType": fill.exec_type,
        "count": "1",
    }
