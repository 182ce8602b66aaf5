"""Typed answers by session, day, time and market, and CSV with stable columns."""

from __future__ import annotations

import csv
import io
import sqlite3
from datetime import date
from decimal import Decimal

import pytest

from okxmm_tui.engine.store.database import JOURNAL_NAME
from okxmm_tui.engine.store.export import FILL_COLUMNS, ORDER_COLUMNS, utc, write_fills, write_orders
from okxmm_tui.engine.store.reading import Journal, Span
from okxmm_tui.engine.store.schema import STEPS, VERSION
from okxmm_tui.errors import JournalError
from tests.engine.store.desk import RecordedDesk, Venue, journal_of, restarted, write
from tests.samples import INST, SECOND, START_NS

DAY = date(2026, 11, 20)


@pytest.fixture
def journal(tmp_path):
    """Two sessions: one fill in each."""
    desk, venue = RecordedDesk(), Venue()
    bid, _ = desk.quoting()
    desk.execute(venue, bid, "0.3")
    desk.run(61_000)
    connection = journal_of(tmp_path, desk.rows)
    venue.trade(desk.market.orders.get(bid).side, "59999.5", "0.2", bid, desk.now_ns // 1_000_000)
    after = restarted(connection, venue, session_id=START_NS // SECOND + 90, now_ns=desk.now_ns + SECOND)
    write(connection, after.rows)
    connection.close()
    with Journal.of(tmp_path) as opened:
        yield opened


def test_answers_are_narrowed_by_session_day_time_and_market(journal):
    """Each way of asking gives its rows and no others."""
    first, second = (each.session_id for each in journal.sessions())
    assert [each.size for each in journal.fills()] == [Decimal("0.30"), Decimal("0.20")]
    assert [each.size for each in journal.fills(Span(session_id=second))] == [Decimal("0.20")]
    assert len(list(journal.fills(Span.day(DAY)))) == 2
    assert list(journal.fills(Span.day(date(2026, 11, 21)))) == []
    assert list(journal.fills(Span(inst_id="OTHER"))) == []
    late = Span(since_ns=START_NS + 60 * SECOND)
    assert [each.session_id for each in journal.fills(late)] == [second]
    assert [each.session_id for each in journal.fills(Span(until_ns=START_NS + 60 * SECOND))] == [first]
    assert len(list(journal.snapshots(Span(session_id=first)))) == 1
    assert {each.kind for each in journal.notes(kind="notice")} == {"notice"}
    assert journal.last_session().session_id == second
    assert [each.source for each in journal.params()] == ["start", "start"]


def test_the_newest_rows_come_in_the_usual_order(journal):
    """At most so many, those that would come last, oldest first; of every table that is asked for them."""
    for ask in (journal.fills, journal.orders, journal.notes, journal.sessions, journal.order_events):
        everything = list(ask())
        assert len(everything) > 1
        assert list(ask(Span(newest=1))) == everything[-1:]
        assert list(ask(Span().newest_of(1_000))) == everything


def test_rows_keep_exact_figures(journal):
    """Prices and fees come back as the very decimals that were written."""
    fill = next(journal.fills())
    assert (str(fill.fee), str(fill.size)) == ("-0.02", "0.30")
    order = next(journal.orders())
    assert order.price == order.price.quantize(Decimal("0.1"))
    assert order.reduce_only is False


def test_a_journal_is_read_where_nothing_can_be_written(tmp_path, monkeypatch):
    """On a read-only disk SQLite refuses: it is read as it lies, but never past the log of a crash."""
    journal_of(tmp_path, RecordedDesk().rows).close()
    connect = sqlite3.connect

    def refusing(name: str, **options: object) -> sqlite3.Connection:
        if name.endswith("?mode=ro"):
            error = sqlite3.OperationalError("unable to open database file")
            error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
            raise error
        return connect(name, **options)  # pyright: ignore

    monkeypatch.setattr(sqlite3, "connect", refusing)
    with Journal.of(tmp_path) as journal:
        assert journal.last_session() is not None
    (tmp_path / f"{JOURNAL_NAME}-wal").write_bytes(b"rows that are not in the file yet")
    with pytest.raises(JournalError, match="could not be used"):
        Journal.of(tmp_path)


def test_a_journal_of_the_version_before_is_read_as_it_is(tmp_path):
    """An archive needs no session to be started on it; one that is older still, or newer, says what to do."""
    path = tmp_path / JOURNAL_NAME
    raw = sqlite3.connect(path)
    for statement in (*STEPS[0], *STEPS[1]):
        raw.execute(statement)
    raw.execute("INSERT INTO sessions VALUES (7, 1, 'demo', 'test', 't', 's', 'x', NULL, NULL, NULL, 'p')")
    raw.commit()
    for version in (1, 2, VERSION + 1):
        raw.execute(f"PRAGMA user_version = {version}")
        if version == 2:
            with Journal(path) as journal:
                assert [each.session_id for each in journal.sessions()] == [7]
        else:
            with pytest.raises(JournalError, match="Start a session on it once"):
                Journal(path)
    raw.close()


def test_a_journal_that_is_not_there_is_refused(tmp_path):
    """With the words what to give instead."""
    with pytest.raises(JournalError, match="no journal"):
        Journal.of(tmp_path)


def test_fills_as_csv(journal):
    """Header and rows; times in UTC, money without exponents."""
    out = io.StringIO(newline="")
    assert write_fills(journal.fills(), out) == 2
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert tuple(rows[0]) == FILL_COLUMNS
    assert rows[0]["venue_utc"].startswith("2026-11-20T08:00:0")
    assert rows[0]["venue_utc"].endswith("Z")
    assert (rows[0]["inst_id"], rows[0]["size"]) == (INST, "0.30")


def test_orders_as_csv(journal):
    """Words that begin like a formula are quoted; every row has every column."""
    out = io.StringIO(newline="")
    count = write_orders(journal.orders(), out)
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert len(rows) == count >= 2
    assert tuple(rows[0]) == ORDER_COLUMNS
    assert {row["kind"] for row in rows} == {"post_only"}
    assert not any(row["reason"].startswith(("=", "+", "-", "@")) for row in rows)


def test_the_columns_are_what_they_were():
    """Scripts depend on them: only ever add at the end."""
    assert FILL_COLUMNS[:6] == ("venue_utc", "booked_utc", "inst_id", "side", "price", "size")
    assert ORDER_COLUMNS[:6] == ("created_utc", "updated_utc", "inst_id", "side", "kind", "price")
    assert utc(START_NS + 1_999_999) == "2026-11-20T08:00:00.001Z"
