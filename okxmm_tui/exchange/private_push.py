"""Pushes of the private channels: orders, account, positions, balance_and_position.

Order, position and balance_and_position pushes are immediate; account pushes are batched every
50 ms and both account and positions repeat every 5 s unless the subscriber asked otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from okxmm_tui.exchange.account_rows import UID, Row, balance_row, position_id, position_row
from okxmm_tui.exchange.accounts import Position
from okxmm_tui.exchange.fills_push import fill_push_row
from okxmm_tui.exchange.numbers import text
from okxmm_tui.exchange.order_rows import order_push_row
from okxmm_tui.exchange.orders import Fill, Order
from okxmm_tui.exchange.state import VenueState
from okxmm_tui.exchange.subscriptions import Connection, Subscription

ACCOUNT_BATCH_NS = 50_000_000
REGULAR_NS = 5_000_000_000


class PrivatePushes:
    """Builds and sends private pushes; they can be held back until an ack is out."""

    def __init__(self, state: VenueState) -> None:
        self._state = state
        self._held: list[Callable[[], None]] | None = None
        self._is_account_due = False
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
            self._to_matching("orders", lambda arg: _order_matches(arg, order), {"data": [row]})
        if fill is not None:
            wanted = {None, "", order.listing.inst_id}
            self._to_matching(
                "fills", lambda arg: arg.get("instId") in wanted, {"data": [fill_push_row(fill)]}
            )

    def position(self, position: Position) -> None:
        """Push one position after it changed."""
        state = self._state
        market = state.markets[position.instrument.inst_id]
        row = position_row(position, market, state.margin(), state.now_ms)
        message = {"eventType": "event_update", "data": [row]}
        self._to_matching("positions", lambda arg: _position_matches(arg, position), message)

    def balance_and_position(
        self, event_type: str, position: Position | None, fill: Fill | None, *, has_balance: bool = True
    ) -> None:
        """Push the fast account summary after a fill or funding."""
        row = self._summary_row(event_type, [position] if position else [], has_balance=has_balance)
        if fill is not None:
            row["trades"] = [{"instId": fill.listing.inst_id, "tradeId": fill.trade_id}]
        self._to_matching("balance_and_position", lambda _: True, {"data": [row]})

    def account_changed(self) -> None:
        """Announce a change of the account; it is pushed within 50 ms."""
        if not self._is_account_due:
            self._is_account_due = True
            self._state.timers.at(self._state.now_ns + ACCOUNT_BATCH_NS, self._flush_account)

    def snapshot(self, connection: Connection, arg: Row) -> None:
        """Send the snapshot that follows a private subscription; orders have none."""
        channel, state = arg["channel"], self._state
        paging: Row = {"eventType": "snapshot", "curPage": 1, "lastPage": True}
        open_positions = [one for one in state.account.positions.values() if one.lots]
        if channel == "account":
            message = {
                **paging,
                "data": [balance_row(state.margin(), state.account.updated_ms or state.now_ms)],
            }
        elif channel == "positions":
            message = {**paging, "data": self._position_rows(arg, open_positions)}
        elif channel == "balance_and_position":
            message = {"data": [self._summary_row("snapshot", open_positions, has_balance=True)]}
        else:
            return
        state.registry.reply(connection, {"arg": {**arg, "uid": UID}, **message}, state.now_ns)

    def _position_rows(self, arg: Row, positions: list[Position]) -> list[Row]:
        state = self._state
        view = state.margin()
        return [
            position_row(one, state.markets[one.instrument.inst_id], view, state.now_ms)
            for one in positions
            if _position_matches(arg, one)
        ]

    def _summary_row(self, event_type: str, positions: list[Position], *, has_balance: bool) -> Row:
        state = self._state
        now = str(state.now_ms)
        balances = [{"ccy": "USDT", "cashBal": text(state.account.cash), "uTime": now}] if has_balance else []
        return {
            "pTime": now,
            "eventType": event_type,
            "balData": balances,
            "posData": [_summary_position(one) for one in positions],
            "trades": [],
        }

    def _flush_account(self) -> None:
        self._is_account_due = False
        self._push_account(lambda _: True, "event_update")

    def _push_account(self, wanted: Callable[[Row], bool], event_type: str) -> None:
        state = self._state
        if state.registry.listener_count("account"):
            row = balance_row(state.margin(), state.account.updated_ms or state.now_ms)
            self._to_matching("account", wanted, {"eventType": event_type, "data": [row]})

    def _regular(self) -> None:
        state = self._state
        state.timers.at(state.now_ns + REGULAR_NS, self._regular)
        self._push_account(_wants_regular, "event_update")
        for position in state.account.positions.values():
            if position.lots and state.registry.listener_count("positions"):
                row = position_row(
                    position, state.markets[position.instrument.inst_id], state.margin(), state.now_ms
                )
                self._to_matching(
                    "positions",
                    lambda arg, one=position: _wants_regular(arg) and _position_matches(arg, one),
                    {"eventType": "event_update", "data": [row]},
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


def _order_matches(arg: Row, order: Order) -> bool:
    ours = order.listing
    return (
        arg.get("instType", "ANY") in {"ANY", ours.instrument.inst_type}
        and arg.get("instId") in {None, "", ours.inst_id}
        and arg.get("instFamily") in {None, "", ours.family}
    )


def _position_matches(arg: Row, position: Position) -> bool:
    ours = position.instrument
    family = ours.inst_id.removesuffix("-SWAP")
    return (
        arg.get("instType", "ANY") in {"ANY", ours.inst_type}
        and arg.get("instId") in {None, "", ours.inst_id}
        and arg.get("instFamily") in {None, "", family}
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
        "mgnMode": "cross",
        "posSide": "net",
        "pos": text(ours.size(position.lots)),
        "ccy": ours.settle_ccy,
        "posCcy": "",
        "avgPx": text(position.average_price()) if position.lots else "",
        "nonSettleAvgPx": "",
        "settledPnl": "",
        "uTime": str(position.updated_ms),
    }
