"""How the operator has set the screen: grouping, cursor, filters, values being edited.

None of it reaches the engine by itself.
"""

from __future__ import annotations

from decimal import Decimal

GROUPS = (1, 2, 5, 10, 25, 50, 100, 250, 500)
"""Ticks a row of the ladder may stand for."""

SLOTS = ("fills", "tape", "events")
"""What the changing place of a small dashboard may show."""


class Desk:
    """Mutable state of the screen, touched by the console's event loop only."""

    def __init__(self) -> None:
        self.group = GROUPS[0]
        self.is_centred = True
        """Whether the ladder follows the market; else its prices stand still."""
        self.anchor_ticks: int | None = None
        """Middle price of a ladder that stands still."""
        self.cursor_ticks: int | None = None
        self.slot = SLOTS[0]
        self.filters: dict[str, str] = {}
        """Text every row must contain, by page."""
        self.draft: dict[str, Decimal] = {}
        """Parameter values being edited, not sent yet."""
        self.draft_source = "editor"
        """Who made the draft: ``editor``, or ``preset`` while nothing but a preset is in it."""
        self.ui_lag_ms = 0.0
        """How late the console's own timer was."""

    def forget_market(self) -> None:
        """Another market is in focus: its prices and parameters are others."""
        self.anchor_ticks = self.cursor_ticks = None
        self.draft.clear()

    def regroup(self, step: int) -> int:
        """Make rows coarser or finer; returns the ticks a row stands for now."""
        place = max(0, min(len(GROUPS) - 1, GROUPS.index(self.group) + step))
        self.group = GROUPS[place]
        return self.group

    def passes(self, page: str, text: str) -> bool:
        """Whether a row passes the page's filter."""
        wanted = self.filters.get(page, "")
        return not wanted or wanted.casefold() in text.casefold()


def floored(price_ticks: int, group: int, *, is_up: bool) -> int:
    """Price of the row a level belongs to: bids down, asks up, so that no row looks better than it is."""
    return -(-price_ticks // group) * group if is_up else price_ticks // group * group
