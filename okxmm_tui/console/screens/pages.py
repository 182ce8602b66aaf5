"""The pages beside the dashboard, one a subject."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from okxmm_tui.console.screens.page import Box, Page
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.analytics import EquityPanel, InventoryPanel, MarkoutsPanel, ResultPanel
from okxmm_tui.console.widgets.blotter import FillsBlotter, OrdersBlotter
from okxmm_tui.console.widgets.event_log import EventLog
from okxmm_tui.console.widgets.gauges import Gauges
from okxmm_tui.console.widgets.health import HealthPanel
from okxmm_tui.console.widgets.ladder import Ladder
from okxmm_tui.console.widgets.limits_table import DeriskLadder, LimitsTable
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.console.widgets.markets_table import MarketsTable
from okxmm_tui.console.widgets.opportunities import MarketQuotes, WidestMarkets, WouldTrade
from okxmm_tui.console.widgets.orders import Orders
from okxmm_tui.console.widgets.param_form import ParamChanges, ParamForm
from okxmm_tui.console.widgets.spread import SpreadPanel


class MarketsPage(Page):
    """All instruments."""

    NAME = "markets"
    AUTO_FOCUS = "MarketsTable"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "app.focus_chosen", "Show", show=False)]

    def body(self) -> ComposeResult:
        """The table, and below it the chosen market's quotes and what strategies make of it."""
        with Box(id="columns"):
            yield MarketsTable(classes="tall")
            with Box(id="chosen"):
                yield MarketQuotes()
                yield WouldTrade()
                yield WidestMarkets()

    def show(self, view: View, turn: int | None) -> None:
        """Draw one frame; what no strategy asks for takes no room."""
        has_scan = view.snapshot is not None and bool(view.snapshot.scan)
        self.set_class(has_scan, "-scan")
        super().show(view, turn)

    def view_of(self, panel: LinePanel, view: View) -> View:
        """The panels below follow the table's cursor, not the market in focus."""
        if not isinstance(panel, (MarketQuotes, WouldTrade)) or view.snapshot is None:
            return view
        chosen = self.query_one(MarketsTable).chosen
        name = chosen.instrument.inst_id if chosen is not None else ""
        market = next(
            (each for each in view.snapshot.markets if each.instrument.inst_id == name), view.market
        )
        return replace(view, market=market)


class BlotterPage(Page):
    """Orders and fills of the day."""

    NAME = "blotter"
    AUTO_FOCUS = "OrdersBlotter"

    def body(self) -> ComposeResult:
        """Orders above, fills below."""
        with Box(id="columns"):
            yield OrdersBlotter()
            yield FillsBlotter()


class AnalyticsPage(Page):
    """Curves and tables."""

    NAME = "analytics"
    AUTO_FOCUS = "EquityPanel"

    def body(self) -> ComposeResult:
        """Curves at the left, tables at the right."""
        with Box(id="halves"):
            with Box(classes="half"):
                yield EquityPanel()
                yield InventoryPanel()
                yield SpreadPanel(id="spread")
            with Box(classes="half"):
                yield MarkoutsPanel()
                yield ResultPanel()


class ParametersPage(Page):
    """The form, the ladder with its ghosts, and the history of changes."""

    NAME = "parameters"
    AUTO_FOCUS = "ParamForm"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "app.drop_draft", "Drop", show=False)]

    def body(self) -> ComposeResult:
        """Form at the left, ghosts and history at the right."""
        with Box(id="halves"):
            with Box(classes="half"):
                yield ParamForm()
                yield ParamChanges(id="changes")
            yield Ladder(classes="side")

    @on(ParamForm.Stepped)
    def step(self, event: ParamForm.Stepped) -> None:
        """Step a value of the draft."""
        self.app.call_later(self.app.run_action, f"step_draft('{event.name}', {event.steps})")

    @on(ParamForm.Typing)
    def type_value(self, event: ParamForm.Typing) -> None:
        """Type a value of the draft."""
        self.app.call_later(self.app.run_action, f"type_draft('{event.name}')")


class JournalPage(Page):
    """The event log at full size, beside the working orders."""

    NAME = "journal"
    AUTO_FOCUS = "EventLog"

    def body(self) -> ComposeResult:
        """Log above, orders below."""
        with Box(id="columns"):
            yield EventLog(classes="tall")
            yield Orders(classes="low")


class HealthPage(Page):
    """Everything known of the machinery."""

    NAME = "health"
    AUTO_FOCUS = "HealthPanel"

    def body(self) -> ComposeResult:
        """Health, gauges, events."""
        with Box(id="halves"):
            with Box(classes="half"):
                yield HealthPanel()
            with Box(classes="half"):
                yield Gauges()
                yield EventLog()


class LimitsPage(Page):
    """Limits, how much of them is used, and the way down."""

    NAME = "limits"
    AUTO_FOCUS = "LimitsTable"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "app.edit_limit", "Change", show=False)]

    def body(self) -> ComposeResult:
        """Limits at the left, gauges and steps at the right."""
        with Box(id="halves"):
            with Box(classes="half"):
                yield LimitsTable()
            with Box(classes="half"):
                yield Gauges()
                yield DeriskLadder(id="steps")


PAGES: tuple[type[Page], ...] = (
    MarketsPage, BlotterPage, AnalyticsPage, ParametersPage, JournalPage, HealthPage, LimitsPage,
)  # fmt: skip
