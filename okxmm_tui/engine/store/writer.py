"""The journal's one writer: a thread that commits what has come every tenth of a second.

What is on disk, and when. Rows are handed over in the order of the reducer's steps and committed in that
order, a batch in one transaction, with ``synchronous=FULL``: ``COMMIT`` returns once the write-ahead log was
forced to disk. ``recorded_step`` moves only then. A crash of the process, the system or the power therefore
costs at most the rows of the last tenth of a second, never a part of a batch and never one that was shown as
recorded; those rows are read back from the venue by the next session.

While the disk refuses, rows wait in memory and are tried again every second. When very many wait, those that
nothing depends on are given up and counted, the rest of the order rows later; fills, bills and parameters
are never given up, and trading that only reduces bounds how many of those can come.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from okxmm_tui.engine.store.database import JOURNAL_NAME, open_journal, set_aside
from okxmm_tui.engine.store.retention import Retention
from okxmm_tui.engine.store.rows import EXPENDABLE, ORDER, Row
from okxmm_tui.errors import DamagedJournalError, JournalError

BATCH_S = 0.1
RETRY_S = 1.0
MANY_ROWS = 100_000
TOO_MANY_ROWS = 400_000
_DEFECTS = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError, OverflowError)
_log = logging.getLogger("okxmm.journal")


class Store:
    """Takes rows from the engine, never makes it wait.

    Args:
        path: The journal's file.
        connection: Open on it; used by the writer's thread alone from now on.
        many_rows: Waiting rows from which on expendable ones are given up.
        too_many_rows: Waiting rows from which on order rows are given up too.
        opener: Opens the file again after a failure.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        *,
        many_rows: int = MANY_ROWS,
        too_many_rows: int = TOO_MANY_ROWS,
        opener: Callable[[Path], sqlite3.Connection] = open_journal,
    ) -> None:
        self.path = path
        self.problem = ""
        """Why the last commit failed; empty while everything can be written."""
        self.notice = ""
        """What was done about a file that was damaged when it was opened."""
        self.replaced = ""
        """The same for one that was damaged while it was written."""
        self.recorded_step = 0
        """All rows of the steps up to this one are on disk."""
        self.lost_rows = 0
        self.refused_rows = 0
        """Rows the database itself would not take; a defect of the program, logged."""
        self._connection: sqlite3.Connection | None = connection
        self._opener = opener
        self._many_rows, self._too_many_rows = many_rows, too_many_rows
        self._lock = threading.Lock()
        self._pending: list[Row] = []
        self._submitted_step = 0
        self._waiting = 0
        self._first_rows: list[Row] = []
        self._retention = Retention(None)
        self._at_ns = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    def reader(self) -> sqlite3.Connection:
        """The connection, for reading what earlier sessions left; only before the writer is started."""
        if self._connection is None or self._thread.ident is not None:
            raise RuntimeError("the journal's connection belongs to its writer once that has started")
        return self._connection

    def start(self, first_rows: Sequence[Row], keep_ns: int | None = None) -> None:
        """Begin to write.

        Args:
            first_rows: Written again should the file have to be replaced.
            keep_ns: Age at which order events and snapshots are removed; None keeps them.
        """
        self._retention = Retention(keep_ns)
        self._first_rows = list(first_rows)
        self._pending += self._first_rows
        self._thread.start()

    def submit(self, step: int, rows: Sequence[Row], at_ns: int = 0) -> None:
        """Take the rows of one step of the reducer, with its time."""
        with self._lock:
            self._at_ns = at_ns
            self._submitted_step = step
            backlog = self._waiting + len(self._pending)
            if backlog < self._many_rows:
                self._pending += rows
                return
            for row in rows:
                is_order = row[0] is ORDER and backlog >= self._too_many_rows
                if row[0] in EXPENDABLE or is_order:
                    self.lost_rows += 1
                else:
                    self._pending.append(row)

    @property
    def is_dead(self) -> bool:
        """Whether the writer's thread ended by itself: nothing will be written any more."""
        return self._thread.ident is not None and not self._thread.is_alive() and not self._stopping.is_set()

    @property
    def waiting(self) -> int:
        """Rows that are not on disk yet."""
        with self._lock:
            return self._waiting + len(self._pending)

    def close(self, patience_s: float = 5.0) -> None:
        """Write what is left and close the file."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=patience_s)
            if left := self.waiting:
                _log.error(
                    "%d entries of the journal were never written: %s", left, self.problem or "no time"
                )
        elif self._connection is not None:
            self._connection.close()

    # -- the writer's thread ---------------------------------------------------------------------------

    def _run(self) -> None:
        batch: list[Row] = []
        is_last = False
        while not is_last:
            is_last = self._stopping.wait(RETRY_S if self.problem else BATCH_S)
            with self._lock:
                batch += self._pending
                self._pending = []
                self._waiting = len(batch)
                step, at_ns = self._submitted_step, self._at_ns
            if self._commit(batch):
                batch = []
                with self._lock:
                    self._waiting = 0
                self.recorded_step = step
                self._forget_old(at_ns)
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()

    def _commit(self, batch: Sequence[Row]) -> bool:
        """Write a batch in one transaction; after a failure the file is opened anew for the next try."""
        if not batch and not self.problem:
            return True
        try:
            connection = self._connection or self._reopened()
            connection.execute("BEGIN IMMEDIATE")
            for row in batch:
                self._execute(connection, row)
            connection.execute("COMMIT")
        except (sqlite3.Error, OSError, JournalError) as error:
            self.problem = str(error) if isinstance(error, JournalError) else f"{self.path.name}: {error}"
            if self._connection is not None:
                with suppress(sqlite3.Error):
                    self._connection.rollback()
                with suppress(sqlite3.Error):
                    self._connection.close()
            self._connection = None
            return False
        self.problem = ""
        return True

    def _forget_old(self, at_ns: int) -> None:
        """Remove a batch of old rows; a disk that refuses that is tried again later, and by every commit."""
        if self._connection is None or not self._retention.is_due(at_ns):
            return
        try:
            self._retention.remove(self._connection, at_ns)
        except sqlite3.Error as error:
            self._retention.postpone(at_ns)
            _log.warning("old rows could not be removed from %s: %s", self.path.name, error)
            with suppress(sqlite3.Error):
                self._connection.rollback()

    def _execute(self, connection: sqlite3.Connection, row: Row) -> None:
        try:
            connection.execute(*row)
        except _DEFECTS:
            self.refused_rows += 1
            _log.exception("the journal refused a row: %r", row)

    def _reopened(self) -> sqlite3.Connection:
        try:
            self._connection = self._opener(self.path)
        except DamagedJournalError as error:
            aside = set_aside(self.path, time.time_ns())
            self.replaced = f"{error.message} It lies aside as {aside.name} and a new one was begun."
            self._connection = self._opener(self.path)
            self._connection.execute("BEGIN IMMEDIATE")
            for row in self._first_rows:
                self._connection.execute(*row)
            self._connection.execute("COMMIT")
        return self._connection


def open_store(state_dir: Path, at_ns: int) -> Store:
    """Open the journal of a state directory; a damaged one is put aside and a new one begun.

    Raises:
        JournalError: It cannot be opened or written, or was written by a newer version.
    """
    path, notice = state_dir / JOURNAL_NAME, ""
    try:
        connection = open_journal(path)
    except DamagedJournalError as error:
        aside = set_aside(path, at_ns)
        notice = (
            f"{error.message} It lies aside as {aside.name} and a new one was begun: figures of earlier "
            "sessions are rebuilt from the venue as far back as it keeps them."
        )
        connection = open_journal(path)
    store = Store(path, connection)
    store.notice = notice
    return store
