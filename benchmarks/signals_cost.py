"""Microseconds each signal adds per event, on one core: ``python -m benchmarks.signals_cost``."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence

from okxmm_tui.core.accounting.timeline import Timeline
from okxmm_tui.core.books import OrderBook
from okxmm_tui.core.messages import BookSnapshot, BookUpdate, PublicTrade
from okxmm_tui.core.params import ParamSet
from okxmm_tui.core.types import Levels, Side
from okxmm_tui.engine.market import Market
from okxmm_tui.signals import collector
from okxmm_tui.signals.collector import MarketSignals
from okxmm_tui.signals.fill_probability import FillHistory
from okxmm_tui.signals.imbalance import OrderFlowImbalance, TradeImbalance
from okxmm_tui.signals.intensity import SpreadTime, SweepDepths
from okxmm_tui.signals.liquidity import IcebergWatch
from okxmm_tui.signals.microprice import MicroPrice
from okxmm_tui.signals.touch import TouchHistory
from okxmm_tui.signals.toxicity import KyleLambda, Markouts, Vpin
from okxmm_tui.signals.volatility import EwmaVolatility, ParkinsonVolatility, TwoScaleVolatility
from okxmm_tui.strategies.registry import make_strategy
from tests.samples import INST, START_NS, swap

EVENTS = 50_000
STEP_NS = 10_000_000
"""A hundred events a second: the pace of ``bbo-tbt``."""
BUDGET_US = 10.0
LEVELS = 400

Quote = tuple[int, int, int, int]


def updates() -> list[tuple[Levels, Levels]]:
    """Increments of six levels within six ticks of the touch, sizes only."""
    source, result = random.Random(1), []  # noqa: S311 - a sample
    for _ in range(EVENTS):
        sides = (
            tuple((at + sign * source.randint(0, 5), source.randint(1, 99)) for _ in range(3))
            for at, sign in ((600_000, -1), (600_001, 1))
        )
        result.append(tuple(sides))
    return result


def quotes() -> list[Quote]:
    """Touches that all differ in size and in one of four also in price."""
    source, bid, result = random.Random(2), 600_000, []  # noqa: S311 - a sample
    for _ in range(EVENTS):
        if source.random() < 0.25:
            bid += source.choice((-1, 1))
        result.append((bid, source.randint(1, 99), bid + source.choice((1, 1, 1, 2)), source.randint(1, 99)))
    return result


def trades() -> list[tuple[Side, int, int]]:
    """(taker, excess in ticks, lots)."""
    source = random.Random(3)  # noqa: S311 - a sample
    return [
        (source.choice(list(Side)), int(source.expovariate(1.0)), source.randint(1, 50))
        for _ in range(EVENTS)
    ]


def cost(name: str, calls: Iterable[Callable[[], object]], events: int = EVENTS) -> float:
    """Best of three runs, microseconds per event."""
    best = min(_timed(call) for call in calls)
    print(f"{name:<34}{best / events * 1e6:>9.2f}")
    return best / events * 1e6


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def per_quote(
    name: str, make: Callable[[], Callable[[Quote, int], object]], sample: Sequence[Quote]
) -> float:
    """Feed every touch to a fresh estimator."""

    def run() -> None:
        take = make()
        now_ns = START_NS
        for quote in sample:
            now_ns += STEP_NS
            take(quote, now_ns)

    return cost(name, [run] * 3)


def per_trade(name: str, make: Callable[[], Callable[[tuple[Side, int, int], int], object]]) -> float:
    """Feed every print to a fresh estimator."""
    sample = trades()

    def run() -> None:
        take = make()
        now_ns = START_NS
        for trade in sample:
            now_ns += STEP_NS
            take(trade, now_ns)

    return cost(name, [run] * 3)


def full_book() -> OrderBook:
    """400 levels a side."""
    book = OrderBook()
    bids = tuple((600_000 - n, 50 + n % 7) for n in range(LEVELS))
    asks = tuple((600_001 + n, 50 + n % 7) for n in range(LEVELS))
    book.replace(bids, asks, 1, 0)
    return book


class _Silent(MarketSignals):
    """Signals that hear nothing: what the market costs without them."""

    def on_top(self, *_args: object, **_named: object) -> None:
        """Pass."""

    def on_book(self, bids: Levels, asks: Levels, now_ns: int) -> None:
        """Pass."""

    def on_trade(self, *_args: object, **_named: object) -> None:
        """Pass."""


def market_cost(signals: type[MarketSignals], name: str) -> tuple[float, float]:
    """Book updates and trades through the engine's market; microseconds each."""
    sample, prints = updates(), trades()

    def fresh() -> Market:
        strategy = make_strategy("inventory_skew")
        params = ParamSet.from_specs(strategy.specs, {})
        if isinstance(params, str):
            raise SystemExit(params)
        market = Market(swap(), strategy, params)
        market.signals = signals(market.instrument, market.book, market.quality.timeline)
        bids = tuple((600_000 - n, 50) for n in range(LEVELS))
        asks = tuple((600_001 + n, 50) for n in range(LEVELS))
        market.on_snapshot(BookSnapshot(INST, bids, asks, 1, START_NS // 1_000_000), START_NS)
        return market

    events = [
        BookUpdate(INST, bids, asks, seq, (START_NS + seq * STEP_NS) // 1_000_000)
        for seq, (bids, asks) in enumerate(sample, start=2)
    ]
    tape = [
        PublicTrade(INST, 600_000 + (taker is Side.BUY), lots, taker, str(seq), START_NS // 1_000_000 + seq)
        for seq, (taker, _, lots) in enumerate(prints)
    ]

    def book() -> None:
        market, now_ns = fresh(), START_NS
        for event in events:
            now_ns += STEP_NS
            market.on_update(event, now_ns)

    def trade() -> None:
        market, now_ns = fresh(), START_NS
        for event in tape:
            now_ns += STEP_NS
            market.on_trade(event, now_ns)

    return cost(f"book update, {name}", [book] * 3), cost(f"trade, {name}", [trade] * 3)


def quote_estimators() -> None:
    """Each estimator of the best quotes alone."""
    sample = quotes()
    print("per change of the best quotes, us")

    def flow() -> Callable[[Quote, int], object]:
        estimate = OrderFlowImbalance()
        return lambda quote, now_ns: estimate.update(*quote, now_ns)

    def micro() -> Callable[[Quote, int], object]:
        estimate = MicroPrice()
        return lambda quote, _: estimate.update(*quote)

    def spread() -> Callable[[Quote, int], object]:
        estimate = SpreadTime(600.0)
        return lambda quote, now_ns: estimate.update(quote[2] - quote[0], now_ns)

    def touch() -> Callable[[Quote, int], object]:
        history = TouchHistory()
        return lambda quote, now_ns: history.add(now_ns, quote[0], quote[2])

    per_quote("  order flow imbalance", flow, sample)
    per_quote("  micro-price, counting", micro, sample)
    per_quote("  spread time", spread, sample)
    per_quote("  touch history", touch, sample)
    for kind in (EwmaVolatility, ParkinsonVolatility, TwoScaleVolatility):

        def volatility(kind: type = kind) -> Callable[[Quote, int], object]:
            estimate = kind(30.0) if kind is EwmaVolatility else kind()
            return lambda quote, now_ns: estimate.update((quote[0] + quote[2]) / 2, now_ns * 10)

        per_quote(f"  {kind.__name__} (at 10 Hz only)", volatility, sample)

    def kyle() -> Callable[[Quote, int], object]:
        estimate = KyleLambda()
        return lambda quote, now_ns: estimate.on_mid((quote[0] + quote[2]) / 2, now_ns)

    def markouts() -> Callable[[Quote, int], object]:
        estimate = Markouts(Timeline())
        return lambda _, now_ns: estimate.advance(now_ns // 1_000_000)

    per_quote("  KyleLambda, mid", kyle, sample)
    per_quote("  Markouts, nothing due", markouts, sample)


def tape_estimators() -> None:
    """Each estimator of the tape alone."""
    print("per trade, us")

    def bergs() -> Callable[[tuple[Side, int, int], int], object]:
        watch = IcebergWatch(Side.SELL, full_book().asks)
        return lambda trade, _: watch.on_print(600_001 + trade[1], trade[2])

    def sweeps() -> Callable[[tuple[Side, int, int], int], object]:
        estimate = SweepDepths(600.0)
        return lambda trade, now_ns: estimate.on_print(trade[1], now_ns, now_ns)

    def outcomes() -> Callable[[tuple[Side, int, int], int], object]:
        estimate = FillHistory(10)
        estimate.on_second(0, 600_000, 600_001)
        return lambda trade, _: estimate.on_print(trade[0], 600_000 + trade[1], trade[2])

    for kind in (TradeImbalance, Vpin, KyleLambda):

        def tape(
            kind: type[TradeImbalance | Vpin | KyleLambda] = kind,
        ) -> Callable[[tuple[Side, int, int], int], object]:
            estimate = kind()
            return lambda trade, now_ns: estimate.on_trade(trade[0], trade[2], now_ns)

        per_trade(f"  {kind.__name__}", tape)
    per_trade("  sweep depths", sweeps)
    per_trade("  imagined orders", outcomes)
    per_trade("  iceberg watch", bergs)


def reading() -> None:
    """What is done when a decision or a picture asks, and what is done at intervals."""
    book, count = full_book(), 2_000
    signals = MarketSignals(swap(), book, Timeline())
    now_ns = START_NS
    for (bid, bid_lots, ask, ask_lots), (taker, excess, lots) in zip(quotes(), trades(), strict=True):
        now_ns += STEP_NS
        signals.on_top(bid, bid_lots, ask, ask_lots, venue_ms=now_ns // 1_000_000, now_ns=now_ns)
        price = ask + excess if taker is Side.BUY else bid - excess
        signals.on_trade(taker, price, lots, venue_ms=now_ns // 1_000_000 + 1, now_ns=now_ns)

    def all_changed() -> None:
        for _ in range(count):
            signals.on_book((), (), now_ns)
            signals.summary()

    def top_changed() -> None:
        for number in range(count):
            signals.on_top(600_000, 5 + number % 2, 600_001, 5, venue_ms=now_ns // 1_000_000, now_ns=now_ns)
            signals.summary()

    def depths() -> None:
        for _ in range(count):
            signals.on_snapshot(now_ns)

    def seconds() -> None:
        for number in range(count):
            signals.on_time(now_ns + number * 1_000_000_000)

    print("when read, us")
    cost("  summary after a book update", [all_changed] * 3, count)
    cost("  summary after a new touch", [top_changed] * 3, count)
    print("at intervals, us")
    cost("  twice a second, depth", [depths] * 3, count)
    cost("  once a second, everything", [seconds] * 3, count)
    solving()


def solving() -> None:
    """The linear system of the micro-price."""
    micro = MicroPrice(half_life=1e9)
    for quote in quotes():
        micro.update(*quote)

    def solves() -> None:
        for _ in range(200):
            micro.solve()

    cost("  once a minute, micro-price", [solves] * 3, 200)


def main() -> None:
    """Print the table."""
    quote_estimators()
    tape_estimators()
    reading()
    print(f"through the engine's market, us; budget of the difference: {BUDGET_US:.0f}")
    book_before, trade_before = market_cost(_Silent, "no signals")
    book_after, trade_after = market_cost(collector.MarketSignals, "all signals")
    print(f"{'added per book update':<34}{book_after - book_before:>9.2f}")
    print(f"{'added per trade':<34}{trade_after - trade_before:>9.2f}")


if __name__ == "__main__":
    main()
