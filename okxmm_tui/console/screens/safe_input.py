"""The input field of our modals: Textual's, without its own use of a kill key."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from okxmm_tui.console.bindings import KILL_KEYS


def _without_kill_keys() -> list[BindingType]:
    return [
        binding
        for binding in Input.BINDINGS
        if isinstance(binding, Binding) and not set(binding.key.split(",")) & set(KILL_KEYS)
    ]


class SafeInput(Input, inherit_bindings=False):
    """Input that leaves ctrl+k alone; a cursor that does not blink."""

    BINDINGS: ClassVar[list[BindingType]] = _without_kill_keys()

    def on_mount(self) -> None:
        """Keep the cursor still: motion is for news only."""
        self.cursor_blink = False
