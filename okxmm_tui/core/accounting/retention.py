"""How often an order kept its place in the queue, and what it cost where it did not.

A decision is counted once for every price an order was wanted at instead of its own, however often it was
looked at (docs/definitions.md, Activity and uptime).
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct


class RetentionView(Struct, frozen=True, gc=False):
    """Decisions on orders that stood off their target."""

    held: int
    moved: int
    held_share: float | None
    """Held over all; None before the first decision."""
    rank_lost: float | None
    """Mean quantity ahead just after a move less that just before it, contracts or base currency; None before
    the first move whose both places were known. Negative where moves won places."""
    ranked: int
    """Moves whose both places were known."""


class Retention:
    """Counters alone."""

    def __init__(self) -> None:
        self._held = self._moved = 0
        self._ranked = self._lost_lots = 0

    def on_hold(self) -> None:
        """An order was left where it stood, though it was wanted elsewhere."""
        self._held += 1

    def on_move(self) -> None:
        """An order was sent to another price."""
        self._moved += 1

    def on_new_place(self, lost_lots: int) -> None:
        """The venue has moved an order: so much more stands ahead of it now."""
        self._ranked += 1
        self._lost_lots += lost_lots

    def view(self, lot_size: Decimal) -> RetentionView:
        """The score so far.

        Args:
            lot_size: Contracts or base currency a lot.
        """
        decisions = self._held + self._moved
        return RetentionView(
            held=self._held,
            moved=self._moved,
            held_share=self._held / decisions if decisions else None,
            rank_lost=float(lot_size) * self._lost_lots / self._ranked if self._ranked else None,
            ranked=self._ranked,
        )
