"""The engine's event log, newest first."""

from __future__ import annotations

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.language import both, tr
from okxmm_tui.console.spans import EMPTY, Line, clip, left, waiting, width_of, wrap
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.scrolled import ScrolledPanel
from okxmm_tui.core.snapshot import LogLine
from okxmm_tui.core.types import Severity

SEVERITY_ROLES = {Severity.INFO: "text", Severity.WARNING: "alarm-2", Severity.CRITICAL: "alarm-1"}
SEVERITY_GLYPHS = {Severity.INFO: " ", Severity.WARNING: "!", Severity.CRITICAL: "‼"}
KIND_WIDTH, KIND_FROM, WHOLE_FROM = 9, 60, 90
MOST_ROWS = 6
"""Of one line, where lines are read whole."""
COLONS, COMMAS = (": ", "\uff1a"), (", ", "\uff0c")
"""Also those of a language whose marks are as wide as its letters."""
PAGE = "events"
"""Name of its filter."""


class EventLog(ScrolledPanel):
    """What the engine did and saw."""

    TITLE = "EVENTS"
    HELP = "Newest first; ! is a warning, ‼ critical. Up and down scroll."
    IS_SLOW = True

    def badge(self, view: View) -> Line:
        """The filter, while there is one."""
        wanted = view.desk.filters.get(PAGE, "")
        return ((f"/{clip(wanted, 20)}", "armed"),) if wanted else EMPTY

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """Log lines."""
        if view.snapshot is None:
            return waiting(height, width, "no engine yet")
        newest_first = shown_lines(view)
        if not newest_first:
            is_filtered = bool(view.desk.filters.get(PAGE)) and view.snapshot.log
            words = "no line passes the filter" if is_filtered else "nothing happened yet"
            return waiting(height, width, words)
        only = view.snapshot.markets[0].instrument.inst_id if len(view.snapshot.markets) == 1 else ""
        name = only if width < WHOLE_FROM else ""
        if not self.has_class("tall"):
            return [_row(entry, name, width, 1)[0] for entry in self.window(newest_first, height)]
        # Here a line is read to its end: what an alarm says to do stands there.
        rows = [row for entry in newest_first for row in _row(entry, name, width, MOST_ROWS)]
        return list(self.window(rows, height))


def _row(entry: LogLine, name: str, width: int, most: int) -> list[Line]:
    """One line of the log, in at most so many rows."""
    role = SEVERITY_ROLES[entry.severity]
    kind = f"{left(tr(entry.kind), KIND_WIDTH)} " if width >= KIND_FROM else ""
    indent = 11 + width_of(kind)
    first, *more = wrap(_unnamed(tr(entry.text), name), width - indent, most) or [""]
    head: Line = (
        (f"{fmt.clock_text(entry.at_ns)} ", "muted"),
        (f"{SEVERITY_GLYPHS[entry.severity]} ", role),
        (kind, "muted"),
        (first, role),
    )
    return [head, *(((" " * indent, "text"), (text, role)) for text in more)]


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
