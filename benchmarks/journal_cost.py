"""What keeping the record costs: ``python -m benchmarks.journal_cost [--minutes 10]``.

A session at 20 book pushes of 20 levels a second and one order request a second, with acknowledgements,
pushes, ticks, balances and a fill every 30 s, is applied step by step. Printed: what a step costs without and
with its record, by kind of event, and the bytes an hour of each journal takes on disk.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import zstandard

from benchmarks.made_up_session import MS, MadeUpSession
from okxmm_tui.core.effects import AnyEffect
from okxmm_tui.core.messages import AnyEvent
from okxmm_tui.engine.journal import EventRecord
from okxmm_tui.engine.journal import _encode as encode  # what the log itself does on the engine's side
from okxmm_tui.engine.store.database import JOURNAL_NAME, open_journal
from okxmm_tui.engine.store.recorder import Recorder
from okxmm_tui.engine.store.rows import Row
from tests.samples import START_NS

FRAME_NS = 500 * MS


class Bench(MadeUpSession):
    """A session on made-up events, with a stop-watch at each part of a step."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.recorder = Recorder(self.reducer, "bench")
        self.applied: dict[str, list[int]] = defaultdict(list)
        self.tables: dict[str, list[int]] = defaultdict(list)
        self.logged: dict[str, list[int]] = defaultdict(list)
        self.log_bytes = 0
        self.rows = 0
        self.path = folder / JOURNAL_NAME
        self._connection = open_journal(self.path)
        self._pending: list[Row] = self.recorder.first_rows()
        self._frame = bytearray()
        self._frame_ns = START_NS
        self._compressor = zstandard.ZstdCompressor(level=3)

    def step(self, event: AnyEvent) -> list[AnyEffect]:
        """Apply one event, take the times, keep the record."""
        clock, name = time.perf_counter_ns, type(event).__name__
        began = clock()
        effects = self.reducer.apply(event, self.now_ns)
        applied = clock()
        body = encode(EventRecord(self.now_ns, event, tuple(effects)))
        self._frame += len(body).to_bytes(4, "big")
        self._frame += body
        logged = clock()
        rows = self.recorder.rows(event, effects)
        made = clock()
        self.applied[name].append(applied - began)
        self.logged[name].append(logged - applied)
        self.tables[name].append(made - logged)
        self._pending += rows
        self.rows += len(rows)
        if self.now_ns - self._frame_ns >= FRAME_NS:
            self._flush()
        return effects

    def _flush(self) -> None:
        self._frame_ns = self.now_ns
        self.log_bytes += len(self._compressor.compress(bytes(self._frame)))
        self._frame.clear()
        self._connection.execute("BEGIN")
        for row in self._pending:
            self._connection.execute(*row)
        self._connection.execute("COMMIT")
        self._pending = []

    def close(self) -> int:
        """Write the rest and return the size of the tables' file."""
        self._flush()
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()
        return self.path.stat().st_size


def table(bench: Bench) -> Iterator[str]:
    """Microseconds a step, median, by kind of event."""
    yield f"{'event':16} {'steps':>7} {'reducer':>9} {'+ event log':>12} {'+ tables':>9}  µs a step, median"
    for name, times in sorted(bench.applied.items(), key=lambda item: -len(item[1])):
        figures = [statistics.median(each) / 1e3 for each in (times, bench.logged[name], bench.tables[name])]
        yield f"{name:16} {len(times):7} {figures[0]:9.2f} {figures[1]:12.2f} {figures[2]:9.2f}"
    sums = [sum(map(sum, part.values())) for part in (bench.applied, bench.logged, bench.tables)]
    steps = sum(map(len, bench.applied.values()))
    means = [each / steps / 1e3 for each in sums]
    yield f"{'all, mean':16} {steps:7} {means[0]:9.2f} {means[1]:12.2f} {means[2]:9.2f}"


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=10, help="of the session's own time")
    seconds = parser.parse_args().minutes * 60
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        empty = bench.path.stat().st_size
        bench.open()
        for number in range(seconds):
            bench.second(number)
        size = bench.close()
    lines = [
        *table(bench),
        f"{bench.requests / seconds:.2f} order requests/s, {bench.rows / seconds:.1f} rows/s",
        f"event log {bench.log_bytes / seconds * 3600 / 1e6:8.1f} MB/hour",
        f"tables    {(size - empty) / seconds * 3600 / 1e6:8.1f} MB/hour",
    ]
    print("\n".join(lines))


if __name__ == "__main__":
    main()
