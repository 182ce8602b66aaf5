"""The help page: panels of the page, keys, parameters."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from okxmm_tui.console.keymap import Keymap
from okxmm_tui.console.screens.help import help_page
from okxmm_tui.console.widgets.line_table import LinePanel
from tests.console import sample
from tests.console.harness import running
from tests.console.plain_picture import rows_of

PAGES = "12345678"


@pytest.mark.parametrize("key", PAGES)
async def test_help_explains_every_panel_of_the_page(key):
    """The one in focus before the keys, the others after them; none that has no room on the screen."""
    async with running(sample.quoting(), size=(120, 35)) as bench:
        await bench.press(key)
        panels = [panel for panel in bench.app.screen.query(LinePanel) if panel.TITLE]
        shown = [panel for panel in panels if panel.is_shown]
        assert all(panel.HELP for panel in panels)
        assert all(panel.size.area > 0 for panel in shown)
        assert all(panel.size.area == 0 for panel in panels if not panel.is_shown)
        out = io.StringIO()
        Console(file=out, width=2_000).print(help_page((), Keymap(), "blue", panels=shown))
        lines = [line.strip() for line in out.getvalue().splitlines()]
        places = {
            panel: next(i for i, line in enumerate(lines) if line.startswith(panel.TITLE)) for panel in shown
        }
        keys = lines.index("Safety")
        for panel, place in places.items():
            assert " ".join(lines[place].split()) == f"{panel.TITLE} {panel.HELP}"
            assert (place < keys) == panel.has_focus


async def test_f1_shows_the_panel_in_focus_first():
    """On the smallest screen too it stands above the first key."""
    async with running(sample.quoting(), size=(80, 24)) as bench:
        bench.app.screen.query_one("#ladder").focus()
        await bench.press("f1")
        lines = ["".join(segment.text for segment in row) for row in rows_of(bench.app)]
        explained = next(place for place, line in enumerate(lines) if "Asks above, bids below" in line)
        assert explained < next(place for place, line in enumerate(lines) if "Safety" in line)
