"""Orders and fills of the exchange, and the store that finds them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from okxmm_tui.core.types import ContractKind, PositionSide, Side, VenueOrderState
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.numbers import COIN_PRICE_STEP, ZERO, text
from okxmm_tui.exchange.positions import worth

CANCELED_KEPT_MS = 2 * 3600 * 1000
"""Canceled orders without a fill vanish after two hours (OKX v5, orders-history)."""

FIRST_ORDER_ID = 3_300_000_000_000_000_000
FIRST_TRADE_ID = 900_000_000_000


class CancelSource(StrEnum):
    """Why an order was canceled; OKX ``cancelSource``."""

    USER = "1"
    RISK = "3"
    ADL = "6"
    BALANCE_SHORT = "9"
    FOK_UNFILLED = "13"
    IOC_REMAINDER = "14"
    POSITION_CLOSED = "17"
    DEAD_MAN = "20"
    NO_ROOM_TO_REDUCE = "22"
    REDUCING_DISPLACED = "23"
    POST_ONLY_WOULD_TAKE = "31"
    SELF_TRADE = "32"


class Category(StrEnum):
    """Who made an order; OKX ``category``."""

    NORMAL = "normal"
    ADL = "adl"
    FULL_LIQUIDATION = "full_liquidation"
    PARTIAL_LIQUIDATION = "partial_liquidation"


class Fill(Struct, frozen=True):
    """One match of an own order."""

    trade_id: str
    """Negative when no order book was involved (liquidation, ADL)."""
    bill_id: str
    order_id: str
    cl_ord_id: str
    tag: str
    listing: Listing
    side: Side
    pos_side: PositionSide
    td_mode: str
    category: Category
    price_ticks: int
    size_lots: int
    exec_type: str
    """M maker, T taker."""
    fee: Decimal
    """Negative is charged."""
    fee_ccy: str
    fee_rate: Decimal
    pnl: Decimal
    """Realised by this fill without fee, settlement currency; 0 for spot."""
    mark_price: Decimal
    ts_ms: int

    @property
    def price(self) -> Decimal:
        """Exact fill price."""
        return self.listing.instrument.price(self.price_ticks)


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
    pos_side: PositionSide = PositionSide.NET
    category: Category = Category.NORMAL
    tgt_ccy: str = ""
    """Unit of a spot market order's size: base_ccy or quote_ccy."""
    quote_amount: Decimal | None = None
    """Size of a spot market order in quote; ``size_lots`` is then what the book gives for it."""
    state: VenueOrderState = VenueOrderState.LIVE
    filled_lots: int = 0
    filled_value: Decimal = ZERO
    """Sum of the worths of the fills: settlement currency of contracts, quote of spot."""
    fee: Decimal = ZERO
    rebate: Decimal = ZERO
    """Rebates of spot, which OKX keeps apart from fees; 0 for contracts and for maker sells."""
    pnl: Decimal = ZERO
    last_fill: Fill | None = None
    cancel_source: str = ""
    amend_source: str = ""
    amends_in_flight: int = 0

    @property
    def is_closing(self) -> bool:
        """Whether it closes a long or short position and so never opens one (long/short mode)."""
        opening = {PositionSide.LONG: Side.BUY, PositionSide.SHORT: Side.SELL}
        return self.pos_side in opening and self.side is not opening[self.pos_side]

    @property
    def only_reduces(self) -> bool:
        """Whether it can only make a position smaller."""
        return self.reduce_only or self.is_closing

    @property
    def is_spot(self) -> bool:
        """Whether it exchanges currencies instead of trading contracts."""
        return self.listing.is_spot

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
        """Exact-to-12-digits average fill price, harmonic for inverse contracts; 0 when nothing filled."""
        if not self.filled_lots:
            return ZERO
        ours = self.listing.instrument
        face = self.filled_lots * ours.lot_size * ours.contract_value
        if ours.kind is ContractKind.INVERSE:
            return (face / self.filled_value).quantize(COIN_PRICE_STEP)
        return self.filled_value / face

    def take_fill(self, fill: Fill) -> None:
        """Book a fill on the order."""
        self.filled_lots += fill.size_lots
        self.filled_value += worth(fill.listing.instrument, fill.size_lots, fill.price)
        if fill.fee > 0 and self.is_spot and self.side is Side.BUY:
            self.rebate += fill.fee
        else:
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
        self._by_client_id: dict[str, str] = {}
        self._order_serial = 0
        self._trade_serial = 0

    def next_order_id(self) -> str:
        """Fresh order id."""
        self._order_serial += 1
        return str(FIRST_ORDER_ID + self._order_serial)

    def next_trade_id(self) -> str:
        """Fresh trade id, and id of its first bill; its range lies far from public trade ids."""
        self._trade_serial += 1
        return str(FIRST_TRADE_ID + self._trade_serial)

    def next_bill_id(self) -> str:
        """Fresh id of a bill without a trade of its own, from the same rising numbers."""
        return self.next_trade_id()

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
