"""All faults of the exchange at random on real processes, and both sides' books compared at the end.

``python -m tests.safety.soak --seconds 1800 --speed 5 --seed 7``. The exchange is a process of its own and
outlives the engine, as the real one does. An attendant arms, resumes and restarts as an operator would.
"""

# ruff: noqa: T201 - a command prints
from __future__ import annotations

import argparse
import random
import signal
import tempfile
import threading
import time
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from okxmm_tui.core.commands import Kill
from okxmm_tui.engine.journal import read_log
from okxmm_tui.engine.store.database import JOURNAL_NAME, read_journal
from okxmm_tui.okx.auth import ApiKey, rest_headers
from okxmm_tui.replay.player import Player
from tests.safety.attendant import COMMANDS, Attendant, Deed, sight_of
from tests.safety.audit import (
    Account,
    Shown,
    read_recorded,
    recorded_differences,
    running_differences,
    shown,
)
from tests.safety.desk_link import DeskLink
from tests.safety.fault_menu import CARDS, ENGINE_KILLED, MAY_BE_REFUSED, OPERATOR_KILL, deck
from tests.safety.session import PATIENCE_S, Headless
from tests.safety.standalone import KEYS, Exchange
from tests.safety.tally import RESTARTS, Tally, marks
from tests.samples import INST

PAGE = """\
# A session under every fault the exchange can inject

What `python -m tests.safety.soak --page FILE` printed. Each fault with how often it was injected and how
often it struck, and what the engine did until the next one: merges of orders, fills and positions (the
regular one each half minute included), book subscriptions renewed, logins, restarts. How it is made and
what is compared at the end: `tests/safety/README.md`.

```
{text}
```
"""
LOOK_S = 0.25
PACE_S = (0.3, 6.0)
STRANGER_S = 3.0
"""An order from elsewhere stays this long."""
QUIET_S = 90.0
"""Longest time from the last fault to two-sided quotes."""
SETTLED_S = 60.0
KEY = ApiKey("sim", "sim", "sim")
EXITS = frozenset({0, 3, 4, 75, -9})
"""Ends a bad day may bring: clean, a key or venue that refused at the start, not proven in time, killed."""
USAGE, CLOSED = 2, ("is not open for trading", "Another engine")
"""A start may meet an instrument that takes no orders just then, or a lock not yet let go: tried again."""
DEFECT = "the engine failed"
ENVIRONMENT = {
    **{f"OKXMM_OKX__{name.upper()}": value for name, value in KEYS.items()},
    "OKXMM_RISK__MAX_DAILY_LOSS_QUOTE": "1000000",
    "OKXMM_RISK__MAX_DRAWDOWN_QUOTE": "1000000",
    "OKXMM_RISK__LOSING_REST_MS": "5000",
    "OKXMM_RISK__PREFLIGHT": "ask",
}
"""The money lost is not what is looked for here."""
FLAGS = ("--venue", "demo", "--set", "order_size=2", "--set", "max_position=10")


