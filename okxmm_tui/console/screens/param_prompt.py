"""A line to type a parameter and its value; what is wrong is said before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.suggester import SuggestFromList
from textual.widgets import Static

from okxmm_tui.console.language import tr
from okxmm_tui.console.screens.modal import Modal
from okxmm_tui.console.screens.safe_input import SafeInput
from okxmm_tui.core.market_views import ParamView
from okxmm_tui.core.params import plain

SetTyped = Callable[[str, str], str]
"""Sets (name, value) and returns what was wrong, or nothing."""


class ParamPrompt(Modal[None]):
    """``name value``, enter sends, esc changes nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "No change", show=False)]

    def __init__(self, params: tuple[ParamView, ...], set_typed: SetTyped, name: str = "") -> None:
        super().__init__()
        self._params = params
        self._set_typed = set_typed
        self._start = f"{name} " if name else ""

    def body(self) -> ComposeResult:
        """All parameters, the field, and what is wrong with it."""
        with Vertical(id="prompt") as box:
            box.border_title = tr("SET A PARAMETER")
            box.border_subtitle = tr("enter sends · esc changes nothing")
            yield Static(self._table(), id="prompt-params")
            names = [f"{param.name} " for param in self._params]
            yield SafeInput(
                self._start,
                placeholder=tr("name value"),
                suggester=SuggestFromList(names, case_sensitive=False),
                select_on_focus=False,
            )
            yield Static("", id="prompt-problem", markup=False)

    def _table(self) -> Text:
        text = Text()
        width = max((len(param.name) for param in self._params), default=0)
        for param in self._params:
            bounds = f"{plain(param.minimum)}..{plain(param.maximum)} {tr(param.unit)}".rstrip()
            text.append(f"{param.name:<{width}}", "bold")
            text.append(f"{plain(param.value):>10}  ")
            text.append(f"{bounds}\n", "dim")
        text.rstrip()
        return text

    @on(SafeInput.Submitted)
    def submit(self, event: SafeInput.Submitted) -> None:
        """Send, or say what is wrong."""
        name, _, value = event.value.strip().partition(" ")
        problem = self._set_typed(name, value.strip())
        if problem:
            self.query_one("#prompt-problem", Static).update(tr(problem))
        else:
            self.dismiss()
