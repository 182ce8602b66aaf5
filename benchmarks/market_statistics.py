"""Recordings and the synthetic market side by side: ``python -m benchmarks.market_statistics FOLDER``.

Prints one table per instrument with the relative deviation of every figure, and how fast the market is made.
A recording is minutes long: its autocorrelations, kurtosis and late markouts carry errors as large as
themselves, so the table shows the same figures of several runs of a recording's length as a range.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import deque
from pathlib import Path

from benchmarks.market_sample import SECOND_NS, summary, take_sample
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.market_source import open_feeds
from okxmm_tui.exchange.replay import Replay
from okxmm_tui.exchange.synthetic import SyntheticFeed

RECORDINGS = (
    "btc-usdt-swap-20240808-binance",
    "btc-usdt-20240808-binance",
    "btc-usd-swap-20240808-binance",
)
SKIP_S = 5.0
"""The first seconds of a recording, where its quotes and its depth meet."""
RUN_S = 3_600.0
RUNS = 8
SPEED_S = 600
REAL_TIMES = 200


def open_recording(folder: Path, name: str) -> Replay:
    """Open one recording of a folder."""
    (feed,) = open_feeds((str(folder / f"{name}.jsonl.zst"),))
    assert isinstance(feed, Replay)  # noqa: S101 - a file is always a replay
    return feed


def recorded_seconds(feed: Replay) -> float:
    """Length of the first loop."""
    last_ns = 0
    for at_ns, _ in feed.events():
        if feed.loop > 1:
            break
        last_ns = at_ns
    return last_ns / SECOND_NS


def compare(folder: Path, name: str) -> None:
    """Print the table of one recording."""
    seconds = recorded_seconds(open_recording(folder, name)) - SKIP_S
    feed = open_recording(folder, name)
    listed = feed.listings[0]
    real = summary(take_sample(listed, feed.events(), seconds, SKIP_S))
    long = summary(take_sample(listed, SyntheticFeed(listed, 1).events(), RUN_S, 60.0))
    runs = [
        summary(take_sample(listed, SyntheticFeed(listed, seed).events(), seconds, 60.0))
        for seed in range(100, 100 + RUNS)
    ]
    print(
        f"\n{listed.inst_id}: {name}, {seconds:.0f} s; synthetic, {RUN_S:.0f} s "
        f"and {RUNS} runs of {seconds:.0f} s"
    )
    print(f"{'figure':<34}{'recording':>12}{'synthetic':>12}{'deviation':>11}   range of short runs")
    for label, wanted in real.items():
        got = long[label]
        off = f"{(got - wanted) / abs(wanted):+.0%}" if wanted and not math.isnan(wanted) else "-"
        short = sorted(run[label] for run in runs)
        inside = "" if short[0] <= wanted <= short[-1] else "   outside"
        print(f"{label:<34}{wanted:>12.4g}{got:>12.4g}{off:>11}   {short[0]:.4g} to {short[-1]:.4g}{inside}")


def speed(listed: Listing) -> float:
    """Market seconds made in a second of one core."""
    begun_s = time.process_time()
    kept: deque[object] = deque(maxlen=1)
    for at_ns, events in SyntheticFeed(listed).events():
        kept.append(events)
        if at_ns >= SPEED_S * SECOND_NS:
            break
    return SPEED_S / (time.process_time() - begun_s)


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="folder of the recordings")
    parser.add_argument("--speed-only", action="store_true", help="only measure how fast markets are made")
    given = parser.parse_args()
    if not given.speed_only:
        for name in RECORDINGS:
            compare(given.folder, name)
    print()
    for name in RECORDINGS:
        listed = open_recording(given.folder, name).listings[0]
        print(f"{listed.inst_id}: {speed(listed):.0f} times real time (wanted: {REAL_TIMES})")


if __name__ == "__main__":
    main()
