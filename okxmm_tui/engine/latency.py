"""Waiting times: rolling percentiles, spikes, and the limit beyond which quoting is blind.

The rule. Answers to places, amends and cancels of the last 30 s, at most 50 of them, are one sample. When it
holds ten or more and its 95th percentile exceeds ``api_latency_limit_ms``, quotes are pulled; they come back
when it falls below half the limit, or when fewer than ten answers are left, because a market that is not
quoted brings no new ones.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from statistics import median

from okxmm_tui.core.messages import FeedMeasured, LatencyMeasured
from okxmm_tui.core.snapshot import LatencyView
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.session import Session

NS_PER_MS = 1_000_000
KEPT = 200
JUDGED = 50
JUDGED_NS = 30 * 1_000_000_000
ENOUGH = 10
SPIKE_Z = 6.0
MAD_TO_SIGMA = 1.4826
"""Median absolute deviation of a normal distribution times this is its standard deviation."""
LEAST_SIGMA_NS = NS_PER_MS
"""Below a millisecond nothing is a spike, however steady the rest was."""
ORDER_VERBS = frozenset({"place", "amend", "cancel"})
FEED = "feed"


def percentile(ordered: Sequence[int], percent: float) -> int:
    """Nearest-rank percentile.

    Args:
        ordered: Ascending, not empty.
        percent: 0..100.
    """
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, int(rank) - 1)]


def is_spike(value: int, others: Sequence[int]) -> bool:
    """Whether a value stands out by its robust z-score: distance from the median in units of the MAD.

    Args:
        value: The newest, ns.
        others: Those before it, ns; fewer than ten say nothing.
    """
    if len(others) < ENOUGH:
        return False
    middle = median(others)
    spread = MAD_TO_SIGMA * median(abs(other - middle) for other in others)
    return (value - middle) / max(spread, LEAST_SIGMA_NS) > SPIKE_Z


class LatencyGuard:
    """Keeps the figures and blocks quoting while answers take too long."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._samples: dict[str, deque[int]] = {}
        self._answers: deque[tuple[int, int]] = deque(maxlen=JUDGED)
        self.spikes = 0
        self.answers_p95_ns = 0
        """Of the sample that is judged; 0 while it is too small."""
        self.block = ""
        """Why nothing may be quoted; empty when answers come in time."""

    def on_latency(self, event: LatencyMeasured) -> None:
        """Take one round trip."""
        self._session.last_latency = event
        self._take(event.verb, event.took_ns)
        if event.verb in ORDER_VERBS:
            self._answers.append((self._session.now_ns, event.took_ns))
            self._judge()

    def on_feed(self, event: FeedMeasured) -> None:
        """Take the delay of market data; a second without any has none."""
        self._session.feed = event
        if event.venue_delay_ns:
            self._take(FEED, event.venue_delay_ns)

    def on_tick(self) -> None:
        """Let old answers go."""
        if self.answers_p95_ns:
            self._judge()

    def views(self) -> tuple[LatencyView, ...]:
        """The percentiles of every kind seen so far."""
        views: list[LatencyView] = []
        for name, samples in self._samples.items():
            ordered = sorted(samples)
            p50, p95, p99 = (percentile(ordered, each) / NS_PER_MS for each in (50, 95, 99))
            views.append(LatencyView(name, p50, p95, p99, len(ordered)))
        return tuple(views)

    def _take(self, name: str, took_ns: int) -> None:
        samples = self._samples.setdefault(name, deque(maxlen=KEPT))
        self.spikes += is_spike(took_ns, samples)
        samples.append(took_ns)

    def _judge(self) -> None:
        now_ns, limit_ms = self._session.now_ns, self._session.limits.api_latency_limit_ms
        while self._answers and now_ns - self._answers[0][0] > JUDGED_NS:
            self._answers.popleft()
        p95_ns = 0
        if len(self._answers) >= ENOUGH:
            p95_ns = percentile(sorted(took_ns for _, took_ns in self._answers), 95)
        self.answers_p95_ns = p95_ns
        if p95_ns > limit_ms * NS_PER_MS:
            self.block = f"order answers take {p95_ns / NS_PER_MS:.0f} ms (p95), limit {limit_ms} ms"
            self._session.raise_alarm("latency", Severity.WARNING, f"{self.block}; quotes pulled")
        elif self.block and 2 * p95_ns < limit_ms * NS_PER_MS:
            self.block = ""
            self._session.clear_alarm("latency", "order answers come in time again")
