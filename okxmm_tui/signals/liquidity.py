"""What the book would cost, and levels in it that stand out."""

from __future__ import annotations

from collections import OrderedDict, deque
from statistics import median

from okxmm_tui.core.books import BookSide
from okxmm_tui.core.signals import LevelMark
from okxmm_tui.core.types import Levels, Side

LARGE_MULTIPLE = 10
"""A level this many times the typical size is large."""
WATCHED = 16
"""Levels at which prints are followed, the latest ones."""
REFILLS = 2
"""Times a level must have grown back after prints before it is suspected."""
EXCESS = 2
"""Traded lots over the most ever shown that make a level suspicious."""


def slippage_bps(price_ticks: float | None, taker: Side, mid_ticks: float) -> float | None:
    """Cost of a sweep in bps of the mid; positive costs money on either side.

    Args:
        price_ticks: Mean price of the sweep (``sweep_price``); None when the book is too thin for it.
        taker: Who takes.
        mid_ticks: Mid before the sweep.

    Returns:
        Basis points; None when the book is too thin.
    """
    return None if price_ticks is None else 1e4 * taker.sign * (price_ticks - mid_ticks) / mid_ticks


class TypicalSize:
    """Rolling median of level sizes: the median over the last samples of each sample's median.

    Args:
        samples: Samples that count; taken once a second, a minute by default.
    """

    def __init__(self, samples: int = 60) -> None:
        self._medians: deque[float] = deque(maxlen=samples)
        self.lots: float | None = None
        """None before the first sample."""

    def sample(self, bids: Levels, asks: Levels) -> None:
        """Take the sizes of the first levels of both sides."""
        sizes = [lots for _, lots in bids] + [lots for _, lots in asks]
        if sizes:
            self._medians.append(median(sizes))
            self.lots = median(self._medians)


def large_orders(side: Side, levels: Levels, typical_lots: float | None) -> tuple[LevelMark, ...]:
    """Levels of a side at least ten times the typical size, nearest first; none while that is not known."""
    if not typical_lots:
        return ()
    least = LARGE_MULTIPLE * typical_lots
    return tuple(LevelMark(side, price, lots) for price, lots in levels if lots >= least)


class _Watched:
    """One level since the first print at it."""

    __slots__ = ("eaten_lots", "most_lots", "refills", "shown_lots", "traded_lots")

    def __init__(self, shown_lots: int) -> None:
        self.shown_lots = self.most_lots = shown_lots
        self.traded_lots = 0
        self.eaten_lots = 0
        """Taken since the level was last looked at."""
        self.refills = 0


class IcebergWatch:
    """Levels of one side that trade more than they show, and stand again (a hidden reserve refills them).

    A level is followed from its first print until it disappears. It is suspected when what was taken from it
    is at least twice the most it ever showed and it grew back at least twice. Joiners look the same from
    outside, hence "suspected".

    Args:
        side: Of the resting orders.
        levels: The side of the book.
    """

    def __init__(self, side: Side, levels: BookSide) -> None:
        self._side = side
        self._levels = levels
        self._watched: OrderedDict[int, _Watched] = OrderedDict()

    def clear(self) -> None:
        """The book broke: forget every level."""
        self._watched.clear()

    def on_print(self, price_ticks: int, size_lots: int) -> None:
        """A taker traded against the side at a price."""
        watched = self._watched.get(price_ticks)
        if watched is None:
            shown = self._levels.size_at(price_ticks)
            if not shown:
                return
            watched = self._watched[price_ticks] = _Watched(shown)
            if len(self._watched) > WATCHED:
                self._watched.popitem(last=False)
        else:
            self._watched.move_to_end(price_ticks)
        watched.traded_lots += size_lots
        watched.eaten_lots += size_lots

    def on_book(self, changed: Levels) -> None:
        """Look at the followed levels among the changed ones; 0 lots means gone."""
        if not self._watched:
            return
        for price_ticks, lots in changed:
            watched = self._watched.get(price_ticks)
            if watched is None:
                continue
            if lots == 0:
                del self._watched[price_ticks]
                continue
            watched.refills += watched.eaten_lots > 0 and lots > max(
                0, watched.shown_lots - watched.eaten_lots
            )
            watched.most_lots = max(watched.most_lots, lots)
            watched.shown_lots, watched.eaten_lots = lots, 0

    def suspects(self) -> tuple[LevelMark, ...]:
        """Levels suspected now, those with the latest prints last."""
        return tuple(
            LevelMark(self._side, price, each.shown_lots, each.traded_lots)
            for price, each in self._watched.items()
            if each.traded_lots >= EXCESS * each.most_lots and each.refills >= REFILLS
        )
