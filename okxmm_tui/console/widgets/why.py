"""Why an order stands or stood where it did: the decision, the parameters behind it, what happened to it."""

from __future__ import annotations

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.history import SeenOrder
from okxmm_tui.console.language import tr
from okxmm_tui.console.spans import Line, clip, left, wrap
from okxmm_tui.console.view import View
from okxmm_tui.core.market_views import ParamChangeView

NAME_WIDTH, CLOCK_WIDTH = 12, 13
MOST_ROWS = 3


def why_lines(view: View, cl_ord_id: str, width: int, height: int) -> list[Line]:
    """What is known of one order, newest event last; where not all fit, the placing and the newest do."""
    seen = view.history.orders.get(cl_ord_id)
    if seen is None:
        return [
            ((clip(tr("this console did not see that order: it is older than the console"), width), "muted"),)
        ]
    order = seen.order
    lines: list[Line] = [
        ((fmt.side_glyph(order.side) + " ", fmt.side_role(order.side)), (f"{seen.inst_id}  ", "strong"),
         (f"{tr('order')} {order.cl_ord_id}", "muted")),
        *_told("decision", order.decision or "none told", width),
    ]  # fmt: skip
    if not seen.is_past:
        placed_by = "the operator, by hand" if order.is_manual else "the strategy"
        lines.append(_named("placed by", placed_by, width))
    lines.append(_named("parameters", _version(view, seen), width))
    change = None if seen.is_past else _change(view, seen)
    if change is not None:
        text = tr(change.text) + tr(f" by {change.source} at {fmt.clock_text(change.at_ns)}")
        lines.append(_named("set by", text, width))
    lines.append((("", "text"),))
    happened = [_event(at_ns, text, width) for at_ns, text in seen.events]
    return lines + _fitting(happened, seen.left_out, width, max(3, height - len(lines)))


def _event(at_ns: int, text: str, width: int) -> list[Line]:
    """One event, with its reason to the end: that is what is asked for here."""
    first, *more = wrap(tr(text), width - CLOCK_WIDTH, MOST_ROWS)
    rest: list[Line] = [((" " * CLOCK_WIDTH, "text"), (part, "text")) for part in more]
    return [((f"{fmt.clock_ms_text(at_ns)} ", "muted"), (first, "text")), *rest]


def _fitting(happened: list[list[Line]], left_out: int, width: int, height: int) -> list[Line]:
    """Events in so many rows; how many are not shown is said after the first."""
    if not left_out and sum(map(len, happened)) <= height:
        return [line for event in happened for line in event]
    first, rest = happened[0], happened[1:]
    room = height - len(first) - 1
    shown: list[list[Line]] = []
    for event in reversed(rest):
        room -= len(event)
        if room < 0:
            break
        shown.insert(0, event)
    text = tr(f"{left_out + len(rest) - len(shown)} changes not shown; the journal has them")
    gap: Line = ((" " * CLOCK_WIDTH, "text"), (clip(text, width - CLOCK_WIDTH), "muted"))
    return [*first, gap, *(line for event in shown for line in event)]


def _told(name: str, text: str, width: int) -> list[Line]:
    first, *more = wrap(tr(text), width - NAME_WIDTH, MOST_ROWS)
    rest: list[Line] = [((" " * NAME_WIDTH, "text"), (part, "strong")) for part in more]
    return [((f"{left(tr(name), NAME_WIDTH - 1)} ", "muted"), (first, "strong")), *rest]


def _named(name: str, text: str, width: int) -> Line:
    return ((f"{left(tr(name), NAME_WIDTH - 1)} ", "muted"), (clip(tr(text), width - NAME_WIDTH), "text"))


def _version(view: View, seen: SeenOrder) -> str:
    version = seen.order.params_version
    markets = view.snapshot.markets if view.snapshot else ()
    now = next((each.params_version for each in markets if each.instrument.inst_id == seen.inst_id), version)
    # Each session counts from one: of a version from before only the number is known.
    return (
        f"version {version}"
        if now == version or seen.is_past
        else f"version {version}; version {now} trades now"
    )


def _change(view: View, seen: SeenOrder) -> ParamChangeView | None:
    markets = view.snapshot.markets if view.snapshot else ()
    changes = next((each.param_changes for each in markets if each.instrument.inst_id == seen.inst_id), ())
    return next((each for each in changes if each.version == seen.order.params_version), None)
