"""Keys go on one by one, the kill keys at once, and none waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from okxmm_tui.console.key_order import HELD_S, KeyOrder
from tests.console.rest import burst, rest, until_all_tasks_wait


class Slow(Widget, can_focus=True):
    """Has something to do at ``x``, for as long as a test wants it to."""

    def __init__(self, heard: list[str]) -> None:
        super().__init__()
        self.heard = heard
        self.go_on = asyncio.Event()

    async def on_key(self, event: events.Key) -> None:
        """Keep the key; wait at x."""
        self.heard.append(event.key)
        if event.key == "x":
            await self.go_on.wait()
            self.heard.append("x done")


class Keys(App[None]):
    """Takes its keys in order; ``ctrl+k`` acts before any widget is asked."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+k", "kill", priority=True)]

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self.heard: list[str] = []
        self.order = KeyOrder(self, super().on_event, clock=lambda: self.now_s)

    def compose(self) -> ComposeResult:
        """One widget, in focus."""
        yield Slow(self.heard)

    async def on_event(self, event: events.Event) -> None:
        """Keys one by one."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            await self.order.take(event)
        else:
            await super().on_event(event)

    def action_kill(self) -> None:
        """Note it."""
        self.heard.append("killed")


@asynccontextmanager
async def running_keys() -> AsyncIterator[Keys]:
    """The app; what the slow widget waits for comes at the end, also of a test that failed."""
    app = Keys()
    async with app.run_test():
        try:
            yield app
        finally:
            app.query_one(Slow).go_on.set()


async def test_a_key_waits_for_the_work_of_the_one_before():
    """And goes on when that is done."""
    async with running_keys() as app:
        burst(app, "x", "y", "z")
        await until_all_tasks_wait()
        assert app.heard == ["x"]
        app.query_one(Slow).go_on.set()
        await rest(app)
        assert app.heard == ["x", "x done", "y", "z"]


async def test_the_kill_key_waits_for_nobody():
    """Neither for the key that is at work nor for those that wait."""
    async with running_keys() as app:
        burst(app, "x", "y", "ctrl+k")
        await until_all_tasks_wait()
        assert sorted(app.heard) == ["killed", "x"]
        app.query_one(Slow).go_on.set()
        await rest(app)
        assert app.heard[2:] == ["x done", "y"]


async def test_no_key_waits_for_ever():
    """After a second a key that comes to no end lets the next ones through; its own late end is no news."""
    async with running_keys() as app:
        burst(app, "x", "y")
        await until_all_tasks_wait()
        queued = app.query_one(Slow).message_queue_size
        app.now_s += 2 * HELD_S
        burst(app, "z")
        await until_all_tasks_wait()
        # y has been handed on, and what follows it; z waits for it.
        assert app.query_one(Slow).message_queue_size - queued == 2
        app.query_one(Slow).go_on.set()
        await rest(app)
        assert app.heard == ["x", "x done", "y", "z"]
        burst(app, "a", "b")
        await rest(app)
        assert app.heard[-2:] == ["a", "b"]
