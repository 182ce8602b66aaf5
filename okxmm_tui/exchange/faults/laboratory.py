"""Arms faults, keeps their schedules and answers whether one strikes.

The venue asks two questions. ``met``: does a fault strike this very thing? It counts and throws the
dice. ``level``: is a fault on? It does not. Faults that need more than an answer have hooks, which the
venue ties to their kinds.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from okxmm_tui.exchange.api_error import ApiError, missing, wrong
from okxmm_tui.exchange.faults import kinds_orders as orders
from okxmm_tui.exchange.faults import kinds_wire as wire
from okxmm_tui.exchange.faults.kinds import FAULTS, NAMES
from okxmm_tui.exchange.faults.when import Active, Fault
from okxmm_tui.exchange.timers import Timers

F = TypeVar("F", bound=Fault)
Hook = Callable[[Any], None]
NS_PER_S = 1_000_000_000


class Faults:
    """Every armed fault of one venue."""

    def __init__(self, timers: Timers, now_ns: Callable[[], int], seed: int = 1) -> None:
        self.via = ""
        """Transport of the request being handled: rest or ws."""
        self.fired: Counter[str] = Counter()
        """How often each fault has struck since the start."""
        self._timers = timers
        self._now_ns = now_ns
        self._seed = seed
        self._serial = 0
        self._active: dict[type[Fault], list[Active]] = {}
        self._begin_hooks: dict[type[Fault], Hook] = {}
        self._end_hooks: dict[type[Fault], Hook] = {}
        for kind in (wire.Freeze, wire.ClockSkew, wire.ConnectionLimit):
            # Being on is all they do: a turn counts as one strike.
            self.tie(kind, lambda _: None)

    def tie(self, kind: type[F], begin: Callable[[F], None], end: Callable[[F], None] | None = None) -> None:
        """Carry out a kind of fault by ``begin`` at each of its turns, and by ``end`` after it.

        ``begin`` judges the parameters too: an ``ApiError`` it raises refuses a fault that begins at once.
        """
        self._begin_hooks[kind] = begin
        if end is not None:
            self._end_hooks[kind] = end

    def inject(self, request: object) -> None:
        """Arm one fault, e.g. ``{"fault": "freeze", "seconds": 5}``; the same name and scope replace it.

        Raises:
            ApiError: 50014 or 51000, the fault is unknown or a parameter is wrong.
        """
        if not isinstance(request, dict) or "fault" not in request:
            raise missing("fault")
        given = {name: value for name, value in request.items() if name != "fault"}
        name = str(request["fault"])
        if name == "clear":
            self.clear(str(given.get("name") or ""))
            return
        if name == "thaw":
            self.clear("freeze")
            return
        if name not in FAULTS:
            known = ", ".join((*FAULTS, "thaw", "clear"))
            raise ApiError("51000", f"Fault {name!r} is unknown; known: {known}.")
        for field in msgspec.structs.fields(FAULTS[name]):
            if field.required and field.encode_name not in given:
                raise missing(field.encode_name)
        try:
            fault = msgspec.convert(given, FAULTS[name])
        except msgspec.ValidationError as error:
            raise ApiError("51000", f"Fault {name}: {error}.") from error
        for field in msgspec.structs.fields(fault):
            amount = getattr(fault, field.name)
            if isinstance(amount, Decimal) and not amount.is_finite():
                raise wrong(field.encode_name, "must be finite")
        self._arm(name, _scheduled(fault))

    def _arm(self, name: str, fault: Fault) -> None:
        kind = type(fault)
        for one in self._active.get(kind, ()):
            if one.fault.scope() == fault.scope():
                self._finish(one)
                break
        if fault.is_off:
            return
        self._serial += 1
        dice = random.Random(f"{self._seed} {name} {self._serial}")  # noqa: S311 - reproducible faults, no secret
        active = Active(name, fault, self._now_ns(), dice)
        self._active.setdefault(kind, []).append(active)
        if fault.after_s:
            self._later(fault.after_s, lambda: self._begin(active))
            return
        try:
            self._begin(active)
        except ApiError:
            self._forget(active)
            raise

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        self._timers.at(self._now_ns() + int(seconds * NS_PER_S), action)

    def _begin(self, active: Active) -> None:
        fault = active.fault
        if active.is_over:
            return
        active.begin()
        if fault.every_s is not None:
            self._later(fault.every_s, lambda: self._begin(active))
        if fault.for_s is not None:
            self._later(fault.for_s, lambda: self._pause(active))
        hook = self._begin_hooks.get(type(fault))
        if hook is not None:
            if self._strikes(active):
                hook(fault)
            else:
                active.is_on = False
        if fault.is_act and (fault.every_s is None or active.is_over):
            self._forget(active)

    def _pause(self, active: Active) -> None:
        if active.fault.every_s is None or active.is_over:
            self._finish(active)
        else:
            self._end_turn(active)

    def _end_turn(self, active: Active) -> None:
        hook = self._end_hooks.get(type(active.fault))
        if active.is_on:
            active.is_on = False
            if hook is not None:
                hook(active.fault)

    def _finish(self, active: Active) -> None:
        self._end_turn(active)
        self._forget(active)

    def _forget(self, active: Active) -> None:
        active.is_over = True
        kept = [one for one in self._active.get(type(active.fault), ()) if one is not active]
        if kept:
            self._active[type(active.fault)] = kept
        else:
            self._active.pop(type(active.fault), None)

    def clear(self, name: str = "") -> None:
        """End every fault, or every one of a name.

        Raises:
            ApiError: 51000, no fault has the name.
        """
        if name and name not in FAULTS:
            raise wrong("name", f"no fault is called {name!r}")
        for one in list(self.active()):
            if name in {"", one.name}:
                self._finish(one)

    def active(self) -> list[Active]:
        """Faults that are armed."""
        return [one for group in self._active.values() for one in group]

    def met(self, kind: type[F], /, **occasion: str) -> F | None:
        """Return the fault of a kind that strikes an occasion, e.g. ``inst_id`` or ``op``; None for none."""
        for one in self._active.get(kind, ()):
            if one.fault.is_met_by(occasion) and self._strikes(one):
                if one.is_over:
                    self._forget(one)
                return one.fault  # type: ignore[return-value] - filed under its own kind
        return None

    def level(self, kind: type[F], /, **occasion: str) -> F | None:
        """Return the fault of a kind that is on for an occasion, without counting; None for none."""
        for one in self._active.get(kind, ()):
            if one.is_on and one.fault.is_met_by(occasion):
                return one.fault  # type: ignore[return-value] - filed under its own kind
        return None

    def has(self, *kinds: type[Fault]) -> bool:
        """Whether any of these kinds is armed at all."""
        return any(kind in self._active for kind in kinds)

    def _strikes(self, active: Active) -> bool:
        if not active.strikes():
            return False
        self.fired[active.name] += 1
        return True

    def report(self) -> list[dict[str, Any]]:
        """Return every armed fault with its parameters and its tally."""
        return [
            {
                "fault": one.name,
                "params": _given(one.fault),
                "isOn": one.is_on,
                "met": one.met,
                "fired": one.fired,
                "left": None if one.fault.count is None else one.fault.count - one.fired,
                "armedTs": str(one.armed_ns // 1_000_000),
            }
            for one in self.active()
        ]

    def is_frozen(self, now_ns: int) -> bool:
        """Whether nothing may be answered or sent at this time."""
        del now_ns
        return self.level(wire.Freeze) is not None

    def skew_ns(self) -> int:
        """How far the venue's clock is ahead."""
        fault = self.level(wire.ClockSkew) if self._active else None
        return fault.ms * 1_000_000 if fault else 0

    def operation(self, kind: type[F], op: str, inst_id: str) -> F | None:
        """Return the fault of a kind that strikes the operation being handled."""
        return self.met(kind, op=op, via=self.via, inst_id=inst_id) if kind in self._active else None

    def amend_delay_ns(self, inst_id: str) -> int:
        """Delay between the ack of an amend and its execution; 0 when no fault strikes it."""
        fault = self.met(orders.SlowAmends, inst_id=inst_id)
        return fault.ms * 1_000_000 if fault else 0

    @property
    def duplicate_pushes(self) -> bool:
        """Whether order pushes come twice."""
        return self.met(orders.DuplicatePushes) is not None

    @property
    def unknown_fields(self) -> bool:
        """Whether order pushes carry things nobody knows."""
        return self.met(orders.UnknownFields, channel="orders") is not None


def _scheduled(fault: Fault) -> Fault:
    if isinstance(fault, wire.Freeze) and fault.seconds is not None:
        fault = msgspec.structs.replace(fault, for_s=fault.seconds) if fault.seconds else _off(fault)
    if fault.is_act and fault.for_s is not None:
        raise wrong("for_s", f"{NAMES[type(fault)]} happens at once; use every_s and count")
    return fault


def _off(fault: F) -> F:
    return msgspec.structs.replace(fault, on=False)


def _given(fault: Fault) -> dict[str, Any]:
    """Return the parameters that differ from their defaults."""
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(fault):
        value = getattr(fault, field.name)
        if value != field.default:
            found[field.encode_name] = msgspec.to_builtins(value, builtin_types=())
    return found
