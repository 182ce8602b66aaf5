"""What this console has seen of the session: orders and their changes, fills and where the market went after.

The engine's picture holds the newest of each only; what was before this console opened is read from the
journal, once. Nothing that trades depends on this memory; it is bounded: full, it holds about 7 MB, most
of it the words of order changes.
"""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from msgspec.structs import replace

from okxmm_tui.console.composition import Figure, composition
from okxmm_tui.console.language import tr
from okxmm_tui.console.port import Past, PastOrder
from okxmm_tui.console.series import Series
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.market_views import FillView, MarketView, OrderView
from okxmm_tui.core.snapshot import Snapshot

K = TypeVar("K")
V = TypeVar("V")

HORIZONS_S = (1, 5, 30)
MOST_ORDERS = MOST_FILLS = 2_000
MOST_EVENTS = 24
MOST_SPREADS = 120
"""Samples of each of the two dozen figures of a spread."""
MOST_FULL = 500
"""Newest orders whose changes are kept; of older ones the beginning and the end are."""
FILLED, CANCELLED, GONE = "filled", "cancelled", "gone"
DONE = frozenset({FILLED, CANCELLED, GONE})
UNSEEN_END = "works no more; the journal has how it ended"
NS_PER_MS, NS_PER_S = 1_000_000, 1_000_000_000


@dataclass(slots=True, eq=False)
class SeenOrder:
    """One order, as last seen, and what happened to it."""

    inst_id: str
    order: OrderView
    events: list[tuple[int, str]] = field(default_factory=list)
    """UTC nanoseconds and text, oldest first; the first is the placing."""
    left_out: int = 0
    """Changes after the first that are no longer kept."""
    is_past: bool = False
    """From before this console opened: whose it was, its changes and what its version meant are not known."""

    def tell(self, at_ns: int, text: str) -> None:
        """Note a change; where there are too many, one after the placing gives way."""
        self.events.append((at_ns, text))
        self._keep(MOST_EVENTS)

    def shorten(self) -> None:
        """Keep how it began and how it ended."""
        self._keep(2)

    def _keep(self, most: int) -> None:
        if (surplus := len(self.events) - most) > 0:
            del self.events[1 : 1 + surplus]
            self.left_out += surplus


@dataclass(slots=True, eq=False)
class SeenFill:
    """One fill, and the market's move in its favour so far, in basis points by horizon in seconds."""

    inst_id: str
    fill: FillView
    markouts_bps: dict[int, float] = field(default_factory=dict)


