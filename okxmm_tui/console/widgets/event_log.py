"""The engine's event log, newest first."""

from __future__ import annotations

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.language import both, tr
from okxmm_tui.console.spans import EMPTY, Line, clip, left, waiting
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.scrolled import ScrolledPanel
from okxmm_tui.core.snapshot import LogLine
from okxmm_tui.core.types import Severity

SEVERITY_ROLES = {Severity.INFO: "text", Severity.WARNING: "alarm-2", Severity.CRITICAL: "alarm-1"}
SEVERITY_GLYPHS = {Severity.INFO: " ", Severity.WARNING: "!", Severity.CRITICAL: "‼"}
KIND_WIDTH, WHOLE_FROM = 9, 90
COLONS, COMMAS = (": ", "\uff1a"), (", ", "\uff0c")
"""Also those of a language whose marks are as wide as its letters."""
PAGE = "events"
"""Name of its filter."""


class EventLog(ScrolledPanel):
    """What the engine did and saw."""

    TITLE = "EVENTS"
    HELP = "Newest first; ! is a warning, ‼ critical. Up and down scroll, / filters."
    IS_SLOW = True

    def badge(self, view: View) -> Line:
        """The filter, while there is one."""
        wanted = view.desk.filters.get(PAGE, "")
        return ((f"/{clip(wanted, 20)}", "armed"),) if wanted else EMPTY

    def count(self, view: View) -> int:
        """Number of lines at hand."""
        return len(shown_lines(view))

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """Log lines."""
        if view.snapshot is None:
            return waiting(height, width, "no engine yet")
        newest_first = shown_lines(view)
        if not newest_first:
            is_filtered = bool(view.desk.filters.get(PAGE)) and view.snapshot.log
            words = "no line passes the filter" if is_filtered else "nothing happened yet"
            return waiting(height, width, words)
        has_kind = width >= 60
        only = view.snapshot.markets[0].instrument.inst_id if len(view.snapshot.markets) == 1 else ""
        name = only if width < WHOLE_FROM else ""
        lines: list[Line] = []
        for entry in self.window(newest_first, height):
            role = SEVERITY_ROLES[entry.severity]
            kind = f"{left(tr(entry.kind), KIND_WIDTH)} " if has_kind else ""
            room = width - 11 - (KIND_WIDTH + 1 if has_kind else 0)
            lines.append(
                (
                    (f"{fmt.clock_text(entry.at_ns)} ", "muted"),
                    (f"{SEVERITY_GLYPHS[entry.severity]} ", role),
                    (kind, "muted"),
                    (clip(_unnamed(tr(entry.text), name), room), role),
                )
            )
        return lines


def _unnamed(text: str, name: str) -> str:
    """A line without the name of the only market there is: where room is scarce it says nothing."""
    if not name:
        return text
    for mark in COLONS:
        text = text.removeprefix(name + mark)
    for mark in COMMAS:
        text = text.removesuffix(mark + name)
    return text


def shown_lines(view: View) -> list[LogLine]:
    """Lines that pass the filter, newest first."""
    if view.snapshot is None:
        return []
    lines = reversed(view.snapshot.log)
    if not view.desk.filters.get(PAGE):
        return list(lines)
    passes = view.desk.passes
    return [line for line in lines if passes(PAGE, f"{both(line.kind)} {line.severity} {both(line.text)}")]
