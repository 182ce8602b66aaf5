"""Probability that an own quote fills within a horizon, counted on what the market has just done.

Every second an order is imagined at the best price of each side and followed for the horizon. Of each it is
kept how far behind that price an order would have been passed (the opposite best, or prints beyond it, came
there), how far the best price of its side came, and how much was taken at the price itself. Then, for an
order some ticks behind the best price of its side,

    P = share passed + share reached but not passed x P(takers eat what is ahead of it and the order)

where the last is the share of imagined orders that were never passed at whose price so much was taken. A law
of motion in its place (reflection of a diffusion, Poisson takers) says too much near the touch: real prices
stand still for seconds and then run, and takers come in bursts (``benchmarks.fill_chances`` has the figures).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque

from msgspec import Struct

from okxmm_tui.core.types import Side

MIN_FOLLOWED = 60
"""Imagined orders, of both sides together, before anything is told."""
KEPT = 240
"""The last two minutes of both sides."""


class Followed(Struct, frozen=True, gc=False):
    """What became of one imagined order; distances in ticks behind its price, below 0 in front of it."""

    passed_ticks: int
    """An order at most this far behind would have filled whatever its place."""
    reached_ticks: int
    """The best price of its side came this far."""
    taken_lots: int
    """Printed at its very price."""


class _Second:
    """One side during one second; prices are times the side's sign, so that lower is better for an order."""

    __slots__ = ("lowest_opposite", "lowest_own", "start", "taken")

    def __init__(self, own: int, opposite: int) -> None:
        self.start = self.lowest_own = own
        self.lowest_opposite = opposite
        self.taken: dict[int, int] = {}


class FillHistory:
    """Imagined orders of one market, both sides together: near the touch the sides are alike.

    Args:
        horizon_s: Seconds each is followed.
        kept: How many count, the latest ones.
    """

    def __init__(self, horizon_s: int, kept: int = KEPT) -> None:
        self._horizon_s = horizon_s
        self._open: dict[Side, deque[_Second]] = {side: deque() for side in Side}
        self._second = -1
        self._done: deque[Followed] = deque(maxlen=kept)
        self._sorted: tuple[list[int], list[int], list[int]] | None = None

    @property
    def count(self) -> int:
        """Imagined orders followed to their end that still count."""
        return len(self._done)

    def interrupt(self) -> None:
        """The book broke: what is being followed has no end."""
        for seconds in self._open.values():
            seconds.clear()

    def on_touch(self, bid_ticks: int, ask_ticks: int) -> None:
        """Best prices are these from now on."""
        for side, seconds in self._open.items():
            if seconds:
                now = seconds[-1]
                own, opposite = _signed(side, bid_ticks, ask_ticks)
                now.lowest_own = min(now.lowest_own, own)
                now.lowest_opposite = min(now.lowest_opposite, opposite)

    def on_print(self, taker: Side, price_ticks: int, size_lots: int) -> None:
        """A taker traded against resting orders; every order in front of that price is gone."""
        side = taker.opposite
        if seconds := self._open[side]:
            now, price = seconds[-1], side.sign * price_ticks
            now.lowest_own = min(now.lowest_own, price)
            now.lowest_opposite = min(now.lowest_opposite, price + 1)
            now.taken[price] = now.taken.get(price, 0) + size_lots

    def on_second(self, second: int, bid_ticks: int, ask_ticks: int) -> None:
        """A second begins at these best prices; one that was skipped breaks what is being followed."""
        if second != self._second + 1:
            self.interrupt()
        self._second = second
        for side, seconds in self._open.items():
            if len(seconds) == self._horizon_s:
                self._done.append(_outcome(seconds))
                self._sorted = None
                seconds.popleft()
            seconds.append(_Second(*_signed(side, bid_ticks, ask_ticks)))

    def probability(self, distance_ticks: int, needed_lots: float) -> float | None:
        """Probability that an order fills completely within the horizon; O(log kept) but once a second.

        Args:
            distance_ticks: Behind the best price of its side; below 0 in front of it.
            needed_lots: Expected quantity ahead plus its own.

        Returns:
            0..1, never quite either; None while too few have been followed.
        """
        count = len(self._done)
        if count < MIN_FOLLOWED:
            return None
        if self._sorted is None:
            self._sorted = self._sort()
        passed_ticks, reached_ticks, taken_lots = self._sorted
        passed = count - bisect_left(passed_ticks, distance_ticks)
        reached = count - bisect_left(reached_ticks, distance_ticks)
        eaten = len(taken_lots) - bisect_left(taken_lots, needed_lots)
        share = (eaten + 0.5) / (len(taken_lots) + 1)
        return (passed + (reached - passed) * share + 0.5) / (count + 1)

    def _sort(self) -> tuple[list[int], list[int], list[int]]:
        done = self._done
        return (
            sorted(each.passed_ticks for each in done),
            sorted(each.reached_ticks for each in done),
            sorted(each.taken_lots for each in done if each.passed_ticks < 0),
        )


def _signed(side: Side, bid_ticks: int, ask_ticks: int) -> tuple[int, int]:
    """(own best, opposite best), such that the opposite is always the larger one."""
    return (bid_ticks, ask_ticks) if side is Side.BUY else (-ask_ticks, -bid_ticks)


def _outcome(seconds: deque[_Second]) -> Followed:
    start = seconds[0].start
    return Followed(
        passed_ticks=start - min(each.lowest_opposite for each in seconds),
        reached_ticks=start - min(each.lowest_own for each in seconds),
        taken_lots=sum(each.taken.get(start, 0) for each in seconds),
    )
