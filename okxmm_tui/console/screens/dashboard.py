"""The screen to trade from: book, quotes, orders, fills, tape, events, position, risk, health, parameters."""

from __future__ import annotations

from textual.app import ComposeResult

from okxmm_tui.console.desk import SLOTS
from okxmm_tui.console.screens.page import Box, Page
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.event_log import EventLog
from okxmm_tui.console.widgets.fills import Fills
from okxmm_tui.console.widgets.gauges import Gauges
from okxmm_tui.console.widgets.health import HealthPanel
from okxmm_tui.console.widgets.ladder import Ladder
from okxmm_tui.console.widgets.orders import Orders
from okxmm_tui.console.widgets.parameters import Parameters
from okxmm_tui.console.widgets.pnl import Pnl
from okxmm_tui.console.widgets.side_status import SideStatus
from okxmm_tui.console.widgets.tape import TapePanel


class Dashboard(Page):
    """One market at a glance."""

    NAME = "dashboard"
    AUTO_FOCUS = "Orders"

    def body(self) -> ComposeResult:
        """Ladder, work, rail."""
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

    def show(self, view: View, turn: int | None) -> None:
        """Draw one frame, with the panel the operator chose in the changing place."""
        for slot in SLOTS:
            if self.has_class(f"-slot-{slot}") != (view.desk.slot == slot):
                self.set_class(view.desk.slot == slot, f"-slot-{slot}")
        super().show(view, turn)
