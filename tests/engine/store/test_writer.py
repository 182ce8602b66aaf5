"""The writer: what it calls recorded is on disk, and no fault of the disk loses what was."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading

import pytest

from okxmm_tui.engine.store import rows as make
from okxmm_tui.engine.store.database import JOURNAL_NAME, open_journal, read_journal
from okxmm_tui.engine.store.schema import STEPS, VERSION
from okxmm_tui.engine.store.writer import Store, open_store
from okxmm_tui.errors import DamagedJournalError, JournalError
from tests.engine.store.desk import journal_of
from tests.samples import START_NS


def note(number: int) -> make.Row:
    """A row that says its number."""
    return make.NOTE, (1, number, "notice", "info", str(number), "{}")


def fill_row(number: int) -> make.Row:
    """A fill with that trade id."""
    text = str(number)
    return make.FILL, (
        "demo/test", "BTC-USDT-SWAP", text, 1, "o", "c", "buy", "1", "1", "0", "USDT", "M", "0", "", number,
        number, "net", "", 0,
    )  # fmt: skip


def bill(number: int) -> make.Row:
    """A row that is never given up."""
    return make.BILL, ("demo/test", str(number), 1, "8", "", "USDT", "1", number)


def count(path, table="notes") -> int:
    """Rows another reader sees."""
    connection = read_journal(path)
    try:
        return connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]  # noqa: S608 - a name of ours
    finally:
        connection.close()


def wait_for(probe) -> None:
    """Let the writer's thread work until something is so."""
    idle = threading.Event()
    for _ in range(400):
        if probe():
            return
        idle.wait(0.025)
    raise AssertionError("the writer did not get there")


class Full:
    """A connection whose disk can be filled and emptied."""

    def __init__(self, path, state):
        self._connection = open_journal(path)
        self._state = state

    def execute(self, text, values=()):
        """Refuse to commit while the disk is full."""
        if self._state["full"] and text == "COMMIT":
            raise sqlite3.OperationalError("database or disk is full")
        return self._connection.execute(text, values)

    def __getattr__(self, name):
        return getattr(self._connection, name)


def full_store(tmp_path, state, **bounds) -> Store:
    """A started store on such a disk."""
    path = tmp_path / JOURNAL_NAME

    def opener(where):
        return Full(where, state)

    store = Store(path, opener(path), opener=opener, **bounds)
    store.start([])
    return store


def test_every_commit_is_forced_to_disk(tmp_path):
    """WAL with synchronous=FULL: the policy of the module, on the connection the writer uses."""
    connection = open_journal(tmp_path / JOURNAL_NAME)
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    connection.close()


def test_recorded_means_that_another_process_can_read_it(tmp_path):
    """The step is reported after its rows are there, not before."""
    store = open_store(tmp_path, START_NS)
    store.start([])
    for step in range(1, 200):
        store.submit(step, [note(step)])
        if step % 50 == 0:
            wait_for(lambda wanted=step: store.recorded_step >= wanted)
            assert count(store.path) >= store.recorded_step
    store.close()
    assert store.recorded_step == 199
    assert count(store.path) == 199


def test_while_the_disk_is_full_rows_wait_and_are_written_when_it_is_not(tmp_path):
    """The problem is said, nothing counts as recorded, nothing is lost, and it heals by itself."""
    state = {"full": False}
    store = full_store(tmp_path, state)
    store.submit(1, [note(1)])
    wait_for(lambda: store.recorded_step == 1)
    state["full"] = True
    store.submit(2, [note(2), fill_row(2)])
    wait_for(lambda: store.problem)
    assert "disk is full" in store.problem
    assert store.recorded_step == 1
    assert count(store.path) == 1
    state["full"] = False
    wait_for(lambda: store.recorded_step == 2)
    assert (store.problem, store.lost_rows, store.waiting) == ("", 0, 0)
    store.close()
    assert (count(store.path), count(store.path, "fills")) == (2, 1)


class OneFault:
    """A connection on which one statement, the n-th, fails as a full or broken disk makes it fail."""

    def __init__(self, path, state):
        self._connection = open_journal(path)
        self._state = state

    def execute(self, text, values=()):
        """Count, and fail once."""
        self._state["left"] -= 1
        if self._state["left"] == 0:
            raise sqlite3.OperationalError("disk I/O error")
        return self._connection.execute(text, values)

    def __getattr__(self, name):
        return getattr(self._connection, name)


def test_a_fault_at_any_statement_is_tried_again_and_loses_or_doubles_nothing(tmp_path):
    """BEGIN, every row and COMMIT fail in turn: the next try writes the whole batch, once."""
    rows = [note(1), fill_row(1), bill(1), fill_row(2)]
    for failing in range(1, len(rows) + 3):
        path, state = tmp_path / f"{failing}.sqlite", {"left": failing}

        def opener(where, state=state):
            return OneFault(where, state)

        store = Store(path, opener(path), opener=opener)
        assert store._commit(rows) is False
        assert "disk I/O error" in store.problem
        assert count(path) == 0
        assert store._commit(rows) is True
        assert (store.problem, count(path), count(path, "fills"), count(path, "bills")) == ("", 1, 2, 1)
        assert store._connection is not None
        store._connection.close()


