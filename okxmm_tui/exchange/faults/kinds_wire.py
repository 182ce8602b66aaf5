"""Faults of connections, frames, login, REST answers and the venue's clock."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from okxmm_tui.exchange.faults.when import Fault, Seconds

SocketName = Annotated[
    Literal["", "public", "private", "business"], Meta(description="connection kind; empty is every one")
]
InstId = Annotated[str, Meta(description="instId; empty is every instrument")]
ChannelName = Annotated[str, Meta(description="channel; empty is every one")]
PathPrefix = Annotated[str, Meta(description="start of the REST path below /api/v5/; empty is every path")]
Code = Annotated[str, Meta(pattern="^[0-9]{1,6}$", description="OKX code")]
Millis = Annotated[int, Meta(ge=0, description="milliseconds")]


class FrameFault(Fault, frozen=True, kw_only=True):
    """A fault of single WebSocket frames."""

    direction: Annotated[
        Literal["out", "in"], Meta(description="out: from the exchange; in: from the client")
    ] = "out"
    socket: SocketName = ""
    channel: ChannelName = ""
    kind: Annotated[
        Literal["", "push", "ack", "event", "request"],
        Meta(description="push of a channel, ack of an operation, event, or a client's request"),
    ] = ""
    op: Annotated[str, Meta(description="operation of an ack or request, e.g. order")] = ""
    inst_id: InstId = ""


class DelayFrame(FrameFault, frozen=True, kw_only=True):
    """Hold a frame back; frames outside the scope overtake it."""

    ms: Annotated[int, Meta(gt=0, description="milliseconds")] = 500


class DropFrame(FrameFault, frozen=True, kw_only=True):
    """Lose a frame."""


class DuplicateFrame(FrameFault, frozen=True, kw_only=True):
    """Send a frame twice."""


class Silence(Fault, frozen=True, kw_only=True):
    """Connections stay open and ping is answered, but nothing is pushed any more."""

    socket: SocketName = ""
    channel: ChannelName = ""
    inst_id: InstId = ""


class Freeze(Fault, frozen=True, kw_only=True):
    """The gateway answers nothing and sends nothing; what arrives is handled afterwards."""

    seconds: Annotated[Seconds | None, Meta(description="length; null until thawed")] = None


class DropConnections(Fault, frozen=True, kw_only=True):
    """Close connections now."""

    is_act: ClassVar[bool] = True
    which: Annotated[Literal["all", "public", "private", "business"], Meta(description="connection kind")] = (
        "all"
    )
    code: Annotated[int, Meta(ge=1000, le=4999, description="close code")] = 4006


class Notice(Fault, frozen=True, kw_only=True):
    """Announce a service upgrade (64008) now and close the announced connections later."""

    is_act: ClassVar[bool] = True
    socket: SocketName = ""
    seconds: Annotated[Seconds, Meta(description="from the notice to the close")] = 60.0


class RefuseLogin(Fault, frozen=True, kw_only=True):
    """Refuse a WebSocket login that is right, then close with 4001."""

    code: Annotated[
        Literal["60005", "60006", "60007", "60009", "60024", "60032", "63999"], Meta(description="OKX code")
    ] = "60009"


class ConnectionLimit(Fault, frozen=True, kw_only=True):
    """Enforce three new connections per second."""


class ClockSkew(Fault, frozen=True, kw_only=True):
    """The venue's clock is wrong: every time it shows, and the windows it judges by."""

    ms: Annotated[int, Meta(description="milliseconds ahead; negative is behind")] = 0


class HttpError(Fault, frozen=True, kw_only=True):
    """Answer REST with an HTTP status and a text that is no JSON, as a proxy at the edge would."""

    path: PathPrefix = ""
    status: Annotated[int, Meta(ge=400, le=599, description="HTTP status")] = 502
    body: Annotated[str, Meta(description="text of the answer")] = "<html><body>Bad Gateway</body></html>"
    executed: Annotated[bool, Meta(description="the request was carried out all the same")] = False


class RestError(Fault, frozen=True, kw_only=True):
    """Answer REST requests with an OKX code."""

    path: PathPrefix = ""
    code: Code = "50001"
    executed: Annotated[bool, Meta(description="the request was carried out all the same")] = False


class SlowRest(Fault, frozen=True, kw_only=True):
    """Handle REST requests late."""

    path: PathPrefix = ""
    ms: Millis = 500


KINDS: dict[str, type[Fault]] = {
    "delay_frame": DelayFrame,
    "drop_frame": DropFrame,
    "duplicate_frame": DuplicateFrame,
    "silence": Silence,
    "freeze": Freeze,
    "drop_connections": DropConnections,
    "notice": Notice,
    "refuse_login": RefuseLogin,
    "connection_limit": ConnectionLimit,
    "clock_skew": ClockSkew,
    "http_error": HttpError,
    "rest_error": RestError,
    "slow_rest": SlowRest,
}
"""Faults of the wire by name."""
