"""Typed questions to a journal, also while a session writes it.

    with Journal.of(state_dir) as journal:
        for fill in journal.fills(Span.day(date(2026, 11, 20))):
            ...

Every question takes a ``Span``: a session, a time, both or neither. Answers come oldest first and are read
row by row, so that a large journal needs no large memory. Money, prices and sizes are exact ``Decimal``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from okxmm_tui.core.types import Mode
from okxmm_tui.engine.store.accounts import SAME_ACCOUNT
from okxmm_tui.engine.store.database import JOURNAL_NAME, read_journal
from okxmm_tui.errors import JournalError

T = TypeVar("T", bound=Struct)
NS_PER_MS = 1_000_000


class Span(Struct, frozen=True):
    """Which rows are meant; everything by default."""

    session_id: int | None = None
    since_ns: int | None = None
    """From this time on, Unix ns."""
    until_ns: int | None = None
    """Before this time."""
    inst_id: str | None = None
    newest: int | None = None
    """Only so many rows, those that would come last."""

    def newest_of(self, most: int) -> Span:
        """The same, at most so many rows of it."""
        return msgspec.structs.replace(self, newest=most)

    @classmethod
    def day(cls, day: date, *, session_id: int | None = None, inst_id: str | None = None) -> Span:
        """One UTC day."""
        start = datetime.combine(day, time(), UTC)
        since, until = (int(each.timestamp()) * 1_000_000_000 for each in (start, start + timedelta(days=1)))
        return cls(session_id, since, until, inst_id)


class SessionRow(Struct, frozen=True):
    """One run of the engine."""

    session_id: int
    started_ns: int
    mode: str
    account: str
    tag: str
    strategy: str
    """It started with."""
    symbols: str
    """Instrument ids between commas."""
    ended_ns: int | None
    """None while it runs, and for ever when it was killed."""
    exit_code: int | None
    last_words: str | None
    program: str
    """Version of the program; empty where it was not written down."""


class OrderRow(Struct, frozen=True):
    """One order as it stands, or as it ended."""

    session_id: int
    cl_ord_id: str
    inst_id: str
    ord_id: str
    side: str
    kind: str
    """OKX ordType."""
    price: Decimal
    size: Decimal
    """Contracts, or base currency for spot."""
    reduce_only: bool
    params_version: int
    reason: str
    """The last decision on it."""
    created_ns: int
    state: str
    """``sent``, ``live``, ``amending``, ``cancelling``, ``unknown``; or how it ended: ``filled``,
    ``canceled``, ``refused`` (never in the book), ``absent`` (the venue does not know it)."""
    filled: Decimal
    cancel_source: str
    """OKX cancelSource."""
    updated_ns: int
    position_side: str


class OrderEventRow(Struct, frozen=True):
    """One thing that happened to an order."""

    seq: int
    session_id: int
    at_ns: int
    inst_id: str
    cl_ord_id: str
    kind: str
    """``place``, ``amend``, ``cancel`` (asked for); ``accepted``, ``refused``, ``unknown`` (answers); else
    the venue's state."""
    text: str


class FillRow(Struct, frozen=True):
    """One execution."""

    scope: str
    """The account its trade id is unique in."""
    inst_id: str
    trade_id: str
    session_id: int
    """Session that booked it: a fill that was missed belongs to the one that read it back."""
    ord_id: str
    cl_ord_id: str
    side: str
    price: Decimal
    size: Decimal
    fee: Decimal
    """OKX sign: negative is charged."""
    fee_ccy: str
    liquidity: str
    """``M`` or ``T``."""
    realised: Decimal
    """In quote currency, before fees."""
    mid: Decimal | None
    """Of the moment it was booked; None without a live book."""
    venue_ms: int
    at_ns: int
    position_side: str
    tag: str
    params_version: int


class BillRow(Struct, frozen=True):
    """One change of a balance that no fill explains."""

    scope: str
    bill_id: str
    session_id: int
    bill_type: str
    """OKX bill type."""
    inst_id: str
    ccy: str
    change: Decimal
    venue_ms: int


class ParamsRow(Struct, frozen=True):
    """One change of parameters or strategy, and the values a session started with."""

    seq: int
    session_id: int
    at_ns: int
    inst_id: str
    source: str
    """``start``, ``key``, ``editor``, ``preset``, ``file``, ``undo``, ``revert`` or ``command``."""
    text: str
    version: int
    """Orders and fills carry it."""


class NoteRow(Struct, frozen=True):
    """One line for people: states, alarms, notices, rejects, limits."""

    seq: int
    session_id: int
    at_ns: int
    kind: str
    severity: str
    text: str
    fields: dict[str, str | int]


class SnapshotRow(Struct, frozen=True):
    """Position and PnL of one market, once a minute and at the end; figures are the session's."""

    seq: int
    session_id: int
    at_ns: int
    inst_id: str
    position: Decimal
    average: Decimal | None
    mid: Decimal | None
    mark: Decimal | None
    realised: Decimal
    unrealised: Decimal
    fees: Decimal
    net: Decimal
    equity: Decimal | None
    """Of the settlement currency."""


