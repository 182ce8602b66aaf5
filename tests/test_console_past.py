"""The day before a console opened, read from the journal."""

from __future__ import annotations

import sqlite3
from decimal import Decimal

import pytest
from msgspec import structs

from okxmm_tui.console.history import History
from okxmm_tui.console.port import Past
from okxmm_tui.console.screens.live_modal import WhyPanel
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
    assert StateFiles(tmp_path).past(structs.replace(shown(after), markets=())) == Past(left_out=4)


def test_a_size_is_never_rounded(tmp_path):
    """The lot has become a contract, the tick ten dollars: what these cannot tell is left out and counted."""
    after = two_sessions(tmp_path)
    (market,) = shown(after).markets
    for coarse in ({"lot_size": Decimal(1)}, {"tick_size": Decimal(10)}):
        changed = structs.replace(market, instrument=structs.replace(market.instrument, **coarse))
        past = StateFiles(tmp_path).past(structs.replace(shown(after), markets=(changed,)))
        assert not past.fills
        assert len(past.orders) + past.left_out == 4


def test_the_name_of_a_key_is_no_account(tmp_path):
    """A key of one name on another account, and a key of another name on this one."""
    after = two_sessions(tmp_path)
    with sqlite3.connect(tmp_path / JOURNAL_NAME) as connection:
        connection.execute("UPDATE sessions SET account_id = '77'")
    others = structs.replace(shown(after), session_id=1, account_id="78")
    assert StateFiles(tmp_path).past(others) == Past()
    renamed = structs.replace(shown(after), session_id=1, account_id="77", account="another key")
    assert len(StateFiles(tmp_path).past(renamed).fills) == 2


def test_what_came_after_the_picture_is_left_to_the_console(tmp_path):
    """It sees that for itself, and follows where the market goes after it."""
    after = two_sessions(tmp_path)
    early = structs.replace(shown(after), at_ns=START_NS + 30 * SECOND)
    assert len(StateFiles(tmp_path).past(early).fills) == 1


def test_an_old_order_that_still_works_stands_at_its_time(tmp_path):
    """The blotter is read by time, whether a row comes from the journal or from the picture."""
    after = two_sessions(tmp_path)
    snapshot = shown(after)
    past = StateFiles(tmp_path).past(snapshot)
    old = structs.replace(past.orders[0].order, cl_ord_id="old", created_ns=1, status="live")
    (market,) = snapshot.markets
    history = History()
    history.observe(structs.replace(snapshot, markets=(structs.replace(market, orders=(old,)),)))
    history.take_past(past, snapshot)
    assert next(iter(history.orders)) == "old"
    assert len(history.orders) > 1


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
        assert "in the report alone" not in bench.text("#status")
        await bench.press("w")
        told = "".join(text for line in bench.app.screen.query_one(WhyPanel)._lines for text, _ in line)
        assert "what followed is in the journal" in told
        assert "placed by" not in told
    (tmp_path / JOURNAL_NAME).write_bytes(b"no database" * 1_000)
    with pytest.raises(JournalError):
        StateFiles(tmp_path).past(snapshot)
    async with running(snapshot, files=StateFiles(tmp_path)) as bench:
        await was_read(bench)
        assert "is not shown" in bench.text("#status")


async def test_what_cannot_be_shown_is_counted(tmp_path):
    """One line says how many rows stand in the report alone."""
    after = two_sessions(tmp_path)
    (market,) = shown(after).markets
    eth = structs.replace(market, instrument=structs.replace(market.instrument, inst_id="ETH-USDT-SWAP"))
    async with running(structs.replace(shown(after), markets=(eth,)), files=StateFiles(tmp_path)) as bench:
        await was_read(bench)
        assert "4 orders and fills of the day are in the report alone" in bench.text("#status")


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
