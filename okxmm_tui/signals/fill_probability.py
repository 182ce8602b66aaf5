"""Probability that an own quote fills within a horizon (market-making.md 2.8).

Takers that come to a price are taken to be Poisson, with the decayed rate of prints that reached as far from
the touch as the order lies; each takes the decayed mean size of these. The order fills when enough come to
eat what is ahead and the order itself. Real flow comes in bursts, so the figure is a guide and no promise.
"""

from __future__ import annotations

import math

from okxmm_tui.signals.decay import GrowingWeight

DEEPEST_TICKS = 64
MIN_PRINTS = 10.0
EXACT_UP_TO = 400
"""Takers needed beyond which the normal approximation replaces the sum."""


def poisson_at_least(needed: int, mean: float) -> float:
    """P(N >= needed) for a Poisson N; 1 when nothing is needed."""
    if needed <= 0:
        return 1.0
    if mean <= 0.0:
        return 0.0
    if max(needed, mean) > EXACT_UP_TO:
        return 0.5 * math.erfc((needed - 0.5 - mean) / math.sqrt(2 * mean))
    term = below = math.exp(-mean)
    for number in range(1, needed):
        term *= mean / number
        below += term
    return min(1.0, max(0.0, 1.0 - below))


class LevelFlow:
    """Takers of one side by how far beyond the touch they reached.

    Args:
        half_life_s: Seconds after which a print has half its weight.
    """

    def __init__(self, half_life_s: float = 300.0) -> None:
        self._weight = GrowingWeight(half_life_s)
        self._prints = [0.0] * (DEEPEST_TICKS + 1)
        self._lots = [0.0] * (DEEPEST_TICKS + 1)
        self._began_ns: int | None = None

    def begin(self, now_ns: int) -> None:
        """Time counts from here; later calls change nothing."""
        if self._began_ns is None:
            self._began_ns = now_ns

    def on_print(self, excess_ticks: int, size_lots: int, now_ns: int) -> None:
        """Take a print at a distance from the touch on its side; below 0 counts as 0."""
        self.begin(now_ns)
        factor = self._weight.rescale(now_ns)
        if factor is not None:
            self._prints = [value * factor for value in self._prints]
            self._lots = [value * factor for value in self._lots]
        weight, place = self._weight.at(now_ns), min(max(0, excess_ticks), DEEPEST_TICKS)
        self._prints[place] += weight
        self._lots[place] += weight * size_lots

    def probability(
        self, distance_ticks: int, needed_lots: float, horizon_s: float, now_ns: int
    ) -> float | None:
        """Probability that the takers of the next seconds eat a quantity at a distance.

        Args:
            distance_ticks: Of the order behind the best price of its side; below 0 counts as 0.
            needed_lots: Ahead and own.
            horizon_s: Seconds.
            now_ns: Time of the last event.

        Returns:
            0..1; None while fewer than ten takers (decayed) came that far, or too deep in the book.
        """
        first = max(0, distance_ticks)
        if self._began_ns is None or first >= DEEPEST_TICKS:
            return None
        scale = self._weight.at(now_ns)
        prints, lots = sum(self._prints[first:]) / scale, sum(self._lots[first:]) / scale
        rate, lived_s = self._weight.rate_per_s, (now_ns - self._began_ns) / 1e9
        seconds = -math.expm1(-rate * lived_s) / rate
        if prints < MIN_PRINTS or seconds <= 0 or lots <= 0:
            return None
        takers = math.ceil(needed_lots * prints / lots)
        return poisson_at_least(takers, prints / seconds * horizon_s)
