"""What the journal has of the account's day, for a console that opens in the middle of it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from okxmm_tui.console.history import CANCELLED, FILLED, GONE, MOST_FILLS, MOST_ORDERS
from okxmm_tui.console.port import Past, PastFill, PastOrder
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.market_views import FillView, OrderView
from okxmm_tui.core.snapshot import Snapshot
from okxmm_tui.core.types import Liquidity, Side
from okxmm_tui.engine.store.database import JOURNAL_NAME
from okxmm_tui.engine.store.reading import FillRow, Journal, OrderRow, Span
from okxmm_tui.engine.store.rows import is_carried_on

ENDS = {"filled": FILLED, "canceled": CANCELLED, "refused": CANCELLED}
"""States of the journal that are ends; whatever else is not in the engine's picture is gone."""


def read_past(state_dir: Path, snapshot: Snapshot) -> Past:
    """Orders and fills of the UTC day from before a picture, oldest first, at most what a console keeps.

    Of this session, and of the others on the same account where that outlives a session. What cannot be told
    in the picture's instruments, their ticks and lots, is left out and counted: rounded sizes are wrong ones.

    Raises:
        JournalError: The journal could not be read.
    """
    if not (state_dir / JOURNAL_NAME).is_file():
        return Past()
    instruments = {each.instrument.inst_id: each.instrument for each in snapshot.markets}
    with Journal.of(state_dir) as journal:
        order_rows, fill_rows = _rows(journal, snapshot)
    # What came after the picture the console sees for itself, and follows.
    orders = [_order(row, instruments) for row in order_rows if row.created_ns <= snapshot.at_ns]
    fills = [_fill(row, instruments) for row in fill_rows if row.at_ns <= snapshot.at_ns]
    return Past(
        tuple(each for each in orders if each is not None),
        tuple(each for each in fills if each is not None),
        left_out=orders.count(None) + fills.count(None),
    )


def _rows(journal: Journal, snapshot: Snapshot) -> tuple[list[OrderRow], list[FillRow]]:
    day = datetime.fromtimestamp(snapshot.at_ns // 1_000_000_000, UTC).date()
    sessions = {snapshot.session_id}
    if is_carried_on(snapshot.mode):
        sessions |= set(journal.sessions_of_account(snapshot.mode, snapshot.account_id or snapshot.account))
    spans = [Span.day(day, session_id=session_id) for session_id in sorted(sessions)]
    orders = [row for span in spans for row in journal.orders(span.newest_of(MOST_ORDERS))]
    fills = [row for span in spans for row in journal.fills(span.newest_of(MOST_FILLS))]
    orders.sort(key=lambda row: row.created_ns)
    fills.sort(key=lambda row: row.venue_ms)
    return orders[-MOST_ORDERS:], fills[-MOST_FILLS:]


def _in_units(instrument: Instrument | None, price: Decimal, *sizes: Decimal) -> list[int] | None:
    """Ticks of a price and lots of sizes; None where they are not whole, or the instrument is not here."""
    if instrument is None:
        return None
    ticks, between = instrument.nearest_ticks(price)
    split = [instrument.split_size(size) for size in sizes]
    return (
        None
        if between is not None or any(rest for _, rest in split)
        else [ticks, *(lots for lots, _ in split)]
    )


def _order(row: OrderRow, instruments: dict[str, Instrument]) -> PastOrder | None:
    units = _in_units(instruments.get(row.inst_id), row.price, row.size, row.filled)
    if units is None:
        return None
    view = OrderView(
        row.cl_ord_id,
        Side(row.side),
        *units,
        status=ENDS.get(row.state, GONE),
        created_ns=row.created_ns,
        queue_ahead_lots=None,
        decision=row.reason,
        params_version=row.params_version,
    )
    return PastOrder(row.inst_id, view, row.updated_ns)


def _fill(row: FillRow, instruments: dict[str, Instrument]) -> PastFill | None:
    units = _in_units(instruments.get(row.inst_id), row.price, row.size)
    if units is None:
        return None
    view = FillView(
        row.venue_ms,
        Side(row.side),
        *units,
        fee=row.fee,
        fee_ccy=row.fee_ccy,
        liquidity=Liquidity(row.liquidity),
        realised_quote=row.realised,
        trade_id=row.trade_id,
        is_recorded=True,
        cl_ord_id=row.cl_ord_id,
    )
    return PastFill(row.inst_id, view)
