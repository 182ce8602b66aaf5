"""Channels of one connection: what was asked, what was acknowledged, and the hourly budget of asking.

OKX v5, section "Subscribe": one acknowledgement per argument, and an error names its ``id`` only. So
every argument travels in a message of its own.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum

from msgspec import Struct

from okxmm_tui.okx.messages import Arg
from okxmm_tui.okx.requests import Request, encode

HOUR_NS = 3_600 * 1_000_000_000
OP_LIMIT = 480
"""subscribe + unsubscribe + login per connection and hour."""
OP_RESERVE = 20
"""Kept back, because running into the limit costs the connection."""


class ChannelRequest(Struct, frozen=True):
    """A channel a session wants."""

    arg: dict[str, str]
    is_required: bool = True
    """Whether the stream is useless without it."""


class ChannelState(StrEnum):
    """Where one subscription stands."""

    ASKED = "asked"
    ACTIVE = "active"
    REFUSED = "refused"


class Subscription(Struct, gc=False):
    """One channel argument."""

    arg: dict[str, str]
    is_required: bool
    """Whether its refusal ends the connection."""
    request_id: str
    state: ChannelState = ChannelState.ASKED

    @property
    def channel(self) -> str:
        """The channel's name."""
        return self.arg["channel"]

    @property
    def name(self) -> str:
        """The channel, and the instrument where it is one's own."""
        return " ".join(self.arg[key] for key in ("channel", "instId") if key in self.arg)


class OpBudget:
    """Counts operations of the last hour on one connection."""

    def __init__(self) -> None:
        self._times: deque[int] = deque()

    def take(self, now_ns: int) -> None:
        """Count one operation."""
        self._times.append(now_ns)

    def is_spent(self, now_ns: int, wanted: int = 1) -> bool:
        """Whether ``wanted`` more operations would touch the reserve."""
        while self._times and now_ns - self._times[0] >= HOUR_NS:
            self._times.popleft()
        return len(self._times) + wanted > OP_LIMIT - OP_RESERVE


class Subscriptions:
    """All subscriptions of one connection; the caller sends the frames it returns."""

    def __init__(self) -> None:
        self.budget = OpBudget()
        self._all: list[Subscription] = []
        self._serial = 0

    def clear(self) -> None:
        """Start over, for a new connection."""
        self.budget = OpBudget()
        self._all = []

    def subscribe(self, arg: dict[str, str], now_ns: int, *, is_required: bool) -> bytes:
        """Ask for a channel; an earlier entry with the same argument is replaced."""
        self._all = [entry for entry in self._all if entry.arg != arg]
        request_id = self._next_id("s")
        self._all.append(Subscription(dict(arg), is_required, request_id))
        self.budget.take(now_ns)
        return encode(Request(op="subscribe", args=[arg], id=request_id))

    def unsubscribe(self, arg: dict[str, str], now_ns: int) -> bytes:
        """Give a channel back."""
        self._all = [entry for entry in self._all if entry.arg != arg]
        self.budget.take(now_ns)
        return encode(Request(op="unsubscribe", args=[arg], id=self._next_id("u")))

    def acknowledge(self, request_id: str, arg: Arg | None) -> None:
        """Note an acknowledgement, by id or, where the venue left it out, by argument."""
        for entry in self._all:
            if entry.state is ChannelState.ASKED and (
                entry.request_id == request_id or (not request_id and _is_same(entry.arg, arg))
            ):
                entry.state = ChannelState.ACTIVE
                return

    def refuse(self, request_id: str) -> Subscription | None:
        """Note a refusal; None when the id is not one of ours."""
        for entry in self._all:
            if entry.request_id == request_id:
                entry.state = ChannelState.REFUSED
                return entry
        return None

    def kill_channel(self, channel: str) -> Subscription | None:
        """Note that the venue ended a channel after acknowledging it."""
        for entry in self._all:
            if entry.channel == channel:
                entry.state = ChannelState.REFUSED
                return entry
        return None

    @property
    def is_complete(self) -> bool:
        """Whether every required channel is acknowledged."""
        return all(entry.state is ChannelState.ACTIVE for entry in self._all if entry.is_required)

    @property
    def missing(self) -> list[str]:
        """Required channels that are not acknowledged."""
        return [e.channel for e in self._all if e.is_required and e.state is not ChannelState.ACTIVE]

    def _next_id(self, prefix: str) -> str:
        self._serial += 1
        return f"{prefix}{self._serial}"


def _is_same(wanted: dict[str, str], arg: Arg | None) -> bool:
    return (
        arg is not None
        and wanted["channel"] == arg.channel
        and wanted.get("instId", "") == arg.inst_id
        and wanted.get("instType", "") in {"", arg.inst_type}
    )
