"""The console's port with a recorded session behind it instead of an engine.

Theory of operation. ``messages`` plays the log in the console's own loop: it applies the steps that are due
for a slice of a frame, yields a picture, and sleeps until the next one. Recorded time runs at ``speed`` times
the clock's. Going back means starting the log anew. Nothing is ever sent anywhere: every command is refused,
and the replay's own controls are methods, not commands.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from msgspec import structs

from okxmm_tui.core.commands import AnyCommand, Quit
from okxmm_tui.core.snapshot import CommandReply, Farewell, FromEngine, ReplayView, Snapshot
from okxmm_tui.engine.journal import EventRecord
from okxmm_tui.engine.store.export import utc
from okxmm_tui.engine.view import build_snapshot
from okxmm_tui.errors import RecordingError
from okxmm_tui.replay.player import Player
from okxmm_tui.replay.words import summary_lines

FRAME_S = 0.1
SLICE_STEPS = 200
SLICE_S = 0.06
"""Longest time a frame spends on steps, so that keys are answered."""
SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 100.0)
REFUSED = "this is a replay of a past session: nothing can be changed"
EXIT_SAME, EXIT_DIFFERENT, EXIT_DAMAGED = 0, 1, 2


class ReplayLink:
    """Plays one log to one console.

    Args:
        path: First segment of the log.
        speed: Recorded seconds per second.
        at_ns: Moment to begin at; None for the start of the session.
        clock: Monotonic seconds.

    Raises:
        RecordingError: The log cannot be played.
    """

    def __init__(
        self, path: Path, *, speed: float = 1.0, at_ns: int | None = None, clock: Callable[[], float]
    ) -> None:
        self._path = path
        self._monotonic = clock
        self.player = Player(path)
        self.speed = speed
        self.is_paused = False
        self._target_ns = at_ns if at_ns is not None else self.player.first_ns
        """Recorded time everything due by is to be applied."""
        self._last_s: float | None = None
        self._note = ""
        self._seq = self._last_id = 0
        self._shown_ns = self.player.first_ns
        self._replies: deque[FromEngine] = deque()
        self._is_closed = False
        self._damage = ""
        """Why the log cannot be played any further."""

    # -- the console's port ------------------------------------------------------------------------------

    def send(self, command: AnyCommand) -> int:
        """Refuse a command; leaving is the one thing that is granted."""
        self._last_id += 1
        if isinstance(command, Quit):
            self._replies.append(self.farewell())
        else:
            self._replies.append(CommandReply(self._last_id, ok=False, text=REFUSED))
        return self._last_id

    def kill_now(self, reason: str) -> bool:
        """There is nothing to kill here."""
        del reason
        return True

    async def messages(self) -> AsyncIterator[FromEngine]:
        """Yield pictures of the past until the console leaves; the last one stays, to be looked at."""
        while not self._is_closed:
            while self._replies:
                yield self._replies.popleft()
            is_busy = self._advance()
            yield self._picture()
            if self._damage:
                yield self.farewell()
                return
            self.is_paused |= self.player.is_at_end
            await asyncio.sleep(0 if is_busy else FRAME_S)

    def close(self) -> None:
        """Stop playing."""
        self._is_closed = True

    def now_ns(self) -> int:
        """Recorded time of the picture shown: the console's clock, so that ages are those of the session."""
        return self._shown_ns

    def farewell(self) -> Farewell:
        """The summary, and whether everything was as recorded."""
        code = EXIT_SAME if self.player.is_same else EXIT_DIFFERENT
        lines = [*summary_lines(self.player), *([self._damage] if self._damage else [])]
        return Farewell(EXIT_DAMAGED if self._damage else code, "\n".join(lines))

    # -- controls ------------------------------------------------------------------------------------------

    def pause_or_play(self) -> None:
        """Hold, or go on from here."""
        self.is_paused = not self.is_paused
        self._target_ns = self.player.now_ns
        self._note = ""

    def step_event(self) -> None:
        """Hold, and apply the next event alone."""
        self.is_paused = True
        record = self._step()
        self._target_ns = self.player.now_ns
        self._note = type(record.event).__name__ if record is not None else "the end"

    def step_second(self) -> None:
        """Hold a second later."""
        self.is_paused = True
        self._target_ns = max(self._target_ns, self.player.now_ns) + 1_000_000_000
        self._note = "one second"

    def change_speed(self, direction: int) -> None:
        """The next faster (1) or slower (-1) speed."""
        faster = [speed for speed in SPEEDS if speed > self.speed]
        slower = [speed for speed in SPEEDS if speed < self.speed]
        chosen = faster[:1] if direction > 0 else slower[-1:]
        self.speed = chosen[0] if chosen else self.speed
        self._note = ""

    def seek(self, at_ns: int) -> None:
        """Go to a moment; one that is past begins the log anew and plays up to it.

        Raises:
            RecordingError: The log cannot be read any more.
        """
        if at_ns < self.player.now_ns:
            self.player = Player(self._path)
        self._target_ns = at_ns
        self._note = f"to {utc(at_ns)}"

    # -- playing -------------------------------------------------------------------------------------------

    def _step(self) -> EventRecord | None:
        """Apply the next step; where the log is damaged the replay ends with the reason."""
        try:
            return self.player.step()
        except RecordingError as error:
            self._damage = str(error)
            return None

    def _advance(self) -> bool:
        """Apply what is due, as much as a frame has time for; returns whether more is due."""
        now_s = self._monotonic()
        if self._last_s is not None and not self.is_paused and not self._is_due():
            self._target_ns += int((now_s - self._last_s) * self.speed * 1e9)
        self._last_s = now_s
        while self._is_due():
            for _ in range(SLICE_STEPS):
                if not self._is_due():
                    break
                self._step()
            if self._monotonic() - now_s > SLICE_S:
                return self._is_due()
        return False

    def _is_due(self) -> bool:
        next_ns = self.player.next_ns
        return next_ns is not None and next_ns <= self._target_ns and not self._damage

    def _picture(self) -> Snapshot:
        self._seq += 1
        player = self.player
        self._shown_ns = player.now_ns
        view = ReplayView(
            events=player.events,
            first_ns=player.first_ns,
            speed=self.speed,
            is_paused=self.is_paused,
            is_at_end=player.is_at_end,
            differences=player.difference_count,
            note=self._note,
        )
        return structs.replace(build_snapshot(player.reducer, self._seq), replay=view)
