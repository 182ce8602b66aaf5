"""The typed phrase before real money: until it is exact, the engine stays paused."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from okxmm_tui.console.language import tr
from okxmm_tui.console.operator import LIVE_PHRASE
from okxmm_tui.console.screens.modal import Modal
from okxmm_tui.console.screens.safe_input import SafeInput
from okxmm_tui.console.spans import left
from okxmm_tui.core.snapshot import Snapshot


class LivePhrase(Modal[bool]):
    """True when the phrase was typed, False when left paused."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Stay paused", show=False)]

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self._snapshot = snapshot

    def body(self) -> ComposeResult:
        """What is at stake, then the field."""
        names = ", ".join(market.instrument.inst_id for market in self._snapshot.markets)
        with Vertical(id="phrase") as box:
            box.border_title = tr("REAL MONEY")
            box.border_subtitle = tr("esc stays paused · ctrl+k kills")
            yield Static(tr(" LIVE "), id="phrase-mode")
            account = self._snapshot.account or tr("unnamed")
            for name, text in (
                ("account", account),
                ("instrument", names),
                ("strategy", self._snapshot.strategy),
            ):
                yield Static(f"{left(tr(name), 10)} {text}", markup=False)
            if self._snapshot.trading_state == "HALTED":
                reason = tr(self._snapshot.state_reason)
                yield Static(f"{left(tr('HALTED'), 10)} {reason}", markup=False)
            yield Static("\n" + tr(f"Type “{LIVE_PHRASE}” and press enter to start quoting."), markup=False)
            yield SafeInput()
            yield Static("", id="phrase-problem", markup=False)

    @on(SafeInput.Submitted)
    def check(self, event: SafeInput.Submitted) -> None:
        """Leave only with the exact phrase."""
        if event.value == LIVE_PHRASE:
            self.dismiss(True)  # noqa: FBT003 - the screen's result
            return
        self.query_one("#phrase-problem", Static).update(tr("not the phrase: still paused"))

    def action_leave(self) -> None:
        """Stay paused."""
        self.dismiss(False)  # noqa: FBT003 - the screen's result
