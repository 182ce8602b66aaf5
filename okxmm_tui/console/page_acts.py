"""Keys that change what is seen: pages, filters, grouping, the story of an order, files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from okxmm_tui.console.base import BaseConsole
from okxmm_tui.console.desk import SLOTS
from okxmm_tui.console.screens.live_modal import WhyScreen
from okxmm_tui.console.screens.page import Page
from okxmm_tui.console.screens.text_prompt import TextPrompt
from okxmm_tui.console.widgets.blotter import FillsBlotter, OrdersBlotter, fills_csv, orders_csv
from okxmm_tui.console.widgets.event_log import PAGE as EVENTS
from okxmm_tui.console.widgets.fills import Fills
from okxmm_tui.console.widgets.ladder import Ladder
from okxmm_tui.console.widgets.markets_table import MarketsTable
from okxmm_tui.console.widgets.orders import Orders

if TYPE_CHECKING:
    from okxmm_tui.core.market_views import OrderView

FILTERED = {"markets": "markets", "blotter": "blotter", "parameters": "parameters", "limits": "limits"}
"""Filter of each page; the others filter their events."""


class PageActs(BaseConsole):
    """The console's pages."""

    # -- pages ----------------------------------------------------------------------------------------

    def action_page_dashboard(self) -> None:
        """Back to the dashboard."""
        self.show_page("dashboard")

    def action_page_markets(self) -> None:
        """All instruments."""
        self.show_page("markets")

    def action_page_blotter(self) -> None:
        """Orders and fills of the day."""
        self.show_page("blotter")

    def action_page_analytics(self) -> None:
        """Curves and tables."""
        self.show_page("analytics")

    def action_page_parameters(self) -> None:
        """The parameter form."""
        self.show_page("parameters")

    def action_page_journal(self) -> None:
        """The event log."""
        self.show_page("journal")

    def action_page_health(self) -> None:
        """The machinery."""
        self.show_page("health")

    def action_page_limits(self) -> None:
        """Limits and the way down."""
        self.show_page("limits")

    def action_focus_chosen(self) -> None:
        """Show the chosen market on the dashboard."""
        snapshot, chosen = self.state.snapshot, self.page.query_one(MarketsTable).chosen
        if snapshot is None or chosen is None:
            return
        # The table is drawn some frames late: its market is found by name, the newest picture holds another.
        names = [market.instrument.inst_id for market in snapshot.markets]
        if chosen.instrument.inst_id in names:
            self.hand.drop_draft()
            self.state.focus_on(names.index(chosen.instrument.inst_id))
            self.show_page("dashboard")

    # -- the look of the dashboard ----------------------------------------------------------------------

    def action_group(self, step: int) -> None:
        """Coarser or finer rows in the book."""
        ticks = self.state.desk.regroup(step)
        self.say("1 tick a row" if ticks == 1 else f"{ticks} ticks a row")

    def action_centre(self) -> None:
        """Let the book follow the market, or let its prices stand still."""
        desk, market = self.state.desk, self.state.market
        if not desk.is_centred:
            desk.is_centred, desk.anchor_ticks = True, None
            self.say("the book follows the market")
        elif market is not None and market.bids and market.asks:
            desk.is_centred = False
            desk.anchor_ticks = desk.cursor_ticks or (market.bids[0][0] + market.asks[0][0]) // 2
            self.say("prices stand still; l follows the market again")

    def action_slot(self) -> None:
        """Fills, tape or events where not all of them fit."""
        desk = self.state.desk
        desk.slot = SLOTS[(SLOTS.index(desk.slot) + 1) % len(SLOTS)]
        self.say(f"showing {desk.slot}")

    # -- filter, why, export ------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Type what rows must contain."""
        name = FILTERED.get(self.page.NAME, EVENTS)

        def take(text: str) -> str:
            self.state.desk.filters[name] = text
            self.draw()
            return ""

        start = self.state.desk.filters.get(name, "")
        self.push_screen(
            TextPrompt("FILTER", "Show only what contains (empty shows all):", take, start=start)
        )

    def action_note(self) -> None:
        """Write a line into the journal."""

        def take(text: str) -> str:
            problem = self.operator.note(text)
            self.draw()
            return problem

        self.push_screen(TextPrompt("NOTE", "A line for the event log and the journal:", take))

    def action_why(self) -> None:
        """Say why the chosen order or fill stands where it stands."""
        if isinstance(self.screen, WhyScreen):
            return
        if cl_ord_id := self._chosen_id():
            self.push_screen(WhyScreen(cl_ord_id))
        else:
            self.say("no order or fill chosen")

    def _chosen_id(self) -> str:
        focused = self.page.focused
        if isinstance(focused, FillsBlotter):
            return focused.chosen.fill.cl_ord_id if focused.chosen else ""
        if isinstance(focused, Fills):
            market = self.state.market
            fills = market.fills if market else ()
            return fills[min(focused.offset_rows, len(fills) - 1)].cl_ord_id if fills else ""
        order = self.chosen_order()
        return order.cl_ord_id if order else ""

    def chosen_order(self) -> OrderView | None:
        """The order the operator points at on the page that is seen; None where there is none to see."""
        page = self.page
        if isinstance(page.focused, Ladder):
            return self.hand.order_at_cursor()
        for blotter in page.query(OrdersBlotter):
            return blotter.chosen.order if blotter.chosen else None
        for orders in page.query(Orders):
            return orders.selected
        return None

    def action_export(self) -> None:
        """Write orders and fills of the day as CSV."""
        if self.files is None:
            self.say("this console has no directory to export to", "alarm-2")
            return
        view, history = self.state.view(), self.state.history
        stamp = self.state.clock() // 1_000_000_000
        try:
            first = self.files.export(f"orders-{stamp}.csv", orders_csv(view, history))
            self.files.export(f"fills-{stamp}.csv", fills_csv(view, history))
        except OSError as error:
            self.say(f"not exported: {error.strerror or error}", "alarm-2")
        else:
            self.say(f"exported {first} and fills-{stamp}.csv")

    # -- moving between pages --------------------------------------------------------------------------------

    def show_page(self, name: str) -> None:
        """Show a page; it is kept and comes back as it was left."""
        if name == self.page.NAME:
            return
        while len(self.screen_stack) > 1 and not isinstance(self.screen, Page):
            self.pop_screen()
        if self.page is not self.dashboard:
            self.pop_screen()
        if name != "dashboard":
            self.push_screen(self.pages[name])
        self.call_after_refresh(self.draw)
