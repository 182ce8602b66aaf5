"""One side of a synthetic book: sorted prices, sizes, and what changed since the last depth update."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from itertools import accumulate

from msgspec import Struct

from okxmm_tui.exchange.market_events import Level
from okxmm_tui.exchange.synthetic.profile import TABLE, Ring, lots_table

MAX_LEVELS = 400
"""Depth of the ``books`` channel; what is pushed out of it is removed explicitly."""
MIN_LEVELS = 200
"""Fewer are refilled at once: a sweep of the whole book must not leave a desert."""
MAX_TRIES = 20
"""Draws for a free price of a zone."""
RETURN_POWER = 4
"""How sharply cancellations follow the number of levels."""
MAX_OCCUPANCY = 0.9
"""Largest share of the prices of a zone that hold a level."""


class Zone(Struct, frozen=True, gc=False):
    """A ring in whole ticks and lots."""

    inner_ticks: int
    outer_ticks: int
    levels: float
    sizes: list[int]


class Churn:
    """Arrivals, size changes and cancellations of the rings, as one weighted choice.

    An arrival on an occupied price is only a change of its size, so arrivals are proposed more often where
    the book is dense. Cancellations are proposed at twice the rate of arrivals and happen the more the more
    levels there are, so that their number returns to its mean by itself.
    """

    def __init__(self, rings: Sequence[Ring], lot_value: float, scale: float) -> None:
        self.zones: list[Zone] = []
        weights: list[float] = []
        inner = 2  # the nearest price is the quotes' affair
        for ring in rings:
            outer = max(inner + 1, round(ring.outer_ticks * scale))
            levels = min(ring.levels, MAX_OCCUPANCY * (outer - inner))
            self.zones.append(Zone(inner, outer, levels, lots_table(ring.sizes, lot_value)))
            free = 1.0 - levels / (outer - inner)
            weights += [ring.new_rate / free, ring.change_rate, 2.0 * ring.new_rate]
            inner = outer
        self.rate = sum(weights)
        """Proposals a second of one side."""
        self.choices = self._choices(weights)

    def _choices(self, weights: list[float]) -> list[tuple[Zone, int]]:
        """A table of equally likely (zone, kind)."""
        sums = list(accumulate(weights))
        size = TABLE * 4
        found = [bisect_left(sums, (number + 0.5) / size * sums[-1]) for number in range(size)]
        return [(self.zones[each // 3], each % 3) for each in found]


class Ladder:
    """Levels of one side, best first.

    Args:
        direction: 1 for asks, -1 for bids: the key of a price is ``direction * price``.
        draw: Uniform numbers from 0 to 1.
    """

    def __init__(self, direction: int, draw: Callable[[], float]) -> None:
        self._direction = direction
        self._draw = draw
        self.keys: list[int] = []
        self.sizes: dict[int, int] = {}
        self.changed: dict[int, int] = {}

    @property
    def best(self) -> int:
        """Best price; there always is one."""
        return self._direction * self.keys[0]

    @property
    def best_lots(self) -> int:
        """Size at the best price."""
        return self.sizes[self.keys[0]]

    def put(self, price: int, lots: int) -> None:
        """Give a price its size."""
        key = self._direction * price
        if key not in self.sizes:
            insort(self.keys, key)
        self.sizes[key] = lots
        self.changed[key] = lots

    def take(self, lots: int) -> None:
        """Trade at the best price; an emptied level goes, unless it is the last."""
        key = self.keys[0]
        left = self.sizes[key] - lots
        if left > 0 or len(self.keys) == 1:
            self.sizes[key] = self.changed[key] = max(1, left)
        else:
            self._remove(0)

    def clear_through(self, price: int) -> None:
        """Remove every level as good as a price."""
        limit = self._direction * price
        while self.keys and self.keys[0] <= limit:
            self._remove(0)

    def levels_through(self, price: int) -> list[tuple[int, int]]:
        """Prices and sizes as good as a price, best first."""
        limit = self._direction * price
        found: list[tuple[int, int]] = []
        for key in self.keys:
            if key > limit:
                break
            found.append((self._direction * key, self.sizes[key]))
        return found

    def fill(self, reference: int, zones: Sequence[Zone]) -> None:
        """Bring every zone behind the best price to its mean number of levels, at once.

        Args:
            reference: The best price of the other side, from which distances count.
            zones: Of ``Churn``.
        """
        base = self._direction * reference
        for zone in zones:
            first = bisect_left(self.keys, base + zone.inner_ticks)
            missing = round(zone.levels) - (bisect_left(self.keys, base + zone.outer_ticks) - first)
            for _ in range(MAX_TRIES * max(0, missing)):
                key = base + zone.inner_ticks + int(self._draw() * (zone.outer_ticks - zone.inner_ticks))
                if key in self.sizes or key <= self.keys[0]:
                    continue
                self.put(self._direction * key, zone.sizes[int(self._draw() * TABLE)])
                missing -= 1
                if not missing:
                    break
        self._trim()

    def churn(self, reference: int, choices: list[tuple[Zone, int]], count: int) -> None:
        """Let so many proposals happen behind the best price.

        Args:
            reference: The best price of the other side, from which distances count.
            choices: Of ``Churn``.
            count: Proposals.
        """
        draw, keys, sizes, changed = self._draw, self.keys, self.sizes, self.changed
        base, many = self._direction * reference, len(choices)
        for _ in range(count):
            zone, kind = choices[int(draw() * many)]
            if kind == 0:
                key = base + zone.inner_ticks + int(draw() * (zone.outer_ticks - zone.inner_ticks))
                if key <= keys[0]:
                    continue  # the best price is the quotes' affair
                if key not in sizes:
                    insort(keys, key)
                sizes[key] = changed[key] = zone.sizes[int(draw() * TABLE)]
                continue
            first = max(1, bisect_left(keys, base + zone.inner_ticks))
            held = bisect_left(keys, base + zone.outer_ticks) - first
            if held <= 0:
                continue
            if kind == 1:
                key = keys[first + int(draw() * held)]
                sizes[key] = changed[key] = zone.sizes[int(draw() * TABLE)]
            elif draw() * 2.0 < (held / zone.levels) ** RETURN_POWER:
                key = keys.pop(first + int(draw() * held))
                del sizes[key]
                changed[key] = 0
        self._trim()

    def _trim(self) -> None:
        while len(self.keys) > MAX_LEVELS:
            self._remove(-1)

    def _remove(self, index: int) -> None:
        key = self.keys.pop(index)
        del self.sizes[key]
        self.changed[key] = 0

    def all_levels(self) -> tuple[Level, ...]:
        """The whole side; forgets what changed."""
        self.changed.clear()
        return tuple((self._direction * key, self.sizes[key], "1") for key in self.keys)

    def take_changes(self) -> tuple[Level, ...]:
        """Absolute sizes of what changed since the last call."""
        direction = self._direction
        changes = tuple([(direction * key, lots, "1" if lots else "0") for key, lots in self.changed.items()])
        self.changed.clear()
        return changes
