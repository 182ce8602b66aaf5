"""A console on which scenes are played one after the other, each as if it were the first.

One console for all of them, for starting one costs more than a scene; and no waiting for an idle processor,
which is long where many share one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rich.segment import Segment
from textual.widgets import Input

from okxmm_tui.console.app import ConsoleApp
from okxmm_tui.console.desk import Desk
from okxmm_tui.console.history import History
from okxmm_tui.replay.keys import ReplayKeymap
from tests.console import sample
from tests.console.fake_link import FakeLink
from tests.console.plain_picture import rows_of
from tests.console.rest import press, rest
from tests.console.scenes import Scene


class Stage:
    """One console that plays all scenes, each as if it were the first."""

    def __init__(self, app: ConsoleApp) -> None:
        self._app = app

    async def play(self, scene: Scene) -> list[list[Segment]]:
        """Clear what the last scene left, then show this one."""
        app = self._app
        while len(app.screen_stack) > 1:
            app.pop_screen()
        if app.dashboard.maximized is not None:
            app.dashboard.minimize()
        app.dashboard.set_focus(app.dashboard.query_one("#orders"))
        app.state.desk, app.state.history, app.state._message = Desk(), History(), None
        app._has_asked_phrase = app._has_shown_question = False
        for seen in scene.past() if scene.past is not None else ():
            app.state.history.observe(seen)
        assert isinstance(app.link, FakeLink)
        if scene.snapshot is not None:
            shown = scene.snapshot()
            app.state.keymap = app.comfort.keymap if shown.replay is None else ReplayKeymap()
            app.link.show(shown)
        await self._settle()
        if scene.cursor_ticks is not None:
            app.state.desk.cursor_ticks = sample.MID_TICKS + scene.cursor_ticks
        for key in scene.keys:
            await self.press(key)
        if scene.is_engine_gone:
            app.link.die()
        await self._settle()
        for field in app.screen.query(Input):
            field.cursor_blink = False  # the palette's own
        await rest(app)
        return rows_of(app)

    async def press(self, key: str) -> None:
        """Press one key."""
        await press(self._app, key)

    async def _settle(self) -> None:
        """Let messages arrive and be drawn."""
        await rest(self._app)
        self._app.draw()
        await rest(self._app)


@asynccontextmanager
async def stage(app: ConsoleApp, size: tuple[int, int]) -> AsyncIterator[Stage]:
    """A console of that size, ready to play."""
    async with app.run_test(size=size):
        yield Stage(app)
