"""The input field of our modals: Textual's, without its use of a kill key, and true to the order of keys."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Input

from okxmm_tui.console.bindings import KILL_KEYS


def _without_kill_keys() -> list[Binding]:
    return [
        binding
        for binding in Input.BINDINGS
        if isinstance(binding, Binding) and not set(binding.key.split(",")) & set(KILL_KEYS)
    ]


EDITING = {key: binding.action for binding in _without_kill_keys() for key in binding.key.split(",")}
"""What every key but a character does to the field."""


class SafeInput(Input, inherit_bindings=False):
    """Input that leaves ctrl+k alone and takes keys in the order they were typed; its cursor stands still.

    Textual types characters at once and runs bindings when the key has gone up to the app. Over a slow line
    keys come in bursts: a backspace would then take away what was typed after it, and enter would send it.
    """

    BINDINGS: ClassVar[list[BindingType]] = list(_without_kill_keys())

    def on_mount(self) -> None:
        """Keep the cursor still: motion is for news only."""
        self.cursor_blink = False

    async def on_key(self, event: events.Key) -> None:
        """Edit at once, as characters are typed at once."""
        if (action := EDITING.get(event.key)) is not None:
            event.stop()
            event.prevent_default()
            await self.run_action(action)
