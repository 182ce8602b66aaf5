"""The kill keys, on every screen there is: the screens are found in the package, not listed here."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest
from textual.screen import Screen

import okxmm_tui.console
from okxmm_tui.console.app import ConsoleApp
from okxmm_tui.console.bindings import KILL_KEYS
from okxmm_tui.console.screens.modal import Modal
from okxmm_tui.console.screens.page import Page
from tests.console import sample
from tests.console.fake_link import FakeLink
from tests.console.harness import SIZES
from tests.console.scenes import PAGES, SCENES, Scene
from tests.console.stage import Stage, stage

BASES = {Page, Modal}
"""What others are made of and nobody sees."""

PLAYABLE = [scene for scene in SCENES if not scene.is_engine_gone]


def all_screens() -> set[type[Screen]]:
    """Every screen and modal of the console, its palette among them."""
    found: set[type[Screen]] = set()
    for module in pkgutil.walk_packages(okxmm_tui.console.__path__, "okxmm_tui.console."):
        for _, member in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(member, Screen) and member.__module__.startswith("okxmm_tui."):
                found.add(member)
    return found - BASES


def console() -> ConsoleApp:
    """A console whose clock stands still."""
    app = ConsoleApp(FakeLink(), clock=lambda: sample.NOW_NS)
    app._tick = lambda: None
    return app


async def _kills(app: ConsoleApp, on: Stage, key: str) -> int:
    """How many kills a press sends."""
    assert isinstance(app.link, FakeLink)
    before = len(app.link.kills)
    await on.press(key)
    return len(app.link.kills) - before


@pytest.mark.parametrize("size", [*SIZES, (40, 10)], ids=lambda each: "x".join(map(str, each)))
async def test_both_keys_kill_on_every_screen_and_modal(size):
    """Every scene of the matrix: one press, one kill; together they show every screen there is."""
    app, seen = console(), set[type[Screen]]()
    async with stage(app, size) as on:
        for number, scene in enumerate(PLAYABLE):
            # Both keys at one size; at the others they take turns.
            for key in KILL_KEYS if size == SIZES[0] else [KILL_KEYS[number % 2]]:
                await on.play(scene)
                seen.add(type(app.screen))
                assert await _kills(app, on, key) == 1, (scene.name, key)
                assert app.screen is app.dashboard, scene.name
    assert all_screens() - seen == set(), "a screen without a scene: add one to tests/console/scenes.py"


@pytest.mark.parametrize("size", SIZES, ids=lambda each: "x".join(map(str, each)))
async def test_both_keys_kill_from_every_panel_and_every_maximised_one(size):
    """Whatever has the focus on whichever page, alone on the screen or not."""
    app, presses = console(), 0
    async with stage(app, size) as on:
        for scene in (Scene("dashboard", sample.quoting), *PAGES):
            await on.play(scene)
            for panel in list(app.screen.focus_chain):
                for is_alone in (False, True):
                    await on.play(scene)
                    app.screen.set_focus(panel)
                    if is_alone:
                        await on.press("m")
                    presses += 1
                    assert await _kills(app, on, KILL_KEYS[presses % 2]) == 1, (scene.name, panel, is_alone)
    assert presses > 2 * len(PAGES)
