"""Where in the queue of its price each of our orders stands, kept up by the book and the prints."""

from __future__ import annotations

from okxmm_tui.core.books import OrderBook
from okxmm_tui.core.messages import Fill, PublicTrade
from okxmm_tui.core.orders import OwnOrders
from okxmm_tui.core.types import Liquidity, Side
from okxmm_tui.signals.queue_position import QueuePosition


class OwnQueues:
    """Estimated places of the confirmed orders of one market, by client order id."""

    def __init__(self, book: OrderBook, orders: OwnOrders) -> None:
        self._book = book
        self._orders = orders
        self._places: dict[str, QueuePosition] = {}

    def get(self, cl_ord_id: str) -> QueuePosition | None:
        """Where an order stands; None before the venue has confirmed it."""
        return self._places.get(cl_ord_id)

    def join(self, cl_ord_id: str, side: Side, price_ticks: int) -> int | None:
        """Start behind all that is shown: the venue has just confirmed an order at a price.

        Returns:
            How much more stands ahead of it than at the place it had; None where it had none.
        """
        order, left = self._orders.get(cl_ord_id), self._places.get(cl_ord_id)
        own_lots = order.remaining_lots if order is not None else 0
        shown_lots = self._book.side(side).size_at(price_ticks)
        if order is not None and order.update_ms <= self._book.venue_ms:
            shown_lots = max(0, shown_lots - own_lots)  # the book came first, and shows it already
        place = QueuePosition(shown_lots, own_lots, shown_ms=self._book.venue_ms)
        self._places[cl_ord_id] = place
        return None if left is None else place.ahead_lots - left.ahead_lots

    def leave(self, cl_ord_id: str) -> None:
        """Forget an order that is gone or moves away."""
        self._places.pop(cl_ord_id, None)

    def on_book(self) -> None:
        """Compare every place with what its level shows now."""
        for order in self._orders.working:
            if place := self._places.get(order.cl_ord_id):
                shown_lots = self._book.side(order.side).size_at(order.price_ticks)
                place.on_displayed(shown_lots, self._book.venue_ms)

    def on_fill(self, fill: Fill) -> None:
        """Know an order that was filled in part to be the first in its queue."""
        order = self._orders.find(fill.cl_ord_id, fill.ord_id)
        if order is None or order.price_ticks != fill.price_ticks or fill.liquidity is not Liquidity.MAKER:
            return
        if place := self._places.get(order.cl_ord_id):
            place.on_own_fill(fill.venue_ms)

    def on_trade(self, event: PublicTrade) -> None:
        """Let a print eat what is ahead of our orders at its price."""
        for order in self._orders.side(event.side.opposite):
            place = self._places.get(order.cl_ord_id)
            if place is not None and order.price_ticks == event.price_ticks:
                place.on_print(event.size_lots, event.venue_ms)
