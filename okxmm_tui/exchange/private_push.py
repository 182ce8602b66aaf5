"""Pushes of the private channels: orders, account, positions, balance_and_position.

Order, position and balance_and_position pushes are immediate; account pushes are batched every
50 ms and both account and positions repeat every 5 s unless the subscriber asked otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from typing import Any

import msgspec

from okxmm_tui.exchange.account_rows import UID, Row, balance_row, position_id, position_row
from okxmm_tui.exchange.fills_push import fill_push_row
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.margin import MarginView
from okxmm_tui.exchange.numbers import text
from okxmm_tui.exchange.order_rows import order_push_row
from okxmm_tui.exchange.orders import Category, Fill, Order
from okxmm_tui.exchange.positions import Position
from okxmm_tui.exchange.state import VenueState
from okxmm_tui.exchange.subscriptions import Connection, Subscription

ACCOUNT_BATCH_NS = 50_000_000
REGULAR_NS = 5_000_000_000


class PrivatePushes:
    """Builds and sends private pushes; they can be held back until an ack is out."""

    def __init__(self, state: VenueState) -> None:
        self._state = state
        self._held: list[Callable[[], None]] | None = None
        self._changed: dict[str, None] = {}
        """Currencies the next account push is due for, in the order they changed."""
        state.timers.at(state.now_ns + REGULAR_NS, self._regular)

    def hold(self) -> None:
        """Keep pushes back until ``release``."""
        if self._held is None:
            self._held = []

    def release(self) -> None:
        """Send what was kept back, in order."""
        held, self._held = self._held or [], None
        for send in held:
            send()

    def order(self, order: Order, fill: Fill | None = None, **extra: str) -> None:
        """Push an order's present state to every matching subscription."""
        faults = self._state.faults
        row = order_push_row(order, self._state.markets[order.listing.inst_id], fill, dict(extra))
        if faults.unknown_fields:
            row |= {"someNewField": {"nested": ["value"]}, "category": "some_new_category"}
        for _ in range(2 if faults.duplicate_pushes else 1):
            self._to_matching("orders", lambda arg: _matches(arg, order.listing), {"data": [row]})
        # The fast channel tells of matches in the book alone (OKX v5, fills).
        if fill is not None and fill.category is Category.NORMAL:
            wanted = {None, "", order.listing.inst_id}
            self._to_matching(
                "fills", lambda arg: arg.get("instId") in wanted, {"data": [fill_push_row(fill)]}
            )

    def position(self, position: Position) -> None:
        """Push one position after it changed."""
        message = {"eventType": "event_update", "data": [self._position_row(position, self._state.margin())]}
        self._to_matching("positions", lambda arg: self._position_matches(arg, position), message)

    def balance_and_position(
        self, event_type: str, position: Position | None, fill: Fill | None, *currencies: str
    ) -> None:
        """Push the fast account summary of a change: the position, trade and balances it touched."""
        row = self._summary_row(event_type, [position] if position else [], currencies)
        if fill is not None:
            row["trades"] = [{"instId": fill.listing.inst_id, "tradeId": fill.trade_id}]
        self._to_matching("balance_and_position", lambda _: True, {"data": [row]})

    def account_changed(self, *currencies: str) -> None:
        """Announce a change of some currencies; it is pushed within 50 ms."""
        if not self._changed:
            self._state.timers.at(self._state.now_ns + ACCOUNT_BATCH_NS, self._flush_account)
        self._changed.update(dict.fromkeys(currencies))

    def snapshot(self, connection: Connection, arg: Row) -> None:
        """Send the snapshot that follows a private subscription; orders have none."""
        channel, state = arg["channel"], self._state
        paging: Row = {"eventType": "snapshot", "curPage": 1, "lastPage": True}
        open_positions = state.account.open_positions()
        if channel == "account":
            message = {**paging, "data": [self._account_row(arg)]}
        elif channel == "positions":
            message = {**paging, "data": self._position_rows(arg, open_positions)}
        elif channel == "balance_and_position":
            held = [ccy for ccy, amount in state.account.balances.items() if amount]
            message = {"data": [self._summary_row("snapshot", open_positions, held)]}
        else:
            return
        state.registry.reply(connection, {"arg": {**arg, "uid": UID}, **message}, state.now_ns)

    def _position_row(self, position: Position, view: MarginView) -> Row:
        state = self._state
        market = state.markets[position.instrument.inst_id]
        return position_row(position, market, view, state.now_ms, state.closable_lots(position))

    def _position_rows(self, arg: Row, positions: list[Position]) -> list[Row]:
        view = self._state.margin()
        return [self._position_row(one, view) for one in positions if self._position_matches(arg, one)]

    def _position_matches(self, arg: Row, position: Position) -> bool:
        return _matches(arg, self._state.listings[position.instrument.inst_id])

    def _account_row(self, arg: Row, changed: Container[str] | None = None) -> Row:
        state, only = self._state, arg.get("ccy")
        wanted = changed if not only else [one for one in (only,) if changed is None or one in changed]
        updated_ms = state.account.updated_ms or state.now_ms
        return balance_row(state.margin(), updated_ms, wanted, with_empty=changed is not None)

    def _summary_row(self, event_type: str, positions: list[Position], currencies: Iterable[str]) -> Row:
        state = self._state
        now = str(state.now_ms)
        return {
            "pTime": now,
            "eventType": event_type,
            "balData": [
                {"ccy": one, "cashBal": text(state.account.balance(one)), "uTime": now} for one in currencies
            ],
            "posData": [_summary_position(one) for one in positions],
            "trades": [],
        }

    def _flush_account(self) -> None:
        changed, self._changed = self._changed, {}
        self._push_account(lambda _: True, changed)

    def _push_account(self, wanted: Callable[[Row], bool], changed: Container[str] | None) -> None:
        # One push per argument, for an argument may ask for a single currency.
        listening = [one.arg for _, one in self._state.registry.listening("account")]
        for ccy in dict.fromkeys(arg.get("ccy") for arg in listening):
            row = self._account_row({"ccy": ccy}, changed)
            if row["details"] or not ccy:
                message = {"eventType": "event_update", "data": [row]}
                self._to_matching(
                    "account", lambda arg, ccy=ccy: wanted(arg) and arg.get("ccy") == ccy, message
                )

    def _regular(self) -> None:
        state = self._state
        state.timers.at(state.now_ns + REGULAR_NS, self._regular)
        self._push_account(_wants_regular, None)
        if not state.registry.listener_count("positions"):
            return
        view = state.margin()
        for position in state.account.open_positions():
            self._to_matching(
                "positions",
                lambda arg, one=position: _wants_regular(arg) and self._position_matches(arg, one),
                {"eventType": "event_update", "data": [self._position_row(position, view)]},
            )

    def _to_matching(self, channel: str, matches: Callable[[Row], bool], message: Row) -> None:
        if self._held is not None:
            self._held.append(lambda: self._to_matching(channel, matches, message))
            return
        state = self._state
        groups: dict[str, tuple[Row, list[int]]] = {}
        for connection, subscription in state.registry.listening(channel):
            if matches(subscription.arg):
                identity, arg = _shown_arg(subscription)
                groups.setdefault(identity, (arg, []))[1].append(connection.number)
                connection.last_push_ns = state.now_ns
        for arg, numbers in groups.values():
            state.outbox.send(tuple(numbers), {"arg": arg, **message})


