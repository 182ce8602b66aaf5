"""The books as they are saved: one checked blob a market and one for the day, by account and mode.

A blob is written in the same stream as the fills, so that every fill a committed blob contains is committed
too. What is in it is taken up by ``recovery``; a blob whose sum is wrong is not taken up at all.
"""

from __future__ import annotations

import zlib
from decimal import Decimal
from typing import TypeVar

import msgspec
from msgspec import structs

from okxmm_tui.core.restored import SavedDay, SavedMarket
from okxmm_tui.engine.loss_limits import LossLimits
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.reconcile import Reconciler
from okxmm_tui.engine.session import Session
from okxmm_tui.engine.store.rows import BOOKS, Row

T = TypeVar("T", SavedMarket, SavedDay)
ZERO = Decimal(0)
IDS_KEPT = 1_000
"""Newest trade ids in a blob; the fills table knows the others."""
BILLS_KEPT = 200
_encode = msgspec.msgpack.Encoder().encode


def books_scope(account: str, inst_id: str = "") -> str:
    """Name of a blob: the account's own, or that of one instrument in it."""
    return f"{account}/{inst_id}"


def saved_market(session: Session, market: Market, reconciler: Reconciler) -> SavedMarket:
    """The books of a market as they stand."""
    state = market.ledger.state()
    holding, base = market.holding, market.instrument.base_ccy
    return SavedMarket(
        session_id=session.started.session_id,
        at_ns=session.now_ns,
        ledger=structs.replace(
            state, trade_ids=state.trade_ids[-IDS_KEPT:], bill_ids=state.bill_ids[-IDS_KEPT:]
        ),
        complete_to_ms=reconciler.complete_to_ms,
        long_lots=market.side_positions.long_lots,
        short_lots=market.side_positions.short_lots,
        base_change=holding.base_change if holding is not None else None,
        quote_change=holding.quote_change if holding is not None else ZERO,
        taken_base=(session.taken_over or {}).get(base, ZERO),
        seen_bills=reconciler.seen_bills.newest(BILLS_KEPT),
    )


def saved_day(session: Session, limits: LossLimits) -> SavedDay:
    """The day's figures as they stand."""
    markets = session.markets.values()
    open_quote = sum((each.ledger.unrealised_quote(each.valuation_price) for each in markets), ZERO)
    return SavedDay(limits.day_number, limits.day_pnl_quote - open_quote, limits.day_high_quote)


def books_row(scope: str, at_ns: int, saved: SavedMarket | SavedDay) -> Row:
    """A blob with its sum."""
    blob = _encode(saved)
    return BOOKS, (scope, at_ns, blob, zlib.crc32(blob))


def read_books(blob: bytes, crc: int, kind: type[T]) -> T | None:
    """Decode a blob; None when it is damaged or of another form."""
    if zlib.crc32(blob) != crc:
        return None
    try:
        return msgspec.msgpack.decode(blob, type=kind)
    except msgspec.MsgspecError:
        return None
