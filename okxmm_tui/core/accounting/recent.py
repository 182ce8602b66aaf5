"""The last fills as they were booked, so that one that comes late is booked where it belongs.

Average cost depends on the order of the fills. A fill that was missed is read back after later ones were
pushed; the venue's order is that of its time and trade id, and the books follow it whichever way a fill came.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct, structs

from okxmm_tui.core.fill import Fill
from okxmm_tui.core.position import Position

MOST = 300
"""A fill that is missed is found within a minute or with the next login."""


class Step(Struct, frozen=True):
    """A fill, the position before it, and what it realised."""

    fill: Fill
    quantity: Decimal
    basis: Decimal
    realised: Decimal


class RecentFills:
    """Follows one position; what changes it without a fill starts the history anew.

    Args:
        position: Changed by ``later_than`` alone.
        most: Fills remembered.
    """

    def __init__(self, position: Position, most: int = MOST) -> None:
        self._position = position
        self._most = most
        self._steps: list[Step] = []
        self._state = self._present()

    def _present(self) -> tuple[Decimal, Decimal]:
        return self._position.quantity, self._position.basis

    def later_than(self, fill: Fill) -> list[Step]:
        """Take back the fills the venue made after this one; they have to be booked again, in order."""
        if self._present() != self._state:
            self._steps.clear()
        at, key = len(self._steps), _order(fill)
        while at and _order(self._steps[at - 1].fill) > key:
            at -= 1
        later = self._steps[at:]
        if later:
            del self._steps[at:]
            self._position.restore(later[0].quantity, later[0].basis)
        return later

    def note(self, step: Step) -> None:
        """Remember a fill that has just been booked."""
        self._steps.append(step)
        if len(self._steps) >= 2 * self._most:
            del self._steps[: self._most]
        self._state = self._present()

    def restore(self, steps: Sequence[Step]) -> None:
        """Go on from what ``newest`` gave, on a position that was restored likewise."""
        self._steps = list(steps)

    def newest(self, count: int, tick_size: Decimal) -> tuple[Step, ...]:
        """The last steps, oldest first, with exact prices; none when something else moved the position."""
        if self._present() != self._state:
            return ()
        return tuple(
            structs.replace(step, fill=structs.replace(step.fill, exact_price=step.fill.price(tick_size)))
            for step in self._steps[-count:]
        )


def _order(fill: Fill) -> tuple[int, int]:
    """Place in the venue's order; ids that are no numbers are ordered by their time alone."""
    number = fill.trade_id.removeprefix("-")  # negative without an order book (OKX v5, fills)
    return fill.venue_ms, int(number) if number.isdecimal() else 0
