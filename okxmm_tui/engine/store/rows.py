"""Rows of the journal: one statement each and the values for it, made from what the engine holds.

Money, prices and sizes are text, exact and without exponents; times are Unix nanoseconds.
"""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.core.effects import PlaceOrder
from okxmm_tui.core.ledger import BookedFill
from okxmm_tui.core.messages import AccountBill, SessionStarted
from okxmm_tui.core.orders import OrderStatus, OwnOrder
from okxmm_tui.core.params import plain
from okxmm_tui.core.types import Mode, OrderKind
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.session import Session

Row = tuple[str, tuple[str | int | bytes | None, ...]]
"""A statement and its values."""

SESSION = (
    "INSERT OR REPLACE INTO sessions (session_id, started_ns, mode, account, tag, strategy, symbols, "
    "program, account_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
SESSION_END = "UPDATE sessions SET ended_ns = ?, exit_code = ?, last_words = ? WHERE session_id = ?"
ORDER = (
    "INSERT INTO orders (session_id, cl_ord_id, inst_id, ord_id, side, kind, price, size, reduce_only, "
    "params_version, reason, created_ns, state, filled, cancel_source, updated_ns, position_side) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (session_id, cl_ord_id) DO UPDATE SET ord_id = excluded.ord_id, price = excluded.price, "
    "size = excluded.size, reason = excluded.reason, filled = excluded.filled, "
    "cancel_source = excluded.cancel_source, updated_ns = excluded.updated_ns, "
    "params_version = MAX(params_version, excluded.params_version), "
    "state = CASE WHEN state IN ('refused', 'absent') THEN state ELSE excluded.state END"
)
ORDER_LEFT = (
    "UPDATE orders SET state = ?, filled = ?, cancel_source = ?, updated_ns = ? "
    "WHERE session_id = ? AND cl_ord_id = ?"
)
ORDER_EVENT = (
    "INSERT INTO order_events (session_id, at_ns, inst_id, cl_ord_id, kind, text) VALUES (?, ?, ?, ?, ?, ?)"
)
FILL = (
    "INSERT OR IGNORE INTO fills (scope, inst_id, trade_id, session_id, ord_id, cl_ord_id, side, price, "
    "size, fee, fee_ccy, liquidity, realised, mid, venue_ms, at_ns, position_side, tag, params_version) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
BILL = (
    "INSERT OR IGNORE INTO bills (scope, bill_id, session_id, bill_type, inst_id, ccy, change, venue_ms) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
PARAMS = "INSERT INTO params (session_id, at_ns, inst_id, source, text, version) VALUES (?, ?, ?, ?, ?, ?)"
NOTE = "INSERT INTO notes (session_id, at_ns, kind, severity, text, fields) VALUES (?, ?, ?, ?, ?, ?)"
SNAPSHOT = (
    "INSERT INTO snapshots (session_id, at_ns, inst_id, position, average, mid, mark, realised, unrealised, "
    "fees, net, equity) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
BOOKS = "INSERT OR REPLACE INTO books (scope, at_ns, state, crc) VALUES (?, ?, ?, ?)"
EXPENDABLE = frozenset({ORDER_EVENT, NOTE, SNAPSHOT})
"""Given up first when the disk refuses and memory runs out: nothing of them is needed to recover."""


def is_carried_on(mode: Mode) -> bool:
    """Whether the account outlives a session: an embedded exchange begins a new one every time."""
    return mode in {Mode.DEMO, Mode.LIVE}


def scope_of(started: SessionStarted) -> str:
    """The account trade and bill ids are unique in."""
    name = started.account_id or started.account
    return f"{started.mode.value}/{name if is_carried_on(started.mode) else started.session_id}"


def amount(value: Decimal | None) -> str:
    """A figure as text; empty for none."""
    return "" if value is None else format(value, "f")


def session_row(started: SessionStarted, at_ns: int, program: str) -> Row:
    """The session itself."""
    symbols = ",".join(instrument.inst_id for instrument in started.instruments)
    return SESSION, (
        started.session_id, at_ns, started.mode.value, started.account, started.tag, started.strategy,
        symbols, program, started.account_id,
    )  # fmt: skip


def order_state(order: OwnOrder) -> str:
    """One word for where an order stands: the screen's, or how it ended."""
    if order.status is not OrderStatus.DONE:
        return order.shown_status
    return "filled" if order.filled_lots >= order.size_lots else "canceled"


def order_row(
    session: Session, market: Market, order: OwnOrder, *, session_id: int, placed: PlaceOrder | None = None
) -> Row:
    """An order as it stands now."""
    text = market.instrument.size_text
    kind = placed.order_kind if placed else OrderKind.IOC if order.is_closing else OrderKind.POST_ONLY
    reduces = placed.reduce_only if placed else order.is_closing
    return ORDER, (
        session_id, order.cl_ord_id, order.inst_id, order.ord_id, order.side.value, kind.value,
        market.instrument.price_text(order.price_ticks), text(order.size_lots), int(reduces),
        order.params_version, order.decision, order.created_ns, order_state(order), text(order.filled_lots),
        order.cancel_source, session.now_ns, order.position_side.value,
    )  # fmt: skip


def fill_row(session: Session, market: Market, booked: BookedFill) -> Row:
    """A fill that has just been booked, with the mid of that moment."""
    fill, instrument = booked.fill, market.instrument
    order = market.orders.find(fill.cl_ord_id, fill.ord_id)
    return FILL, (
        scope_of(session.started), fill.inst_id, fill.trade_id, session.started.session_id, fill.ord_id,
        fill.cl_ord_id, fill.side.value,
        amount(fill.price(instrument.tick_size)), amount(fill.size(instrument.lot_size)), amount(fill.fee),
        fill.fee_ccy, fill.liquidity.value, amount(booked.realised_quote), amount(market.mid_price),
        fill.venue_ms, session.now_ns, fill.position_side.value, fill.tag,
        order.params_version if order is not None else 0,
    )  # fmt: skip


def bill_row(session: Session, bill: AccountBill) -> Row:
    """A change of a balance that no fill explains."""
    return BILL, (
        scope_of(session.started), bill.bill_id, session.started.session_id, bill.bill_type, bill.inst_id,
        bill.ccy, amount(bill.change),
        bill.venue_ms,
    )  # fmt: skip


def start_params_row(session: Session, market: Market) -> Row:
    """The values a market starts with."""
    text = ", ".join(f"{name}={plain(value)}" for name, value in market.params.values.items())
    return PARAMS, (
        session.started.session_id, session.now_ns, market.instrument.inst_id, "start",
        f"{market.strategy.name}: {text}", market.params.version,
    )  # fmt: skip


def snapshot_row(session: Session, market: Market) -> Row:
    """Position and PnL of a market, and the equity of its settlement currency."""
    ledger, price = market.ledger, market.valuation_price
    balance = session.balances.get(market.instrument.settle_ccy)
    return SNAPSHOT, (
        session.started.session_id, session.now_ns, market.instrument.inst_id,
        market.instrument.size_text(market.position_lots), amount(ledger.position.average_price),
        amount(market.mid_price), amount(market.mark_price), amount(ledger.realised_quote),
        amount(ledger.unrealised_quote(price)), amount(ledger.fees_quote), amount(ledger.net_quote(price)),
        amount(balance.equity if balance is not None else None),
    )  # fmt: skip
