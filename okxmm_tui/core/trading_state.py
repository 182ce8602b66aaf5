"""The trading state and its transitions, as a table.

ACTIVE quotes; PAUSED keeps everything warm with own quotes pulled; REDUCING sends only orders that shrink
the position; HALTED is latched: it is left only by a resume that was armed. Cancels pass in every state.
"""

from __future__ import annotations

from enum import StrEnum

ARM_NS = 10_000_000_000
"""An arming is good for ten seconds."""


class TradingState(StrEnum):
    """What the engine may send."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    REDUCING = "REDUCING"
    HALTED = "HALTED"


class Act(StrEnum):
    """What can change the state."""

    PAUSE = "pause"
    RESUME = "resume"
    REDUCE = "reduce"
    KILL = "kill"


TRANSITIONS: dict[tuple[TradingState, Act], TradingState] = {
    (TradingState.ACTIVE, Act.PAUSE): TradingState.PAUSED,
    (TradingState.ACTIVE, Act.REDUCE): TradingState.REDUCING,
    (TradingState.ACTIVE, Act.KILL): TradingState.HALTED,
    (TradingState.PAUSED, Act.PAUSE): TradingState.PAUSED,
    (TradingState.PAUSED, Act.RESUME): TradingState.ACTIVE,
    (TradingState.PAUSED, Act.KILL): TradingState.HALTED,
    (TradingState.REDUCING, Act.PAUSE): TradingState.PAUSED,
    (TradingState.REDUCING, Act.RESUME): TradingState.ACTIVE,
    (TradingState.REDUCING, Act.REDUCE): TradingState.REDUCING,
    (TradingState.REDUCING, Act.KILL): TradingState.HALTED,
    (TradingState.HALTED, Act.RESUME): TradingState.ACTIVE,
    (TradingState.HALTED, Act.KILL): TradingState.HALTED,
}
"""Missing pairs leave the state as it is."""


class StateMachine:
    """Current state, why, since when, and the arming that risk-raising acts need."""

    def __init__(self, now_ns: int, state: TradingState, reason: str, *, needs_arming: bool = False) -> None:
        self.state = state
        self.reason = reason
        self.since_ns = now_ns
        self.armed_until_ns: int | None = None
        self.resumes_ns: int | None = None
        """When a pause was to end by itself; any act that is carried out after it takes that back."""
        self.reduced_for = ""
        """Why only reducing was allowed when the last pause began; empty when more was. A pause that ends by
        itself gives that back, and no more."""
        self._needs_arming = needs_arming

    @property
    def waits_for_arming(self) -> bool:
        """Whether the session has never been resumed and began with the need to arm."""
        return self._needs_arming

    def arm(self, now_ns: int) -> None:
        """Allow one risk-raising act within ten seconds."""
        self.armed_until_ns = now_ns + ARM_NS

    def disarm(self) -> None:
        """Take the arming back."""
        self.armed_until_ns = None

    def is_armed(self, now_ns: int) -> bool:
        """Whether an arming is still good."""
        return self.armed_until_ns is not None and now_ns < self.armed_until_ns

    def act(self, act: Act, reason: str, now_ns: int) -> str:
        """Apply an act; returns an empty string, or why it was refused."""
        if act is Act.RESUME:
            if problem := self._resume_problem(now_ns):
                return problem
            self._needs_arming = False
            self.disarm()
        target = TRANSITIONS.get((self.state, act))
        if target is None:
            return ""
        self.resumes_ns = None
        if act is Act.KILL:
            self.disarm()  # also when it was HALTED before
        if target is not self.state:
            self.disarm()
            if act is Act.PAUSE:
                self.reduced_for = self.reason if self.state is TradingState.REDUCING else ""
            self.state, self.since_ns = target, now_ns
            self.reason = reason
        elif act is Act.PAUSE:
            self.reason = reason
        return ""

    def _resume_problem(self, now_ns: int) -> str:
        if self.state is TradingState.ACTIVE:
            return "already ACTIVE"
        if self.state is TradingState.HALTED and not self.is_armed(now_ns):
            return "HALTED is latched: press a to arm, then r within 10 s"
        if self._needs_arming and not self.is_armed(now_ns):
            return "this session must be armed before it may quote"
        return ""
