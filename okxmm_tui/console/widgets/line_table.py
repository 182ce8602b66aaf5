"""The base of every panel: framed lines drawn with the Line API, and only changed cells repainted.

A panel hands over plain (text, role) lines; what did not change since the last frame keeps its strip
and costs one tuple comparison.
"""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.color import Color
from textual.filter import ANSIToTruecolor, DimFilter, LineFilter
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from okxmm_tui.console.language import tr
from okxmm_tui.console.roles import role_style
from okxmm_tui.console.spans import EMPTY, Line, fit, line_width, spread
from okxmm_tui.console.tight_paint import LooseStrip, changed_cells
from okxmm_tui.console.view import View

SLOW_EVERY = 5
EDGE_WIDTH = 8
"""Cells of a title's line that are neither title nor badge."""
USELESS_FILTERS = (ANSIToTruecolor, DimFilter)


class LinePanel(Widget):
    """A titled panel of lines."""

    ALLOW_SELECT = False
    ALLOW_MAXIMIZE = True

    TITLE: ClassVar[str] = ""
    HELP: ClassVar[str | None] = None
    """What it shows, for the help page; it names no key that can be moved."""
    IS_FRAMED: ClassVar[bool] = True
    CAN_DIM: ClassVar[bool] = True
    """Whether it fades when what it shows is old; what warns and what explains never does."""
    IS_SLOW: ClassVar[bool] = False
    """Whether two or three frames a second are enough; a key press still draws it at once."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._lines: list[Line] = []
        self._strips: list[Strip | None] = []
        self._theme = ""
        self._styles_by_role: dict[str, Style] = {}
        self._was_dim = False
        self._rows: list[Line] = []
        self._dressed_rows: list[Line] = []
        self._dress: tuple[str, str, int, str] | None = None
        self._width = 0
        # Filters of the terminal (NO_COLOR among them) and the background they need; asked for once a theme.
        self._filters: tuple[tuple[LineFilter, ...], Color] | None = None
        self._hidden = (0, 0)
        self.view: View | None = None
        self._told: object = None

    # -- what a panel says -------------------------------------------------------------------------

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """Lines of the body, at most ``height`` of ``width`` cells."""
        raise NotImplementedError

    @property
    def is_shown(self) -> bool:
        """Whether the layout has room for it."""
        return all(each.display for each in self.ancestors_with_self if isinstance(each, Widget))

    def badge(self, view: View) -> Line:
        """Short text at the right end of the title."""
        return EMPTY

    def footer(self, view: View) -> Line:
        """Text in the lower edge of the frame."""
        return EMPTY

    def stale_note(self, view: View) -> str:
        """What is wrong with the panel's own source, in two or three words; empty when nothing is."""
        return ""

    def is_stale(self, view: View) -> bool:
        """Whether the panel's own source is too old to act on."""
        return bool(self.stale_note(view))

    def news(self, view: View) -> object:
        """What a slow panel must not be late with: a change of it is drawn in its very frame."""
        return None

    def is_due(self, turn: int, place: int) -> bool:
        """Whether it draws in this frame; ``place`` spreads the slow panels over the frames."""
        return not self.IS_SLOW or (turn + place) % SLOW_EVERY == 0

    # -- drawing ------------------------------------------------------------------------------------

    def has_news(self, view: View) -> bool:
        """Whether something changed that cannot wait for the panel's turn."""
        return self.IS_SLOW and self.news(view) != self._told

    def show(self, view: View) -> None:
        """Draw a view; only cells that changed are repainted."""
        self.view, self._told = view, self.news(view)
        width, height = self.size
        if not width or not height:
            return
        is_dim = self.CAN_DIM and (view.is_dim or self.is_stale(view))
        if is_dim != self._was_dim:
            self._was_dim = is_dim
            self._forget()
        self._update(self._compose_lines(view, width, height))

    def _compose_lines(self, view: View, width: int, height: int) -> list[Line]:
        if not self.IS_FRAMED:
            return self._dressed(self.rows(view, width, height)[:height], "", "", width)
        self._hidden = (0, 0)
        if self.is_flat:
            rows = self.rows(view, width - 2, height - 1)[: height - 1]
            top = self._edge("─", "", self._title(), self._noted_badge(view, width), width)
            return [top, *self._dressed(rows, " ", "", width)]
        body = self.rows(view, width - 4, height - 2)[: max(0, height - 2)]
        body += [EMPTY] * (height - 2 - len(body))
        top = self._edge("╭", "╮", self._title(), self._noted_badge(view, width), width)
        low = self._edge("╰", "╯", EMPTY, self.footer(view), width)
        return [top, *self._dressed(body, "│ ", " │", width), low]

    def _dressed(self, rows: list[Line], before: str, after: str, width: int) -> list[Line]:
        """Rows with the sides of the frame; a row that did not change is not dressed again."""
        edge = self._edge_role
        dress = (before, after, width, edge)
        known = self._rows if dress == self._dress else []
        dressed: list[Line] = []
        for y, row in enumerate(rows):
            if y < len(known) and known[y] == row:
                dressed.append(self._dressed_rows[y])
                continue
            inner = fit(row, width - len(before) - len(after))
            start: Line = ((before, edge),) if before else EMPTY
            dressed.append((*start, *inner, (after, edge)) if after else (*start, *inner))
        self._rows, self._dressed_rows, self._dress = rows, dressed, dress
        return dressed

    @property
    def is_flat(self) -> bool:
        """Whether rows are scarce, so that a rule above the panel has to do for a frame."""
        return self.screen.has_class("-narrow") and not self.has_class("-maximized")

    @property
    def _edge_role(self) -> str:
        return "frame-focus" if self.has_focus else "frame"

    def _title(self) -> Line:
        return ((tr(self.TITLE), "title"),)

    def _noted_badge(self, view: View, width: int) -> Line:
        """The badge; what is wrong with the source stands before it, or in its place where room is scarce."""
        badge, note = self.badge(view), self.stale_note(view)
        above, below = self._hidden
        if above or below:
            # Rows out of sight are said where they are missed, or nobody scrolls to them.
            more = " ".join([f"▴{above}"] * bool(above) + [f"▾{below}"] * bool(below))
            badge = (*badge, (f"  {more}" if badge else more, "key"))
        if not note:
            return badge
        chip: Line = ((f" {tr(note)} ", "chip-warn"),)
        both = (*chip, (" ", "text"), *badge) if badge else chip
        return both if line_width(both) + line_width(self._title()) + EDGE_WIDTH <= width else chip

    def _edge(self, start: str, end: str, title: Line, badge: Line, width: int) -> Line:
        role = self._edge_role
        head: Line = ((f"{start}─ ", role), *title, (" ", role)) if title else ((f"{start}─", role),)
        tail: Line = ((" ", role), *badge, (f" ─{end}", role)) if badge else ((f"─{end}", role),)
        return spread(head, tail, width, "─", role)

    def _update(self, lines: list[Line]) -> None:
        old = self._lines
        width = self.size.width
        if len(lines) != len(old) or width != self._width:
            self._lines, self._width = lines, width
            self._strips = [None] * len(lines)
            self.refresh()
            return
        changed: list[Region] = []
        for y, line in enumerate(lines):
            if line != old[y]:
                changed += [Region(x, y, cells, 1) for x, cells in changed_cells(old[y], line, width)]
                old[y] = line
                self._strips[y] = None
        if changed:
            self.refresh(*changed)

    def _forget(self) -> None:
        self._styles_by_role.clear()
        self._filters = None
        self._strips = [None] * len(self._strips)
        self.refresh()

    # -- what Textual asks --------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Give Textual one line."""
        strips = self._strips
        if y >= len(strips):
            return self._strip(EMPTY)
        strip = strips[y]
        if strip is None:
            strip = strips[y] = self._strip(self._lines[y])
        return strip

    def render_lines(self, crop: Region) -> list[Strip]:
        """Give Textual its lines, past its own cache: panels leave it no border or padding to draw."""
        strips = [self.render_line(y) for y in crop.line_range]
        if crop.column_span != (0, self._width):
            return [_loose(strip.crop(*crop.column_span)) for strip in strips]
        return strips

    def _strip(self, line: Line) -> Strip:
        styles, style_of = self._styles_by_role, self._style
        segments = [Segment(text, styles.get(role) or style_of(role)) for text, role in line]
        strip = Strip(segments, line_width(line)).adjust_cell_length(self._width, style_of("text"))
        if self._filters is None:
            # Our styles hold no ANSI colours and no dim text, so two of Textual's filters find nothing to do.
            filters = (each for each in self.get_line_filters() if not isinstance(each, USELESS_FILTERS))
            self._filters = tuple(filters), self.background_colors[1]
        filters, background = self._filters
        for line_filter in filters:
            strip = strip.apply_filter(line_filter, background)
        return _loose(strip)

    def _style(self, role: str) -> Style:
        style = self._styles_by_role.get(role)
        if style is None:
            style = self._styles_by_role[role] = role_style(self.app.theme, role, is_dim=self._was_dim)
        return style

    def notify_style_update(self) -> None:
        """Drop every colour when the theme changed."""
        super().notify_style_update()
        if self._theme != self.app.theme:
            self._theme = self.app.theme
            self._filters = None
            self._styles_by_role.clear()
            self._strips = [None] * len(self._strips)

    def on_resize(self) -> None:
        """Draw again for the new size."""
        self._redraw()

    def on_focus(self, _: events.Focus) -> None:
        """Show the focus in the frame."""
        self._redraw()

    def on_blur(self, _: events.Blur) -> None:
        """Take the focus off the frame."""
        self._redraw()

    def _redraw(self) -> None:
        if self.view is not None:
            self.show(self.view)


def _loose(strip: Strip) -> LooseStrip:
    return LooseStrip(strip, strip.cell_length)
