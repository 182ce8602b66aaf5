"""How long a start takes: ``python -m benchmarks.cold_start``.

Medians of ``okxmm-tui`` on a pseudo-terminal until its first paint and until the book is live, and of
``--help``; then where the time goes, from ``-X importtime``. A bare interpreter beside them says how fast the
machine is at the moment. Bytecode is kept, as an installation does; without it every start would compile the
program first. Processor time of the console's process stands beside its first paint: waiting for a busy
machine is not in it.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from benchmarks.terminal import Pty, installed_environment

BUDGETS_S = {"--help": 0.15, "first paint": 0.4, "live book": 1.5}
FIRST_PAINT, LIVE_BOOK = b"KILL", b"LIVE"
PATIENCE_S = 30.0
MOST_PACKAGES = 12
CTRL_Q = b"\x11"
IMPORTS = {
    "okxmm-tui --help": "okxmm_tui.cli",
    "console process, up to the first paint": "okxmm_tui.console.app, okxmm_tui.launcher",
    "engine process, settings": "okxmm_tui.cli, okxmm_tui.settings",
    "engine process, the rest": "okxmm_tui.compose, okxmm_tui.okx.gateway",
}


def _timed(environment: Mapping[str, str], *words: str) -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, *words], check=True, capture_output=True, env=environment)
    return time.monotonic() - began


def start_once(environment: Mapping[str, str]) -> tuple[float, float, float]:
    """Seconds to the first paint, of processor time for it, and to the live book; leaves the safe way."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "okxmm_tui", "--state-dir", folder]
        terminal = Pty(command, 120, 35, (FIRST_PAINT, LIVE_BOOK), environment)
        while FIRST_PAINT not in terminal.seen and time.monotonic() - terminal.started < PATIENCE_S:
            time.sleep(0.002)
        cpu_s = terminal.cpu_s()
        while LIVE_BOOK not in terminal.seen and time.monotonic() - terminal.started < PATIENCE_S:
            time.sleep(0.005)
        terminal.type(CTRL_Q)
        terminal.end()
    if LIVE_BOOK not in terminal.seen:
        raise SystemExit("the book did not get live")
    return terminal.seen[FIRST_PAINT], cpu_s, terminal.seen[LIVE_BOOK]


def import_costs(environment: Mapping[str, str], modules: str) -> tuple[float, list[tuple[str, float]]]:
    """Milliseconds of importing modules in a fresh interpreter, in all and by package, dearest first."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", f"import {modules}"],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    costs: Counter[str] = Counter()
    for line in done.stderr.splitlines():
        own, _, name = line.removeprefix("import time:").split("|")
        if own.strip().isdigit():
            costs[name.strip().partition(".")[0]] += int(own)
    known = [(name, us / 1e3) for name, us in costs.most_common() if name not in sys.stdlib_module_names]
    stdlib = sum(us for name, us in costs.items() if name in sys.stdlib_module_names) / 1e3
    ranked = sorted([*known, ("standard library", stdlib)], key=lambda each: -each[1])
    return costs.total() / 1e3, ranked[:MOST_PACKAGES]


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as cache:
        _print(installed_environment(Path(cache)), runs)


def _print(environment: Mapping[str, str], runs: int) -> None:
    _timed(environment, "-m", "okxmm_tui", "--help")  # the first runs write bytecode
    start_once(environment)
    names = ("bare interpreter", "--help", "first paint", "processor time for it", "live book")
    times: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(runs):
        found = (
            _timed(environment, "-c", "pass"),
            _timed(environment, "-m", "okxmm_tui", "--help"),
            *start_once(environment),
        )
        for name, value in zip(names, found, strict=True):
            times[name].append(value)
    bare = statistics.median(times["bare interpreter"])
    print(
        f"{f'median of {runs} starts, s':<28}{'median':>8}{'best':>8}{'worst':>8}{'budget':>8}{'x bare':>8}"
    )
    for name, values in times.items():
        median, budget = statistics.median(values), BUDGETS_S.get(name)
        shown = f"{budget:8.2f}" if budget else " " * 8
        print(f"{name:<28}{median:8.3f}{min(values):8.3f}{max(values):8.3f}{shown}{median / bare:8.1f}")
    for name, modules in IMPORTS.items():
        total, packages = import_costs(environment, modules)
        print(f"\n{name}: {total:.0f} ms of imports")
        print("   " + ", ".join(f"{package} {ms:.0f}" for package, ms in packages if ms >= 1))


if __name__ == "__main__":
    main()
