"""One line to type: a filter, a preset's name, a limit; what is wrong with it is said before it is taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.suggester import SuggestFromList
from textual.widgets import Static

from okxmm_tui.console.language import tr
from okxmm_tui.console.screens.modal import Modal
from okxmm_tui.console.screens.safe_input import SafeInput

Take = Callable[[str], str]
"""Takes the typed text and returns what was wrong with it, or nothing."""


class TextPrompt(Modal[None]):
    """Enter takes the text, esc changes nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "No change", show=False)]

    def __init__(
        self, title: str, text: str, take: Take, *, start: str = "", offers: Sequence[str] = ()
    ) -> None:
        super().__init__()
        self._heading, self._text, self._take = title, text, take
        self._start, self._offers = start, offers

    def body(self) -> ComposeResult:
        """What is asked, what there is to choose from, the field."""
        with Vertical(id="prompt") as box:
            box.border_title = tr(self._heading)
            box.border_subtitle = tr("enter takes it · esc changes nothing")
            yield Static(tr(self._text), markup=False)
            if self._offers:
                yield Static("  ".join(self._offers), classes="offers", markup=False)
            suggester = SuggestFromList(self._offers, case_sensitive=False) if self._offers else None
            yield SafeInput(self._start, suggester=suggester, select_on_focus=False)
            yield Static("", id="prompt-problem", markup=False)

    @on(SafeInput.Submitted)
    def submit(self, event: SafeInput.Submitted) -> None:
        """Hand the text over, or say what is wrong."""
        if problem := self._take(event.value.strip()):
            self.query_one("#prompt-problem", Static).update(tr(problem))
        else:
            self.dismiss()
