"""The limits that may be changed while it runs, and the graduated ways to take risk off."""

from __future__ import annotations

from collections.abc import Sequence

from okxmm_tui.console.spans import Line, Span, clip, left, right
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.console.widgets.list_panel import ListPanel
from okxmm_tui.core.params import plain
from okxmm_tui.core.snapshot import LimitView

UNITS = (
    ("_quote", "quote ccy"), ("_bps", "bp"), ("_ms", "ms"), ("_share", "share of equity"),
    ("_per_min", "a minute"), ("_leverage", "x equity"), ("_distance", "share of mark"),
    ("_loss", "share of value"), ("_trips", "in a row"),
)  # fmt: skip


def limit_unit(name: str) -> str:
    """Unit of a limit, from its name."""
    return next((unit for ending, unit in UNITS if name.endswith(ending)), "")


class LimitsTable(ListPanel[LimitView]):
    """One line a limit."""

    TITLE = "LIMITS"
    IS_SLOW = True
    HELP = "Enter types another value for the chosen limit. Taking more risk needs the armed state (a)."

    def footer(self, view: View) -> Line:
        """The key."""
        return (("enter changes it; more risk: a first", "muted"),)

    def items(self, view: View) -> Sequence[LimitView]:
        """Limits that pass the filter."""
        limits = view.snapshot.limits if view.snapshot else ()
        return [each for each in limits if view.desk.passes("limits", each.name)]

    def key(self, item: LimitView) -> str:
        """By name."""
        return item.name

    def nothing(self, view: View) -> str:
        """No engine, or a filter nothing passes."""
        return "no engine yet" if view.snapshot is None else "no limit passes the filter"

    def header(self, width: int) -> Line:
        """Names of the columns."""
        return ((left("limit", 28) + right("value", 10) + "  safer  unit", "head"),)

    def line(self, view: View, item: LimitView, width: int) -> Line:
        """One limit."""
        return (
            (left(item.name.replace("_", " "), 28), "text"),
            (right(f"{item.value:,f}" if abs(item.value) >= 1_000 else plain(item.value), 10), "strong"),
            ("  lower  " if item.is_lower_safer else "  higher ", "muted"),
            (clip(limit_unit(item.name), max(0, width - 47)), "muted"),
        )


STEPS = (
    ("W", "widen", "quotes at twice their distance; again takes it back"),
    ("( )", "mute a side", "no quotes on the bid or the ask side; again quotes"),
    ("X", "cancel", "every order of this market, once; B bids, S asks"),
    ("R", "reduce", "only orders that shrink positions"),
    ("p", "pause", "every quote out, everything kept warm"),
    ("F", "flatten", "quotes out, then close as a taker; preview first"),
    ("^K", "KILL", "halt, cancel all, prove it; latched, asks nothing"),
)


class DeriskLadder(LinePanel, can_focus=True):
    """What each step does, mildest first, and which of them is in force."""

    TITLE = "TAKING RISK OFF"
    HELP = "The steps down, mildest first. None of them needs arming but flatten."

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """One line a step."""
        lines: list[Line] = []
        for key, name, text in STEPS:
            is_on = _is_in_force(view, name)
            spans: list[Span] = [
                (left(f" {key}", 5), "chip-bad" if name == "KILL" else "key"),
                (f" {left(name, 12)}", "strong"),
                ("IN FORCE " if is_on else "", "armed"),
                (clip(text, width - 18 - (9 if is_on else 0)), "muted"),
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
