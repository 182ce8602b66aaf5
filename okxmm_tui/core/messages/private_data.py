"""Private data: own orders, fills, positions and balances, in the venue's words."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.fill import Fill
from okxmm_tui.core.messages.base import Event
from okxmm_tui.core.types import PositionSide, Side, VenueOrderState


class OrderUpdate(Event, frozen=True, gc=False, tag=True, array_like=True):
    """The venue's word on one order, from a push or a query."""

    inst_id: str
    ord_id: str
    cl_ord_id: str
    tag: str
    side: Side
    price_ticks: int
    """0 for orders without a price."""
    size_lots: int
    filled_lots: int
    state: VenueOrderState
    update_ms: int
    fill: Fill | None = None
    """The execution this push reports, if it reports one."""
    cancel_source: str = ""
    amend_result: str = ""
    """OKX amendResult: "" none, "0" done, "-1" failed, "1" failed and cancelled."""
    req_id: str = ""
    code: str = "0"
    text: str = ""
    reduce_only: bool = False
    category: str = "normal"
    position_side: PositionSide = PositionSide.NET


class PositionUpdate(Event, frozen=True, gc=False, tag=True, array_like=True):
    """The venue's word on one position: the net one, or one of two where the account keeps them apart."""

    inst_id: str
    size_lots: int
    """Signed: positive is long, negative short, whatever the side is called."""
    average_price: Decimal | None
    mark_price: Decimal | None
    liquidation_price: Decimal | None
    update_ms: int
    position_side: PositionSide = PositionSide.NET
    rest: Decimal = Decimal(0)
    """Held beyond the whole lots, in contracts, signed like the size: from before a lot change."""


class AccountBill(Struct, frozen=True, gc=False, array_like=True):
    """One change of a balance that no fill explains: funding, interest, transfer, liquidation, ..."""

    bill_id: str
    bill_type: str
    """OKX bill type: 1 transfer, 7 interest, 8 funding, 5 liquidation, 9 ADL, ..."""
    inst_id: str
    ccy: str
    change: Decimal
    """Signed: negative leaves the account."""
    venue_ms: int


class BalanceUpdate(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Balance of one currency in the trading account."""

    ccy: str
    equity: Decimal
    cash: Decimal
    available: Decimal
    update_ms: int
    spendable: Decimal | None = None
    """Part of the cash that no order holds back (availBal): what spot may use. None where it was not said."""
    margin_ratio: Decimal | None = None
    """Equity over maintenance margin (mgnRatio), of the currency or of the pool it is in; liquidated at 1.
    None where no position needs margin, or it was not said."""
