"""Local rate limits, so that the venue never has to refuse us (OKX v5, section "Rate Limit").

Sans-IO rolling windows of two seconds. REST and WebSocket share the venue's pools, so both routes ask
here. Cancels have pools of their own, which nothing else can use up.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum

from msgspec import Struct

SECOND_NS = 1_000_000_000
WINDOW_NS = 2 * SECOND_NS
SINGLE_LIMIT = 60
BATCH_LIMIT = 300
ACCOUNT_LIMIT = 1_000
"""New and amended orders of the whole sub-account; cancels do not count."""
DEFAULT_SHARE_PERCENT = 85
PENALTY_NS = WINDOW_NS


class Verb(StrEnum):
    """What is asked of an order."""

    PLACE = "place"
    AMEND = "amend"
    CANCEL = "cancel"


class Usage(Struct, frozen=True):
    """How full a window is."""

    used: int
    limit: int


class Window:
    """A rolling window; O(1) amortised."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._blocked_until_ns = 0
        self._used = 0
        self._takes: deque[int] = deque()

    def wait_ns(self, now_ns: int) -> int:
        """Time until one more order fits; 0 when it fits now."""
        self._forget(now_ns)
        wait_ns = max(0, self._blocked_until_ns - now_ns)
        if self._used >= self.limit:
            wait_ns = max(wait_ns, self._takes[0] + WINDOW_NS - now_ns)
        return wait_ns

    def take(self, now_ns: int) -> None:
        """Count one order."""
        self._takes.append(now_ns)
        self._used += 1

    def block(self, until_ns: int) -> None:
        """Let nothing through until then."""
        self._blocked_until_ns = max(self._blocked_until_ns, until_ns)

    def usage(self, now_ns: int) -> Usage:
        """Orders in the window and how many fit."""
        self._forget(now_ns)
        return Usage(self._used, self.limit)

    def _forget(self, now_ns: int) -> None:
        while self._takes and now_ns - self._takes[0] >= WINDOW_NS:
            self._takes.popleft()
            self._used -= 1


PoolKey = tuple[Verb, bool, str]


class RateLimits:
    """All pools of one sub-account.

    Args:
        share_percent: How much of the venue's limit new and amended orders may use. Cancels use all of
            theirs: a cancel held back here does more harm than one refused there.
    """

    def __init__(self, share_percent: int = DEFAULT_SHARE_PERCENT) -> None:
        self._share_percent = share_percent
        self._account = Window(ACCOUNT_LIMIT * share_percent // 100)
        self._pools: dict[PoolKey, Window] = {}

    def try_take(self, verb: Verb, inst_id: str, now_ns: int, *, is_batch: bool) -> int:
        """Take room for one order; returns 0 when taken, else the time in ns until there is room.

        Args:
            verb: Which pool.
            inst_id: The limit is per instrument.
            now_ns: Monotonic time.
            is_batch: Whether it travels with others; a batch of one counts as single.
        """
        pool = self._pool(verb, inst_id, is_batch=is_batch)
        wait_ns = pool.wait_ns(now_ns)
        if verb is not Verb.CANCEL:
            wait_ns = max(wait_ns, self._account.wait_ns(now_ns))
        if wait_ns:
            return wait_ns
        pool.take(now_ns)
        if verb is not Verb.CANCEL:
            self._account.take(now_ns)
        return 0

    def punish(self, code: str, verb: Verb, inst_id: str, now_ns: int, *, is_batch: bool) -> None:
        """Back off after the venue's own refusal; other codes change nothing."""
        until_ns = now_ns + PENALTY_NS
        if code == "50061":
            self._account.block(until_ns)
        elif code in {"50011", "60014", "50040"}:
            self._pool(verb, inst_id, is_batch=is_batch).block(until_ns)

    def tightest(self, now_ns: int) -> Usage:
        """Usage of the window for new and amended orders that is fullest in proportion."""
        windows = [window for (verb, _, _), window in self._pools.items() if verb is not Verb.CANCEL]
        usages = [window.usage(now_ns) for window in (self._account, *windows)]
        return max(usages, key=lambda usage: usage.used / usage.limit)

    def _pool(self, verb: Verb, inst_id: str, *, is_batch: bool) -> Window:
        key = (verb, is_batch, inst_id)
        pool = self._pools.get(key)
        if pool is None:
            share = 100 if verb is Verb.CANCEL else self._share_percent
            pool = self._pools[key] = Window((BATCH_LIMIT if is_batch else SINGLE_LIMIT) * share // 100)
        return pool
