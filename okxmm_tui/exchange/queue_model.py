"""Where own orders stand in the queue of one price level, judged from public data alone.

Own orders rest beside the recorded liquidity: at placement everything displayed at the price is
ahead. Prints at the level take from the front. A decrease of the displayed size that prints do not
explain was cancellations; they are split between the part in front and the part behind with the
probability p = f(back) / (f(back) + f(front)), f(x) = x^n, of having happened behind (the
power-law queue model known from hftbacktest, after E. Rigtorp).

Book updates and prints describe the same volume and may arrive in either order, so both carry the
source's own time: a print older than the last depth is already inside it, a younger one is not. A print
that is no younger than the market an order was queued in happened before the order and does not fill it.
"""

from __future__ import annotations

from msgspec import Struct


class QueueEntry(Struct):
    """One own order in a level."""

    order_id: str
    remaining_lots: int
    ahead_lots: int | None = None
    """Displayed size in front; None while the level lies outside the displayed depth."""
    credit_lots: int = 0
    """Part of ``ahead_lots`` taken by the last unexplained decrease; a late print takes it back."""
    since_ms: int = 0
    """Source time of the market it was queued in; what was traded until then it never met."""


class QueueFill(Struct, frozen=True):
    """One own order filled by some lots."""

    order_id: str
    size_lots: int


def front_share(front: int, back: int, power: int) -> float:
    """Probability that a cancelled lot stood in front: 1 - f(back) / (f(back) + f(front))."""
    if front + back <= 0:
        return 0.0
    return 1.0 - back**power / (back**power + front**power)


class LevelQueue:
    """Own orders at one price, first in first out, against the displayed size there.

    Every operation costs O(own orders at the level).
    """

    def __init__(self, power: int = 2) -> None:
        self._power = power
        self.entries: list[QueueEntry] = []
        self.displayed_lots = 0
        self._prints: list[tuple[int, int]] = []
        self._unexplained = 0
        self._depth_ms = 0

    def join(self, entry: QueueEntry, displayed_lots: int | None, source_ms: int) -> None:
        """Queue an order behind everything displayed; None means the level is not displayed."""
        if not self.entries and displayed_lots is not None:
            self.displayed_lots = displayed_lots
            self._depth_ms = max(self._depth_ms, source_ms)
        entry.ahead_lots, entry.since_ms = displayed_lots, source_ms
        self.entries.append(entry)

    def leave(self, order_id: str) -> None:
        """Take an order out of the queue, if it is still there."""
        self.entries = [entry for entry in self.entries if entry.order_id != order_id]

    def find(self, order_id: str) -> QueueEntry:
        """Return the entry of an order that is in the queue."""
        return next(entry for entry in self.entries if entry.order_id == order_id)

    def on_depth(self, displayed_lots: int, source_ms: int) -> None:
        """Take the level's new displayed size, as of ``source_ms``."""
        explained = sum(size for at_ms, size in self._prints if at_ms <= source_ms)
        self._prints = [one for one in self._prints if one[0] > source_ms]
        unexplained = max(0, self.displayed_lots - displayed_lots - explained)
        before = max(0, self.displayed_lots - explained)
        floor = 0
        for entry in self.entries:
            if entry.ahead_lots is None:
                entry.ahead_lots = displayed_lots
                continue
            left = self._after_cancels(entry.ahead_lots, before, unexplained)
            left = max(min(left, displayed_lots), min(floor, entry.ahead_lots))
            entry.credit_lots = entry.ahead_lots - left
            entry.ahead_lots = floor = left
        self.displayed_lots = displayed_lots
        self._unexplained = unexplained
        self._depth_ms = source_ms

    def _after_cancels(self, ahead: int, before: int, cancelled: int) -> int:
        if not cancelled:
            return ahead
        back = max(0, before - ahead)
        from_front = cancelled * front_share(ahead, back, self._power)
        overflow = max(0.0, cancelled - from_front - back)
        return max(0, ahead - int(from_front + overflow))

    def on_print(self, size_lots: int, source_ms: int) -> list[QueueFill]:
        """Trade at the level's price from the other side; fills never exceed the print."""
        late = min(size_lots, self._unexplained) if source_ms <= self._depth_ms else 0
        unexplained = self._unexplained
        self._unexplained -= late
        if size_lots > late and source_ms > self._depth_ms:
            self._prints.append((source_ms, size_lots - late))
        fills: list[QueueFill] = []
        left, others = size_lots, 0
        for entry in self.entries:
            if entry.ahead_lots is None or source_ms <= entry.since_ms:
                continue
            regained = entry.credit_lots * late // unexplained if unexplained else 0
            entry.credit_lots -= regained
            front = entry.ahead_lots + regained
            taken = min(left, max(0, front - others))
            others += taken
            left -= taken
            entry.ahead_lots = max(0, min(entry.ahead_lots, front - others))
            left -= self._fill(entry, left, fills)
        self._drop_filled()
        return fills

    def sweep(self, size_lots: int, source_ms: int | None = None) -> list[QueueFill]:
        """Fill from the front without regard to the queue: the market went through the price.

        Args:
            size_lots: What there is to fill with.
            source_ms: Source time of the print that did it; None for a standing quote.
        """
        fills: list[QueueFill] = []
        left = size_lots
        for entry in self.entries:
            if source_ms is not None and source_ms <= entry.since_ms:
                continue
            entry.ahead_lots = 0
            entry.credit_lots = 0
            left -= self._fill(entry, left, fills)
        self._drop_filled()
        return fills

    @staticmethod
    def _fill(entry: QueueEntry, available: int, fills: list[QueueFill]) -> int:
        size = min(entry.remaining_lots, available)
        if size > 0:
            entry.remaining_lots -= size
            fills.append(QueueFill(entry.order_id, size))
        return size

    def _drop_filled(self) -> None:
        self.entries = [entry for entry in self.entries if entry.remaining_lots > 0]
