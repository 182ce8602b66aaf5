"""The engine's event log, newest first."""

from __future__ import annotations

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.spans import Line, clip, left, waiting
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.scrolled import ScrolledPanel
from okxmm_tui.core.types import Severity

SEVERITY_ROLES = {Severity.INFO: "text", Severity.WARNING: "alarm-2", Severity.CRITICAL: "alarm-1"}
SEVERITY_GLYPHS = {Severity.INFO: " ", Severity.WARNING: "!", Severity.CRITICAL: "‼"}
KIND_WIDTH = 9


class EventLog(ScrolledPanel):
    """What the engine did and saw."""

    TITLE = "EVENTS"
    HELP = "Newest first; ! is a warning, ‼ critical. Up and down scroll."
    IS_SLOW = True

    def count(self, view: View) -> int:
        """Number of lines at hand."""
        return len(view.snapshot.log) if view.snapshot else 0

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """Log lines."""
        if view.snapshot is None:
            return waiting(height, width, "no engine yet")
        log = view.snapshot.log
        if not log:
            return waiting(height, width, "nothing happened yet")
        newest_first = sorted(log, key=lambda line: -line.seq)
        has_kind = width >= 60
        lines: list[Line] = []
        for entry in newest_first[: self.offset_rows + height]:
            role = SEVERITY_ROLES[entry.severity]
            kind = f"{left(entry.kind, KIND_WIDTH)} " if has_kind else ""
            room = width - 11 - len(kind)
            lines.append(
                (
                    (f"{fmt.clock_text(entry.at_ns)} ", "muted"),
                    (f"{SEVERITY_GLYPHS[entry.severity]} ", role),
                    (kind, "muted"),
                    (clip(entry.text, room), role),
                )
            )
        return self.window(view, lines, height)
