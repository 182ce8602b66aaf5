"""The slower channels of the market data connection: mark, index, funding, price band, ticker, status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

import msgspec
from msgspec import Raw

from okxmm_tui.core.messages import AnyEvent, IndexPrice, PriceLimits
from okxmm_tui.okx.book_feed import BookFeed
from okxmm_tui.okx.convert import number, whole
from okxmm_tui.okx.decoding import text_of
from okxmm_tui.okx.market_messages import (
    FUNDING_RATES,
    INDEX_TICKERS,
    PRICE_LIMITS,
    STATUSES,
    TICKERS,
    IndexRow,
    LimitRow,
)
from okxmm_tui.okx.market_rows import (
    funding_rate_of,
    index_id,
    mark_price_of,
    price_limits_of,
    status_of,
    ticker_of,
)
from okxmm_tui.okx.messages import MARK_PRICES

_Row = TypeVar("_Row")
_Named = TypeVar("_Named", bound="_HasInstrument")


class _HasInstrument(Protocol):
    inst_id: str


class Rows(Protocol):
    """Decodes and converts rows, each by itself."""

    def __call__(
        self,
        decoder: msgspec.json.Decoder[list[_Row]],
        raw: Raw,
        convert: Callable[[_Row], AnyEvent | None],
        now_ns: int,
        /,
    ) -> list[AnyEvent]:
        """Return the events of a ``data`` list."""
        ...


class MarketFacts:
    """Reads the slower channels.

    Args:
        rows: The session's way with rows.
        feeds: Instruments of the session, by id; read at every message.
        environment: Whose maintenance announcements count.
    """

    def __init__(self, rows: Rows, feeds: Mapping[str, BookFeed], environment: str) -> None:
        self._rows = rows
        self._feeds = feeds
        self._environment = environment

    def read(self, channel: str, data: Raw, now_ns: int) -> list[AnyEvent]:
        """Take the rows of one push; nothing for channels of others."""
        match channel:
            case "mark-price":
                return self._rows(MARK_PRICES, data, self._ours(mark_price_of), now_ns)
            case "index-tickers":
                return self._index(data, now_ns)
            case "funding-rate":
                return self._rows(FUNDING_RATES, data, self._ours(funding_rate_of), now_ns)
            case "price-limit":
                return self._rows(PRICE_LIMITS, data, self._ours(self._limits), now_ns)
            case "tickers":
                return self._rows(TICKERS, data, self._ours(ticker_of), now_ns)
            case "status":
                return self._rows(STATUSES, data, lambda row: status_of(row, self._environment), now_ns)
            case _:
                return []

    def _ours(self, convert: Callable[[_Named], AnyEvent | None]) -> Callable[[_Named], AnyEvent | None]:
        return lambda row: convert(row) if row.inst_id in self._feeds else None

    def _limits(self, row: LimitRow) -> PriceLimits:
        return price_limits_of(row, self._feeds[row.inst_id].instrument)

    def _index(self, data: Raw, now_ns: int) -> list[AnyEvent]:
        followers: dict[str, list[str]] = {}
        for inst_id, feed in self._feeds.items():
            followers.setdefault(index_id(feed.instrument), []).append(inst_id)
        found: list[AnyEvent] = []

        def convert(row: IndexRow) -> None:
            if text_of(row.idx_px):
                price, venue_ms = number(row.idx_px), whole(row.ts)
                found.extend(IndexPrice(each, price, venue_ms) for each in followers.get(row.inst_id, ()))

        return [*self._rows(INDEX_TICKERS, data, convert, now_ns), *found]
