"""A panel whose rows can be more than fit: scrolled by keys while it has the focus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from textual import events
from textual.binding import Binding, BindingType

from okxmm_tui.console.spans import Line
from okxmm_tui.console.widgets.line_table import LinePanel

T = TypeVar("T")


class ScrolledPanel(LinePanel, can_focus=True):
    """Rows under a header, from an offset that keys move."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "move(-10)", "Page up", show=False),
        Binding("pagedown", "move(10)", "Page down", show=False),
        Binding("home", "move(-100000)", "Newest", show=False),
    ]

    offset_rows = 0
    _count = 0
    _room = 1
    """Rows there are, and rows there is room for, as last drawn."""

    def action_move(self, step: int) -> None:
        """Scroll."""
        if self.view is None:
            return
        last = max(0, self._count - self._room)
        self.offset_rows = max(0, min(last, self.offset_rows + step))
        self.show(self.view)

    def window(self, rows: Sequence[T], height: int) -> Sequence[T]:
        """The rows from the offset on; stays inside when rows went away."""
        self._count, self._room = len(rows), max(1, height)
        self.offset_rows = max(0, min(self.offset_rows, len(rows) - height))
        # Older rows below are a matter of course; that the newest are out of sight is not.
        self._hidden = (self.offset_rows, 0)
        return rows[self.offset_rows : self.offset_rows + height]

    def part(self, rows: list[Line], height: int) -> list[Line]:
        """The rows of a whole from the offset on; how many stand above and below is said in the title."""
        shown = list(self.window(rows, height))
        self._hidden = (self.offset_rows, len(rows) - self.offset_rows - len(shown))
        return shown

    def on_mouse_scroll_down(self, _: events.MouseScrollDown) -> None:
        """Scroll by wheel."""
        self.action_move(2)

    def on_mouse_scroll_up(self, _: events.MouseScrollUp) -> None:
        """Scroll by wheel."""
        self.action_move(-2)
