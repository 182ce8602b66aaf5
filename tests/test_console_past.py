"""The day before a console opened, read from the journal."""

from __future__ import annotations

import sqlite3

import pytest
from msgspec import structs

from okxmm_tui.console.history import History
from okxmm_tui.console.port import Past
from okxmm_tui.console_files import StateFiles
from okxmm_tui.core.snapshot import Snapshot
from okxmm_tui.core.types import Mode, Side
from okxmm_tui.engine.store.database import JOURNAL_NAME
from okxmm_tui.engine.store.reading import Journal
from okxmm_tui.engine.view import build_snapshot
from okxmm_tui.errors import JournalError
from tests.console.harness import Bench, running
from tests.engine.store.desk import RecordedDesk, Venue, journal_of, restarted, write
from tests.samples import SECOND, START_NS


def two_sessions(folder) -> RecordedDesk:
    """A session with a fill that was killed, and the one after it, which read back another."""
    desk, venue = RecordedDesk(), Venue()
    bid, _ = desk.quoting()
    desk.execute(venue, bid, "0.3")
    desk.run(61_000)
    connection = journal_of(folder, desk.rows)
    venue.trade(Side.BUY, "59999.5", "0.2", bid, desk.now_ns // 1_000_000)
    after = restarted(connection, venue, session_id=START_NS // SECOND + 90, now_ns=desk.now_ns + SECOND)
    write(connection, after.rows)
    connection.close()
    return after


def shown(desk: RecordedDesk) -> Snapshot:
    """What its engine shows."""
    return build_snapshot(desk.reducer, 1)


async def was_read(bench: Bench) -> None:
    """The console has asked the journal, and drawn the answer."""
    for worker in [each for each in bench.app.workers if each.name == "past"]:
        await worker.wait()
    await bench.settle()


def test_the_blotter_begins_with_the_day_of_the_account(tmp_path):
    """Orders and fills of the session before, as they ended; what the picture has is there once."""
    after = two_sessions(tmp_path)
    snapshot = shown(after)
    history = History()
    history.observe(snapshot)
    seen = dict(history.orders), dict(history.fills)
    assert len(seen[1]) < 2
    history.take_past(StateFiles(tmp_path).past(snapshot), snapshot)
    size = after.market.instrument.size_text
    assert [size(each.fill.size_lots) for each in history.fills.values()] == ["0.30", "0.20"]
    with Journal.of(tmp_path) as journal:
        assert list(history.orders) == [row.cl_ord_id for row in journal.orders()]
    assert all(history.orders[key] is each for key, each in seen[0].items())
    assert all(history.fills[key] is each for key, each in seen[1].items())


def test_an_embedded_exchange_begins_anew_and_so_does_its_day(tmp_path):
    """Sessions of the simulator have accounts of their own: those before it are no part of this one's day."""
    after = two_sessions(tmp_path)
    snapshot = structs.replace(shown(after), mode=Mode.SIM)
    past = StateFiles(tmp_path).past(snapshot)
    assert len(past.fills) == 1


def test_yesterday_is_another_day(tmp_path):
    """A picture of the next day finds nothing of this one."""
    after = two_sessions(tmp_path)
    tomorrow = structs.replace(shown(after), at_ns=after.now_ns + 86_400 * SECOND)
    assert StateFiles(tmp_path).past(tomorrow) == Past()


def test_what_is_traded_no_more_has_no_row(tmp_path):
    """An instrument the session does not have has no tick and no lot here."""
    after = two_sessions(tmp_path)
    assert StateFiles(tmp_path).past(structs.replace(shown(after), markets=())) == Past()


def test_the_newest_come_first_where_there_are_too_many(tmp_path, monkeypatch):
    """What is kept is what happened last, in its order, and nothing seen makes room for it."""
    after = two_sessions(tmp_path)
    monkeypatch.setattr("okxmm_tui.console.history.MOST_ORDERS", 1)
    snapshot = shown(after)
    past = StateFiles(tmp_path).past(snapshot)
    history = History()
    history.take_past(past, snapshot)
    assert list(history.orders) == [past.orders[-1].order.cl_ord_id]
    assert len(past.orders) > 1


async def test_a_console_shows_the_day_and_says_when_it_cannot(tmp_path):
    """The rows of the session before stand in the blotter; a damaged journal costs them, and that is said."""
    after = two_sessions(tmp_path)
    snapshot = shown(after)
    async with running(snapshot, files=StateFiles(tmp_path)) as bench:
        await was_read(bench)
        await bench.press("3")
        rows = bench.text().splitlines()
        assert any("FILLS OF THE DAY" in row and row.split()[-2] == "2" for row in rows)
    (tmp_path / JOURNAL_NAME).write_bytes(b"no database" * 1_000)
    with pytest.raises(JournalError):
        StateFiles(tmp_path).past(snapshot)
    async with running(snapshot, files=StateFiles(tmp_path)) as bench:
        await was_read(bench)
        assert "is not shown" in bench.text("#status")


async def test_a_row_nobody_wrote_does_not_end_the_console(tmp_path):
    """A word of the journal that is none of ours is said, and everything else goes on."""
    after = two_sessions(tmp_path)
    with sqlite3.connect(tmp_path / JOURNAL_NAME) as connection:
        connection.execute("UPDATE fills SET side = 'sideways'")
    async with running(shown(after), files=StateFiles(tmp_path)) as bench:
        await was_read(bench)
        assert "'sideways'" in bench.text("#status")


def test_without_a_journal_there_is_no_past(tmp_path):
    """Nothing to read is no problem."""
    assert StateFiles(tmp_path).past(shown(RecordedDesk())) == Past()
