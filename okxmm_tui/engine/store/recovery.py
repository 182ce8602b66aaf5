"""Reads what a new session takes up from the journal: books, the day, orders nobody saw gone, and the clock.

The saved books of a market are at most a few seconds old; the fills recorded after them are booked here, and
what never reached the disk is read back from the venue by the first merge. A blob that is damaged is rebuilt
from the recorded fills. All of it is a matter of the account: sessions of the embedded exchange, which begins
a new account every time, take up nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from decimal import Decimal

from msgspec import Struct, structs

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.ledger import Ledger
from okxmm_tui.core.messages import Fill
from okxmm_tui.core.position_sides import SidePositions
from okxmm_tui.core.restored import LeftOrder, Restored, SavedDay, SavedMarket
from okxmm_tui.core.spot_balance import SpotHolding
from okxmm_tui.core.trading_state import TradingState
from okxmm_tui.core.types import Liquidity, Mode, PositionSide, Side
from okxmm_tui.engine.store.accounts import SAME_ACCOUNT, claim_account
from okxmm_tui.engine.store.books import books_scope, read_books
from okxmm_tui.engine.store.rows import is_carried_on
from okxmm_tui.errors import WireError

HALTED = f"{TradingState.HALTED}: "
ENDED = ("filled", "canceled", "mmp_canceled", "refused", "absent")
LOOKBACK_MS = 300_000
"""Trade ids are known from this long before the time the venue's lists had been read up to."""
CLOCK_TOLERANCE_NS = 1_000_000_000
_FILL_COLUMNS = (
    "inst_id, trade_id, ord_id, cl_ord_id, side, price, size, fee, fee_ccy, liquidity, venue_ms, tag, "
    "position_side"
)


class Past(Struct, frozen=True):
    """What the journal holds for a new session."""

    last_session_id: int
    """0 when there was none. The new session's id must be larger: client order ids begin with it."""
    restored: Restored | None
    notices: tuple[str, ...] = ()
    """What was wrong and what was done about it."""


def read_past(
    connection: sqlite3.Connection,
    mode: Mode,
    account: str,
    instruments: Sequence[Instrument],
    now_ns: int,
    *,
    account_id: str = "",
) -> Past:
    """Read everything a new session takes up.

    Args:
        connection: To the journal.
        mode: Venue of the session.
        account: Name of its key; the account itself where the venue gives it no number.
        instruments: What it will trade.
        now_ns: Now.
        account_id: Number of its account.

    Raises:
        sqlite3.Error: The journal could not be read.
    """
    row = connection.execute("SELECT COALESCE(MAX(session_id), 0) FROM sessions").fetchone()
    notices = list(_clock_notice(connection, now_ns))
    if not is_carried_on(mode):
        return Past(row[0], None, tuple(notices))
    if account_id:
        claim_account(connection, mode.value, account, account_id)
    account = account_id or account
    scope = f"{mode.value}/{account}"
    markets = [_market(connection, scope, each, notices) for each in instruments]
    restored = Restored(
        markets=tuple(each for each in markets if each is not None),
        day=_day(connection, scope, notices),
        orders=_left_orders(connection, mode, account, {each.inst_id for each in instruments}),
        halted=_halted(connection, mode, account),
    )
    return Past(row[0], restored, tuple(notices))


def _clock_notice(connection: sqlite3.Connection, now_ns: int) -> Iterable[str]:
    last = connection.execute(
        "SELECT MAX((SELECT COALESCE(MAX(started_ns), 0) FROM sessions), "
        "(SELECT COALESCE(MAX(ended_ns), 0) FROM sessions), "
        "COALESCE((SELECT at_ns FROM notes ORDER BY seq DESC LIMIT 1), 0))"
    ).fetchone()[0]
    if last > now_ns + CLOCK_TOLERANCE_NS:
        yield (
            f"the clock of this machine is {(last - now_ns) / 1e9:.0f} s behind the journal's last entry; "
            "set it right: times in the journal are out of order"
        )


def _day(connection: sqlite3.Connection, scope: str, notices: list[str]) -> SavedDay | None:
    row = connection.execute("SELECT state, crc FROM books WHERE scope = ?", (books_scope(scope),)).fetchone()
    if row is None:
        return None
    day = read_books(row[0], row[1], SavedDay)
    if day is None:
        notices.append("the saved PnL of the day was damaged: the day's loss counts from this session on")
    return day


def _halted(connection: sqlite3.Connection, mode: Mode, account: str) -> str:
    """Reason of a kill that nobody has lifted; leaving in order is none."""
    row = connection.execute(
        "SELECT n.text FROM notes n JOIN sessions s USING (session_id) "  # noqa: S608 - our own words
        f"WHERE n.kind = 'state' AND s.mode = ? AND {SAME_ACCOUNT} AND n.text NOT LIKE 'quitting:%' "
        "ORDER BY n.seq DESC LIMIT 1",
        (mode.value, account),
    ).fetchone()
    return row[0].removeprefix(HALTED) if row is not None and row[0].startswith(HALTED) else ""


