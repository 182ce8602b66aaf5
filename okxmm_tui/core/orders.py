"""Own orders and their states: what we asked for and what the venue confirmed, never mixed up.

    SENT ──ack/push──▶ LIVE ──fill/cancel──▶ DONE
     │                  ▲ │
     └──no answer──▶ UNKNOWN (counts as live exposure until a query or a push settles it)

Amends and cancels in flight are marks on a live order, not states: the order is what the venue last said.
A terminal state is final, whatever arrives later, in whatever order.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import islice

from msgspec import Struct

from okxmm_tui.core.messages import Fill, OrderUpdate
from okxmm_tui.core.types import PositionSide, Side, VenueOrderState


class OrderStatus(StrEnum):
    """Where an own order stands."""

    SENT = "sent"
    LIVE = "live"
    UNKNOWN = "unknown"
    DONE = "done"


class Amend(Struct, frozen=True):
    """An amend in flight."""

    req_id: str
    price_ticks: int
    size_lots: int
    sent_ns: int
    params_version: int = 0
    """Version of the strategy parameters that asked for it."""


class OwnOrder:
    """One own order."""

    __slots__ = (
        "amend",
        "asked_ns",
        "cancel_sent_ns",
        "cancel_source",
        "cl_ord_id",
        "created_ns",
        "decision",
        "doubt_ns",
        "expire_ns",
        "filled_lots",
        "held_ticks",
        "inst_id",
        "is_adopted",
        "is_closing",
        "is_manual",
        "next_query_ns",
        "ord_id",
        "params_version",
        "position_side",
        "price_ticks",
        "queries",
        "side",
        "size_lots",
        "status",
        "update_ms",
    )

    def __init__(
        self,
        inst_id: str,
        cl_ord_id: str,
        side: Side,
        price_ticks: int,
        *,
        size_lots: int,
        created_ns: int,
        position_side: PositionSide = PositionSide.NET,
    ) -> None:
        self.inst_id = inst_id
        self.cl_ord_id = cl_ord_id
        self.ord_id = ""
        self.side = side
        self.position_side = position_side
        """The position it opens or closes; NET where the account nets."""
        self.price_ticks = price_ticks
        self.size_lots = size_lots
        self.filled_lots = 0
        self.status = OrderStatus.SENT
        self.created_ns = created_ns
        self.expire_ns = created_ns
        """The venue drops the place request when it arrives after this time."""
        self.amend: Amend | None = None
        self.cancel_sent_ns: int | None = None
        self.cancel_source = ""
        self.update_ms = 0
        self.decision = ""
        self.held_ticks: int | None = None
        """Price it was wanted at when it was last left where it stands; None while it is at its target."""
        self.is_adopted = False
        """Found at the venue, not placed by this session."""
        self.is_closing = False
        """A taker order that reduces the position; quoting leaves it alone."""
        self.is_manual = False
        """Placed or taken over by hand; quoting leaves it alone, pulling and killing take it out."""
        self.params_version = 0
        """Version of the strategy parameters it was placed or last amended under."""
        self.doubt_ns: int | None = None
        """Since when only the venue can tell what has become of it; None while nothing is in doubt."""
        self.asked_ns: int | None = None
        """When the oldest question without an answer was sent."""
        self.queries = 0
        self.next_query_ns = 0

    @property
    def is_done(self) -> bool:
        """Whether no further fill can come."""
        return self.status is OrderStatus.DONE

    @property
    def remaining_lots(self) -> int:
        """What can still fill; an amend in flight counts with the larger of both sizes."""
        size = max(self.size_lots, self.amend.size_lots) if self.amend else self.size_lots
        return 0 if self.is_done else max(0, size - self.filled_lots)

    @property
    def dearest_ticks(self) -> int:
        """Highest price it may fill at; an amend in flight counts with the higher of both."""
        return max(self.price_ticks, self.amend.price_ticks) if self.amend else self.price_ticks

    @property
    def shown_status(self) -> str:
        """One word for the screen."""
        if self.status is OrderStatus.LIVE:
            if self.cancel_sent_ns is not None:
                return "cancelling"
            return "amending" if self.amend else "live"
        return self.status.value


class OrderChange(Struct, frozen=True):
    """What an update did to an order."""

    order: OwnOrder
    became_live: bool = False
    became_done: bool = False
    amend_failed: bool = False
    has_lost_place: bool = False
    """Whether it stands at the back of a queue now: another price or a larger size, which only shrinking is
    not (OKX v5, amend order)."""
    has_moved: bool = False
    """Whether its price is another one."""
    missing_lots: int = 0
    """Filled lots the venue counts that no fill has told us of."""


class OwnOrders:
    """All own orders of one instrument; done orders are kept for late messages, a bounded number of them."""

    MAX_DONE = 2_000

    def __init__(self) -> None:
        self._orders: dict[str, OwnOrder] = {}
        self._working: dict[str, OwnOrder] = {}
        self._by_ord_id: dict[str, str] = {}
        self._booked: dict[str, int] = {}
        self._rests: dict[str, int] = {}
        """Fills of an order that were no whole lots; each may hide up to one in the sum of the others."""
        self._unbooked: dict[str, int] = {}
        """By order, working or done: lots the venue counts as filled that are not in the position yet."""

    def add(self, order: OwnOrder) -> None:
        """Take a new order in."""
        self._orders[order.cl_ord_id] = order
        self._working[order.cl_ord_id] = order
        self.note_venue_id(order, order.ord_id)

    def note_venue_id(self, order: OwnOrder, ord_id: str) -> None:
        """Remember the venue's id, so that the order is found by either; an empty one tells nothing."""
        if ord_id:
            order.ord_id = ord_id
            self._by_ord_id[ord_id] = order.cl_ord_id

    def get(self, cl_ord_id: str) -> OwnOrder | None:
        """Find an order by client order id, working or done."""
        return self._orders.get(cl_ord_id)

    def find(self, cl_ord_id: str, ord_id: str) -> OwnOrder | None:
        """Find an order by either id."""
        order = self._orders.get(cl_ord_id)
        return order if order is not None else self._orders.get(self._by_ord_id.get(ord_id, ""))

    @property
    def working(self) -> tuple[OwnOrder, ...]:
        """Orders that may still fill, oldest first."""
        return tuple(self._working.values())

    def newest_done(self, count: int) -> list[OwnOrder]:
        """Orders that no longer work, newest first."""
        done = (order for order in reversed(self._orders.values()) if order.is_done)
        return list(islice(done, count))

    def side(self, side: Side) -> list[OwnOrder]:
        """Working orders of one side, oldest first."""
        return [order for order in self._working.values() if order.side is side]

    def remaining_lots(self, side: Side) -> int:
        """Lots that could still fill on a side, UNKNOWN and in-flight ones included."""
        return sum(order.remaining_lots for order in self._working.values() if order.side is side)

    def exposed_lots(self, side: Side) -> int:
        """Lots a side may yet move the position by: what could still fill, and what has filled unbooked."""
        return self.remaining_lots(side) + sum(lots for order, lots in self.unbooked if order.side is side)

    @property
    def unbooked(self) -> tuple[tuple[OwnOrder, int], ...]:
        """Orders with filled lots that no fill has told us of, and how many."""
        return tuple((self._orders[key], lots) for key, lots in self._unbooked.items())

    def forget_unbooked(self) -> None:
        """The position has been compared with the venue's and holds: whatever was filled is in it."""
        for key in self._unbooked:
            self._booked[key] = self._orders[key].filled_lots
        self._unbooked.clear()

    def note_fill(self, fill: Fill) -> None:
        """Count a booked fill against its order."""
        order = self.find(fill.cl_ord_id, fill.ord_id)
        if order is not None:
            booked = self._booked.get(order.cl_ord_id, 0) + fill.size_lots
            self._booked[order.cl_ord_id] = booked
            if fill.rest:
                self._rests[order.cl_ord_id] = self._rests.get(order.cl_ord_id, 0) + 1
            order.filled_lots = max(order.filled_lots, booked)
            self._note_unbooked(order)

    def preset_fill(self, order: OwnOrder) -> None:
        """Count what an adopted order had filled before as known."""
        self._booked[order.cl_ord_id] = order.filled_lots

    def apply(self, update: OrderUpdate) -> OrderChange | None:
        """Take the venue's word on an order of ours; None when the order is not known here."""
        order = self.find(update.cl_ord_id, update.ord_id)
        if order is None:
            return None
        self.note_venue_id(order, update.ord_id)
        was, price_ticks, size_lots = order.status, order.price_ticks, order.size_lots
        amend_failed = self._settle_amend(order, update)
        if not order.is_done:
            self._advance(order, update)
        order.filled_lots = max(order.filled_lots, update.filled_lots)
        self._note_unbooked(order)
        return OrderChange(
            order=order,
            became_live=was in {OrderStatus.SENT, OrderStatus.UNKNOWN} and order.status is OrderStatus.LIVE,
            became_done=was is not OrderStatus.DONE and order.is_done,
            amend_failed=amend_failed,
            has_moved=order.price_ticks != price_ticks,
            has_lost_place=order.price_ticks != price_ticks or order.size_lots > size_lots,
            missing_lots=self._unbooked.get(order.cl_ord_id, 0),
        )

    def _note_unbooked(self, order: OwnOrder) -> None:
        lots = order.filled_lots - self._known_lots(order.cl_ord_id)
        if lots > 0:
            self._unbooked[order.cl_ord_id] = lots
        else:
            self._unbooked.pop(order.cl_ord_id, None)

    def _known_lots(self, cl_ord_id: str) -> int:
        return self._booked.get(cl_ord_id, 0) + self._rests.get(cl_ord_id, 0)

    def _advance(self, order: OwnOrder, update: OrderUpdate) -> None:
        if update.state.is_terminal:
            order.cancel_source = update.cancel_source
            self.finish(order)
        elif update.state is not VenueOrderState.UNRECOGNISED:
            order.status = OrderStatus.LIVE
            if update.update_ms >= order.update_ms:
                order.update_ms = update.update_ms
                order.price_ticks = update.price_ticks or order.price_ticks
                order.size_lots = update.size_lots or order.size_lots

    @staticmethod
    def _settle_amend(order: OwnOrder, update: OrderUpdate) -> bool:
        if order.amend is None or update.amend_result == "" or update.req_id != order.amend.req_id:
            return False
        amend, order.amend = order.amend, None
        if update.amend_result in {"-1", "1"}:
            return True
        order.params_version = amend.params_version
        return False

    def finish(self, order: OwnOrder) -> None:
        """Make an order terminal."""
        order.status = OrderStatus.DONE
        order.amend = None
        order.cancel_sent_ns = None
        self._working.pop(order.cl_ord_id, None)
        self._forget_old()

    def take_back(self, update: OrderUpdate) -> OwnOrder:
        """Have an order work again that was believed over: the venue has listed it as live since.

        Raises:
            KeyError: It is none of ours.
        """
        order = self.find(update.cl_ord_id, update.ord_id)
        if order is None:
            raise KeyError(update.cl_ord_id)
        order.status = OrderStatus.LIVE
        order.price_ticks, order.size_lots = update.price_ticks, update.size_lots
        self._working[order.cl_ord_id] = order
        return order

    def _forget_old(self) -> None:
        while len(self._orders) - len(self._working) > self.MAX_DONE:
            oldest = next(key for key, order in self._orders.items() if order.is_done)
            self._by_ord_id.pop(self._orders.pop(oldest).ord_id, None)
            self._booked.pop(oldest, None)
            self._rests.pop(oldest, None)
            self._unbooked.pop(oldest, None)

    def check(self) -> None:
        """Raise AssertionError when an invariant is broken; for tests."""
        orders = self._orders.values()
        broken = {
            "working index differs": {each.cl_ord_id for each in orders if not each.is_done}
            != set(self._working),
            "negative fill": any(each.filled_lots < 0 for each in orders),
            "amend left on a done order": any(each.is_done and each.amend for each in orders),
            "unbooked index differs": self._unbooked
            != {
                key: each.filled_lots - self._known_lots(key)
                for key, each in self._orders.items()
                if each.filled_lots > self._known_lots(key)
            },
        }
        if any(broken.values()):
            raise AssertionError([name for name, is_so in broken.items() if is_so])
