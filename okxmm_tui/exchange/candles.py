"""Candles built from what the exchange has seen: seconds for an hour, minutes for a month (OKX v5).

Bars from six hours up begin with the Hong Kong day (UTC+8) unless their name ends in ``utc``; weeks
begin on Monday. A bar without a trade is flat at the close before it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from okxmm_tui.exchange.numbers import ZERO

SECOND_MS = 1000
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
HONG_KONG_MS = 8 * HOUR_MS
MONDAY_MS = 4 * DAY_MS
"""The first Monday after the epoch."""

_UNITS = {"s": SECOND_MS, "m": MINUTE_MS, "H": HOUR_MS, "D": DAY_MS, "W": 7 * DAY_MS}
_SHORT = ("1s", "1m", "3m", "5m", "15m", "30m", "1H", "2H", "4H")
_LONG = ("6H", "12H", "1D", "2D", "3D", "5D", "1W", "1M", "3M")


class Bar(Struct, frozen=True):
    """The length of a candle and where it begins."""

    length_ms: int
    """0 for months."""
    months: int
    offset_ms: int
    """Unix ms modulo the length at which candles begin."""
    shift_ms: int
    """Hours between UTC and the calendar of months."""

    def start(self, at_ms: int) -> int:
        """Begin of the candle that holds a time."""
        if not self.months:
            return (at_ms - self.offset_ms) // self.length_ms * self.length_ms + self.offset_ms
        day = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at_ms + self.shift_ms)
        month = (day.month - 1) // self.months * self.months + 1
        first = datetime(day.year, month, 1, tzinfo=UTC)
        return int(first.timestamp()) * 1000 - self.shift_ms


def _bar(name: str) -> Bar:
    number, unit, suffix = re.fullmatch(r"(\d+)(\w)(utc)?", name).groups()  # type: ignore[union-attr] - our own names
    shift = 0 if suffix or name in _SHORT else HONG_KONG_MS
    if unit == "M":
        return Bar(0, int(number), 0, shift)
    return Bar(int(number) * _UNITS[unit], 0, (MONDAY_MS if unit == "W" else 0) - shift, shift)


BARS = {name: _bar(name) for name in (*_SHORT, *_LONG, *(f"{one}utc" for one in _LONG))}
"""Every bar by its name; m is a minute, M a month."""


class Candle(Struct):
    """One candle; the unit of prices is its series' own, volumes are in lots."""

    start_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume_lots: int = 0
    value: Decimal = ZERO
    """Sum of lots x price."""
    per_price: Decimal = ZERO
    """Sum of lots / price, to 1e-12: the coin value of inverse contracts."""

    def take(self, later: Candle) -> None:
        """Append a later candle."""
        self.high, self.low = max(self.high, later.high), min(self.low, later.low)
        self.close = later.close
        self.volume_lots += later.volume_lots
        self.value += later.value
        self.per_price += later.per_price


class Candles:
    """One price series."""

    def __init__(self) -> None:
        self._seconds: deque[Candle] = deque(maxlen=3600)
        self._minutes: deque[Candle] = deque(maxlen=31 * 24 * 60)

    def add(
        self, at_ms: int, price: Decimal, lots: int = 0, value: Decimal = ZERO, per_price: Decimal = ZERO
    ) -> None:
        """Take a price; a time before the last candle's begin counts into that candle."""
        for series, step_ms in ((self._seconds, SECOND_MS), (self._minutes, MINUTE_MS)):
            one = Candle(at_ms // step_ms * step_ms, price, price, price, price, lots, value, per_price)
            if series and one.start_ms <= series[-1].start_ms:
                series[-1].take(one)
            else:
                series.append(one)

    def newest_first(self, name: str, now_ms: int) -> Iterator[Candle]:
        """Yield the candles of a bar from the present one back to the first, gaps as flat ones."""
        bar = BARS[name]
        base = self._seconds if name == "1s" else self._minutes
        if not base:
            return
        older = reversed(base)
        known: Candle | None = next(older)
        start = bar.start(max(now_ms, base[-1].start_ms))
        while known is not None:
            merged: Candle | None = None
            while known is not None and known.start_ms >= start:
                merged = _joined(known, merged, start)
                known = next(older, None)
            if merged is not None:
                yield merged
            elif known is not None:
                yield Candle(start, known.close, known.close, known.close, known.close)
            start = bar.start(start - 1)


def _joined(earlier: Candle, later: Candle | None, start_ms: int) -> Candle:
    joined = Candle(
        start_ms,
        earlier.open,
        earlier.high,
        earlier.low,
        earlier.close,
        earlier.volume_lots,
        earlier.value,
        earlier.per_price,
    )
    if later is not None:
        joined.take(later)
    return joined
