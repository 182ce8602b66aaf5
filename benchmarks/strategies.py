"""What each strategy would have earned on each recording: ``python -m benchmarks.strategies [FILE ...]``.

Whole recordings on the embedded exchange under a virtual clock (``benchmarks.virtual_market``), each strategy
with its default parameters unless ``--set`` says otherwise. Queue position, fees and latency are simulated;
nobody reacts to our orders, so the figures are kinder than a real market would be.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import cast

from msgspec import Struct, structs

from benchmarks.virtual_market import VirtualMarket, VirtualPlan
from okxmm_tui.core.accounting.views import AccountingView
from okxmm_tui.core.effects import AmendOrder, AnyEffect, CancelOrder, PlaceOrder
from okxmm_tui.core.limits import HoldMode, Limits
from okxmm_tui.core.params import for_instrument
from okxmm_tui.engine.accounting_view import accounting_view
from okxmm_tui.engine.market import Market
from okxmm_tui.exchange.market_events import MarketFeed
from okxmm_tui.exchange.market_source import open_feeds
from okxmm_tui.exchange.options import VenueSettings
from okxmm_tui.exchange.recording import scan
from okxmm_tui.strategies.registry import STRATEGIES, make_strategy

BUILTIN = "builtin"
LEAST_S = 60.0
"""Recordings shorter than this say nothing: signals are still warming up."""
HORIZONS_S = (1, 5, 30)
HEADER = (
    f"{'recording':<30}{'strategy':<20}{'fills':>6}{'volume':>10}{'capture':>9}{'fees':>7}"
    f"{'mo 1s':>8}{'mo 5s':>8}{'mo 30s':>8}{'PnL':>9}{'PnL bps':>9}"
    f"{'inventory':>17}{'quoted':>8}{'ord/fill':>9}"
)
FOOTER = """
volume and PnL in quote currency; capture, fees, markouts (mo) and PnL bps in basis points of the volume, with
the mid just before each fill as reference; fees below zero are charged; inventory is the lowest and highest
position in contracts (base currency for spot); quoted is the share of time with bid and ask in the market.
A strategy earns only while, per fill and in bps,
    half-spread captured - maker fee (or + rebate) - move against us within 30 s > 0,
    that is: mo 30s + fees > 0
With 2 bps charged and a market spread of 0.02 bps nothing at the touch can hold that: it takes a tier with
fees near zero or a rebate, a wider market, or quotes so far out that fills are rare. A few dozen fills carry
a large error: between two strategies of one recording less than some bps is no difference."""


class Job(Struct, frozen=True):
    """One run."""

    recording: str
    strategy: str
    params: dict[str, Decimal] = {}
    maker_fee_bps: Decimal | None = None
    """None is what the instrument's kind pays by default."""
    hold: HoldMode = HoldMode.SIMPLE
    latency_ms: int = 5


class Figures(Struct, frozen=True):
    """What came of it."""

    job: Job
    inst_id: str
    fills: int
    volume_quote: float
    capture_bps: float | None
    fee_bps: float | None
    markouts_bps: dict[int, float | None]
    pnl_quote: float
    lowest: Decimal
    highest: Decimal
    quoted: float | None
    orders: int
    reason: str
    """Why a side without a quote has none at the end."""


class _Watch:
    """Counts what the engine asks for, and the range of the position."""

    def __init__(self) -> None:
        self.orders = 0
        self.lowest_lots = self.highest_lots = 0
        self.market: Market | None = None

    def on_effects(self, now_ns: int, effects: Sequence[AnyEffect]) -> None:
        """Count; the position changes only where a report follows."""
        del now_ns
        for effect in effects:
            self.orders += isinstance(effect, PlaceOrder | AmendOrder | CancelOrder)
        if self.market is not None:
            self.lowest_lots = min(self.lowest_lots, self.market.position_lots)
            self.highest_lots = max(self.highest_lots, self.market.position_lots)


def length_s(recording: str) -> float:
    """Seconds of a recording."""
    source = files("okxmm_tui.data") / "btc-usdt-swap.jsonl.zst" if recording == BUILTIN else Path(recording)
    summary = scan(source)
    return (summary.last_ns - summary.first_ns) / 1e9


