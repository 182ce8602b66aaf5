"""Local rate windows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.okx.rate_limits import SECOND_NS, WINDOW_NS, RateLimits, Usage, Verb

BTC, ETH = "BTC-USDT-SWAP", "ETH-USDT-SWAP"


def take(limits, verb=Verb.PLACE, inst_id=BTC, now_ns=0, *, is_batch=False):
    """Ask for one order."""
    return limits.try_take(verb, inst_id, now_ns, is_batch=is_batch)


def fill(limits, count, **how):
    """Ask for many; returns how many passed."""
    return sum(take(limits, **how) == 0 for _ in range(count))


def test_share_of_the_venue_limit():
    """New orders use 85 % of 60 single and 300 batched ones; cancels all of theirs."""
    assert fill(RateLimits(), 100) == 51
    assert fill(RateLimits(), 400, is_batch=True) == 255
    assert fill(RateLimits(), 100, verb=Verb.CANCEL) == 60


def test_pools_are_independent():
    """Verb, batch form and instrument each have a pool of their own."""
    limits = RateLimits()
    fill(limits, 100)
    assert take(limits) > 0
    assert take(limits, verb=Verb.AMEND) == 0
    assert take(limits, verb=Verb.CANCEL) == 0
    assert take(limits, is_batch=True) == 0
    assert take(limits, inst_id=ETH) == 0


def test_window_rolls():
    """Room comes back exactly two seconds after it was taken, and the wait says so."""
    limits = RateLimits()
    fill(limits, 51, now_ns=SECOND_NS)
    wait_ns = take(limits, now_ns=2 * SECOND_NS)
    assert wait_ns == SECOND_NS
    assert take(limits, now_ns=2 * SECOND_NS + wait_ns) == 0


def test_account_cap_spares_cancels():
    """850 new and amended orders over all instruments, and cancels still pass."""
    limits = RateLimits()
    taken = sum(fill(limits, 255, inst_id=f"I{index}", is_batch=True) for index in range(5))
    assert taken == 850
    assert take(limits, verb=Verb.AMEND, inst_id=ETH) > 0
    assert take(limits, verb=Verb.CANCEL, inst_id=ETH) == 0


def test_venue_refusal_stops_one_pool():
    """50011 rests the pool it came from for a window, and no other."""
    limits = RateLimits()
    limits.punish("50011", Verb.PLACE, BTC, 0, is_batch=False)
    assert take(limits, now_ns=1) == WINDOW_NS - 1
    assert take(limits, inst_id=ETH, now_ns=1) == 0
    assert take(limits, now_ns=WINDOW_NS) == 0


def test_account_refusal_stops_all_new_orders():
    """50061 rests new and amended orders of every instrument; cancels go on."""
    limits = RateLimits()
    limits.punish("50061", Verb.PLACE, BTC, 0, is_batch=False)
    assert take(limits, inst_id=ETH, now_ns=1) > 0
    assert take(limits, verb=Verb.CANCEL, now_ns=1) == 0


def test_other_codes_are_no_punishment():
    """A refused order says nothing about the rate."""
    limits = RateLimits()
    limits.punish("51008", Verb.PLACE, BTC, 0, is_batch=False)
    assert take(limits, now_ns=1) == 0


def test_gauge_shows_the_tightest_window():
    """What the operator sees is the window that will run out first."""
    limits = RateLimits()
    assert limits.tightest(0) == Usage(0, 850)
    fill(limits, 10)
    fill(limits, 20, is_batch=True)
    assert limits.tightest(0) == Usage(10, 51)
    assert limits.tightest(WINDOW_NS).used == 0


@given(gaps=st.lists(st.integers(0, SECOND_NS // 2), max_size=200))
def test_never_more_than_the_limit_in_any_window(gaps):
    """Whatever the timing, no two seconds ever hold more than the limit."""
    limits, now_ns, passed = RateLimits(), 0, []
    for gap in gaps:
        now_ns += gap // 20
        if take(limits, now_ns=now_ns) == 0:
            passed.append(now_ns)
    assert all(sum(start <= t < start + WINDOW_NS for t in passed) <= 51 for start in passed)


def test_spot_does_not_count_against_the_account_cap():
    """850 capped orders leave spot its own pool; a block of the account holds it all the same."""
    limits = RateLimits()
    for index in range(5):
        fill(limits, 255, inst_id=f"I{index}", is_batch=True)
    assert limits.try_take(Verb.PLACE, ETH, 0, is_batch=False) > 0
    assert limits.try_take(Verb.PLACE, "BTC-USDT", 0, is_batch=False, is_capped=False) == 0
    limits.punish("50061", Verb.PLACE, ETH, 0, is_batch=False)
    assert limits.try_take(Verb.PLACE, "BTC-USDT", 1, is_batch=False, is_capped=False) > 0


def test_a_busy_venue_is_left_alone_longer_each_time():
    """Exponential with jitter, cancels spared, and small again after the first order it took."""
    limits = RateLimits(jitter=lambda: 1.0)
    waits = []
    for _ in range(9):
        limits.punish("50013", Verb.PLACE, BTC, 0, is_batch=False)
        waits.append(take(limits) / SECOND_NS)
    assert waits[:4] == [0.25, 0.5, 1, 2]
    assert waits[-1] == 16
    assert take(limits, verb=Verb.CANCEL) == 0
    limits.venue_answered()
    limits.punish("50013", Verb.PLACE, BTC, 20 * SECOND_NS, is_batch=False)
    assert take(limits, now_ns=20 * SECOND_NS) == SECOND_NS // 4


def test_jitter_takes_up_to_half_away():
    """Clients of one busy venue come back at different times."""
    limits = RateLimits(jitter=lambda: 0.0)
    limits.punish("50013", Verb.PLACE, BTC, 0, is_batch=False)
    assert take(limits) == SECOND_NS // 8


def test_a_blocked_window_reads_as_full():
    """What the engine is told after 50011 or 50061 is that nothing is left."""
    limits = RateLimits()
    limits.punish("50061", Verb.PLACE, BTC, 0, is_batch=False)
    assert limits.tightest(1) == Usage(850, 850)
    assert limits.tightest(WINDOW_NS) == Usage(0, 850)


def test_the_account_may_have_a_higher_cap():
    """AccRateLimit counts, less our own margin."""
    limits = RateLimits()
    limits.set_account_limit(2_000)
    assert limits.tightest(0).limit == 1_700


@pytest.mark.parametrize("code", ["50011", "60014", "50040"])
def test_codes_that_stop_one_pool(code):
    """Every spelling of "too fast" rests the pool it came from, batch and single apart."""
    limits = RateLimits()
    limits.punish(code, Verb.AMEND, BTC, 0, is_batch=True)
    assert take(limits, verb=Verb.AMEND, is_batch=True, now_ns=1) == WINDOW_NS - 1
    assert take(limits, verb=Verb.AMEND, now_ns=1) == 0


@pytest.mark.parametrize("orders", [1, 0, -5])
def test_a_cap_of_next_to_nothing_still_lets_one_through(orders):
    """Whatever figure the venue names, the account has a window that can be full, and shown."""
    limits = RateLimits()
    limits.set_account_limit(orders)
    assert take(limits) == 0
    assert limits.tightest(0) == Usage(1, 1)
    assert take(limits) > 0
