"""One listed instrument's live state: book, last trades, day figures, mark price, own resting orders."""

from __future__ import annotations

import math
from collections import deque
from decimal import Decimal
from typing import Any

from msgspec import Struct

from okxmm_tui.core.types import Side
from okxmm_tui.exchange.book import DisplayedBook
from okxmm_tui.exchange.candles import Candles
from okxmm_tui.exchange.display import Display
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.market_events import Level, TradeEvent
from okxmm_tui.exchange.numbers import EXACT, ZERO
from okxmm_tui.exchange.resting import RestingOrders
from okxmm_tui.exchange.shown_book import ShownBook

TRADES_KEPT = 500
FUNDING_INTERVAL_MS = 8 * 3600 * 1000
"""Where the market source does not tell another one."""
DEFAULT_FUNDING_RATE = Decimal("0.0001")


class DayFigures(Struct):
    """Running figures of the ticker; the day begins with the session."""

    open_ticks: int = 0
    high_ticks: int = 0
    low_ticks: int = 0
    volume_lots: int = 0
    volume_value_ticks: int = 0
    """Sum of lots x price ticks."""

    def take(self, price_ticks: int, size_lots: int) -> None:
        """Count one trade."""
        self.open_ticks = self.open_ticks or price_ticks
        self.high_ticks = max(self.high_ticks, price_ticks)
        self.low_ticks = min(self.low_ticks or price_ticks, price_ticks)
        self.volume_lots += size_lots
        self.volume_value_ticks += size_lots * price_ticks


class PublishedTrade(Struct, frozen=True, gc=False):
    """A public trade with the time it was published."""

    event: TradeEvent
    ts_ms: int


class Market:
    """Live state of one instrument."""

    def __init__(self, listed: Listing, queue_power: int) -> None:
        self.listing = listed
        self.instrument = listed.instrument
        self.book = DisplayedBook()
        self.own = RestingOrders(queue_power)
        self.trades: deque[PublishedTrade] = deque(maxlen=TRADES_KEPT)
        self.day = DayFigures()
        self.funding_rate = DEFAULT_FUNDING_RATE
        self.funding_interval_ms = FUNDING_INTERVAL_MS
        self.source_ms = 0
        self.seq_offset = 0
        self.candles = Candles()
        self.mark_candles = Candles()
        self.display = Display()
        self.changed_fields: dict[str, Any] = {}
        """Fields of the instrument row that differ from the listing's for now."""
        self.lot_multiple = 1
        self.min_size_lots = listed.instrument.min_size_lots
        self.band: Decimal | None = None
        """Price limit as a fraction of the fair price, where it differs from the venue's."""
        self.mark_factor = Decimal(1)
        self.frozen_mark: Decimal | None = None
        self._last_fair = ZERO
        self.quoted_mark: Decimal | None = None
        """Mark price the source gave itself."""

    @property
    def shown(self) -> ShownBook:
        """The book as published, with own orders in it."""
        return ShownBook(self.book, self.own)

    @property
    def is_open(self) -> bool:
        """Whether both sides are displayed, so that orders can be priced."""
        return self.book.mid_sum_ticks() is not None

    def lose_book(self) -> None:
        """Know no book until the next snapshot; own orders keep resting."""
        self.book = DisplayedBook()

    def relist(self, listed: Listing) -> None:
        """Take new metadata; tick, lot and contract are those of the session."""
        self.listing, self.instrument = listed, listed.instrument

    def seq(self) -> int:
        """Sequence number of the depth as published."""
        return max(0, self.book.seq + self.seq_offset)

    def top_seq(self) -> int:
        """Sequence number of the best quote as published; above the depth's while it is fresher."""
        return max(0, self.book.top_seq + self.seq_offset)

    @property
    def state(self) -> str:
        """OKX state: live, suspend, preopen and so on."""
        return str(self.changed_fields.get("state", self.instrument.state))

    def row(self) -> dict[str, Any]:
        """Row of public/instruments as it is now."""
        return {**self.listing.row, **self.changed_fields}

    def fair_price(self) -> Decimal:
        """Mid of the displayed book, exact to half a tick; the last known while a side is empty."""
        mid_sum = self.book.mid_sum_ticks()
        if mid_sum is not None:
            self._last_fair = EXACT.multiply(mid_sum * self.instrument.tick_size, Decimal("0.5"))
        return self._last_fair

    def mark_price(self) -> Decimal:
        """Mark price: the fair price unless a fault froze it or led it astray."""
        if self.frozen_mark is not None:
            return self.frozen_mark
        mark = self.quoted_mark if self.quoted_mark is not None else self.fair_price()
        return EXACT.multiply(mark, self.mark_factor) if self.mark_factor != 1 else mark

    def next_funding_ms(self, now_ms: int) -> int:
        """Next funding time after a time, Unix ms: intervals count from midnight UTC."""
        return (now_ms // self.funding_interval_ms + 1) * self.funding_interval_ms

    def last_ticks(self) -> int:
        """Price of the last trade, or of the best bid before the first trade."""
        if self.trades:
            return self.trades[-1].event.price_ticks
        bid: Level | None = self.book.best(Side.BUY)
        return bid[0] if bid else 0

    def price_limits(self, band: Decimal) -> tuple[int, int]:
        """Highest buy and lowest sell price in ticks, for the venue's band unless a fault changed it."""
        fair, band = self.fair_price(), band if self.band is None else self.band
        tick, grid = self.instrument.tick_size, self.display.grid
        highest, lowest = fair * (1 + band) / tick / grid, fair * (1 - band) / tick / grid
        return math.floor(highest) * grid, max(1, math.ceil(lowest)) * grid
