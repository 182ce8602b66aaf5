"""How the screen looks: every scene at every size, in every look, with a clock that stands still.

The files are text (see :mod:`plain_picture`), so that a change can be read in a diff;
``pytest --snapshot-update tests/console/test_snapshots.py`` accepts it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from rich.segment import Segment
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from okxmm_tui.console.app import ConsoleApp
from okxmm_tui.console.desk import Desk
from okxmm_tui.console.history import History
from okxmm_tui.console.port import ConsoleExit
from tests.console import sample
from tests.console.fake_link import FakeLink
from tests.console.harness import SIZES
from tests.console.plain_picture import picture, rows_of, widths_of
from tests.console.scenes import CHARACTERS, SCENES, Scene

DEFAULT, NO_COLOUR = "okxmm-dark", "no colour"
LOOKS = (DEFAULT, "okxmm-deuteranopia", NO_COLOUR)
"""Names of themes, and the default one where the terminal asks for no colour."""

LANGUAGES = ("en",)
MOST_ROUNDS = 100


class PlainFile(SingleFileSnapshotExtension):
    """One text file per scene."""

    _file_extension = "txt"
    _write_mode = WriteMode.TEXT


def console(look: str, language: str, monkeypatch: pytest.MonkeyPatch) -> ConsoleApp:
    """A console with a clock that stands still."""
    assert language == "en"
    if look == NO_COLOUR:
        monkeypatch.setenv("NO_COLOR", "1")  # the app takes it out of the environment
    theme = DEFAULT if look == NO_COLOUR else look
    app = ConsoleApp(FakeLink(), theme=theme, clock=lambda: sample.NOW_NS)
    app._tick = lambda: None  # drawn when a scene is complete, and never in between
    return app


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
        app._has_asked_phrase = False
        assert isinstance(app.link, FakeLink)
        if scene.snapshot is not None:
            app.link.show(scene.snapshot())
        await self._settle()
        if scene.cursor_ticks is not None:
            app.state.desk.cursor_ticks = sample.MID_TICKS + scene.cursor_ticks
        for key in scene.keys:
            await self._press(key)
        if scene.is_engine_gone:
            app.link.die()
        await self._settle()
        for field in app.screen.query(Input):
            field.cursor_blink = False  # the palette's own
        await self._rest()
        return rows_of(app)

    async def _press(self, key: str) -> None:
        """Press a key; the pilot waits for an idle processor, which is long where many share one."""
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


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES, ids=lambda each: "x".join(map(str, each)))
async def test_matrix(snapshot, monkeypatch, size, language):
    """Every scene looks as it did; every row is as wide as the screen, and no look says other words."""
    played: dict[str, dict[str, list[list[Segment]]]] = {scene.name: {} for scene in SCENES}
    for look in LOOKS:
        async with stage(console(look, language, monkeypatch), size) as on:
            for scene in SCENES:
                played[scene.name][look] = await on.play(scene)
    differing: list[str] = []
    files = snapshot.use_extension(PlainFile)
    for name, looks in played.items():
        for rows in looks.values():
            assert widths_of(rows) == {size[0]}, name
        file = files(name=name)
        if not file == picture(looks):  # noqa: SIM201 - the snapshot is what compares
            differing += [f"\n{name}", *file.get_assert_diff()]
    assert not differing, "\n".join(differing)


@pytest.mark.parametrize("size", [(60, 15)], ids=["60x15"])
async def test_curtain(snapshot, monkeypatch, size):
    """Below the smallest layout there is the curtain."""
    await _one(snapshot, monkeypatch, DEFAULT, size)


async def test_light_theme(snapshot, monkeypatch):
    """The light theme, with alarms."""
    await _one(snapshot, monkeypatch, "okxmm-light", (120, 35))


async def _one(snapshot, monkeypatch, look, size) -> None:
    scene = next(each for each in SCENES if each.name == "alarms latched")
    async with stage(console(look, "en", monkeypatch), size) as on:
        assert snapshot.use_extension(PlainFile) == picture({look: await on.play(scene)})
