"""Command palette: every action of the key table, and ``set`` for every parameter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from okxmm_tui.console.bindings import TABLE
from okxmm_tui.core.params import plain

if TYPE_CHECKING:
    from okxmm_tui.console.app import ConsoleApp

Entry = tuple[str, str, Callable[[], object]]


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
        """Actions first, then parameters."""
        yield from self._actions()
        yield from self._params()

    def _actions(self) -> Iterator[Entry]:
        for spec in TABLE:
            if spec.in_palette:
                callback = cast("Callable[[], object]", getattr(self.console, f"action_{spec.action}"))
                yield f"{spec.label}  ({spec.key_text})", spec.help, callback

    def _params(self) -> Iterator[Entry]:
        market = self.console.state.market
        for param in market.params if market else ():
            value = f"{plain(param.value)} {param.unit}".rstrip()
            callback = partial(self.console.action_edit_param, param.name)
            yield f"set {param.name}  (now {value})", param.help, callback
