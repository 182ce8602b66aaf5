"""Kill -9 of the engine on real processes, again and again, on an exchange that lives on.

``python -m tests.safety.crash_trials --trials 200``. In every other trial the next engine is started at once
and finds the leftovers; in the others the venue's dead-man's switch is waited for. After each restart orders,
position, fills, fees and cash equal the exchange's.
"""

# ruff: noqa: T201 - a command prints
from __future__ import annotations

import argparse
import asyncio
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from msgspec import Struct

from okxmm_tui.core.accounting.totals import Totals
from okxmm_tui.core.snapshot import Snapshot
from okxmm_tui.core.types import Mode
from okxmm_tui.engine.link import EngineLink, socket_path
from okxmm_tui.engine.store.database import JOURNAL_NAME, read_journal
from okxmm_tui.engine.store.recovery import read_past
from okxmm_tui.exchange.account_rows import UID
from tests.safety.session import Headless, until
from tests.samples import INST, swap

TIMER_S = 10
STAGGER_S = 5.0
"""The venue cancels one order after the other (OKX v5, cancel-all-after)."""
MARGIN_S = 6.0
AGREE_S = 30.0


class Crash(Struct):
    """What came of one trial."""

    seed: int
    waited: bool
    orders: int
    gone_s: float
    problem: str = ""
    fills: int = 0


