"""The application's keys, and the entry point of the console.

Actions never wait: an action that did would hold up every key behind it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from rich.traceback import Traceback
from textual import on
from textual.binding import BindingsMap, BindingType
from textual.command import CommandPalette
from textual.widget import Widget

from okxmm_tui.console import themes
from okxmm_tui.console.bindings import KILL_KEYS, TABLE, bindings
from okxmm_tui.console.comfort import Comfort
from okxmm_tui.console.hand_acts import HandActs
from okxmm_tui.console.language import tr
from okxmm_tui.console.palette import ConsoleProvider, Palette, ThemePreview, ThemeProvider
from okxmm_tui.console.port import (
    EXIT_CLEAN,
    EXIT_NOT_PROVEN,
    Clock,
    ConsoleExit,
    ConsoleFiles,
    ConsoleLink,
    Escalate,
)
from okxmm_tui.console.screens.help import SAFETY_TEXT, HelpScreen
from okxmm_tui.console.screens.jump import JumpScreen, targets
from okxmm_tui.console.screens.page import Page
from okxmm_tui.console.screens.param_prompt import ParamPrompt
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.core.market_views import ParamView

KILL_WORDS = " or ".join(KILL_KEYS)


class ConsoleApp(HandActs):
    """The console."""

    HELP_PREFACE: ClassVar[str] = SAFETY_TEXT
    COMMANDS = {ConsoleProvider}  # noqa: RUF012 - as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]

    def __init__(self, link: ConsoleLink, **options: Any) -> None:
        super().__init__(link, **options)
        self._preview = ThemePreview(self)
        for spec in TABLE:
            for key in spec.keys.split(","):
                self._bindings.key_to_bindings.pop(key, None)
        in_force = BindingsMap(self.comfort.keymap.bindings())
        self._bindings.key_to_bindings.update(in_force.key_to_bindings)

    # -- safety -------------------------------------------------------------------------------------

    def action_kill(self) -> None:
        """Kill, unless the input thread did so for this press; then clear the view on the proof."""
        self.kill_watch.press("kill key")
        self._preview.take_back()
        while len(self.screen_stack) > 1:
            self.pop_screen()
        self.draw()

    def action_safe_quit(self) -> None:
        """Quit the safe way."""
        self.leaving.safe_quit()
        self.draw()

    def action_quit(self) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Whatever in the framework quits, quits the safe way."""
        self.action_safe_quit()

    def _fatal_error(self) -> None:
        """Say where the console failed; Textual would print every local of every frame, a thousand lines."""
        self.panic(Traceback())

    def action_detach(self) -> None:
        """Close the console, leave the engine; what was drafted here is not shown to the next console."""
        self.hand.drop_draft()
        self.leaving.detach()

    def action_help_quit(self) -> None:
        """Say how to leave."""
        keys = self.comfort.keymap
        leave, detach = keys.text("safe_quit"), keys.text("detach")
        self.say(f"{leave} quits safely, {detach} detaches, {KILL_KEYS[0]} kills")

    def action_suspend_process(self) -> None:
        """Never: a stopped console would look like one that is watching."""
        self.say(f"suspending is off; {self.comfort.keymap.text('detach')} detaches")

    def action_remind_kill(self) -> None:
        """A missed ctrl in a hurry must not do something else."""
        self.say(f"kill is {KILL_WORDS}", "alarm-2")

    def action_acknowledge(self) -> None:
        """Mark alarms as seen."""
        self.operator.acknowledge()
        self.draw()

    # -- quoting ------------------------------------------------------------------------------------

    def action_pause(self) -> None:
        """Pause or resume; real money asks for its phrase."""
        if not self.ask_phrase():
            self.operator.pause_or_resume()
        self.draw()

    def action_arm(self) -> None:
        """Arm or disarm."""
        self.operator.arm_or_disarm()
        self.draw()

    def action_resume(self) -> None:
        """Resume; real money asks for its phrase."""
        if not self.ask_phrase():
            self.operator.resume()
        self.draw()

    # -- parameters -----------------------------------------------------------------------------------

    def action_nudge(self, lever: str, steps: int) -> None:
        """Step a parameter."""
        self.operator.nudge(lever, steps)
        self.draw()

    def action_undo(self) -> None:
        """Take the last change back."""
        self.operator.undo()
        self.draw()

    def action_edit_param(self, name: str = "") -> None:
        """Type a value."""
        if not isinstance(self.screen, Page):
            return
        if params := self._params():
            self.push_screen(ParamPrompt(params, self.operator.set_typed, name))
        else:
            self.say("no parameters to set yet")

    # -- screen ---------------------------------------------------------------------------------------

    def action_maximise(self) -> None:
        """Give the focused panel the screen, or take it back."""
        screen = self.page
        if screen.maximized is not None:
            screen.minimize()
        elif screen.focused is None or not screen.maximize(screen.focused, container=False):
            self.say("tab to a panel first")

    def action_next_market(self) -> None:
        """Focus the next instrument."""
        count = len(self.state.snapshot.markets) if self.state.snapshot else 0
        if count < 2:
            self.say("there is only one instrument")
            return
        self.hand.drop_draft()
        self.state.focus_on((self.state.focus + 1) % count)
        self.draw()

    def action_next_theme(self) -> None:
        """Change the colours."""
        names = themes.theme_names()
        here = names.index(self.theme) if self.theme in names else -1
        self.keep_theme(names[(here + 1) % len(names)])

    def action_command_palette(self) -> None:
        """Open the palette."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(Palette(placeholder=tr("Search for commands…"), id="--command-palette"))

    def action_choose_theme(self) -> None:
        """List the themes; moving through the list shows them."""
        self.push_screen(Palette(providers=[ThemeProvider], placeholder=tr("Theme…")))

    def keep_theme(self, name: str) -> None:
        """Change the colours for good, or until this console closes."""
        self._preview.keep()
        self.theme = name
        self.say(f"theme {name}")

    @on(CommandPalette.OptionHighlighted)
    def _show_theme(self, message: CommandPalette.OptionHighlighted) -> None:
        self._preview.on_highlighted(message)

    @on(CommandPalette.Closed)
    def _end_preview(self, message: CommandPalette.Closed) -> None:
        if not message.option_selected:
            self._preview.take_back()

    def action_jump(self) -> None:
        """Letters on all panels; the next key focuses one."""
        if isinstance(self.screen, Page):
            self.push_screen(JumpScreen(targets(list(self.screen.focus_chain))), self._on_jump)

    def _on_jump(self, panel: Widget | None) -> None:
        if panel is not None:
            panel.focus()

    def action_help(self) -> None:
        """Show what the panels mean, and all keys."""
        if isinstance(page := self.screen, Page):
            panels = [panel for panel in page.query(LinePanel) if panel.is_shown]
            self.push_screen(HelpScreen(self._params(), self.comfort.keymap, self.HELP_PREFACE, panels))

    def action_picture(self) -> None:
        """Save the screen as SVG, for its owner's eyes only."""
        folder = self.comfort.pictures or Path.cwd()
        at = datetime.fromtimestamp(self.state.clock() / 1e9, UTC)
        try:
            path = Path(self.save_screenshot(f"okxmm-{at:%Y%m%dT%H%M%S.%f}Z.svg", str(folder)))
            path.chmod(0o600)
            self.say(f"picture saved: {path}")
        except OSError as error:
            self.say(f"picture not saved: {error.strerror or error}", "alarm-2")

    def _params(self) -> tuple[ParamView, ...]:
        return self.state.market.params if self.state.market else ()


