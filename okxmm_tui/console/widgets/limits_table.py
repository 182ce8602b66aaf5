"""The limits that may be changed while it runs, and the graduated ways to take risk off."""

from __future__ import annotations

from collections.abc import Sequence

from okxmm_tui.console.language import both, tr
from okxmm_tui.console.spans import Line, Span, clip, left, right, width_of
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.console.widgets.list_panel import ListPanel
from okxmm_tui.core.params import plain
from okxmm_tui.core.snapshot import LimitView

QUOTE = "quote ccy"
UNITS = (
    ("_quote", QUOTE), ("_bps", "bps"), ("_ms", "ms"), ("_share", "share of equity"),
    ("_per_min", "a minute"), ("_leverage", "x equity"), ("_distance", "share of mark"),
    ("_loss", "share of value"), ("_trips", "in a row"), ("_streak", "in a row"),
    ("_ratio", "x maintenance"),
)  # fmt: skip
SPOKEN_UNITS = ("_quote", "_bps", "_ms", "_per_min")


def limit_unit(name: str) -> str:
    """Unit of a limit, from its name."""
    return next((unit for ending, unit in UNITS if name.endswith(ending)), "")


def limit_name(name: str) -> str:
    """A limit as the operator reads it; a unit that stands in a column of its own is no part of the name."""
    ending = next((each for each in SPOKEN_UNITS if name.endswith(each)), "")
    return name.removesuffix(ending).replace("_", " ")


class LimitsTable(ListPanel[LimitView]):
    """One line a limit."""

    TITLE = "LIMITS"
    IS_SLOW = True
    HELP = (
        "Every limit, its value and which way is safer. Enter types another value; taking more risk needs "
        "the armed state."
    )

    def footer(self, view: View) -> Line:
        """The key."""
        return ((tr("enter changes it; more risk: a first"), "muted"),)

    def items(self, view: View) -> Sequence[LimitView]:
        """Limits that pass the filter."""
        limits = view.snapshot.limits if view.snapshot else ()
        return [
            each
            for each in limits
            if view.desk.passes("limits", f"{each.name} {both(limit_name(each.name))}")
        ]

    def key(self, item: LimitView) -> str:
        """By name."""
        return item.name

    def nothing(self, view: View) -> str:
        """No engine, or a filter nothing passes."""
        return "no engine yet" if view.snapshot is None else "no limit passes the filter"

    def header(self, width: int) -> Line:
        """Names of the columns."""
        return (
            (
                left(tr("limit"), 28) + right(tr("value"), 10) + f"  {left(tr('safer'), 7)}{tr('unit')}",
                "head",
            ),
        )

    def line(self, view: View, item: LimitView, width: int) -> Line:
        """One limit."""
        unit = limit_unit(item.name)
        if unit == QUOTE and view.market is not None:
            unit = view.market.instrument.quote_ccy
        return (
            (left(tr(limit_name(item.name)), 28), "text"),
            (right(f"{item.value:,f}" if abs(item.value) >= 1_000 else plain(item.value), 10), "strong"),
            (f"  {left(tr('lower' if item.is_lower_safer else 'higher'), 7)}", "muted"),
            (clip(tr(unit), max(0, width - 47)), "muted"),
        )


STEPS = (
    ("W", "widen", "twice the distance; again: the usual"),
    ("( )", "mute a side", "no bids, or no asks; again: quotes"),
    ("X", "cancel", "all orders here, once; B bids, S asks"),
    ("R", "reduce", "only orders that shrink positions"),
    ("p", "pause", "every quote out, everything kept warm"),
    ("F", "flatten", "close as a taker; preview first"),
    ("^K", "KILL", "halt, cancel all, prove it; latched"),
)


class DeriskLadder(LinePanel, can_focus=True):
    """What each step does, mildest first, and which of them is in force."""

    TITLE = "TAKING RISK OFF"
    HELP = "The steps down, mildest first. None of them needs arming but flatten."

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """One line a step."""
        lines: list[Line] = []
        for key, name, text in STEPS:
            in_force = tr("IN FORCE ") if _is_in_force(view, name) else ""
            spans: list[Span] = [
                (left(f" {key}", 5), "chip-bad" if name == "KILL" else "key"),
                (f" {left(tr(name), 12)}", "strong"),
                (in_force, "armed"),
                (clip(tr(text), width - 18 - width_of(in_force)), "muted"),
            ]
            lines.append(tuple(spans))
        return lines[:height]


def _is_in_force(view: View, name: str) -> bool:
    snapshot, market = view.snapshot, view.market
    if snapshot is None or market is None:
        return False
    return {
        "widen": snapshot.is_widened,
        "mute a side": market.bid.is_muted or market.ask.is_muted,
        "reduce": snapshot.trading_state == "REDUCING" or bool(market.only_reduce),
        "pause": snapshot.trading_state == "PAUSED",
        "flatten": market.flatten is not None and market.flatten.is_running,
        "KILL": snapshot.trading_state == "HALTED",
    }.get(name, False)
