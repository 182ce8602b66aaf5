"""What every OKX WebSocket connection does, without a socket: login, subscriptions, keep-alive, errors.

Sans-IO: bytes and a monotonic time go in; events come out of ``receive``, ``on_time`` and ``closed``, and
frames out of ``pending_frames``. OKX v5, sections "Connect", "Login", "Subscribe" and "Notification".
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TypeVar

import msgspec
from msgspec import Raw

from okxmm_tui.core.messages import AnyEvent, GatewayNotice, StreamDown, StreamUp
from okxmm_tui.core.types import Severity
from okxmm_tui.errors import WireError
from okxmm_tui.okx.decoding import decode, decode_readable, text_of
from okxmm_tui.okx.error_codes import Reaction, describe, reaction_of
from okxmm_tui.okx.messages import ENVELOPE_DECODER, Envelope
from okxmm_tui.okx.requests import Request, encode
from okxmm_tui.okx.subscriptions import ChannelRequest, Subscription, Subscriptions

SECOND_NS = 1_000_000_000
PING_AFTER_NS = 15 * SECOND_NS
"""The venue cuts a silent connection after 30 s."""
PONG_WITHIN_NS = 10 * SECOND_NS
READY_WITHIN_NS = 10 * SECOND_NS
"""Login and required acknowledgements take no longer on a healthy connection."""
NOTICE_EVERY_NS = SECOND_NS

_Row = TypeVar("_Row")

Login = Callable[[], dict[str, str]]
"""Signs a login with the venue's time of this moment."""


class Phase(StrEnum):
    """Where the connection stands."""

    CLOSED = "closed"
    LOGGING_IN = "logging_in"
    SUBSCRIBING = "subscribing"
    READY = "ready"


