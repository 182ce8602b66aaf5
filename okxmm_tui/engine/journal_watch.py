"""What the state of the journal means for trading (tests/safety/README.md, row 44)."""

from __future__ import annotations

from okxmm_tui.core.messages import JournalFailed, JournalGap, JournalState
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.session import Session


class JournalWatch:
    """Alarms, and the reasons to hold back while what happens cannot be recorded."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def on_state(self, event: JournalState) -> None:
        """Take how far the journal is, and whether it can be written."""
        session = self._session
        session.recorded_step = max(session.recorded_step, event.recorded_step)
        self._take_problem(event.problem)
        if event.lost_rows:
            text = f"{event.lost_rows} entries of the journal were lost: memory for them ran out"
            session.raise_alarm("journal-lost", Severity.WARNING, text)
        if event.removed_segments:
            text = (
                "the event log outgrew journal_keep_mb and its beginning was removed: this session cannot be "
                "replayed; orders, fills and money are all in the journal"
            )
            session.raise_alarm("journal-trimmed", Severity.WARNING, text)
        if event.notice:
            session.raise_alarm("journal-notice", Severity.CRITICAL, event.notice)

    def on_failed(self, event: JournalFailed) -> None:
        """The same from a log of an earlier version."""
        self._take_problem(event.reason)

    def on_gap(self, event: JournalGap) -> None:
        """A replayed log misses steps here."""
        self._session.notice(f"{event.lost_steps} steps are missing in the event log")

    def _take_problem(self, problem: str) -> None:
        session = self._session
        had, session.journal_problem = session.journal_problem, problem
        if problem:
            text = f"the journal cannot be written: {problem}"
            session.freezes.set("journal", text)
            session.raise_alarm(
                "journal", Severity.CRITICAL, f"{text}; nothing new, quotes only shrink and widen"
            )
        else:
            session.freezes.clear("journal")
            session.clear_alarm("journal", "the journal can be written again")
        if bool(had) != bool(problem):
            for market in session.markets.values():
                market.hurry()

    def block(self) -> str:
        """Why nothing may be quoted yet; empty when it may.

        A crash before the opening books are on disk would lose where the session began, so no order is sent
        before that.
        """
        session = self._session
        if not session.started.is_journaled:
            return ""
        is_open = session.merged_step is not None and session.recorded_step >= session.merged_step
        return "" if is_open else "the opening books are not on disk yet"

    def only_reduce(self) -> str:
        """Why orders may only reduce; empty while the journal can be written."""
        problem = self._session.journal_problem
        return f"journal: {problem}" if problem else ""
