"""Quote uptime by time, not by loop: how long both sides really stood there.

The shares are in docs/definitions.md, Activity and uptime.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class QuoteState(StrEnum):
    """What stood in the market, and why not more."""

    TWO_SIDED = "two_sided"
    """Bid and ask live, each of the minimum size and within the band around the mid."""
    ONE_SIDED = "one_sided"
    ABSENT = "absent"
    """Nothing good enough stood, though nothing forbade it."""
    PAUSED_BY_RISK = "paused_by_risk"
    """Paused, resting, reducing or halted by a rule or by the operator."""
    PAUSED_BY_FAULT = "paused_by_fault"
    """A link, the venue, the book or the engine itself was not fit to quote."""
    CLOSED = "closed"
    """The market was not open; not counted at all."""


class PresenceView(Struct, frozen=True, gc=False):
    """Shares of the time the market was open, 0..1; None before any time has passed."""

    open_s: float
    two_sided: float | None
    one_sided: float | None
    absent: float | None
    paused_by_risk: float | None
    paused_by_fault: float | None
    depth: float | None = None
    """Mean share of the target size that stood on both sides; None where no target was known."""


class Presence:
    """Time spent in each state."""

    def __init__(self) -> None:
        self._state: QuoteState | None = None
        self._since_ns = 0
        self._spent_ns = dict.fromkeys(QuoteState, 0)
        self._depth: float | None = None
        self._depth_ns, self._aimed_ns = 0.0, 0

    def on_quote_state(self, at_ns: int, state: QuoteState, depth: float | None = None) -> None:
        """The state is this from now on; the time until now belongs to the state before.

        Args:
            at_ns: The time.
            state: What stands in the market.
            depth: Share of the target size that stands on both sides, 0..1; None without a target.
        """
        if self._state is not None:
            spent_ns = max(0, at_ns - self._since_ns)
            self._spent_ns[self._state] += spent_ns
            if self._depth is not None and self._state is not QuoteState.CLOSED:
                self._aimed_ns += spent_ns
                self._depth_ns += self._depth * spent_ns
        self._state, self._since_ns, self._depth = state, at_ns, depth

    def view(self) -> PresenceView:
        """Shares up to the last event."""
        open_ns = sum(spent for state, spent in self._spent_ns.items() if state is not QuoteState.CLOSED)

        def share(state: QuoteState) -> float | None:
            return self._spent_ns[state] / open_ns if open_ns else None

        return PresenceView(
            open_s=open_ns / 1e9,
            two_sided=share(QuoteState.TWO_SIDED),
            one_sided=share(QuoteState.ONE_SIDED),
            absent=share(QuoteState.ABSENT),
            paused_by_risk=share(QuoteState.PAUSED_BY_RISK),
            paused_by_fault=share(QuoteState.PAUSED_BY_FAULT),
            depth=self._depth_ns / self._aimed_ns if self._aimed_ns else None,
        )
