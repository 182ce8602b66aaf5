"""The state directory: private to its owner, and held by one engine at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from okxmm_tui.errors import UsageError

LOCK_NAME = "engine.lock"
LOG_NAME = "okxmm.log"
EXCHANGE_NAME = "exchange.json"
SESSION_NAME = "session.json"
"""What runs (or ran last) here: venue, tag and region; the kill command reads it. Holds no secret."""


def make_state_dir(path: Path) -> Path:
    """Create the directory with mode 0700.

    Raises:
        UsageError: It cannot be created or written.
    """
    path = path.expanduser().absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
    except OSError as error:
        raise UsageError(
            f"State directory {path} could not be used: {error.strerror or error}.",
            "Choose another with --state-dir.",
        ) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise UsageError(f"State directory {path} was not writable.", "Choose another with --state-dir.")
    return path


@contextlib.contextmanager
def owned(path: Path) -> Iterator[None]:
    """Hold the directory for one engine.

    Raises:
        UsageError: Another engine holds it.
    """
    with (path / LOCK_NAME).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            pid = lock.read().strip() or "unknown"
            raise UsageError(
                f"Another engine (process {pid}) already runs on {path}.",
                "Open a console on it with okxmm-tui attach, or choose another --state-dir.",
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
