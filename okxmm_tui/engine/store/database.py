"""Opens the journal's SQLite file: checked, migrated, write-ahead logged, on disk before a commit counts.

``synchronous=FULL`` in WAL mode: a commit returns after its pages were forced to disk, so what was committed
survives a crash of the process, the system or the power. A file that is damaged is put aside under another
name and never written to again.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from okxmm_tui.engine.store.schema import OLDEST_READ, STEPS, VERSION
from okxmm_tui.errors import DamagedJournalError, JournalError

JOURNAL_NAME = "journal.sqlite"
BUSY_S = 5.0
WAL_KEPT = 16_000_000
"""Bytes the write-ahead log may keep after a checkpoint."""


def open_journal(path: Path) -> sqlite3.Connection:
    """Open (or create) a journal for its one writer.

    Raises:
        DamagedJournalError: It is no SQLite file any more, or its pages contradict each other.
        JournalError: It cannot be opened or written, or was written by a newer version.
    """
    try:
        is_new = not path.exists()
        connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    except (sqlite3.Error, OSError) as error:
        raise _unusable(path, error) from error
    try:
        if is_new:
            path.chmod(0o600)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA journal_size_limit={WAL_KEPT}")
        _check(connection, path)
        migrate(connection, path)
    except (sqlite3.Error, OSError) as error:
        connection.close()
        raise _unusable(path, error) from error
    except JournalError:
        connection.close()
        raise
    return connection


def edit_journal(path: Path) -> sqlite3.Connection:
    """Open a journal to add a row to it, also while its writer runs.

    Raises:
        JournalError: It cannot be opened, or is of another version.
    """
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_S, isolation_level=None
        )
    except (sqlite3.Error, OSError) as error:
        raise _unusable(path, error) from error
    try:
        connection.execute("PRAGMA synchronous=FULL")
        _require_version(connection, path)
    except (sqlite3.Error, OSError) as error:
        connection.close()
        raise _unusable(path, error) from error
    return connection


def read_journal(path: Path) -> sqlite3.Connection:
    """Open a journal for reading, also while its writer runs, and where nothing can be written.

    Raises:
        JournalError: There is none, or it cannot be read.
    """
    if not path.is_file():
        raise JournalError(
            f"There is no journal at {path}.", "Give the --state-dir of a session that has run."
        )
    try:
        return _opened_for_reading(path, "mode=ro")
    except (sqlite3.Error, OSError) as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code not in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY} or _has_log(path):
            raise _unusable(path, error) from error
    # SQLite reads a write-ahead journal only where it may write beside it. Without a log there is no need.
    try:
        return _opened_for_reading(path, "mode=ro&immutable=1")
    except (sqlite3.Error, OSError) as error:
        raise _unusable(path, error) from error


def _opened_for_reading(path: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=BUSY_S)
    connection.row_factory = sqlite3.Row
    try:
        _require_version(connection, path)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _has_log(path: Path) -> bool:
    log = path.with_name(path.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def _require_version(connection: sqlite3.Connection, path: Path) -> None:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if not OLDEST_READ <= version <= VERSION:
        connection.close()
        raise JournalError(
            f"The journal {path} has version {version}, this program reads {VERSION}.",
            "Start a session on it once, which brings an older one up to date, or install the newer program.",
        )


def set_aside(path: Path, at_ns: int) -> Path:
    """Move a damaged journal and its log files out of the way; returns where it lies now.

    The log goes first: left beside a new journal it would be read into it.
    """
    stem, number = f"{path.stem}-damaged-{at_ns // 1_000_000_000}", 0
    while (aside := path.with_name(f"{stem}{f'-{number}' if number else ''}{path.suffix}")).exists():
        number += 1
    for suffix in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).replace(aside.with_name(aside.name + suffix))
    path.replace(aside)
    return aside


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring an older file up to date, one numbered step in one transaction each.

    Raises:
        JournalError: The file is from a newer version of the program.
        sqlite3.Error: A step failed; the file is as it was before that step.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise JournalError(
            f"The journal {path} was written by a newer version ({version}, this one knows {VERSION}).",
            "Use that version, or choose another --state-dir.",
        )
    for number in range(version, VERSION):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in STEPS[number]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number + 1}")
            connection.execute("COMMIT")
        except sqlite3.Error:
            connection.execute("ROLLBACK")
            raise


def _check(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise _damaged(path, str(found))


def _unusable(path: Path, error: sqlite3.Error | OSError) -> JournalError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return _damaged(path, str(error))
    return JournalError(
        f"The journal {path} could not be used: {error}.",
        "Free disk space, check the directory's permissions, or choose another --state-dir.",
    )


def _damaged(path: Path, why: str) -> DamagedJournalError:
    return DamagedJournalError(
        f"The journal {path} is damaged: {why}.",
        "Starting a session puts it aside and begins a new one.",
    )
