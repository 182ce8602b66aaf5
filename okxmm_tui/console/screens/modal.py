"""What every dialog of ours is: something over a page, below a banner that is never dimmed."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from textual.app import ComposeResult
from textual.screen import ModalScreen

from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.banner import Banner
from okxmm_tui.console.widgets.line_table import LinePanel

if TYPE_CHECKING:
    from okxmm_tui.console.base import BaseConsole

T = TypeVar("T")


class Modal(ModalScreen[T]):
    """A dialog. Mode, state, position and the kill key stay as loud as without it, in every theme."""

    def compose(self) -> ComposeResult:
        """The banner, then what is asked."""
        yield Banner(id="banner")
        yield from self.body()

    def body(self) -> ComposeResult:
        """The dialog itself."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Draw at once, not with the next frame."""
        self.call_after_refresh(cast("BaseConsole", self.app).draw)

    def show(self, view: View) -> None:
        """Draw one frame."""
        for panel in self.query(LinePanel):
            panel.show(view)