def run_console(
    link: ConsoleLink,
    *,
    theme: str,
    is_read_only: bool = False,
    is_guest: bool = False,
    escalate: Escalate | None = None,
    files: ConsoleFiles | None = None,
    clock: Clock = time.time_ns,
    comfort: Comfort | None = None,
) -> ConsoleExit:
    """Run the console until it is left.

    Args:
        link: The engine.
        theme: Name of a theme.
        is_read_only: Whether to refuse everything but the kill key.
        is_guest: Whether the engine was started by somebody else and goes on when this process must end.
        escalate: Starts a kill that needs neither console nor engine.
        files: Where exports and presets go; without it there are none.
        clock: UTC nanoseconds.
        comfort: Keys, bell and the like.

    Raises:
        UsageError: The theme was unknown or malformed.
    """
    app = ConsoleApp(
        link,
        theme=theme,
        is_read_only=is_read_only,
        is_guest=is_guest,
        escalate=escalate,
        files=files,
        clock=clock,
        tune=True,
        comfort=comfort,
    )
    return app.run() or how_it_ended(app)


def how_it_ended(app: ConsoleApp) -> ConsoleExit:
    """How a console ended that Textual left without a result: engine lost, own crash, or terminal gone."""
    if app.state.is_engine_gone:
        return app.state.exit_without_farewell()
    if app.return_code:
        text = "The console failed; the engine goes on without it. `okxmm-tui attach` opens another."
        return ConsoleExit(EXIT_NOT_PROVEN, tr(text))
    return ConsoleExit(EXIT_CLEAN, tr("Console closed."))
