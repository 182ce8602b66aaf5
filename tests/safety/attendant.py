"""What a person at the desk does in a long session: arms and resumes after a halt, restarts where told to.

It decides on what a console shows and acts through what a console may ask; the same rules serve a session of
real processes and one in virtual time.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

from msgspec import Struct

from okxmm_tui.core.commands import AnswerPreflight, AnyCommand, Arm, Pause, Resume
from okxmm_tui.core.snapshot import AlarmView, KillView, Snapshot
from okxmm_tui.engine.preflight import ALARM as PREFLIGHT

NOTICED_S = 1.0
"""Nobody reacts at once."""
DOUBT_S = 15.0
"""Figures in doubt heal by themselves in ten seconds, or need a person."""


class Deed(StrEnum):
    """What the attendant wants done."""

    NOTHING = "nothing"
    RESUME = "resume"
    ARM_AND_RESUME = "arm and resume"
    PAUSE_TO_LIFT_A_STOP = "pause and resume"
    ADOPT = "adopt at the preflight"
    CANCEL = "cancel at the preflight"
    RESTART = "restart"


COMMANDS: dict[Deed, tuple[AnyCommand, ...]] = {
    Deed.NOTHING: (),
    Deed.RESTART: (),
    Deed.RESUME: (Resume(),),
    Deed.ARM_AND_RESUME: (Arm(), Resume()),
    Deed.PAUSE_TO_LIFT_A_STOP: (Pause(), Resume()),
    Deed.ADOPT: (AnswerPreflight("adopt"),),
    Deed.CANCEL: (AnswerPreflight("cancel"),),
}


class Sight(Struct, frozen=True):
    """The part of a console's picture the attendant looks at."""

    state: str
    reason: str
    alarms: frozenset[str]
    """Keys of those whose cause stands."""
    is_proven: bool
    """Whether no kill is waiting for its proof."""


def sight_of(snapshot: Snapshot) -> Sight:
    """What a snapshot shows."""
    return make_sight(snapshot.trading_state, snapshot.state_reason, snapshot.alarms, snapshot.kill)


def make_sight(state: str, reason: str, alarms: tuple[AlarmView, ...], kill: KillView | None) -> Sight:
    """Put a sight together."""
    standing = frozenset(each.key for each in alarms if not each.is_cleared)
    return Sight(state, reason, standing, kill is None or kill.is_proven)


class Attendant:
    """Looks now and then, and remembers since when something has been so."""

    def __init__(self) -> None:
        self.deeds: Counter[str] = Counter()
        self._seen: tuple[str, str] = ("", "")
        self._since_s = 0.0

    def look(self, sight: Sight, now_s: float) -> Deed:
        """Decide what is to be done now; what is not ``NOTHING`` is counted."""
        deed = self._judge(sight)
        if self._seen != (sight.state, deed):
            self._seen, self._since_s = (sight.state, deed), now_s
        patience_s = DOUBT_S if "not trustworthy" in sight.reason else NOTICED_S
        if deed is Deed.NOTHING or now_s - self._since_s < patience_s:
            return Deed.NOTHING
        self._seen = ("", "")
        self.deeds[deed.value] += 1
        return deed

    def _judge(self, sight: Sight) -> Deed:
        if sight.state == "HALTED":
            if any(key.startswith("instrument-") for key in sight.alarms):
                return Deed.RESTART
            return Deed.ARM_AND_RESUME if sight.is_proven else Deed.NOTHING
        if sight.state in {"PAUSED", "REDUCING"}:
            return Deed.RESUME
        if PREFLIGHT in sight.alarms:
            answers = self.deeds[Deed.ADOPT.value] + self.deeds[Deed.CANCEL.value]
            return Deed.CANCEL if answers % 2 else Deed.ADOPT
        if any(key.startswith("stopped-") for key in sight.alarms):
            return Deed.PAUSE_TO_LIFT_A_STOP
        return Deed.NOTHING