def test_memory_is_bounded_and_money_is_never_given_up(tmp_path):
    """Beyond the bound notes go and are counted, beyond the next orders too; fills and bills stay."""
    state = {"full": True}
    store = full_store(tmp_path, state, many_rows=10, too_many_rows=20)
    for step in range(1, 11):
        store.submit(step, [note(step)])
    store.submit(11, [note(11), fill_row(11), (make.ORDER, ())])
    assert (store.lost_rows, store.waiting) == (1, 12)
    for step in range(12, 22):
        store.submit(step, [bill(step)])
    store.submit(30, [(make.ORDER, ()), bill(30), fill_row(30)])
    assert (store.lost_rows, store.waiting) == (2, 24)
    state["full"] = False
    wait_for(lambda: store.recorded_step == 30)
    store.close()
    assert (count(store.path, "fills"), count(store.path, "bills"), store.refused_rows) == (2, 11, 1)


def test_a_row_the_database_cannot_take_does_not_stop_the_others(tmp_path, caplog):
    """A defect of ours is logged and counted; the fills beside it are written."""
    store = open_store(tmp_path, START_NS)
    store.start([])
    store.submit(1, [(make.NOTE, (1, 2**80, "k", "s", "t", "{}")), fill_row(1)])
    wait_for(lambda: store.recorded_step == 1)
    store.close()
    assert (store.refused_rows, count(store.path, "fills")) == (1, 1)
    assert "refused a row" in caplog.text


def test_what_a_full_disk_keeps_off_at_the_end_is_logged(tmp_path, caplog):
    """The session is over and nobody will try again: the log says how much is not in the journal, and why."""
    path = tmp_path / JOURNAL_NAME
    store = Store(path, Full(path, {"full": True}), opener=lambda each: Full(each, {"full": True}))
    store.start([])
    store.submit(1, [fill_row(1), fill_row(2)])
    wait_for(lambda: store.problem)
    store.close()
    assert "2 entries of the journal were never written" in caplog.text
    assert "disk is full" in caplog.text


def test_a_file_damaged_while_it_is_written_is_replaced(tmp_path):
    """The session's first rows are in the new one, the old one lies aside, and writing goes on."""
    first = (make.SESSION, (1, 1, "demo", "test", "t", "s", "x", "p", ""))
    tries = {"count": 0}

    def opener(path):
        tries["count"] += 1
        if tries["count"] == 1:
            raise DamagedJournalError(f"The journal {path} is damaged: torn.")
        return open_journal(path)

    store = Store(tmp_path / JOURNAL_NAME, Full(tmp_path / JOURNAL_NAME, {"full": True}), opener=opener)
    store.start([first])
    store.submit(1, [fill_row(1)])
    wait_for(lambda: store.recorded_step == 1)
    store.close()
    assert "lies aside as journal-damaged-" in store.replaced
    assert (count(store.path, "sessions"), count(store.path, "fills")) == (1, 1)


