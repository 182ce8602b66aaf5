"""The kill key is taken in the terminal's input thread."""

from __future__ import annotations

from textual import events

from tests.console import sample
from tests.console.harness import running


async def test_input_thread_sends_the_kill_before_the_queue():
    """The link has the kill the moment the driver sees the key; the app does not send it again."""
    async with running(sample.quoting()) as bench:
        bench.app._driver.process_message(events.Key("ctrl+k", None))
        assert bench.link.kills == ["operator: ctrl+k"]
        await bench.settle()
        assert len(bench.link.kills) == 1
        assert "kill sent" in bench.text("#kill")


async def test_other_keys_pass_through():
    """Keys that do not kill are left alone."""
    async with running(sample.quoting()) as bench:
        bench.app._driver.process_message(events.Key("p", "p"))
        await bench.settle()
        assert not bench.link.kills
        assert len(bench.link.sent) == 1
