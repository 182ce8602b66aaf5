"""Imbalance of what rests, of how it changes, and of what is taken (docs/definitions.md, Flow signals).

One sign everywhere: positive is buying pressure and pushes the fair price up.
"""

from __future__ import annotations

import math

from okxmm_tui.core.types import Levels, Side
from okxmm_tui.signals.decay import DecayedMoments

NS_PER_S = 1_000_000_000


def balance(bid: float, ask: float) -> float:
    """(bid - ask) / (bid + ask), -1..1; 0 when there is nothing."""
    total = bid + ask
    return (bid - ask) / total if total > 0 else 0.0


def level_imbalance(bids: Levels, asks: Levels) -> float:
    """Imbalance of the lots of the levels given, -1..1."""
    return balance(sum(lots for _, lots in bids), sum(lots for _, lots in asks))


class OrderFlowImbalance:
    """OFI of the best quotes (Cont, Kukanov and Stoikov, J. Financial Econometrics 12(1), 2014).

    e_n = 1{bid up or same} bid_lots_n - 1{bid down or same} bid_lots_(n-1)
        - 1{ask down or same} ask_lots_n + 1{ask up or same} ask_lots_(n-1), summed over a sliding window of
    whole seconds. The z-score compares the sum with its own decayed mean and deviation, sampled each second.

    Args:
        window_s: Seconds the sum reaches back.
        half_life_s: Half-life of the mean and deviation behind the z-score.
    """

    MIN_SAMPLES = 30

    def __init__(self, window_s: int = 10, half_life_s: float = 600.0) -> None:
        self._seconds = [0] * window_s
        self._second = -1
        self._keep = 0.5 ** (1 / half_life_s)
        self._past = DecayedMoments()
        self._bid_ticks = self._bid_lots = self._ask_ticks = self._ask_lots = 0
        self._has_quote = False
        self.lots = 0
        """Sum over the window."""

    def interrupt(self) -> None:
        """The book broke: the next quote is no change of the last one."""
        self._has_quote = False

    def update(self, bid_ticks: int, bid_lots: int, ask_ticks: int, ask_lots: int, now_ns: int) -> None:
        """Take a changed touch."""
        self.advance(now_ns)
        if self._has_quote:
            change = 0
            if bid_ticks >= self._bid_ticks:
                change += bid_lots
            if bid_ticks <= self._bid_ticks:
                change -= self._bid_lots
            if ask_ticks <= self._ask_ticks:
                change -= ask_lots
            if ask_ticks >= self._ask_ticks:
                change += self._ask_lots
            self.lots += change
            self._seconds[self._second % len(self._seconds)] += change
        self._bid_ticks, self._bid_lots = bid_ticks, bid_lots
        self._ask_ticks, self._ask_lots = ask_ticks, ask_lots
        self._has_quote = True

    def advance(self, now_ns: int) -> None:
        """Let seconds pass that brought no change."""
        second = now_ns // NS_PER_S
        passed = second - self._second
        if passed <= 0:
            return
        if self._second >= 0:
            for _ in range(min(passed, len(self._seconds))):
                self._past.add(self.lots, self._keep)
                self._second += 1
                place = self._second % len(self._seconds)
                self.lots -= self._seconds[place]
                self._seconds[place] = 0
        self._second = second

    @property
    def z_score(self) -> float:
        """Window sum in standard deviations; 0 before half a minute or without any flow."""
        if self._past.count < self.MIN_SAMPLES or self._past.variance <= 0:
            return 0.0
        return (self.lots - self._past.mean) / math.sqrt(self._past.variance)


class TradeImbalance:
    """(bought - sold) / (bought + sold) of takers, exponentially decayed.

    Args:
        half_life_s: Seconds after which a print has half its weight.
    """

    def __init__(self, half_life_s: float = 30.0) -> None:
        self._decay_per_ns = math.log(2) / half_life_s / NS_PER_S
        self._bought = self._sold = 0.0
        self._last_ns = 0

    def on_trade(self, taker: Side, size_lots: int, now_ns: int) -> None:
        """Take a print."""
        keep = math.exp(-self._decay_per_ns * max(0, now_ns - self._last_ns))
        self._last_ns = now_ns
        self._bought *= keep
        self._sold *= keep
        if taker is Side.BUY:
            self._bought += size_lots
        else:
            self._sold += size_lots

    @property
    def value(self) -> float:
        """-1..1; both sides fade alike, so that it changes with prints only."""
        return balance(self._bought, self._sold)
