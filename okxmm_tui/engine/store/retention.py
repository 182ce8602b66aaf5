"""What leaves the tables after a while: the rows that are many and that nothing depends on.

Order events are most of a journal. They and the snapshots of every minute go once they are older than
``journal_keep_days``; the last snapshot of every session stays, for it holds the totals. Sessions, orders,
fills, bills, parameters, notes and the saved books are never removed. The file keeps its size and what was
freed is written again, so that a journal stops to grow after that many days.
"""

from __future__ import annotations

import sqlite3

EVERY_NS = 600_000_000_000
BATCH = 5_000
"""Rows of one transaction: a few milliseconds of the writer's time."""
ORDER_EVENTS = (
    "DELETE FROM order_events WHERE at_ns < ? AND seq IN (SELECT seq FROM order_events ORDER BY seq LIMIT ?)"
)
"""Looks at the oldest rows alone: one that a clock set too far ahead has written waits for its time."""
SNAPSHOTS = (
    "DELETE FROM snapshots WHERE seq IN (SELECT seq FROM snapshots WHERE at_ns < ? "
    "AND seq NOT IN (SELECT MAX(seq) FROM snapshots GROUP BY session_id, inst_id) ORDER BY seq LIMIT ?)"
)


class Retention:
    """Decides when it is time, and removes a batch at a time.

    Args:
        keep_ns: Age up to which everything stays; None keeps everything.
    """

    def __init__(self, keep_ns: int | None) -> None:
        self._keep_ns = keep_ns
        self._next_ns = 0

    def is_due(self, at_ns: int) -> bool:
        """Whether there may be something to remove."""
        return self._keep_ns is not None and at_ns >= self._next_ns

    def remove(self, connection: sqlite3.Connection, at_ns: int) -> int:
        """Remove a batch in one transaction; it is due again at once while there is more.

        Returns:
            Rows removed.

        Raises:
            sqlite3.Error: The disk refused; nothing was removed.
        """
        if self._keep_ns is None:
            return 0
        before_ns, count = at_ns - self._keep_ns, 0
        connection.execute("BEGIN IMMEDIATE")
        for statement in (ORDER_EVENTS, SNAPSHOTS):
            count += connection.execute(statement, (before_ns, BATCH)).rowcount
        connection.execute("COMMIT")
        if count < BATCH:
            self.postpone(at_ns)
        return count

    def postpone(self, at_ns: int) -> None:
        """Nothing more for a while."""
        self._next_ns = at_ns + EVERY_NS
