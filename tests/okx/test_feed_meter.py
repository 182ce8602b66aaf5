"""Figures of the market data path."""

from __future__ import annotations

from okxmm_tui.core.messages import FeedMeasured
from okxmm_tui.okx.conflate import conflate
from okxmm_tui.okx.feed_meter import MAX_DELAY_NS, SECOND_NS, FeedMeter
from tests.okx.test_conflate import top, trade, update

MS = 1_000_000


def test_counts_ages_and_delays_of_one_second():
    """Received is applied plus conflated; oldest reading and median delay are told; then all is new."""
    meter = FeedMeter()
    meter.start(5)
    for venue_now_ms in (30, 20, 90):
        events = [update(1), trade(1), update(2), top(10)]
        meter.read(events, conflate(events), venue_now_ms * MS)
    meter.handed_on(3_000)
    meter.handed_on(2_000)
    assert meter.due_ns == 5 + SECOND_NS
    assert meter.report(SECOND_NS) == FeedMeasured(9, 6, 3, 3_000, 20 * MS)
    assert meter.report(2 * SECOND_NS) == FeedMeasured(0, 0, 0, 0, 0)
    assert meter.due_ns == 3 * SECOND_NS


def test_time_stamp_from_another_age_is_bounded():
    """Venue bytes are untrusted: the figure must fit into the record whatever they say."""
    meter = FeedMeter()
    meter.read([top(2**62)], [top(2**62)], 5)
    assert meter.report(1).venue_delay_ns == -MAX_DELAY_NS


def test_prints_alone_are_no_state():
    """Nothing that may not be merged is counted."""
    meter = FeedMeter()
    meter.read([trade(1)], [trade(1)], 5)
    assert meter.report(1) == FeedMeasured(0, 0, 0, 0, 0)
