"""Measures one market feed: what a table of market statistics needs, from any recording or generator."""

from __future__ import annotations

import math
import statistics
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from msgspec import Struct

from okxmm_tui.core.types import ContractKind, Side
from okxmm_tui.exchange.book import DisplayedBook
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.market_events import BboEvent, BookEvent, MarketEvent, TradeEvent

SECOND_NS = 1_000_000_000
DEPTH_BPS = (1, 5, 10, 25)
LAGS_S = (1, 5, 30)
SIZE_QUANTILES = (0.1, 0.5, 0.9, 0.99)
MIN_NS = 50_000_000
"""Spreads and depths are sampled this often."""

DIFFUSION = "30 s volatility / (1 s sqrt 30)"

Timed = Iterable[tuple[int, tuple[MarketEvent, ...]]]


class Sample(Struct):
    """Raw material of one market."""

    seconds: float
    mids: list[float]
    """Mid at every whole second, in ticks."""
    spreads_bps: list[float]
    """At regular times."""
    depths: dict[int, list[float]]
    """Value in quote currency within so many bps of the mid, both sides averaged, at regular times."""
    trades: list[tuple[int, float, float, int]]
    """(time ns, price ticks, value in quote currency, sign of the taker)."""
    quotes: list[tuple[int, float]]
    """(time ns, mid ticks) at every change."""
    level_changes: int
    book_events: int
    bbo_events: int


def value_per_lot(listed: Listing, price_ticks: float) -> float:
    """Value of one lot in quote currency."""
    ours = listed.instrument
    lot = float(ours.lot_size * ours.contract_value)
    return lot if ours.kind is ContractKind.INVERSE else lot * price_ticks * float(ours.tick_size)


def take_sample(listed: Listing, feed: Timed, seconds: float, warm_up_s: float = 0.0) -> Sample:
    """Run a feed for so long and sample it."""
    taker = _Taker(listed, int(warm_up_s * SECOND_NS))
    end_ns = int((warm_up_s + seconds) * SECOND_NS)
    for at_ns, events in feed:
        if at_ns > end_ns:
            break
        taker.advance(at_ns)
        for event in events:
            taker.apply(at_ns, event)
    return taker.sample


class _Taker:
    def __init__(self, listed: Listing, begin_ns: int) -> None:
        self._listed = listed
        self._begin_ns = begin_ns
        self._book = DisplayedBook()
        self._second_ns = self._sample_ns = begin_ns
        self._mid = 0.0
        self.sample = Sample(0.0, [], [], {bps: [] for bps in DEPTH_BPS}, [], [], 0, 0, 0)

    def advance(self, at_ns: int) -> None:
        """Take the regular samples up to a time, of the state before it."""
        if at_ns < self._begin_ns or not self._mid:
            return
        self.sample.seconds = (at_ns - self._begin_ns) / SECOND_NS
        while self._second_ns <= at_ns:
            self.sample.mids.append(self._mid)
            self._depths()
            self._second_ns += SECOND_NS
        while self._sample_ns <= at_ns:
            self._spread()
            self._sample_ns += MIN_NS

    def apply(self, at_ns: int, event: MarketEvent) -> None:
        """Take one event."""
        is_counted = at_ns >= self._begin_ns
        match event:
            case BookEvent():
                self._book.apply_book(event)
                self.sample.level_changes += (len(event.bids) + len(event.asks)) * (
                    is_counted and not event.is_snapshot
                )
                self.sample.book_events += is_counted
            case BboEvent():
                self._book.apply_bbo(event)
                self.sample.bbo_events += is_counted
            case TradeEvent() if is_counted:
                value = event.size_lots * value_per_lot(self._listed, event.price_ticks)
                self.sample.trades.append((at_ns, float(event.price_ticks), value, event.side.sign))
            case _:
                return
        mid_sum = self._book.mid_sum_ticks()
        if mid_sum is not None and mid_sum / 2 != self._mid:
            self._mid = mid_sum / 2
            if is_counted:
                self.sample.quotes.append((at_ns, self._mid))

    def _spread(self) -> None:
        bid, ask = self._book.best(Side.BUY), self._book.best(Side.SELL)
        if bid and ask:
            self.sample.spreads_bps.append((ask[0] - bid[0]) / self._mid * 1e4)

    def _depths(self) -> None:
        sums = dict.fromkeys(DEPTH_BPS, 0.0)
        for side in Side:
            for price, lots in self._book.levels(side):
                away = abs(price - self._mid) / self._mid * 1e4
                if away > DEPTH_BPS[-1]:
                    break
                value = lots * value_per_lot(self._listed, price) / 2
                for bps in DEPTH_BPS:
                    sums[bps] += value if away <= bps else 0.0
        for bps, total in sums.items():
            self.sample.depths[bps].append(total)


