"""Watches the venue itself: maintenance it announces, and errors that come in bursts (fault 54).

Quotes are pulled from a minute before an announced maintenance until the venue has called it over, and while
requests fail one after the other. Both end with a fresh comparison of orders, fills and positions.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from okxmm_tui.core.messages import VenueStatus, VenueStatusListed
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.session import Session

NS_PER_MS = 1_000_000
SECOND_NS = 1_000_000_000
BEFORE_NS = 60 * SECOND_NS
"""Quotes leave so long before a maintenance begins."""
BURST = 5
BURST_NS = 10 * SECOND_NS
"""So many requests without a usable answer within this time are an outage."""
CALM_NS = 10 * SECOND_NS
"""An outage is over when nothing has failed for this long."""
LIST_AGE_NS = 30 * SECOND_NS
"""A list may have been read so long before it is applied."""
OVER = frozenset({"completed", "canceled"})


Name = tuple[str, int]
"""Title and begin: next week's maintenance may be called what this week's is."""


class VenueGuard:
    """Blocks quoting while the venue is, or is about to be, out of order.

    Args:
        session: All state.
        want_truth: Has the venue's state read again, with a reason.
    """

    def __init__(self, session: Session, want_truth: Callable[[str], None]) -> None:
        self._session = session
        self._want_truth = want_truth
        self._announced: dict[Name, VenueStatus] = {}
        self._pushed_ns: dict[Name, int] = {}
        self._failures: deque[int] = deque(maxlen=BURST)
        self._is_out = False
        self._was_blocked = False
        self.block = ""
        """Why nothing may be quoted; empty when the venue works."""

    def on_status(self, event: VenueStatus) -> None:
        """Take an announcement, or its end."""
        if event.state in OVER:
            self._forget(_name(event))
        else:
            self._announced[_name(event)] = event
            self._pushed_ns[_name(event)] = self._session.now_ns
        self.on_tick()

    def on_listed(self, event: VenueStatusListed) -> None:
        """Take the venue's whole list; what was pushed a moment ago may be younger than it."""
        listed = {_name(row): row for row in event.rows}
        for name in [each for each in self._announced if each not in listed or listed[each].state in OVER]:
            is_young = self._session.now_ns - self._pushed_ns.get(name, 0) < LIST_AGE_NS
            if name in listed or not is_young:
                self._forget(name)
                self._tell(f"venue maintenance is over: {name[0]}")
        for name, row in listed.items():
            if row.state not in OVER:
                if name not in self._announced:
                    self._tell(f"venue maintenance {row.state}: {row.title}")
                self._announced[name] = row
        self.on_tick()

    def _forget(self, name: Name) -> None:
        self._announced.pop(name, None)
        self._pushed_ns.pop(name, None)

    def _tell(self, text: str) -> None:
        self._session.report("notice", Severity.WARNING, text)

    def on_failure(self) -> None:
        """A request found no usable answer."""
        self._failures.append(self._session.now_ns)

    def on_tick(self) -> None:
        """Judge anew."""
        self._watch_failures()
        self.block = self._maintenance() or (
            "the venue fails one request after the other" if self._is_out else ""
        )
        session = self._session
        if self.block:
            self._was_blocked = True
            session.raise_alarm("venue", Severity.CRITICAL, f"{self.block}: quotes pulled")
        elif self._was_blocked:
            self._was_blocked = False
            session.clear_alarm("venue", "the venue works again; comparing orders, fills and positions")
            session.is_merged = False
            self._want_truth("the venue was out of order")

    def _watch_failures(self) -> None:
        now_ns, failures = self._session.now_ns, self._failures
        if len(failures) == BURST and now_ns - failures[0] <= BURST_NS:
            self._is_out = True
        elif self._is_out and now_ns - failures[-1] > CALM_NS:
            self._is_out = False

    def _maintenance(self) -> str:
        for status in self._announced.values():
            begins_in_ns = status.begin_ms * NS_PER_MS - self._session.now_ns
            if status.state != "scheduled" or begins_in_ns <= BEFORE_NS:
                return f"venue maintenance {status.state}: {status.title}"
        return ""


def _name(status: VenueStatus) -> Name:
    return status.title, status.begin_ms
