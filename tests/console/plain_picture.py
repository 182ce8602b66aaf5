"""A screen as text: its letters, then which style every cell has, then what the styles are.

One file holds several looks of one scene. The letters must be the same in all of them, for colour never says
what words do not; the map of styles is shared too, with a letter for each combination of styles.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import groupby

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.app import App

Cell = str
"""Style of one cell, in words."""

NAMES = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" + "".join(map(chr, range(0x391, 0x3C9)))


def rows_of(app: App[object]) -> list[list[Segment]]:
    """What the terminal shows now, modals over what lies behind them."""
    update = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    return [[segment for strip in row for segment in strip] for row in update.strips]


def text_of(rows: list[list[Segment]]) -> list[str]:
    """The letters."""
    return ["".join(segment.text for segment in row) for row in rows]


def widths_of(rows: list[list[Segment]]) -> set[int]:
    """Cells a row takes in a terminal: one number, or a column is broken."""
    return {cell_len(text) for text in text_of(rows)}


def picture(looks: Mapping[str, list[list[Segment]]]) -> str:
    """The file.

    Raises:
        AssertionError: Two looks of the scene read differently.
    """
    texts = {look: text_of(rows) for look, rows in looks.items()}
    first = next(iter(texts))
    for look, lines in texts.items():
        for y, (line, other) in enumerate(zip(lines, texts[first], strict=True)):
            assert line == other, f"line {y} reads in {look!r}\n{line}\nand in {first!r}\n{other}"
    styled = [
        list(zip(*(_cells(rows[y]) for rows in looks.values()), strict=True))
        for y in range(len(texts[first]))
    ]
    names: dict[tuple[Cell, ...], str] = {}
    for row in styled:
        for cell in row:
            names.setdefault(cell, NAMES[len(names)])
    parts = [
        *(line.rstrip() for line in texts[first]),
        "",
        *("".join(_run(names[cell], len(list(run))) for cell, run in groupby(row)) for row in styled),
        "",
        *(f"{name} {_legend(looks, cell)}" for cell, name in names.items()),
    ]
    return "\n".join(parts) + "\n"


def _cells(row: list[Segment]) -> list[Cell]:
    return [words for text, style, _ in row for words in [_words(style)] * cell_len(text)]


def _run(name: str, length: int) -> str:
    return name if length == 1 else f"{length}{name}"


def _legend(looks: Mapping[str, list[list[Segment]]], cell: tuple[Cell, ...]) -> str:
    return " | ".join(f"{look}: {words}" for look, words in zip(looks, cell, strict=True))


@lru_cache(maxsize=4096)
def _words(style: Style | None) -> str:
    if style is None:
        return "none"
    back = f" on {style.bgcolor.name}" if style.bgcolor else ""
    kinds = ("bold", "dim", "italic", "underline", "reverse", "strike")
    return " ".join(
        [f"{style.color.name if style.color else 'none'}{back}", *(k for k in kinds if getattr(style, k))]
    )
