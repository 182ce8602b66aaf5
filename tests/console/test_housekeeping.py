"""Garbage collection and imports of the console process."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from collections.abc import Callable
from contextvars import Context
from types import SimpleNamespace

import pytest
from textual._styles_cache import StylesCache
from textual.screen import Screen

from okxmm_tui.console import housekeeping
from okxmm_tui.console.app import ConsoleApp
from okxmm_tui.console.widgets.banner import Banner
from tests.console import sample
from tests.console.fake_link import FakeLink


def test_collector_waits_for_idle(monkeypatch):
    """Nobody types, then it collects; the full run comes now and then."""
    runs: list[int] = []
    monkeypatch.setattr(gc, "collect", lambda generation=2: runs.append(generation))
    collector = housekeeping.Collector()
    collector.tick(housekeeping.IDLE_AFTER_NS - 1)
    assert runs == []
    for _ in range(housekeeping.FULL_EVERY):
        collector.tick(housekeeping.IDLE_AFTER_NS)
    assert runs == [1] * (housekeeping.FULL_EVERY - 1) + [2]


async def test_the_first_paint_does_not_wait_for_the_collector(monkeypatch):
    """When the console first collects, which takes tens of milliseconds, the banner is on the screen."""
    painted: list[bool] = []

    def look() -> None:
        painted.append(any(strip is not None for strip in app.query_one(Banner)._strips))

    monkeypatch.setattr(housekeeping.Collector, "take_over", staticmethod(look))
    app = ConsoleApp(FakeLink(sample.quoting()), tune=True)
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.pause()
    assert painted == [True]


@pytest.mark.parametrize("key", ["ctrl+p", "f1", "0", "e", "T", "z", "ctrl+o"])
async def test_a_closed_dialog_leaves_nothing(monkeypatch, key):
    """However often a dialog is opened and closed, neither it nor a line it drew is kept."""
    collections: list[Callable[[], None]] = []

    def call_later(_delay: float, collect: Callable[[], None], *, context: Context) -> None:
        assert not list(context)
        collections.append(collect)

    app = ConsoleApp(FakeLink(sample.quoting()), tune=True)
    opened: weakref.WeakSet[Screen[object]] = weakref.WeakSet()
    drawn: weakref.WeakSet[StylesCache] = weakref.WeakSet()
    async with app.run_test() as pilot:
        while gc.isenabled():
            await pilot.pause()  # what is open when the collector takes over stays
        loop = SimpleNamespace(call_later=call_later)
        monkeypatch.setattr(housekeeping, "asyncio", SimpleNamespace(get_running_loop=lambda: loop))
        for _ in range(3):
            await pilot.press(key)
            await pilot.pause()
            assert len(app.screen_stack) == 2
            opened.add(app.screen)
            drawn.update(each._styles_cache for each in app.screen.query("*"))
            await pilot.press("escape")
            await pilot.pause()
        assert len(app.screen_stack) == 1
        assert len(collections) == 3
        for _ in range(100):  # the last one may still be taken off the screen
            await pilot.pause()
            collections[-1]()
            if not opened and not drawn:
                break
        assert (len(opened), len(drawn)) == (0, 0)


def test_collector_gives_back():
    """After the console Python collects by itself again."""
    housekeeping.Collector.take_over()
    assert not gc.isenabled()
    housekeeping.Collector.give_back()
    assert gc.isenabled()


def test_console_imports_nothing_of_the_engine():
    """The console loads neither the venue's protocol nor the exchange nor an HTTP stack."""
    code = (
        "import sys, okxmm_tui.console.app\n"
        "bad = ('okxmm_tui.okx', 'okxmm_tui.exchange', 'okxmm_tui.strategies', 'httpx', 'websockets')\n"
        "print([name for name in sys.modules if name.startswith(bad)])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
