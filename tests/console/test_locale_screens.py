"""Every screen and modal in every language: columns stand where they stand in English, all is translated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec
import pytest
from rich.cells import cell_len
from rich.console import Console
from textual.screen import ModalScreen

from okxmm_tui import languages
from okxmm_tui.console import language
from okxmm_tui.console.comfort import Comfort
from okxmm_tui.console.port import ConsoleFiles
from okxmm_tui.console.screens.help import help_page
from okxmm_tui.console.screens.page import Page
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.console_files import StateFiles
from tests.console import sample
from tests.console.harness import Bench, running

SIZES = ((80, 24), (120, 40), (200, 60))
NAMES = ("zh", "th")
PAGES = {
    "dashboard": "1", "markets": "2", "blotter": "3", "analytics": "4", "parameters": "5", "journal": "6",
    "health": "7", "limits": "8",
}  # fmt: skip
MODALS = ("0", "f1", "w", "F", "e", "slash", "P", "L", "T", "ctrl+t", "ctrl+o", "ctrl+p")
STATES = (
    "alarmed",
    "killed",
    "kill_not_proven",
    "stale",
    "armed",
    "waiting",
    "one_side_held",
    "asking",
    "equal",
)

DECIMAL = re.compile(r"[-+]?\d[\d,]*\.\d+")
WORD = re.compile(r"[A-Za-z]{3,}(?![A-Za-z…])")  # what is cut off is no word
FRAME = "│╭╰┃┏┗"

KEPT = {
    "maker", "taker", "post", "only", "reduce", "long", "short", "bid", "ask", "mark", "fair", "gamma", "adl",
    "UTC", "bps", "esc", "enter", "tab", "ctrl", "csv", "svg", "max_position", "position", "decay", "exp",
    "order_amount", "sharpe", "markout", "tau", "pnl", "OKX",
}  # fmt: skip
"""Words that traders of both languages use as they are, key names, names in formulas, and the venue."""


@dataclass(frozen=True)
class Drawn:
    """One panel as it was drawn."""

    name: str
    width: int
    lines: tuple[str, ...]
    heads: tuple[str, ...]
    """Lines that name columns."""


def drawn(bench: Bench) -> list[Drawn]:
    """All panels that are seen, those of a modal included."""
    panels = [*bench.app.page.query(LinePanel), *bench.app.screen.query(LinePanel)]
    return [
        Drawn(
            type(panel).__name__,
            panel.size.width,
            tuple("".join(text for text, _ in line) for line in panel._lines),
            tuple("".join(text for text, role in line if role == "head") for line in panel._lines),
        )
        for panel in dict.fromkeys(panels)
        if panel.display and panel.size.width and panel._lines
    ]


def cells(bench: Bench) -> list[list[str]]:
    """The whole screen, a list of cells a row; the second cell of a wide character is empty."""
    rows: list[list[str]] = []
    for strip in bench.app.screen._compositor.render_strips():
        row: list[str] = []
        for character in "".join(segment.text for segment in strip):
            room = 1 if character.isascii() else cell_len(character)
            if room:
                row.extend((character, *[""] * (room - 1)))
            elif row:
                row[-1] += character
        rows.append(row)
    return rows


def places(text: str) -> list[tuple[int, str]]:
    """Numbers of a line and the cell each begins in."""
    return [(cell_len(text[: found.start()]), found[0]) for found in DECIMAL.finditer(text)]


def assert_whole(bench: Bench) -> None:
    """Every row of the screen and every line of every panel has exactly its width; frames stand upright."""
    width, height = bench.app.screen.size
    rows = cells(bench)
    assert [len(row) for row in rows] == [width] * height
    for panel in drawn(bench):
        assert [cell_len(line) for line in panel.lines] == [panel.width] * len(panel.lines), panel.name
    if isinstance(bench.app.screen, ModalScreen):
        return
    for panel in bench.app.page.query(LinePanel):
        region = panel.region
        if not panel.display or not region.area or not panel.IS_FRAMED or panel.is_flat:
            continue
        for y in range(region.y, region.bottom):
            assert rows[y][region.x] in FRAME, (type(panel).__name__, y)
            assert rows[y][region.right - 1] in "│╮╯┃┓┛", (type(panel).__name__, y)


def _columns(panel: Drawn, english: Drawn) -> list[list[tuple[int, str]]]:
    """Where numbers stand in the rows of a table; frame, mark price and a parameter's help are no rows."""
    rows = zip(panel.lines[1:], english.lines[1:], strict=True)
    return [
        places(line)
        for line, before in rows
        if not before.lstrip("╰─ ").startswith(("mark ", "HOLD ")) and ", step " not in before
    ]


@asynccontextmanager
async def console(state: str, name: str, size: tuple[int, int], files: ConsoleFiles | None = None):
    """A console of a state in a language."""
    comfort = Comfort(language=name)
    async with running(sample.STATES[state](), size=size, comfort=comfort, files=files) as bench:
        bench.app._measure_lag = lambda: None  # how busy this machine is must not move a number
        bench.app.state.desk.ui_lag_ms = 0.0
        bench.app.state.desk.cursor_ticks = sample.MID_TICKS - 2
        await bench.settle()
        yield bench
    language.use(languages.ENGLISH)


