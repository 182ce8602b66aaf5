"""Jump mode: a letter on every panel that can have the focus; the next key goes there."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.geometry import Offset
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Label

LETTERS = "asdfghjlqwertyuiopzxcvbnm"
"""Home row first; no k, which is what is left of a kill key when its ctrl is missed."""


def targets(panels: list[Widget]) -> dict[str, Widget]:
    """Panels by the letter they get: from top to bottom, then from left to right."""
    placed = sorted(panels, key=lambda panel: (panel.region.y, panel.region.x))
    return dict(zip(LETTERS, placed, strict=False))


class JumpScreen(ModalScreen[Widget | None]):
    """The letters; any key closes it, and one of theirs answers with its panel."""

    def __init__(self, panels: dict[str, Widget]) -> None:
        super().__init__()
        self._panels = panels

    def compose(self) -> ComposeResult:
        """A letter in the corner of each panel."""
        for letter, panel in self._panels.items():
            label = Label(f" {letter.upper()} ", classes="jump-letter", markup=False)
            # On the three cells of the edge before the title, which stays readable.
            label.absolute_offset = Offset(panel.region.x, panel.region.y)
            yield label

    def on_key(self, event: events.Key) -> None:
        """Go, or change nothing."""
        event.stop()
        self.dismiss(self._panels.get((event.character or "").lower()))

    def on_click(self, event: events.Click) -> None:
        """A click changes nothing."""
        event.stop()
        self.dismiss(None)
