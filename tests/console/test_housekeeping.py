"""Garbage collection and imports of the console process."""

from __future__ import annotations

import gc
import subprocess
import sys

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
