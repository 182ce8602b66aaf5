"""What is sent to the terminal is what changed, and what stands there afterwards is the whole truth."""

from __future__ import annotations

import gc
import re
from dataclasses import dataclass, field

import pytest
from textual._compositor import CompositorUpdate
from textual.strip import Strip

from benchmarks.console_frame import pictures
from okxmm_tui.console.spans import Line, line_width
from okxmm_tui.console.tight_paint import TightUpdate, changed_cells
from okxmm_tui.console.widgets.line_table import LinePanel
from tests.console import sample
from tests.console.harness import SIZES, Bench, running

SEQUENCE = re.compile(r"\x1b\[(?P<row>\d+);(?P<column>\d+)H|\x1b\[(?P<style>[\d;]*)m")


@dataclass
class Terminal:
    """As much of a terminal as a paint needs: letters and their style, by cell."""

    cells: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    received: int = 0

    def write(self, data: str) -> None:
        """Take what the console sends."""
        self.received += len(data)
        y = x = at = 0
        style = ""
        for found in SEQUENCE.finditer(data):
            x = self._put(data[at : found.start()], y, x, style)
            at = found.end()
            if found["row"]:
                y, x = int(found["row"]) - 1, int(found["column"]) - 1
            else:
                style = "" if found["style"] in {"", "0"} else found["style"]
        self._put(data[at:], y, x, style)

    def _put(self, text: str, y: int, x: int, style: str) -> int:
        for letter in text.replace("\n", ""):
            self.cells[y, x] = (letter, style)
            x += 1
        return x


@pytest.mark.parametrize("size", SIZES, ids=lambda each: "x".join(map(str, each)))
async def test_partial_paints_add_up_to_the_whole_screen(size):
    """After sixty lively frames the terminal shows, cell by cell, what a full paint would."""
    async with running(sample.quoting(), size=size) as bench:
        app, terminal = bench.app, Terminal()

        def full() -> str:
            return app.screen._compositor.render_update(full=True).render_segments(app.console)

        terminal.write(_placed(full()))
        partial: list[CompositorUpdate] = []

        def display(_: object, update: object) -> None:
            if isinstance(update, TightUpdate):
                partial.append(update)
                terminal.write(update.render_segments(app.console))

        app._display = display
        before = terminal.received
        for turn, picture in enumerate(pictures(60)):
            bench.clock.now_ns = picture.at_ns
            app.state.receive(picture)
            app.draw(turn=turn)
            await bench.pilot.pause()
        assert len(partial) > 50
        sent = (terminal.received - before) / len(partial)
        whole = Terminal()
        whole.write(_placed(full()))
        assert terminal.cells == whole.cells
        assert sent < whole.received / 4


def _placed(data: str) -> str:
    """A full paint has its lines one below the other: put each where it belongs."""
    lines = data.split("\n")
    return "".join(f"\x1b[{y + 1};1H{line}" for y, line in enumerate(lines))


A: Line = (("abc", "x"), ("def", "y"), ("g" * 20, "x"), ("hij", "z"))


@pytest.mark.parametrize(
    ("new", "cells"),
    [
        (A, []),
        ((("abX", "x"), *A[1:]), [(0, 3)]),
        ((("abc", "z"), *A[1:]), [(0, 3)]),
        ((("abX", "x"), ("deX", "y"), *A[2:]), [(0, 6)]),
        ((("abX", "x"), *A[1:3], ("hiX", "z")), [(0, 3), (26, 3)]),
        ((("abcd", "x"), ("ef", "y"), *A[2:]), [(0, 6)]),
        ((A[0], A[1], ("g" * 19, "x")), [(6, 34)]),
        ((), [(0, 40)]),
    ],
)
def test_the_cells_between_two_lines(new, cells):
    """One place, two far apart, two near each other, moved borders, another length."""
    assert changed_cells(A, new, 40) == cells


def test_wide_letters_count_twice():
    """A place after wide letters is where the terminal has it."""
    old: Line = (("盘口", "x"), ("12", "y"))
    assert line_width(old) == 6
    assert changed_cells(old, (old[0], ("13", "y")), 6) == [(4, 2)]


@pytest.mark.parametrize("key", "15")
async def test_a_lively_market_leaves_no_strips_behind(key):
    """With Python's collector off, hundreds of frames leave no more strips than there are lines to show."""
    async with running(sample.quoting(), size=(200, 60)) as bench:
        await bench.press(key)
        gc.collect()
        gc.disable()
        try:
            first, last = await _strips_after(bench, 40), await _strips_after(bench, 160)
        finally:
            gc.enable()
        assert last - first <= sum(panel.size.height for panel in bench.app.page.query(LinePanel))


async def _strips_after(bench: Bench, frames: int) -> int:
    for turn, picture in enumerate(pictures(frames)):
        bench.clock.now_ns = picture.at_ns
        bench.app.state.receive(picture)
        bench.app.draw(turn=turn)
        await bench.pilot.pause()
    return sum(isinstance(each, Strip) for each in gc.get_objects())
