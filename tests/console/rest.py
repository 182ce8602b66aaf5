"""Waiting until a console has done all it was asked: by what it still has to do, not by the clock.

Textual's own pilot waits until the processor looks idle, in steps of 20 ms: four of them for one key, and on
a machine that is busy elsewhere a console that is merely held up looks as idle as one that is done.
"""

from __future__ import annotations

import asyncio
from typing import Any

from textual import events
from textual.app import App
from textual.keys import _character_to_key
from textual.pilot import Pilot

from okxmm_tui.console.port import ConsoleExit

MOST_STEPS = 10_000
A_FRAME_S = 1 / 60
MOST_ROUNDS = 100
CHARACTERS = {_character_to_key(each): each for each in map(chr, range(32, 127))}
"""What a key types, by the name of the key."""


async def rest(app: App[Any]) -> None:
    """Wait until no task of the loop can run on and nothing is queued, laid out or to be painted.

    Raises:
        AssertionError: It never came to rest.
    """
    for _ in range(MOST_ROUNDS):
        await until_all_tasks_wait()
        if not app.is_running or not _is_busy(app):
            return
        if app._batch_count:
            await asyncio.sleep(A_FRAME_S)  # a palette that closes holds all drawing back for some frames
        app.screen._on_timer_update()  # what a timer does some milliseconds later
    raise AssertionError("the screen never came to rest")


async def press(app: App[Any], *keys: str) -> None:
    """Press keys, each when all is done that came of the one before."""
    for each in keys:
        burst(app, each)
        await rest(app)
        await app.animator.wait_until_complete()
        await rest(app)


def burst(app: App[Any], *keys: str) -> None:
    """Have keys arrive all at once, as a slow line brings them after a pause."""
    for each in keys:
        key = _character_to_key(each) if len(each) == 1 else each
        assert app._driver is not None
        app._driver.send_message(events.Key(key, CHARACTERS.get(key, each if len(each) == 1 else None)))


class RestingPilot(Pilot[ConsoleExit]):
    """Textual's pilot, whose waiting is this one: for clicks and wheels."""

    async def pause(self, delay: float | None = None) -> None:
        """Wait until the console is at rest."""
        assert delay is None
        await rest(self.app)

    async def press(self, *keys: str) -> None:
        """Press keys, each when all is done that came of the one before."""
        await press(self.app, *keys)


async def until_all_tasks_wait() -> None:
    """Let all others run until each of them waits for a timer, for data, or for somebody."""
    ready = asyncio.get_running_loop()._ready  # pyright: ignore[reportAttributeAccessIssue]
    for _ in range(MOST_STEPS):
        await asyncio.sleep(0)
        if not ready:
            return
    raise AssertionError("some task never waits")


def _is_busy(app: App[Any]) -> bool:
    screen = app.screen
    is_due = (
        screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or screen._recompose_required
        or screen._dirty_widgets
        or screen._callbacks
    )
    nodes = (app, *screen.walk_children(with_self=True))
    return bool(is_due) or any(node.message_queue_size or node._next_callbacks for node in nodes)
