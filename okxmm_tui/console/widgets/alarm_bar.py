"""Latched alarms and the loss of the engine, above everything else until seen."""

from __future__ import annotations

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.language import tr
from okxmm_tui.console.spans import Line, clip, line_width, paint, right, spread, width_of
from okxmm_tui.console.view import LinkState, View
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.core.snapshot import AlarmView
from okxmm_tui.core.types import Severity

SEVERITY_WORDS = {
    Severity.CRITICAL: ("CRITICAL", "alarm-1"),
    Severity.WARNING: ("WARNING", "alarm-2"),
    Severity.INFO: ("NOTICE", "alarm-3"),
}
MOST_ALARMS = 3


class AlarmBar(LinePanel):
    """Rows that need the operator."""

    IS_FRAMED = False
    CAN_DIM = False
    ALLOW_MAXIMIZE = False

    def wanted_rows(self, view: View) -> int:
        """Rows the alarms need."""
        return len(link_troubles(view)) + min(MOST_ALARMS, len(standing(view)))

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """Engine gone first, then alarms, worst and newest first."""
        lines = [_loud(text, width, view.keymap.text("safe_quit")) for text in link_troubles(view)]
        alarms = standing(view)
        for index, alarm in enumerate(alarms[:MOST_ALARMS]):
            more = len(alarms) - MOST_ALARMS if index == MOST_ALARMS - 1 else 0
            lines.append(_alarm(alarm, view, width, more))
        return lines[:height]


def standing(view: View) -> list[AlarmView]:
    """Alarms that need the operator, unseen ones first, then the worst, then the newest."""
    if view.snapshot is None:
        return []
    order = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}
    alarms = [alarm for alarm in view.snapshot.alarms if not (alarm.is_acknowledged and alarm.is_cleared)]
    return sorted(alarms, key=lambda alarm: (alarm.is_acknowledged, order[alarm.severity], -alarm.since_ns))


def link_troubles(view: View) -> list[str]:
    """That the engine is silent or lost."""
    if view.link is LinkState.QUIET:
        return [tr(f"ENGINE SILENT for {fmt.calm_age_text(view.age_ns)} — everything below is that old")]
    if view.link is not LinkState.GONE:
        return []
    return [engine_gone_text(view)]


def engine_gone_text(view: View) -> str:
    """What happens to our orders now that nobody renews the dead-man's switch."""
    switch = None if view.snapshot is None else view.snapshot.dead_man
    if switch is None or not switch.is_armed or switch.expires_ns is None:
        return tr("ENGINE GONE — the dead-man's switch was not armed: check open orders at the venue")
    at = fmt.clock_text(switch.expires_ns)
    if switch.expires_ns > view.now_ns:
        return tr(f"ENGINE GONE — dead-man's switch removes orders by {at}")
    return tr(f"ENGINE GONE — dead-man's switch removed orders by {at}")


def _loud(text: str, width: int, quit_key: str) -> Line:
    way_out = tr(f"{quit_key} leaves ")
    room = width - width_of(way_out) - 6
    return spread(
        ((f" {clip(text, room)}", "mode-live"),), ((way_out, "mode-live"),), width, " ", "mode-live"
    )


def _alarm(alarm: AlarmView, view: View, width: int, more: int) -> Line:
    word, role = SEVERITY_WORDS[alarm.severity]
    word = tr(word)
    times = f" ({tr(f'{alarm.count} times')})" if alarm.count > 1 else ""
    seen, key = tr("seen"), view.keymap.text("acknowledge")
    unseen = f"{key}: {seen}" if key and not view.is_read_only else tr("not seen")
    state = tr("cleared") if alarm.is_cleared else (seen if alarm.is_acknowledged else unseen)
    rest = f"  {tr(f'+{more} more')}" if more > 0 else ""
    age = right(fmt.calm_age_text(view.now_ns - alarm.since_ns), 5)
    tail: Line = ((f"  {age}", "muted"), (f"  {state}{rest} ", role))
    glyph = " " if alarm.is_acknowledged else "‼"
    room = width - line_width(tail) - width_of(word) - 6
    text = clip(tr(alarm.text) + times, room)
    line = spread(((f" {glyph} {word} ", role), (f" {text}", "strong")), tail, width)
    return line if alarm.is_acknowledged else paint(line, "cursor")
