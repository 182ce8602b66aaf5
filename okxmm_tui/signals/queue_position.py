"""Quantity ahead of an own order at its price, from displayed sizes and prints.

Two estimates from the same events. The cautious one assumes that others' cancels stood behind us; it is an
upper bound and what the screen shows, because believing to be nearer to the front than we are is the error
that costs money. The expected one splits a decrease that no print explains between front and back by the
power form f(x) = x^n (E. Rigtorp's note); only probabilities of a fill use it, and with them the HOLD rule,
which ask for an expectation and not for a bound (docs/definitions.md, Queue position and chance of a fill).
"""

from __future__ import annotations

from collections import deque

POWER = 2.0
"""n: 1 takes cancels evenly from the whole queue, larger ones spare the shorter part."""
CHANGES_KEPT = 16
"""A fill is told within milliseconds of the prints and the book that moved the queue."""


class QueuePosition:
    """Estimates for one order; create it when the venue confirms the order.

    Args:
        displayed_lots: Size shown at the price at that moment, all of it taken to be ahead.
        own_lots: Size of the order itself, so that it is not mistaken for somebody else's.
        power: n of the expected estimate.
        shown_ms: Venue time of the book it was read from.
    """

    __slots__ = (
        "_behind_prints_lots",
        "_changes",
        "_displayed_lots",
        "_explained_lots",
        "_joined_ms",
        "_own_lots",
        "_power",
        "_shown_lots",
        "_shown_ms",
        "expected_ahead_lots",
    )

    def __init__(
        self, displayed_lots: int, own_lots: int = 0, power: float = POWER, shown_ms: int = 0
    ) -> None:
        self._behind_prints_lots = displayed_lots
        self._shown_lots = displayed_lots
        self._displayed_lots = displayed_lots
        self._shown_ms = shown_ms
        self._explained_lots = 0
        self._own_lots = own_lots
        self._power = power
        self.expected_ahead_lots = float(displayed_lots)
        self._joined_ms = shown_ms
        self._changes: deque[tuple[int, int]] = deque(maxlen=CHANGES_KEPT)
        """(venue time, cautious estimate just before it) of the last changes."""

    @property
    def ahead_lots(self) -> int:
        """Cautious estimate: what prints and the displayed size leave room for."""
        return min(self._behind_prints_lots, self._shown_lots)

    def ahead_before(self, venue_ms: int) -> int | None:
        """Cautious estimate just before a time, whatever has been heard since; None where that is forgotten.

        A fill and the print that made it have one time, and either may be heard first.
        """
        first = next((each for each in self._changes if each[0] >= venue_ms), None)
        if first is None:
            return self.ahead_lots if venue_ms >= self._joined_ms else None
        is_older_forgotten = first is self._changes[0] and len(self._changes) == CHANGES_KEPT
        return None if is_older_forgotten or venue_ms < self._joined_ms else first[1]

    def _note(self, venue_ms: int, before_lots: int) -> None:
        if self.ahead_lots != before_lots:
            self._changes.append((venue_ms, before_lots))

    def on_print(self, size_lots: int, venue_ms: int) -> None:
        """A taker traded this much at the price.

        A print no younger than the displayed size is already missing from it and must not be taken off twice.
        """
        before_lots = self.ahead_lots
        self._behind_prints_lots = max(0, self._behind_prints_lots - size_lots)
        if venue_ms > self._shown_ms:
            self._shown_lots = max(0, self._shown_lots - size_lots)
            self._explained_lots += size_lots
            self.expected_ahead_lots = max(0.0, self.expected_ahead_lots - size_lots)
        self.expected_ahead_lots = min(self.expected_ahead_lots, float(self.ahead_lots))
        self._note(venue_ms, before_lots)

    def on_own_fill(self, venue_ms: int) -> None:
        """The order itself was filled in part: price and time decide, so nothing stands ahead of the rest.

        A fill from before the order joined this queue tells nothing of it.
        """
        if venue_ms < self._joined_ms:
            return
        before_lots = self.ahead_lots
        self._behind_prints_lots = self._shown_lots = 0
        self.expected_ahead_lots = 0.0
        self._note(venue_ms, before_lots)

    def on_displayed(self, displayed_lots: int, venue_ms: int) -> None:
        """The book shows this much at the price: no more than that can be ahead."""
        gone = self._displayed_lots - self._explained_lots - displayed_lots
        if gone > 0:
            self.expected_ahead_lots -= self._front_share(gone)
        self._displayed_lots = displayed_lots
        if displayed_lots < self._shown_lots:
            before_lots, self._shown_lots = self.ahead_lots, displayed_lots
            self._note(venue_ms, before_lots)
        self._shown_ms, self._explained_lots = venue_ms, 0
        self.expected_ahead_lots = max(0.0, min(self.expected_ahead_lots, float(self.ahead_lots)))

    def _front_share(self, gone_lots: int) -> float:
        """Lots of a cancelled quantity that stood ahead of us: a share, and what does not fit behind."""
        front = self.expected_ahead_lots
        back = max(0.0, self._displayed_lots - self._explained_lots - front - self._own_lots)
        if back <= 0.0:
            return float(gone_lots)
        heavy_back, heavy_front = back**self._power, front**self._power
        from_back = min(back, gone_lots * heavy_back / (heavy_back + heavy_front))
        return gone_lots - from_back
