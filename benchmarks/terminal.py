"""A program on a pseudo-terminal that is read, counted and thrown away."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")


def installed_environment(cache: Path) -> dict[str, str]:
    """The environment of an installed program: its bytecode is compiled, whatever this shell says of that.

    Args:
        cache: Where the bytecode is kept; the first run with it writes it.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**environment, "PYTHONPYCACHEPREFIX": str(cache)}


class Pty:
    """One process on a terminal of its own.

    Args:
        command: What to run.
        columns: Width of the terminal.
        rows: Height of the terminal.
        watched: Texts whose first appearance is timed.
        environment: Of the process; this one's where none is given.
    """

    def __init__(
        self,
        command: Sequence[str],
        columns: int = 200,
        rows: int = 60,
        watched: Sequence[bytes] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.drawn = 0
        self.seen: dict[bytes, float] = {}
        """Seconds from the start to the first appearance of each watched text."""
        self._watched = tuple(watched)
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**(environment or os.environ), "TERM": "xterm-256color", "COLORTERM": "truecolor"},
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._drain, daemon=True)
        self._reader.start()

    def _drain(self) -> None:
        tail = b""
        while True:
            try:
                data = os.read(self.master, 1 << 16)
            except OSError:
                return
            if not data:
                return
            self.drawn += len(data)
            tail = (tail + data)[-(1 << 17) :]
            for text in self._watched:
                if text not in self.seen and text in tail:
                    self.seen[text] = time.monotonic() - self.started

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self.master, keys)

    def cpu_s(self) -> float:
        """User and system time of the process so far, in seconds."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def rss_mb(self) -> float:
        """Resident memory of the process."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * PAGE / 1e6

    def end(self, patience_s: float = 20.0) -> None:
        """Wait for the end of the process, and make it end if it does not."""
        try:
            self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join(2)
        os.close(self.master)
