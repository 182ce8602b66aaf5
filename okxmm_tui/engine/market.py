"""One instrument's state: book, signals, strategy, own orders and books of account."""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from enum import StrEnum

from okxmm_tui.core.account import FeeRates
from okxmm_tui.core.books import OrderBook
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.ledger import BookedFill, Ledger
from okxmm_tui.core.messages import (
    BookSnapshot,
    BookUpdate,
    FundingRate,
    PositionUpdate,
    PriceLimits,
    PublicTrade,
    TopOfBook,
)
from okxmm_tui.core.orders import OwnOrders
from okxmm_tui.core.params import ParamSet
from okxmm_tui.core.types import Side
from okxmm_tui.signals.queue_position import QueuePosition
from okxmm_tui.signals.volatility import EwmaVolatility
from okxmm_tui.strategies.base import Quote, Strategy, Target

CHAINED_BEFORE_QUOTING = 3
"""Updates that must follow a snapshot before the book is trusted (market-making.md 4, fault 1)."""
VOLATILITY_HALF_LIFE_S = 30.0
FILLS_SHOWN = 200
NO_FEES = FeeRates(Decimal(0), Decimal(0))
PNL_SAMPLES = 300


class BookState(StrEnum):
    """How far the book can be trusted."""

    WAITING = "waiting"
    LIVE = "live"
    RESYNC = "resync"
    STALE = "stale"


class SideState:
    """Quoting on one side: what is wanted, what hinders it, and the post-only back-off."""

    def __init__(self) -> None:
        self.reason = "starting"
        self.since_ns = 0
        self.quotes: tuple[Quote, ...] = ()
        self.place_after_ns = 0
        self.refusals = 0
        """Post-only cancels and rejects in a row; each doubles the wait before the next try."""

    def say(self, reason: str, now_ns: int) -> None:
        """Set the reason and remember since when it holds."""
        if reason != self.reason or self.since_ns == 0:
            self.reason, self.since_ns = reason, now_ns


