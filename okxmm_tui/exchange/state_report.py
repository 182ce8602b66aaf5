"""The exchange's own ledger as JSON, for GET /sim/v1/state.

Amounts are exact. ``pos`` is signed in every position mode, ``openCost``, ``realisedPnl``, ``fees`` and
``funding`` are in ``ccy`` and of all time; ``positions`` and ``spot_book`` tell how they are reckoned.
The bills of a currency add up to its cash.
"""

from __future__ import annotations

from typing import Any

from okxmm_tui.exchange.accounts import MAIN_CCY
from okxmm_tui.exchange.bills import bill_row
from okxmm_tui.exchange.dead_man import DeadMan
from okxmm_tui.exchange.margin import CurrencyMargin
from okxmm_tui.exchange.numbers import ZERO, rounded, text
from okxmm_tui.exchange.order_rows import fill_row, order_row
from okxmm_tui.exchange.orders import Order
from okxmm_tui.exchange.positions import Position
from okxmm_tui.exchange.spot_book import SpotBook
from okxmm_tui.exchange.state import VenueState
from okxmm_tui.exchange.subscriptions import Socket

Row = dict[str, Any]


def ledger(state: VenueState, dead_man: DeadMan) -> Row:
    """Return every order, fill, balance, position and timer the exchange knows."""
    margin = state.margin()
    main = margin.of(MAIN_CCY)
    return {
        "ts": str(state.now_ms),
        "orders": [_order(one, state) for one in state.store.orders.values()],
        "pendingCount": len(state.store.pending),
        "fills": [fill_row(one) for one in state.store.fills],
        "balance": {
            "ccy": MAIN_CCY,
            "initial": text(state.account.initial),
            "cash": text(state.account.cash),
            "equity": text(main.equity),
            "upl": text(main.unrealised),
        },
        "balances": [_balance(one, state) for one in margin.currencies.values()],
        "positions": [_position(one, state) for one in state.account.positions.values()],
        "spot": [_spot(one, state) for one in state.account.spot.values()],
        "bills": [bill_row(one) for one in state.bills],
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


def _balance(figures: CurrencyMargin, state: VenueState) -> Row:
    ccy = figures.ccy
    return {
        "ccy": ccy,
        "initial": text(state.account.started.get(ccy, ZERO)),
        "cash": text(figures.cash),
        "equity": text(figures.equity),
        "upl": text(figures.unrealised + figures.isolated_unrealised),
        "held": text(figures.held),
        "margin": text(rounded(figures.total_margin)),
        "isolatedMargin": text(figures.isolated_margin),
        "usdPrice": text(figures.usd_price),
    }


def _spot(book: SpotBook, state: VenueState) -> Row:
    ours = book.instrument
    mark = state.markets[ours.inst_id].mark_price()
    return {
        "instId": ours.inst_id,
        "base": text(book.base),
        "baseCcy": ours.base_ccy,
        "quoteCcy": ours.quote_ccy,
        "avgPx": text(book.average_price()),
        "openCost": text(book.open_cost),
        "realisedPnl": text(book.realised),
        "baseFees": text(book.base_fees),
        "quoteFees": text(book.quote_fees),
        "upl": text(book.unrealised(mark)),
        "markPx": text(mark),
    }


def _position(position: Position, state: VenueState) -> Row:
    ours = position.instrument
    mark = state.markets[ours.inst_id].mark_price()
    return {
        "instId": ours.inst_id,
        "posSide": position.side.value,
        "mgnMode": position.margin_mode,
        "ccy": ours.settle_ccy,
        "pos": text(ours.size(position.lots)),
        "avgPx": text(position.average_price()),
        "openCost": text(position.open_cost),
        "realisedPnl": text(position.realised),
        "fees": text(position.fees),
        "funding": text(position.funding),
        "margin": text(position.margin),
        "upl": text(position.unrealised(mark)),
        "markPx": text(mark),
    }


def _connections(state: VenueState) -> Row:
    open_ones = list(state.registry.connections.values())
    counts: Row = {socket.value: sum(one.socket is socket for one in open_ones) for socket in Socket}
    counts["subscriptions"] = sum(len(one.subscriptions) for one in open_ones)
    return counts
