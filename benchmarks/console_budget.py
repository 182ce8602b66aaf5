"""What the console costs: ``python -m benchmarks.console_budget [--seconds 3600]``.

A real engine takes 1,000 book updates a second and publishes over its real link; two consoles are attached to
it at once, each on a pseudo-terminal of 200x60: ours with every panel, and a plain Textual program that draws
nothing but the ladder, in a DataTable, the way one begins. Read the figures as ratios: both suffer the same
machine at the same time. Linux only, for /proc.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from textual.app import App, ComposeResult
from textual.widgets import DataTable

from benchmarks.engine_under_load import under_load
from benchmarks.terminal import Pty
from okxmm_tui.core.snapshot import Snapshot
from okxmm_tui.engine.link import EngineLink, socket_path
from okxmm_tui.launcher import LaunchedLink

BUDGET = "budget: CPU 10 %, loop p99 15 ms, frame 5 ms CPU, 80 kB/s, memory flat and below 80 MB"
RATE = 1_000
DEPTH = 25
SLEEP_S = 0.01
WARM_UP_S = 5.0
FLAT_MB = 5.0
TENTHS = 10


class Probe:
    """Measures the loop it runs on: overshoot of a 10 ms sleeper, and frames drawn."""

    def __init__(self) -> None:
        self.lags: Counter[int] = Counter()
        """Tenths of a millisecond: a list of every one would itself grow in the console that is weighed."""
        self.frames = 0

    async def run(self) -> None:
        """Measure until cancelled."""
        while True:
            before = time.perf_counter()
            await asyncio.sleep(SLEEP_S)
            self.lags[round((time.perf_counter() - before - SLEEP_S) * 1e4)] += 1

    def begin(self) -> None:
        """Forget the warm-up."""
        self.lags.clear()
        self.frames = 0

    def save(self, path: Path) -> None:
        """Write what was measured."""
        lags = sorted(self.lags.elements())
        p99 = statistics.quantiles(lags, n=100)[98] / 10
        path.write_text(json.dumps({"p99": p99, "max": lags[-1] / 10, "frames": self.frames}))


async def _measured(app: App[Any], probe: Probe, seconds: float, report: Path) -> None:
    watching = asyncio.create_task(probe.run())
    await asyncio.sleep(WARM_UP_S)
    probe.begin()
    await asyncio.sleep(seconds)
    watching.cancel()
    probe.save(report)
    app.exit()


def ours(folder: Path, seconds: float, report: Path) -> None:
    """Run our console, with a probe in its loop."""
    from okxmm_tui.console import app as app_module  # noqa: PLC0415 - not for the plain one
    from okxmm_tui.console.app import ConsoleApp  # noqa: PLC0415 - the same

    probe = Probe()

    class Probed(ConsoleApp):
        CSS_PATH = Path(app_module.__file__).with_name("console.tcss")

        def on_ready(self) -> None:
            self.run_worker(_measured(self, probe, seconds, report))

        def draw(self, *, turn: int | None = None) -> None:
            probe.frames += 1
            super().draw(turn=turn)

    Probed(LaunchedLink(folder, "ours", None), tune=True).run()


class Plain(App[object]):
    """The ladder in a DataTable, every cell written at every snapshot."""

    def __init__(self, folder: Path, probe: Probe, seconds: float, report: Path) -> None:
        super().__init__()
        self._folder, self._probe, self._seconds, self._report = folder, probe, seconds, report

    def compose(self) -> ComposeResult:
        """One table."""
        yield DataTable(show_cursor=False)

    def on_mount(self) -> None:
        """Columns, empty rows, and the two tasks."""
        table = self.query_one(DataTable)
        self._columns = table.add_columns("bid size", "price", "ask size")
        self._rows = [table.add_row("", "", "") for _ in range(2 * DEPTH)]
        self.run_worker(self._follow())
        self.run_worker(_measured(self, self._probe, self._seconds, self._report))

    async def _follow(self) -> None:
        link = await EngineLink.connect(socket_path(self._folder), "plain")
        async for message in link.messages():
            if isinstance(message, Snapshot):
                self._draw(message)

    def _draw(self, snapshot: Snapshot) -> None:
        market, table = snapshot.markets[0], self.query_one(DataTable)
        self._probe.frames += 1
        levels = [(price, lots, 2) for price, lots in reversed(market.asks[:DEPTH])]
        levels += [(price, lots, 0) for price, lots in market.bids[:DEPTH]]
        for row, (price, lots, place) in zip(self._rows, levels, strict=False):
            cells = ["", market.instrument.price_text(price), ""]
            cells[place] = f"{lots:,}"
            for column, text in zip(self._columns, cells, strict=True):
                table.update_cell(row, column, text)


async def measure(seconds: float) -> None:
    """Run both consoles on one engine and print the table."""
    async with under_load(RATE) as load:
        rows, memory = await asyncio.to_thread(_run_both, load.folder, seconds)
    _print(rows)
    _print_memory(memory)


def _run_both(folder: Path, seconds: float) -> tuple[dict[str, dict[str, float]], dict[str, list[float]]]:
    running: dict[str, Pty] = {}
    for kind in ("ours", "plain"):
        words = ["--kind", kind, "--folder", str(folder), "--seconds", str(seconds)]
        running[kind] = Pty([sys.executable, "-m", "benchmarks.console_budget", *words])
    time.sleep(WARM_UP_S + 2)
    begin = {kind: (each.cpu_s(), each.drawn, time.monotonic()) for kind, each in running.items()}
    memory: dict[str, list[float]] = {kind: [] for kind in running}
    every = max(0.5, seconds / 120)
    while (left_s := begin["ours"][2] + seconds - 4 - time.monotonic()) > 0:
        time.sleep(min(every, left_s))  # no look after the consoles have ended
        for kind, each in running.items():
            memory[kind].append(each.rss_mb())
    rows: dict[str, dict[str, float]] = {}
    for kind, each in running.items():
        cpu, drawn, at = begin[kind]
        span = time.monotonic() - at
        rows[kind] = {"cpu": (each.cpu_s() - cpu) / span, "out": (each.drawn - drawn) / span / 1e3}
    for kind, each in running.items():
        each.end()
        if not (folder / f"{kind}.json").exists():
            raise SystemExit(f"{kind} ended with {each.process.returncode} before it had measured")
        said = json.loads((folder / f"{kind}.json").read_text())
        third = max(1, len(memory[kind]) // 3)
        rows[kind] |= {
            "p99": said["p99"],
            "worst": said["max"],
            "fps": said["frames"] / seconds,
            "memory": memory[kind][-1],
            "growth": statistics.median(memory[kind][-third:]) - statistics.median(memory[kind][:third]),
        }
        rows[kind]["frame"] = rows[kind]["cpu"] * 1e3 / max(rows[kind]["fps"], 0.1)
    return rows, memory


def _print_memory(memory: dict[str, list[float]]) -> None:
    """Resident megabytes at every tenth of the run."""
    print("\nMB at each tenth of the run")
    for kind, values in memory.items():
        shown = [values[min(len(values) - 1, place * len(values) // TENTHS)] for place in range(TENTHS + 1)]
        print(f"{kind:<10}" + "".join(f"{value:7.1f}" for value in shown))


def _print(rows: dict[str, dict[str, float]]) -> None:
    names = {
        "cpu": ("CPU, % of a core", 100.0),
        "frame": ("CPU per frame, ms", 1.0),
        "fps": ("frames per second", 1.0),
        "p99": ("loop lag p99, ms", 1.0),
        "worst": ("loop lag, worst, ms", 1.0),
        "out": ("to the terminal, kB/s", 1.0),
        "memory": ("memory at the end, MB", 1.0),
        "growth": ("memory, last third over first, MB", 1.0),
    }
    print(f"{BUDGET}\n")
    print(f"{'200x60, 1,000 events a second':<36}{'console':>10}{'DataTable':>12}{'ratio':>8}")
    for key, (name, scale) in names.items():
        one, other = rows["ours"][key] * scale, rows["plain"][key] * scale
        ratio = f"{one / other:8.2f}" if other > 0 and key != "growth" else ""
        print(f"{name:<36}{one:>10.1f}{other:>12.1f}{ratio}")
    print(f"\nmemory is {'flat' if rows['ours']['growth'] < FLAT_MB else 'NOT FLAT'}")


def main() -> None:
    """Print the table, or be one of the two consoles."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="length of the run (60; an hour is 3600)")
    parser.add_argument("--kind", choices=("ours", "plain"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.kind is None:
        asyncio.run(measure(given.seconds))
        return
    report = given.folder / f"{given.kind}.json"
    if given.kind == "ours":
        ours(given.folder, given.seconds, report)
    else:
        Plain(given.folder, Probe(), given.seconds, report).run()


if __name__ == "__main__":
    main()
