"""What the journal has of the account's day, for a console that opens in the middle of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from okxmm_tui.console.history import CANCELLED, FILLED, GONE, MOST_FILLS, MOST_ORDERS
from okxmm_tui.console.port import Past, PastFill, PastOrder
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.market_views import FillView, OrderView
from okxmm_tui.core.snapshot import Snapshot
from okxmm_tui.core.types import Liquidity, Side
from okxmm_tui.engine.store.database import JOURNAL_NAME
from okxmm_tui.engine.store.reading import FillRow, Journal, OrderRow, SessionRow, Span
from okxmm_tui.engine.store.rows import is_carried_on

ENDS = {"filled": FILLED, "canceled": CANCELLED, "refused": CANCELLED}
"""States of the journal that are ends; whatever else is not in the engine's picture is gone."""


def read_past(state_dir: Path, snapshot: Snapshot) -> Past:
    """Orders and fills of the UTC day a picture was taken on, oldest first, at most what a console keeps.

    Of this session, and of the sessions before it on the same account where that outlives a session; in the
    instruments the picture has.

    Raises:
        JournalError: The journal could not be read.
    """
    if not (state_dir / JOURNAL_NAME).is_file():
        return Past()
    instruments = {each.instrument.inst_id: each.instrument for each in snapshot.markets}
    day = datetime.fromtimestamp(snapshot.at_ns // 1_000_000_000, UTC).date()
    orders: list[PastOrder] = []
    fills: list[PastFill] = []
    with Journal.of(state_dir) as journal:
        for session in _sessions(journal, snapshot):
            span = Span.day(day, session_id=session.session_id)
            found = journal.orders(span.newest_of(MOST_ORDERS))
            orders += [_order(row, at) for row in found if (at := instruments.get(row.inst_id))]
            booked = journal.fills(span.newest_of(MOST_FILLS))
            fills += [_fill(row, at) for row in booked if (at := instruments.get(row.inst_id))]
    orders.sort(key=lambda past: past.order.created_ns)
    fills.sort(key=lambda past: past.fill.venue_ms)
    return Past(tuple(orders[-MOST_ORDERS:]), tuple(fills[-MOST_FILLS:]))


def _sessions(journal: Journal, snapshot: Snapshot) -> Iterator[SessionRow]:
    for session in journal.sessions():
        is_same = session.mode == snapshot.mode.value and session.account == snapshot.account
        if session.session_id == snapshot.session_id or (is_same and is_carried_on(snapshot.mode)):
            yield session


def _order(row: OrderRow, instrument: Instrument) -> PastOrder:
    view = OrderView(
        cl_ord_id=row.cl_ord_id,
        side=Side(row.side),
        price_ticks=instrument.nearest_ticks(row.price)[0],
        size_lots=instrument.split_size(row.size)[0],
        filled_lots=instrument.split_size(row.filled)[0],
        status=ENDS.get(row.state, GONE),
        created_ns=row.created_ns,
        queue_ahead_lots=None,
        decision=row.reason,
        is_manual=row.reason.startswith("MANUAL") or "by hand" in row.reason,
        params_version=row.params_version,
    )
    return PastOrder(row.inst_id, view, row.updated_ns)


def _fill(row: FillRow, instrument: Instrument) -> PastFill:
    view = FillView(
        venue_ms=row.venue_ms,
        side=Side(row.side),
        price_ticks=instrument.nearest_ticks(row.price)[0],
        size_lots=instrument.split_size(row.size)[0],
        fee=row.fee,
        fee_ccy=row.fee_ccy,
        liquidity=Liquidity(row.liquidity),
        realised_quote=row.realised,
        trade_id=row.trade_id,
        is_recorded=True,
        cl_ord_id=row.cl_ord_id,
    )
    return PastFill(row.inst_id, view)
