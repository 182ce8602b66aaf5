"""Orders and fills of the exchange, and the store that finds them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from okxmm_tui.core.types import Side, VenueOrderState
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.numbers import ZERO, text

CANCELED_KEPT_MS = 2 * 3600 * 1000
"""Canceled orders without a fill vanish after two hours (OKX v5, orders-history)."""

FIRST_ORDER_ID = 3_300_000_000_000_000_000
FIRST_TRADE_ID = 900_000_000_000


class CancelSource(StrEnum):
    """Why an order was canceled; OKX ``cancelSource``."""

    USER = "1"
    FOK_UNFILLED = "13"
    IOC_REMAINDER = "14"
    POSITION_CLOSED = "17"
    DEAD_MAN = "20"
    POST_ONLY_WOULD_TAKE = "31"
    SELF_TRADE = "32"


class Fill(Struct, frozen=True):
    """One match of an own order."""

    trade_id: str
    bill_id: str
    order_id: str
    cl_ord_id: str
    tag: str
    listing: Listing
    side: Side
    price_ticks: int
    size_lots: int
    exec_type: str
    """M maker, T taker."""
    fee: Decimal
    """USDT, negative is charged."""
    fee_rate: Decimal
    pnl: Decimal
    """Realised by this fill without fee, USDT."""
    balance: Decimal
    """Cash after the fill, USDT."""
    mark_price: Decimal
    ts_ms: int


class FundingBill(Struct, frozen=True):
    """One funding settlement of a position."""

    bill_id: str
    listing: Listing
    lots: int
    mark_price: Decimal
    amount: Decimal
    """USDT, negative is paid."""
    balance: Decimal
    """Cash after the settlement, USDT."""
    ts_ms: int


class Order(Struct):
    """One order of its whole life."""

    order_id: str
    cl_ord_id: str
    tag: str
    listing: Listing
    side: Side
    ord_type: str
    td_mode: str
    ccy: str
    price_ticks: int | None
    """Limit; the price band's edge for market orders."""
    size_lots: int
    reduce_only: bool
    stp_mode: str
    lever: Decimal
    created_ms: int
    updated_ms: int
    state: VenueOrderState = VenueOrderState.LIVE
    filled_lots: int = 0
    filled_value_ticks: int = 0
    """Sum of filled lots x price ticks: the exact numerator of the average price."""
    fee: Decimal = ZERO
    pnl: Decimal = ZERO
    last_fill: Fill | None = None
    cancel_source: str = ""
    amend_source: str = ""
    amends_in_flight: int = 0

    @property
    def remaining_lots(self) -> int:
        """Lots still to fill."""
        return self.size_lots - self.filled_lots

    @property
    def is_pending(self) -> bool:
        """Whether the order can still fill."""
        return not self.state.is_terminal

    @property
    def shown_price(self) -> str:
        """Price as OKX shows it: empty for market orders."""
        if self.ord_type in {"market", "optimal_limit_ioc"} or self.price_ticks is None:
            return ""
        return text(self.listing.instrument.price(self.price_ticks))

    def average_price(self) -> Decimal:
        """Exact-to-12-digits average fill price; 0 when nothing filled."""
        if not self.filled_lots:
            return ZERO
        return Decimal(self.filled_value_ticks) / self.filled_lots * self.listing.instrument.tick_size

    def take_fill(self, fill: Fill) -> None:
        """Book a fill on the order."""
        self.filled_lots += fill.size_lots
        self.filled_value_ticks += fill.size_lots * fill.price_ticks
        self.fee += fill.fee
        self.pnl += fill.pnl
        self.last_fill = fill
        self.updated_ms = fill.ts_ms
        done = self.filled_lots >= self.size_lots
        self.state = VenueOrderState.FILLED if done else VenueOrderState.PARTIALLY_FILLED


class OrderStore:
    """Every order and fill; pending orders are found by either id in O(1)."""

    def __init__(self) -> None:
        self.orders: dict[str, Order] = {}
        self.pending: dict[str, Order] = {}
        self.fills: list[Fill] = []
        self.funding: list[FundingBill] = []
        self._by_client_id: dict[str, str] = {}
        self._order_serial = 0
        self._trade_serial = 0

    def next_order_id(self) -> str:
        """Fresh order id."""
        self._order_serial += 1
        return str(FIRST_ORDER_ID + self._order_serial)

    def next_trade_id(self) -> str:
        """Fresh trade id; its range lies far from public trade ids."""
        self._trade_serial += 1
        return str(FIRST_TRADE_ID + self._trade_serial)

    def add(self, order: Order) -> None:
        """Store a new order."""
        self.orders[order.order_id] = order
        self.pending[order.order_id] = order
        if order.cl_ord_id:
            self._by_client_id[order.cl_ord_id] = order.order_id

    def finish(self, order: Order) -> None:
        """Move an order that reached a terminal state out of the pending ones."""
        self.pending.pop(order.order_id, None)

    def is_client_id_pending(self, cl_ord_id: str) -> bool:
        """Whether a pending order carries the client id; finished ones may be reused."""
        return self._by_client_id.get(cl_ord_id) in self.pending

    def find(self, order_id: str, cl_ord_id: str) -> Order | None:
        """Find an order; ``order_id`` wins, the latest of several with one client id is returned."""
        return self.orders.get(order_id or self._by_client_id.get(cl_ord_id, ""))

    def pending_of(self, inst_id: str) -> Iterator[Order]:
        """Pending orders of one instrument."""
        return (order for order in self.pending.values() if order.listing.inst_id == inst_id)

    def prune(self, now_ms: int) -> None:
        """Forget unfilled canceled orders after two hours, as OKX does."""
        old = [
            order
            for order in self.orders.values()
            if not order.is_pending and not order.filled_lots and now_ms - order.updated_ms > CANCELED_KEPT_MS
        ]
        for order in old:
            del self.orders[order.order_id]
            if self._by_client_id.get(order.cl_ord_id) == order.order_id:
                del self._by_client_id[order.cl_ord_id]