def _shown_arg(subscription: Subscription) -> tuple[str, Row]:
    arg = {name: value for name, value in subscription.arg.items() if name != "extraParams"}
    arg["uid"] = UID
    return repr(sorted(arg.items())), arg


def _matches(arg: Row, listed: Listing) -> bool:
    return (
        arg.get("instType", "ANY") in {"ANY", listed.instrument.inst_type}
        and arg.get("instId") in {None, "", listed.inst_id}
        and arg.get("instFamily") in {None, "", listed.family}
    )


def _wants_regular(arg: Row) -> bool:
    extra: Any = arg.get("extraParams")
    if not isinstance(extra, str):
        return True
    try:
        return str(msgspec.json.decode(extra).get("updateInterval")) != "0"
    except (msgspec.DecodeError, AttributeError):
        return True


def _summary_position(position: Position) -> Row:
    ours = position.instrument
    return {
        "posId": position_id(position),
        "tradeId": position.trade_id,
        "instId": ours.inst_id,
        "instType": ours.inst_type,
        "mgnMode": position.margin_mode,
        "posSide": position.side.value,
        "pos": text(ours.size(position.shown_lots)),
        "ccy": ours.settle_ccy,
        "posCcy": "",
        "avgPx": text(position.average_price()) if position.lots else "",
        "nonSettleAvgPx": "",
        "settledPnl": "",
        "uTime": str(position.updated_ms),
    }
