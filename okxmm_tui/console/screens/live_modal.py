"""Modals whose content goes on moving: the story of an order, and the closing of a position."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.language import tr
from okxmm_tui.console.screens.modal import Modal
from okxmm_tui.console.screens.safe_input import SafeInput
from okxmm_tui.console.spans import EMPTY, Line, Span, clip, fit, left, waiting
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.console.widgets.why import why_lines
from okxmm_tui.core.market_views import FlattenView, MarketView
from okxmm_tui.core.snapshot import Snapshot
from okxmm_tui.core.types import Mode

BAR = 30
HEAD_WIDTH = 11


class ModalPanel(LinePanel):
    """Lines inside a modal that has its own frame."""

    IS_FRAMED = False
    ALLOW_MAXIMIZE = False


class WhyPanel(ModalPanel):
    """The story of one order."""

    def __init__(self, cl_ord_id: str) -> None:
        super().__init__(id="why-lines")
        self._cl_ord_id = cl_ord_id

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """What is known; the newest events where not all fit."""
        return why_lines(view, self._cl_ord_id, width, height)


class WhyScreen(Modal[None]):
    """Why an order stands where it stands."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", show=False),
        Binding("w", "dismiss", "Close", show=False),
        Binding("q", "dismiss", "Close", show=False),
    ]

    def __init__(self, cl_ord_id: str) -> None:
        super().__init__()
        self._cl_ord_id = cl_ord_id

    def body(self) -> ComposeResult:
        """One panel."""
        with Vertical(id="why") as box:
            box.border_title = tr("WHY")
            box.border_subtitle = tr("esc closes")
            yield WhyPanel(self._cl_ord_id)


class FlattenPanel(ModalPanel):
    """What closing would do, and how far it has come."""

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """The preview, or the progress of a run."""
        market = view.market
        if market is None or view.snapshot is None:
            return waiting(height, width, "no engine yet")
        name: Line = (_head("market"), (market.instrument.inst_id, "strong"))
        flatten = market.flatten
        if flatten is None:
            return [fit(name, width), ((tr(market.hedge_text or "there is no position to close"), "gain"),)]
        lines = [name, *flatten_lines(market, flatten, width)]
        # The answer to a key is read here: the line below the page is dimmed behind this.
        if view.message is not None and len(lines) < height:
            text, role = view.message
            lines += [EMPTY] * (height - len(lines) - 1) + [((clip(text, width), role),)]
        return lines[:height]


def flatten_lines(market: MarketView, flatten: FlattenView, width: int) -> list[Line]:
    """Size, what the book covers, what it costs, in how many orders; then progress."""
    instrument = market.instrument
    held = abs(flatten.left_lots)
    verb = tr("sell" if flatten.left_lots > 0 else "buy")
    size = f"{verb} {fmt.size_text(instrument, held)} {instrument.size_unit}"
    covered = flatten.covered_lots / held if held else 1.0
    cost = fmt.NONE if flatten.slippage_bps is None else f"{flatten.slippage_bps:.1f} bps"
    orders = tr("1 order, reduce-only")
    if flatten.slices != 1:
        orders = tr(f"{flatten.slices} orders, reduce-only, one after the other")
    lines: list[Line] = [
        (_head("closes"), (size, "strong"), (tr("  as a taker"), "muted")),
        (_head("book"), (tr(f"covers {covered:.0%}"), "text" if covered >= 1 else "alarm-2"),
         (", " + tr(f"average {fmt.fine_price_text(instrument, flatten.average_ticks)}"), "text")),
        (_head("slippage"), (tr(f"about {cost} from the mid"), "text")),
        (_head("slices"), (clip(orders, width - HEAD_WIDTH), "text")),
    ]  # fmt: skip
    if flatten.is_running:
        done = 1 - held / abs(flatten.start_lots) if flatten.start_lots else 1.0
        lines.append((_head("progress"), (fmt.bar(done, BAR), "gain"), (f" {done:>4.0%}", "strong")))
    return lines


def _head(name: str) -> Span:
    return f"{left(tr(name), HEAD_WIDTH - 1)} ", "muted"


class FlattenScreen(Modal[None]):
    """Preview first, then the confirmation: enter, or the typed echo where it is real money."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", show=False),
        Binding("ctrl+x", "app.stop_flatten", "Call off", show=False),
        Binding("enter", "app.confirm_flatten", "Flatten", show=False),
        Binding("a", "app.arm", "Arm", show=False),
    ]

    def __init__(self, snapshot: Snapshot, inst_id: str) -> None:
        super().__init__()
        self._needs_echo = snapshot.mode is Mode.LIVE
        self._echo = flatten_echo(inst_id)

    def body(self) -> ComposeResult:
        """The figures, then what to do."""
        with Vertical(id="flatten") as box:
            box.border_title = tr("FLATTEN")
            box.border_subtitle = tr("esc closes this · ctrl+x calls a run off · ctrl+k kills")
            yield FlattenPanel(id="flatten-lines")
            if self._needs_echo:
                yield Static(tr(f"Real money: type “{self._echo}” and press enter."), markup=False)
                yield SafeInput()
                yield Static("", id="prompt-problem", markup=False)
            else:
                yield Static(tr("Enter pulls every quote, halts, and closes; a arms first."), markup=False)

    @on(SafeInput.Submitted)
    def check(self, event: SafeInput.Submitted) -> None:
        """Flatten only with the exact echo."""
        if event.value.strip() == self._echo:
            self.app.call_later(self.app.run_action, "flatten_by_echo")
        else:
            self.query_one("#prompt-problem", Static).update(tr("not the echo: nothing was sent"))


def flatten_echo(inst_id: str) -> str:
    """What has to be typed where it is real money."""
    return f"flatten {inst_id}"
