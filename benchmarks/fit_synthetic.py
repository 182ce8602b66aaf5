"""Fits the synthetic market to recordings: ``python -m benchmarks.fit_synthetic FOLDER``.

Distributions (sizes, moves, the zones of the book) are measured; what interacts (volatility, rates, signs,
spread, what a sweep gives back) is matched by running the generator and correcting, a few times over. The
constants go to ``okxmm_tui/exchange/synthetic/profiles.json``.
"""

from __future__ import annotations

import argparse
import math
from bisect import bisect_left
from itertools import pairwise
from pathlib import Path

import msgspec
from msgspec import structs

from benchmarks.market_sample import DIFFUSION, MIN_NS, Sample, quantile, summary, take_sample, value_per_lot
from benchmarks.market_statistics import RECORDINGS, SKIP_S, open_recording, recorded_seconds
from okxmm_tui.core.types import Side
from okxmm_tui.exchange.book import DisplayedBook
from okxmm_tui.exchange.market_events import BboEvent, BookEvent
from okxmm_tui.exchange.replay import Replay
from okxmm_tui.exchange.synthetic import Profile, SyntheticFeed
from okxmm_tui.exchange.synthetic.profile import Ring

TARGET = Path(__file__).parents[1] / "okxmm_tui" / "exchange" / "synthetic" / "profiles.json"
RING_TICKS = (3, 6, 12, 30, 60, 120, 300, 600, 1_200, 3_000, 6_000, 12_000, 30_000)
QUANTILES = 40
ROUNDS = 7
RUN_S = 900.0


class _Zones:
    """Counts of levels, changes and sizes per ring of one recording."""

    def __init__(self, feed: Replay) -> None:
        self._feed = feed
        self._listed = feed.listings[0]
        self.sizes: list[list[float]] = [[] for _ in RING_TICKS]
        self.touches: list[float] = []
        self.counts = [0] * len(RING_TICKS)
        self.changes = [0] * len(RING_TICKS)
        self.news = [0] * len(RING_TICKS)
        self.samples = 0

    def measure(self) -> None:
        book, last_ns = DisplayedBook(), 0
        for at_ns, events in self._feed.events():
            if self._feed.loop > 1:
                return
            for event in events:
                if isinstance(event, BookEvent):
                    self._count_changes(book, event)
                    book.apply_book(event)
                elif isinstance(event, BboEvent):
                    self._count_touch(event)
            if at_ns - last_ns >= MIN_NS * 20:
                last_ns = at_ns
                self._count_levels(book)

    def _ring(self, ticks: float) -> int | None:
        found = bisect_left(RING_TICKS, ticks)
        return found if ticks > 1 and found < len(RING_TICKS) else None

    def _count_changes(self, book: DisplayedBook, event: BookEvent) -> None:
        if event.is_snapshot:
            return
        for side, levels in ((Side.BUY, event.bids), (Side.SELL, event.asks)):
            other = book.best(side.opposite)
            for price, lots, _ in levels:
                ring = self._ring(side.sign * (other[0] - price)) if other else None
                if ring is None or not lots:
                    continue
                is_new = book.side(side).size_at(price) == 0
                self.news[ring] += is_new
                self.changes[ring] += not is_new

    def _count_touch(self, event: BboEvent) -> None:
        for level in (event.bid, event.ask):
            if level is not None:
                self.touches.append(level[1] * value_per_lot(self._listed, level[0]))

    def _count_levels(self, book: DisplayedBook) -> None:
        self.samples += 1
        for side in Side:
            other = book.best(side.opposite)
            for price, lots in book.levels(side) if other else ():
                ring = self._ring(side.sign * (other[0] - price)) if other else None
                if ring is not None:
                    self.counts[ring] += 1
                    self.sizes[ring].append(lots * value_per_lot(self._listed, price))

    def rings(self, seconds: float) -> tuple[Ring, ...]:
        """The rings that hold anything, per side."""
        return tuple(
            Ring(
                float(outer),
                _rounded(self.counts[at] / self.samples / 2),
                _rounded(self.news[at] / seconds / 2),
                _rounded(self.changes[at] / seconds / 2),
                quantiles(self.sizes[at]),
            )
            for at, outer in enumerate(RING_TICKS)
            if self.counts[at] >= self.samples / 10
        )


def quantiles(values: list[float]) -> tuple[float, ...]:
    """Evenly spaced quantiles; the last one is pulled in so that the mean stays right."""
    ordered = sorted(values)
    found = [quantile(ordered, at / QUANTILES) for at in range(QUANTILES + 1)]
    inner = sum((low + high) / 2 for low, high in pairwise(found[:-1]))
    mean = math.fsum(ordered) / len(ordered)
    found[-1] = max(found[-2], 2 * (mean * QUANTILES - inner) - found[-2])
    return tuple(_rounded(each) for each in found)


