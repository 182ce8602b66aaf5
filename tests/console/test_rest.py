"""Tests wait for a console until it is done, however long the processor is somebody else's."""

from __future__ import annotations

import asyncio

import pytest
from textual import events
from textual.app import App
from textual.screen import ModalScreen

from tests.console.rest import press, rest

TURNS = 500


class Question(ModalScreen[None]):
    """Takes a while to come, and takes the keys from then on."""

    def __init__(self, heard: list[str]) -> None:
        super().__init__()
        self._heard = heard

    async def on_key(self, event: events.Key) -> None:
        """Keep what was typed."""
        self._heard.append(f"question {event.key}")
        event.stop()


class Asking(App[None]):
    """One key opens a question; any other does something at once."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    async def on_key(self, event: events.Key) -> None:
        """Open, or keep the key."""
        if event.key != "slash":
            self.heard.append(f"app {event.key}")
            return
        for _ in range(TURNS):
            await asyncio.sleep(0)
        self.push_screen(Question(self.heard))


async def test_a_key_goes_where_the_one_before_leads(monkeypatch: pytest.MonkeyPatch):
    """A prompt that is slow to come gets the next key, and not the screen below, for which it is an order."""
    monkeypatch.setattr("textual._wait.process_time", lambda: 0.0)  # the processor looks idle all the time
    app = Asking()
    async with app.run_test():
        await press(app, "x", "/", "x")
        assert app.heard == ["app x", "question x"]


async def test_a_task_that_never_waits_is_told():
    """Instead of waiting for ever."""
    app = Asking()
    async with app.run_test():

        async def spin() -> None:
            while True:
                await asyncio.sleep(0)

        task = asyncio.create_task(spin())
        with pytest.raises(AssertionError, match="never waits"):
            await rest(app)
        task.cancel()
