"""A list with a cursor that stays on its row while other rows come and go."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.binding import Binding, BindingType

from okxmm_tui.console.spans import Line, fit, paint, waiting
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.line_table import LinePanel

T = TypeVar("T")


class ListPanel(LinePanel, Generic[T], can_focus=True):
    """Rows of one kind, chosen by cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "move(-10)", "Page up", show=False),
        Binding("pagedown", "move(10)", "Page down", show=False),
        Binding("home", "move(-100000)", "First", show=False),
        Binding("end", "move(100000)", "Last", show=False),
    ]

    _chosen: Hashable = None
    """Key of the row under the cursor; None follows the first row."""
    _place: int = 0

    def items(self, view: View) -> Sequence[T]:
        """All rows."""
        raise NotImplementedError

    def key(self, item: T) -> Hashable:
        """What tells a row from the others."""
        raise NotImplementedError

    def header(self, width: int) -> Line:
        """Names of the columns."""
        raise NotImplementedError

    def line(self, view: View, item: T, width: int) -> Line:
        """One row."""
        raise NotImplementedError

    def nothing(self, view: View) -> str:
        """What an empty list waits for."""
        raise NotImplementedError

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """Header, then the rows around the cursor."""
        items = self.items(view)
        if not items:
            return waiting(height, width, self.nothing(view))
        place = self._find(items)
        room = max(1, height - 1)
        first = max(0, min(place - room // 2, len(items) - room))
        self._hidden = (first, max(0, len(items) - first - room))
        lines = [self.header(width)]
        for index in range(first, min(len(items), first + room)):
            line = self.line(view, items[index], width)
            lines.append(paint(fit(line, width), "cursor") if index == place and self.has_focus else line)
        return lines

    def _find(self, items: Sequence[T]) -> int:
        if self._chosen is None:
            return 0
        place = next((at for at, item in enumerate(items) if self.key(item) == self._chosen), None)
        # A row that went away leaves the cursor where it was.
        self._place = min(self._place, len(items) - 1) if place is None else place
        return self._place

    @property
    def chosen(self) -> T | None:
        """The row under the cursor."""
        items = self.items(self.view) if self.view is not None else ()
        return items[self._find(items)] if items else None

    def action_move(self, step: int) -> None:
        """Move the cursor."""
        if self.view is None or not (items := self.items(self.view)):
            return
        self._place = max(0, min(len(items) - 1, self._find(items) + step))
        self._chosen = self.key(items[self._place]) if self._place else None
        self.show(self.view)

    def on_mouse_scroll_down(self, _: events.MouseScrollDown) -> None:
        """Move the cursor by wheel."""
        self.action_move(1)

    def on_mouse_scroll_up(self, _: events.MouseScrollUp) -> None:
        """Move the cursor by wheel."""
        self.action_move(-1)