def _left_orders(
    connection: sqlite3.Connection, mode: Mode, account: str, inst_ids: set[str]
) -> tuple[LeftOrder, ...]:
    marks = ", ".join("?" * len(ENDED))
    rows = connection.execute(
        f"SELECT o.session_id, o.inst_id, o.cl_ord_id FROM orders o JOIN sessions s USING (session_id) "  # noqa: S608 - only question marks
        f"WHERE o.state NOT IN ({marks}) AND s.mode = ? AND {SAME_ACCOUNT} ORDER BY o.created_ns",
        (*ENDED, mode.value, account),
    )
    return tuple(LeftOrder(*row) for row in rows if row[1] in inst_ids)


def _market(
    connection: sqlite3.Connection, scope: str, instrument: Instrument, notices: list[str]
) -> SavedMarket | None:
    inst_id = instrument.inst_id
    row = connection.execute(
        "SELECT state, crc FROM books WHERE scope = ?", (books_scope(scope, inst_id),)
    ).fetchone()
    if row is None:
        return None
    saved = read_books(row[0], row[1], SavedMarket)
    try:
        if saved is not None:
            return _advanced(connection, scope, instrument, saved)
        notices.append(f"the saved books of {inst_id} were damaged and rebuilt from the recorded fills")
        return _rebuilt(connection, scope, instrument)
    except (WireError, ValueError, ArithmeticError) as error:
        notices.append(f"recorded fills of {inst_id} could not be booked again ({error}): it begins anew")
        return None


def _rebuilt(connection: sqlite3.Connection, scope: str, instrument: Instrument) -> SavedMarket:
    """Books of every recorded fill, from nothing; what was held before them is the venue's to say."""
    first = connection.execute(
        "SELECT COALESCE(MAX(venue_ms), 0) FROM fills WHERE scope = ? AND inst_id = ?",
        (scope, instrument.inst_id),
    ).fetchone()[0]
    empty = SavedMarket(
        session_id=0,
        at_ns=0,
        ledger=Ledger(instrument).state(),
        complete_to_ms=first - LOOKBACK_MS if first else 0,
        base_change=Decimal(0) if instrument.is_spot else None,
    )
    return _advanced(connection, scope, instrument, empty)


def _advanced(
    connection: sqlite3.Connection, scope: str, instrument: Instrument, saved: SavedMarket
) -> SavedMarket:
    """Saved books and the fills that were recorded after them."""
    ledger = Ledger.from_state(instrument, saved.ledger)
    sides, holding = SidePositions(), SpotHolding(instrument)
    sides.adopt(*_sides(saved, instrument))
    holding.base_change, holding.quote_change = saved.base_change or Decimal(0), saved.quote_change
    for (trade_id,) in connection.execute(
        "SELECT trade_id FROM fills WHERE scope = ? AND inst_id = ? AND venue_ms >= ? "
        "AND (session_id < ? OR (session_id = ? AND at_ns <= ?))",
        (
            scope, instrument.inst_id, saved.complete_to_ms - LOOKBACK_MS, saved.session_id,
            saved.session_id, saved.at_ns,
        ),
    ):  # fmt: skip
        ledger.remember(trade_id)
    rows = connection.execute(
        f"SELECT {_FILL_COLUMNS} FROM fills WHERE scope = ? AND inst_id = ? "  # noqa: S608 - our own words
        "AND (session_id > ? OR (session_id = ? AND at_ns > ?)) ORDER BY session_id, at_ns, rowid",
        (scope, instrument.inst_id, saved.session_id, saved.session_id, saved.at_ns),
    )
    for row in rows:
        fill = _fill(row, instrument)
        if ledger.book(fill) is not None:
            sides.apply(fill.side, fill.position_side, fill.size_lots)
            holding.book(fill)
    return structs.replace(
        saved,
        ledger=ledger.state(),
        long_lots=sides.long_lots,
        short_lots=sides.short_lots,
        base_change=holding.base_change if instrument.is_spot else None,
        quote_change=holding.quote_change if instrument.is_spot else Decimal(0),
    )


def _sides(saved: SavedMarket, instrument: Instrument) -> tuple[int, int]:
    """Long and short in whole lots of today."""
    lot = instrument.lot_size * instrument.contract_value
    then = saved.ledger.lot or lot
    return int(saved.long_lots * then / lot), int(saved.short_lots * then / lot)


def _fill(row: Sequence[str], instrument: Instrument) -> Fill:
    inst_id, trade_id, ord_id, cl_ord_id, side, price, size, fee, fee_ccy, liquidity, venue_ms, tag, held = (
        row
    )
    price_ticks, exact_price = instrument.nearest_ticks(price)
    size_lots, rest = instrument.split_size(size)
    return Fill(
        inst_id=inst_id,
        trade_id=trade_id,
        ord_id=ord_id,
        cl_ord_id=cl_ord_id,
        side=Side(side),
        price_ticks=price_ticks,
        size_lots=size_lots,
        fee=Decimal(fee),
        fee_ccy=fee_ccy,
        liquidity=Liquidity(liquidity),
        venue_ms=int(venue_ms),
        tag=tag,
        position_side=PositionSide(held),
        exact_price=exact_price,
        rest=rest,
    )
