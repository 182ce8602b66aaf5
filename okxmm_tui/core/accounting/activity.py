"""What was asked of the venue and what came of it, as ratios (docs/definitions.md, Activity and uptime)."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

MOST_ORDERS = 10_000
NS_PER_DAY = 86_400 * 10**9


class OrderEvent(StrEnum):
    """What happened to an own order."""

    NEW = "new"
    """A place request left."""
    AMEND = "amend"
    CANCEL = "cancel"
    ACCEPTED = "accepted"
    """The venue put it into the book, or filled it at once."""


class ActivityView(Struct, frozen=True, gc=False):
    """Ratios; None where nothing can be divided yet."""

    orders_new: int
    orders_amended: int
    orders_cancelled: int
    orders_accepted: int
    order_fill_ratio: float | None
    """Orders with a fill over orders accepted."""
    quantity_fill_ratio: float | None
    """Quantity filled over quantity accepted."""
    order_to_trade: float | None
    """(new + amend + cancel) over trades."""
    orders_per_million: float | None
    """(new + amend + cancel) per million of notional traded."""
    average_inventory: float | None
    """Time-weighted mean of the absolute position's value, in quote currency."""
    inventory_turns: float | None
    """Notional traded over average inventory."""
    mean_holding_s: float | None
    """Average absolute position over quantity filled per second."""
    capital_used: float | None
    """Time-weighted mean share of equity bound as margin or frozen by orders."""
    capital_used_peak: float | None


class TimeMean:
    """Time-weighted mean of a value that holds until the next one."""

    __slots__ = ("_at_ns", "_sum", "_value", "peak", "span_ns")

    def __init__(self) -> None:
        self._at_ns: int | None = None
        self._value = self._sum = self.peak = 0.0
        self.span_ns = 0

    def set(self, at_ns: int, value: float) -> None:
        """The value is this from now on."""
        if self._at_ns is not None and at_ns > self._at_ns:
            self._sum += self._value * (at_ns - self._at_ns)
            self.span_ns += at_ns - self._at_ns
        self._at_ns = at_ns if self._at_ns is None else max(at_ns, self._at_ns)
        self._value = value
        self.peak = max(self.peak, value)

    @property
    def mean(self) -> float | None:
        """Mean up to the last value set; None before time has passed."""
        return self._sum / self.span_ns if self.span_ns else None


class Activity:
    """Counters of orders and fills, and time-weighted inventory and capital."""

    def __init__(self) -> None:
        self._counts = dict.fromkeys(OrderEvent, 0)
        self._accepted: dict[str, int] = {}
        """Largest size each order was accepted with."""
        self._filled: set[str] = set()
        self._accepted_lots = self._filled_lots = 0
        self._orders_with_fill = self._trades = 0
        self._notional = 0.0
        self._inventory_lots, self._inventory_value = TimeMean(), TimeMean()
        self._capital = TimeMean()

    def on_order_event(self, event: OrderEvent, cl_ord_id: str, size_lots: int = 0) -> None:
        """Count a request, or an acceptance once per order; one amended to more was accepted with more."""
        if event is OrderEvent.ACCEPTED:
            known = self._accepted.get(cl_ord_id)
            self._accepted[cl_ord_id] = max(size_lots, known or 0)
            self._accepted_lots += max(0, size_lots - (known or 0))
            if known is not None:
                return
            if len(self._accepted) > MOST_ORDERS:
                oldest = next(iter(self._accepted))
                del self._accepted[oldest]
                self._filled.discard(oldest)
        self._counts[event] += 1

    def on_fill(self, cl_ord_id: str, size_lots: int, notional: float) -> None:
        """Count a fill; its order counts as filled once."""
        self._trades += 1
        self._filled_lots += size_lots
        self._notional += notional
        if cl_ord_id in self._accepted and cl_ord_id not in self._filled:
            self._filled.add(cl_ord_id)
            self._orders_with_fill += 1

    def on_inventory(self, at_ns: int, size_lots: int, value: float) -> None:
        """The position is this from now on."""
        self._inventory_lots.set(at_ns, abs(size_lots))
        self._inventory_value.set(at_ns, abs(value))

    def on_capital(self, at_ns: int, used_share: float) -> None:
        """This share of equity is bound from now on."""
        self._capital.set(at_ns, used_share)

    @property
    def orders_counted(self) -> int:
        """New and amended orders: what the venue's fill ratio is divided by."""
        return self._counts[OrderEvent.NEW] + self._counts[OrderEvent.AMEND]

    @property
    def mean_holding_s(self) -> float | None:
        """Average absolute position over quantity filled per second; None before the first fill."""
        held_lots = (self._inventory_lots.mean or 0.0) * self._inventory_lots.span_ns / 1e9
        return _ratio(held_lots, self._filled_lots)

    @property
    def notional(self) -> float:
        """Notional traded, in quote currency."""
        return self._notional

    def view(self) -> ActivityView:
        """All ratios up to the last event."""
        sent = sum(self._counts[each] for each in (OrderEvent.NEW, OrderEvent.AMEND, OrderEvent.CANCEL))
        accepted, value = self._counts[OrderEvent.ACCEPTED], self._inventory_value.mean
        return ActivityView(
            orders_new=self._counts[OrderEvent.NEW],
            orders_amended=self._counts[OrderEvent.AMEND],
            orders_cancelled=self._counts[OrderEvent.CANCEL],
            orders_accepted=accepted,
            order_fill_ratio=_ratio(self._orders_with_fill, accepted),
            quantity_fill_ratio=_ratio(self._filled_lots, self._accepted_lots),
            order_to_trade=_ratio(sent, self._trades),
            orders_per_million=_ratio(sent * 1e6, self._notional),
            average_inventory=value,
            inventory_turns=_ratio(self._notional, value),
            mean_holding_s=self.mean_holding_s,
            capital_used=self._capital.mean,
            capital_used_peak=self._capital.peak if self._capital.span_ns else None,
        )


def _ratio(part: float, whole: float | None) -> float | None:
    return part / whole if whole else None
