"""Private data: own orders, fills, positions and balances, in the venue's words."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.messages.base import Event
from okxmm_tui.core.types import Liquidity, PositionSide, Side, VenueOrderState


class Fill(Struct, frozen=True, gc=False, array_like=True):
    """One execution of an own order."""

    inst_id: str
    trade_id: str
    ord_id: str
    cl_ord_id: str
    side: Side
    price_ticks: int
    size_lots: int
    fee: Decimal
    """OKX sign: negative is charged, positive is a rebate."""
    fee_ccy: str
    liquidity: Liquidity
    venue_ms: int
    tag: str = ""
    position_side: PositionSide = PositionSide.NET
    """Which position it opened or closed; NET where the account nets, and for spot."""
    exact_price: Decimal | None = None
    """Price of a fill from before a tick change that lies between two ticks; None on the grid."""

    def price(self, tick_size: Decimal) -> Decimal:
        """What was paid, exactly, in quote currency."""
        return self.price_ticks * tick_size if self.exact_price is None else self.exact_price


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
