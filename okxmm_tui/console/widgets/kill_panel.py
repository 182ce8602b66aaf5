"""Progress and proof of a kill or a safe quit: what was found, what was sent, what the venue says now."""

from __future__ import annotations

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.spans import EMPTY, Line, clip
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.core.snapshot import KillView

PROOF_NEEDS = 2


class KillPanel(LinePanel):
    """Shown from the first moment of a kill until the engine forgets it."""

    CAN_DIM = False
    ALLOW_MAXIMIZE = False

    @property
    def _edge_role(self) -> str:
        kill = None if self.view is None else _kill(self.view)
        return "gain" if kill is not None and kill.is_proven else "alarm-1"

    def _title(self) -> Line:
        is_quitting = self.view is not None and self.view.is_quitting
        return ((" SAFE QUIT " if is_quitting else " KILL ", "mode-live"),)

    def badge(self, view: View) -> Line:
        """Time since it began."""
        kill = _kill(view)
        if kill is None:
            return EMPTY
        return ((fmt.age_text((kill.finished_ns or view.now_ns) - kill.started_ns), self._edge_role),)

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """Counts, residual, verdict."""
        kill = _kill(view)
        if kill is None:
            return [((clip(view.kill_note, width), "alarm-1"),)] if view.kill_note else []
        counts = (
            ("orders found ", "muted"), (f"{kill.orders_at_start}", "strong"),
            ("   cancels sent ", "muted"), (f"{kill.cancels_sent}", "strong"),
            ("   empty replies ", "muted"), (f"{kill.empty_replies} of {PROOF_NEEDS}", "strong"),
        )  # fmt: skip
        lines: list[Line] = [_verdict(kill, view.now_ns, width), counts, _residual(kill, width)]
        started = f"{fmt.clock_ms_text(kill.started_ns)} UTC, {kill.reason}"
        note = f"   {view.kill_note}" if view.kill_note else ""
        lines.append((("started ", "muted"), (clip(started, width - 8), "text"), (note, "alarm-1")))
        return lines[:height]


def _kill(view: View) -> KillView | None:
    return None if view.snapshot is None else view.snapshot.kill


def _verdict(kill: KillView, now_ns: int, width: int) -> Line:
    if kill.is_proven:
        seconds = ((kill.finished_ns or now_ns) - kill.started_ns) / fmt.SECOND_NS
        text = f" PROVEN in {seconds:.1f} s "
        return ((text, "chip-good"), ("  no order of ours is in the market", "text"))
    if kill.problem or kill.finished_ns is not None:
        text = " NOT PROVEN "
        return (
            (text, "chip-bad"),
            ("  " + clip(kill.problem or "the deadline passed", width - 14), "alarm-1"),
        )
    return ((" NOT PROVEN YET ", "chip-warn"), ("  waiting for the venue's list of orders", "text"))


def _residual(kill: KillView, width: int) -> Line:
    if not kill.residual:
        return (("still at the venue ", "muted"), ("none" if kill.empty_replies else "not known yet", "text"))
    text = f"{len(kill.residual)}: " + ", ".join(kill.residual)
    return (("still at the venue ", "muted"), (clip(text, width - 19), "alarm-1"))