def summary(sample: Sample) -> dict[str, float]:
    """Every figure of the table, by its label; nan where there is too little data."""
    returns = [math.log(after / before) * 1e4 for before, after in pairwise(sample.mids)]
    sizes = sorted(value for _, _, value, _ in sample.trades)
    signs = [sign for *_, sign in sample.trades]
    figures = {
        "spread mean, bps": _mean(sample.spreads_bps),
        "spread median, bps": statistics.median(sample.spreads_bps) if sample.spreads_bps else math.nan,
    }
    figures |= {f"depth {bps} bps, 1000 quote": _mean(sample.depths[bps]) / 1e3 for bps in DEPTH_BPS}
    figures["1 s volatility, bps"] = math.sqrt(_mean([each * each for each in returns]))
    figures[DIFFUSION] = diffusion(sample.mids)
    sizes_of_moves = [abs(each) for each in returns]
    for lag in LAGS_S:
        figures[f"autocorrelation |r| {lag} s"] = autocorrelation(sizes_of_moves, lag)
    figures["kurtosis of 1 s returns"] = kurtosis(returns)
    for quantile in SIZE_QUANTILES:
        figures[f"trade size p{quantile * 100:.0f}, quote"] = (
            sizes[int(quantile * len(sizes))] if sizes else math.nan
        )
    figures["trade size mean, quote"] = _mean(sizes)
    figures["trades a second"] = len(sizes) / sample.seconds
    figures["trade counts, variance/mean"] = dispersion(sample)
    figures["trade sign autocorrelation"] = autocorrelation(signs, 1)
    figures["trade sign autocorrelation 10"] = autocorrelation(signs, 10)
    for lag in LAGS_S:
        figures[f"maker markout {lag} s, bps"] = markout(sample, lag)
    figures["mid changes a second"] = len(sample.quotes) / sample.seconds
    figures["best quotes a second"] = sample.bbo_events / sample.seconds
    figures["book levels changed a second"] = sample.level_changes / sample.seconds
    return figures


def diffusion(mids: Sequence[float]) -> float:
    """Volatility over 30 s, from overlapping moves, against that over 1 s: 1 for a random walk."""
    far = _mean([(after - before) ** 2 for before, after in zip(mids, mids[30:], strict=False)])
    near = _mean([(after - before) ** 2 for before, after in pairwise(mids)])
    return math.sqrt(far / 30 / near) if near else math.nan


def markout(sample: Sample, horizon_s: float) -> float:
    """Mean gain in bps of whoever was the maker of each print, against the mid so much later."""
    times = [at_ns for at_ns, _ in sample.quotes]
    if not times:
        return math.nan
    gains: list[float] = []
    for at_ns, price, _, sign in sample.trades:
        later_ns = at_ns + int(horizon_s * SECOND_NS)
        if later_ns > times[-1]:
            break
        mid = sample.quotes[max(0, bisect_right(times, later_ns) - 1)][1]
        gains.append(-sign * (mid - price) / price * 1e4)
    return _mean(gains)


def dispersion(sample: Sample) -> float:
    """Variance over mean of prints a second: 1 for a Poisson process."""
    counts = Counter(at_ns // SECOND_NS for at_ns, *_ in sample.trades)
    series = [counts.get(second, 0) for second in range(min(counts), max(counts) + 1)] if counts else []
    return statistics.pvariance(series) / _mean(series) if len(series) > 1 else math.nan


def autocorrelation(series: Sequence[float], lag: int) -> float:
    """Sample autocorrelation."""
    if len(series) <= lag + 1:
        return math.nan
    mean = _mean(series)
    spread = sum((each - mean) ** 2 for each in series)
    products = sum((a - mean) * (b - mean) for a, b in zip(series, series[lag:], strict=False))
    return products / spread if spread else math.nan


def kurtosis(series: Sequence[float]) -> float:
    """Fourth moment over the squared variance; 3 for a normal distribution."""
    mean = _mean(series)
    variance = _mean([(each - mean) ** 2 for each in series])
    return _mean([(each - mean) ** 4 for each in series]) / variance**2 if variance else math.nan


def quantile(ordered: Sequence[float], fraction: float) -> float:
    """Value below which a fraction of an ascending sequence lies."""
    return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))] if ordered else math.nan


def share_below(ordered: Sequence[float], limit: float) -> float:
    """Fraction of an ascending sequence below a limit."""
    return bisect_left(ordered, limit) / len(ordered) if ordered else math.nan


def _mean(series: Sequence[float]) -> float:
    return math.fsum(series) / len(series) if series else math.nan