class Soak:
    """One run on real processes.

    Args:
        folder: State directory of every session.
        speed: Of the recorded market.
        seed: Of exchange, faults and everything that is drawn.
    """

    def __init__(self, folder: Path, *, speed: float, seed: int) -> None:
        self.folder = folder
        self.exchange = Exchange("--speed", str(speed), "--seed", str(seed))
        self.tally = Tally()
        self.attendant = Attendant()
        self.failures: list[str] = []
        self.lines = 0
        """Lines the sessions wrote."""
        self._dice = random.Random(seed)
        self._deck = deck(self._dice)
        self._idle = threading.Event()
        self._strangers: dict[str, float] = {}
        self._start()

    # -- the engine --------------------------------------------------------------------------------------

    def _start(self) -> None:
        urls = self.exchange.urls
        environment = {**ENVIRONMENT, "OKXMM_OKX__REST_URL": urls["rest"], "OKXMM_OKX__WS_URL": urls["ws"]}
        self.session = Headless(self.folder, *FLAGS, environment=environment).start()
        self.link = DeskLink(self.folder)

    def _restart(self) -> None:
        self._end()
        self.tally.marks.append((time.time_ns(), RESTARTS))
        self._start()

    def _end(self) -> None:
        self.link.close()
        session = self.session
        session.process.wait(PATIENCE_S)
        said = session.errors()
        code = session.finish()
        self.lines += len(session.lines)
        defects = [line["text"] for line in session.lines if DEFECT in str(line.get("text", ""))]
        is_refused_at_start = code == USAGE and not session.lines and any(word in said for word in CLOSED)
        if (code not in EXITS and not is_refused_at_start) or defects:
            self.failures.append(f"an engine ended with {code}: {defects or said or session.lines[-3:]}")

    def _kill_engine(self) -> None:
        self.session.process.kill()

    # -- faults ------------------------------------------------------------------------------------------

    def _inject(self) -> None:
        name = next(self._deck)
        if name in CARDS:
            for fault in CARDS[name](self._dice):
                now_ns = time.time_ns()
                if self._takes(fault):
                    self.tally.note(now_ns, str(fault["fault"]))
            return
        self.tally.note(time.time_ns(), name)
        if name == ENGINE_KILLED:
            self._kill_engine()
        elif name == OPERATOR_KILL:
            self.link.send(Kill("soak"))

    def _takes(self, fault: dict[str, object]) -> bool:
        """Inject; what needs a position or an open market may not find it."""
        answer = self.exchange.inject(fault)
        assert answer.status_code == httpx.codes.OK or fault["fault"] in MAY_BE_REFUSED, answer.text
        return answer.status_code == httpx.codes.OK

    # -- the desk ----------------------------------------------------------------------------------------

    def _attend(self, ledger: dict[str, Any] | None = None) -> None:
        """Look once: restart what has ended, send strangers away, arm and resume."""
        if self.session.process.poll() is not None:
            self._restart()
            return
        if self.link.is_over:
            self.link = DeskLink(self.folder)
        self._send_strangers_away(ledger or self.exchange.state())
        snapshot = self.link.snapshot
        if snapshot is None:
            return
        deed = self.attendant.look(sight_of(snapshot), time.monotonic())
        self.link.send(*COMMANDS[deed])
        if deed is Deed.RESTART:
            self.session.process.send_signal(signal.SIGTERM)
            self._restart()

    def _send_strangers_away(self, ledger: dict[str, Any]) -> None:
        now_s = time.monotonic()
        for order in _strangers(ledger):
            since_s = self._strangers.setdefault(order["clOrdId"], now_s)
            if now_s - since_s > STRANGER_S:
                self._cancel(order["clOrdId"])

    def _cancel(self, cl_ord_id: str) -> None:
        body = f'{{"instId":"{INST}","clOrdId":"{cl_ord_id}"}}'
        path = "/api/v5/trade/cancel-order"
        headers = rest_headers(KEY, time.time_ns(), "POST", path, body)
        url = self.exchange.urls["rest"] + path
        headers["Content-Type"] = "application/json"
        # Refused under some faults, and never answered under others: it is tried again at the next look.
        with suppress(httpx.TransportError):
            httpx.post(url, content=body, headers=headers, timeout=10.0)

    # -- the run -----------------------------------------------------------------------------------------

    def run(self, seconds: float) -> None:
        """Faults for so long, then peace, then the comparison."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self._pass(self._dice.uniform(*PACE_S))
            self._inject()
        self._takes({"fault": "clear"})
        self._calm_down()
        self._compare()

    def _pass(self, seconds: float) -> None:
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self._idle.wait(LOOK_S)
            self._attend()

    def _calm_down(self) -> None:
        for _ in range(int(QUIET_S / LOOK_S)):
            self._idle.wait(LOOK_S)
            ledger = self.exchange.state()
            self._attend(ledger)
            seen = self.link.snapshot
            sides = {row["side"] for row in ledger["orders"] if row["isPending"]}
            if seen and seen.trading_state == "ACTIVE" and len(sides) == 2 and not _strangers(ledger):
                return
        seen = self.link.snapshot
        what = "no engine answers"
        if seen is not None:
            sides = (seen.markets[0].bid.reason, seen.markets[0].ask.reason)
            alarms = [(each.key, each.text) for each in seen.alarms if not each.is_cleared]
            what = f"{seen.trading_state} {seen.state_reason} {sides} {alarms}"
        self.failures.append(f"not quoting {QUIET_S} s after the last fault: {what}")

    def _compare(self) -> None:
        """While it runs, then once more when everything is on disk."""
        self.failures += self._running_differences()
        self.session.process.send_signal(signal.SIGTERM)
        self._end()
        if self.session.process.returncode:
            self.failures.append(f"the quit ended with {self.session.process.returncode}")
        account = Account(self.exchange.state())
        if account.live:
            self.failures.append(f"orders alive after the quit: {sorted(account.live)}")
        self.failures += self._replayed_differences(account)
        connection = read_journal(self.folder / JOURNAL_NAME)
        self.failures += recorded_differences(read_recorded(connection), account)
        connection.close()
        self.tally.struck.update(self.exchange.struck())
        self.tally.deeds = self.attendant.deeds
        self.account = account

    def _running_differences(self) -> list[str]:
        """Both move on while they are compared: one look without a difference after a merge is enough."""
        differences, began_ns = ["never compared"], time.time_ns()
        for _ in range(int(SETTLED_S / LOOK_S)):
            self._idle.wait(LOOK_S)
            account, seen = Account(self.exchange.state()), self.link.snapshot
            if seen is None:
                continue
            market = seen.markets[0]
            size = market.instrument.size(market.position_lots)
            working = frozenset(order.cl_ord_id for order in market.orders)
            differences = running_differences(Shown(size, account.cash, working), account)
            if not differences and (seen.health.reconciled_ns or 0) > began_ns:
                break
        return differences

    def _replayed_differences(self, account: Account) -> list[str]:
        """Play the sessions' logs again: counts what they did; the last one's engine is held against all."""
        logs = sorted(self.folder.glob("events-*-001.log.zst"))
        for log in logs:
            for record in read_log(log):
                self.tally.marks += marks(record.at_ns, record.event, record.effects)
        self.tally.marks.sort()
        player = Player(logs[-1])
        while not player.is_at_end:
            player.step()
        found = [] if player.is_same else [f"the replay differs at {player.differences[0].number}"]
        return found + running_differences(shown(player.reducer), account)

    def close(self) -> None:
        """Leave nothing behind."""
        self.session.stop_everything()
        self.link.close()
        self.exchange.stop()


def _strangers(ledger: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in ledger["orders"] if row["isPending"] and row["clOrdId"].startswith("stranger")]


def report(soak: Soak) -> str:
    """Table of faults, figures and verdict."""
    account = soak.account
    fees = sum((Decimal(row["fee"]) for row in account.own), Decimal(0))
    cash = ", ".join(f"{ccy} {amount}" for ccy, amount in account.cash.items())
    figures = (
        f"fills {len(account.own)} own and {len(account.fills) - len(account.own)} of others, fees {fees}, "
        f"position {account.position}, cash {cash}"
    )
    verdict = "\n".join(soak.failures) or (
        "EQUAL: position, cash, fees, fills and bills to the last digit, in the journal, in the saved books "
        "and in the replayed engine; no order lives"
    )
    return "\n".join([soak.tally.table(), figures, verdict])


def run(folder: Path, *, seconds: float, speed: float, seed: int) -> Soak:
    """Run a soak to its end."""
    soak = Soak(folder, speed=speed, seed=seed)
    try:
        soak.run(seconds)
    finally:
        soak.close()
    return soak


def main() -> int:
    """Run one soak and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--speed", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="state directory to leave behind")
    parser.add_argument("--page", type=Path, help="write the result there as Markdown, too")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = given.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        soak = run(folder, seconds=given.seconds, speed=given.speed, seed=given.seed)
        text = f"{given.seconds:.0f} s at speed {given.speed:g}, seed {given.seed}\n{report(soak)}"
        print(text)
    if given.page:
        given.page.write_text(PAGE.format(text=text), encoding="utf-8")
    return 1 if soak.failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
