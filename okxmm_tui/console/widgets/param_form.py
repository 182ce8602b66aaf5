"""The parameter form: values with bounds, unit and risk direction, edited as a draft shown as ghosts."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.language import both, tr
from okxmm_tui.console.spans import EMPTY, Line, Span, clip, left, line_width, right, waiting, width_of, wrap
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.list_panel import ListPanel
from okxmm_tui.console.widgets.scrolled import ScrolledPanel
from okxmm_tui.core.market_views import ParamView
from okxmm_tui.core.params import plain

RISK_WORDS = {"up": "▲ more is riskier", "down": "▼ less is riskier", "none": ""}
BAR = 12
RISK_WIDTH = 18
RISK_FROM_WIDTH = 24 + 10 + 10 + 7 + RISK_WIDTH
HELP_ROWS = 3


class ParamForm(ListPanel[ParamView]):
    """One line a parameter."""

    TITLE = "PARAMETERS"
    HELP = (
        "Left and right step the chosen value, with shift ten steps; enter types it. Nothing trades on the "
        "draft until it is applied; the book shows where it would quote. Esc drops it."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "Less", show=False),
        Binding("right", "step(1)", "More", show=False),
        Binding("shift+left", "step(-10)", "Much less", show=False),
        Binding("shift+right", "step(10)", "Much more", show=False),
        Binding("enter", "type", "Type", show=False),
    ]

    class Stepped(Message):
        """The operator asks for another value of the draft."""

        def __init__(self, name: str, steps: int) -> None:
            super().__init__()
            self.name, self.steps = name, steps

    class Typing(Message):
        """The operator wants to type a value."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def badge(self, view: View) -> Line:
        """Strategy, version, and how much is drafted."""
        if view.market is None:
            return EMPTY
        drafted = len(view.desk.draft)
        draft: Line = ((tr(f" {drafted} drafted "), "chip-warn"), ("  ", "text")) if drafted else EMPTY
        return (*draft, (f"{view.market.strategy} v{view.market.params_version}", "muted"))

    def footer(self, view: View) -> Line:
        """The keys of the form."""
        keys = ("◂ ▸ step", "enter type", "y apply", "esc drop", "u undo", "P save", "L load", "T strategy")
        text = ""
        for key in keys:
            word = tr(key)
            if width_of(text) + width_of(word) + 2 > self.size.width - 8:
                break
            text += f"  {word}"
        return ((text.strip(), "muted"),)

    def items(self, view: View) -> Sequence[ParamView]:
        """Parameters that pass the filter."""
        params = view.market.params if view.market else ()
        return [each for each in params if view.desk.passes("parameters", f"{each.name} {both(each.label)}")]

    def key(self, item: ParamView) -> str:
        """By name."""
        return item.name

    def nothing(self, view: View) -> str:
        """No engine, or no parameters."""
        return "no engine yet" if view.market is None else "no parameter to show"

    def header(self, width: int) -> Line:
        """Names of the columns."""
        text = left(tr("parameter"), 24) + right(tr("now"), 10) + right(tr("draft"), 10) + " "
        text += left(tr("unit"), 6)
        return ((text + (right(tr("bounds"), 20 + BAR) + tr("  risk") if width >= 100 else ""), "head"),)

    def line(self, view: View, item: ParamView, width: int) -> Line:
        """One parameter; a draft in amber, a change under way with an arrow."""
        draft, pending = view.desk.draft.get(item.name), view.pending.get(item.name)
        wanted = draft if draft is not None else pending
        mark = "" if wanted is None else (plain(wanted) if draft is not None else f"→{plain(wanted)}")
        spans: list[Span] = [
            (left(tr(item.label), 24), "text"),
            (right(plain(item.value), 10), "strong"),
            (right(mark, 10), "armed"),
            (f" {left(tr(item.unit), 6)}", "muted"),
        ]
        if width >= 100:
            bounds = f"{plain(item.minimum)}..{plain(item.maximum)} ±{plain(item.step)}"
            share = _share(item, wanted if wanted is not None else item.value)
            spans += [(right(bounds, 20), "muted"), ("  ", "text"), (fmt.bar(share, BAR - 2), "bid-bar"),
                      ("  ", "text"), _risk(item, wanted)]  # fmt: skip
            room = width - line_width(tuple(spans)) - 2
            if room >= 24:
                spans.append(("  " + clip(tr(item.help), room), "muted"))
        elif width >= RISK_FROM_WIDTH:
            spans.append(_risk(item, wanted))
        return tuple(spans)

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """The list, and the chosen parameter's help in the last lines, as many as the list can spare."""
        chosen = self.chosen
        if chosen is None:
            return super().rows(view, width, height)
        bounds = f"{plain(chosen.minimum)}..{plain(chosen.maximum)} {tr(chosen.unit)}".rstrip()
        text = f"{chosen.name}: {tr(chosen.help)} {bounds}, {tr('step')} {plain(chosen.step)}"
        spare = height - 2 - len(self.items(view))
        told: list[Line] = [((part, "muted"),) for part in wrap(text, width, max(1, min(HELP_ROWS, spare)))]
        room = height - 1 - len(told)
        lines = super().rows(view, width, room)
        return [*lines, *[EMPTY] * (room + 1 - len(lines)), *told]

    def action_step(self, steps: int) -> None:
        """Ask for another value."""
        if (chosen := self.chosen) is not None:
            self.post_message(self.Stepped(chosen.name, steps))

    def action_type(self) -> None:
        """Ask for a typed value."""
        if (chosen := self.chosen) is not None:
            self.post_message(self.Typing(chosen.name))


def _share(param: ParamView, value: Decimal) -> float:
    span = param.maximum - param.minimum
    return float((value - param.minimum) / span) if span else 1.0


def _risk(param: ParamView, wanted: Decimal | None) -> Span:
    words = left(tr(RISK_WORDS.get(param.risk, "")), RISK_WIDTH)
    if wanted is None or not words.strip() or wanted == param.value:
        return words, "muted"
    is_riskier = wanted > param.value if param.risk == "up" else wanted < param.value
    word, role = ("MORE RISK", "alarm-2") if is_riskier else ("less risk", "gain")
    return left(tr(word), RISK_WIDTH), role


class ParamChanges(ScrolledPanel):
    """History of changes, newest first."""

    TITLE = "CHANGES"
    IS_SLOW = True
    HELP = "Who changed what and when, newest first."

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """Time, version, source, change."""
        if view.market is None:
            return waiting(height, width, "no engine yet")
        if not view.market.param_changes:
            return waiting(height, width, "no parameter was changed in this session")
        newest_first = view.market.param_changes[::-1]
        return [
            (
                (f"{fmt.clock_text(each.at_ns)} ", "muted"),
                (f"v{each.version:<4} {left(tr(each.source), 8)} ", "text"),
                (clip(tr(each.text), width - 24), "strong"),
            )
            for each in self.window(newest_first, height)
        ]
