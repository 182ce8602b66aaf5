"""Flat-to-flat round trips of one market, and how many were lost in a row."""

from __future__ import annotations

from okxmm_tui.core.types import Side

LOSSES_TO_PAUSE = 3


class RoundTrips:
    """Counts from fills; money in ticks x lots, maker fees included."""

    def __init__(self) -> None:
        self._held_lots = 0
        self._cash = 0.0
        self.losses_in_a_row = 0

    def on_fill(self, side: Side, price_ticks: float, size_lots: int, fee_rate: float) -> bool:
        """Book a fill; True when it ended the third losing round trip in a row.

        A fill larger than what is held ends one trip and begins the next.
        """
        closing = 0
        if self._held_lots * side.sign < 0:
            closing = min(size_lots, abs(self._held_lots))
        is_third = closing > 0 and self._book(side, price_ticks, closing, fee_rate)
        if size_lots > closing:
            self._book(side, price_ticks, size_lots - closing, fee_rate)
        return is_third

    def align(self, position_lots: int, price_ticks: float) -> bool:
        """Take the position as it is where fills do not explain it; True as in ``on_fill``.

        What was carried into the session or taken over begins a trip at its average entry; what a spot fee
        took out of the base currency was charged with the fill and is let go at its worth.

        Args:
            position_lots: Signed, after all fills told so far.
            price_ticks: Average entry of the position, or the mid when flat.
        """
        missing = position_lots - self._held_lots
        if not missing:
            return False
        return self.on_fill(Side.BUY if missing > 0 else Side.SELL, price_ticks, abs(missing), 0.0)

    def _book(self, side: Side, price_ticks: float, size_lots: int, fee_rate: float) -> bool:
        value = price_ticks * size_lots
        self._cash -= side.sign * value + fee_rate * value
        self._held_lots += side.sign * size_lots
        if self._held_lots:
            return False
        gained, self._cash = self._cash, 0.0
        self.losses_in_a_row = self.losses_in_a_row + 1 if gained < 0 else 0
        if self.losses_in_a_row < LOSSES_TO_PAUSE:
            return False
        self.losses_in_a_row = 0
        return True
