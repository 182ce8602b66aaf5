"""Keys go on one by one: each when all is done that the one before led to.

Textual hands a key to the focused widget and takes the next one; what a key means to the app turns out when
it has come back up. Over a slow line keys come in bursts, and those typed for a prompt would then go to the
screen that is about to open it, or be lost between the two.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.screen import Screen

from okxmm_tui.console.bindings import KILL_KEYS

HELD_S = 1.0
"""Whatever a key leads to, the next one waits no longer."""
PASSES = 2
"""Ways up behind a key: one for itself, one for what it caused (a prompt that is sent, and closes)."""


class KeyOrder:
    """The keys that have come, and the one whose work is not done yet.

    Args:
        app: Whose keys they are.
        forward: Has Textual handle a key.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        app: App[Any],
        forward: Callable[[events.Key], Awaitable[None]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._forward = forward
        self._clock = clock
        self._waiting: deque[events.Key] = deque()
        self._number = 0
        """Of the key that is at work; what still climbs for an earlier one is late and means nothing."""
        self._since_s: float | None = None
        """When it began; None while none is."""

    async def take(self, event: events.Key) -> None:
        """Handle a key when its turn has come; the kill keys wait for nobody."""
        if event.key in KILL_KEYS:
            await self._forward(event)
            return
        self._waiting.append(event)
        if self._since_s is None or self._clock() - self._since_s > HELD_S:
            await self._next()

    async def _next(self) -> None:
        if not self._waiting:
            self._since_s = None
            return
        self._since_s = self._clock()
        self._number += 1
        screen = self._app.screen
        # Up from the focused widget to the app, as the key itself goes.
        way = (self._app.focused or screen).ancestors_with_self
        await self._forward(self._waiting.popleft())
        await self._climb(self._number, screen, way * PASSES)

    async def _climb(self, number: int, screen: Screen[Any], way: Sequence[DOMNode]) -> None:
        """Wait in one queue after the other, behind the key and what it caused; then the next key may go."""
        if number != self._number:
            return
        for place, node in enumerate(way):
            if node.call_later(self._climb, number, screen, way[place + 1 :]):
                return  # a node that has gone meanwhile takes no callback: on with the next
        if self._app.screen is not screen:
            # A prompt has opened or closed: keys are heard when it is drawn and has the focus.
            self._app.screen.call_after_refresh(self._app.call_later, self._arrive, number)
        else:
            await self._arrive(number)

    async def _arrive(self, number: int) -> None:
        if number == self._number:
            await self._next()
