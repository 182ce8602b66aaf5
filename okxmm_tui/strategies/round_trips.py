"""Flat-to-flat round trips of one market, and how many were lost in a row."""

from __future__ import annotations

from okxmm_tui.core.types import Side

LOSSES_TO_PAUSE = 3


class RoundTrips:
    """Counts from fills alone; money in ticks x lots, maker fees included.

    Args:
        most: Losses in a row that are one too many.
    """

    def __init__(self, most: int = LOSSES_TO_PAUSE) -> None:
        self.most = most
        self._held_lots = 0
        self._cash = 0.0
        self.losses_in_a_row = 0

    def on_fill(self, side: Side, price_ticks: int, size_lots: int, fee_rate: float) -> bool:
        """Book a fill; True when it ended the one losing round trip too many (the third in a row by default).

        A fill larger than what is held ends one trip and begins the next.
        """
        closing = 0
        if self._held_lots * side.sign < 0:
            closing = min(size_lots, abs(self._held_lots))
        is_third = closing > 0 and self._book(side, price_ticks, closing, fee_rate)
        if size_lots > closing:
            self._book(side, price_ticks, size_lots - closing, fee_rate)
        return is_third

    def _book(self, side: Side, price_ticks: int, size_lots: int, fee_rate: float) -> bool:
        value = price_ticks * size_lots
        self._cash -= side.sign * value + fee_rate * value
        self._held_lots += side.sign * size_lots
        if self._held_lots:
            return False
        gained, self._cash = self._cash, 0.0
        self.losses_in_a_row = self.losses_in_a_row + 1 if gained < 0 else 0
        if self.losses_in_a_row < self.most:
            return False
        self.losses_in_a_row = 0
        return True
