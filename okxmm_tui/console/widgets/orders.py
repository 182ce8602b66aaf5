"""Own working orders with state, queue and age; the cursor says which one ``x`` cancels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.language import tr
from okxmm_tui.console.spans import EMPTY, Line, Span, clip, fit, left, paint, right, waiting, width_of
from okxmm_tui.console.staleness import account_problem
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.line_table import EDGE_WIDTH, LinePanel
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
MARK_WIDTH, PRICE_WIDTH, SIZE_WIDTH, STATE_WIDTH, AGE_WIDTH, CHANCE_WIDTH = 4, 9, 7, 7, 6, 5
LEAST_SIZE, LEAST_WHY = 5, 11


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths of the columns; 0 leaves one out."""

    price: int
    size: int
    ahead: int
    age: int
    chance: int
    why: int

    @classmethod
    def of(cls, width: int, price_cells: int) -> Columns:
        """The price first and whole; what is ahead gives way to it where room is scarce."""
        price = max(PRICE_WIDTH, price_cells + 1)
        rest = width - MARK_WIDTH - price - STATE_WIDTH
        ahead = min(SIZE_WIDTH, max(0, rest - SIZE_WIDTH + 1))
        ahead = ahead if ahead >= LEAST_SIZE else 0
        size = min(SIZE_WIDTH, rest - ahead)
        rest -= ahead + size
        age = AGE_WIDTH if rest >= AGE_WIDTH else 0
        chance = CHANCE_WIDTH if rest >= age + CHANCE_WIDTH and age else 0
        rest -= age + chance
        return cls(price, size, ahead, age, chance, rest if chance and rest >= LEAST_WHY else 0)


class Orders(LinePanel, can_focus=True):
    """Own working orders."""

    TITLE = "ORDERS"
    HELP = (
        "Own orders at the venue, ahead is what must trade before each fills. A state in amber was asked "
        "for and is not confirmed; * is by hand. Up and down choose one; the lower edge says why it stands "
        "where it stands."
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
        room = self.size.width - EDGE_WIDTH
        word, _, why = _reason(order, room).partition(" ")
        return (
            (f"{word} ", "armed" if order.decision.startswith("MOVE") else "strong"),
            (clip(why, max(0, room - width_of(word))), "muted"),
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
        columns = Columns.of(width, fmt.price_cells(market.instrument, (orders[0].price_ticks,)))
        lines = [_header(columns)] if height >= HEADER_FROM_HEIGHT else []
        room = height - len(lines)
        first = max(0, min(_index(orders, chosen) - room + 1, len(orders) - room))
        self._rows_from, self._rows_shown = len(lines), orders[first : first + room]
        for order in self._rows_shown:
            line = _order(market.instrument, order, view.now_ns, columns, is_chosen=order is chosen)
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


def _header(columns: Columns) -> Line:
    head = " " * MARK_WIDTH + right(tr("price"), columns.price) + right(tr("size"), columns.size)
    head += right(tr("ahead"), columns.ahead) + f" {left(tr('state'), STATE_WIDTH - 1)}"
    head += right(tr("age"), columns.age) + right(tr("fill"), columns.chance)
    return ((head + (tr("  why") if columns.why else ""), "head"),)


def _order(
    instrument: Instrument, order: OrderView, now_ns: int, columns: Columns, *, is_chosen: bool
) -> Line:
    role = fmt.side_role(order.side)
    word, word_role = STATES.get(order.status, (order.status, "alarm-2"))
    left_lots = order.size_lots - order.filled_lots
    spans: list[Span] = [
        ("▸ " if is_chosen else "  ", "own"),
        (f"{fmt.side_glyph(order.side)}{'*' if order.is_manual else ' '}", role),
        (right(fmt.price_text(instrument, order.price_ticks), columns.price), role),
        (right(fmt.fitted_size(instrument, left_lots, columns.size - 1), columns.size), "text"),
        (right(_ahead(instrument, order, columns.ahead - 1), columns.ahead), "muted"),
        (f" {left(tr(word, 'order'), STATE_WIDTH - 1)}", word_role),
        (right(fmt.calm_age_text(now_ns - order.created_ns), columns.age), "muted"),
        (right(fmt.share_text(order.fill_probability), columns.chance), "muted"),
    ]
    if columns.why:
        done = tr(f"{fmt.size_text(instrument, order.filled_lots)} filled")
        part = f"{done}, " if order.filled_lots else ""
        room = columns.why - 2
        spans.append(("  " + clip(part + _reason(order, room - width_of(part)), room), "muted"))
    return tuple(spans)


def _reason(order: OrderView, room: int) -> str:
    """Why it stands where it stands; of a move without the price, which its row has, where room is scarce."""
    text = tr(order.decision)
    if width_of(text) <= room or not order.decision.startswith("MOVE"):
        return text
    return tr(f"MOVE: {order.decision.partition(': ')[2]}")


def _ahead(instrument: Instrument, order: OrderView, width: int) -> str:
    lots = order.queue_ahead_lots
    return "?" if lots is None else fmt.fitted_size(instrument, lots, width)
