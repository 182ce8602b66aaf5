"""Progress and proof of a kill or a safe quit: what was found, what was sent, what the venue says now."""

from __future__ import annotations

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.language import tr
from okxmm_tui.console.spans import EMPTY, Line, clip, width_of
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
        if kill is None:
            return "alarm-1" if self.view is None else note_role(self.view)
        return "gain" if kill.is_proven else "alarm-1"

    def _title(self) -> Line:
        is_quitting = self.view is not None and self.view.is_quitting
        return ((tr(" SAFE QUIT " if is_quitting else " KILL "), "mode-live"),)

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
            return [((clip(tr(view.kill_note), width), note_role(view)),)] if view.kill_note else []
        counts = (
            (tr("orders found "), "muted"), (f"{kill.orders_at_start}", "strong"),
            (tr("   cancels sent "), "muted"), (f"{kill.cancels_sent}", "strong"),
            (tr("   empty replies "), "muted"), (tr(f"{kill.empty_replies} of {PROOF_NEEDS}"), "strong"),
        )  # fmt: skip
        lines: list[Line] = [verdict(kill, view.now_ns, width), counts, _residual(kill, width)]
        started = f"{fmt.clock_ms_text(kill.started_ns)} UTC, {tr(kill.reason)}"
        note = f"   {tr(view.kill_note)}" if view.kill_note else ""
        word = tr("started ", "since")
        lines.append(
            ((word, "muted"), (clip(started, width - width_of(word)), "text"), (note, note_role(view)))
        )
        return lines[:height]


def note_role(view: View) -> str:
    """Colour role of what became of a kill no snapshot confirms."""
    return "gain" if view.is_kill_proven else "alarm-1"


def _kill(view: View) -> KillView | None:
    return None if view.snapshot is None else view.snapshot.kill


def verdict(kill: KillView, now_ns: int, width: int) -> Line:
    """Whether it is proven that no order of ours is left, or why not."""
    if kill.is_proven:
        seconds = ((kill.finished_ns or now_ns) - kill.started_ns) / fmt.SECOND_NS
        text = tr(f" PROVEN in {seconds:.1f} s ")
        return ((text, "chip-good"), (tr("  no order of ours is in the market"), "text"))
    if kill.problem or kill.finished_ns is not None:
        text = tr(" NOT PROVEN ")
        why = clip(tr(kill.problem or "the deadline passed"), width - width_of(text) - 2)
        return ((text, "chip-bad"), (f"  {why}", "alarm-1"))
    return ((tr(" NOT PROVEN YET "), "chip-warn"), (tr("  waiting for the venue's list of orders"), "text"))


def _residual(kill: KillView, width: int) -> Line:
    word = tr("still at the venue ")
    if not kill.residual:
        return ((word, "muted"), (tr("none" if kill.empty_replies else "not known yet"), "text"))
    text = f"{len(kill.residual)}: " + ", ".join(kill.residual)
    return ((word, "muted"), (clip(text, width - width_of(word)), "alarm-1"))
