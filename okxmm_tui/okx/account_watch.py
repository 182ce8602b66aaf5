"""Whether the private stream can be believed: it must speak, be readable, and its channels must agree.

Sans-IO (tests/safety/README.md, row 9). The account channel repeats itself every 5 s; a longer silence, a
message that could not be read, or a fill that only one of two channels told, is reason to ask over REST.
"""

from __future__ import annotations

from collections import OrderedDict

SECOND_NS = 1_000_000_000
QUIET_NS = 12 * SECOND_NS
CONFIRM_WITHIN_NS = 2 * SECOND_NS
REMEMBERED_FILLS = 1_000
UNREADABLE_EVERY_NS = SECOND_NS
"""A venue that turns to gibberish is not asked for every word of it."""

Key = tuple[str, str]
"""(instId, tradeId)."""


class AccountWatch:
    """Silence of the account channel, what could not be read, and fills the orders channel did not tell.

    Args:
        quiet_ns: A silence this long is reason to ask.
    """

    def __init__(self, quiet_ns: int = QUIET_NS) -> None:
        self._quiet_ns = quiet_ns
        self._account_ns: int | None = None
        self._told: OrderedDict[Key, None] = OrderedDict()
        self._unconfirmed: OrderedDict[Key, int] = OrderedDict()
        self._unread_due_ns: int | None = None
        self._unread_told_ns = -UNREADABLE_EVERY_NS

    def start(self, now_ns: int) -> None:
        """Begin on a new connection."""
        self._account_ns = now_ns
        self._unconfirmed.clear()
        self._unread_due_ns = None

    def on_unreadable(self, now_ns: int) -> None:
        """Take a message that nobody could read: whatever it told is missing here."""
        if self._unread_due_ns is None:
            self._unread_due_ns = max(now_ns, self._unread_told_ns + UNREADABLE_EVERY_NS)

    def on_account(self, now_ns: int) -> None:
        """Take a push of the account channel."""
        self._account_ns = now_ns

    def on_order_fill(self, key: Key) -> None:
        """Take a fill from the orders channel, which is the truth."""
        self._unconfirmed.pop(key, None)
        self._told[key] = None
        if len(self._told) > REMEMBERED_FILLS:
            self._told.popitem(last=False)

    def on_fill(self, key: Key, now_ns: int) -> None:
        """Take a fill from the fills channel."""
        if key not in self._told and len(self._unconfirmed) < REMEMBERED_FILLS:
            self._unconfirmed.setdefault(key, now_ns + CONFIRM_WITHIN_NS)

    def doubts(self, now_ns: int) -> str:
        """Why the venue should be asked; empty when all is well. Says everything once."""
        if self._unread_due_ns is not None and now_ns >= self._unread_due_ns:
            self._unread_due_ns, self._unread_told_ns = None, now_ns
            return "a private message was unreadable"
        overdue = [key for key, due_ns in self._unconfirmed.items() if due_ns <= now_ns]
        if overdue:
            for key in overdue:
                del self._unconfirmed[key]
            return f"fill {overdue[0][1]} came without its order push"
        if self._account_ns is not None and now_ns - self._account_ns >= self._quiet_ns:
            quiet_s = (now_ns - self._account_ns) // SECOND_NS
            self._account_ns = now_ns
            return f"account channel quiet for {quiet_s} s"
        return ""

    @property
    def due_ns(self) -> int | None:
        """When to look again."""
        due = [next(iter(self._unconfirmed.values()))] if self._unconfirmed else []
        due += [self._account_ns + self._quiet_ns] if self._account_ns is not None else []
        due += [self._unread_due_ns] if self._unread_due_ns is not None else []
        return min(due) if due else None
