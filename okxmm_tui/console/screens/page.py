"""The base of every full screen: banner, alarms and kill panel above, keys below, a curtain over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen

from okxmm_tui.console.screens.curtain import MIN_HEIGHT, MIN_WIDTH, Curtain
from okxmm_tui.console.tight_paint import TightCompositor
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.alarm_bar import AlarmBar
from okxmm_tui.console.widgets.banner import Banner
from okxmm_tui.console.widgets.kill_panel import KillPanel
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.console.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from okxmm_tui.console.base import BaseConsole


class Box(Vertical):
    """A container with nothing of its own to draw."""

    BLANK = True


class Page(Screen[None]):
    """Panels of one subject; which of them are seen is the stylesheet's business."""

    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - as Textual declares it
        (0, "-tiny"),
        (MIN_WIDTH, "-narrow"),
        (116, "-normal"),
        (170, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012 - as Textual declares it
        (0, "-flat"),
        (MIN_HEIGHT, "-short"),
        (33, "-medium"),
        (50, "-tall"),
    ]
    ALLOW_IN_MAXIMIZED_VIEW = "Banner, AlarmBar, KillPanel, StatusLine"
    BLANK = True

    NAME: ClassVar[str] = ""
    """What the operator calls it; also the name of its filter."""

    def __init__(self) -> None:
        super().__init__()
        self._compositor = TightCompositor()
        # Kept, for a query a frame costs more than most panels do.
        self._alarms, self._kill = AlarmBar(id="alarms"), KillPanel(id="kill")
        self._panels: list[LinePanel] = []

    def compose(self) -> ComposeResult:
        """Lay the panels out."""
        yield Banner(id="banner")
        yield self._alarms
        yield self._kill
        yield from self.body()
        yield StatusLine(id="status")
        yield Curtain(id="curtain")

    def body(self) -> ComposeResult:
        """The page's own panels."""
        raise NotImplementedError

    def show(self, view: View, turn: int | None) -> None:
        """Draw one frame; slow panels take turns, so that no frame draws all of them."""
        self._make_room(view)
        if not self._panels:
            self._panels = list(self.query(LinePanel))
        for place, panel in enumerate(self._panels):
            its = self.view_of(panel, view)
            if turn is None or panel.is_due(turn, place) or panel.has_news(its):
                panel.show(its)

    def on_screen_suspend(self) -> None:
        """Draw at once what a dialog over the page changes: the keys at the foot."""
        cast("BaseConsole", self.app).draw()

    def on_screen_resume(self) -> None:
        """The same, when it has gone."""
        cast("BaseConsole", self.app).draw()

    def view_of(self, panel: LinePanel, view: View) -> View:
        """What a panel draws from: a page may show another market than the one in focus."""
        return view

    def _make_room(self, view: View) -> None:
        alarms = self._alarms
        wanted = alarms.wanted_rows(view)
        alarms.display = wanted > 0
        if wanted and alarms.styles.height != wanted:
            alarms.styles.height = wanted
        has_kill = bool(view.kill_note) or (view.snapshot is not None and view.snapshot.kill is not None)
        if self.has_class("-killed") != has_kill:
            self._kill.display = has_kill
            self.set_class(has_kill, "-killed")
