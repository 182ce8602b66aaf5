"""Microseconds from a book update to the target quotes, per strategy: ``python -m benchmarks.decision_cost``.

The first column is the strategy alone, called with the same moment again and again. The second is what the
engine spends on a book update that moves the best price: book, signals, strategy, risk limits and orders,
with no refresh interval to wait for.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import cast

from benchmarks.virtual_market import VirtualMarket, VirtualPlan
from okxmm_tui.core.effects import AnyEffect
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.messages import AnyEvent, BookUpdate, TopOfBook
from okxmm_tui.engine.decision_inputs import market_input
from okxmm_tui.exchange.market_events import MarketFeed
from okxmm_tui.exchange.market_source import open_feeds
from okxmm_tui.strategies.registry import STRATEGIES

WARM_UP_S = 60.0
MEASURED_S = 60.0
CALLS = 5_000


def percentile(values: list[float], share: float) -> float:
    """The value below which that share of all lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


class _Timed(VirtualMarket):
    """Times the reducer on events of the book that move the best price."""

    def __init__(self, feed: MarketFeed, plan: VirtualPlan) -> None:
        self.took_us = []
        super().__init__(feed, plan)

    def emit(self, event: AnyEvent) -> None:
        """Apply an event, with its time noted."""
        if not isinstance(event, BookUpdate | TopOfBook):
            super().emit(event)
            return
        market = next(iter(self.reducer.session.markets.values()))
        before = market.bid_ticks, market.ask_ticks
        apply, took = self.reducer.apply, 0.0

        def timed(event: AnyEvent, now_ns: int) -> list[AnyEffect]:
            nonlocal took
            began = time.perf_counter()
            effects = apply(event, now_ns)
            took = time.perf_counter() - began
            return effects

        self.reducer.apply = timed
        super().emit(event)
        self.reducer.apply = apply
        if (market.bid_ticks, market.ask_ticks) != before:
            self.took_us.append(took * 1e6)


def alone(decide: Callable[[], object]) -> float:
    """Best of three: microseconds of one call of a strategy."""
    return min(_timed(decide) for _ in range(3)) / CALLS * 1e6


def _timed(decide: Callable[[], object]) -> float:
    began = time.perf_counter()
    for _ in range(CALLS):
        decide()
    return time.perf_counter() - began


def measure(name: str) -> tuple[float, Sequence[float]]:
    """The strategy alone, and the engine per update that moved the best price."""
    waits = {"refresh_interval_ms", "refresh"} & {spec.name for spec in STRATEGIES[name].specs}
    plan = VirtualPlan(name, dict.fromkeys(waits, Decimal(0)), limits=Limits(is_headless=True))
    world = _Timed(cast("MarketFeed", open_feeds(("builtin",))[0]), plan)
    world.run(WARM_UP_S)
    world.took_us.clear()
    world.run(MEASURED_S)
    market = next(iter(world.reducer.session.markets.values()))
    given = market_input(world.reducer.session, market)
    return alone(lambda: market.strategy.target(given, market.params)), world.took_us


def main() -> None:
    """Print one line per strategy."""
    print(f"{'strategy':<22}{'alone us':>10}{'engine p50 us':>15}{'p99 us':>9}{'updates':>9}")
    for name in STRATEGIES:
        single, took = measure(name)
        middle = statistics.median(took) if took else 0.0
        print(f"{name:<22}{single:>10.1f}{middle:>15.0f}{percentile(list(took), 0.99):>9.0f}{len(took):>9}")


if __name__ == "__main__":
    main()
