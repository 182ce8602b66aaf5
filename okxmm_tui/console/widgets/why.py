"""Why an order stands or stood where it did: the decision, the parameters behind it, what happened to it."""

from __future__ import annotations

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.history import SeenOrder
from okxmm_tui.console.language import tr
from okxmm_tui.console.spans import Line, clip, left
from okxmm_tui.console.view import View
from okxmm_tui.core.market_views import ParamChangeView

NAME_WIDTH = 12


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
        _named("decision", order.decision or "none told", width, "strong"),
        _named("placed by", "the operator, by hand" if order.is_manual else "the strategy", width),
        _named("parameters", _version(view, seen), width),
    ]  # fmt: skip
    change = _change(view, seen)
    if change is not None:
        text = tr(change.text) + tr(f" by {change.source} at {fmt.clock_text(change.at_ns)}")
        lines.append(_named("set by", text, width))
    lines.append((("", "text"),))
    happened: list[Line] = [
        ((f"{fmt.clock_ms_text(at_ns)} ", "muted"), (clip(tr(text), width - 13), "text"))
        for at_ns, text in seen.events
    ]
    return lines + _fitting(happened, seen.left_out, width, max(3, height - len(lines)))


def _fitting(happened: list[Line], left_out: int, width: int, height: int) -> list[Line]:
    """Events in so many rows; how many are not shown is said after the first."""
    if not left_out and len(happened) <= height:
        return happened
    hidden = max(0, len(happened) + 1 - height)
    text = tr(f"{left_out + hidden} changes not shown; the journal has them")
    gap: Line = ((" " * 13, "text"), (clip(text, width - 13), "muted"))
    return [happened[0], gap, *happened[1 + hidden :]]


def _named(name: str, text: str, width: int, role: str = "text") -> Line:
    return ((f"{left(tr(name), NAME_WIDTH - 1)} ", "muted"), (clip(tr(text), width - NAME_WIDTH), role))


def _version(view: View, seen: SeenOrder) -> str:
    version = seen.order.params_version
    markets = view.snapshot.markets if view.snapshot else ()
    now = next((each.params_version for each in markets if each.instrument.inst_id == seen.inst_id), version)
    return f"version {version}" if now == version else f"version {version}; version {now} trades now"


def _change(view: View, seen: SeenOrder) -> ParamChangeView | None:
    markets = view.snapshot.markets if view.snapshot else ()
    changes = next((each.param_changes for each in markets if each.instrument.inst_id == seen.inst_id), ())
    return next((each for each in changes if each.version == seen.order.params_version), None)
