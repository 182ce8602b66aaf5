"""The kill key: taken in the terminal's input thread, watched until a snapshot shows HALTED, else escalated.

Nothing here may wait for the screen. ``press`` is called from the input thread; the check runs both from
the console's frame and from a timer of its own, so that a frozen screen cannot hold it back.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

from okxmm_tui.console.port import Clock, ConsoleLink, Escalate, KillOutcome
from okxmm_tui.core.snapshot import Snapshot
from okxmm_tui.errors import LinkError

HALTED_WITHIN_NS = 1_000_000_000
SAME_PRESS_NS = 2_000_000_000


class Timer(Protocol):
    """What is used of ``threading.Timer``."""

    daemon: bool

    def start(self) -> None:
        """Start counting."""
        ...


StartTimer = Callable[[float, Callable[[], None]], Timer]


class KillWatch:
    """One kill from the key to the proof that the engine took it."""

    def __init__(
        self,
        link: ConsoleLink,
        clock: Clock,
        escalate: Escalate | None,
        timer: StartTimer = threading.Timer,
    ) -> None:
        self._link = link
        self._clock = clock
        self._escalate = escalate
        self._timer = timer
        self._lock = threading.Lock()
        self._pressed_ns: int | None = None
        self._has_escalated = False
        self._outcome: KillOutcome | None = None
        self._taken_ns: deque[int] = deque()
        self._is_engine_gone = False

    @property
    def note(self) -> str:
        """What to say on screen about a kill not yet confirmed."""
        if self._pressed_ns is None:
            return ""
        if not self._has_escalated:
            return "kill sent, waiting for the engine"
        if self._escalate is None:
            return "engine did not confirm the kill: cancel at the venue NOW"
        code = self._exit_code
        if code is None:
            return "engine did not confirm the kill: an independent kill was started"
        if code == 0:
            return "the independent kill PROVED that no order of ours is in the market"
        return f"independent kill NOT PROVEN (code {code}): press ctrl+k again; see kill.log"

    @property
    def is_proven(self) -> bool:
        """Whether the kill that needs no engine proved that no order is left."""
        return self._has_escalated and self._exit_code == 0

    @property
    def _exit_code(self) -> int | None:
        return None if self._outcome is None else self._outcome()

    def press_in_thread(self, key: str) -> None:
        """Send a kill from the terminal's input thread, before any queue."""
        with self._lock:
            self._taken_ns.append(self._clock())
        self._send(key)

    def press(self, key: str) -> None:
        """Send a kill from an action, unless the input thread did for this very press."""
        now = self._clock()
        with self._lock:
            # A press whose action never came must not silence a later one: better twice than never.
            while self._taken_ns and now - self._taken_ns[0] > SAME_PRESS_NS:
                self._taken_ns.popleft()
            if self._taken_ns:
                self._taken_ns.popleft()
                return
        self._send(key)

    def observe(self, snapshot: Snapshot) -> None:
        """A snapshot arrived; HALTED ends the watch."""
        if snapshot.trading_state == "HALTED":
            with self._lock:
                self._pressed_ns = None
                self._has_escalated = False
                self._outcome = None

    def engine_gone(self) -> None:
        """Nobody will confirm any more."""
        self._is_engine_gone = True
        self.check()

    def check(self) -> None:
        """Escalate once when the engine did not confirm in time."""
        with self._lock:
            if self._pressed_ns is None or self._has_escalated:
                return
            if not self._is_engine_gone and self._clock() - self._pressed_ns < HALTED_WITHIN_NS:
                return
            self._has_escalated = True
        if self._escalate is not None:
            self._outcome = self._escalate()

    def _send(self, key: str) -> None:
        with self._lock:
            if self._exit_code is not None:  # that kill is over: this press is another one
                self._pressed_ns, self._has_escalated, self._outcome = None, False, None
            if self._pressed_ns is None:
                self._pressed_ns = self._clock()
        if not self._write(key):
            self._is_engine_gone = True
        if self._is_engine_gone:
            self.check()
            return
        timer = self._timer((HALTED_WITHIN_NS + 50_000_000) / 1e9, self.check)
        timer.daemon = True
        timer.start()

    def _write(self, key: str) -> bool:
        try:
            return self._link.kill_now(f"operator: {key}")
        except (LinkError, OSError):
            return False
