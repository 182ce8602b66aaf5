"""The preflight: a checklist before the first quote, and what the journal cannot explain."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from okxmm_tui.console.language import tr
from okxmm_tui.console.screens.live_modal import ModalPanel
from okxmm_tui.console.screens.modal import Modal
from okxmm_tui.console.spans import EMPTY, Line, clip, left, waiting
from okxmm_tui.console.view import View
from okxmm_tui.core.preflight import CheckState, CheckView, DifferenceView, PreflightView

MARKS = {
    CheckState.GOOD: ("✓", "gain"),
    CheckState.WAITING: ("…", "muted"),
    CheckState.DIFFERENT: ("≠", "armed"),
    CheckState.BAD: ("!", "alarm-1"),
}
NAME_WIDTH = 19
ANSWERS = (
    ("A", "adopt", "take orders and position over and quote on"),
    ("C", "cancel", "cancel the orders, prove them gone, take the position over"),
    ("E", "abort", "end the engine and leave everything as it is"),
)
"""Key, answer, what it does."""
NOT_ASKED = "nothing is asked: quoting begins when every line is ready"
EQUAL = "venue and journal are equal: nothing is asked"
HELD = "At the venue, and not explained by the journal:"
ASKED = "Nothing is quoted, cancelled or armed until you answer:"
READ_ONLY = "read-only: another console must answer"


class PreflightPanel(ModalPanel):
    """The checklist, then the differences, then the answers."""

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """What there is to know; differences that do not fit are counted."""
        preflight = view.snapshot.preflight if view.snapshot is not None else None
        if preflight is None:
            return waiting(height, width, "no engine yet")
        checks = [_check_line(check, width) for check in preflight.checks]
        foot = _foot(view, preflight, width)
        room = height - len(checks) - len(foot)
        return [*checks, *_differences(preflight.differences, width, room), *foot][:height]


def _check_line(check: CheckView, width: int) -> Line:
    mark, role = MARKS[check.state]
    words = "text" if check.state is CheckState.GOOD else role
    return (
        (f"{mark} ", role),
        (left(tr(check.name), NAME_WIDTH), "muted"),
        (clip(tr(check.text), width - NAME_WIDTH - 2), words),
    )


def _differences(differences: tuple[DifferenceView, ...], width: int, room: int) -> list[Line]:
    if not differences or room < 2:
        return []
    shown = differences if len(differences) < room else differences[: room - 2]
    lines: list[Line] = [((clip(tr(HELD), width), "muted"),)]
    for each in shown:
        name = tr("position ") if each.what == "position" else ""
        words = f"{each.inst_id} {name}{tr(each.venue)}, {tr('journal')}: {tr(each.journal)}"
        lines.append((("≠ ", "armed"), (clip(words, width - 2), "strong")))
    if len(shown) < len(differences):
        lines.append(((tr(f"  and {len(differences) - len(shown)} more"), "muted"),))
    return lines


def _foot(view: View, preflight: PreflightView, width: int) -> list[Line]:
    if preflight.is_asking:
        text, role = view.message or (READ_ONLY if view.is_read_only else ASKED, "armed")
        lines: list[Line] = [EMPTY, ((clip(tr(text), width), role),)]
        for key, name, words in ANSWERS:
            lines.append(
                ((f" {key} ", "key"), (left(tr(name), 8), "strong"), (clip(tr(words), width - 11), "text"))
            )
        return lines
    if not preflight.outcome:
        return [EMPTY, ((clip(tr(NOT_ASKED), width), "muted"),)]
    words = f"settled: {preflight.outcome}" if preflight.differences else EQUAL
    return [EMPTY, ((clip(tr(words), width), "gain"),)]


class PreflightScreen(Modal[None]):
    """Opens by itself while the engine asks, and by its key at any time."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", show=False),
        *(Binding(key, f"app.answer_preflight('{name}')", name, show=False) for key, name, _ in ANSWERS),
    ]

    def body(self) -> ComposeResult:
        """One panel."""
        with Vertical(id="preflight") as box:
            box.border_title = tr("PREFLIGHT")
            box.border_subtitle = tr("esc closes this · ctrl+k kills")
            yield PreflightPanel(id="preflight-lines")
