"""The one screen: banner, book, quotes, orders, fills, events, position, risk, parameters."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen

from okxmm_tui.console.screens.curtain import MIN_HEIGHT, MIN_WIDTH, Curtain
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.alarm_bar import AlarmBar
from okxmm_tui.console.widgets.banner import Banner
from okxmm_tui.console.widgets.event_log import EventLog
from okxmm_tui.console.widgets.fills import Fills
from okxmm_tui.console.widgets.gauges import Gauges
from okxmm_tui.console.widgets.health import HealthPanel
from okxmm_tui.console.widgets.kill_panel import KillPanel
from okxmm_tui.console.widgets.ladder import Ladder
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.console.widgets.orders import Orders
from okxmm_tui.console.widgets.parameters import Parameters
from okxmm_tui.console.widgets.pnl import Pnl
from okxmm_tui.console.widgets.side_status import SideStatus
from okxmm_tui.console.widgets.status_line import StatusLine
from okxmm_tui.console.widgets.tape import TapePanel

SLOW_EVERY = 4


class Box(Vertical):
    """A container with nothing of its own to draw."""

    BLANK = True


class Dashboard(Screen[None]):
    """All panels; which of them are seen is the stylesheet's business."""

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
    AUTO_FOCUS = "Orders"
    BLANK = True

    def __init__(self) -> None:
        super().__init__()
        # Kept, for a query a frame costs more than most panels do.
        self._alarms, self._kill = AlarmBar(id="alarms"), KillPanel(id="kill")
        self._panels: list[LinePanel] = []

    def compose(self) -> ComposeResult:
        """Lay the panels out."""
        yield Banner(id="banner")
        yield self._alarms
        yield self._kill
        with Box(id="body"):
            yield Ladder(id="ladder")
            with Box(id="work"):
                with Box(id="middle"):
                    yield SideStatus(id="sides")
                    yield Orders(id="orders")
                    yield Fills(id="fills")
                    yield TapePanel(id="tape")
                    yield EventLog(id="events")
                with Box(id="rail"):
                    yield Pnl(id="pnl")
                    yield Gauges(id="gauges")
                    yield HealthPanel(id="health")
                    yield Parameters(id="params")
        yield StatusLine(id="status")
        yield Curtain(id="curtain")

    def show(self, view: View, turn: int | None) -> None:
        """Draw one frame; slow panels take turns, so that no frame draws all of them."""
        self._make_room(view)
        if not self._panels:
            self._panels = list(self.query(LinePanel))
        for place, panel in enumerate(self._panels):
            if turn is None or not panel.IS_SLOW or (turn + place) % SLOW_EVERY == 0:
                panel.show(view)

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
