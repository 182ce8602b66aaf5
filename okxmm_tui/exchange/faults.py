"""Faults that can be injected into the exchange, as a small table of names and switches.

A fault is one entry of ``FAULTS``: its name, and a function that validates the request and flips
switches of ``Faults``. The rest of the venue only asks those switches.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec import Struct

from okxmm_tui.exchange.api_error import ApiError, missing, wrong


class Faults(Struct):
    """The switches; the defaults are a healthy exchange."""

    frozen_until_ns: int | None = None
    """Frozen until then; -1 means until thawed; None is not frozen."""
    book_gaps: dict[str, int] = {}
    """Book increments still to drop, per instrument."""
    seq_resets: set[str] = set()
    """Instruments whose sequence starts again from a low number at the next increment."""
    lose_acks: int = 0
    refuse_ws_orders: bool = False
    reject_code: str = ""
    reject_count: int = 0
    latency_ms: int = 0
    """Delay before trade operations are processed."""
    amend_delay_ms: int = 0
    """Delay between the ack of an amend and its execution."""
    push_before_ack: bool = False
    duplicate_pushes: bool = False
    unknown_outcomes: list[str] = []
    """Codes to answer the next placements with although they executed."""
    drop_before_ack: int = 0
    unknown_fields: bool = False
    """Add a field and an enum value no client knows to private pushes."""
    connection_limit: bool = False
    """Enforce three new connections per second."""
    drops: list[str] = []
    """Connection kinds to close now; emptied by the venue."""
    notice: bool = False
    """Announce a service upgrade (64008) now; cleared by the venue."""
    funding_now: bool = False
    """Settle funding now; cleared by the venue."""
    forced: list[tuple[str, Decimal]] = []
    """Auto-deleveraging to do now, as (instId, contracts); emptied by the venue."""

    def is_frozen(self, now_ns: int) -> bool:
        """Whether nothing may be answered or sent at this time."""
        return self.frozen_until_ns is not None and (
            self.frozen_until_ns < 0 or now_ns < self.frozen_until_ns
        )

    def take_reject(self) -> str:
        """Code with which the next placement must be refused, empty for none."""
        if self.reject_count <= 0:
            return ""
        self.reject_count -= 1
        return self.reject_code

    def take_lost_ack(self) -> bool:
        """Whether the ack of this operation gets lost."""
        self.lose_acks, lost = max(0, self.lose_acks - 1), self.lose_acks > 0
        return lost

    def take_book_gap(self, inst_id: str) -> bool:
        """Whether this book increment is dropped."""
        left = self.book_gaps.pop(inst_id, 0)
        if left > 1:
            self.book_gaps[inst_id] = left - 1
        return left > 0


Request = dict[str, Any]


def _book_gap(faults: Faults, request: Request, now_ns: int) -> None:
    del now_ns
    faults.book_gaps[_text(request, "instId")] = _number(request, "count", 1)


def _seq_reset(faults: Faults, request: Request, now_ns: int) -> None:
    del now_ns
    faults.seq_resets.add(_text(request, "instId"))


def _freeze(faults: Faults, request: Request, now_ns: int) -> None:
    seconds = request.get("seconds")
    if seconds is not None and (not isinstance(seconds, int | float) or seconds < 0):
        raise wrong("seconds", "a number or null")
    faults.frozen_until_ns = -1 if seconds is None else now_ns + int(seconds * 1e9)


def _thaw(faults: Faults, request: Request, now_ns: int) -> None:
    del request, now_ns
    faults.frozen_until_ns = None


def _drop_connections(faults: Faults, request: Request, now_ns: int) -> None:
    del now_ns
    which = request.get("which", "all")
    if which not in {"public", "private", "business", "all"}:
        raise wrong("which", "public, private, business or all")
    faults.drops.append(which)


def _lose_ack(faults: Faults, request: Request, now_ns: int) -> None:
    del now_ns
    faults.lose_acks = _number(request, "count", 1)


def _reject_next(faults: Faults, request: Request, now_ns: int) -> None:
    del now_ns
    faults.reject_code, faults.reject_count = _text(request, "code"), _number(request, "count", 1)


def _latency(faults: Faults, request: Request, now_ns: int) -> None:
    del now_ns
    faults.latency_ms = _number(request, "ms", 0)


def _slow_amends(faults: Faults, request: Request, now_ns: int) -> None:
    del now_ns
    faults.amend_delay_ms = _number(request, "ms", 0)


def _unknown_outcome(faults: Faults, request: Request, now_ns: int) -> None:
    del now_ns
    faults.unknown_outcomes.extend([request.get("code", "51149")] * _number(request, "count", 1))


def _drop_before_ack(faults: Faults, request: Request, now_ns: int) -> None:
    del now_ns
    faults.drop_before_ack = _number(request, "count", 1)


def _adl(faults: Faults, request: Request, now_ns: int) -> None:
    del now_ns
    try:
        faults.forced.append((_text(request, "instId"), Decimal(_text(request, "size"))))
    except InvalidOperation as error:
        raise wrong("size", "contracts as a string") from error


def _switch(name: str) -> Handler:
    def turn(faults: Faults, request: Request, now_ns: int) -> None:
        del now_ns
        setattr(faults, name, bool(request.get("on", True)))

    return turn


def _clear(faults: Faults, request: Request, now_ns: int) -> None:
    del request, now_ns
    healthy = Faults()
    for name in faults.__struct_fields__:
        setattr(faults, name, getattr(healthy, name))


Handler = Callable[[Faults, Request, int], None]

FAULTS: dict[str, Handler] = {
    "book_gap": _book_gap,
    "seq_reset": _seq_reset,
    "freeze": _freeze,
    "thaw": _thaw,
    "drop_connections": _drop_connections,
    "lose_ack": _lose_ack,
    "refuse_ws_orders": _switch("refuse_ws_orders"),
    "reject_next": _reject_next,
    "latency": _latency,
    "slow_amends": _slow_amends,
    "push_before_ack": _switch("push_before_ack"),
    "duplicate_pushes": _switch("duplicate_pushes"),
    "unknown_outcome": _unknown_outcome,
    "drop_before_ack": _drop_before_ack,
    "unknown_fields": _switch("unknown_fields"),
    "connection_limit": _switch("connection_limit"),
    "notice": _switch("notice"),
    "funding": _switch("funding_now"),
    "adl": _adl,
    "clear": _clear,
}


def inject(faults: Faults, request: object, now_ns: int) -> None:
    """Apply one fault request, e.g. ``{"fault": "freeze", "seconds": 5}``.

    Raises:
        ApiError: The fault is unknown or a parameter is wrong.
    """
    if not isinstance(request, dict) or "fault" not in request:
        raise missing("fault")
    handler = FAULTS.get(str(request["fault"]))
    if handler is None:
        raise ApiError("51000", f"Fault {request['fault']!r} is unknown; known: {', '.join(FAULTS)}.")
    handler(faults, request, now_ns)


def _text(request: Request, name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str) or not value:
        raise missing(name)
    return value


def _number(request: Request, name: str, default: int) -> int:
    value = request.get(name, default)
    if not isinstance(value, int) or value < 0:
        raise wrong(name, "a whole number from 0")
    return value
