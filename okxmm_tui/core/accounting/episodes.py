"""Flat-to-flat inventory cycles: wins and losing streaks (docs/definitions.md, Activity and uptime)."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

ZERO = Decimal(0)


class EpisodesView(Struct, frozen=True, gc=False):
    """Finished round trips; an exactly even one is neither won nor lost."""

    won: int
    lost: int
    even: int
    win_rate: float | None
    """Won over all finished; None before the first."""
    profit_factor: float | None
    """Money won over money lost; None while nothing was lost."""
    losing_streak: int
    """Losing round trips in a row up to now."""
    worst_streak: int


class Episodes:
    """Counts round trips as the position returns to flat or flips; the flipping fill closes the old one."""

    def __init__(self) -> None:
        self._sign = 0
        self._start = ZERO
        self._won = self._lost = self._even = 0
        self._gain = self._loss = ZERO
        self.losing_streak = 0
        """Losing round trips in a row up to now."""
        self._worst = 0

    def on_fill(
        self, before_lots: int, after_lots: int, booked_before: Decimal, booked_after: Decimal
    ) -> None:
        """Follow one fill.

        Args:
            before_lots: Signed position before it.
            after_lots: Signed position after it.
            booked_before: Realised + fees + bills before it, in settlement currency.
            booked_after: The same after it.
        """
        before, after = _sign(before_lots), _sign(after_lots)
        if before != self._sign:  # taken over or changed by the venue: no round trip of ours
            self._sign, self._start = before, booked_before
        if before == 0:
            self._start = booked_before
        elif after != before:
            self._finish(booked_after - self._start)
            self._start = booked_after
        self._sign = after

    def _finish(self, result: Decimal) -> None:
        if result > 0:
            self._won += 1
            self._gain += result
            self.losing_streak = 0
        elif result < 0:
            self._lost += 1
            self._loss -= result
            self.losing_streak += 1
            self._worst = max(self._worst, self.losing_streak)
        else:
            self._even += 1
            self.losing_streak = 0

    def view(self) -> EpisodesView:
        """The score so far."""
        finished = self._won + self._lost + self._even
        return EpisodesView(
            won=self._won,
            lost=self._lost,
            even=self._even,
            win_rate=self._won / finished if finished else None,
            profit_factor=float(self._gain / self._loss) if self._loss else None,
            losing_streak=self.losing_streak,
            worst_streak=self._worst,
        )


def _sign(lots: int) -> int:
    return (lots > 0) - (lots < 0)
