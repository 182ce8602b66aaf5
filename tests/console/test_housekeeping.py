"""Garbage collection and imports of the console process."""

from __future__ import annotations

import gc
import subprocess
import sys

from okxmm_tui.console import housekeeping


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
