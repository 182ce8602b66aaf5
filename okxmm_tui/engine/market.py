"""One instrument's state: book, signals, strategy, own orders and books of account."""

from __future__ import annotations

from collections import deque
from decimal import Decimal

from msgspec import structs

from okxmm_tui.core.account import FeeRates
from okxmm_tui.core.accounting.quality import TradingQuality
from okxmm_tui.core.books import OrderBook
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.ledger import BookedFill, Ledger
from okxmm_tui.core.market_views import ParamChangeView
from okxmm_tui.core.messages import (
    BookSnapshot,
    BookUpdate,
    Fill,
    FundingRate,
    PositionUpdate,
    PriceLimits,
    PublicTrade,
    TopOfBook,
)
from okxmm_tui.core.orders import OwnOrder, OwnOrders
from okxmm_tui.core.own_shown import OwnShown, Top
from okxmm_tui.core.params import ParamSet
from okxmm_tui.core.position_sides import SidePositions, closed_by
from okxmm_tui.core.spot_balance import SpotHolding
from okxmm_tui.core.types import PositionMode, PositionSide, Side
from okxmm_tui.engine.book_state import BookState
from okxmm_tui.engine.mid_range import MidRange
from okxmm_tui.engine.own_queues import OwnQueues
from okxmm_tui.engine.rolling import RollingCount
from okxmm_tui.engine.side_state import SideState
from okxmm_tui.engine.tape import Tape
from okxmm_tui.signals.collector import MarketSignals
from okxmm_tui.strategies.base import Strategy, Target

__all__ = ["NO_FEES", "BookState", "Market", "SideState"]

CHAINED_BEFORE_QUOTING = 3
"""Updates that must follow a snapshot before the book is trusted (tests/safety/README.md, row 1)."""
FILLS_SHOWN = 200
PARAM_CHANGES = 50
NO_FEES = FeeRates(Decimal(0), Decimal(0))
PNL_SAMPLES = 300