class History:
    """Bounded memory of a session."""

    def __init__(self) -> None:
        self.orders: OrderedDict[str, SeenOrder] = OrderedDict()
        self.fills: OrderedDict[tuple[str, str], SeenFill] = OrderedDict()
        self.inventory: dict[str, Series] = {}
        """Position once a second, by instrument."""
        self.spread: dict[str, dict[str, Series]] = {}
        """What the spread was made of once a second, in basis points by instrument and name; nan: unknown."""
        self.equity = Series()
        """The account's, once a second, in its currency."""
        self.since_ns = 0
        """Time of the first picture."""
        self._open: list[SeenFill] = []
        self._full: deque[SeenOrder] = deque()
        self._working: set[str] = set()
        self._second = 0

    def observe(self, snapshot: Snapshot) -> None:
        """Take what is new in a picture."""
        self.since_ns = self.since_ns or snapshot.at_ns
        self._take_orders(snapshot)
        self._take_fills(snapshot)
        self._mark(snapshot)
        second = snapshot.at_ns // NS_PER_S
        if second != self._second:
            self._second = second
            self._sample(snapshot)

    def take_past(self, past: Past, snapshot: Snapshot) -> None:
        """Put what was before in front of what was seen since; what is known already stays as it is."""
        instruments = {each.instrument.inst_id: each.instrument for each in snapshot.markets}
        orders = {each.order.cl_ord_id: _before(each, instruments[each.inst_id]) for each in past.orders}
        fills = {(each.inst_id, each.fill.trade_id): SeenFill(each.inst_id, each.fill) for each in past.fills}
        _put_before(self.orders, orders, MOST_ORDERS)
        _put_before(self.fills, fills, MOST_FILLS)
        # What still works may be older than much that has ended since.
        for key in sorted(self.orders, key=lambda each: self.orders[each].order.created_ns):
            self.orders.move_to_end(key)

    def fill(self, inst_id: str, trade_id: str) -> SeenFill | None:
        """A fill of the session."""
        return self.fills.get((inst_id, trade_id))

    def _take_orders(self, snapshot: Snapshot) -> None:
        # By age: a console that opens late sees many at once, and the blotter is read by time.
        found = [(order, each) for each in snapshot.markets for order in (*each.done_orders, *each.orders)]
        for order, market in sorted(found, key=lambda pair: pair[0].created_ns):
            self._take_order(order, market, snapshot.at_ns)
        working = {order.cl_ord_id for each in snapshot.markets for order in each.orders}
        for cl_ord_id in self._working - working:
            self._let_go(cl_ord_id, snapshot.at_ns)
        self._working = working

    def _take_order(self, order: OrderView, market: MarketView, at_ns: int) -> None:
        seen = self.orders.get(order.cl_ord_id)
        if seen is None:
            seen = self.orders[order.cl_ord_id] = SeenOrder(market.instrument.inst_id, order)
            seen.tell(order.created_ns, f"placed: {_state(market.instrument, order)}")
            self._make_room(seen)
        if _told(seen.order) != _told(order):
            seen.tell(at_ns, _state(market.instrument, order))
        seen.order = order

    def _let_go(self, cl_ord_id: str, at_ns: int) -> None:
        """Note that an order works no more: of many that end at once a picture does not name all."""
        seen = self.orders.get(cl_ord_id)
        if seen is not None and seen.order.status not in DONE:
            seen.order = replace(seen.order, status=GONE)
            seen.tell(at_ns, UNSEEN_END)

    def _make_room(self, newest: SeenOrder) -> None:
        self._full.append(newest)
        if len(self._full) > MOST_FULL:
            self._full.popleft().shorten()
        if len(self.orders) > MOST_ORDERS:
            # What still works is not forgotten, however old: it would come back as if it were new.
            ended = (key for key, seen in self.orders.items() if key not in self._working)
            del self.orders[next(ended, next(iter(self.orders)))]

    def _take_fills(self, snapshot: Snapshot) -> None:
        fresh: list[SeenFill] = []
        for market in snapshot.markets:
            inst_id = market.instrument.inst_id
            for fill in market.fills:
                if (inst_id, fill.trade_id) in self.fills:
                    break
                fresh.append(SeenFill(inst_id, fill))
        fresh.reverse()  # newest first, also of those with one time stamp
        for seen in sorted(fresh, key=lambda each: each.fill.venue_ms):
            self.fills[seen.inst_id, seen.fill.trade_id] = seen
            if snapshot.at_ns - seen.fill.venue_ms * NS_PER_MS < HORIZONS_S[0] * NS_PER_S:
                self._open.append(seen)
            if len(self.fills) > MOST_FILLS:
                self.fills.popitem(last=False)

    def _mark(self, snapshot: Snapshot) -> None:
        """Note the mid at each horizon; a book that is not live marks nothing."""
        mids = {m.instrument.inst_id: mid for m in snapshot.markets if (mid := live_mid(m)) is not None}
        still: list[SeenFill] = []
        for seen in self._open:
            age_ns = snapshot.at_ns - seen.fill.venue_ms * NS_PER_MS
            mid = mids.get(seen.inst_id)
            for horizon in HORIZONS_S:
                # A picture comes ten times a second; one that is late says nothing of the horizon.
                if 0 <= age_ns - horizon * NS_PER_S < NS_PER_S // 2 and mid is not None:
                    seen.markouts_bps.setdefault(horizon, move_bps(seen.fill, mid))
            if age_ns < (HORIZONS_S[-1] + 1) * NS_PER_S:
                still.append(seen)
        self._open = still

    def _sample(self, snapshot: Snapshot) -> None:
        for market in snapshot.markets:
            samples = self.inventory.setdefault(market.instrument.inst_id, Series())
            samples.add(float(market.instrument.size(market.position_lots)))
            mid = live_mid(market)
            figures = [] if mid is None else composition(market, mid)
            _move_on(self.spread.setdefault(market.instrument.inst_id, {}), figures)
        if snapshot.account_view.equity is not None:
            self.equity.add(float(snapshot.account_view.equity))


def _before(past: PastOrder, instrument: Instrument) -> SeenOrder:
    seen = SeenOrder(past.inst_id, past.order, is_past=True)
    seen.tell(past.order.created_ns, "placed; what followed is in the journal")
    seen.tell(past.updated_ns, UNSEEN_END if past.order.status == GONE else _state(instrument, past.order))
    return seen


def _put_before(kept: OrderedDict[K, V], found: Mapping[K, V], most: int) -> None:
    """As many of the newest found as there is room for, oldest first, before all that is kept."""
    for key in reversed([*found]):
        if len(kept) >= most:
            return
        if key not in kept:
            kept[key] = found[key]
            kept.move_to_end(key, last=False)


def _move_on(past: dict[str, Series], figures: list[Figure]) -> None:
    """A sample for every name there is or ever was: all series end now."""
    now = {figure.name: figure.mean_bps for figure in figures}
    for name in (*past, *(name for name in now if name not in past)):
        value = now.get(name)
        past.setdefault(name, Series(MOST_SPREADS)).add(math.nan if value is None else value)


def live_mid(market: MarketView) -> float | None:
    """Mid of a live book, in ticks."""
    if market.book_state != "live" or not market.bids or not market.asks:
        return None
    return (market.bids[0][0] + market.asks[0][0]) / 2


def move_bps(fill: FillView, mid_ticks: float) -> float:
    """The mid's move since a fill, in basis points; positive is good for us."""
    return fill.side.sign * (mid_ticks - fill.price_ticks) / fill.price_ticks * 1e4


def _told(order: OrderView) -> tuple[object, ...]:
    return (order.status, order.price_ticks, order.size_lots, order.filled_lots, order.decision)


def _state(instrument: Instrument, order: OrderView) -> str:
    price = instrument.price_text(order.price_ticks)
    text = f"{tr(order.status, 'order')}, {instrument.size_text(order.size_lots)} @ {price}"
    if order.filled_lots:
        text += f", {instrument.size_text(order.filled_lots)} filled"
    return f"{text} ({order.decision})" if order.decision else text