def first_guess(zones: _Zones, sample: Sample, figures: dict[str, float], source: str) -> Profile:
    """Everything that can be measured, and a start for the rest."""
    mids = [mid for _, mid in sample.quotes]
    moves = [abs(after - before) / before * 1e4 for before, after in pairwise(mids)]
    tick_bps = 1e4 / mids[0]
    jumps = [each for each in moves if each >= 0.99 * tick_bps]
    trades = figures["trades a second"]
    jump_rate = len(jumps) / sample.seconds
    return Profile(
        source=source,
        rings=zones.rings(sample.seconds),
        touch_sizes=quantiles(zones.touches),
        trade_sizes=quantiles([value for _, _, value, _ in sample.trades]),
        trade_scale=1.0,
        jump_sizes=quantiles(jumps),
        jump_rate=_rounded(jump_rate),
        jump_scale=1.0,
        noise_rate=_rounded(trades / 2),
        sweep_prints=_rounded(trades / 2 / jump_rate),
        sign_persistence=0.4,
        quote_rate=_rounded(max(1.0, figures["best quotes a second"] - trades / 2 - jump_rate)),
        tight_share=0.8,
        tighten_share=0.5,
        overshoot=0.1,
        activity_sd=0.8,
        activity_s=30.0,
        branching=0.3,
        excitement_s=2.0,
    )


def corrected(ours: Profile, goal: dict[str, float], have: dict[str, float]) -> Profile:
    """One step towards the goal, damped; each constant follows the figure it governs most."""

    def ratio(name: str) -> float:
        return min(2.0, max(0.5, math.sqrt(goal[name] / have[name]))) if have[name] > 0 < goal[name] else 1.0

    def gap(name: str) -> float:
        return goal[name] - have[name]

    spread_excess = gap("spread mean, bps") / goal["spread mean, bps"]
    lags = ("autocorrelation |r| 1 s", "autocorrelation |r| 5 s", "autocorrelation |r| 30 s")
    memory = sum(gap(lag) for lag in lags) / len(lags)
    informed = min(1.3, max(0.8, 1.0 + gap("trade sign autocorrelation 10")))
    return structs.replace(
        ours,
        trade_scale=_rounded(ours.trade_scale * ratio("trade size p90, quote")),
        jump_scale=_rounded(ours.jump_scale * ratio("1 s volatility, bps")),
        jump_rate=_rounded(ours.jump_rate * ratio("mid changes a second")),
        noise_rate=_rounded(ours.noise_rate * ratio("trades a second") / informed),
        sweep_prints=_rounded(ours.sweep_prints * ratio("trades a second") * informed),
        quote_rate=_rounded(ours.quote_rate * ratio("best quotes a second")),
        sign_persistence=_within(ours.sign_persistence + 0.6 * gap("trade sign autocorrelation"), 0.0, 0.95),
        tight_share=_within(ours.tight_share - 0.3 * spread_excess, 0.0, 1.0),
        overshoot=_within(ours.overshoot - 0.5 * gap(DIFFUSION), 0.0, 0.9),
        activity_sd=_within(ours.activity_sd + 2.0 * memory, 0.1, 1.5),
    )


def fit(name: str, folder: Path) -> tuple[str, Profile]:
    """Fit one recording; prints its progress."""
    seconds = recorded_seconds(open_recording(folder, name)) - SKIP_S
    feed = open_recording(folder, name)
    listed = feed.listings[0]
    sample = take_sample(listed, feed.events(), seconds, SKIP_S)
    goal = summary(sample)
    zones = _Zones(open_recording(folder, name))
    zones.measure()
    ours = first_guess(zones, sample, goal, name)
    for number in range(ROUNDS):
        run = take_sample(listed, SyntheticFeed(listed, number, ours).events(), RUN_S, 60.0)
        have = summary(run)
        worst = {key: f"{have[key]:.3g}/{goal[key]:.3g}" for key in goal if not key.startswith("depth")}
        print(f"{listed.inst_id} round {number}: {worst}", flush=True)
        ours = corrected(ours, goal, have)
    return listed.inst_id, ours


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _within(value: float, low: float, high: float) -> float:
    return _rounded(min(high, max(low, value)))


def main() -> None:
    """Fit every recording of the table and write the constants."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="folder of the recordings")
    given = parser.parse_args()
    fitted = dict(fit(name, given.folder) for name in RECORDINGS)
    TARGET.write_bytes(msgspec.json.format(msgspec.json.encode(fitted), indent=1) + b"\n")
    print(f"wrote {TARGET}")


if __name__ == "__main__":
    main()