def run(job: Job) -> Figures:
    """Play one recording to its end."""
    venue = VenueSettings(coin_balance=Decimal(1))
    if job.maker_fee_bps is not None:
        rate = -job.maker_fee_bps / 10_000
        venue = structs.replace(venue, maker_rate=rate, spot_maker_rate=rate)
    feed = cast("MarketFeed", open_feeds((job.recording,))[0])
    instrument = feed.listings[0].instrument
    known = {spec.name for spec in for_instrument(make_strategy(job.strategy).specs, instrument)}
    watch = _Watch()
    world = VirtualMarket(
        feed,
        VirtualPlan(
            strategy=job.strategy,
            params={name: value for name, value in job.params.items() if name in known},
            symbols=(instrument.inst_id,),
            limits=Limits(is_headless=True, hold_mode=job.hold),
            venue=venue,
            latency_ms=job.latency_ms,
        ),
        watch.on_effects,
    )
    market = watch.market = world.reducer.session.markets[instrument.inst_id]
    world.run(length_s(job.recording))
    return _figures(job, market, watch, accounting_view(world.reducer.books, market))


def _figures(job: Job, market: Market, watch: _Watch, view: AccountingView) -> Figures:
    whole = {row.horizon_s: row.mean_bps for row in view.markouts if row.dimension == "all"}
    volume = float(view.session.turnover_quote)
    return Figures(
        job=job,
        inst_id=market.instrument.inst_id,
        fills=market.ledger.fill_count,
        volume_quote=volume,
        capture_bps=whole.get(0),
        fee_bps=view.session.fee_bps,
        markouts_bps={seconds: whole.get(seconds) for seconds in HORIZONS_S},
        pnl_quote=float(view.net_quote),
        lowest=market.instrument.size(watch.lowest_lots),
        highest=market.instrument.size(watch.highest_lots),
        quoted=view.presence.two_sided,
        orders=watch.orders,
        reason=next((state.reason for state in market.sides.values() if not state.quotes), ""),
    )


def line(figures: Figures) -> str:
    """One row of the table."""
    f = figures
    name = f.job.recording if f.job.recording == BUILTIN else Path(f.job.recording).name.partition(".")[0]
    text = f"{name.removesuffix('-binance'):<30}{f.job.strategy:<20}{f.fills:>6}{f.volume_quote:>10.0f}"
    text += f"{_bps(f.capture_bps):>9}{_bps(f.fee_bps):>7}"
    text += "".join(f"{_bps(f.markouts_bps[seconds]):>8}" for seconds in HORIZONS_S)
    return_bps = 1e4 * f.pnl_quote / f.volume_quote if f.volume_quote else None
    text += f"{f.pnl_quote:>9.2f}{_bps(return_bps):>9}"
    text += f"{f'{f.lowest.normalize():f}..{f.highest.normalize():f}':>17}"
    text += f"{'-' if f.quoted is None else f'{f.quoted:.0%}':>8}"
    text += f"{f.orders / f.fills:>9.1f}" if f.fills else f"{'-':>9}"
    return text if f.fills else f"{text}  {f.reason}"


def _bps(value: float | None) -> str:
    return "-" if value is None else f"{value:+.2f}"


def main() -> None:
    """Run every strategy over every recording and print one table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("recordings", nargs="*", metavar="FILE", help="recordings beside the built-in one")
    parser.add_argument("--strategy", action="append", help="only these; repeatable")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter")
    parser.add_argument("--maker-fee-bps", type=Decimal, help="negative is a rebate")
    parser.add_argument("--hold", type=HoldMode, choices=tuple(HoldMode), default=HoldMode.SIMPLE)
    parser.add_argument("--latency-ms", type=int, default=5, help="one way")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    given = parser.parse_args()
    params = {name: Decimal(value) for name, _, value in (each.partition("=") for each in given.set)}
    jobs: list[Job] = []
    for recording in (BUILTIN, *given.recordings):
        if (seconds := length_s(recording)) < LEAST_S:
            print(f"{recording}: {seconds:.0f} s is too short, left out")
            continue
        jobs += [
            Job(recording, name, params, given.maker_fee_bps, given.hold, given.latency_ms)
            for name in given.strategy or STRATEGIES
        ]
    print(HEADER, flush=True)
    with ProcessPoolExecutor(given.jobs) as pool:
        for found in pool.map(run, jobs):
            print(line(found), flush=True)
    print(FOOTER)


if __name__ == "__main__":
    main()
