"""Orders and fills of the day, from the journal and as this console saw them, searchable, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.history import HORIZONS_S, History, SeenFill, SeenOrder
from okxmm_tui.console.language import both, tr
from okxmm_tui.console.spans import EMPTY, Line, Span, clip, left, right
from okxmm_tui.console.staleness import account_problem
from okxmm_tui.console.view import View, widest_price
from okxmm_tui.console.widgets.list_panel import ListPanel
from okxmm_tui.core.instrument import Instrument

PAGE = "blotter"
TIME_WIDTH, SIZE_WIDTH, STATE_WIDTH, LEAST_WHY = 11, 9, 12, 16
LEAST_NAME, LEAST_PRICE = 15, 11
LIQUIDITY_WIDTH, PNL_WIDTH, MARK_WIDTH, FEE_WIDTH, TRADE_WIDTH = 3, 10, 7, 16, 9
STATE_ROLES = {"live": "gain", "filled": "own", "cancelled": "muted", "gone": "muted", "unknown": "alarm-1"}


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths that depend on the session's markets."""

    name: int
    price: int

    @classmethod
    def of(cls, view: View) -> Columns:
        """Names and prices whole."""
        markets = view.snapshot.markets if view.snapshot else ()
        return cls(
            max((LEAST_NAME, *(len(each.instrument.inst_id) + 2 for each in markets))),
            max((LEAST_PRICE, *(widest_price(each) + 1 for each in markets))),
        )

    @property
    def before_size(self) -> int:
        """Cells of time, side, name and price."""
        return TIME_WIDTH + self.name + self.price

    def head(self) -> str:
        """Their names."""
        name = left(tr("time"), TIME_WIDTH) + left(tr("market"), self.name)
        return name + right(tr("price"), self.price)


NO_COLUMNS = Columns(0, 0)


def instrument_of(view: View, inst_id: str) -> Instrument | None:
    """An instrument of the session by name."""
    markets = view.snapshot.markets if view.snapshot else ()
    return next((each.instrument for each in markets if each.instrument.inst_id == inst_id), None)


class OrdersBlotter(ListPanel[SeenOrder]):
    """Every order of the day, newest first."""

    TITLE = "ORDERS OF THE DAY"
    IS_SLOW = True
    HELP = (
        "Of this UTC day and since this console opened, newest first; v is the version of the parameters an "
        "order was placed with."
    )

    _columns = NO_COLUMNS
    """For the frame that is drawn."""

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """The list, its columns as wide as the markets need."""
        self._columns = Columns.of(view)
        return super().rows(view, width, height)

    def badge(self, view: View) -> Line:
        """How many, and the filter."""
        return _badge(view, len(view.history.orders))

    def stale_note(self, view: View) -> str:
        """Whether the venue still tells of the account."""
        return account_problem(view)

    def items(self, view: View) -> Sequence[SeenOrder]:
        """Orders that pass the filter."""
        newest_first = reversed(view.history.orders.values())
        if not view.desk.filters.get(PAGE):
            return list(newest_first)
        return [each for each in newest_first if view.desk.passes(PAGE, _searchable(each))]

    def key(self, item: SeenOrder) -> str:
        """By client order id."""
        return item.order.cl_ord_id

    def nothing(self, view: View) -> str:
        """No order yet, or a filter nothing passes."""
        return "no order passes the filter" if view.desk.filters.get(PAGE) else "no order sent today, UTC"

    def header(self, width: int) -> Line:
        """Names of the columns."""
        text = self._columns.head() + right(tr("size"), SIZE_WIDTH) + right(tr("filled"), SIZE_WIDTH)
        why = tr("why") if self._why_width(width) else ""
        return ((f"{text}  {left(tr('state'), STATE_WIDTH - 2)}{why}", "head"),)

    def _why_width(self, width: int) -> int:
        room = width - self._columns.before_size - 2 * SIZE_WIDTH - STATE_WIDTH
        return room if room >= LEAST_WHY else 0

    def line(self, view: View, item: SeenOrder, width: int) -> Line:
        """One order."""
        order, instrument = item.order, instrument_of(view, item.inst_id)
        if instrument is None:
            return EMPTY
        spans: list[Span] = [
            (f"{fmt.clock_text(order.created_ns)} ", "muted"),
            (fmt.side_glyph(order.side) + " ", fmt.side_role(order.side)),
            (left(item.inst_id, self._columns.name), "text"),
            (
                right(fmt.price_text(instrument, order.price_ticks), self._columns.price),
                fmt.side_role(order.side),
            ),
            (right(fmt.fitted_size(instrument, order.size_lots, 8), 9), "text"),
            (
                right(fmt.fitted_size(instrument, order.filled_lots, 8), 9),
                "text" if order.filled_lots else "muted",
            ),
            (f"  {left(tr(order.status, 'order'), 10)}", STATE_ROLES.get(order.status, "armed")),
        ]
        if room := self._why_width(width):
            version = f"v{order.params_version} " if order.params_version else ""
            hand = tr("by hand ") if order.is_manual else ""
            spans.append((clip(f"{version}{hand}{tr(order.decision)}", room), "muted"))
        return tuple(spans)


