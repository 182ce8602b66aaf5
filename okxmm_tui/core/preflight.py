"""The check before the first quote: who decides about differences, and what the operator sees of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from msgspec import Struct

PreflightAnswer = Literal["adopt", "cancel", "abort"]
"""Take over, cancel and take over what is held, or end the engine with nothing touched."""


class PreflightPolicy(StrEnum):
    """What follows when the venue holds what the journal does not explain."""

    ASK = "ask"
    """Nothing is touched and nothing quoted until the operator answers."""
    ADOPT = "adopt"
    """Leftover orders and positions are taken over."""
    CANCEL = "cancel"
    """Leftover orders are cancelled and proven gone, positions taken over."""
    ABORT = "abort"
    """The engine ends; nothing is touched."""


class CheckState(StrEnum):
    """How one line of the checklist stands."""

    GOOD = "good"
    WAITING = "waiting"
    DIFFERENT = "different"
    BAD = "bad"


class CheckView(Struct, frozen=True, gc=False):
    """One line of the checklist."""

    name: str
    state: CheckState
    text: str
    """The figure, or the cause."""


class DifferenceView(Struct, frozen=True, gc=False):
    """One thing the venue holds and the journal does not explain, or the other way round."""

    inst_id: str
    what: str
    """``order`` or ``position``."""
    journal: str
    venue: str


class PreflightView(Struct, frozen=True, gc=False):
    """The checklist, the differences, and where the question stands."""

    is_asking: bool
    """Whether nothing is quoted until the operator answers."""
    outcome: str
    """How it was settled, in a few words; empty before."""
    checks: tuple[CheckView, ...]
    differences: tuple[DifferenceView, ...] = ()
