"""Crashes at every point: what was committed is there, the file is sound, recovery gives the venue's truth.

The scripted session trades both ways in parts, with the writer committing step by step. It is then cut off
(a) at any byte of the write-ahead log, with or without rubbish after it, and (b) between any two statements.
Before its opening books are on disk a session sends no order, so an earlier end finds a venue without fills.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from okxmm_tui.core.commands import Quit
from okxmm_tui.engine.store.database import JOURNAL_NAME, open_journal
from okxmm_tui.engine.store.rows import BOOKS, FILL, Row
from tests.engine.store.desk import RecordedDesk, Venue, restarted, write
from tests.samples import SECOND, START_NS

SESSION_ID = START_NS // SECOND


def scripted() -> tuple[RecordedDesk, Venue]:
    """A session that quotes, is filled in parts on both sides over ten seconds, and takes a bill in."""
    desk, venue = RecordedDesk(session_id=SESSION_ID), Venue()
    bid, ask = desk.quoting()
    desk.balance()
    for round_number, size in enumerate(("0.3", "0.25", "0.1")):
        desk.execute(venue, bid, size)
        desk.update(after_ms=20)
        desk.execute(venue, ask, "0.2")
        for _ in range(5):
            desk.update(after_ms=100)
            desk.tick(300)
        if round_number == 1:
            desk.tick(5_000)
    desk.execute(venue, ask, "0.4")
    desk.tick(5_000)
    desk.execute(venue, bid, "0.05")
    desk.command(Quit("end"))
    return desk, venue


def check_truth(connection: sqlite3.Connection, venue: Venue, desk: RecordedDesk) -> None:
    """A session that starts on this journal holds what the venue holds, each fill once."""
    began = desk.now_ns + 60 * SECOND
    after = restarted(connection, venue, session_id=SESSION_ID + 60, now_ns=began)
    assert after.market.ledger.position.size_lots == venue.lots
    write(connection, after.rows)
    recorded = [row[0] for row in connection.execute("SELECT trade_id FROM fills ORDER BY venue_ms, rowid")]
    assert sorted(recorded, key=int) == [each.trade_id for each in venue.fills]
    totals = after.market.ledger.periods.inception
    assert totals.fills == len(venue.fills)
    assert totals.fees == venue.fees
    held, cash = Decimal(0), Decimal(0)
    for each in venue.fills:
        base = each.side.sign * after.market.instrument.size(each.size_lots) * Decimal("0.01")
        held += base
        cash -= base * after.market.instrument.price(each.price_ticks)
    price = Decimal(60_000)
    assert totals.realised + after.market.ledger.unrealised(price) == cash + held * price


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The scripted session in a journal that was never checkpointed, with the log's size at every commit."""
    folder = tmp_path_factory.mktemp("written")
    desk, venue = scripted()
    path = folder / JOURNAL_NAME
    connection = open_journal(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    log = path.with_name(JOURNAL_NAME + "-wal")
    commits: list[tuple[int, int]] = [(0, 0)]
    done, opened = 0, 0
    for step in desk.steps:
        if step:
            write(connection, step)
            done += sum(row[0] is FILL for row in step)
            commits.append((log.stat().st_size, done))
            if not opened and any(row[0] is BOOKS for row in step):
                opened = log.stat().st_size
    copies = path.read_bytes(), log.read_bytes()
    connection.close()
    return desk, venue, copies, commits, opened


def reopened(path: Path) -> sqlite3.Connection:
    """A journal opened as a session does; the death is of a process, so nothing need be forced to disk."""
    connection = open_journal(path)
    connection.execute("PRAGMA synchronous = OFF")
    return connection


def test_five_hundred_torn_logs_lose_nothing_that_was_committed(tmp_path, written):
    """Cut anywhere, with random bytes in the torn tail or none: every commit before the cut is whole."""
    desk, venue, (database, log), commits, opened = written
    dice = random.Random(20261120)
    path = tmp_path / JOURNAL_NAME
    for number in range(500):
        cut = dice.randint(0, len(log))
        tail = dice.randbytes(dice.choice([0, 1, 100, 4096, 9000])) if number % 2 else b""
        path.write_bytes(database)
        path.with_name(JOURNAL_NAME + "-wal").write_bytes(log[:cut] + tail)
        path.with_name(JOURNAL_NAME + "-shm").unlink(missing_ok=True)
        connection = reopened(path)
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        expected = max(fills for size, fills in commits if size <= cut)
        found = connection.execute("SELECT COUNT(*) FROM fills").fetchone()[0]
        assert found == expected, f"cut at {cut}"
        check_truth(connection, venue if cut >= opened else Venue(), desk)
        connection.close()


class Killed(BaseException):
    """The process is gone."""


class Mortal:
    """A connection that dies before its n-th statement and takes nothing any more."""

    def __init__(self, connection: sqlite3.Connection, lives: int) -> None:
        self._connection = connection
        self._lives = lives

    def execute(self, text: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        """Run a statement, or die."""
        if self._lives == 0:
            raise Killed
        self._lives -= 1
        return self._connection.execute(text, values)


def _write_until_death(
    connection: sqlite3.Connection, steps: list[list[Row]], lives: int
) -> tuple[int, bool]:
    """Commit step by step until the end comes; returns the fills committed by then, and if books were."""
    mortal, committed, has_books = Mortal(connection, lives), 0, False
    try:
        for step in steps:
            if not step:
                continue
            mortal.execute("BEGIN IMMEDIATE")
            for row in step:
                mortal.execute(*row)
            mortal.execute("COMMIT")
            committed += sum(row[0] is FILL for row in step)
            has_books = has_books or any(row[0] is BOOKS for row in step)
    except Killed:
        pass
    return committed, has_books


def _copy(source: Path, target: Path) -> None:
    for suffix in ("", "-wal"):
        shutil.copyfile(source.with_name(source.name + suffix), target.with_name(target.name + suffix))


def test_death_between_any_two_statements_gives_the_venues_truth(tmp_path):
    """For every statement of the session: killed before it, restarted, equal to the venue."""
    desk, venue = scripted()
    total = sum(len(step) + 2 for step in desk.steps if step)
    assert total > 100
    for lives in range(total + 1):
        folder = tmp_path / str(lives)
        folder.mkdir()
        path = folder / JOURNAL_NAME
        connection = reopened(path)
        committed, has_books = _write_until_death(connection, desk.steps, lives)
        dead = folder / "dead.sqlite"
        _copy(path, dead)
        connection.close()
        again = reopened(dead)
        assert again.execute("SELECT COUNT(*) FROM fills").fetchone()[0] == committed
        check_truth(again, venue if has_books else Venue(), desk)
        again.close()
        shutil.rmtree(folder)
