"""Strategy parameters: confirmed value, value asked for, bounds, and the keys that move them."""

from __future__ import annotations

from okxmm_tui.console.language import tr
from okxmm_tui.console.spans import EMPTY, Line, Span, clip, left, right, spread, waiting, width_of
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.core.market_views import ParamView
from okxmm_tui.core.params import plain

VALUE_WIDTH, BOUNDS_WIDTH = 8, 17
SHORT_UNIT, LONG_UNIT, LONG_UNIT_FROM = 3, 7, 44


class Parameters(LinePanel, can_focus=True):
    """Strategy parameters."""

    TITLE = "PARAMETERS"
    IS_SLOW = True
    HELP = (
        "What the strategy works with, and the keys that step it. Amber with an arrow: asked for, not "
        "confirmed yet."
    )

    def badge(self, view: View) -> Line:
        """What is under way."""
        if view.pending:
            return ((tr(f"{len(view.pending)} pending"), "armed"),)
        return EMPTY if view.market is None else ((f"v{view.market.params_version}", "muted"),)

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """One line a parameter, its help below where there is room."""
        if view.market is None:
            return waiting(height, width, "no engine yet")
        params = view.market.params
        if not params:
            return waiting(height, width, "the strategy has no parameters")
        refusals = [_refusal(text, width) for text in view.refusals.values()]
        has_help = height >= 2 * len(params) + len(refusals) and width >= 44
        lines: list[Line] = []
        for param in _most_wanted(params, view):
            lines.append(_param(param, view, width))
            if has_help:
                lines.append((("    ", "text"), (clip(tr(param.help), width - 4), "muted")))
        shown = lines[: max(0, height - len(refusals))]
        self._hidden = (0, (len(lines) - len(shown)) // (2 if has_help else 1))
        return shown + refusals[:height]


def _most_wanted(params: tuple[ParamView, ...], view: View) -> list[ParamView]:
    """Those with keys first, in the order of the keys: on a small screen the rest falls off."""
    places = {lever: place for place, lever in enumerate(view.keymap.nudge_keys)}
    return sorted(params, key=lambda param: places.get(param.lever, len(places)))


def _param(param: ParamView, view: View, width: int) -> Line:
    pending = view.pending.get(param.name)
    unit_width = LONG_UNIT if width >= LONG_UNIT_FROM else SHORT_UNIT
    # A unit that is cut off says less than none.
    unit = tr(param.unit)
    unit = unit if width_of(unit) <= unit_width else ""
    keys = view.keymap.nudge_keys.get(param.lever, "")
    step = f"±{plain(param.step)}"
    bounds = f"{plain(param.minimum)}..{plain(param.maximum)} {step}" if width >= 54 else ""
    if width_of(bounds) > BOUNDS_WIDTH:
        bounds = step  # the key moves by it; the bounds are on the page of parameters
    value: tuple[Span, ...] = ((right(plain(param.value), VALUE_WIDTH), "strong"),)
    if pending is not None:
        value = ((right(f"→{plain(pending)}", VALUE_WIDTH), "armed"),)
    tail: Line = (*value, (f" {left(unit, unit_width)}", "muted"))
    if bounds:
        tail = (*tail, (right(bounds, BOUNDS_WIDTH), "muted"))
    room = width - VALUE_WIDTH - unit_width - 1 - (BOUNDS_WIDTH if bounds else 0)
    head: Line = ((f"{left(keys, 3)} ", "key"), (clip(tr(param.label), room - 4), "text"))
    return spread(head, tail, width)


def _refusal(text: str, width: int) -> Line:
    return ((clip(f"✕ {tr(text)}", width), "alarm-1"),)