@pytest.mark.parametrize("damage", ["middle", "header", "cut", "text"])
def test_a_damaged_file_is_set_aside_and_said(tmp_path, damage):
    """Flipped pages, a broken header, a cut file, no database at all: kept under another name."""
    path = tmp_path / JOURNAL_NAME
    rows = [note(n) for n in range(2_000)]
    connection = journal_of(tmp_path, rows)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    data = bytearray(path.read_bytes())
    match damage:
        case "middle":
            for at in range(4096, len(data), 4096):
                data[at : at + 64] = os.urandom(64)
        case "header":
            data[:16] = b"not a database!!"
        case "cut":
            data = data[: len(data) // 2 - 100]
        case _:
            data = bytearray(b"hello " * 2_000)
    path.write_bytes(data)
    store = open_store(tmp_path, START_NS)
    store.start([])
    store.submit(1, [note(1)])
    wait_for(lambda: store.recorded_step == 1)
    store.close()
    (aside,) = tmp_path.glob("journal-damaged-*.sqlite")
    assert aside.read_bytes() == bytes(data)
    assert aside.name in store.notice
    assert count(path) == 1


def test_two_damaged_files_do_not_overwrite_each_other(tmp_path):
    """Set aside within one second, both are kept."""
    for _ in range(2):
        (tmp_path / JOURNAL_NAME).write_bytes(b"nonsense " * 1_000)
        open_store(tmp_path, START_NS).close()
        (tmp_path / JOURNAL_NAME).unlink()
    assert len(list(tmp_path.glob("journal-damaged-*.sqlite"))) == 2


def test_a_file_of_the_first_version_is_brought_up_to_date(tmp_path):
    """Made by the first step alone, with rows in it: afterwards they are all there, under their account."""
    path = tmp_path / JOURNAL_NAME
    old = sqlite3.connect(path, isolation_level=None)
    for statement in STEPS[0]:
        old.execute(statement)
    old.execute("PRAGMA user_version = 1")
    old.execute("INSERT INTO sessions (session_id, started_ns, mode, account, tag, strategy, symbols) "
                "VALUES (7, 1, 'demo', 'test', 't', 's', 'x')")  # fmt: skip
    old.execute("INSERT INTO fills VALUES ('i', 't1', 7, 'o', 'c', 'buy', '1.5', '2', '-0.1', 'USDT', 'M', "
                "'0', '', 5, 6)")  # fmt: skip
    old.execute("INSERT INTO bills VALUES ('b1', 7, '8', 'i', 'USDT', '-0.3', 9)")
    old.close()
    connection = open_journal(path)
    assert connection.execute("PRAGMA user_version").fetchone()[0] == VERSION
    assert connection.execute("SELECT scope, price, position_side FROM fills").fetchall() == [
        ("demo/test", "1.5", "net")
    ]
    assert connection.execute("SELECT scope, change FROM bills").fetchall() == [("demo/test", "-0.3")]
    connection.close()


def test_a_failed_migration_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    """Any statement of a step may fail: the version is the old one and its rows are there."""
    from okxmm_tui.engine.store import database

    path = tmp_path / JOURNAL_NAME
    for broken in range(len(STEPS[1])):
        path.unlink(missing_ok=True)
        old = sqlite3.connect(path, isolation_level=None)
        for statement in STEPS[0]:
            old.execute(statement)
        old.execute("PRAGMA user_version = 1")
        old.execute("INSERT INTO bills VALUES ('b1', 7, '8', 'i', 'USDT', '-0.3', 9)")
        old.close()
        step = (*STEPS[1][:broken], "NOT SQL", *STEPS[1][broken:])
        monkeypatch.setattr(database, "STEPS", (STEPS[0], step))
        with pytest.raises(JournalError):
            open_journal(path)
        monkeypatch.undo()
        raw = sqlite3.connect(path)
        assert raw.execute("PRAGMA user_version").fetchone()[0] == 1
        assert raw.execute("SELECT bill_id FROM bills").fetchall() == [("b1",)]
        raw.close()


def test_a_file_of_a_newer_version_is_refused_untouched(tmp_path):
    """The reason is said; neither is it changed nor put aside."""
    connection = journal_of(tmp_path, [note(1)])
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    with pytest.raises(JournalError, match="newer version"):
        open_store(tmp_path, START_NS)
    assert [each.name for each in tmp_path.glob("*damaged*")] == []


def test_a_directory_that_cannot_be_written_is_refused(tmp_path):
    """Before anything is sent; the words name the path and what to do."""
    (tmp_path / JOURNAL_NAME).mkdir()
    with pytest.raises(JournalError, match="could not be used") as caught:
        open_store(tmp_path, START_NS)
    assert "--state-dir" in str(caught.value)


_LIMITED = """
import resource, signal, sys, threading
from pathlib import Path
from okxmm_tui.engine.store.writer import open_store
from tests.engine.store.test_writer import bill, count, wait_for
folder = Path(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = open_store(folder, 1)
store.start([])
store.submit(1, [bill(1)])
wait_for(lambda: store.recorded_step == 1)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
for step in range(2, 2_000):
    store.submit(step, [bill(step)])
wait_for(lambda: store.problem)
print(store.problem, flush=True)
assert store.recorded_step < 1_999
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
wait_for(lambda: store.recorded_step == 1_999)
store.close()
assert store.problem == "" and store.lost_rows == 0
print(count(store.path, "bills"), flush=True)
"""


def test_a_real_limit_on_file_size_is_survived(tmp_path):
    """The system itself refuses to let the file grow: said, waited for, and then all is written."""
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(tmp_path)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    said, written = done.stdout.strip().splitlines()
    assert "journal.sqlite" in said
    assert written == "1999"


_DYING = """
import sys
import threading
from pathlib import Path
from okxmm_tui.engine.store.writer import open_store
from tests.engine.store.test_writer import bill
store = open_store(Path(sys.argv[1]), 1)
store.start([])
step, pace = 0, threading.Event()
while True:
    step += 1
    pace.wait(0.001)
    store.submit(step, [bill(step)])
    if store.recorded_step:
        print(store.recorded_step, flush=True)
"""


def test_kill_9_of_the_writer_keeps_all_that_was_called_recorded(tmp_path):
    """Four processes killed while they write: what each had announced is there."""
    for number in range(4):
        folder = tmp_path / str(number)
        folder.mkdir()
        process = subprocess.Popen(
            [sys.executable, "-c", _DYING, str(folder)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        for _ in range(1 + 170 * number):
            announced = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        connection = open_journal(folder / JOURNAL_NAME)
        ids = {int(row[0]) for row in connection.execute("SELECT bill_id FROM bills")}
        connection.close()
        assert set(range(1, announced + 1)) <= ids
        assert ids == set(range(1, len(ids) + 1))
        shutil.rmtree(folder)
