"""The part of the application that listens and draws: newest snapshot in, at most ten frames a second out.

It holds no trading logic, and the kill key does not depend on it at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

from textual import events
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.driver import Driver

from okxmm_tui.console import language, themes
from okxmm_tui.console.comfort import Bell, Comfort
from okxmm_tui.console.driver import with_kill_keys
from okxmm_tui.console.hand import Hand
from okxmm_tui.console.housekeeping import YOUNG_EVERY_S, Collector, listen_to_signals
from okxmm_tui.console.key_order import KeyOrder
from okxmm_tui.console.kill_watch import KillWatch
from okxmm_tui.console.leaving import Leaving
from okxmm_tui.console.operator import Operator, needs_phrase
from okxmm_tui.console.palette import Palette
from okxmm_tui.console.port import Clock, ConsoleExit, ConsoleFiles, ConsoleLink, Escalate
from okxmm_tui.console.screens.dashboard import Dashboard
from okxmm_tui.console.screens.live_phrase import LivePhrase
from okxmm_tui.console.screens.modal import Modal
from okxmm_tui.console.screens.page import Page
from okxmm_tui.console.screens.pages import PAGES
from okxmm_tui.console.screens.preflight import PreflightScreen
from okxmm_tui.console.state import ConsoleState
from okxmm_tui.console.title import WindowTitle
from okxmm_tui.core.snapshot import CommandReply, Farewell, Snapshot
from okxmm_tui.errors import OkxmmError

FRAME_S = 0.1
AGES_EVERY = 5
LAG_FADE = 0.97
CALM_EVERY = 5
"""Frames between two that are drawn for news alone, where motion is limited."""


class BaseConsole(App[ConsoleExit]):
    """The console without its keys."""

    CSS_PATH = "console.tcss"
    TITLE = "okxmm-tui"

    def __init__(
        self,
        link: ConsoleLink,
        *,
        theme: str = themes.DEFAULT_THEME,
        is_read_only: bool = False,
        is_guest: bool = False,
        escalate: Escalate | None = None,
        files: ConsoleFiles | None = None,
        clock: Clock = time.time_ns,
        tune: bool = False,
        comfort: Comfort | None = None,
        watch: KillWatch | None = None,
    ) -> None:
        self.kill_watch = watch or KillWatch(link, clock, escalate)
        super().__init__()
        self.comfort = comfort or Comfort()
        language.use(self.comfort.language, self.comfort.keymap.texts)
        self.dashboard = Dashboard()
        self.pages: dict[str, Page] = {"dashboard": self.dashboard, **{page.NAME: page() for page in PAGES}}
        self.files = files
        self.animation_level = "none"
        self.link = link
        self.state = ConsoleState(
            clock, self.kill_watch, is_read_only=is_read_only, keymap=self.comfort.keymap
        )
        self.operator = Operator(link, self.state)
        self.hand = Hand(self.operator, self.state)
        self.leaving = Leaving(self, self.operator, self.state, is_guest=is_guest)
        self._key_order = KeyOrder(self, super().on_event)
        self._collector = Collector() if tune else None
        self._frame = 0
        self._drawn: Snapshot | None = None
        self._ticked_ns = 0
        self._title = WindowTitle(self._write)
        self._bell = Bell()
        self._last_key_ns = clock()
        self._has_asked_phrase = False
        self._has_shown_question = False
        self._stop_signals: Callable[[], None] | None = None
        for name in themes.theme_names():
            self.register_theme(themes.to_textual(themes.load_theme(name)))
        self.theme = themes.load_theme(theme).name
        if problems := themes.theme_problems():
            self.state.say(" ".join(problems), "alarm-2")

    # -- set-up and take-down -----------------------------------------------------------------------

    def get_driver_class(self) -> type[Driver]:
        """The platform's driver, with the kill keys taken in its input thread."""
        return with_kill_keys(super().get_driver_class(), self.kill_watch.press_in_thread)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our colour roles, for themes that do not know them."""
        return themes.load_theme(themes.DEFAULT_THEME).variables()

    def get_default_screen(self) -> Dashboard:
        """Start on the dashboard."""
        return self.dashboard

    @property
    def page(self) -> Page:
        """The page that is seen, perhaps behind a modal."""
        pages = (screen for screen in reversed(self.screen_stack) if isinstance(screen, Page))
        return next(pages, self.dashboard)

    def on_mount(self) -> None:
        """Start listening and drawing."""
        for page in PAGES:
            # Installed screens survive being left, with cursor and scroll as they were.
            self.install_screen(self.pages[page.NAME], page.NAME)
        self._stop_signals = listen_to_signals(self.leaving.on_signal)
        self._title.begin()
        self.run_worker(self._listen(), name="link")
        self.set_interval(FRAME_S, self._tick)
        self.call_after_refresh(self._first_frame)

    def _first_frame(self) -> None:
        self.draw()
        self.call_after_refresh(self._settle)

    def _settle(self) -> None:
        """The screen is painted: now there is time to collect what the start left behind."""
        if self._collector is not None:
            self._collector.take_over()
            self.set_interval(YOUNG_EVERY_S, self._collect)

    def _collect(self) -> None:
        if self._collector is not None:
            self._collector.tick(self.state.clock() - self._last_key_ns)

    def pop_screen(self) -> AwaitComplete:
        """Close a dialog, and have what it leaves cleared away once it is off the screen."""
        closed = super().pop_screen()
        if self._collector is not None:
            self._collector.after_closing()
        return closed

    def on_unmount(self) -> None:
        """Leave the terminal and the process as they were."""
        self._title.end()
        if self._stop_signals is not None:
            self._stop_signals()
        if self._collector is not None:
            self._collector.give_back()
        self.link.close()

    # -- what the engine says -----------------------------------------------------------------------

    async def _listen(self) -> None:
        # Anything else is a fault of the console and must crash it, not look like a lost engine.
        with contextlib.suppress(OkxmmError, OSError, EOFError):
            async for message in self.link.messages():
                if self._take(message):
                    return
        self.state.lose_engine()
        self.call_next(self.draw)
        self.leaving.on_engine_gone()

    def _take(self, message: Snapshot | CommandReply | Farewell) -> bool:
        match message:
            case Snapshot():
                is_first = self.state.snapshot is None
                self.state.receive(message)
                if self._bell.is_due(message) and self.comfort.has_bell:
                    self.bell()
                if is_first:
                    self.call_next(self.draw)
                    self.run_worker(self._read_past(message), name="past")
            case CommandReply():
                self.operator.on_reply(message)
                self.call_next(self.draw)
            case Farewell():
                self.leaving.on_farewell(message)
                return True
        return False

    async def _read_past(self, snapshot: Snapshot) -> None:
        """Have the blotter begin with the day, not with this console."""
        if self.files is None:
            return
        try:
            past = await asyncio.to_thread(self.files.past, snapshot)
        except (OkxmmError, OSError, ValueError) as error:  # a row no version of ours wrote must not end it
            self.say(f"the day before this console opened is not shown: {error}", "alarm-2")
        else:
            self.state.history.take_past(past, snapshot)
            if past.left_out:
                self.say(
                    f"{past.left_out} orders and fills of the day are in the report alone: other markets, "
                    "ticks or lots"
                )
            self.draw()

    # -- drawing --------------------------------------------------------------------------------------

    def _tick(self) -> None:
        """Draw what is new; without news only the ages move, and they need fewer frames."""
        self._frame += 1
        self._measure_lag()
        self.kill_watch.check()
        if getattr(getattr(self._driver, "_file", None), "is_gone", False):
            # A terminal that went without a hangup signal reads as empty for ever: nobody sits there.
            self.leaving.on_signal("a closed terminal")
        has_news = self.state.snapshot is not self._drawn
        every = CALM_EVERY if self.comfort.is_calm else 1
        if (has_news and self._frame % every == 0) or self._frame % AGES_EVERY == 0:
            self.draw(turn=self._frame)

    def _measure_lag(self) -> None:
        """How late this timer is: the worst of late, fading over some seconds."""
        now_ns, desk = time.monotonic_ns(), self.state.desk
        late_ms = (now_ns - self._ticked_ns) / 1e6 - FRAME_S * 1e3 if self._ticked_ns else 0.0
        self._ticked_ns = now_ns
        desk.ui_lag_ms = max(0.0, late_ms, desk.ui_lag_ms * LAG_FADE)

    def draw(self, *, turn: int | None = None) -> None:
        """Draw one frame now; with a turn, slow panels draw only when it is theirs."""
        if not self.is_running or not self.screen_stack or not self.page.is_mounted:
            return
        self._drawn = self.state.snapshot
        view = self.state.view()
        self.page.show(view, turn)
        if isinstance(self.screen, (Modal, Palette)) and self.screen.is_mounted:
            self.screen.show(view)
        self._title.show(view)
        self._ask_phrase_once()
        self._follow_preflight()

    def say(self, text: str, role: str = "text") -> None:
        """Tell the operator something."""
        self.state.say(text, role)
        self.draw()

    def _write(self, data: str) -> None:
        if self._driver is not None and not self._driver.is_headless and not self._driver.is_web:
            self._driver.write(data)

    def _ask_phrase_once(self) -> None:
        if not self._has_asked_phrase and self.state.snapshot is not None:
            self._has_asked_phrase = True
            self.ask_phrase()

    def ask_phrase(self) -> bool:
        """Ask for the phrase if real money waits for it; True if it was asked."""
        snapshot = self.state.snapshot
        if snapshot is None or self.state.is_read_only or not needs_phrase(snapshot):
            return False
        self.push_screen(LivePhrase(snapshot), self._on_phrase)
        return True

    def _on_phrase(self, is_typed: bool | None) -> None:  # noqa: FBT001 - Textual calls it
        if is_typed:
            self.operator.go_live()
        else:
            self.state.say(
                f"still paused; {self.comfort.keymap.text('pause')} asks for the phrase again", "armed"
            )
        self.draw()

    def _follow_preflight(self) -> None:
        """Open the checklist when the engine asks, once, and close it when that is settled."""
        preflight = self.state.snapshot.preflight if self.state.snapshot is not None else None
        is_asking = preflight is not None and preflight.is_asking
        if is_asking and not self._has_shown_question and isinstance(self.screen, Page):
            self._has_shown_question = True
            self.open_preflight()
        elif not is_asking and self._has_shown_question:
            self._has_shown_question = False
            if isinstance(self.screen, PreflightScreen):
                self.screen.dismiss()

    def open_preflight(self) -> None:
        """Show the checklist over the page."""
        self.push_screen(PreflightScreen())

    async def on_event(self, event: events.Event) -> None:
        """Remember when a key was last pressed, and take keys one by one; everything else at once."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._last_key_ns = self.state.clock()
            await self._key_order.take(event)
        else:
            await super().on_event(event)