class Venue:
    """An exchange process of its own."""

    def __init__(self, seed: int) -> None:
        command = [
            sys.executable,
            "-m",
            "okxmm_tui",
            "exchange",
            "--port",
            "0",
            "--speed",
            "10",
            "--seed",
            str(seed),
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self._process.stdout is not None
        self.urls: dict[str, str] = json.loads(self._process.stdout.readline())

    def state(self) -> dict[str, Any]:
        """The exchange's own ledger."""
        return httpx.get(f"{self.urls['rest']}/sim/v1/state", timeout=10.0).json()

    def live(self) -> list[dict[str, Any]]:
        """Orders it holds as live."""
        return [each for each in self.state()["orders"] if each["state"] in {"live", "partially_filled"}]

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def start(folder: Path, venue: Venue) -> Headless:
    """Start an engine on an exchange and wait until it quotes both sides."""
    environment = {
        "OKXMM_OKX__REST_URL": venue.urls["rest"],
        "OKXMM_OKX__WS_URL": venue.urls["ws"],
        "OKXMM_OKX__API_KEY": "sim",
        "OKXMM_OKX__SECRET": "sim",
        "OKXMM_OKX__PASSPHRASE": "sim",
        "OKXMM_RISK__DEAD_MAN_TIMEOUT_S": str(TIMER_S),
        "OKXMM_RISK__RECONCILE_MS": "2000",
    }
    return Headless(folder, "--venue", "demo", environment=environment).start()


def wait_for_quotes(venue: Venue, session: Headless) -> None:
    """Wait until a bid and an ask rest that this engine has placed."""

    def both() -> bool:
        if session.process.poll() is not None:
            raise AssertionError(f"the engine ended: {session.lines[-3:]} {session.errors()}")
        return {order["side"] for order in venue.live()} == {"buy", "sell"} and bool(
            snapshot(session.state_dir)
        )

    until(both, "two-sided quotes")


def snapshot(folder: Path) -> Snapshot | None:
    """What the engine says of itself; None while it does not listen."""

    async def look() -> Snapshot | None:
        try:
            link = await EngineLink.connect(socket_path(folder), "witness")
        except Exception:  # not there yet: the caller asks again
            return None
        async for message in link.messages():
            if isinstance(message, Snapshot):
                link.close()
                return message
        return None

    return asyncio.run(look())


def difference(folder: Path, venue: Venue) -> str:
    """What engine and exchange do not agree on; empty when they agree on everything."""
    seen, state = snapshot(folder), venue.state()
    if seen is None:
        return "the engine does not answer"
    market = seen.markets[0]
    position = sum((Decimal(row["pos"]) for row in state["positions"] if row["instId"] == INST), Decimal(0))
    ours = {fill["tradeId"]: fill for fill in state["fills"]}
    fees = sum((Decimal(fill["fee"]) for fill in ours.values()), Decimal(0))
    rows, books, cash = fills(folder), taken_up(folder), state["balance"]
    pairs = {
        "position": (Decimal(market.position_lots) * market.instrument.lot_size, position),
        "trade ids": (sorted(rows), sorted(ours)),
        "fees": (sum(rows.values(), Decimal(0)), fees),
        "orders": (
            sorted(order.cl_ord_id for order in market.orders),
            sorted(o["clOrdId"] for o in state["orders"] if o["state"] in {"live", "partially_filled"}),
        ),
        "cash": (books.booked, Decimal(cash["cash"]) - Decimal(cash["initial"])),
        "books": (
            (books.fills, books.fees),
            (len(ours), fees),
        ),
        # Not the residual itself: the venue's equity is of another moment's mark than ours.
        "PnL": (seen.identity.reason if seen.identity is not None else "not opened", ""),
    }
    return "; ".join(f"{name}: {a} / {b}" for name, (a, b) in pairs.items() if a != b)


def fills(folder: Path) -> dict[str, Decimal]:
    """Fees by trade id, from the journal on disk."""
    with sqlite3.connect(f"file:{folder / 'journal.sqlite'}?mode=ro", uri=True) as database:
        found = database.execute("SELECT trade_id, fee FROM fills").fetchall()
    database.close()
    return {str(trade_id): Decimal(fee) for trade_id, fee in found}


def taken_up(folder: Path) -> Totals:
    """The books since inception that a session starting now would go on with."""
    with closing(read_journal(folder / JOURNAL_NAME)) as journal:
        past = read_past(journal, Mode.DEMO, "sim", [swap()], time.time_ns(), account_id=UID)
    saved = past.restored.market(INST) if past.restored is not None else None
    return saved.ledger.inception if saved is not None else Totals()


def run_worker(seed: int, trials: int) -> list[Crash]:
    """Crash one engine after the other on one exchange."""
    dice, idle, crashes = random.Random(seed), threading.Event(), list[Crash]()
    with tempfile.TemporaryDirectory() as name:
        folder, venue = Path(name), Venue(seed)
        session = start(folder, venue)
        try:
            wait_for_quotes(venue, session)
            for number in range(trials):
                idle.wait(dice.uniform(0.2, 2.5))
                orders = len(venue.live())
                session.process.kill()
                session.finish()
                crash = Crash(seed, waited=bool(number % 2), orders=orders, gone_s=0.0)
                crashes.append(crash)
                if crash.waited:
                    crash.problem = _wait_for_the_switch(venue, crash)
                session = start(folder, venue)
                wait_for_quotes(venue, session)
                crash.problem = crash.problem or _agree(folder, venue)
                crash.fills = len(venue.state()["fills"])
        finally:
            session.process.kill()
            session.finish()
            venue.stop()
    return crashes


def _wait_for_the_switch(venue: Venue, crash: Crash) -> str:
    began_s = time.monotonic()
    allowed_s = TIMER_S + STAGGER_S * max(0, crash.orders - 1) + MARGIN_S
    while venue.live():
        if time.monotonic() - began_s > allowed_s:
            return f"orders still live after {allowed_s} s"
        threading.Event().wait(0.1)
    crash.gone_s = time.monotonic() - began_s
    return ""


def _agree(folder: Path, venue: Venue) -> str:
    """Both move on while they are compared: they agree when one look finds no difference."""
    deadline_s, problem = time.monotonic() + AGREE_S, "not compared"
    while problem and time.monotonic() < deadline_s:
        problem = difference(folder, venue)
        threading.Event().wait(0.1)
    return problem


def run(trials: int, workers: int, seed: int = 1) -> list[Crash]:
    """Run so many trials over so many exchanges at once."""
    shares = [trials // workers + (number < trials % workers) for number in range(workers)]
    with ThreadPoolExecutor(workers) as pool:
        done = pool.map(run_worker, range(seed, seed + workers), shares)
        return [crash for crashes in done for crash in crashes]


def main() -> None:
    """Run many and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--workers", type=int, default=5)
    given = parser.parse_args()
    began_s = time.monotonic()
    crashes = run(given.trials, given.workers)
    bad = [crash for crash in crashes if crash.problem]
    gone = sorted(crash.gone_s for crash in crashes if crash.waited)
    print(f"trials {len(crashes)}, restarted into leftovers {sum(not c.waited for c in crashes)}")
    if gone:
        print(f"orders gone by the switch: p50 {gone[len(gone) // 2]:.1f} s, longest {gone[-1]:.1f} s")
    most = {crash.seed: crash.fills for crash in crashes}  # of each exchange the last count
    print(f"fills at the exchanges: {sum(most.values())}")
    print(f"problems: {bad or 'none'}; {time.monotonic() - began_s:.0f} s")
    if bad:
        sys.exit(1)


if __name__ == "__main__":
    main()
