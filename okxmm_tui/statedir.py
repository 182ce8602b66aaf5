"""The state directory, and the locks that keep two engines from one directory or one account."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import platformdirs

from okxmm_tui.errors import UsageError

LOCK_NAME = "engine.lock"
LOG_NAME = "okxmm.log"
EXCHANGE_NAME = "exchange.json"
ACCOUNTS_NAME = "accounts"
"""Directory of the account locks, in the user's own state directory whatever ``--state-dir`` says."""
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
    with _locked(
        path / LOCK_NAME,
        f"already runs on {path}",
        "Open a console on it with okxmm-tui attach, or choose another --state-dir.",
    ):
        yield


@contextlib.contextmanager
def owned_account(*names: str) -> Iterator[None]:
    """Hold an account and tag for one engine of this user on this machine, whatever its directory.

    Args:
        names: What tells the account from others: venue, API key, tag. None of it is written down.

    Raises:
        UsageError: Another engine trades there, or the lock cannot be made.
    """
    with _locked(
        _account_lock(names),
        "already trades on this account with this tag",
        "Stop it, open a console on it with okxmm-tui attach, or give this one another tag.",
    ):
        yield


def owner(path: Path) -> int | None:
    """Process of the engine that holds a directory; None when there is none, 0 when it cannot be told."""
    return _holder(path / LOCK_NAME)


def account_owner(*names: str) -> int | None:
    """Process of the engine that holds an account, by the names of ``owned_account``; as ``owner``."""
    return _holder(_account_lock(names))


def _account_lock(names: Sequence[str]) -> Path:
    digest = hashlib.sha256("\0".join(names).encode()).hexdigest()[:16]
    folder = make_state_dir(Path(platformdirs.user_state_dir("okxmm-tui"))) / ACCOUNTS_NAME
    return make_state_dir(folder) / f"{digest}.lock"


def _holder(path: Path) -> int | None:
    try:
        lock = path.open()
    except FileNotFoundError:
        return None
    with lock:
        try:
            # Shared: two who only look do not take each other for an engine.
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            written = lock.read().strip()
            return int(written) if written.isdecimal() else 0
    return None


@contextlib.contextmanager
def _locked(path: Path, what: str, hint: str) -> Iterator[None]:
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            pid = lock.read().strip() or "unknown"
            raise UsageError(f"Another engine (process {pid}) {what}.", hint) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
