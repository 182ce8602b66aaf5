"""What keeping the record costs: ``python -m benchmarks.journal_cost [--minutes 10]``.

A session at 20 book pushes of 20 levels a second and one order request a second, with acknowledgements,
pushes, ticks, balances and a fill every 30 s, is applied step by step. Printed: what a step costs without and
with its record, by kind of event, and the bytes an hour of each journal takes on disk.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import zstandard

from okxmm_tui.core.effects import AmendOrder, AnyEffect, PlaceOrder, SetDeadMan
from okxmm_tui.core.messages import (
    AnyEvent,
    BalanceUpdate,
    BookSnapshot,
    BookUpdate,
    DeadManArmed,
    Fill,
    MarkPrice,
    OrderAccepted,
    OrderBudget,
    OrderUpdate,
    StreamUp,
    Tick,
    TopOfBook,
    TruthFetched,
)
from okxmm_tui.core.types import Liquidity, Mode, VenueOrderState
from okxmm_tui.engine.journal import EventRecord
from okxmm_tui.engine.journal import _encode as encode  # what the log itself does on the engine's side
from okxmm_tui.engine.reducer import Reducer
from okxmm_tui.engine.store.database import JOURNAL_NAME, open_journal
from okxmm_tui.engine.store.recorder import Recorder
from okxmm_tui.engine.store.rows import Row
from tests.samples import INST, START_NS, TAG, started

MS = 1_000_000
LEVELS = 10
PUSH_NS = 50 * MS
FRAME_NS = 500 * MS


class Bench:
    """A session on made-up events, with a stop-watch at each part of a step."""

    def __init__(self, folder: Path) -> None:
        self.now_ns = START_NS
        self.dice = random.Random(1)  # noqa: S311 - a sample
        self.reducer = Reducer(started(mode=Mode.DEMO), START_NS)
        self.recorder = Recorder(self.reducer, "bench")
        self.applied: dict[str, list[int]] = defaultdict(list)
        self.tables: dict[str, list[int]] = defaultdict(list)
        self.logged: dict[str, list[int]] = defaultdict(list)
        self.log_bytes = 0
        self.rows = 0
        self.requests = 0
        self.path = folder / JOURNAL_NAME
        self._connection = open_journal(self.path)
        self._pending: list[Row] = self.recorder.first_rows()
        self._frame = bytearray()
        self._frame_ns = START_NS
        self._compressor = zstandard.ZstdCompressor(level=3)
        self._seq = 10
        self._fills = 0

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

    # -- the session -----------------------------------------------------------------------------------

    def open(self) -> None:
        """Connect, merge and take a book."""
        for event in (OrderBudget(0, 51), StreamUp("public"), StreamUp("private")):
            self.step(event)
        request = self.reducer.reconciler._request  # noqa: SLF001 - to answer it as a venue would
        assert request is not None  # noqa: S101 - just asked
        self.step(TruthFetched(request[0], (), (), (), ()))
        self.step(DeadManArmed(self.now_ns // MS + 20_000))
        self.step(self._balance())
        bids = tuple((600_000 - n, self.dice.randint(1, 900)) for n in range(400))
        asks = tuple((600_001 + n, self.dice.randint(1, 900)) for n in range(400))
        self.step(BookSnapshot(INST, bids, asks, self._seq, self.now_ns // MS))

    def second(self, number: int) -> None:
        """One second of it: every other one the best prices move, which moves both quotes."""
        self.step(MarkPrice(INST, Decimal(60_000), self.now_ns // MS))
        for push in range(20):
            self.now_ns += PUSH_NS
            self._seq += 1
            moves = number // 2 if push == 0 and number % 2 == 0 else None
            top = TopOfBook(INST, 600_000, 5, 600_001, 5, self._seq - 1, self.now_ns // MS)
            for event in (self._update(moves), top, Tick(0)):
                for effect in self.step(event):
                    self._answer(effect)
        if number % 5 == 0:
            self.step(self._balance())
        if number % 30 == 29:
            self._fill()

    def _update(self, moves: int | None) -> BookUpdate:
        dice = self.dice
        bids = tuple((600_000 - dice.randint(1, 60), dice.randint(1, 900)) for _ in range(LEVELS))
        asks = tuple((600_009 + dice.randint(1, 60), dice.randint(1, 900)) for _ in range(LEVELS))
        if (
            moves is not None
        ):  # the eight ticks between belong to the asks at one time, to the bids at the next
            between = tuple(range(600_001, 600_009))
            mine, theirs = tuple((n, 500) for n in between), tuple((n, 0) for n in between)
            is_up = moves % 2 == 1
            bids, asks = (*bids, *(mine if is_up else theirs)), (*asks, *(theirs if is_up else mine))
        return BookUpdate(INST, bids, asks, self._seq, self.now_ns // MS)

    def _balance(self) -> BalanceUpdate:
        amount = Decimal("100000.123456789")
        return BalanceUpdate("USDT", amount, amount, amount, self.now_ns // MS)

    def _answer(self, effect: AnyEffect) -> None:
        if isinstance(effect, SetDeadMan):
            self.step(DeadManArmed(self.now_ns // MS + 1_000 * effect.timeout_s))
        if not isinstance(effect, PlaceOrder | AmendOrder):
            return
        self.requests += 1
        order = self.reducer.session.markets[INST].orders.get(effect.cl_ord_id)
        if order is None:
            return
        is_amend = isinstance(effect, AmendOrder)
        self.step(OrderAccepted("amend" if is_amend else "place", INST, effect.cl_ord_id, "9" * 19))
        self.step(
            OrderUpdate(
                INST, "9" * 19, effect.cl_ord_id, TAG, order.side,
                effect.price_ticks or order.price_ticks, effect.size_lots or order.size_lots,
                order.filled_lots, VenueOrderState.LIVE, self.now_ns // MS,
                amend_result="0" if is_amend else "", req_id=effect.req_id if is_amend else "",
            )
        )  # fmt: skip

    def _fill(self) -> None:
        working = [o for o in self.reducer.session.markets[INST].orders.working if o.remaining_lots > 2]
        if not working:
            return
        order, self._fills = working[self._fills % len(working)], self._fills + 1
        fill = Fill(
            INST, str(700_000_000 + self._fills), order.ord_id, order.cl_ord_id, order.side,
            order.price_ticks, 1, Decimal("-0.0012"), "USDT", Liquidity.MAKER, self.now_ns // MS, TAG,
        )  # fmt: skip
        self.step(
            OrderUpdate(
                INST, order.ord_id, order.cl_ord_id, TAG, order.side, order.price_ticks, order.size_lots,
                order.filled_lots + 1, VenueOrderState.PARTIALLY_FILLED, self.now_ns // MS, fill=fill,
            )
        )  # fmt: skip


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
