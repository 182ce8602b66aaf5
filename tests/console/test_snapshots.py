"""How the screen looks: one picture per state and size, with a fixed clock."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from okxmm_tui.console.app import ConsoleApp
from okxmm_tui.console.port import ConsoleExit
from tests.console import sample
from tests.console.fake_link import FakeLink

PICTURES = (
    ("quoting", (80, 24)),
    ("quoting", (120, 35)),
    ("quoting", (200, 60)),
    ("one_side_held", (80, 24)),
    ("stale", (120, 35)),
    ("alarmed", (120, 35)),
    ("killed", (120, 35)),
    ("kill_not_proven", (80, 24)),
    ("waiting", (80, 24)),
    ("armed", (120, 35)),
    ("live_paused", (120, 35)),
    ("quoting", (60, 15)),
)


def console(state: str, theme: str = "okxmm-dark") -> ConsoleApp:
    """A console with a clock that stands still."""
    app = ConsoleApp(FakeLink(sample.STATES[state]()), theme=theme, clock=lambda: sample.NOW_NS)
    app._measure_lag = lambda: None  # how busy this machine is belongs in no picture
    return app


async def settle(pilot: Pilot[ConsoleExit]) -> None:
    """Let the snapshot arrive and be drawn."""
    app = pilot.app
    assert isinstance(app, ConsoleApp)
    for _ in range(2):
        await pilot.pause()
        app.draw()
    await pilot.pause()


@pytest.mark.parametrize(
    ("state", "size"),
    PICTURES,
    ids=lambda each: "x".join(map(str, each)) if isinstance(each, tuple) else each,
)
def test_dashboard(snap_compare, state, size):
    """The dashboard in each state."""
    assert snap_compare(console(state), terminal_size=size, run_before=settle)


PAGES = {
    "markets": "2", "blotter": "3", "analytics": "4", "parameters": "5", "journal": "6", "health": "7",
    "limits": "8",
}  # fmt: skip


@pytest.mark.parametrize("size", [(80, 24), (120, 35), (200, 60)], ids=lambda each: "x".join(map(str, each)))
@pytest.mark.parametrize("page", PAGES)
def test_page(snap_compare, page, size):
    """Every page at every size."""

    async def open_page(pilot: Pilot[ConsoleExit]) -> None:
        await settle(pilot)
        await pilot.press(PAGES[page])
        await settle(pilot)

    assert snap_compare(console("quoting"), terminal_size=size, run_before=open_page)


@pytest.mark.parametrize("size", [(80, 24), (120, 35), (200, 60)], ids=lambda each: "x".join(map(str, each)))
@pytest.mark.parametrize("keys", [("F",), ("w",), ("5", "right")], ids=["flatten", "why", "draft"])
def test_held_and_previewed(snap_compare, keys, size):
    """A position that could be flattened, ghosts of a draft, an order by hand, and the cursor in the book."""

    async def act(pilot: Pilot[ConsoleExit]) -> None:
        await settle(pilot)
        await pilot.press(*keys)
        await settle(pilot)

    app = console("previewed")
    app.state.desk.cursor_ticks = sample.MID_TICKS - 2
    assert snap_compare(app, terminal_size=size, run_before=act)


@pytest.mark.parametrize("size", [(80, 24), (120, 35), (200, 60)], ids=lambda each: "x".join(map(str, each)))
@pytest.mark.parametrize("state", ["asking", "equal"])
def test_preflight(snap_compare, state, size):
    """The checklist: opened by the question, and by its key when nothing is asked."""

    async def open_it(pilot: Pilot[ConsoleExit]) -> None:
        await settle(pilot)
        if state == "equal":
            await pilot.press("0")
        await settle(pilot)

    assert snap_compare(console(state), terminal_size=size, run_before=open_it)


def test_standing_book(snap_compare):
    """Prices that stand still, five ticks a row, and the tape in the changing place."""

    async def act(pilot: Pilot[ConsoleExit]) -> None:
        await settle(pilot)
        await pilot.press("g", "g", "l", "v")
        await settle(pilot)

    assert snap_compare(console("previewed"), terminal_size=(120, 35), run_before=act)


def test_light_theme(snap_compare):
    """The light theme, with alarms."""
    assert snap_compare(console("alarmed", "okxmm-light"), terminal_size=(120, 35), run_before=settle)


def test_help(snap_compare):
    """The help page over the dashboard."""

    async def open_help(pilot: Pilot[ConsoleExit]) -> None:
        await settle(pilot)
        await pilot.press("f1")
        await settle(pilot)

    assert snap_compare(console("quoting"), terminal_size=(120, 35), run_before=open_help)


def test_engine_gone(snap_compare):
    """Everything dim, the banner loud."""

    async def lose(pilot: Pilot[ConsoleExit]) -> None:
        await settle(pilot)
        assert isinstance(pilot.app, ConsoleApp)
        assert isinstance(pilot.app.link, FakeLink)
        pilot.app.link.die()
        await settle(pilot)

    assert snap_compare(console("quoting"), terminal_size=(120, 35), run_before=lose)


def test_no_colour(snap_compare, monkeypatch):
    """NO_COLOR: sides, own orders and signs can still be told apart."""
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(console("quoting"), terminal_size=(120, 35), run_before=settle)
