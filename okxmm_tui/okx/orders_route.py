"""The way of an order to the venue: local limits, WebSocket first, REST where it must be, outcomes back.

Runs on the event loop, never blocks. Whatever was handed to a socket and not answered comes back as
UNKNOWN; only what certainly did not reach the venue, or was refused by it, comes back as refused.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol

from okxmm_tui.core.effects import AmendOrder, CancelOrder
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import (
    AnyEvent,
    LatencyMeasured,
    OrderAccepted,
    OrderOutcomeUnknown,
    OrderRefused,
    OrderRouteChanged,
)
from okxmm_tui.core.types import ContractKind
from okxmm_tui.errors import VenueUnreachableError, WireError
from okxmm_tui.okx.error_codes import Reaction, reaction_of, reason_of
from okxmm_tui.okx.messages import OP_ROWS
from okxmm_tui.okx.order_requests import (
    DEFAULT_STP_MODE,
    Batch,
    OrderEffect,
    grouped,
    rest_request,
    verb_of,
    ws_frame,
)
from okxmm_tui.okx.order_tracker import OrderTracker, RowOutcome, row_outcomes
from okxmm_tui.okx.private_session import PrivateSession
from okxmm_tui.okx.rate_limits import RateLimits, Verb
from okxmm_tui.okx.rest import Rest
from okxmm_tui.okx.route_choice import RouteChoice, RoutePolicy
from okxmm_tui.okx.strays import cancel_stray
from okxmm_tui.okx.trade_modes import DEFAULT_ACCOUNT

NOT_CONNECTED = "not_connected"
RATE_LIMIT_LOCAL = "rate_limit_local"
AMENDS_IN_FLIGHT = "amends_in_flight"
NO_CODE = "no_code"
UNKNOWN_INSTRUMENT = "51001"
EXPIRED_CODES = frozenset({"50036", "50037"})

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
        reload_instrument: Called when the venue no longer knows an instrument's code, or has stopped it.
        sync_clock: Called when a request was refused for its time.
        choice: Which way each instrument's orders go.
        stp_mode: Said on every place.
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
        sync_clock: Callable[[], None],
        choice: RouteChoice,
        stp_mode: str = DEFAULT_STP_MODE,
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
        self.account = DEFAULT_ACCOUNT
        """Level and position mode, which decide how an order is written; set once the account was asked."""
        self._sync_clock = sync_clock
        self._choice = choice
        self._stp_mode = stp_mode

    def connect(self, session: PrivateSession, wire: Wire) -> None:
        """Take the private stream to send on."""
        self._session, self._wire = session, wire

    def send(self, effects: Sequence[OrderEffect], now_ns: int) -> None:
        """Send order effects in their order; grouped into batches where they follow each other."""
        strays = [each for each in effects if isinstance(each, CancelOrder) and self._is_stray(each)]
        effects = [each for each in effects if each not in strays] if strays else effects
        for stray in strays:
            self._spawn(cancel_stray(self._rest, stray))
        by_rest = self._choice.by_rest({effect.inst_id for effect in effects})
        for batch in grouped(effects, by_rest):
            allowed = self._within_limits(batch, now_ns)
            if allowed is None:
                continue
            if self._must_go_by_rest(allowed, now_ns):
                self._spawn(self._send_by_rest(allowed))
            else:
                self._send_by_socket(allowed, now_ns)
        if self._wire is not None:
            self._wire.flush()

    def settle(self, outcome: RowOutcome, now_ns: int) -> list[AnyEvent]:
        """Turn the outcome of one WebSocket row into events, and react to it."""
        if outcome.code == UNKNOWN_INSTRUMENT:
            return self._code_refused(outcome, now_ns)
        events = self._judge(outcome, now_ns)
        if outcome.is_accepted and self._choice.socket_took(outcome.effect.inst_id):
            why = "the WebSocket takes its code again"
            events.append(OrderRouteChanged(outcome.effect.inst_id, "ws", why))
        return events

    def use_socket_again(self, inst_id: str) -> None:
        """Give an instrument back to the WebSocket, because its code has changed."""
        if self._choice.socket_took(inst_id):
            self._emit_all([OrderRouteChanged(inst_id, "ws", "the venue gave it a new code")])

    def _is_stray(self, effect: CancelOrder) -> bool:
        """Whether a cancel is for an instrument nobody knows a code of: it goes by REST or not at all."""
        return effect.by_rest and bool(effect.ord_id) and effect.inst_id not in self._instruments

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
        refusals = [(row, self._hindrance(row, now_ns, is_batch=batch.is_batch)) for row in batch.rows]
        allowed = [row for row, refusal in refusals if refusal is None]
        if batch.is_batch and len(allowed) == 1:
            # What is left of a batch travels alone, and the venue counts it among the single ones.
            refusals.append((allowed[0], self._no_room(allowed[0], now_ns, is_batch=False)))
            if refusals[-1][1] is not None:
                self._forget_amends(allowed)
                allowed = []
        if refused := [refusal for _, refusal in refusals if refusal is not None]:
            self._emit_all(refused)
        return Batch(batch.verb, tuple(allowed), batch.by_rest) if allowed else None

    def _hindrance(self, row: OrderEffect, now_ns: int, *, is_batch: bool) -> OrderRefused | None:
        """Why a row may not leave now."""
        if row.inst_id not in self._instruments:
            return _refusal(row, UNKNOWN_INSTRUMENT, "it is not part of this session")
        if refusal := self._no_room(row, now_ns, is_batch=is_batch):
            return refusal
        if isinstance(row, AmendOrder) and not self._tracker.amends.try_send(row, now_ns):
            text = "three amends of this order are in flight already"
            return _held(row, AMENDS_IN_FLIGHT, text, Reaction.WAIT)
        return None

    def _no_room(self, row: OrderEffect, now_ns: int, *, is_batch: bool) -> OrderRefused | None:
        is_capped = self._instruments[row.inst_id].kind is not ContractKind.SPOT
        wait_ns = self._limits.try_take(
            verb_of(row), row.inst_id, now_ns, is_batch=is_batch, is_capped=is_capped
        )
        text = f"local rate limit: room again in {wait_ns // 1_000_000} ms"
        return _held(row, RATE_LIMIT_LOCAL, text) if wait_ns else None

    def _must_go_by_rest(self, batch: Batch, now_ns: int) -> bool:
        inst_ids = {row.inst_id for row in batch.rows}
        is_cancel = batch.verb is Verb.CANCEL
        if any(self._instruments[inst_id].code is None for inst_id in inst_ids):
            return is_cancel or self._choice.policy is not RoutePolicy.WS
        if not batch.by_rest:
            return is_cancel and not self._is_connected
        # Only a new order tries: losing an amend or a cancel to an experiment would cost more.
        is_try = batch.verb is Verb.PLACE and len(inst_ids) == 1 and self._is_connected
        return not (is_try and self._choice.try_socket(min(inst_ids), now_ns))

    def _send_by_socket(self, batch: Batch, now_ns: int) -> None:
        session = self._session
        if session is None or not self._is_connected:
            text = "private stream is down; nothing was sent"
            self._give_back(batch, NOT_CONNECTED, text)
            return
        if any(self._instruments[row.inst_id].code is None for row in batch.rows):
            self._give_back(batch, NO_CODE, "the venue has not given it a code, and okx.order_route is ws")
            return
        request_id = self._tracker.next_id()
        shift_ms = self._rest.clock.expiry_shift_ms
        frame = ws_frame(
            batch,
            request_id,
            self._instruments,
            self._tag,
            shift_ms,
            account=self.account,
            stp_mode=self._stp_mode,
        )
        session.send_operation(batch, request_id, frame, now_ns)

    def _give_back(self, batch: Batch, code: str, text: str) -> None:
        """Refuse rows that certainly were not sent."""
        self._forget_amends(batch.rows)
        self._emit_all([_held(row, code, text) for row in batch.rows])

    def _forget_amends(self, rows: Sequence[OrderEffect]) -> None:
        for row in rows:
            if isinstance(row, AmendOrder):
                self._tracker.amends.refused(row)

    async def _send_by_rest(self, batch: Batch) -> None:
        path, body = rest_request(
            batch, self._instruments, self._tag, account=self.account, stp_mode=self._stp_mode
        )
        expire_ms = batch.expire_ms + self._rest.clock.expiry_shift_ms if batch.expire_ms else 0
        events: list[AnyEvent] = []
        try:
            reply = await self._rest.post(path, body, expire_ms=expire_ms)
            events.append(LatencyMeasured(batch.verb.value, "rest", reply.took_ns, reply.venue_ns))
            outcomes = row_outcomes(batch, reply.code, reply.text, reply.rows(OP_ROWS))
        except (VenueUnreachableError, WireError) as error:
            self._limits.venue_is_busy(self._rest.clock.monotonic_ns())
            outcomes = [RowOutcome(row, "", str(error), "", batch.is_batch) for row in batch.rows]
        now_ns = self._rest.clock.monotonic_ns()
        self._emit_all(events + [event for outcome in outcomes for event in self._judge(outcome, now_ns)])

    # -- outcomes -------------------------------------------------------------------------------

    def _judge(self, outcome: RowOutcome, now_ns: int) -> list[AnyEvent]:
        effect = outcome.effect
        verb = verb_of(effect)
        if outcome.is_accepted:
            self._limits.venue_answered()
            return [OrderAccepted(verb.value, effect.inst_id, effect.cl_ord_id, outcome.ord_id)]
        self._limits.punish(outcome.code, verb, effect.inst_id, now_ns, is_batch=outcome.is_batch)
        if outcome.is_unknown:
            reason = f"{outcome.code} {outcome.text}".strip()
            return [OrderOutcomeUnknown(verb.value, effect.inst_id, effect.cl_ord_id, reason)]
        if isinstance(effect, AmendOrder):
            self._tracker.amends.refused(effect)
        reaction = reaction_of(outcome.code)
        if reaction in {Reaction.STOP_INSTRUMENT, Reaction.RELOAD_INSTRUMENTS}:
            self._reload_instrument(effect.inst_id)
        if reaction is Reaction.SYNC_CLOCK or outcome.code in EXPIRED_CODES:
            self._sync_clock()
        return [_refusal(effect, outcome.code, outcome.text)]

    def _code_refused(self, outcome: RowOutcome, now_ns: int) -> list[AnyEvent]:
        # The refusal is certain, so the same row may go again the other way.
        effect = outcome.effect
        is_cancel = verb_of(effect) is Verb.CANCEL
        if self._choice.policy is RoutePolicy.WS and not is_cancel:
            return self._judge(outcome, now_ns)
        events: list[AnyEvent] = []
        if self._choice.policy is RoutePolicy.AUTO and self._choice.refused(effect.inst_id, now_ns):
            why = "the WebSocket refused the instrument code"
            events.append(OrderRouteChanged(effect.inst_id, "rest", why))
            self._reload_instrument(effect.inst_id)
        # Both ways share the venue's pools, and what was refused on the one counts again on the other.
        if refusal := self._no_room(effect, now_ns, is_batch=False):
            self._forget_amends([effect])
            return [*events, refusal]
        self._spawn(self._send_by_rest(Batch(verb_of(effect), (effect,), by_rest=True)))
        return events


def _refusal(effect: OrderEffect, code: str, text: str) -> OrderRefused:
    return _held(effect, code, reason_of(code, text), reaction_of(code))


def _held(effect: OrderEffect, code: str, text: str, reaction: Reaction = Reaction.RETRY) -> OrderRefused:
    """A refusal of our own, before sending; by default one that passes by itself."""
    req_id = effect.req_id if isinstance(effect, AmendOrder) else ""
    verb = verb_of(effect).value
    return OrderRefused(verb, effect.inst_id, effect.cl_ord_id, code, text, req_id, reaction.value)
