"""The equity curve on a fixed one-minute clock, drawdown and risk-adjusted ratios.

Floats throughout: this is statistics. Transfers must be taken out of the equity that is fed in. Every figure
is in docs/definitions.md, Risk-adjusted figures.
"""

from __future__ import annotations

from collections import deque
from math import sqrt

from msgspec import Struct

from okxmm_tui.core.accounting.tail import Tail

MINUTE_NS = 60 * 10**9
MINUTES_PER_DAY = 1_440
MINUTES_PER_YEAR = 525_600
DAYS_PER_YEAR = 365
POINTS_KEPT = 1_440
ENOUGH_DAYS = 30


class Drawdown(Struct, frozen=True, gc=False):
    """The deepest fall from a peak, and the one that is open."""

    most: float
    """Money, zero or positive."""
    most_share: float
    """Of the peak's equity, 0..1."""
    start_ns: int | None
    """When the peak was."""
    trough_ns: int | None
    recovered_ns: int | None
    """When the peak was reached again; None while it has not been."""
    present: float


class RiskAdjustedView(Struct, frozen=True, gc=False):
    """Annualised ratios over minutes and days; None where they cannot be computed."""

    minutes: int
    days: int
    sharpe_minutes: float | None
    sharpe_days: float | None
    sortino: float | None
    calmar: float | None
    is_indicative: bool
    """Fewer than 30 days: shown with the word "indicative"."""


class Moments:
    """Mean, deviation and downside deviation of returns, one at a time (Welford)."""

    def __init__(self) -> None:
        self.count = 0
        self.mean = 0.0
        self._squares = self._down = 0.0

    def add(self, value: float) -> None:
        """Take one return."""
        self.count += 1
        delta = value - self.mean
        self.mean += delta / self.count
        self._squares += delta * (value - self.mean)
        self._down += min(0.0, value) ** 2

    def sharpe(self, periods: int) -> float | None:
        """Mean over standard deviation, annualised; None below two returns or without variation."""
        if self.count < 2 or self._squares <= 0:
            return None
        return self.mean / sqrt(self._squares / (self.count - 1)) * sqrt(periods)

    def sortino(self, periods: int) -> float | None:
        """Mean over downside deviation (target zero), annualised; None without a loss."""
        return self.mean / sqrt(self._down / self.count) * sqrt(periods) if self._down > 0 else None


class EquityCurve:
    """Samples at whole minutes of event time; between samples only the live drawdown moves."""

    def __init__(self) -> None:
        self.points: deque[tuple[int, float]] = deque(maxlen=POINTS_KEPT)
        """(minute since 1970, equity) of the last day."""
        self._minute: int | None = None
        self._equity = 0.0
        self._first = 0.0
        self._day_start: float | None = None
        """Equity at the last midnight; None before the first, so that a part of a day never counts as one."""
        self._sum, self._taken = 0.0, 0
        self._minutes, self._days = Moments(), Moments()
        self.tail = Tail()
        self._peak, self._peak_ns = 0.0, 0
        self._worst = Drawdown(0.0, 0.0, None, None, None, 0.0)
        self._worst_peak = 0.0

    def on_equity(self, at_ns: int, equity: float) -> None:
        """The equity is this from now on; minutes that ended before keep the value that held then."""
        if self._minute is None:
            self._minute = at_ns // MINUTE_NS
            self._equity = self._first = self._peak = equity
            self._peak_ns = at_ns
            self._sample(self._minute, equity)
        while self._minute < at_ns // MINUTE_NS:
            self._minute += 1
            self._close_minute()
        self._equity = equity
        self._draw_down(at_ns, equity)

    def _close_minute(self) -> None:
        minute, last = self._minute or 0, self.points[-1][1]
        self._sample(minute, self._equity)
        five = self._equity - self.points[-6][1] if len(self.points) > 5 else None
        self.tail.add(minute * MINUTE_NS, self._equity - last, five)
        if last > 0:
            self._minutes.add(self._equity / last - 1)
        if minute % MINUTES_PER_DAY == 0:
            if self._day_start is not None and self._day_start > 0:
                self._days.add(self._equity / self._day_start - 1)
            self._day_start = self._equity

    def _sample(self, minute: int, equity: float) -> None:
        self.points.append((minute, equity))
        self._sum += equity
        self._taken += 1

    def _draw_down(self, at_ns: int, equity: float) -> None:
        worst = self._worst
        if worst.start_ns is not None and worst.recovered_ns is None and equity >= self._worst_peak:
            self._worst = worst = Drawdown(
                worst.most, worst.most_share, worst.start_ns, worst.trough_ns, at_ns, 0.0
            )
        if equity >= self._peak:
            self._peak, self._peak_ns = equity, at_ns
        elif (fall := self._peak - equity) > worst.most:
            share = fall / self._peak if self._peak > 0 else 0.0
            self._worst = Drawdown(fall, share, self._peak_ns, at_ns, None, fall)
            self._worst_peak = self._peak

    @property
    def average(self) -> float | None:
        """Mean of the minute samples; None before the first."""
        return self._sum / self._taken if self._taken else None

    @property
    def span_days(self) -> float:
        """Time covered by the samples."""
        return (self._taken - 1) / MINUTES_PER_DAY if self._taken else 0.0

    def drawdown(self) -> Drawdown:
        """The deepest fall so far, with the one open now."""
        worst = self._worst
        present = max(0.0, self._peak - self._equity)
        return Drawdown(
            worst.most, worst.most_share, worst.start_ns, worst.trough_ns, worst.recovered_ns, present
        )

    def view(self) -> RiskAdjustedView:
        """Ratios so far."""
        most = self._worst.most_share
        calmar = None
        if most > 0 and self._first > 0 and self._minutes.count:
            gain = self.points[-1][1] / self._first - 1
            calmar = gain * MINUTES_PER_YEAR / self._minutes.count / most
        return RiskAdjustedView(
            minutes=self._minutes.count,
            days=self._days.count,
            sharpe_minutes=self._minutes.sharpe(MINUTES_PER_YEAR),
            sharpe_days=self._days.sharpe(DAYS_PER_YEAR),
            sortino=self._minutes.sortino(MINUTES_PER_YEAR),
            calmar=calmar,
            is_indicative=self._days.count < ENOUGH_DAYS,
        )
