"""Sends the terminal the cells that changed, where Textual sends a widget's line from its beginning.

Colours cost forty bytes a change of colour, so most of a line's bytes are not its letters: a slow line (ssh
over a phone) carries a lively market only if what stands still is not sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip

from okxmm_tui.console.spans import Line, line_width, width_of

NEAR = 6
"""Changes nearer than this are sent as one: moving the cursor and naming the colour cost more."""


class LooseStrip(Strip):
    """A strip that never holds on to itself.

    Textual's keeps what it was divided into, itself when there was nothing to cut. Such a ring waits for the
    collector, which the console runs seldom; a lively market leaves hundreds a second.
    """

    __slots__ = ()

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        """Cut into pieces, the strip itself if it is one piece."""
        ends = [cut for cut in cuts if cut <= self.cell_length]
        return [self] if ends == [self.cell_length] else super().divide(ends)


class TightUpdate(ChopsUpdate):
    """Parts of lines, each cut at both ends."""

    def render_segments(self, console: Console) -> str:
        """The update as the terminal takes it."""
        parts: list[str] = []
        for y, first, last in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                start, stop = max(x, first), min(end, last)
                if strip is None or start >= stop:
                    continue
                parts.append(Control.move_to(start, y).segment.text)
                parts.append(strip.crop(start - x, stop - x).render(console))
        return "".join(parts)


class TightCompositor(Compositor):
    """Textual's compositor with tighter updates."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """What has changed since the last paint."""
        update = super().render_partial_update()
        return None if update is None else TightUpdate(update.chops, update.spans, update.chop_ends)

    def _render_chops(
        self, crop: Region, is_rendered_line: Callable[[int], bool]
    ) -> Sequence[Mapping[int, Strip]]:
        """Take lines whole: a strip would keep a copy of itself for every width it was ever asked for."""
        lines = Region(0, crop.y, self.size.width, crop.height)
        return super()._render_chops(lines, is_rendered_line)


def changed_cells(old: Line, new: Line, width: int) -> list[tuple[int, int]]:
    """Where two lines differ, as (first cell, cells); lines of fixed columns differ in a few places."""
    if len(old) != len(new) or any(
        width_of(was) != width_of(now) for (was, _), (now, _) in zip(old, new, strict=True)
    ):
        return _between(old, new, width)
    found: list[tuple[int, int]] = []
    x = 0
    for was, now in zip(old, new, strict=True):
        cells = width_of(now[0])
        if was != now:
            if found and x - (found[-1][0] + found[-1][1]) < NEAR:
                found[-1] = (found[-1][0], x + cells - found[-1][0])
            else:
                found.append((x, cells))
        x += cells
    return found


def _between(old: Line, new: Line, width: int) -> list[tuple[int, int]]:
    """All between what is the same at the beginning and what is the same at the end."""
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    start = line_width(new[:same])
    if line_width(old) != line_width(new):
        return [(start, max(0, width - start))]
    end, tail = line_width(new), 1
    while tail <= min(len(old), len(new)) - same and old[-tail] == new[-tail]:
        end -= width_of(new[-tail][0])
        tail += 1
    return [(start, end - start)]
