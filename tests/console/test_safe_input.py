"""What is typed into a prompt is what was typed, however fast the keys arrive."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from okxmm_tui.console.bindings import KILL_KEYS
from okxmm_tui.console.screens.safe_input import EDITING, SafeInput
from okxmm_tui.core.commands import Pause
from tests.console import sample
from tests.console.harness import running
from tests.console.rest import burst


@pytest.mark.parametrize(
    ("keys", "seconds"),
    [
        (("backspace", "7"), 420),
        (("backspace", "1", "2", "backspace", "3"), 780),
        (("1", "left", "backspace", "4"), 2_460),
        (("home", "2"), 1_500),
        (("home", "delete", "6"), 360),
        (("ctrl+u", "9"), 540),
    ],
)
async def test_keys_of_a_burst_act_in_their_order(keys, seconds):
    """Characters and editing keys after the 5 a prompt begins with, enter, and a stray digit: one burst."""
    async with running(sample.quoting()) as bench:
        burst(bench.app, "z", *keys, "enter", "8")
        await bench.settle()
        assert bench.link.sent == [Pause(seconds)]


async def test_what_is_typed_ahead_goes_to_the_prompt():
    """Keys that come with the one that opens a prompt are typed into it; on the page they would act."""
    async with running(sample.quoting()) as bench:
        burst(bench.app, "e", "p", "W", "0")
        await bench.settle()
        assert bench.link.sent == []
        assert bench.app.screen.query_one(SafeInput).value == "pW0"


def test_no_editing_key_is_a_kill_key():
    """Everything Textual's field can do is here, but for what it does with ctrl+k."""
    theirs = {key for binding in Input.BINDINGS for key in binding.key.split(",")}
    assert set(EDITING) == theirs - set(KILL_KEYS)