class Journal:
    """A journal opened for reading.

    Raises:
        JournalError: There is none, it is of another version, or it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = read_journal(path)

    @classmethod
    def of(cls, state_dir: Path) -> Journal:
        """The journal of a state directory."""
        return cls(state_dir / JOURNAL_NAME)

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    # -- questions -------------------------------------------------------------------------------------

    def sessions(self, span: Span = Span()) -> Iterator[SessionRow]:  # noqa: B008 - frozen
        """Sessions by their start."""
        return self._read(SessionRow, "sessions", "started_ns", span, order="session_id")

    def sessions_of_account(self, mode: Mode, account: str) -> list[int]:
        """Sessions on one account, by its number, or by its key's name where the venue gives no number."""
        text = f"SELECT s.session_id FROM sessions s WHERE s.mode = ? AND {SAME_ACCOUNT}"  # noqa: S608 - our own
        try:
            return [row[0] for row in self._connection.execute(text, (mode.value, account))]
        except sqlite3.Error as error:
            raise self._unreadable(error) from error

    def last_session(self) -> SessionRow | None:
        """The newest session; None in an empty journal."""
        rows = self._connection.execute("SELECT MAX(session_id) FROM sessions").fetchone()
        return next(self.sessions(Span(session_id=rows[0])), None) if rows[0] is not None else None

    def last_sign_ns(self, session_id: int) -> int | None:
        """When a session last wrote a note or its minute's totals: how long a killed one ran, to a minute."""
        row = self._connection.execute(
            "SELECT MAX(at_ns) FROM (SELECT MAX(at_ns) AS at_ns FROM notes WHERE session_id = ?1 "
            "UNION ALL SELECT MAX(at_ns) FROM snapshots WHERE session_id = ?1)",
            (session_id,),
        ).fetchone()
        return row[0]

    def orders(self, span: Span = Span()) -> Iterator[OrderRow]:  # noqa: B008 - frozen
        """Orders by the time they were made."""
        return self._read(OrderRow, "orders", "created_ns", span, order="created_ns, cl_ord_id")

    def order_events(
        self,
        span: Span = Span(),  # noqa: B008 - frozen
        cl_ord_id: str | None = None,
    ) -> Iterator[OrderEventRow]:
        """What happened to orders, or to one of them."""
        chosen = {"cl_ord_id": cl_ord_id} if cl_ord_id is not None else {}
        return self._read(OrderEventRow, "order_events", "at_ns", span, order="seq", **chosen)

    def fills(self, span: Span = Span()) -> Iterator[FillRow]:  # noqa: B008 - frozen
        """Fills by the venue's time."""
        return self._read(FillRow, "fills", "venue_ms", span, order="venue_ms, rowid")

    def bills(self, span: Span = Span()) -> Iterator[BillRow]:  # noqa: B008 - frozen
        """Funding, interest, transfers and the like by the venue's time."""
        return self._read(BillRow, "bills", "venue_ms", span, order="venue_ms, rowid")

    def params(self, span: Span = Span()) -> Iterator[ParamsRow]:  # noqa: B008 - frozen
        """Changes of parameters."""
        return self._read(ParamsRow, "params", "at_ns", span, order="seq")

    def notes(
        self,
        span: Span = Span(),  # noqa: B008 - frozen
        kind: str | None = None,
    ) -> Iterator[NoteRow]:
        """Lines for people, or those of one kind (``state``, ``alarm``, ``notice``, ...)."""
        chosen = {"kind": kind} if kind is not None else {}
        return self._read(NoteRow, "notes", "at_ns", span, order="seq", **chosen)

    def snapshots(self, span: Span = Span()) -> Iterator[SnapshotRow]:  # noqa: B008 - frozen
        """Position and PnL through time."""
        return self._read(SnapshotRow, "snapshots", "at_ns", span, order="seq")

    # -- answers ---------------------------------------------------------------------------------------

    def _read(
        self, form: type[T], table: str, clock: str, span: Span, *, order: str, **chosen: str
    ) -> Iterator[T]:
        names = form.__struct_fields__
        unit = NS_PER_MS if clock.endswith("_ms") else 1
        wanted: list[tuple[str, object]] = [(f"{name} = ?", value) for name, value in chosen.items()]
        if span.session_id is not None:
            wanted.append(("session_id = ?", span.session_id))
        if span.inst_id is not None and "inst_id" in names:
            wanted.append(("inst_id = ?", span.inst_id))
        if span.since_ns is not None:
            wanted.append((f"{clock} >= ?", -(-span.since_ns // unit)))
        if span.until_ns is not None:
            wanted.append((f"{clock} < ?", -(-span.until_ns // unit)))
        where = f" WHERE {' AND '.join(words for words, _ in wanted)}" if wanted else ""
        text = f"SELECT {', '.join(names)} FROM {table}{where} ORDER BY {order}"  # noqa: S608 - our own names
        values = [value for _, value in wanted]
        if span.newest is not None:
            last = ", ".join(f"{name} DESC" for name in order.split(", "))
            inner = f"SELECT *, rowid FROM {table}{where} ORDER BY {last} LIMIT ?"  # noqa: S608 - the same
            text = f"SELECT {', '.join(names)} FROM ({inner}) ORDER BY {order}"  # noqa: S608 - the same
            values.append(span.newest)
        try:
            for row in self._connection.execute(text, values):
                yield msgspec.convert(_plain(dict(row)), form, strict=False)
        except (sqlite3.Error, msgspec.ValidationError) as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> JournalError:
        return JournalError(
            f"The journal {self.path} could not be read: {error}.",
            "Start a session on it once: a damaged journal is put aside and a new one begun.",
        )


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    for name in ("average", "mid", "mark", "equity"):
        if row.get(name) == "":
            row[name] = None
    if "fields" in row:
        row["fields"] = msgspec.json.decode(row["fields"])
    return row
