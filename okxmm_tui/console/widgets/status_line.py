"""The bottom line: an answer for the operator while it is fresh, else the keys."""

from __future__ import annotations

from collections.abc import Sequence

from okxmm_tui.console.language import tr
from okxmm_tui.console.spans import Line, Span, clip, line_width, spread, width_of
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.line_table import LinePanel

LOOKING = frozenset({"kill", "help", "pages", "why", "quit", "focus", "palette", "maximise", "detach"})
"""Words of the hints an onlooker can use."""

THROUGH_DIALOGS = frozenset({"kill", "quit"})
"""Words of the hints whose keys work whatever lies over the page."""


class StatusLine(LinePanel):
    """Messages and key hints."""

    IS_FRAMED = False
    CAN_DIM = False
    ALLOW_MAXIMIZE = False

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """The message, or as many hints as fit."""
        if view.message is not None:
            text, role = view.message
            return [spread(((" ", "text"), (clip(text, width - 2), role)), (), width)]
        is_replay = view.snapshot is not None and view.snapshot.replay is not None
        tail: Line = ((tr("REPLAY "), "armed"),) if is_replay else ()
        tail = ((tr("read-only "), "armed"),) if view.is_read_only else tail
        page = getattr(self.screen, "NAME", "")
        if page and page != "dashboard":
            tail = (*tail, (f" {tr(page)} ", "strong"), ("1", "key"), (tr(" dashboard "), "muted"))
        keys = view.keymap.hints
        if view.is_read_only:
            keys = [hint for hint in keys if hint[1] in LOOKING]
        if self.app.screen is not self.screen:
            # A dialog over the page takes the other keys and names its own.
            keys = [hint for hint in keys if hint[1] in THROUGH_DIALOGS]
        return [spread(hints(width - line_width(tail), keys), tail, width)]


def hints(width: int, keys: Sequence[tuple[str, str]]) -> Line:
    """As many key hints as fit."""
    spans: list[Span] = [(" ", "text")]
    room = width - 1
    for key, label in keys:
        word = tr(label)
        cells = width_of(key) + width_of(word) + 3
        if cells > room:
            break
        spans.extend(((key, "key"), (f" {word}  ", "muted")))
        room -= cells
    return tuple(spans)
