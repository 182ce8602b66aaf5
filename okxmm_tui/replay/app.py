"""The console on a past session: the same panels, and keys that move through time instead of the market."""

from __future__ import annotations

from pathlib import Path

from okxmm_tui.console import base
from okxmm_tui.console.app import ConsoleApp
from okxmm_tui.console.comfort import Comfort
from okxmm_tui.console.kill_watch import KillWatch
from okxmm_tui.console.language import tr
from okxmm_tui.console.port import ConsoleExit
from okxmm_tui.console.screens.text_prompt import TextPrompt
from okxmm_tui.core.snapshot import Snapshot
from okxmm_tui.errors import OkxmmError
from okxmm_tui.languages import ENGLISH
from okxmm_tui.replay.keys import PREFACE, ReplayKeymap
from okxmm_tui.replay.link import ReplayLink
from okxmm_tui.replay.words import parse_time

KEYS_NAMED = 7
"""Those that move time, and the one that leaves."""


class NoKill(KillWatch):
    """A kill key that says why it does nothing: no order of a past session can be cancelled."""

    def press_in_thread(self, key: str) -> None:
        """Nothing to send."""

    def press(self, key: str) -> None:
        """Nothing to send."""

    def observe(self, snapshot: Snapshot) -> None:
        """Nothing to watch for."""


class ReplayApp(ConsoleApp):
    """The console without a present."""

    CSS_PATH = Path(base.__file__).with_name("console.tcss")
    HELP_PREFACE = PREFACE

    def __init__(self, link: ReplayLink, *, theme: str, language: str = ENGLISH, tune: bool = False) -> None:
        watch = NoKill(link, link.now_ns, None)
        comfort = Comfort(keymap=ReplayKeymap(), language=language)
        super().__init__(link, theme=theme, clock=link.now_ns, tune=tune, watch=watch, comfort=comfort)
        self._replay = link

    def action_play(self) -> None:
        """Hold, or go on."""
        self._replay.pause_or_play()

    def action_step_event(self) -> None:
        """One event further."""
        self._replay.step_event()

    def action_step_second(self) -> None:
        """One second further."""
        self._replay.step_second()

    def action_speed(self, direction: int) -> None:
        """Faster or slower."""
        self._replay.change_speed(direction)

    def action_seek(self) -> None:
        """Ask for a time and go there."""
        text = "Go to a time (UTC), 08:00:00 or 2026-11-20T08:00:00Z:"
        self.push_screen(TextPrompt("GO TO", text, self._seek))

    def _seek(self, text: str) -> str:
        try:
            self._replay.seek(parse_time(text, self._replay.player.now_ns, "the time"))
        except OkxmmError as error:
            return str(error)
        return ""

    def action_kill(self) -> None:
        """Say why nothing happens."""
        self.state.say("REPLAY: these orders are past; nothing was sent anywhere", "alarm-2")
        self.draw()

    def action_help_quit(self) -> None:
        """Name the keys."""
        self.say("  ".join(f"{key} {tr(word)}" for key, word in self.comfort.keymap.hints[:KEYS_NAMED]))

    def action_safe_quit(self) -> None:
        """Leave at once: there is nothing to prove."""
        last = self._replay.farewell()
        self.exit(ConsoleExit(last.exit_code, last.text))

    def action_detach(self) -> None:
        """The same."""
        self.action_safe_quit()

    def ask_phrase(self) -> bool:
        """Never: no money waits here, whatever the session traded."""
        return False


def show_replay(link: ReplayLink, theme: str, language: str) -> ConsoleExit:
    """Run the console on a replay until its end or until it is left.

    Raises:
        UsageError: The theme was unknown or malformed.
    """
    app = ReplayApp(link, theme=theme, language=language, tune=True)
    result = app.run()
    if result is not None:
        return result
    last = link.farewell()
    return ConsoleExit(app.return_code or last.exit_code, last.text)
