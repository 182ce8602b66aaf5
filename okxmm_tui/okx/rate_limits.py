"""Local rate limits, so that the venue never has to refuse us (OKX v5, section "Rate Limit").

Sans-IO rolling windows of two seconds. REST and WebSocket share the venue's pools, so both routes ask
here. Cancels have pools of their own, which nothing else can use up.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
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
BUSY_CODES = frozenset({"50001", "50013", "50026"})
POOL_CODES = frozenset({"50011", "60014", "50040"})
FIRST_BUSY_NS = SECOND_NS // 4
LONGEST_BUSY_NS = 16 * SECOND_NS


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
        wait_ns = self.blocked_ns(now_ns)
        if self._used >= self.limit:
            wait_ns = max(wait_ns, self._takes[0] + WINDOW_NS - now_ns)
        return wait_ns

    def blocked_ns(self, now_ns: int) -> int:
        """Time until a block ends, whatever the count; 0 without one."""
        return max(0, self._blocked_until_ns - now_ns)

    def take(self, now_ns: int) -> None:
        """Count one order."""
        self._takes.append(now_ns)
        self._used += 1

    def block(self, until_ns: int) -> None:
        """Let nothing through until then."""
        self._blocked_until_ns = max(self._blocked_until_ns, until_ns)

    def usage(self, now_ns: int) -> Usage:
        """Orders in the window and how many fit; a blocked window is full."""
        self._forget(now_ns)
        return Usage(self.limit if now_ns < self._blocked_until_ns else self._used, self.limit)

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
        jitter: A number in 0..1, so that many clients of a busy venue do not come back together.
    """

    def __init__(
        self, share_percent: int = DEFAULT_SHARE_PERCENT, jitter: Callable[[], float] = random.random
    ) -> None:
        self._share_percent = share_percent
        self._jitter = jitter
        self._busy = 0
        self._account = Window(ACCOUNT_LIMIT * share_percent // 100)
        self._pools: dict[PoolKey, Window] = {}

    def set_account_limit(self, orders: int) -> None:
        """Take the sub-account's own cap on new and amended orders per 2 s (``trade/account-rate-limit``)."""
        self._account.limit = max(1, orders * self._share_percent // 100)

    def try_take(
        self, verb: Verb, inst_id: str, now_ns: int, *, is_batch: bool, is_capped: bool = True
    ) -> int:
        """Take room for one order; returns 0 when taken, else the time in ns until there is room.

        Args:
            verb: Which pool.
            inst_id: The limit is per instrument.
            now_ns: Monotonic time.
            is_batch: Whether it travels with others; a batch of one counts as single.
            is_capped: Whether it counts against the sub-account's cap; spot orders do not.
        """
        pool = self._pool(verb, inst_id, is_batch=is_batch)
        wait_ns = pool.wait_ns(now_ns)
        if verb is not Verb.CANCEL:
            # Without the cap's count a block of the whole account still holds.
            cap_ns = self._account.wait_ns(now_ns) if is_capped else self._account.blocked_ns(now_ns)
            wait_ns = max(wait_ns, cap_ns)
        if wait_ns:
            return wait_ns
        pool.take(now_ns)
        if verb is not Verb.CANCEL and is_capped:
            self._account.take(now_ns)
        return 0

    def punish(self, code: str, verb: Verb, inst_id: str, now_ns: int, *, is_batch: bool) -> None:
        """Back off after the venue's own refusal; other codes change nothing."""
        until_ns = now_ns + PENALTY_NS
        if code == "50061":
            self._account.block(until_ns)
        elif code in POOL_CODES:
            self._pool(verb, inst_id, is_batch=is_batch).block(until_ns)
        elif code in BUSY_CODES:
            self.venue_is_busy(now_ns)

    def venue_is_busy(self, now_ns: int) -> None:
        """Hold new and amended orders back, longer each time: the venue had no time, or no usable answer."""
        longest_ns = min(FIRST_BUSY_NS << min(self._busy, 10), LONGEST_BUSY_NS)
        self._busy += 1
        self._account.block(now_ns + int(longest_ns * (0.5 + 0.5 * self._jitter())))

    def venue_answered(self) -> None:
        """The venue took an order: the next bad moment starts small again."""
        self._busy = 0

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
