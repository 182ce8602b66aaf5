"""The public prints of one market: the newest of them beside our quotes, and the flow of the last minute."""

from __future__ import annotations

from collections import deque

from okxmm_tui.core.market_views import TradeView
from okxmm_tui.core.messages import PublicTrade
from okxmm_tui.core.orders import OrderStatus, OwnOrders
from okxmm_tui.core.types import Side

PRINTS_KEPT = 50
FLOW_SECONDS = 60


class Tape:
    """Bounded memory of what takers did."""

    def __init__(self) -> None:
        self._prints: deque[TradeView] = deque(maxlen=PRINTS_KEPT)
        self._lots_by_second: dict[int, tuple[int, int]] = {}

    def on_trade(self, event: PublicTrade, orders: OwnOrders) -> None:
        """Take a print, and note our best confirmed quotes at that moment."""
        bids: list[int] = []
        asks: list[int] = []
        for order in orders.working:
            if order.status is OrderStatus.LIVE and not order.is_closing:
                (bids if order.side is Side.BUY else asks).append(order.price_ticks)
        self._prints.appendleft(
            TradeView(
                event.venue_ms,
                event.side,
                event.price_ticks,
                event.size_lots,
                max(bids, default=None),
                min(asks, default=None),
            )
        )
        second = event.venue_ms // 1_000
        bought, sold = self._lots_by_second.get(second, (0, 0))
        if event.side is Side.BUY:
            bought += event.size_lots
        else:
            sold += event.size_lots
        self._lots_by_second[second] = bought, sold
        while len(self._lots_by_second) > FLOW_SECONDS:
            del self._lots_by_second[min(self._lots_by_second)]

    def newest(self) -> tuple[TradeView, ...]:
        """The last prints, newest first."""
        return tuple(self._prints)

    def flow(self, now_ms: int) -> tuple[tuple[int, int], ...]:
        """Lots bought and sold by takers in each of the last 60 seconds, oldest first."""
        last = now_ms // 1_000
        seconds = range(last - FLOW_SECONDS + 1, last + 1)
        return tuple(self._lots_by_second.get(second, (0, 0)) for second in seconds)
