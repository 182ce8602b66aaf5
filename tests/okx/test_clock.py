"""The venue's clock."""

from __future__ import annotations

from okxmm_tui.okx.clock import VenueClock

MS = 1_000_000


def test_offset_is_measured_half_way():
    """The venue's answer was true in the middle of the round trip."""
    clock = VenueClock(lambda: 1_000 * MS)
    clock.measure(venue_ms=1_250, sent_ns=1_000 * MS, took_ns=100 * MS)
    assert clock.offset_ns == 200 * MS + MS // 2
    assert clock.now_ns() == 1_200 * MS + MS // 2


def test_quickest_of_the_last_samples_counts():
    """A slow answer says little about the clock and does not replace a quick one."""
    clock = VenueClock(lambda: 0)
    clock.measure(1_000, 1_000 * MS, 2 * MS)
    quick = clock.offset_ns
    clock.measure(1_400, 1_000 * MS, 400 * MS)
    assert clock.offset_ns == quick


def test_a_clock_that_was_set_is_believed_at_once():
    """A jump of more than a second voids the older samples."""
    clock = VenueClock(lambda: 0)
    clock.measure(1_000, 1_000 * MS, 2 * MS)
    clock.measure(61_000, 1_000 * MS, 40 * MS)
    assert clock.offset_ms > 59_000


def test_a_clock_set_by_less_than_a_second_is_believed_at_once_too():
    """Quick old answers contradict the new one: for minutes they held a clock wrong that was right again."""
    clock = VenueClock(lambda: 0)
    clock.measure(600, 1_000 * MS, 2 * MS)
    clock.measure(1_000, 1_000 * MS, 10 * MS)
    assert abs(clock.offset_ms) < 10
    assert clock.uncertainty_ns == 6 * MS


def test_uncertainty_is_half_the_best_round_trip_and_the_resolution():
    """A slower answer does not make the figure worse."""
    clock = VenueClock(lambda: 0, lambda: 0)
    assert not clock.is_measured
    clock.measure(1_000, 1_000 * MS, 20 * MS)
    clock.measure(1_000, 1_000 * MS, 80 * MS)
    assert (clock.is_measured, clock.uncertainty_ns) == (True, 11 * MS)


def test_a_sleep_is_a_jump_once_and_moves_the_expiry():
    """Apart by an hour: told once, old samples void, expiries of the engine move along."""
    now = {"wall": 0, "steady": 0}
    clock = VenueClock(lambda: now["wall"], lambda: now["steady"])
    clock.measure(1_000, 1_000 * MS, 0)
    assert clock.take_jump() == 0
    now["wall"] += 3_600_000 * MS + 50 * MS
    now["steady"] += 50 * MS
    assert clock.take_jump() == 3_600_000 * MS
    assert clock.take_jump() == 0
    assert not clock.is_measured
    assert clock.expiry_shift_ms == clock.offset_ms + 3_600_000


def test_a_slewed_clock_is_no_jump():
    """NTP bends the wall clock by a few ms: nothing happened."""
    now = {"wall": 0}
    clock = VenueClock(lambda: now["wall"], lambda: 0)
    now["wall"] = 400 * MS
    assert clock.take_jump() == 0