class Market:
    """Everything the engine knows of one instrument."""

    def __init__(
        self, instrument: Instrument, strategy: Strategy, params: ParamSet, fees: FeeRates = NO_FEES
    ) -> None:
        self.instrument = instrument
        self.fees = fees
        self.strategy = strategy
        self.params = params
        self.book = OrderBook()
        self.book_state = BookState.WAITING
        self.book_reason = "waiting for the order book"
        self.last_book_ns: int | None = None
        self.bid_ticks = self.ask_ticks = 0
        self.top_seq = -1
        self.volatility = EwmaVolatility(VOLATILITY_HALF_LIFE_S)
        self.mark_price: Decimal | None = None
        self.index_price: Decimal | None = None
        self.price_limits: PriceLimits | None = None
        self.funding: FundingRate | None = None
        self.order_route = "ws"
        self.last_trade: PublicTrade | None = None
        self.orders = OwnOrders()
        self.queue: dict[str, QueuePosition] = {}
        self.ledger = Ledger(instrument)
        self.fills: deque[BookedFill] = deque(maxlen=FILLS_SHOWN)
        self.venue_position: PositionUpdate | None = None
        self.mismatch_since_ns: int | None = None
        self.sides = {Side.BUY: SideState(), Side.SELL: SideState()}
        self.target: Target | None = None
        self.next_refresh_ns = 0
        self.considered_ns = 0
        self.is_dirty = True
        """Whether something the quotes depend on has changed since they were last considered."""
        self.strategy_problem = ""
        self.pnl_history: deque[float] = deque(maxlen=PNL_SAMPLES)
        self._chained = 0

    # -- book ------------------------------------------------------------------------------------

    def on_snapshot(self, event: BookSnapshot, now_ns: int) -> None:
        """Start a new chain."""
        self.book.replace(event.bids, event.asks, event.seq_id, event.venue_ms, event.depth)
        self._chained = 0
        self.top_seq = -1
        self._after_book(event.seq_id, now_ns)

    def on_update(self, event: BookUpdate, now_ns: int) -> None:
        """Continue the chain; ignored while the book is being resynchronised."""
        if self.book_state in {BookState.WAITING, BookState.RESYNC} and self.book.seq_id < 0:
            return
        self.book.apply(event.bids, event.asks, event.seq_id, event.venue_ms)
        self._chained += 1
        self._after_book(event.seq_id, now_ns)

    def _after_book(self, seq_id: int, now_ns: int) -> None:
        self.last_book_ns = now_ns
        bid, ask = self.book.bids.best_ticks, self.book.asks.best_ticks
        if bid is None or ask is None:
            self.bid_ticks = self.ask_ticks = 0
        elif seq_id >= self.top_seq:
            self._set_top(bid, ask, seq_id, now_ns)
        if self._chained >= CHAINED_BEFORE_QUOTING and self.book.is_two_sided:
            self.book_state = BookState.LIVE
        for order in self.orders.working:
            if position := self.queue.get(order.cl_ord_id):
                side = self.book.bids if order.side is Side.BUY else self.book.asks
                position.on_displayed(side.size_at(order.price_ticks))

    def on_top(self, event: TopOfBook, now_ns: int) -> None:
        """Take a newer best bid and ask than the book holds."""
        if self.book.seq_id < 0 or event.seq_id < self.top_seq or event.seq_id < self.book.seq_id:
            return
        self.last_book_ns = now_ns
        if 0 < event.bid_ticks < event.ask_ticks and event.bid_lots and event.ask_lots:
            self._set_top(event.bid_ticks, event.ask_ticks, event.seq_id, now_ns)

    def _set_top(self, bid_ticks: int, ask_ticks: int, seq_id: int, now_ns: int) -> None:
        if bid_ticks != self.bid_ticks or ask_ticks != self.ask_ticks:
            self.is_dirty = True
        self.bid_ticks, self.ask_ticks, self.top_seq = bid_ticks, ask_ticks, seq_id
        self.volatility.update((bid_ticks + ask_ticks) / 2, now_ns)

    def break_book(self, reason: str) -> None:
        """Quarantine the book until a fresh snapshot and a few chained updates."""
        self.book.clear()
        self.book_state = BookState.RESYNC
        self.book_reason = reason
        self.bid_ticks = self.ask_ticks = 0
        self.top_seq = -1
        self._chained = 0

    def mark_stale(self) -> None:
        """No book message for too long; updates must follow before it is trusted again."""
        self.book_state = BookState.STALE
        self._chained = 0

    # -- tape --------------------------------------------------------------------------------------

    def on_trade(self, event: PublicTrade) -> None:
        """Take a print: it eats the queue ahead of our orders at its price."""
        self.last_trade = event
        for order in self.orders.side(event.side.opposite):
            if order.price_ticks == event.price_ticks and order.cl_ord_id in self.queue:
                self.queue[order.cl_ord_id].on_print(event.size_lots)

    def join_queue(self, cl_ord_id: str, side: Side, price_ticks: int) -> None:
        """Start the queue estimate of an order the venue has just confirmed at a price."""
        levels = self.book.bids if side is Side.BUY else self.book.asks
        self.queue[cl_ord_id] = QueuePosition(levels.size_at(price_ticks))

    def hurry(self) -> None:
        """Have the quotes reconsidered at once, whatever the refresh interval."""
        self.next_refresh_ns = 0
        self.is_dirty = True

    # -- figures -------------------------------------------------------------------------------------

    @property
    def is_two_sided(self) -> bool:
        """Whether best bid and best ask are known and sane."""
        return 0 < self.bid_ticks < self.ask_ticks

    @property
    def mid_price(self) -> Decimal | None:
        """Mid of the best quotes, in quote currency."""
        if not self.is_two_sided:
            return None
        return (self.bid_ticks + self.ask_ticks) * self.instrument.tick_size / 2

    @property
    def valuation_price(self) -> Decimal | None:
        """Price for unrealised PnL: the mark, or the mid before the first mark."""
        return self.mark_price if self.mark_price is not None else self.mid_price

    @property
    def max_position_lots(self) -> int:
        """The strategy's own position limit, in lots; unlimited by the strategy when it has none."""
        limit = self.params.values.get("max_position")
        return int(limit / self.instrument.lot_size) if limit is not None else 2**62
