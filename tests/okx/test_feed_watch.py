"""Channels that fall silent on a living connection."""

from __future__ import annotations

from okxmm_tui.okx.feed_watch import SECOND_NS, FeedWatch, Silence


def watch(*, has_top=True):
    """A watch at 0 with a book at 10."""
    made = FeedWatch(has_top=has_top)
    made.start(0)
    made.on_book(10, 0)
    made.on_top(10, 0)
    return made


def test_book_that_lags_the_best_prices_is_silent():
    """Books come every 100 ms: three seconds behind is no delay."""
    made = watch()
    made.on_top(12, SECOND_NS)
    made.on_top(13, 3 * SECOND_NS)
    assert made.due_ns == 4 * SECOND_NS
    assert made.verdict(4 * SECOND_NS - 1) is Silence.NONE
    assert made.verdict(4 * SECOND_NS) is Silence.BOOK


def test_book_that_follows_in_time_is_fine():
    """Any book message proves the channel."""
    made = watch()
    made.on_top(12, SECOND_NS)
    made.on_book(12, 2 * SECOND_NS)
    assert made.verdict(4 * SECOND_NS) is Silence.NONE


def test_quiet_on_both_is_compared_over_rest():
    """Once every five seconds; a newer book there that does not arrive here proves the silence."""
    made = watch()
    assert made.verdict(5 * SECOND_NS) is Silence.COMPARE
    assert made.verdict(6 * SECOND_NS) is Silence.NONE
    made.on_compared(10, 6 * SECOND_NS)
    assert made.verdict(9 * SECOND_NS) is Silence.NONE
    assert made.verdict(10 * SECOND_NS) is Silence.COMPARE
    made.on_compared(11, 10 * SECOND_NS)
    assert made.due_ns == 11 * SECOND_NS
    assert made.verdict(11 * SECOND_NS) is Silence.BOOK


def test_book_that_was_on_its_way_clears_the_suspicion():
    """What REST knew first arrives within the second."""
    made = watch()
    made.on_compared(11, SECOND_NS)
    made.on_book(11, SECOND_NS + 1)
    assert made.verdict(3 * SECOND_NS) is Silence.NONE


def test_a_minute_without_the_repetition_is_silence():
    """Heartbeats and repeated best prices come after 60 s; without a channel of its own none is missed."""
    made = watch()
    made.on_book(10, 20 * SECOND_NS)
    made.on_book(10, 66 * SECOND_NS)
    assert made.verdict(70 * SECOND_NS) is Silence.TOP
    assert made.verdict(70 * SECOND_NS + 1) is not Silence.TOP
    alone = watch(has_top=False)
    alone.on_book(10, 66 * SECOND_NS)
    assert alone.verdict(70 * SECOND_NS) is Silence.NONE
    assert alone.verdict(136 * SECOND_NS) is Silence.BOOK
