"""The account connection: login, orders, positions and balances in, and answers to order operations.

Sans-IO. No private channel has a sequence number, so after every ``StreamUp`` the engine reads the truth
over REST before it quotes (OKX v5, "WebSocket private channel").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from msgspec import Raw

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import AnyEvent, LatencyMeasured, OrderUpdate, ProbeWanted
from okxmm_tui.errors import WireError
from okxmm_tui.okx.account_messages import (
    ACCOUNT_PUSHES,
    BALANCE_POSITIONS,
    BALANCES,
    AccountPushRow,
    BalancePositionRow,
)
from okxmm_tui.okx.account_watch import QUIET_NS, AccountWatch
from okxmm_tui.okx.balance_position import BalancePosition
from okxmm_tui.okx.convert import order_update, span_ns
from okxmm_tui.okx.decoding import decode_rows, text_of
from okxmm_tui.okx.error_codes import Reaction, describe, reaction_of
from okxmm_tui.okx.messages import (
    FILLS,
    OP_ROWS,
    ORDERS,
    POSITIONS,
    Envelope,
    FillRow,
    OrderRow,
)
from okxmm_tui.okx.order_requests import Batch
from okxmm_tui.okx.order_tracker import OrderTracker, RowOutcome
from okxmm_tui.okx.session import Login, Session
from okxmm_tui.okx.subscriptions import ChannelRequest

Settle = Callable[[RowOutcome, int], list[AnyEvent]]
"""Turns the outcome of one row into events, and reacts to it."""

_REQUIRED = (
    ChannelRequest({"channel": "orders", "instType": "ANY"}),
    ChannelRequest({"channel": "positions", "instType": "ANY"}),
    ChannelRequest({"channel": "account"}),
)
_QUICK = ChannelRequest({"channel": "balance_and_position"}, is_required=False)
_FILLS = ChannelRequest({"channel": "fills"}, is_required=False)


class PrivateSession(Session):
    """Account data and order operations.

    Args:
        instruments: Those we hold, by id; read at every message.
        login: Signs a login.
        tracker: Remembers operations in flight.
        settle: Called for every row whose outcome is known, or known to be unknown.
        has_fills: Whether to check the orders channel against the fills channel (fee tier VIP4).
        quiet_ns: Silence of the account channel after which the venue is to be asked.
    """

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        login: Login,
        tracker: OrderTracker,
        settle: Settle,
        *,
        has_fills: bool = False,
        quiet_ns: int = QUIET_NS,
    ) -> None:
        super().__init__("private", login)
        self._sign = login
        self._has_fills = has_fills
        self._quiet_ns = quiet_ns
        self._watch = AccountWatch(quiet_ns)
        self._quick = BalancePosition()
        self._instruments = instruments
        self._tracker = tracker
        self._settle = settle

    def send_operation(self, batch: Batch, request_id: str, frame: bytes, now_ns: int) -> None:
        """Queue one order operation and expect its answer."""
        self._queue(frame)
        self._tracker.sent(request_id, batch, now_ns)

    def next_deadline(self) -> int:
        """Monotonic time at which ``on_time`` is due."""
        # What ``on_time`` would not look at must not be due: its timer would fire again and again.
        doubt_at = self._watch.due_ns if self._may_doubt else None
        due = [
            super().next_deadline(),
            *(e for e in (self._tracker.next_deadline, doubt_at) if e is not None),
        ]
        return min(due)

    @property
    def _may_doubt(self) -> bool:
        return self.is_ready and not self.is_retiring

    def successor(self) -> PrivateSession:
        """Make a session for a second connection; it shares the operations in flight."""
        return PrivateSession(
            self._instruments,
            self._sign,
            self._tracker,
            self._settle,
            has_fills=self._has_fills,
            quiet_ns=self._quiet_ns,
        )

    @property
    def is_settled(self) -> bool:
        """Whether every operation was answered."""
        return self._tracker.open_count == 0

    def take_over(self, predecessor: Session, events: list[AnyEvent]) -> list[AnyEvent]:
        """Become the stream; nothing should be lost in between, and a comparison proves it."""
        return [*super().take_over(predecessor, events), ProbeWanted("private connection replaced")]

    def _channels(self) -> Sequence[ChannelRequest]:
        return (*_REQUIRED, _QUICK, *((_FILLS,) if self._has_fills else ()))

    def _on_subscribing(self, now_ns: int) -> None:
        self._watch.start(now_ns)

    def _on_push(self, envelope: Envelope, raw: bytes, now_ns: int) -> list[AnyEvent]:
        del raw
        data, known = envelope.data, self._instruments
        match envelope.arg.channel if envelope.arg else "":
            case "orders":
                return self._rows(ORDERS, data, self._order, now_ns)
            case "positions":
                return self._rows(POSITIONS, data, lambda row: self._quick.note_position(row, known), now_ns)
            case "account":
                self._watch.on_account(now_ns)
                return self._balances(data, now_ns)
            case "balance_and_position":
                return self._on_quick(data, now_ns)
            case "fills":
                return self._rows(FILLS, data, lambda row: self._fill(row, now_ns), now_ns)
            case _:
                return []

    def _order(self, row: OrderRow) -> OrderUpdate | None:
        update = order_update(row, self._instruments, is_push=True)
        if update is not None:
            self._tracker.amends.pushed(update)
        if update is not None and update.fill is not None:
            self._watch.on_order_fill((update.inst_id, update.fill.trade_id))
        return update

    def _fill(self, row: FillRow, now_ns: int) -> None:
        # No fee comes with it: the orders channel stays the truth, this one only checks it.
        if row.inst_id in self._instruments:
            self._watch.on_fill((row.inst_id, text_of(row.trade_id)), now_ns)
            self.wants_flush = True

    def _balances(self, data: Raw, now_ns: int) -> list[AnyEvent]:
        accounts: list[AccountPushRow] = []
        events = self._rows(ACCOUNT_PUSHES, data, accounts.append, now_ns)
        for account in accounts:
            note = partial(self._quick.note_balance, pooled_ratio=account.mgn_ratio)
            events += self._rows(BALANCES, account.details, note, now_ns)
        return events

    def _on_quick(self, data: Raw, now_ns: int) -> list[AnyEvent]:
        pushes: list[BalancePositionRow] = []
        events = self._rows(BALANCE_POSITIONS, data, pushes.append, now_ns)
        for push in pushes:
            events += self._rows(BALANCES, push.bal_data, self._quick.balance, now_ns)
            events += self._rows(
                POSITIONS, push.pos_data, lambda row: self._quick.position(row, self._instruments), now_ns
            )
        return events

    def _bad_message(self, error: WireError, now_ns: int) -> list[AnyEvent]:
        # It may have told of a fill, and no sequence number would ever show that one is missing.
        self._watch.on_unreadable(now_ns)
        self.wants_flush = True
        return super()._bad_message(error, now_ns)

    def _on_reply(self, envelope: Envelope, now_ns: int) -> list[AnyEvent] | None:
        rows = decode_rows(OP_ROWS, envelope.data)
        request_id, code, text = text_of(envelope.id), text_of(envelope.code), text_of(envelope.msg)
        waited = self._tracker.waited(request_id, now_ns)
        outcomes = self._tracker.answered(request_id, code, text, rows)
        if outcomes is None or waited is None:
            return None
        if reaction_of(code) is Reaction.RECONNECT:
            self.reconnect_reason = describe(code, text)
        verb, took_ns = waited
        inside_ns = span_ns(envelope.in_time, envelope.out_time)
        return [LatencyMeasured(verb.value, "ws", took_ns, inside_ns), *self._settled(outcomes, now_ns)]

    def _on_time(self, now_ns: int) -> list[AnyEvent]:
        events = self._settled(self._tracker.timed_out(now_ns), now_ns)
        if self._may_doubt and (doubt := self._watch.doubts(now_ns)):
            events.append(ProbeWanted(doubt))
        return events

    def _on_closed(self, reason: str, now_ns: int) -> list[AnyEvent]:
        return self._settled(self._tracker.disconnected(f"connection lost: {reason}"), now_ns)

    def _settled(self, outcomes: Sequence[RowOutcome], now_ns: int) -> list[AnyEvent]:
        return [event for outcome in outcomes for event in self._settle(outcome, now_ns)]