async def _pages(name: str, size: tuple[int, int]) -> dict[str, list[Drawn]]:
    found: dict[str, list[Drawn]] = {}
    async with console("previewed", name, size) as bench:
        for page, key in PAGES.items():
            await bench.press(key)
            assert_whole(bench)
            found[page] = drawn(bench)
    return found


@pytest.mark.parametrize("size", SIZES, ids=lambda each: "x".join(map(str, each)))
async def test_columns_stand_where_they_stand_in_english(size):
    """Numbers begin in the same cells on every page, and no name of a column is cut off."""
    english = await _pages("en", size)
    for name in NAMES:
        spoken = await _pages(name, size)
        for page, panels in english.items():
            assert [panel.name for panel in spoken[page]] == [panel.name for panel in panels]
            for ours, theirs in zip(spoken[page], panels, strict=True):
                if not any(theirs.heads):
                    continue
                where = (name, page, ours.name)
                assert _columns(ours, theirs) == _columns(theirs, theirs), where
                for head, before in zip(ours.heads, theirs.heads, strict=True):
                    assert "…" not in head or "…" in before, (*where, head)


@pytest.mark.parametrize("size", SIZES, ids=lambda each: "x".join(map(str, each)))
@pytest.mark.parametrize("name", NAMES)
async def test_modals_stand_whole(name, size, tmp_path):
    """Every modal over the dashboard, and the phrase before real money."""
    async with console("previewed", name, size, StateFiles(tmp_path)) as bench:
        for key in MODALS:
            await bench.press(key)
            assert isinstance(bench.app.screen, ModalScreen), key
            assert_whole(bench)
            await bench.press("escape")
            if not isinstance(bench.app.screen, Page):
                await bench.press("escape")
            assert isinstance(bench.app.screen, Page), key
    async with console("live_paused", name, size) as bench:
        assert isinstance(bench.app.screen, ModalScreen)
        assert_whole(bench)


@pytest.mark.parametrize("size", SIZES, ids=lambda each: "x".join(map(str, each)))
@pytest.mark.parametrize("name", NAMES)
async def test_states_stand_whole(name, size):
    """Alarms, a kill with and without proof, stale data, arming, waiting: every line has its width."""
    for state in STATES:
        async with console(state, name, size) as bench:
            assert_whole(bench)
            assert f"^K {language.tr('KILL')}" in bench.text("#banner")


def _strings(thing: object) -> Iterator[str]:
    match thing:
        case str():
            yield thing
        case dict():
            for key, value in thing.items():
                yield from _strings(key)
                yield from _strings(value)
        case list() | tuple():
            for each in thing:
                yield from _strings(each)


@pytest.mark.parametrize("name", languages.LANGUAGES)
async def test_no_help_is_cut(name):
    """On the smallest screen every text of the help is there to its end, also without blanks to wrap at."""
    async with console("quoting", name, (80, 24)) as bench:
        params = sample.quoting().markets[0].params
        page = Console(width=68, color_system=None)
        with page.capture() as printed:
            page.print(help_page(params, bench.app.comfort.keymap, "blue"))
        assert "…" not in printed.get()


@pytest.mark.parametrize("name", languages.LANGUAGES)
async def test_no_fill_is_cut(name):
    """The page of fills shows every horizon of a markout on the smallest screen."""
    async with console("quoting", name, (80, 24)) as bench:
        await bench.press("3")
        rows = bench.text("FillsBlotter").splitlines()
        assert len(rows) > 3
        assert not [row for row in rows if "…" in row]


@pytest.mark.parametrize("name", NAMES)
async def test_labels_are_translated(name):
    """No English word stands on a page but names, units, keys, and what the picture itself brought."""
    english, spoken = await _pages("en", (200, 60)), await _pages(name, (200, 60))
    picture = msgspec.to_builtins(sample.STATES["previewed"]())
    allowed = {word for text in _strings(picture) for word in WORD.findall(text)} | KEPT
    for page, panels in spoken.items():
        before = {word for panel in english[page] for line in panel.lines for word in WORD.findall(line)}
        words = {word for panel in panels for line in panel.lines for word in WORD.findall(line)}
        left = {word for word in words & before if not {word, word.lower()} & allowed}
        assert not left, (page, left)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("killed", {"zh": ("停机锁定", "已证实撤净"), "th": ("หยุดล็อก", "พิสูจน์แล้ว")}),
        ("kill_not_proven", {"zh": ("停机锁定", "未能证实撤净"), "th": ("หยุดล็อก", "พิสูจน์ไม่ได้")}),
    ],
)
async def test_what_must_not_be_mistaken(state, words):
    """HALTED, PROVEN and NOT PROVEN are said in full at the smallest size, and never one for the other."""
    for name in NAMES:
        async with console(state, name, (80, 24)) as bench:
            shown = bench.text("#banner") + bench.text("#kill")
            for word in words[name]:
                assert word in shown
    for name in NAMES:
        spoken = language.entries(name)
        state_names = ("ACTIVE", "PAUSED", "REDUCING", "HALTED", "QUITTING", "NO ENGINE", "ARMED")
        states = [spoken[word] for word in state_names]
        modes = [spoken[mode] for mode in ("LIVE", "DEMO", "SIM", "PAPER", "REPLAY")]
        verdicts = [spoken[word] for word in ("NOT PROVEN", "NOT PROVEN YET", "PROVEN in {0} s")]
        for group in (states, modes, verdicts):
            assert len(set(group)) == len(group)
            assert not any(one in other for one in group for other in group if one != other)
