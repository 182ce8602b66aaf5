"""Whatever is pressed, clicked and resized over whatever the engine shows: the console stands, and kills."""

from __future__ import annotations

from contextlib import suppress
from random import Random

import pytest
from textual.errors import NoWidget
from textual.pilot import OutOfBounds

from okxmm_tui.console.bindings import TABLE
from okxmm_tui.engine.view import build_snapshot
from tests.console.harness import SIZES, Bench, running
from tests.engine.any_event import AnyEventSource

STEPS = 60
LEAVING = {"kill", "safe_quit", "detach", "help_quit", "picture"}
KEYS = [key for spec in TABLE if spec.action not in LEAVING for key in spec.keys.split(",")]
EDITING = [
    "enter",
    "escape",
    "tab",
    "up",
    "down",
    "left",
    "right",
    "pageup",
    "home",
    "backspace",
    "2",
    ".",
    "-",
]
TINY = (30, 8)


async def act(bench: Bench, random: Random) -> None:
    """One key, click or change of size."""
    choice = random.random()
    if choice < 0.05:
        await bench.pilot.resize_terminal(*random.choice([*SIZES, TINY]))
    elif choice < 0.1:
        size = bench.app.size
        with suppress(OutOfBounds, NoWidget):  # a dialog may be smaller than the terminal
            await bench.pilot.click(offset=(random.randrange(size.width), random.randrange(size.height)))
    else:
        await bench.press(random.choice([*KEYS, *EDITING, *EDITING]))


@pytest.mark.parametrize("seed", range(9))
async def test_no_keys_take_the_console_down(seed):
    """Random keys over random engines, at all three sizes; wherever they lead, ctrl+k kills."""
    random, source = Random(seed), AnyEventSource(seed)
    for _ in range(random.randint(0, 200)):
        source.step()
    async with running(build_snapshot(source.reducer, 1), size=SIZES[seed % 3]) as bench:
        for number in range(STEPS):
            if random.random() < 0.3:
                for _ in range(random.randint(1, 60)):
                    source.step()
                bench.clock.now_ns = source.now_ns
                await bench.show(build_snapshot(source.reducer, number + 2))
            else:
                await act(bench, random)
            assert bench.app.is_running
        await bench.press("ctrl+k")
        assert bench.link.kills
