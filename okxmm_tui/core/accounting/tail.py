"""The bad minutes: worst losses, and what the worst share of all minutes lost on average.

Changes are money, losses negative. Expected shortfall at 95 % is the mean of the worst 5 % of the changes of
a minute, the last of them by its part (C. Acerbi and D. Tasche, J. Banking & Finance 26, 2002;
docs/definitions.md, Risk-adjusted figures).
"""

from __future__ import annotations

from bisect import insort

from msgspec import Struct

KEPT = 2_160
"""Worst minutes kept: 5 % of thirty days."""
LEAST_IN_TAIL = 5
"""A mean of fewer minutes is an anecdote: nothing is said below 100 minutes at 95 %, 500 at 99 %."""


class TailView(Struct, frozen=True, gc=False):
    """In the reporting currency; losses are negative, and None is what too few minutes cannot tell."""

    minutes: int
    """Changes of a minute there were."""
    worst_minute: float | None
    worst_minute_ns: int | None
    """When it ended."""
    worst_five: float | None
    """Of all five minutes in a row."""
    worst_five_ns: int | None
    shortfall_95: float | None
    shortfall_99: float | None


class Tail:
    """Keeps the worst minutes alone; one minute costs an insertion into a short list."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._worst: list[float] = []
        """The worst changes, worst first."""
        self._minutes = 0
        self._minute_ns: int | None = None
        self._five: float | None = None
        self._five_ns: int | None = None
        self._shortfalls: tuple[float | None, float | None] = None, None

    def add(self, at_ns: int, minute: float, five: float | None) -> None:
        """Take the changes of the minute and of the five minutes that ended at a time; None for less."""
        self._minutes += 1
        if not self._worst or minute < self._worst[0]:
            self._minute_ns = at_ns
        insort(self._worst, minute)
        del self._worst[self._kept :]
        if five is not None and (self._five is None or five < self._five):
            self._five, self._five_ns = five, at_ns
        self._shortfalls = self._shortfall(20), self._shortfall(100)

    def _shortfall(self, one_in: int) -> float | None:
        """Mean of the worst one in so many; None while these are too few, or more than are kept."""
        whole, rest = divmod(self._minutes, one_in)
        if whole < LEAST_IN_TAIL or whole + (rest > 0) > len(self._worst):
            return None
        part = rest / one_in
        total = sum(self._worst[:whole]) + (part * self._worst[whole] if rest else 0.0)
        return total / (whole + part)

    def view(self) -> TailView:
        """Figures so far; a worst change that was a gain is a gain."""
        return TailView(
            minutes=self._minutes,
            worst_minute=self._worst[0] if self._worst else None,
            worst_minute_ns=self._minute_ns,
            worst_five=self._five,
            worst_five_ns=self._five_ns,
            shortfall_95=self._shortfalls[0],
            shortfall_99=self._shortfalls[1],
        )
