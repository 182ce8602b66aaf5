"""Orders and fills of the session as this console saw them, searchable, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.history import HORIZONS_S, History, SeenFill, SeenOrder
from okxmm_tui.console.language import both, tr
from okxmm_tui.console.spans import EMPTY, Line, Span, clip, left, right
from okxmm_tui.console.staleness import account_problem
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.list_panel import ListPanel
from okxmm_tui.core.instrument import Instrument

PAGE = "blotter"
STATE_ROLES = {"live": "gain", "filled": "own", "cancelled": "muted", "unknown": "alarm-1"}


def instrument_of(view: View, inst_id: str) -> Instrument | None:
    """An instrument of the session by name."""
    markets = view.snapshot.markets if view.snapshot else ()
    return next((each.instrument for each in markets if each.instrument.inst_id == inst_id), None)


class OrdersBlotter(ListPanel[SeenOrder]):
    """Every order this console has seen, newest first."""

    TITLE = "ORDERS OF THE SESSION"
    IS_SLOW = True
    HELP = (
        "Newest first, as this console saw them. / searches, w says why, x cancels a working one, o exports."
    )

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
        return (
            "no order passes the filter"
            if view.desk.filters.get(PAGE)
            else "no order sent since this console opened"
        )

    def header(self, width: int) -> Line:
        """Names of the columns."""
        text = _first_columns() + right(tr("filled"), 9) + f"  {left(tr('state'), 10)}"
        return ((text + (tr("why") if width >= 84 else ""), "head"),)

    def line(self, view: View, item: SeenOrder, width: int) -> Line:
        """One order."""
        order, instrument = item.order, instrument_of(view, item.inst_id)
        if instrument is None:
            return EMPTY
        spans: list[Span] = [
            (f"{fmt.clock_text(order.created_ns)} ", "muted"),
            (fmt.side_glyph(order.side) + " ", fmt.side_role(order.side)),
            (left(item.inst_id, 15), "text"),
            (right(fmt.price_text(instrument, order.price_ticks), 11), fmt.side_role(order.side)),
            (right(fmt.fitted_size(instrument, order.size_lots, 8), 9), "text"),
            (
                right(fmt.fitted_size(instrument, order.filled_lots, 8), 9),
                "text" if order.filled_lots else "muted",
            ),
            (f"  {left(tr(order.status, 'order'), 10)}", STATE_ROLES.get(order.status, "armed")),
        ]
        if width >= 84:
            version = f"v{order.params_version} " if order.params_version else ""
            hand = tr("by hand ") if order.is_manual else ""
            spans.append((clip(f"{version}{hand}{tr(order.decision)}", width - 68), "muted"))
        return tuple(spans)


class FillsBlotter(ListPanel[SeenFill]):
    """Every fill this console has seen, newest first."""

    TITLE = "FILLS OF THE SESSION"
    IS_SLOW = True
    HELP = "Newest first. / searches, w says why, o exports."

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
        text = f"{_first_columns()}   {right(tr('pnl'), 10)}"
        text += "".join(right(f"{horizon}s", _cell(width)) for horizon in HORIZONS_S)
        if width >= 96:
            text += right(tr("fee"), 11) + tr("  trade")
        return ((text, "head"),)

    def line(self, view: View, item: SeenFill, width: int) -> Line:
        """One fill."""
        fill, instrument = item.fill, instrument_of(view, item.inst_id)
        if instrument is None:
            return EMPTY
        spans: list[Span] = [
            (f"{fmt.clock_text(fill.venue_ms * 1_000_000)} ", "muted"),
            (fmt.side_glyph(fill.side) + " ", fmt.side_role(fill.side)),
            (left(item.inst_id, 15), "text"),
            (right(fmt.price_text(instrument, fill.price_ticks), 11), fmt.side_role(fill.side)),
            (right(fmt.fitted_size(instrument, fill.size_lots, 8), 9), "text"),
            (f" {fill.liquidity.value} ", "muted"),
            (right(fmt.fitted_money(fill.realised_quote, 9), 10), fmt.money_role(fill.realised_quote)),
        ]
        for horizon in HORIZONS_S:
            mark = item.markouts_bps.get(horizon)
            role = "muted" if mark is None else fmt.money_role(round(mark, 1))
            spans.append((right(fmt.bps_text(mark), _cell(width)), role))
        if width >= 96:
            spans.append((right(fmt.money_text(fill.fee, 4), 11), "muted"))
            spans.append((f"  {clip(fill.trade_id, width - 94)}", "muted"))
        return tuple(spans)


def _searchable(seen: SeenOrder) -> str:
    order = seen.order
    status = f"{order.status} {tr(order.status, 'order')}"
    return f"{seen.inst_id} {both(order.side)} {status} {both(order.decision)}"


def _cell(width: int) -> int:
    """Width of a markout: on 80 columns there is room for all of them only side by side."""
    return 7 if width >= 80 else 6


def _first_columns() -> str:
    return left(tr("time"), 10) + left(tr("market"), 16) + right(tr("price"), 11) + right(tr("size"), 9)


def _badge(view: View, count: int) -> Line:
    wanted = view.desk.filters.get(PAGE, "")
    search: Line = ((f"/{clip(wanted, 20)}  ", "armed"),) if wanted else EMPTY
    return (*search, (f"{count:,}", "text"))


def orders_csv(view: View, history: History) -> str:
    """Orders of the session, oldest first; sizes and prices as the venue writes them."""
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
                 instrument.size_text(order.filled_lots), order.status, order.params_version, order.is_manual,
                 order.decision)
            )  # fmt: skip
    return _csv(rows)


def fills_csv(view: View, history: History) -> str:
    """Fills of the session, oldest first; the fee with the venue's sign, negative is charged."""
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
