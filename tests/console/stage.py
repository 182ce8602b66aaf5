"""A console on which scenes are played one after the other, each as if it were the first.

One console for all of them, for starting one costs more than a scene; and no waiting for an idle processor,
which is long where many share one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rich.segment import Segment
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from okxmm_tui.console.app import ConsoleApp
from okxmm_tui.console.desk import Desk
from okxmm_tui.console.history import History
from okxmm_tui.console.port import ConsoleExit
from okxmm_tui.replay.keys import ReplayKeymap
from tests.console import sample
from tests.console.fake_link import FakeLink
from tests.console.plain_picture import rows_of
from tests.console.scenes import CHARACTERS, Scene

MOST_ROUNDS = 100


class Stage:
    """One console that plays all scenes, each as if it were the first."""

    def __init__(self, app: ConsoleApp, pilot: Pilot[ConsoleExit]) -> None:
        self._app, self._pilot = app, pilot

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
        await self._rest()
        return rows_of(app)

    async def press(self, key: str) -> None:
        """Press one key."""
        assert self._app._driver is not None
        self._app._driver.send_message(events.Key(key, CHARACTERS.get(key)))
        await self._rest()

    async def _settle(self) -> None:
        """Let messages arrive and be drawn."""
        await self._rest()
        self._app.draw()
        await self._rest()

    async def _rest(self) -> None:
        """Wait until nothing is queued, laid out or to be painted."""
        rounds = 0
        while rounds < MOST_ROUNDS:
            await self._pilot.pause(0)
            rounds += 1
            if not self._is_busy():
                return
        raise AssertionError("the screen never came to rest")

    def _is_busy(self) -> bool:
        screen = self._app.screen
        is_due = screen._layout_required or screen._callbacks or screen._dirty_widgets
        nodes = (self._app, *screen.walk_children(with_self=True))
        return bool(is_due) or any(node.message_queue_size or node._next_callbacks for node in nodes)


@asynccontextmanager
async def stage(app: ConsoleApp, size: tuple[int, int]) -> AsyncIterator[Stage]:
    """A console of that size, ready to play."""
    async with app.run_test(size=size) as pilot:
        yield Stage(app, pilot)
