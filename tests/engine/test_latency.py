"""Waiting times and what too long a one does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.core.effects import CancelOrder
from okxmm_tui.core.messages import FeedMeasured, LatencyMeasured
from okxmm_tui.core.types import Side
from okxmm_tui.engine.latency import ENOUGH, is_spike, percentile
from okxmm_tui.engine.view import build_snapshot
from tests.engine.desk import MS, Desk


def answer(desk, took_ms, verb="amend", times=1):
    """Answers that took so long."""
    return [e for _ in range(times) for e in desk.feed(LatencyMeasured(verb, "ws", took_ms * MS), 0)]


def reason(desk):
    """What the bid side says."""
    return desk.market.sides[Side.BUY].reason


@given(st.lists(st.integers(0, 10**9), min_size=1), st.integers(1, 100))
def test_percentile_is_a_value_with_its_share_at_or_below(values, percent):
    """Nearest rank: at least that share is not above it, and less than that is below it."""
    ordered = sorted(values)
    found = percentile(ordered, percent)
    assert sum(each <= found for each in ordered) * 100 >= percent * len(ordered)
    assert sum(each < found for each in ordered) * 100 < percent * len(ordered)


def test_a_spike_stands_out_from_the_median():
    """Judged against the median of the rest, with a millisecond as the least spread; few say nothing."""
    calm = [10 * MS + n * MS // 10 for n in range(20)]
    assert is_spike(100 * MS, calm)
    assert not is_spike(12 * MS, calm)
    assert not is_spike(100 * MS, calm[: ENOUGH - 1])


@pytest.mark.parametrize("verb", ["place", "amend", "cancel"])
def test_slow_answers_pull_quotes_and_half_the_limit_brings_them_back(verb):
    """p95 above 200 ms pulls with the figure; 100 ms does not lift it, 99 does."""
    desk = Desk()
    desk.quoting()
    answer(desk, 201, verb, ENOUGH - 1)
    assert "p95" not in reason(desk)
    effects = answer(desk, 201, verb)
    assert len(desk.taken(CancelOrder, effects)) == 2
    assert reason(desk) == "order answers take 201 ms (p95), limit 200 ms"
    answer(desk, 100, verb, 50)
    assert "p95" in reason(desk)
    answer(desk, 99, verb, 50)
    assert "p95" not in reason(desk)
    assert not desk.reducer.session.alarms.is_standing("latency")


def test_reads_do_not_pull_quotes_and_old_answers_are_forgotten():
    """Slow REST lists are shown only; after 30 s without answers quoting is tried again."""
    desk = Desk()
    desk.quoting()
    answer(desk, 900, "rest", 50)
    assert "p95" not in reason(desk)
    answer(desk, 900, "place", ENOUGH)
    assert desk.reducer.watchdog.latency.block
    desk.run(31_000)
    assert not desk.reducer.watchdog.latency.block


def test_the_picture_has_percentiles_and_spikes():
    """Per verb and for the feed; a second without market data is no delay of zero."""
    desk = Desk()
    answer(desk, 10, "place", 20)
    answer(desk, 500, "place")
    desk.feed(FeedMeasured(5, 5, 0, 1, 30 * MS))
    desk.feed(FeedMeasured(0, 0, 0, 0, 0))
    health = build_snapshot(desk.reducer, 1).health
    place, feed = health.latencies
    assert (place.name, place.p50_ms, place.p99_ms, place.samples) == ("place", 10, 500, 21)
    assert (feed.name, feed.p95_ms, feed.samples) == ("feed", 30, 1)
    assert health.latency_spikes == 1
