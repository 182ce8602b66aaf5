"""The exchange's own ledger as JSON, for GET /sim/v1/state."""

from __future__ import annotations

from typing import Any

from okxmm_tui.exchange.accounts import Position
from okxmm_tui.exchange.dead_man import DeadMan
from okxmm_tui.exchange.numbers import text
from okxmm_tui.exchange.order_rows import fill_row, order_row
from okxmm_tui.exchange.orders import Order
from okxmm_tui.exchange.state import VenueState
from okxmm_tui.exchange.subscriptions import Socket

Row = dict[str, Any]


def ledger(state: VenueState, dead_man: DeadMan) -> Row:
    """Return every order, fill, balance, position and timer the exchange knows."""
    margin = state.margin()
    return {
        "ts": str(state.now_ms),
        "orders": [_order(one, state) for one in state.store.orders.values()],
        "pendingCount": len(state.store.pending),
        "fills": [fill_row(one) for one in state.store.fills],
        "balance": {
            "ccy": "USDT",
            "initial": text(state.account.initial),
            "cash": text(state.account.cash),
            "equity": text(margin.equity),
            "upl": text(margin.unrealised),
        },
        "positions": [_position(one, state) for one in state.account.positions.values()],
        "timers": [
            {"tag": tag, "triggerTime": str(timer.trigger_ns // 1_000_000)}
            for tag, timer in dead_man.armed.items()
        ],
        "connections": _connections(state),
        "isFrozen": state.faults.is_frozen(state.now_ns),
    }


def _order(order: Order, state: VenueState) -> Row:
    market = state.markets[order.listing.inst_id]
    row = {**order_row(order), "isPending": order.is_pending}
    if order.order_id in market.own:
        entry = market.own.entry(order.order_id)
        row["queueAheadLots"] = entry.ahead_lots
    return row


def _position(position: Position, state: VenueState) -> Row:
    ours = position.instrument
    mark = state.markets[ours.inst_id].mark_price()
    return {
        "instId": ours.inst_id,
        "pos": text(ours.size(position.lots)),
        "avgPx": text(position.average_price()),
        "openCost": text(position.open_cost),
        "realisedPnl": text(position.realised),
        "fees": text(position.fees),
        "funding": text(position.funding),
        "upl": text(position.unrealised(mark)),
        "markPx": text(mark),
    }


def _connections(state: VenueState) -> Row:
    open_ones = list(state.registry.connections.values())
    counts: Row = {socket.value: sum(one.socket is socket for one in open_ones) for socket in Socket}
    counts["subscriptions"] = sum(len(one.subscriptions) for one in open_ones)
    return counts
