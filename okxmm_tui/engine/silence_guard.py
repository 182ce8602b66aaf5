"""A private stream that lives but does not tell everything is worse than none (fault 9).

When the gateway doubts it, the venue is asked over REST. If that brings fills the stream should have told us,
quotes are pulled and the venue is asked again every second until one comparison brings nothing new.
"""

from __future__ import annotations

from collections.abc import Callable

from okxmm_tui.core.types import Severity
from okxmm_tui.engine.session import Session

ALARM = "private-silent"


class SilenceGuard:
    """Blocks quoting between a probe that found something and one that did not.

    Args:
        session: All state.
        want_truth: Has the venue's state read again, with a reason.
    """

    def __init__(self, session: Session, want_truth: Callable[[str], None]) -> None:
        self._session = session
        self._want_truth = want_truth
        self._is_probing = False
        self._booked = 0
        """Since the answer being merged came."""
        self.block = ""
        """Why nothing may be quoted; empty while the stream can be believed."""

    def on_probe(self, reason: str) -> None:
        """The gateway doubts the stream."""
        self._is_probing = True
        self._want_truth(reason)

    def before_truth(self) -> None:
        """The answer is about to be merged."""
        self._booked = 0

    def on_booked(self) -> None:
        """A fill was booked that was not known before."""
        self._booked += 1

    def after_truth(self) -> None:
        """The answer was merged: did it tell anything the stream had not?"""
        if not self._is_probing:
            return
        if self._booked:
            self.block = f"the private stream had not told of {self._booked} fills"
            self._session.raise_alarm(
                ALARM, Severity.CRITICAL, f"{self.block}: quotes pulled, comparing again"
            )
            self._want_truth(self.block)
            return
        self._is_probing = False
        if self.block:
            self.block = ""
            self._session.clear_alarm(ALARM, "the private stream and the venue agree again")
