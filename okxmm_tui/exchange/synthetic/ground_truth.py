"""A market whose parameters are known exactly, for estimators to be tested against.

The mid is a compound Poisson walk of single ticks, so its variance is exactly sigma^2 a second; takers of
each side come by a Poisson process and reach so deep that the rate of prints at least d away from the mid is
exactly A exp(-k d), the assumption of Avellaneda and Stoikov (Quantitative Finance 8(3), 2008, section 2.2).
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

from msgspec import Struct

from okxmm_tui.core.types import Side
from okxmm_tui.errors import UsageError
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.market_events import BboEvent, BookEvent, Level, MarketEvent, TradeEvent
from okxmm_tui.exchange.synthetic.profile import start_ticks

STEP_NS = 100_000_000
DEPTH = 400


class GroundTruth(Struct, frozen=True):
    """The true parameters, in ticks and seconds."""

    a: float
    """A: prints a second and side at distance 0, extrapolated."""
    k: float
    """k: decay of that rate per tick of distance from the mid."""
    sigma: float
    """Standard deviation of the mid, ticks per square root of a second."""
    level_lots: int = 1_000
    """Size of every level; never changes."""
    trade_lots: int = 1
    """Size of every print."""


class GroundTruthFeed:
    """An endless market of one instrument with constant known parameters.

    The spread is always one tick, so the nearest print is half a tick from the mid. Each taker is one print,
    at the furthest price it reached; prints take nothing from the displayed book.

    Args:
        listed: The instrument.
        truth: The parameters.
        seed: Of the market.

    Raises:
        UsageError: A parameter was not above 0 (sigma may be 0).
    """

    loop = 1

    def __init__(self, listed: Listing, truth: GroundTruth, seed: int = 1) -> None:
        if not (truth.a > 0 and truth.k > 0 and truth.sigma >= 0):
            raise UsageError(
                f"Ground truth {truth} was impossible.", "Give A and k above 0 and sigma from 0."
            )
        self.listings = (listed,)
        self.truth = truth
        self._inst_id = listed.inst_id
        self._random = random.Random(f"{seed} {listed.inst_id}")  # noqa: S311 - a market, not a secret
        self._bid = start_ticks(listed)
        self._seq = 0
        self._trade_id = 0

    def events(self) -> Iterator[tuple[int, tuple[MarketEvent, ...]]]:
        """Yield (nanoseconds since the start, events) for ever."""
        yield 0, (self._book(0, self._bid, is_snapshot=True),)
        truth = self.truth
        print_rate = 2.0 * truth.a * math.exp(-truth.k / 2)
        move_rate = truth.sigma**2
        at_s, step = 0.0, 1
        book_bid = self._bid
        while True:
            at_s += self._random.expovariate(print_rate + move_rate)
            while at_s * 1e9 >= step * STEP_NS:
                yield step * STEP_NS, (self._book(step * STEP_NS, book_bid, is_snapshot=False),)
                book_bid = self._bid
                step += 1
            at_ns = int(at_s * 1e9)
            if self._random.random() * (print_rate + move_rate) < print_rate:
                yield at_ns, (self._print(at_ns),)
            else:
                self._bid += 1 if self._random.random() < 0.5 else -1
                yield at_ns, (self._best(at_ns),)

    def _print(self, at_ns: int) -> TradeEvent:
        side = Side.BUY if self._random.random() < 0.5 else Side.SELL
        # Geometric by inversion: P(at least n further ticks) = exp(-k n).
        further = int(-math.log(1.0 - self._random.random()) / self.truth.k)
        price = self._bid + 1 + further if side is Side.BUY else self._bid - further
        self._trade_id += 1
        return TradeEvent(
            self._inst_id, self._trade_id, price, self.truth.trade_lots, side, "1", "0", at_ns // 1_000_000
        )

    def _best(self, at_ns: int) -> BboEvent:
        self._seq += 1
        lots = self.truth.level_lots
        bid, ask = (self._bid, lots, "1"), (self._bid + 1, lots, "1")
        return BboEvent(self._inst_id, bid, ask, at_ns // 1_000_000, self._seq)

    def _book(self, at_ns: int, old_bid: int, *, is_snapshot: bool) -> BookEvent:
        self._seq += 1
        new, lots = self._bid, self.truth.level_lots
        if is_snapshot:
            bids: list[Level] = [(new - depth, lots, "1") for depth in range(DEPTH)]
            asks: list[Level] = [(new + 1 + depth, lots, "1") for depth in range(DEPTH)]
        else:
            bids, asks = _moved(old_bid, new, -1, lots), _moved(old_bid + 1, new + 1, 1, lots)
        return BookEvent(self._inst_id, is_snapshot, tuple(bids), tuple(asks), at_ns // 1_000_000, self._seq)


def _moved(old_best: int, new_best: int, direction: int, lots: int) -> list[Level]:
    """Changes of a side of equal levels whose best price moved; ``direction`` points away from it."""
    old = set(range(old_best, old_best + direction * DEPTH, direction))
    new = set(range(new_best, new_best + direction * DEPTH, direction))
    gone: list[Level] = [(price, 0, "0") for price in sorted(old - new)]
    return gone + [(price, lots, "1") for price in sorted(new - old)]
