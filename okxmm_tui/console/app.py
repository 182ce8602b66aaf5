"""The application's keys, and the entry point of the console.

Actions never wait: an action that did would hold up every key behind it.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType

from okxmm_tui.console import themes
from okxmm_tui.console.bindings import KILL_KEYS, bindings
from okxmm_tui.console.hand_acts import HandActs
from okxmm_tui.console.palette import ConsoleProvider
from okxmm_tui.console.port import EXIT_CLEAN, Clock, ConsoleExit, ConsoleFiles, ConsoleLink, Escalate
from okxmm_tui.console.screens.help import HelpScreen
from okxmm_tui.console.screens.page import Page
from okxmm_tui.console.screens.param_prompt import ParamPrompt
from okxmm_tui.core.snapshot import ParamView

KILL_WORDS = " or ".join(KILL_KEYS)


class ConsoleApp(HandActs):
    """The console."""

    COMMANDS = {ConsoleProvider}  # noqa: RUF012 - as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]

    # -- safety -------------------------------------------------------------------------------------

    def action_kill(self) -> None:
        """Kill, unless the input thread did so for this press; then clear the view on the proof."""
        self.kill_watch.press("kill key")
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

    def action_detach(self) -> None:
        """Close the console, leave the engine."""
        self.leaving.detach()

    def action_help_quit(self) -> None:
        """Say how to leave."""
        self.say("ctrl+q quits safely, ctrl+d detaches, ctrl+k kills")

    def action_suspend_process(self) -> None:
        """Never: a stopped console would look like one that is watching."""
        self.say("suspending is off; ctrl+d detaches")

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

    def action_nudge(self, name: str, steps: int) -> None:
        """Step a parameter."""
        self.operator.nudge(name, steps)
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
        self.state.focus_on((self.state.focus + 1) % count)
        self.draw()

    def action_next_theme(self) -> None:
        """Change the colours."""
        names = themes.theme_names()
        here = names.index(self.theme) if self.theme in names else -1
        self.theme = names[(here + 1) % len(names)]
        self.say(f"theme {self.theme}")

    def action_help(self) -> None:
        """Show all keys."""
        if isinstance(self.screen, Page):
            self.push_screen(HelpScreen(self._params()))

    def action_picture(self) -> None:
        """Save the screen as SVG in the directory the console was started in."""
        try:
            self.say(f"picture saved: {self.save_screenshot(path=str(Path.cwd()))}")
        except OSError as error:
            self.say(f"picture not saved: {error.strerror or error}", "alarm-2")

    def _params(self) -> tuple[ParamView, ...]:
        return self.state.market.params if self.state.market else ()


def run_console(
    link: ConsoleLink,
    *,
    theme: str,
    is_read_only: bool = False,
    escalate: Escalate | None = None,
    files: ConsoleFiles | None = None,
    clock: Clock = time.time_ns,
) -> ConsoleExit:
    """Run the console until it is left.

    Args:
        link: The engine.
        theme: Name of a theme.
        is_read_only: Whether to refuse everything but the kill key.
        escalate: Starts a kill that needs neither console nor engine.
        files: Where exports and presets go; without it there are none.
        clock: UTC nanoseconds.

    Raises:
        UsageError: The theme was unknown or malformed.
    """
    app = ConsoleApp(
        link, theme=theme, is_read_only=is_read_only, escalate=escalate, files=files, clock=clock, tune=True
    )
    result = app.run()
    if result is not None:
        return result
    # Textual left without a result: a crash of the console, or a terminal that went away.
    if app.state.is_engine_gone or app.return_code:
        return app.state.exit_without_farewell()
    return ConsoleExit(EXIT_CLEAN, "Console closed.")
