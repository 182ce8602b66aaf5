"""The help page, generated from the key table and the strategy's own parameter texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from okxmm_tui.console.keymap import Keymap
from okxmm_tui.console.language import keys_text, tr
from okxmm_tui.console.screens.modal import Modal
from okxmm_tui.console.themes import ANSI_PREFIX
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.core.market_views import ParamView
from okxmm_tui.core.params import plain

KEY_WIDTH = 15
SAFETY_TEXT = (
    "Kill needs no question and no free screen: the key is taken before the screen sees it. "
    "The engine halts, cancels every own order, and shows PROVEN once the venue's list of orders came "
    "back empty twice. If the engine does not confirm within a second, an independent kill is started."
)


class HelpScreen(Modal[None]):
    """What the panels of the page show, all keys and all parameters."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", show=False),
        Binding("f1", "dismiss", "Close", show=False),
        Binding("q", "dismiss", "Close", show=False),
    ]

    def __init__(
        self,
        params: tuple[ParamView, ...],
        keymap: Keymap,
        preface: str = SAFETY_TEXT,
        panels: Sequence[LinePanel] = (),
    ) -> None:
        super().__init__()
        self._keymap, self._preface = keymap, preface
        self._params, self._panels = params, panels

    def body(self) -> ComposeResult:
        """One page that scrolls."""
        with VerticalScroll(id="help") as page:
            page.border_title = tr("HELP")
            page.border_subtitle = tr("esc closes")
            primary = str(self.app.theme_variables.get("primary", "blue"))
            yield Static(help_page(self._params, self._keymap, primary, self._preface, self._panels))


def help_page(
    params: tuple[ParamView, ...],
    keymap: Keymap,
    key_colour: str,
    preface: str = SAFETY_TEXT,
    panels: Sequence[LinePanel] = (),
) -> Group:
    """The page: a table a group, so that long texts wrap beside their key.

    The panel in focus is explained before the keys, the others of the page after them.
    """
    style = f"bold {key_colour.removeprefix(ANSI_PREFIX)}"
    lines = keymap.help_lines
    focused = [panel for panel in panels if panel.has_focus]
    parts: list[RenderableType] = [Text(tr(preface), "italic"), *_panels(style, focused)]
    for group in dict.fromkeys(line[0] for line in lines):
        parts += [
            Text(f"\n{tr(group)}", "bold"),
            _table(style, [(keys_text(key), tr(words)) for at, key, words in lines if at == group]),
        ]
    parts += _panels(style, [panel for panel in panels if not panel.has_focus])
    if params:
        parts += [
            Text(f"\n{tr('Strategy parameters')}", "bold"),
            _table(style, [_param(param) for param in params]),
        ]
    return Group(*parts)


def _panels(style: str, panels: Sequence[LinePanel]) -> list[RenderableType]:
    rows = [(tr(panel.TITLE), tr(panel.HELP)) for panel in panels if panel.HELP]
    return [Text(), _table(style, rows)] if rows else []


def _table(style: str, rows: Sequence[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 1))
    table.add_column(style=style, min_width=KEY_WIDTH, no_wrap=True)
    table.add_column(ratio=1, overflow="fold")  # no blanks to wrap at in some scripts
    for key, words in rows:
        table.add_row(Text(key), Text(words))
    return table


def _param(param: ParamView) -> tuple[str, str]:
    bounds = f"{plain(param.minimum)}..{plain(param.maximum)} {tr(param.unit)}".rstrip()
    return param.name, f"{tr(param.help)} {bounds}, {tr('step')} {plain(param.step)}."
