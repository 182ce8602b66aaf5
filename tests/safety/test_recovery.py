"""Kill -9 at any moment, start again on the same directory: the books are the exchange's, to the last digit.

The exchange outlives the engine, as the real one does: it runs on its own, and the engine reaches it as a
demo venue at another address.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from okxmm_tui.engine.store.reading import Journal, Span
from tests.safety.crash_trials import taken_up
from tests.safety.session import Headless, until
from tests.samples import INST

KILLS = 4
FLAGS = ("--venue", "demo", "--set", "order_size=2", "--set", "max_position=10")


class Exchange:
    """The embedded exchange as a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._errors = (folder / "exchange.err").open("w+")
        command = [sys.executable, "-m", "okxmm_tui", "exchange", "--port", "0", "--speed", "20"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._errors)
        assert self.process.stdout is not None
        self.urls: dict[str, str] = json.loads(self.process.stdout.readline())

    def stop(self) -> None:
        """End it and wait."""
        self.process.kill()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._errors.close()


class DemoSession(Headless):
    """A headless session on an exchange that is not its own."""

    def __init__(
        self, state_dir: Path, exchange: Exchange, environment: dict[str, str] | None = None
    ) -> None:
        super().__init__(
            state_dir,
            *FLAGS,
            environment={
                **(environment or {}),
                "OKXMM_OKX__API_KEY": "sim", "OKXMM_OKX__SECRET": "sim", "OKXMM_OKX__PASSPHRASE": "sim",
                "OKXMM_OKX__REST_URL": exchange.urls["rest"], "OKXMM_OKX__WS_URL": exchange.urls["ws"],
                "OKXMM_RISK__DEAD_MAN_TIMEOUT_S": "10",
            },
        )  # fmt: skip
        self._exchange = exchange

    def _rest(self) -> str:
        return self._exchange.urls["rest"]


@pytest.fixture
def exchange(tmp_path) -> Iterator[Exchange]:
    """An exchange that stays up."""
    running = Exchange(tmp_path)
    try:
        yield running
    finally:
        running.stop()


def test_kill_9_again_and_again_ends_with_the_exchanges_books(tmp_path, exchange):
    """Four sessions killed in mid-trade, a fifth ended in order: position, fees, fills and cash are equal."""
    folder, dice = tmp_path / "state", random.Random(7)
    folder.mkdir()
    idle = threading.Event()
    for _ in range(KILLS):
        session = DemoSession(folder, exchange).start()
        try:
            until(lambda one=session: len(one.of_kind("fill")) > 2, "fills of the session")
            idle.wait(dice.uniform(0, 0.4))
            session.process.send_signal(signal.SIGKILL)
        finally:
            session.stop_everything()
    last = DemoSession(folder, exchange).start()
    try:
        until(lambda: len(last.of_kind("fill")) > 2, "fills of the last session")
        last.process.send_signal(signal.SIGTERM)
        assert last.finish() == 0
        ledger = last.state()
    finally:
        last.stop_everything()

    (summary,) = last.of_kind("summary")
    (position,) = [row for row in ledger["positions"] if row["instId"] == INST]
    assert Decimal(summary["position"]) == Decimal(position["pos"])
    with Journal.of(folder) as journal:
        fills, sessions = list(journal.fills()), list(journal.sessions())
        last_snapshot = list(journal.snapshots(Span(session_id=sessions[-1].session_id)))[-1]
        open_orders = [each for each in journal.orders() if each.state not in {"filled", "canceled"}]
    assert sorted(each.trade_id for each in fills) == sorted(row["tradeId"] for row in ledger["fills"])
    assert sum((each.fee for each in fills), Decimal(0)) == Decimal(position["fees"])
    assert sum((each.realised for each in fills), Decimal(0)) == Decimal(position["realisedPnl"])
    assert last_snapshot.position == Decimal(position["pos"])
    assert last_snapshot.equity is not None
    assert [each.ended_ns is None for each in sessions] == [True] * KILLS + [False]
    assert open_orders == []
    assert not [row for row in ledger["orders"] if row["isPending"]]
    funding = Decimal(position["funding"])
    cash = Decimal(ledger["balance"]["cash"]) - Decimal(ledger["balance"]["initial"])
    assert cash == Decimal(position["realisedPnl"]) + Decimal(position["fees"]) + funding
    books = taken_up(folder)
    assert (books.fills, books.fees) == (len(fills), Decimal(position["fees"]))
    assert books.booked == cash


def test_the_kill_command_stops_a_living_engine_and_latches_the_session_after_a_dead_one(tmp_path, exchange):
    """On an account that is carried on: told while it lives; after a dead one the next session is HALTED."""
    folder = tmp_path / "state"
    folder.mkdir()
    environment = {"XDG_STATE_HOME": str(tmp_path / "user")}
    first = DemoSession(folder, exchange, environment).start()
    try:
        first.wait_for_quotes()
        done = _kill(first)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"the engine (process {first.process.pid}) was told to halt" in done.stdout
        until(lambda: first.of_kind("kill"), "the engine's own proof")
        assert first.live_orders() == []
        first.process.kill()
        first.finish()
        done = _kill(first)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "was told" not in done.stdout
        assert "the next session begins HALTED" in done.stdout
    finally:
        first.stop_everything()
    after = DemoSession(folder, exchange, environment).start()
    try:
        said = until(lambda: [x for x in after.of_kind("state") if x["state"] == "HALTED"], "HALTED")
        assert "okxmm-tui kill" in said[0]["reason"]
        until(lambda: [x for x in after.lines if "agree with the venue" in x["text"]], "the merge")
        after.process.send_signal(signal.SIGTERM)
        assert after.finish() == 0
        assert after.live_orders() == []
    finally:
        after.stop_everything()


def _kill(session: DemoSession) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "okxmm_tui", "kill", "--state-dir", str(session.state_dir)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, env=session.environment
    )
