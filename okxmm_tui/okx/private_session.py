"""The account connection: login, orders, positions and balances in, and answers to order operations.

Sans-IO. No private channel has a sequence number, so after every ``StreamUp`` the engine reads the truth
over REST before it quotes (OKX v5, "WebSocket private channel").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import AnyEvent, LatencyMeasured, OrderUpdate
from okxmm_tui.errors import WireError
from okxmm_tui.okx.convert import balance_update, order_update, position_update, span_ns
from okxmm_tui.okx.messages import (
    ACCOUNTS,
    OP_ROWS,
    ORDERS,
    POSITIONS,
    Envelope,
    OrderRow,
    decode_rows,
    text_of,
)
from okxmm_tui.okx.order_requests import Batch
from okxmm_tui.okx.order_tracker import OrderTracker, RowOutcome
from okxmm_tui.okx.session import ChannelRequest, Login, Session

_Row = TypeVar("_Row")

Settle = Callable[[RowOutcome, int], list[AnyEvent]]
"""Turns the outcome of one row into events, and reacts to it."""

_CHANNELS = (
    ChannelRequest({"channel": "orders", "instType": "ANY"}),
    ChannelRequest({"channel": "positions", "instType": "ANY"}),
    ChannelRequest({"channel": "account"}),
)


class PrivateSession(Session):
    """Account data and order operations.

    Args:
        instruments: Those we hold, by id; read at every message.
        login: Signs a login.
        tracker: Remembers operations in flight.
        settle: Called for every row whose outcome is known, or known to be unknown.
    """

    def __init__(
        self, instruments: Mapping[str, Instrument], login: Login, tracker: OrderTracker, settle: Settle
    ) -> None:
        super().__init__("private", login)
        self._instruments = instruments
        self._tracker = tracker
        self._settle = settle

    def send_operation(self, batch: Batch, request_id: str, frame: bytes, now_ns: int) -> None:
        """Queue one order operation and expect its answer."""
        self._queue(frame)
        self._tracker.sent(request_id, batch, now_ns)

    def next_deadline(self) -> int:
        """Monotonic time at which ``on_time`` is due."""
        overdue_at = self._tracker.next_deadline
        due = super().next_deadline()
        return due if overdue_at is None else min(due, overdue_at)

    def _channels(self) -> Sequence[ChannelRequest]:
        return _CHANNELS

    def _on_push(self, envelope: Envelope, raw: bytes, now_ns: int) -> list[AnyEvent]:
        match envelope.arg.channel if envelope.arg else "":
            case "orders":
                return self._rows(decode_rows(ORDERS, envelope.data), self._order, now_ns)
            case "positions":
                return self._rows(
                    decode_rows(POSITIONS, envelope.data),
                    lambda row: position_update(row, self._instruments),
                    now_ns,
                )
            case "account":
                details = [each for row in decode_rows(ACCOUNTS, envelope.data) for each in row.details]
                return self._rows(details, balance_update, now_ns)
            case _:
                return []

    def _order(self, row: OrderRow) -> OrderUpdate | None:
        update = order_update(row, self._instruments, is_push=True)
        if update is not None:
            self._tracker.amends.pushed(update)
        return update

    def _rows(
        self, rows: Sequence[_Row], convert: Callable[[_Row], AnyEvent | None], now_ns: int
    ) -> list[AnyEvent]:
        # One unreadable row must not hide its neighbours.
        events: list[AnyEvent] = []
        for row in rows:
            try:
                event = convert(row)
            except WireError as error:
                events += self._bad_message(error, now_ns)
                continue
            if event is not None:
                events.append(event)
        return events

    def _on_reply(self, envelope: Envelope, now_ns: int) -> list[AnyEvent] | None:
        rows = decode_rows(OP_ROWS, envelope.data)
        request_id = text_of(envelope.id)
        waited = self._tracker.waited(request_id, now_ns)
        outcomes = self._tracker.answered(request_id, text_of(envelope.code), text_of(envelope.msg), rows)
        if outcomes is None or waited is None:
            return None
        verb, took_ns = waited
        inside_ns = span_ns(envelope.in_time, envelope.out_time)
        return [LatencyMeasured(verb.value, "ws", took_ns, inside_ns), *self._settled(outcomes, now_ns)]

    def _on_time(self, now_ns: int) -> list[AnyEvent]:
        return self._settled(self._tracker.timed_out(now_ns), now_ns)

    def _on_closed(self, reason: str, now_ns: int) -> list[AnyEvent]:
        return self._settled(self._tracker.disconnected(f"connection lost: {reason}"), now_ns)

    def _settled(self, outcomes: Sequence[RowOutcome], now_ns: int) -> list[AnyEvent]:
        return [event for outcome in outcomes for event in self._settle(outcome, now_ns)]
