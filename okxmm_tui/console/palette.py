"""Command palette: every action of the key table, ``set`` for every parameter, and the themes.

A theme is on screen while it is under the cursor, and gone again unless it is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.command import Command, CommandPalette, DiscoveryHit, Hit, Hits, Provider

from okxmm_tui.console import themes
from okxmm_tui.console.bindings import PAGES, SAFETY, SCREEN
from okxmm_tui.console.language import keys_text, tr
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.banner import Banner
from okxmm_tui.core.params import plain

if TYPE_CHECKING:
    from okxmm_tui.console.app import ConsoleApp

Entry = tuple[str, str, Callable[[], object]]


@dataclass(frozen=True)
class ThemeChoice:
    """Chooses a theme when called."""

    app: ConsoleApp
    name: str

    def __call__(self) -> None:
        """Keep the theme."""
        self.app.keep_theme(self.name)


class ThemePreview:
    """Shows the theme under the palette's cursor, and puts the old one back when none was chosen."""

    def __init__(self, app: ConsoleApp) -> None:
        self._app = app
        self._before = ""

    def on_highlighted(self, message: CommandPalette.OptionHighlighted) -> None:
        """The cursor of the palette has moved."""
        option = message.highlighted_event.option
        choice = option.hit.command if isinstance(option, Command) else None
        if isinstance(choice, ThemeChoice):
            self._before = self._before or self._app.theme
            self._app.theme = choice.name
        else:
            self.take_back()

    def keep(self) -> None:
        """The theme was chosen."""
        self._before = ""

    def take_back(self) -> None:
        """Nothing was chosen."""
        if self._before:
            self._app.theme = self._before
            self._before = ""


class Palette(CommandPalette):
    """The framework's palette under our banner."""

    def compose(self) -> ComposeResult:
        """The banner, then the palette."""
        yield Banner(id="banner")
        yield from super().compose()

    def on_mount(self) -> None:
        """Draw at once, not with the next frame."""
        self.call_after_refresh(cast("ConsoleApp", self.app).draw)

    def show(self, view: View) -> None:
        """Draw one frame."""
        self.query_one(Banner).show(view)


class ConsoleProvider(Provider):
    """What the palette offers."""

    @property
    def console(self) -> ConsoleApp:
        """The app, typed."""
        return cast("ConsoleApp", self.app)

    async def discover(self) -> Hits:
        """List everything before anything is typed."""
        for text, help_text, callback in self.entries():
            yield DiscoveryHit(text, callback, text=text, help=help_text)

    async def search(self, query: str) -> Hits:
        """Fuzzy search."""
        matcher = self.matcher(query)
        for text, help_text, callback in self.entries():
            score = matcher.match(text)
            if score > 0:
                yield Hit(score, matcher.highlight(text), callback, text=text, help=help_text)

    def entries(self) -> Iterator[Entry]:
        """Actions first, then parameters, then themes."""
        yield from self._actions()
        yield from self._params()
        yield from theme_entries(self.console)

    def _actions(self) -> Iterator[Entry]:
        # What only looks comes first, safety last: the first entry is a mere enter away.
        ranks = {PAGES: 0, SCREEN: 1, SAFETY: 3}
        for spec in sorted(self.console.comfort.keymap.table, key=lambda each: ranks.get(each.group, 2)):
            if spec.in_palette:
                callback = cast("Callable[[], object]", getattr(self.console, f"action_{spec.action}"))
                yield f"{tr(spec.label)}  ({keys_text(spec.key_text)})", tr(spec.help), callback

    def _params(self) -> Iterator[Entry]:
        if not self.console.comfort.keymap.text("edit_param"):
            return
        market = self.console.state.market
        for param in market.params if market else ():
            value = f"{plain(param.value)} {param.unit}".rstrip()
            callback = partial(self.console.action_edit_param, param.name)
            yield f"{tr('set')} {param.name}  ({tr('now')} {value})", tr(param.help), callback


def theme_entries(app: ConsoleApp) -> Iterator[Entry]:
    """One entry a theme."""
    for name in themes.theme_names():
        yield f"{tr('theme')} {name}", tr("shown while it is under the cursor"), ThemeChoice(app, name)


class ThemeProvider(ConsoleProvider):
    """The themes alone."""

    def entries(self) -> Iterator[Entry]:
        """Themes."""
        return theme_entries(self.console)
