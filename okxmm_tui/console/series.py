"""A curve of a whole session in bounded room."""

from __future__ import annotations

import math
from itertools import pairwise


class Series:
    """Samples at equal distances, from the first on; where there are too many, every second one gives way.

    From then on samples are kept half as often. Curves drawn of it therefore reach back to the beginning,
    however long ago that is, and become coarser instead of shorter.
    """

    def __init__(self, most: int = 600) -> None:
        """Hold at most ``most`` samples, an even number from 2 on."""
        self._most = most
        self._kept: list[float] = []
        self._every = 1
        self._newest = 0.0
        self.count = 0
        """Samples taken in all."""

    def add(self, value: float) -> None:
        """Take the next sample."""
        if self.count % self._every == 0:
            if len(self._kept) == self._most:
                del self._kept[1::2]
                self._every *= 2
            self._kept.append(value)
        self._newest = value
        self.count += 1

    def values(self) -> tuple[float, ...]:
        """Samples from the first to the newest, oldest first."""
        is_kept = (self.count - 1) % self._every == 0
        return (*self._kept,) if not self.count or is_kept else (*self._kept, self._newest)


def resampled(values: tuple[float, ...], width: int) -> list[float]:
    """Means of runs as equal as can be, so that a history longer than the width fills it whole.

    What is not known, nan, is left out of a mean.
    """
    if len(values) <= width:
        return list(values)
    edges = [place * len(values) // width for place in range(width + 1)]
    return [_mean(values[start:end]) for start, end in pairwise(edges)]


def _mean(run: tuple[float, ...]) -> float:
    known = [value for value in run if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan
