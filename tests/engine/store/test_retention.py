"""Old rows leave the journal, money never does, and a journal stops to grow."""

from __future__ import annotations

import sqlite3

from okxmm_tui.engine.store import retention
from okxmm_tui.engine.store import rows as make
from okxmm_tui.engine.store.database import JOURNAL_NAME, open_journal
from okxmm_tui.engine.store.retention import Retention
from okxmm_tui.engine.store.writer import Store
from tests.engine.store.desk import RecordedDesk, Venue, journal_of, write
from tests.engine.store.test_writer import count, fill_row, wait_for
from tests.samples import SECOND, START_NS

DAY_NS = 86_400 * SECOND
KEPT = ("sessions", "orders", "fills", "bills", "params", "notes", "books")


def order_event(number: int, at_ns: int) -> make.Row:
    """Something happened to an order."""
    return make.ORDER_EVENT, (1, at_ns, "BTC-USDT-SWAP", str(number), "amend", "1 @ 60000")


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    """Rows of every table."""
    names = (*KEPT, "order_events", "snapshots")
    asked = (connection.execute(f"SELECT COUNT(*) FROM {name}") for name in names)  # noqa: S608 - our names
    return dict(zip(names, (each.fetchone()[0] for each in asked), strict=True))


def test_order_events_and_snapshots_go_and_everything_else_stays(tmp_path):
    """A session of three minutes, a day later: its last snapshot is left, and every other table is whole."""
    desk, venue = RecordedDesk(), Venue()
    bid, _ = desk.quoting()
    desk.execute(venue, bid, "0.3")
    desk.run(181_000)
    connection = journal_of(tmp_path, desk.rows)
    before = counts(connection)
    assert before["fills"] == 1
    assert before["order_events"] > 3
    assert before["snapshots"] == 3
    last = connection.execute("SELECT MAX(seq) FROM snapshots").fetchone()
    retained = Retention(DAY_NS)
    assert retained.remove(connection, desk.now_ns) == 0
    assert counts(connection) == before
    removed = retained.remove(connection, desk.now_ns + DAY_NS + 1)
    after = counts(connection)
    assert removed == before["order_events"] + 2
    assert (after["order_events"], after["snapshots"]) == (0, 1)
    assert connection.execute("SELECT seq FROM snapshots").fetchone() == last
    assert {name: after[name] for name in KEPT} == {name: before[name] for name in KEPT}
    connection.close()


def test_a_long_backlog_goes_batch_by_batch_and_then_rests(tmp_path, monkeypatch):
    """Due again at once while there is more, ten minutes later when there is not; newer rows stay."""
    monkeypatch.setattr(retention, "BATCH", 10)
    old = [order_event(number, START_NS + number) for number in range(25)]
    connection = journal_of(tmp_path, [*old, order_event(99, START_NS + 2 * DAY_NS)])
    retained, now_ns = Retention(DAY_NS), START_NS + 2 * DAY_NS
    removed = []
    while retained.is_due(now_ns):
        removed.append(retained.remove(connection, now_ns))
    assert removed == [10, 10, 5]
    assert connection.execute("SELECT cl_ord_id FROM order_events").fetchall() == [("99",)]
    assert not retained.is_due(now_ns + retention.EVERY_NS - 1)
    assert retained.is_due(now_ns + retention.EVERY_NS)
    connection.close()


def test_nothing_is_removed_without_an_age(tmp_path):
    """0 days is for ever."""
    connection = journal_of(tmp_path, [order_event(1, 1)])
    retained = Retention(None)
    assert not retained.is_due(START_NS)
    assert retained.remove(connection, START_NS) == 0
    connection.close()


def test_the_file_does_not_grow_once_as_much_leaves_as_comes(tmp_path):
    """Twenty days of which one is kept: what was freed is written again."""
    path, sizes = tmp_path / JOURNAL_NAME, []
    connection, retained = open_journal(path), Retention(DAY_NS)
    for day in range(20):
        at_ns = START_NS + day * DAY_NS
        write(connection, [order_event(number, at_ns + number) for number in range(2_000)])
        retained.postpone(0)
        while retained.is_due(at_ns + DAY_NS):
            retained.remove(connection, at_ns + DAY_NS)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        sizes.append(path.stat().st_size)
    connection.close()
    assert sizes[0] > 100_000
    assert max(sizes[3:]) <= 2.2 * sizes[0]


class Refusing:
    """A connection that commits rows and refuses to remove any."""

    def __init__(self, path):
        self._connection = open_journal(path)

    def execute(self, text, values=()):
        """Fail on the first removal."""
        if text.startswith("DELETE"):
            raise sqlite3.OperationalError("database or disk is full")
        return self._connection.execute(text, values)

    def __getattr__(self, name):
        return getattr(self._connection, name)


def test_the_writer_removes_by_the_sessions_own_time(tmp_path):
    """Rows a day older than the newest step go by themselves."""
    path = tmp_path / JOURNAL_NAME
    store = Store(path, open_journal(path))
    store.start([order_event(1, START_NS), fill_row(1)], DAY_NS)
    wait_for(lambda: store.waiting == 0)
    store.submit(1, [order_event(2, START_NS + 2 * DAY_NS)], START_NS + 2 * DAY_NS)
    wait_for(lambda: store.recorded_step == 1 and count(path, "order_events") == 1)
    store.close()
    assert count(path, "fills") == 1


def test_a_disk_that_refuses_to_remove_costs_and_doubles_nothing(tmp_path, caplog):
    """The rows are there once, recording goes on, and the log says why nothing was removed."""
    path = tmp_path / JOURNAL_NAME
    store = Store(path, Refusing(path), opener=Refusing)  # pyright: ignore
    store.start([order_event(1, START_NS)], DAY_NS)
    for step in (1, 2):
        store.submit(step, [order_event(step + 1, START_NS)], START_NS + 2 * DAY_NS)
        wait_for(lambda wanted=step: store.recorded_step == wanted)
    store.close()
    assert store.problem == ""
    assert count(path, "order_events") == 3
    assert "could not be removed" in caplog.text
