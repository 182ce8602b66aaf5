"""The host with its journals: recorded to the end, replayable, and sound under every fault of the disk."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from okxmm_tui.core.commands import Quit
from okxmm_tui.core.messages import JournalState
from okxmm_tui.engine.journal import log_path, read_log
from okxmm_tui.engine.reducer import Reducer
from okxmm_tui.engine.store import rows as make
from okxmm_tui.engine.store import writer
from okxmm_tui.engine.store.database import JOURNAL_NAME, open_journal
from okxmm_tui.engine.store.keeper import Keeper
from okxmm_tui.engine.store.reading import Journal
from okxmm_tui.engine.store.schema import VERSION
from okxmm_tui.engine.view import build_snapshot
from okxmm_tui.errors import JournalError
from tests.engine.store.desk import journal_of
from tests.engine.test_host import ListGateway, _host


async def _until(probe) -> None:
    """Let the engine run until something is so."""
    async with asyncio.timeout(20):
        while not probe():
            await asyncio.sleep(0)


def _alarms(host) -> dict[str, str]:
    return {alarm.key: alarm.text for alarm in build_snapshot(host.reducer, 1).alarms if not alarm.is_cleared}


async def _end(host, running) -> int:
    host._command(Quit("done"))
    async with asyncio.timeout(20):
        return await running


def test_rows_the_database_refuses_are_told(tmp_path):
    """A defect of ours must not leave a hole in the record that only a log file knows of."""
    keeper = Keeper(tmp_path, 1)
    keeper._store.start([])
    keeper._store.submit(1, [(make.NOTE, (1, 2, None, "info", "words", "{}"))], 5)
    keeper.close()
    told = keeper.news()
    assert told is not None
    assert told.notice == "1 entries were refused by the database, see okxmm.log"


async def test_a_session_is_recorded_from_start_to_exit_code(tmp_path):
    """Session, parameters, orders, notes and the end are in the tables; the event log replays as before."""
    gateway = ListGateway()
    host = _host(tmp_path, gateway, [])
    running = asyncio.create_task(host.run())
    async with asyncio.timeout(20):
        await gateway.quoted.wait()
    assert await _end(host, running) == 0
    with Journal.of(tmp_path) as journal:
        session = journal.last_session()
        assert session is not None
        assert (session.exit_code, session.mode, session.symbols) == (0, "sim", "BTC-USDT-SWAP")
        assert len(list(journal.orders())) >= 1
        assert [each.source for each in journal.params()] == ["start"]
    records = list(read_log(log_path(tmp_path, session.session_id)))
    assert any(isinstance(each.event, JournalState) for each in records)
    again = Reducer(records[0].event, records[0].at_ns)
    assert all(tuple(again.apply(each.event, each.at_ns)) == each.effects for each in records[1:])


async def test_a_full_disk_restrains_trading_until_there_is_room(tmp_path, monkeypatch):
    """The alarm says so, the market only reduces; with room again the alarm clears and nothing is missing."""
    gateway, state = ListGateway(), {"full": False}
    host = _host(tmp_path, gateway, [])
    original = writer.Store._commit

    def commit(self, batch):
        if not state["full"]:
            return original(self, batch)
        self.problem = "journal.sqlite: database or disk is full"
        return False

    monkeypatch.setattr(writer.Store, "_commit", commit)
    running = asyncio.create_task(host.run())
    async with asyncio.timeout(20):
        await gateway.quoted.wait()
    state["full"] = True
    await _until(lambda: "journal" in _alarms(host))
    market = host.reducer.session.markets["BTC-USDT-SWAP"]
    await _until(lambda: "disk is full" in market.only_reduce)
    state["full"] = False
    await _until(lambda: "journal" not in _alarms(host))
    assert await _end(host, running) == 0
    with Journal.of(tmp_path) as journal:
        kinds = [note.text for note in journal.notes(kind="alarm")]
    assert any("cannot be written" in text for text in kinds)
    assert any("can be written again" in text for text in kinds)


async def test_a_damaged_journal_is_said_in_the_session(tmp_path):
    """The file lies aside, the alarm names it, and the session trades on a new one."""
    (tmp_path / JOURNAL_NAME).write_bytes(b"nonsense " * 1_000)
    gateway = ListGateway()
    host = _host(tmp_path, gateway, [])
    running = asyncio.create_task(host.run())
    async with asyncio.timeout(20):
        await gateway.quoted.wait()
    (aside,) = tmp_path.glob("journal-damaged-*.sqlite")
    assert aside.name in _alarms(host)["journal-notice"]
    assert await _end(host, running) == 0


@pytest.mark.parametrize("fault", ["newer", "directory", "full"])
async def test_a_journal_that_cannot_be_used_refuses_the_start(tmp_path, monkeypatch, fault):
    """Of a newer version, not writable, or no room at all: the reason is said and no order was sent."""
    match fault:
        case "newer":
            connection = journal_of(tmp_path, [])
            connection.execute(f"PRAGMA user_version = {VERSION + 1}")
            connection.close()
        case "directory":
            (tmp_path / JOURNAL_NAME).mkdir()
        case _:

            def full(path):
                raise JournalError(f"The journal {path} could not be used: database or disk is full.")

            monkeypatch.setattr(writer, "open_journal", full)
    gateway = ListGateway()
    with pytest.raises(JournalError, match=r"newer version|could not be used"):
        await _host(tmp_path, gateway, []).run()
    assert gateway.seen == []


async def test_a_second_session_within_the_same_second_has_an_id_of_its_own(tmp_path):
    """Also when the clock went back: the id is larger than any before, so client order ids never repeat."""
    connection = open_journal(tmp_path / JOURNAL_NAME)
    future = 9_000_000_000
    connection.execute(
        "INSERT INTO sessions (session_id, started_ns, mode, account, tag, strategy, symbols) "
        "VALUES (?, 1, 'sim', 'a', 't', 's', 'x')",
        (future,),
    )
    connection.close()
    gateway = ListGateway()
    host = _host(tmp_path, gateway, [])
    running = asyncio.create_task(host.run())
    async with asyncio.timeout(20):
        await gateway.quoted.wait()
    assert await _end(host, running) == 0
    raw = sqlite3.connect(tmp_path / JOURNAL_NAME)
    assert raw.execute("SELECT MAX(session_id) FROM sessions").fetchone()[0] == future + 1
    raw.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_writer_that_died_is_a_problem_too(tmp_path, monkeypatch):
    """A defect in the writer's thread: the engine hears of it and only reduces."""
    gateway = ListGateway()
    host = _host(tmp_path, gateway, [])
    running = asyncio.create_task(host.run())
    async with asyncio.timeout(20):
        await gateway.quoted.wait()

    def broken(self, batch):
        raise RuntimeError("defect")

    monkeypatch.setattr(writer.Store, "_commit", broken)
    await _until(lambda: "writer has ended" in _alarms(host).get("journal", ""))
    assert await _end(host, running) == 0