class Session(ABC):
    """One connection. Subclasses name the channels and read the pushes."""

    def __init__(self, stream: str, login: Login | None) -> None:
        self.stream = stream
        self.phase = Phase.CLOSED
        self.reconnect_reason = ""
        """Why the transport should open a new connection; empty while this one is good."""
        self.subscriptions = Subscriptions()
        self.wants_flush = False
        """Whether there are frames to send, or ``next_deadline`` has come closer."""
        self.replace_reason = ""
        """Why the transport should open another connection first, and leave this one then."""
        self.is_retiring = False
        """Whether a successor has taken over: only answers and order pushes still count."""
        self.wake: Callable[[], None] | None = None
        """Asks the transport to look at ``next_deadline`` and the frames again."""
        self._login = login
        self._frames: list[bytes] = []
        self.on_stale_clock: Callable[[], None] = _ignore
        """Called when a login was refused for its time; the next login follows by itself."""
        self._received_ns = 0
        self._pinged_ns: int | None = None
        self._ready_by_ns: int | None = None
        self._is_down_reported = False
        self._noticed_ns = -NOTICE_EVERY_NS
        self._muted = 0

    # -- for the transport ----------------------------------------------------------------------

    def opened(self, now_ns: int) -> None:
        """Begin on a new connection."""
        self.reconnect_reason = self.replace_reason = ""
        self.subscriptions.clear()
        self._frames.clear()
        self._received_ns = now_ns
        self._pinged_ns = None
        self._ready_by_ns = now_ns + READY_WITHIN_NS
        if self._login is None:
            self._subscribe_all(now_ns)
        else:
            self.phase = Phase.LOGGING_IN
            self.subscriptions.budget.take(now_ns)
            self._queue(encode(Request(op="login", args=[self._login()])))

    def receive(self, frame: bytes | str, now_ns: int) -> list[AnyEvent]:
        """Take one frame and return what it means; a bad frame is a notice, never an exception."""
        self._received_ns = now_ns
        self._pinged_ns = None
        raw = frame.encode() if isinstance(frame, str) else frame
        try:
            return self._dispatch(raw, now_ns)
        except WireError as error:
            return self._bad_message(error, now_ns)

    def on_time(self, now_ns: int) -> list[AnyEvent]:
        """Do what is due; call no later than ``next_deadline``."""
        if self.phase is Phase.CLOSED:
            return []
        if self._ready_by_ns is not None and now_ns >= self._ready_by_ns:
            waiting = ", ".join(self.subscriptions.missing) or "login"
            self.reconnect_reason = f"no acknowledgement of {waiting}"
        if self._pinged_ns is not None and now_ns >= self._pinged_ns + PONG_WITHIN_NS:
            self.reconnect_reason = "no answer to ping"
        elif self._pinged_ns is None and now_ns >= self._received_ns + PING_AFTER_NS:
            self._pinged_ns = now_ns
            self._queue(b"ping")
        return self._on_time(now_ns)

    def next_deadline(self) -> int:
        """Monotonic time at which ``on_time`` is due."""
        if self._pinged_ns is None:
            due = self._received_ns + PING_AFTER_NS
        else:
            due = self._pinged_ns + PONG_WITHIN_NS
        return due if self._ready_by_ns is None else min(due, self._ready_by_ns)

    def closed(self, reason: str, now_ns: int) -> list[AnyEvent]:
        """End this connection; repeated failures to connect are reported once."""
        events = self._on_closed(reason, now_ns)
        self.phase = Phase.CLOSED
        self._frames.clear()
        self._ready_by_ns = None
        if not self._is_down_reported:
            self._is_down_reported = True
            events.append(StreamDown(self.stream, reason))
        return events

    def successor(self) -> Session | None:
        """Make a session that can take over on a second connection; None where that is not possible."""
        return None

    @property
    def can_take_over(self) -> bool:
        """Whether everything a reader needs has arrived."""
        return self.is_ready

    @property
    def is_settled(self) -> bool:
        """Whether a retiring session has nothing to wait for."""
        return True

    def take_over(self, predecessor: Session, events: list[AnyEvent]) -> list[AnyEvent]:
        """Become the stream in place of another session, which retires.

        Args:
            predecessor: Its events were handed on so far.
            events: Ours so far, held back.

        Returns:
            What of ours is to be handed on: the reader sees no break.
        """
        predecessor.is_retiring = True
        return [event for event in events if not isinstance(event, StreamUp)]

    def hand_on(self, events: list[AnyEvent]) -> list[AnyEvent]:
        """Reduce what was read together to what the reader needs."""
        return events

    def handed_on(self, age_ns: int) -> None:  # noqa: B027 - a hook most sessions do not need
        """Learn how long a reading took from the socket through its reader."""

    def pending_frames(self) -> list[bytes]:
        """Hand over the frames to send, in order."""
        self.wants_flush = False
        frames, self._frames = self._frames, []
        return frames

    @property
    def is_ready(self) -> bool:
        """Whether login and every required subscription were acknowledged."""
        return self.phase is Phase.READY

    # -- for subclasses -------------------------------------------------------------------------

    @abstractmethod
    def _channels(self) -> Sequence[ChannelRequest]: ...

    @abstractmethod
    def _on_push(self, envelope: Envelope, raw: bytes, now_ns: int) -> list[AnyEvent]: ...

    def _on_reply(self, envelope: Envelope, now_ns: int) -> list[AnyEvent] | None:
        """Take the answer to an operation; None when its id is unknown."""
        del envelope, now_ns
        return None

    def _on_time(self, now_ns: int) -> list[AnyEvent]:
        del now_ns
        return []

    def _on_closed(self, reason: str, now_ns: int) -> list[AnyEvent]:
        del reason, now_ns
        return []

    def _on_subscribing(self, now_ns: int) -> None:  # noqa: B027 - a hook most sessions do not need
        """Prepare for the first pushes of a new connection."""

    def _on_refused(self, entry: Subscription, code: str, now_ns: int) -> bool:
        """Take over a refused subscription, or call it required no longer; True when another replaces it."""
        del entry, code, now_ns
        return False

    def _rows(
        self,
        decoder: msgspec.json.Decoder[list[_Row]],
        raw: Raw,
        convert: Callable[[_Row], AnyEvent | None],
        now_ns: int,
    ) -> list[AnyEvent]:
        """Decode and convert rows; one that cannot be read is a notice and hides no neighbour."""
        rows, problem = decode_readable(decoder, raw)
        events = [] if problem is None else self._bad_message(problem, now_ns)
        return events + self._converted(rows, convert, now_ns)

    def _converted(
        self, rows: Sequence[_Row], convert: Callable[[_Row], AnyEvent | None], now_ns: int
    ) -> list[AnyEvent]:
        """Convert rows; what is wrong with one becomes a notice in its place."""
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

    def _queue(self, frame: bytes) -> None:
        self._frames.append(frame)
        self.wants_flush = True

    def _dispatch(self, raw: bytes, now_ns: int) -> list[AnyEvent]:
        if raw == b"pong":
            return []
        envelope = decode(ENVELOPE_DECODER, raw)
        if envelope.event:
            return self._on_event(envelope, now_ns)
        if envelope.op:
            return self._on_reply(envelope, now_ns) or []
        if envelope.arg is None or (self.is_retiring and envelope.arg.channel != "orders"):
            return []
        return self._on_push(envelope, raw, now_ns)

    # -- the handshake --------------------------------------------------------------------------

    def _subscribe_all(self, now_ns: int) -> None:
        self.phase = Phase.SUBSCRIBING
        self._on_subscribing(now_ns)
        for request in self._channels():
            self._queue(self.subscriptions.subscribe(request.arg, now_ns, is_required=request.is_required))

    def _on_event(self, envelope: Envelope, now_ns: int) -> list[AnyEvent]:
        match envelope.event:
            case "login":
                return self._on_login(envelope, now_ns)
            case "subscribe":
                self.subscriptions.acknowledge(text_of(envelope.id), envelope.arg)
                return self._ready_if_complete()
            case "error":
                return self._on_error(envelope, now_ns)
            case "notice":
                return self._on_notice(envelope)
            case "channel-conn-count-error":
                channel = text_of(envelope.channel)
                entry = self.subscriptions.kill_channel(channel)
                return self._refused(entry, f"too many connections hold channel {channel}")
            case _:
                return []

    def _on_login(self, envelope: Envelope, now_ns: int) -> list[AnyEvent]:
        code = text_of(envelope.code)
        if code not in {"", "0"}:
            return self._login_failed(code, text_of(envelope.msg))
        if self.phase is Phase.LOGGING_IN:
            self._subscribe_all(now_ns)
        return []

    def _ready_if_complete(self) -> list[AnyEvent]:
        if self.phase is not Phase.SUBSCRIBING or not self.subscriptions.is_complete:
            return []
        self.phase = Phase.READY
        self._ready_by_ns = None
        self._is_down_reported = False
        return [StreamUp(self.stream)]

    # -- errors ---------------------------------------------------------------------------------

    def _on_error(self, envelope: Envelope, now_ns: int) -> list[AnyEvent]:
        code, text = text_of(envelope.code), text_of(envelope.msg)
        if self.phase is Phase.LOGGING_IN:
            return self._login_failed(code, text)
        answered = self._on_reply(envelope, now_ns)
        if answered is not None:
            return answered
        entry = self.subscriptions.refuse(text_of(envelope.id))
        if entry is not None:
            if self._on_refused(entry, code, now_ns):
                return [self._notice(Severity.WARNING, f"{entry.name}: {describe(code, text)}")]
            return self._refused(entry, describe(code, text))
        if reaction_of(code) in {Reaction.RECONNECT, Reaction.HALT, Reaction.SYNC_CLOCK}:
            self.reconnect_reason = describe(code, text)
        return [self._notice(Severity.WARNING, describe(code, text))]

    def _login_failed(self, code: str, text: str) -> list[AnyEvent]:
        self.reconnect_reason = f"login refused: {describe(code, text)}"
        if reaction_of(code) is Reaction.SYNC_CLOCK:
            self.on_stale_clock()
        return [self._notice(Severity.CRITICAL, self.reconnect_reason)]

    def _refused(self, entry: Subscription | None, why: str) -> list[AnyEvent]:
        if entry is None:
            return [self._notice(Severity.WARNING, why)]
        if entry.is_required:
            self.reconnect_reason = f"{entry.name} refused: {why}"
            return [self._notice(Severity.CRITICAL, self.reconnect_reason)]
        return [self._notice(Severity.WARNING, f"{entry.name} refused: {why}"), *self._ready_if_complete()]

    def _on_notice(self, envelope: Envelope) -> list[AnyEvent]:
        code = text_of(envelope.code)
        if reaction_of(code) is Reaction.RECONNECT:
            self.replace_reason = describe(code)
        return [self._notice(Severity.WARNING, describe(code, text_of(envelope.msg)))]

    def _bad_message(self, error: WireError, now_ns: int) -> list[AnyEvent]:
        # A venue that turns to gibberish does so at hundreds of messages a second.
        if now_ns - self._noticed_ns < NOTICE_EVERY_NS:
            self._muted += 1
            return []
        more = f" ({self._muted} more like it)" if self._muted else ""
        self._noticed_ns, self._muted = now_ns, 0
        return [self._notice(Severity.WARNING, f"{error}{more}")]

    def _notice(self, severity: Severity, text: str) -> GatewayNotice:
        return GatewayNotice(severity, f"{self.stream} stream: {text}")


def _ignore() -> None:
    """Nobody to call."""
