"""When a fault strikes: count, probability and schedule, the same for every kind."""

from __future__ import annotations

import random
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

Seconds = Annotated[float, Meta(ge=0)]
Length = Annotated[float, Meta(gt=0)]
Times = Annotated[int, Meta(ge=0)]


def wire_name(name: str) -> str | None:
    """Name of a parameter in a request, where it differs from ours."""
    return "instId" if name == "inst_id" else None


class Fault(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, repr_omit_defaults=True, rename=wire_name
):
    """One armed fault. Without any of these it is on from now until it is cleared."""

    is_act: ClassVar[bool] = False
    """True when it happens at a moment of its own; False when it waits for what it meets."""

    on: Annotated[bool, Meta(description="false ends the fault of this name and scope")] = True
    count: Annotated[Times | None, Meta(description="how often it strikes at most; null has no limit")] = None
    probability: Annotated[
        float, Meta(ge=0, le=1, description="chance to strike each time it could; seeded dice")
    ] = 1.0
    after_s: Annotated[Seconds, Meta(description="seconds until it begins")] = 0.0
    every_s: Annotated[
        Length | None, Meta(description="begins again so often; without for_s once each time")
    ] = None
    for_s: Annotated[Length | None, Meta(description="seconds it stays on; null until cleared")] = None

    @property
    def is_off(self) -> bool:
        """Whether the request ends the fault instead of arming it."""
        return not self.on or self.count == 0

    def scope(self) -> tuple[object, ...]:
        """What makes two faults of a name the same one, so that the later replaces the earlier."""
        return tuple(
            getattr(self, name, None)
            for name in ("inst_id", "socket", "channel", "kind", "direction", "op", "via", "path")
        )

    def is_met_by(self, occasion: dict[str, str]) -> bool:
        """Whether an occasion lies in the fault's scope; an empty scope holds everything."""
        for name, value in occasion.items():
            wanted = getattr(self, name, "")
            if wanted and (not value.startswith(wanted) if name == "path" else value != wanted):
                return False
        return True


class Active:
    """A fault that has been armed, with its dice and its tally."""

    def __init__(self, name: str, fault: Fault, armed_ns: int, dice: random.Random) -> None:
        self.name = name
        self.fault = fault
        self.armed_ns = armed_ns
        self.is_on = False
        self.is_over = False
        self.met = 0
        self.fired = 0
        self._dice = dice
        self._may_fire = True

    def begin(self) -> None:
        """Start a turn."""
        self.is_on = self._may_fire = True

    def strikes(self) -> bool:
        """Whether it strikes now that it could; counts, and throws the dice."""
        fault = self.fault
        if not self.is_on or self.is_over or not self._may_fire:
            return False
        self.met += 1
        if fault.probability < 1 and self._dice.random() >= fault.probability:
            return False
        self.fired += 1
        self._may_fire = fault.every_s is None or fault.for_s is not None
        self.is_over = fault.count is not None and self.fired >= fault.count
        return True