class Market:
    """Everything the engine knows of one instrument."""

    def __init__(  # noqa: PLR0915 - one line a figure
        self,
        instrument: Instrument,
        strategy: Strategy,
        params: ParamSet,
        fees: FeeRates = NO_FEES,
        position_mode: PositionMode = PositionMode.NET,
        *,
        ledger: Ledger | None = None,
    ) -> None:
        self.instrument = instrument
        self.fees = fees
        self.strategy = strategy
        self.params = params
        self.book = OrderBook()
        self.book_state = BookState.WAITING
        self.book_reason = "waiting for the order book"
        self.last_book_ns: int | None = None
        self.crossed_ns: int | None = None
        """When the book last stood crossed or locked."""
        self.bid_ticks: int = 0
        self.ask_ticks: int = 0
        self.bid_lots: int = 0
        self.ask_lots: int = 0
        """Best prices as shown, our own orders among them."""
        self.top_seq = -1
        self._top_ms = 0
        self.mark_price: Decimal | None = None
        self.last_mid: Decimal | None = None
        """Kept while the book is being renewed."""
        self.marked_ns: int | None = None
        self.mid_ns: int | None = None
        self.index_price: Decimal | None = None
        self.price_limits: PriceLimits | None = None
        self.funding: FundingRate | None = None
        self.order_route = "ws"
        self.last_trade: PublicTrade | None = None
        self.tape = Tape()
        self.orders = OwnOrders()
        self.queues = OwnQueues(self.book, self.orders)
        self.ledger = ledger or Ledger(instrument)
        self.is_carried_on = ledger is not None
        """Whether the books go on where an earlier session left them."""
        self.carried_to_ms = 0
        """Fills and bills before this time (Unix ms) are in the books that were carried on."""
        self.quality = TradingQuality(instrument, self.ledger)
        self.shown = OwnShown(self.book)
        self.signals = MarketSignals(instrument, self.book, self.quality.timeline, self.shown)
        self.fills: deque[BookedFill] = deque(maxlen=FILLS_SHOWN)
        self.fill_steps: deque[int] = deque(maxlen=FILLS_SHOWN)
        """The steps that booked them."""
        self.has_sides = position_mode is PositionMode.LONG_SHORT and not instrument.is_spot
        """Whether long and short are kept apart."""
        self.side_positions = SidePositions()
        self.holding = SpotHolding(instrument) if instrument.is_spot else None
        """Exact base and quote changes of a spot pair; None for derivatives."""
        self.venue_position: PositionUpdate | None = None
        """The venue's net figure."""
        self.venue_sides: dict[PositionSide, PositionUpdate] = {}
        self.mismatch_since_ns: int | None = None
        self.sides = {Side.BUY: SideState(), Side.SELL: SideState()}
        self.target: Target | None = None
        self.next_refresh_ns = 0
        self.considered_ns = 0
        self.is_dirty = True
        """Whether something the quotes depend on has changed since they were last considered."""
        self.post_only_cancels = RollingCount()
        self.self_trades = RollingCount()
        self.orders_sent = RollingCount()
        """New and amended orders."""
        self.blocked = ""
        """Why this market may not quote at all; empty when it may."""
        self.only_reduce = ""
        """Why this market may only reduce its position; empty when it may quote freely."""
        self.mid_range = MidRange()
        self.widen_reason = ""
        """Why quotes stand at twice their distance with half their size; empty when they do not."""
        self.close_after_ns = 0
        """No closing order before this time."""
        self.strategy_problem = ""
        self.preview: ParamSet | None = None
        """Values the operator is looking at; nothing is traded on them."""
        self.param_changes: deque[ParamChangeView] = deque(maxlen=PARAM_CHANGES)
        self.stop_reason = ""
        """Why the venue takes no orders here, from a refusal; empty when it does."""
        self.has_come_back = False
        """Whether the venue has listed the instrument as live since."""
        self.pnl_history: deque[float] = deque(maxlen=PNL_SAMPLES)
        self._chained = 0

    # -- book ------------------------------------------------------------------------------------

    def on_snapshot(self, event: BookSnapshot, now_ns: int) -> None:
        """Start a new chain."""
        self.book.replace(event.bids, event.asks, event.seq_id, event.venue_ms, event.depth)
        self._chained = 0
        self.top_seq = -1
        self.signals.on_snapshot(now_ns)
        self._after_book(event.seq_id, now_ns)

    def on_update(self, event: BookUpdate, now_ns: int) -> None:
        """Continue the chain; ignored while the book is being resynchronised."""
        if self.book_state in {BookState.WAITING, BookState.RESYNC} and self.book.seq_id < 0:
            return
        if event.seq_id < self.book.seq_id:
            self.top_seq = -1  # the venue counts anew: best prices of the old count must not outrank it
        is_echo = self.shown.is_echo(event.bids, event.asks, event.venue_ms)
        self.book.apply(event.bids, event.asks, event.seq_id, event.venue_ms)
        self._chained += 1
        self.signals.on_book(event.bids, event.asks, now_ns)
        self._after_book(event.seq_id, now_ns, is_echo=is_echo)

    def _after_book(self, seq_id: int, now_ns: int, *, is_echo: bool = False) -> None:
        if not is_echo:  # else our own moves would keep a dead market young
            self.last_book_ns = now_ns
        bid, ask = self.book.bids.best_ticks, self.book.asks.best_ticks
        if bid is None or ask is None:
            self.bid_ticks = self.ask_ticks = self.bid_lots = self.ask_lots = 0
            self.signals.on_break(now_ns)
        elif seq_id >= self.top_seq:
            top = bid, self.book.bids.size_at(bid), ask, self.book.asks.size_at(ask)
            self._set_top(top, seq_id=seq_id, venue_ms=self.book.venue_ms, now_ns=now_ns)
        if self._chained >= CHAINED_BEFORE_QUOTING and self.book.is_two_sided:
            self.book_state = BookState.LIVE
        self._note_mid(self.book.venue_ms)
        self.queues.on_book()

    def on_top(self, event: TopOfBook, now_ns: int) -> None:
        """Take a newer best bid and ask than the book holds."""
        if self.book.seq_id < 0 or event.seq_id < self.top_seq or event.seq_id < self.book.seq_id:
            return
        top = event.bid_ticks, event.bid_lots, event.ask_ticks, event.ask_lots
        shown, others = (self.bid_ticks, self.bid_lots, self.ask_ticks, self.ask_lots), self.others
        if top == shown or others is None or others != self.shown.others(top, event.venue_ms):
            self.last_book_ns = now_ns  # else only our own orders have moved
        if 0 < event.bid_ticks < event.ask_ticks and event.bid_lots and event.ask_lots:
            self._set_top(top, seq_id=event.seq_id, venue_ms=event.venue_ms, now_ns=now_ns)
            self._note_mid(event.venue_ms)

    def _note_mid(self, venue_ms: int) -> None:
        # Where nobody else stands there is a gap: no fill is judged by quotes of ours.
        bid_ticks, _, ask_ticks, _ = self.others or (0, 0, 0, 0)
        self.quality.on_mid(venue_ms, bid_ticks, ask_ticks, is_live=self.book_state is BookState.LIVE)

    def _set_top(self, top: Top, *, seq_id: int, venue_ms: int, now_ns: int) -> None:
        if top[0] != self.bid_ticks or top[2] != self.ask_ticks:
            self.is_dirty = True
        self.bid_ticks, self.bid_lots, self.ask_ticks, self.ask_lots = top
        self.top_seq, self._top_ms, self.mid_ns = seq_id, venue_ms, now_ns
        if self.is_two_sided:
            self.signals.on_top(*top, venue_ms=venue_ms, now_ns=now_ns)

    def take_mark(self, price: Decimal, now_ns: int) -> None:
        """The venue's mark price; what is no positive price is not taken."""
        if price > 0:
            self.mark_price, self.marked_ns = price, now_ns

    def break_book(self, reason: str) -> None:
        """Quarantine the book until a fresh snapshot and a few chained updates."""
        self.last_mid = self.mid_price or self.last_mid
        self.book.clear()
        self.quality.timeline.lose()
        self.book_state = BookState.RESYNC
        self.book_reason = reason
        self.signals.on_break()
        self.bid_ticks = self.ask_ticks = self.bid_lots = self.ask_lots = 0
        self.top_seq = -1
        self._chained = 0

    def mark_stale(self) -> None:
        """No book message for too long; updates must follow before it is trusted again."""
        self.book_state = BookState.STALE
        self.quality.timeline.lose()
        self.signals.on_break()
        self._chained = 0

    # -- tape --------------------------------------------------------------------------------------

    def on_trade(self, event: PublicTrade, now_ns: int) -> None:
        """Take a print: it eats the queue ahead of our orders at its price."""
        self.last_trade = event
        self.tape.on_trade(event, self.orders)
        if self.book_state is BookState.LIVE:
            self.quality.own_share.on_print(event.size_lots)
        self.signals.on_trade(
            event.side, event.price_ticks, event.size_lots, venue_ms=event.venue_ms, now_ns=now_ns
        )
        self.queues.on_trade(event)

    def change_strategy(self, strategy: Strategy, params: ParamSet, version: int) -> None:
        """Quote with another strategy from now on; book, signals and position stay as they are."""
        self.strategy = strategy
        self.params = structs.replace(params, version=version)
        self.target = self.preview = None
        self.strategy_problem = ""
        self.hurry()

    def lift_stop(self) -> None:
        """Try again what the venue had refused."""
        self.stop_reason, self.has_come_back = "", False
        for state in self.sides.values():
            state.stop_reason, state.resume_above = "", None
        self.hurry()

    def hurry(self) -> None:
        """Have the quotes reconsidered at once, whatever the refresh interval."""
        self.next_refresh_ns = 0
        self.is_dirty = True

    # -- position ------------------------------------------------------------------------------------

    def note_fill(self, fill: Fill) -> None:
        """Count a booked fill where the ledger's net position does not tell enough."""
        if self.holding is not None:
            self.holding.book(fill)
        elif self.has_sides:
            order = self.orders.find(fill.cl_ord_id, fill.ord_id)
            named = fill.position_side
            if named is PositionSide.NET and order is not None:
                named = order.position_side
            self.side_positions.apply(fill.side, named, fill.size_lots)

    @property
    def position_lots(self) -> int:
        """Signed net position; for spot the change of the base balance, fees taken from it included."""
        return self.ledger.position.size_lots if self.holding is None else self.holding.whole_lots

    def closable_lots(self, side: Side, leaving_out: OwnOrder | None = None) -> int | None:
        """Lots an order of a side could close that no working order closes yet; None where positions net."""
        if not self.has_sides:
            return None
        closes = closed_by(side)
        working = (
            (order, order.remaining_lots) for order in self.orders.side(side) if order is not leaving_out
        )
        claimed = sum(
            lots
            for order, lots in (*working, *self.orders.unbooked)
            if order.side is side and order.position_side is closes
        )
        return max(0, self.side_positions.held_lots(closes) - claimed)

    def fill_probability(self, order: OwnOrder) -> float | None:
        """Probability that an order fills within ``FILL_HORIZON_S``; None while that cannot be told."""
        queue = self.queues.get(order.cl_ord_id)
        if queue is None:
            return None
        needed_lots = queue.expected_ahead_lots + order.remaining_lots
        return self.signals.fill_probability(order.side, order.price_ticks, needed_lots)

    # -- figures -------------------------------------------------------------------------------------

    @property
    def is_two_sided(self) -> bool:
        """Whether best bid and best ask are known and sane."""
        return 0 < self.bid_ticks < self.ask_ticks

    @property
    def others(self) -> Top | None:
        """Best prices without our own orders; None while nobody else stands on a side."""
        if not self.is_two_sided:
            return None
        top = self.bid_ticks, self.bid_lots, self.ask_ticks, self.ask_lots
        return self.shown.others(top, self._top_ms)

    @property
    def mid_price(self) -> Decimal | None:
        """Mid of what others quote, in quote currency: our own quotes are no price to value or judge by."""
        top = self.others
        return (top[0] + top[2]) * self.instrument.tick_size / 2 if top is not None else None

    @property
    def average_price_ticks(self) -> float | None:
        """Average entry of the position in ticks; None when flat."""
        average = self.ledger.position.average_price
        return None if average is None else float(average / self.instrument.tick_size)

    @property
    def valuation_price(self) -> Decimal | None:
        """Price for unrealised PnL: the mark, else the mid, else the last mid there was."""
        if self.mark_price is not None:
            return self.mark_price
        mid = self.mid_price
        return mid if mid is not None else self.last_mid

    @property
    def max_position_lots(self) -> int:
        """The strategy's own position limit, in lots; unlimited by the strategy when it has none."""
        limit = self.params.values.get("max_position")
        return int(limit / self.instrument.lot_size) if limit is not None else 2**62
