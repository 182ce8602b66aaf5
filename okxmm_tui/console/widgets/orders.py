"""Own working orders with state, queue and age; the cursor says which one ``x`` cancels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.language import tr
from okxmm_tui.console.spans import EMPTY, Line, Span, clip, fit, left, paint, right, waiting, width_of
from okxmm_tui.console.staleness import account_problem
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.market_views import MarketView, OrderView

STATES = {
    "live": ("live", "gain"),
    "sent": ("sent", "armed"),
    "amending": ("amend", "armed"),
    "cancelling": ("cancel", "armed"),
    "unknown": ("UNKN", "alarm-1"),
}
HEADER_FROM_HEIGHT = 5
AGE_FROM, AGE_WIDTH, WHY_FROM = 39, 6, 56
CHANCE_FROM, CHANCE_WIDTH = 44, 5


class Orders(LinePanel, can_focus=True):
    """Own working orders."""

    TITLE = "ORDERS"
    HELP = (
        "Up and down choose an order, x cancels it, + and - move it by a tick. A state in amber was asked "
        "for, not confirmed; * is by hand. The lower edge says why the chosen one stands where it stands."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
    ]

    _selected_id: str = ""
    _rows_from: int = 0
    """Rows of the body above the first order."""
    _rows_shown: Sequence[OrderView] = ()

    def badge(self, view: View) -> Line:
        """How many, and when they last agreed with the venue."""
        if view.market is None or view.snapshot is None:
            return EMPTY
        seen = view.snapshot.health.reconciled_ns
        agreed = tr("never") if seen is None else fmt.calm_age_text(view.now_ns - seen)
        return (
            (tr(f"{len(view.market.orders)} open"), "text"),
            (f" · {tr('checked')} {agreed}", "muted"),
        )

    def footer(self, view: View) -> Line:
        """Why the chosen order stands where it stands."""
        order = self.selected
        if order is None or not order.decision:
            return EMPTY
        word, _, why = tr(order.decision).partition(" ")
        return (
            (f"{word} ", "armed" if order.decision.startswith("MOVE") else "strong"),
            (clip(why, max(0, self.size.width - width_of(word) - 8)), "muted"),
        )

    def stale_note(self, view: View) -> str:
        """Whether the venue still tells of the account."""
        return account_problem(view)

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """Header where there is room, then one line an order: asks first, best price nearest the bids."""
        market = view.market
        if market is None:
            return waiting(height, width, "no engine yet")
        orders = ranked(market)
        if not orders:
            return waiting(height, width, "no orders in the market")
        chosen = self.selected
        lines = [_header(width)] if height >= HEADER_FROM_HEIGHT else []
        room = height - len(lines)
        first = max(0, min(_index(orders, chosen) - room + 1, len(orders) - room))
        self._rows_from, self._rows_shown = len(lines), orders[first : first + room]
        for order in self._rows_shown:
            line = _order(market.instrument, order, view.now_ns, width, is_chosen=order is chosen)
            lines.append(paint(fit(line, width), "cursor") if order is chosen and self.has_focus else line)
        return lines

    @property
    def selected(self) -> OrderView | None:
        """The order under the cursor; the first one after its order is gone."""
        if self.view is None or self.view.market is None:
            return None
        orders = ranked(self.view.market)
        found = next((order for order in orders if order.cl_ord_id == self._selected_id), None)
        return found or (orders[0] if orders else None)

    def action_move(self, step: int) -> None:
        """Move the cursor."""
        if self.view is None or self.view.market is None or self.selected is None:
            return
        orders = ranked(self.view.market)
        target = max(0, min(len(orders) - 1, _index(orders, self.selected) + step))
        self._selected_id = orders[target].cl_ord_id
        self.show(self.view)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the order that was clicked; cancelling it takes the key."""
        rows = self._rows_shown
        if 0 <= (row := event.y - 1 - self._rows_from) < len(rows) and self.view is not None:
            self._selected_id = rows[row].cl_ord_id
            self.show(self.view)

    def on_mouse_scroll_down(self, _: events.MouseScrollDown) -> None:
        """Move the cursor by wheel."""
        self.action_move(1)

    def on_mouse_scroll_up(self, _: events.MouseScrollUp) -> None:
        """Move the cursor by wheel."""
        self.action_move(-1)


def ranked(market: MarketView) -> list[OrderView]:
    """Orders as they stand in the ladder: highest price first."""
    return sorted(market.orders, key=lambda order: (-order.price_ticks, order.created_ns))


def _index(orders: list[OrderView], order: OrderView | None) -> int:
    return orders.index(order) if order in orders else 0


def _header(width: int) -> Line:
    head = f"    {right(tr('price'), 9)}{right(tr('size'), 7)}{right(tr('ahead'), 7)} {left(tr('state'), 6)}"
    why = tr("  why") if width > WHY_FROM else ""
    head += right(tr("age"), AGE_WIDTH) if width >= AGE_FROM else ""
    head += right(tr("fill"), CHANCE_WIDTH) if width >= CHANCE_FROM else ""
    return ((head + why, "head"),)


def _order(instrument: Instrument, order: OrderView, now_ns: int, width: int, *, is_chosen: bool) -> Line:
    role = fmt.side_role(order.side)
    word, word_role = STATES.get(order.status, (order.status, "alarm-2"))
    queue = "?" if order.queue_ahead_lots is None else fmt.fitted_size(instrument, order.queue_ahead_lots, 6)
    spans: list[Span] = [
        ("▸ " if is_chosen else "  ", "own"),
        (f"{fmt.side_glyph(order.side)}{'*' if order.is_manual else ' '}", role),
        (right(fmt.price_text(instrument, order.price_ticks), 9), role),
        (right(fmt.fitted_size(instrument, order.size_lots - order.filled_lots, 6), 7), "text"),
        (right(queue, 7), "muted"),
        (f" {left(tr(word, 'order'), 6)}", word_role),
    ]
    age = fmt.calm_age_text(now_ns - order.created_ns)
    spans.append((right(age, AGE_WIDTH if width >= AGE_FROM else 0), "muted"))
    if width >= CHANCE_FROM:
        chance = fmt.share_text(order.fill_probability)
        spans.append((right(chance, CHANCE_WIDTH), "muted"))
    if width > WHY_FROM:
        done = tr(f"{fmt.size_text(instrument, order.filled_lots)} filled")
        part = f"{done}, " if order.filled_lots else ""
        spans.append(("  " + clip(part + tr(order.decision), width - 47), "muted"))
    return tuple(spans)
