"""How often the chance of a fill comes true: ``python -m benchmarks.fill_chances [FILE ...]``.

Every second of a recording an order of a hundred lots is imagined at some distances behind the best price of
each side, with everything displayed there ahead of it. What ``MarketSignals.fill_probability`` says at that
moment is held against what happened within its horizon: the opposite best reached the order, prints went
through it, or prints at its price ate the queue. Nobody cancels in that count: the truth is a little higher.
The error is the mean squared difference between what was said and what came (0 or 1); beside it stands what
saying their share every time, known only afterwards, would have had.
"""

from __future__ import annotations

import argparse
from collections import defaultdict, deque
from typing import cast

from msgspec import Struct

from benchmarks.strategies import BUILTIN, LEAST_S, length_s
from okxmm_tui.core.accounting.timeline import Timeline
from okxmm_tui.core.books import OrderBook
from okxmm_tui.core.types import Levels, Side
from okxmm_tui.exchange.market_events import BboEvent, BookEvent, Level, MarketFeed, TradeEvent
from okxmm_tui.exchange.market_source import open_feeds
from okxmm_tui.signals.collector import FILL_HORIZON_S, MarketSignals

SECOND_NS = 1_000_000_000
HORIZON_NS = int(FILL_HORIZON_S * SECOND_NS)
WARM_UP_NS = 60 * SECOND_NS
DISTANCES_BPS = (0.0, 0.1, 0.3, 1.0, 2.0, 3.0, 5.0, 8.0)
OWN_LOTS = 100


class Imagined(Struct):
    """An order that is not there."""

    at_ns: int
    side: Side
    price_ticks: int
    distance_bps: float
    left_lots: int
    chance: float
    is_filled: bool = False


class Watcher:
    """Signals of one recording, and the orders imagined in it."""

    def __init__(self, feed: MarketFeed) -> None:
        self._book = OrderBook()
        self._signals = MarketSignals(feed.listings[0].instrument, self._book, Timeline())
        self._top: tuple[int, int] | None = None
        self._second = 0
        self._open: deque[Imagined] = deque()
        self.done: list[Imagined] = []

    def take(self, at_ns: int, event: object) -> None:
        """Take one event of the market."""
        match event:
            case BookEvent(is_snapshot=True):
                self._book.replace(_levels(event.bids), _levels(event.asks), event.seq, event.source_ms)
            case BookEvent():
                self._book.apply(_levels(event.bids), _levels(event.asks), event.seq, event.source_ms)
            case BboEvent(bid=(bid, bid_lots, _), ask=(ask, ask_lots, _)) if bid < ask:
                self._top = bid, ask
                self._signals.on_top(bid, bid_lots, ask, ask_lots, venue_ms=event.source_ms, now_ns=at_ns)
                for each in self._open:
                    opposite = ask if each.side is Side.BUY else bid
                    each.is_filled |= each.side.sign * (opposite - each.price_ticks) <= 0
            case TradeEvent(side=taker, price_ticks=price, size_lots=lots):
                self._signals.on_trade(taker, price, lots, venue_ms=event.source_ms, now_ns=at_ns)
                self._printed(taker, price, lots)
            case _:
                return
        self._pass(at_ns)

    def _printed(self, taker: Side, price_ticks: int, size_lots: int) -> None:
        for each in self._open:
            through = each.side.sign * (each.price_ticks - price_ticks)
            if each.side is taker or through < 0:
                continue
            each.left_lots -= size_lots if through == 0 else each.left_lots
            each.is_filled |= each.left_lots <= 0

    def _pass(self, at_ns: int) -> None:
        while self._open and at_ns - self._open[0].at_ns > HORIZON_NS:
            self.done.append(self._open.popleft())
        second = at_ns // SECOND_NS
        if second == self._second or self._top is None or at_ns < WARM_UP_NS:
            return
        self._second = second
        for side, best in zip((Side.BUY, Side.SELL), self._top, strict=True):
            for bps in DISTANCES_BPS:
                self._imagine(at_ns, side, best - side.sign * round(bps / 1e4 * best), bps)

    def _imagine(self, at_ns: int, side: Side, price_ticks: int, bps: float) -> None:
        shown = self._book.bids if side is Side.BUY else self._book.asks
        needed = shown.size_at(price_ticks) + OWN_LOTS
        chance = self._signals.fill_probability(side, price_ticks, needed)
        if chance is not None:
            self._open.append(Imagined(at_ns, side, price_ticks, bps, needed, chance))


def _levels(levels: tuple[Level, ...]) -> Levels:
    return tuple((price, lots) for price, lots, _ in levels)


def measure(recording: str) -> None:
    """Print the lines of one recording."""
    feed = cast("MarketFeed", open_feeds((recording,))[0])
    watcher = Watcher(feed)
    for at_ns, events in feed.events():
        if feed.loop > 1:
            break
        for event in events:
            watcher.take(at_ns, event)
    groups: dict[float, list[Imagined]] = defaultdict(list)
    for each in watcher.done:
        groups[each.distance_bps].append(each)
    print(f"{recording.rpartition('/')[2]}: P(fill within {FILL_HORIZON_S:.0f} s)")
    print(f"{'bps behind':>11}{'orders':>8}{'said':>8}{'came true':>11}{'error':>8}{'share':>8}")
    for bps, group in sorted(groups.items()):
        said = sum(each.chance for each in group) / len(group)
        true = sum(each.is_filled for each in group) / len(group)
        error = sum((each.chance - each.is_filled) ** 2 for each in group) / len(group)
        print(f"{bps:>11.1f}{len(group):>8}{said:>8.3f}{true:>11.3f}{error:>8.3f}{true * (1 - true):>8.3f}")


def main() -> None:
    """Measure every recording given, the built-in one first."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("recordings", nargs="*", metavar="FILE", help="recordings beside the built-in one")
    for recording in (BUILTIN, *parser.parse_args().recordings):
        if length_s(recording) >= 2 * LEAST_S:
            measure(recording)


if __name__ == "__main__":
    main()
