"""The line panel: only changed lines are repainted, and every line fits."""

from __future__ import annotations

import pytest
from msgspec import structs
from textual.app import App, ComposeResult
from textual.geometry import Region

from okxmm_tui.console.spans import Line, line_width
from okxmm_tui.console.view import LinkState, View
from okxmm_tui.console.widgets.ladder import Ladder
from okxmm_tui.console.widgets.line_table import LinePanel
from tests.console import sample
from tests.console.harness import SIZES, running


class Numbers(LinePanel):
    """Shows what it is told."""

    TITLE = "NUMBERS"

    def __init__(self) -> None:
        super().__init__()
        self.numbers = list(range(10))
        self.repainted: list[Region] = []

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """One number a line."""
        return [((str(number), "text"),) for number in self.numbers]

    def refresh(self, *regions: Region, **options: bool) -> Numbers:
        """Remember what is repainted."""
        self.repainted.extend(regions)
        return super().refresh(*regions, **options)


class NumbersApp(App[None]):
    """A panel alone."""

    def compose(self) -> ComposeResult:
        """The panel."""
        yield Numbers()


def view() -> View:
    """A view of nothing."""
    return View(None, None, LinkState.UP, sample.NOW_NS, 0)


async def test_only_changed_lines_are_repainted():
    """One changed number repaints its cells; none repaints nothing."""
    app = NumbersApp()
    async with app.run_test(size=(30, 14)) as pilot:
        panel = app.query_one(Numbers)
        panel.show(view())
        await pilot.pause()
        panel.repainted.clear()
        panel.show(view())
        assert panel.repainted == []
        panel.numbers[4] = 44
        panel.show(view())
        assert panel.repainted == [Region(2, 5, 26, 1)]


async def test_unchanged_lines_keep_their_strip():
    """A strip lives as long as its line."""
    app = NumbersApp()
    async with app.run_test(size=(30, 14)) as pilot:
        panel = app.query_one(Numbers)
        panel.show(view())
        await pilot.pause()
        first, changed = panel.render_line(1), panel.render_line(5)
        panel.numbers[4] = 44
        panel.show(view())
        assert panel.render_line(1) is first
        assert panel.render_line(5) is not changed


async def test_lines_below_the_last_are_blank():
    """Textual may ask for lines there are not."""
    app = NumbersApp()
    async with app.run_test(size=(30, 14)) as pilot:
        panel = app.query_one(Numbers)
        panel.show(view())
        await pilot.pause()
        assert panel.render_line(500).cell_length == 30


@pytest.mark.parametrize("size", [*SIZES, (100, 24), (160, 40), (81, 60)])
async def test_no_line_overflows_its_panel(size):
    """Every line of every panel has exactly the panel's width, in every state."""
    async with running(size=size) as bench:
        for name, state in sample.STATES.items():
            await bench.show(state())
            for panel in bench.app.dashboard.query(LinePanel):
                if panel.display and panel.size.area:
                    assert {line_width(line) for line in panel._lines} <= {panel.size.width}, (name, panel.id)
                    assert len(panel._lines) <= panel.size.height, (name, panel.id)


async def test_a_ticking_book_repaints_few_lines():
    """One changed level repaints that row and the titles, not the book."""
    async with running(sample.quoting(), size=(120, 35)) as bench:
        ladder = bench.app.dashboard.query_one(Ladder)
        before = [ladder.render_line(y) for y in range(ladder.size.height)]
        bids = sample.quoting().markets[0].bids
        changed = ((bids[0][0], bids[0][1] + 5), *bids[1:])
        await bench.show(structs.replace(sample.with_market(sample.quoting(), bids=changed), seq=4_243))
        after = [ladder.render_line(y) for y in range(ladder.size.height)]
        assert sum(old is not new for old, new in zip(before, after, strict=True)) == 1


async def test_a_stale_panel_is_dim_but_its_chip_is_not():
    """Old numbers look old; the word that says so does not."""
    async with running(sample.stale()) as bench:
        ladder = bench.app.dashboard.query_one(Ladder)
        await bench.show(sample.quoting())
        fresh = ladder._style("bid").color
        await bench.show(sample.stale())
        assert ladder._style("bid").color != fresh
        assert ladder._style("chip-bad").bold


async def test_a_tall_book_draws_every_other_frame():
    """A tall book rests in between; a small one draws every frame."""
    async with running(sample.quoting(), size=(200, 60)) as bench:
        ladder = bench.app.dashboard.query_one(Ladder)
        assert [ladder.is_due(turn, 0) for turn in range(4)] == [True, False, True, False]
    async with running(sample.quoting(), size=(120, 35)) as bench:
        assert all(bench.app.dashboard.query_one(Ladder).is_due(turn, 0) for turn in range(4))
