"""The kill key is taken in the terminal's input thread."""

from __future__ import annotations

import os

from textual import events
from textual.drivers.headless_driver import HeadlessDriver

from okxmm_tui.console.driver import VanishingFile, with_kill_keys
from tests.console import sample
from tests.console.harness import running


async def test_input_thread_sends_the_kill_before_the_queue():
    """The link has the kill the moment the driver sees the key; the app does not send it again."""
    async with running(sample.quoting()) as bench:
        driver = with_kill_keys(HeadlessDriver, bench.app.kill_watch.press_in_thread)(bench.app)
        driver.process_message(events.Key("f12", None))
        assert bench.link.kills == ["operator: f12"]
        await bench.settle()
        assert len(bench.link.kills) == 1
        assert "kill sent" in bench.text("#kill")


async def test_other_keys_pass_through():
    """Keys that do not kill are left alone."""
    async with running(sample.quoting()) as bench:
        driver = with_kill_keys(HeadlessDriver, bench.app.kill_watch.press_in_thread)(bench.app)
        driver.process_message(events.Key("p", "p"))
        await bench.settle()
        assert not bench.link.kills
        assert len(bench.link.sent) == 1


def test_a_vanished_terminal_swallows_what_is_written():
    """The first failure is the last attempt; neither write nor flush raises, nor does the buffer at exit."""
    reader, writer = os.pipe()
    with open(writer, "w", encoding="utf-8") as terminal:
        file = VanishingFile(terminal)
        assert file.write("last words") == 10
        os.close(reader)
        file.flush()
        assert file.is_gone
        assert file.write("abc") == 3
        terminal.flush()


async def test_the_app_uses_that_driver():
    """Whatever driver the platform has, ours stands on top of it."""
    async with running(sample.quoting()) as bench:
        assert bench.app.driver_class.__name__ == "KillDriver"
