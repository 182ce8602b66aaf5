"""Real processes on loopback: a session with its engine and exchange, watched from outside."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx

T = TypeVar("T")
PLAIN = {"OKXMM_STRATEGY": "inventory_skew"}
"""Quotes at once, and at a distance that follows from its parameters alone."""
PATIENCE_S = 40.0
POLL_S = 0.05


def until(probe: Callable[[], T | None], what: str, patience_s: float = PATIENCE_S) -> T:
    """Ask until the answer is true; fails with ``what`` when patience is over."""
    idle = threading.Event()
    for _ in range(int(patience_s / POLL_S)):
        if answer := probe():
            return answer
        idle.wait(POLL_S)
    raise AssertionError(f"waited in vain for: {what}")


class Session:
    """One ``okxmm-tui`` process and what the outside can see of it."""

    def __init__(self, state_dir: Path, *flags: str, environment: dict[str, str] | None = None) -> None:
        self.state_dir = state_dir
        self.command = [sys.executable, "-m", "okxmm_tui", "--state-dir", str(state_dir), *flags]
        surroundings = {**os.environ, "NO_COLOR": "1", "TERM": "xterm-256color", **PLAIN}
        self.environment = {**surroundings, **(environment or {})}
        self.process: subprocess.Popen[bytes]

    # -- the venue's side --------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """The exchange's own ledger."""
        return httpx.get(f"{self._rest()}/sim/v1/state", timeout=10.0).json()

    def fault(self, **words: object) -> None:
        """Inject a fault into the exchange."""
        httpx.post(f"{self._rest()}/sim/v1/faults", json=words, timeout=10.0).raise_for_status()

    def _rest(self) -> str:
        path = self.state_dir / "exchange.json"
        return until(lambda: path.exists() and json.loads(path.read_bytes())["rest"], "the exchange")

    def live_orders(self) -> list[dict[str, Any]]:
        """Orders the exchange holds as live."""
        return [order for order in self.state()["orders"] if order["state"] in {"live", "partially_filled"}]

    def wait_for_quotes(self) -> list[dict[str, Any]]:
        """Wait until a bid and an ask rest at the exchange."""

        def both() -> list[dict[str, Any]] | None:
            orders = self.live_orders()
            return orders if {order["side"] for order in orders} == {"buy", "sell"} else None

        return until(both, "two-sided quotes")

    # -- the processes' side -----------------------------------------------------------------------

    def engine_pid(self) -> int:
        """Process holding the state directory."""
        return int((self.state_dir / "engine.lock").read_text())

    def stop_everything(self) -> None:
        """Leave nothing behind, whatever the test did."""
        pids = [self.process.pid]
        lock, exchange = self.state_dir / "engine.lock", self.state_dir / "exchange.json"
        pids += [int(lock.read_text())] if lock.exists() and lock.read_text() else []
        pids += [json.loads(exchange.read_bytes())["pid"]] if exchange.exists() else []
        for pid in pids:
            for number in (signal.SIGCONT, signal.SIGKILL):
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    break
        self.finish(10)

    def finish(self, patience_s: float = PATIENCE_S) -> int:
        """Wait for the end and return the exit code."""
        return self.process.wait(patience_s)


class Headless(Session):
    """A headless session; its lines are collected."""

    def start(self) -> Headless:
        """Start the process and a thread that reads its lines."""
        self.process = subprocess.Popen(
            [*self.command, "--headless"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
        )
        self.lines: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def finish(self, patience_s: float = PATIENCE_S) -> int:
        """Wait for the end and return the exit code."""
        code = self.process.wait(patience_s)
        self._reader.join(10)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        return code

    def errors(self) -> str:
        """What an ended process wrote to stderr."""
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """Lines of one kind so far."""
        return [line for line in self.lines if line["kind"] == kind]


class Console(Session):
    """The console in a terminal of its own."""

    def start(self, columns: int = 120, rows: int = 35) -> Console:
        """Start under a pseudo-terminal and a thread that reads what it draws."""
        self._master, slave = pty.openpty()
        self._is_closed = False
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process = subprocess.Popen(
            self.command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=self.environment,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - one ioctl, no locks
        )
        os.close(slave)
        self.drawn = bytearray()
        self._hung_up = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def _read(self) -> None:
        while not self._hung_up.is_set():
            try:
                readable, _, _ = select.select([self._master], [], [], 0.1)
                data = os.read(self._master, 65_536) if readable else None
            except OSError:
                return
            if data == b"":
                return
            self.drawn += data or b""

    def hang_up(self) -> None:
        """Close the terminal window."""
        self._hung_up.set()
        self._reader.join(10)
        os.close(self._master)
        self._is_closed = True

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._master, keys)

    def finish(self, patience_s: float = PATIENCE_S) -> int:
        """Wait for the end and return the exit code."""
        code = self.process.wait(patience_s)
        self._reader.join(10)
        if not self._is_closed:
            os.close(self._master)
            self._is_closed = True
        return code
