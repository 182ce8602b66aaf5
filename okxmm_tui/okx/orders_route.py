"""The way of an order to the venue: local limits, WebSocket first, REST where it must be, outcomes back.

Runs on the event loop, never blocks. Whatever was handed to a socket and not answered comes back as
UNKNOWN; only what certainly did not reach the venue, or was refused by it, comes back as refused.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol

from okxmm_tui.core.effects import AmendOrder
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import AnyEvent, GatewayNotice, OrderAccepted, OrderOutcomeUnknown, OrderRefused
from okxmm_tui.core.types import Severity
from okxmm_tui.errors import VenueUnreachableError, WireError
from okxmm_tui.okx.messages import OP_ROWS
from okxmm_tui.okx.order_requests import Batch, OrderEffect, grouped, rest_request, verb_of, ws_frame
from okxmm_tui.okx.order_tracker import OrderTracker, RowOutcome, row_outcomes
from okxmm_tui.okx.private_session import PrivateSession
from okxmm_tui.okx.rate_limits import RateLimits, Verb
from okxmm_tui.okx.rest import Rest
from okxmm_tui.okx.trade_modes import DEFAULT_ACCOUNT

NOT_CONNECTED = "not_connected"
RATE_LIMIT_LOCAL = "rate_limit_local"
UNKNOWN_INSTRUMENT = "51001"

Spawn = Callable[[Coroutine[Any, Any, None]], None]
EmitAll = Callable[[Sequence[AnyEvent]], None]


class Wire(Protocol):
    """The private stream as orders see it."""

    @property
    def is_writable(self) -> bool:
        """Whether a frame handed over now would leave at once."""
        ...

    def flush(self) -> None:
        """Write queued frames to the socket."""
        ...


class OrdersRoute:
    """Sends order effects and turns answers into events.

    Args:
        rest: The second way.
        instruments: By id, kept up to date by the owner.
        tag: Our order tag.
        limits: Shared by both ways.
        tracker: Operations in flight on the WebSocket.
        emit_all: Takes events from inside ``send``; must not run the engine before it returns.
        spawn: Starts a REST request.
        reload_instrument: Called when the venue no longer knows an instrument's code.
    """

    def __init__(
        self,
        rest: Rest,
        instruments: Mapping[str, Instrument],
        *,
        tag: str,
        limits: RateLimits,
        tracker: OrderTracker,
        emit_all: EmitAll,
        spawn: Spawn,
        reload_instrument: Callable[[str], None],
    ) -> None:
        self._rest = rest
        self._instruments = instruments
        self._tag = tag
        self._limits = limits
        self._tracker = tracker
        self._emit_all = emit_all
        self._spawn = spawn
        self._reload_instrument = reload_instrument
        self._session: PrivateSession | None = None
        self._wire: Wire | None = None
        self._rest_only: frozenset[str] = frozenset()
        self.account = DEFAULT_ACCOUNT
        """Level and position mode, which decide how an order is written; set once the account was asked."""

    def connect(self, session: PrivateSession, wire: Wire) -> None:
        """Take the private stream to send on."""
        self._session, self._wire = session, wire

    def send(self, effects: Sequence[OrderEffect], now_ns: int) -> None:
        """Send order effects in their order; grouped into batches where they follow each other."""
        for batch in grouped(effects, self._rest_only):
            allowed = self._within_limits(batch, now_ns)
            if allowed is None:
                continue
            if self._must_go_by_rest(allowed):
                self._spawn(self._send_by_rest(allowed))
            else:
                self._send_by_socket(allowed, now_ns)
        if self._wire is not None:
            self._wire.flush()

    def settle(self, outcome: RowOutcome, now_ns: int) -> list[AnyEvent]:
        """Turn the outcome of one WebSocket row into events, and react to it."""
        if outcome.code == UNKNOWN_INSTRUMENT:
            return self._change_to_rest(outcome)
        return self._judge(outcome, now_ns)

    def use_socket_again(self, inst_id: str) -> None:
        """Give an instrument back to the WebSocket, because its code has changed."""
        self._rest_only -= {inst_id}

    # -- sending --------------------------------------------------------------------------------

    @property
    def _is_connected(self) -> bool:
        return (
            self._session is not None
            and self._wire is not None
            and self._session.is_ready
            and self._wire.is_writable
        )

    def _within_limits(self, batch: Batch, now_ns: int) -> Batch | None:
        allowed: list[OrderEffect] = []
        refused: list[AnyEvent] = []
        for row in batch.rows:
            if row.inst_id not in self._instruments:
                refused.append(_refusal(row, UNKNOWN_INSTRUMENT, "instrument is not part of this session"))
                continue
            wait_ns = self._limits.try_take(batch.verb, row.inst_id, now_ns, is_batch=batch.is_batch)
            if wait_ns:
                text = f"local rate limit: room again in {wait_ns // 1_000_000} ms"
                refused.append(_refusal(row, RATE_LIMIT_LOCAL, text))
            else:
                allowed.append(row)
        if refused:
            self._emit_all(refused)
        return Batch(batch.verb, tuple(allowed), batch.by_rest) if allowed else None

    def _must_go_by_rest(self, batch: Batch) -> bool:
        has_codes = all(self._instruments[row.inst_id].code is not None for row in batch.rows)
        if batch.by_rest or not has_codes:
            return True
        return batch.verb is Verb.CANCEL and not self._is_connected

    def _send_by_socket(self, batch: Batch, now_ns: int) -> None:
        session = self._session
        if session is None or not self._is_connected:
            text = "private stream is down; nothing was sent"
            self._emit_all([_refusal(row, NOT_CONNECTED, text) for row in batch.rows])
            return
        request_id = self._tracker.next_id()
        frame = ws_frame(
            batch, request_id, self._instruments, self._tag, self._rest.clock.offset_ms, account=self.account
        )
        session.send_operation(batch, request_id, frame, now_ns)

    async def _send_by_rest(self, batch: Batch) -> None:
        path, body = rest_request(batch, self._instruments, self._tag, self.account)
        expire_ms = batch.expire_ms + self._rest.clock.offset_ms if batch.expire_ms else 0
        try:
            reply = await self._rest.post(path, body, expire_ms=expire_ms)
            outcomes = row_outcomes(batch, reply.code, reply.text, reply.rows(OP_ROWS))
        except (VenueUnreachableError, WireError) as error:
            outcomes = [RowOutcome(row, "", str(error), "", batch.is_batch) for row in batch.rows]
        now_ns = self._rest.clock.monotonic_ns()
        self._emit_all([event for outcome in outcomes for event in self._judge(outcome, now_ns)])

    # -- outcomes -------------------------------------------------------------------------------

    def _judge(self, outcome: RowOutcome, now_ns: int) -> list[AnyEvent]:
        effect = outcome.effect
        verb = verb_of(effect)
        if outcome.is_accepted:
            return [OrderAccepted(verb.value, effect.inst_id, effect.cl_ord_id, outcome.ord_id)]
        if outcome.is_unknown:
            reason = f"{outcome.code} {outcome.text}".strip()
            return [OrderOutcomeUnknown(verb.value, effect.inst_id, effect.cl_ord_id, reason)]
        self._limits.punish(outcome.code, verb, effect.inst_id, now_ns, is_batch=outcome.is_batch)
        return [_refusal(effect, outcome.code, outcome.text)]

    def _change_to_rest(self, outcome: RowOutcome) -> list[AnyEvent]:
        # Seen on demo: the WebSocket refuses the very code the venue publishes, while REST takes the
        # order. The refusal is certain, so the same row may go again the other way.
        effect = outcome.effect
        events: list[AnyEvent] = []
        if effect.inst_id not in self._rest_only:
            self._rest_only |= {effect.inst_id}
            text = f"{effect.inst_id}: WebSocket refused the instrument code, orders go by REST"
            events.append(GatewayNotice(Severity.WARNING, text))
            self._reload_instrument(effect.inst_id)
        self._spawn(self._send_by_rest(Batch(verb_of(effect), (effect,), by_rest=True)))
        return events


def _refusal(effect: OrderEffect, code: str, text: str) -> OrderRefused:
    req_id = effect.req_id if isinstance(effect, AmendOrder) else ""
    return OrderRefused(verb_of(effect).value, effect.inst_id, effect.cl_ord_id, code, text, req_id)
