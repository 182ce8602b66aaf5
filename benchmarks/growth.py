"""Memory and disk of a session hour by hour: ``python -m benchmarks.growth [--hours 8] [--keep-mb 60]``.

Twenty book pushes and one order request a second are applied as fast as the machine allows; both journals are
written as in a session, the event log in frames of half a second of the session's own time. Printed after
every hour: resident memory of the process, memory blocks Python has given out, the files, and the rows; at
both ends the size of all the engine holds. That is bounded, but some of it fills slowly: up to 2,000
finished orders, 16,384 changes of the mid.
"""

from __future__ import annotations

import argparse
import gc
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from unittest import mock

from benchmarks.made_up_session import MS, MadeUpSession
from okxmm_tui.core.effects import AnyEffect
from okxmm_tui.core.messages import AnyEvent
from okxmm_tui.engine import journal
from okxmm_tui.engine.store.database import JOURNAL_NAME
from okxmm_tui.engine.store.keeper import Keeper
from tests.samples import START_NS

FRAME_NS = 500 * MS
HOUR_S = 3_600
PAGE_BYTES = resource.getpagesize()
TABLES = ("order_events", "snapshots", "orders", "fills")
_SHARED = (type, ModuleType, FunctionType, BuiltinFunctionType, MethodType)
"""Code: the same however long a session runs."""


class RecordedSession(MadeUpSession):
    """A session whose record is kept in a folder."""

    def __init__(self, folder: Path, keep_mb: int, keep_days: float) -> None:
        super().__init__()
        self.folder = folder
        self.keeper = Keeper(folder, START_NS)
        self.keeper.start(self.reducer, START_NS, keep_mb * 1_000_000, keep_days)
        self._frame_ns = START_NS

    def step(self, event: AnyEvent) -> list[AnyEffect]:
        """Apply, record, and write the event log where a session would."""
        effects = self.reducer.apply(event, self.now_ns)
        self.keeper.take(self.now_ns, event, effects)
        if self.now_ns - self._frame_ns >= FRAME_NS:
            self._frame_ns = self.now_ns
            self.events.flush()
        return effects

    @property
    def events(self) -> journal.EventLog:
        """The event log."""
        log = self.keeper._events  # noqa: SLF001 - its frames follow the session's own time here
        assert log is not None  # noqa: S101 - just started
        return log

    def settle(self) -> None:
        """Wait until every row is on disk."""
        while self.keeper._store.waiting:  # noqa: SLF001 - a benchmark waits for the writer
            time.sleep(0.01)


def held_bytes(root: object) -> int:
    """Size of everything an object holds, code left out; every object once."""
    seen, waiting, total = {id(root)}, [root], 0
    while waiting:
        each = waiting.pop()
        total += sys.getsizeof(each)
        for inner in gc.get_referents(each):
            if id(inner) not in seen and not isinstance(inner, _SHARED):
                seen.add(id(inner))
                waiting.append(inner)
    return total


def resident_bytes() -> int:
    """Resident memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


def row(hour: int, session: RecordedSession) -> str:
    """One line of the table."""
    session.settle()
    gc.collect()
    logs = sorted(session.folder.glob(f"events-*{journal.SUFFIX}"))
    with sqlite3.connect(session.folder / JOURNAL_NAME) as connection:
        counts = [connection.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0] for name in TABLES]  # noqa: S608
    connection.close()
    tables = sum(path.stat().st_size for path in session.folder.glob(f"{JOURNAL_NAME}*"))
    cells = (
        f"{resident_bytes() / 1e6:8.1f}", f"{sys.getallocatedblocks():8d}",
        f"{sum(path.stat().st_size for path in logs) / 1e6:8.1f}", f"{len(logs):5d}", f"{tables / 1e6:8.1f}",
        *(f"{count:12d}" for count in counts), f"{session.requests:9d}",
    )  # fmt: skip
    return f"{hour:4d} {' '.join(cells)}"


def table(session: RecordedSession, hours: int) -> Iterator[str]:
    """A head, then a line after every hour."""
    names = " ".join(f"{name:>12}" for name in TABLES)
    yield (
        f"{'hour':>4} {'RSS MB':>8} {'blocks':>8} {'log MB':>8} {'files':>5} {'SQLite':>8} {names} requests"
    )
    session.open()
    yield row(0, session)
    held_mb = [held_bytes(session.reducer) / 1e6]
    for hour in range(hours):
        for second in range(HOUR_S):
            session.second(hour * HOUR_S + second)
        yield row(hour + 1, session)
    held_mb.append(held_bytes(session.reducer) / 1e6)  # last: the walk itself takes memory
    yield "the engine holds {:.2f} MB at the start, {:.2f} MB at the end".format(*held_mb)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=8, help="of the session's own time")
    parser.add_argument("--keep-mb", type=int, default=2_000, help="journal_keep_mb")
    parser.add_argument("--keep-days", type=float, default=30, help="journal_keep_days; a part of a day, too")
    parser.add_argument("--segment-mb", type=int, default=64, help="size of one file of the event log")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.object(journal, "FLUSH_EVERY_S", 1e6),
        mock.patch.object(journal, "SEGMENT_BYTES", given.segment_mb * 1_000_000),
    ):
        session = RecordedSession(Path(folder), given.keep_mb, given.keep_days)
        for each in table(session, given.hours):
            print(each, flush=True)
        session.keeper.close()


if __name__ == "__main__":
    main()
