"""What an operator can ask of the engine; sent by consoles, by signals and by the command line."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.preflight import PreflightAnswer
from okxmm_tui.core.types import Side

LONGEST_PAUSE_S = 86_400
"""A pause that ends by itself ends within a day."""
LONGEST_NOTE = 200
"""Characters of a line of the operator's."""


class Command(Struct, frozen=True, tag=True, gc=False):
    """Base of what an operator can ask; sent by consoles, signals and the command line."""


class Kill(Command, frozen=True, tag=True, gc=False):
    """Halt at once, cancel every own order, prove it; latched."""

    reason: str = "operator"


class Pause(Command, frozen=True, tag=True, gc=False):
    """Pull own quotes and keep everything warm."""

    for_s: int = 0
    """Seconds after which quoting goes on by itself; 0 until it is resumed."""


class Resume(Command, frozen=True, tag=True, gc=False):
    """Quote again; from HALTED only when armed."""


class Reduce(Command, frozen=True, tag=True, gc=False):
    """From now on only orders that shrink positions."""


class Widen(Command, frozen=True, tag=True, gc=False):
    """Quote at twice the distance, or at the usual one again."""

    is_on: bool


class FlattenPositions(Command, frozen=True, tag=True, gc=False):
    """Close a position, or all of them, as a taker; needs the armed state. Quotes are pulled first."""

    inst_id: str = ""
    """Empty for every market."""


class StopFlatten(Command, frozen=True, tag=True, gc=False):
    """Call a flatten run off."""


class SetLimit(Command, frozen=True, tag=True, gc=False):
    """Change one limit; towards more risk only when armed."""

    name: str
    value: Decimal


class Arm(Command, frozen=True, tag=True, gc=False):
    """Allow one risk-raising act within ten seconds."""


class Disarm(Command, frozen=True, tag=True, gc=False):
    """Take the arming back."""


class SetParam(Command, frozen=True, tag=True, gc=False):
    """Set one strategy parameter."""

    inst_id: str
    name: str
    value: Decimal
    source: str = "key"
    """Who asks: ``key``, ``editor``, ``preset``, ``file`` or ``command``."""


class SetParams(Command, frozen=True, tag=True, gc=False):
    """Set several strategy parameters, all or none."""

    inst_id: str
    values: dict[str, Decimal]
    source: str = "editor"


class PreviewParams(Command, frozen=True, tag=True, gc=False):
    """Show where the quotes would stand with these values; empty values end the preview."""

    inst_id: str
    values: dict[str, Decimal]


class SwitchStrategy(Command, frozen=True, tag=True, gc=False):
    """Pull the quotes of a market, then quote with another strategy."""

    inst_id: str
    name: str
    values: dict[str, Decimal] = {}


class MuteSide(Command, frozen=True, tag=True, gc=False):
    """Stop or resume quoting one side of a market."""

    inst_id: str
    side: Side
    is_muted: bool


class UndoParam(Command, frozen=True, tag=True, gc=False):
    """Revert the last parameter change."""

    inst_id: str


class CancelOne(Command, frozen=True, tag=True, gc=False):
    """Cancel one own order."""

    inst_id: str
    cl_ord_id: str


class PlaceManual(Command, frozen=True, tag=True, gc=False):
    """Place one post-only order by hand; in demo and live only when armed. Quoting leaves it alone."""

    inst_id: str
    side: Side
    price_ticks: int
    size_lots: int


class MoveOrder(Command, frozen=True, tag=True, gc=False):
    """Move an own order to a price; one of the strategy's is taken over by hand and its side muted."""

    inst_id: str
    cl_ord_id: str
    price_ticks: int


class AcknowledgeAlarms(Command, frozen=True, tag=True, gc=False):
    """Mark every alarm as seen."""


class Note(Command, frozen=True, tag=True, gc=False):
    """A line of the operator's for the journal; trades nothing."""

    text: str

    @property
    def problem(self) -> str:
        """What is wrong with the line; empty when it can be written."""
        if not self.text.strip():
            return "an empty line is no note"
        if len(self.text) > LONGEST_NOTE:
            return f"a note has at most {LONGEST_NOTE} characters, not {len(self.text)}"
        return "" if self.text.isprintable() else "a note is one line of text"


class AnswerPreflight(Command, frozen=True, tag=True, gc=False):
    """What to do about differences found before the first quote."""

    answer: PreflightAnswer


class Quit(Command, frozen=True, tag=True, gc=False):
    """Pull every order, prove it, end the engine."""

    reason: str = "operator"


AnyCommand = (
    Kill
    | Pause
    | Resume
    | Reduce
    | Widen
    | FlattenPositions
    | StopFlatten
    | SetLimit
    | Arm
    | Disarm
    | SetParam
    | SetParams
    | PreviewParams
    | SwitchStrategy
    | MuteSide
    | UndoParam
    | CancelOne
    | PlaceManual
    | MoveOrder
    | AcknowledgeAlarms
    | Note
    | AnswerPreflight
    | Quit
)