class FillsBlotter(ListPanel[SeenFill]):
    """Every fill of the day, newest first."""

    TITLE = "FILLS OF THE DAY"
    IS_SLOW = True
    HELP = (
        "Newest first; M is maker, T taker; then the mid's move after the fill in basis points: + went our "
        "way."
    )

    _columns = NO_COLUMNS
    """For the frame that is drawn."""

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """The list, its columns as wide as the markets need."""
        self._columns = Columns.of(view)
        return super().rows(view, width, height)

    def badge(self, view: View) -> Line:
        """How many, and the filter."""
        return _badge(view, len(view.history.fills))

    def stale_note(self, view: View) -> str:
        """Whether the venue still tells of the account."""
        return account_problem(view)

    def items(self, view: View) -> Sequence[SeenFill]:
        """Fills that pass the filter."""
        newest_first = reversed(view.history.fills.values())
        if not view.desk.filters.get(PAGE):
            return list(newest_first)
        return [
            each
            for each in newest_first
            if view.desk.passes(PAGE, f"{each.inst_id} {both(each.fill.side)} {each.fill.trade_id}")
        ]

    def key(self, item: SeenFill) -> tuple[str, str]:
        """By market and trade."""
        return item.inst_id, item.fill.trade_id

    def nothing(self, view: View) -> str:
        """No fill yet, or a filter nothing passes."""
        return "no fill passes the filter" if view.desk.filters.get(PAGE) else "no fills yet"

    def header(self, width: int) -> Line:
        """Names of the columns."""
        text = self._columns.head() + right(tr("size"), SIZE_WIDTH)
        text += " " * LIQUIDITY_WIDTH + right(tr("pnl"), PNL_WIDTH)
        marks, cell = self._marks(width)
        text += "".join(right(f"{horizon}s", cell) for horizon in HORIZONS_S[:marks])
        if self._trade_width(width):
            text += right(tr("fee"), FEE_WIDTH) + tr("  trade")
        return ((text, "head"),)

    def _rest(self, width: int) -> int:
        """Cells after those that are always there."""
        return width - self._columns.before_size - SIZE_WIDTH - LIQUIDITY_WIDTH - PNL_WIDTH

    def _marks(self, width: int) -> tuple[int, int]:
        """How many markouts there is room for, and the width of one."""
        rest, most = self._rest(width), len(HORIZONS_S)
        cell = MARK_WIDTH if rest >= most * MARK_WIDTH else MARK_WIDTH - 1
        return min(most, rest // cell), cell

    def _trade_width(self, width: int) -> int:
        room = self._rest(width) - len(HORIZONS_S) * MARK_WIDTH - FEE_WIDTH - 2
        return room if room >= TRADE_WIDTH else 0

    def line(self, view: View, item: SeenFill, width: int) -> Line:
        """One fill."""
        fill, instrument = item.fill, instrument_of(view, item.inst_id)
        if instrument is None:
            return EMPTY
        realised = fmt.fitted_money(fill.realised_quote, instrument.quote_ccy, PNL_WIDTH - 1)
        spans: list[Span] = [
            (f"{fmt.clock_text(fill.venue_ms * 1_000_000)} ", "muted"),
            (fmt.side_glyph(fill.side) + " ", fmt.side_role(fill.side)),
            (left(item.inst_id, self._columns.name), "text"),
            (
                right(fmt.price_text(instrument, fill.price_ticks), self._columns.price),
                fmt.side_role(fill.side),
            ),
            (right(fmt.fitted_size(instrument, fill.size_lots, 8), 9), "text"),
            (f" {fill.liquidity.value} ", "muted"),
            (right(realised, PNL_WIDTH), fmt.sign_role(realised)),
        ]
        marks, cell = self._marks(width)
        for horizon in HORIZONS_S[:marks]:
            text = fmt.bps_text(mark := item.markouts_bps.get(horizon))
            spans.append((right(text, cell), "muted" if mark is None else fmt.sign_role(text)))
        if room := self._trade_width(width):
            spans.append((right(fmt.fee_text(fill.fee, fill.fee_ccy), FEE_WIDTH), "muted"))
            spans.append((f"  {clip(fill.trade_id, room)}", "muted"))
        return tuple(spans)


def _searchable(seen: SeenOrder) -> str:
    order = seen.order
    status = f"{order.status} {tr(order.status, 'order')}"
    return f"{seen.inst_id} {both(order.side)} {status} {both(order.decision)}"


def _badge(view: View, count: int) -> Line:
    wanted = view.desk.filters.get(PAGE, "")
    search: Line = ((f"/{clip(wanted, 20)}  ", "armed"),) if wanted else EMPTY
    return (*search, (f"{count:,}", "text"))


def orders_csv(view: View, history: History) -> str:
    """Orders of the day, oldest first; sizes and prices as the venue writes them."""
    rows: list[Sequence[object]] = [
        ("created_utc_ns", "market", "cl_ord_id", "side", "price", "size", "filled", "status",
         "params_version", "by_hand", "decision")
    ]  # fmt: skip
    for seen in history.orders.values():
        order, instrument = seen.order, instrument_of(view, seen.inst_id)
        if instrument is not None:
            rows.append(
                (order.created_ns, seen.inst_id, order.cl_ord_id, order.side.value,
                 instrument.price_text(order.price_ticks), instrument.size_text(order.size_lots),
                 instrument.size_text(order.filled_lots), order.status, order.params_version,
                 "" if seen.is_past else order.is_manual,
                 order.decision)
            )  # fmt: skip
    return _csv(rows)


def fills_csv(view: View, history: History) -> str:
    """Fills of the day, oldest first; the fee with the venue's sign, negative is charged."""
    rows: list[Sequence[object]] = [
        ("venue_utc_ms", "market", "trade_id", "cl_ord_id", "side", "price", "size", "liquidity", "fee",
         "fee_ccy", "realised_quote", *(f"markout_{horizon}s_bps" for horizon in HORIZONS_S))
    ]  # fmt: skip
    for seen in history.fills.values():
        fill, instrument = seen.fill, instrument_of(view, seen.inst_id)
        if instrument is not None:
            marks = (seen.markouts_bps.get(horizon) for horizon in HORIZONS_S)
            rows.append(
                (fill.venue_ms, seen.inst_id, fill.trade_id, fill.cl_ord_id, fill.side.value,
                 instrument.price_text(fill.price_ticks), instrument.size_text(fill.size_lots),
                 fill.liquidity.value, f"{fill.fee:f}", fill.fee_ccy, f"{fill.realised_quote:f}",
                 *("" if mark is None else f"{mark:.4f}" for mark in marks))
            )  # fmt: skip
    return _csv(rows)


def _csv(rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
