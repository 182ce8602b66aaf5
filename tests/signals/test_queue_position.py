"""The queue estimates only ever shrink, and stay on the right side of the truth."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.signals.queue_position import QueuePosition


@given(st.integers(0, 1000), st.lists(st.tuples(st.booleans(), st.integers(0, 1000)), max_size=20))
def test_ahead_never_grows_and_never_goes_below_zero(start, happenings):
    """Prints and displayed sizes move both estimates down to zero and no further."""
    position = QueuePosition(start, own_lots=5)
    for now_ms, (is_print, lots) in enumerate(happenings, start=1):
        before, expected = position.ahead_lots, position.expected_ahead_lots
        if is_print:
            position.on_print(lots, now_ms)
        else:
            position.on_displayed(lots, now_ms)
        assert 0 <= position.ahead_lots <= before
        assert 0 <= position.expected_ahead_lots <= min(expected, position.ahead_lots)


def test_growth_behind_us_changes_nothing():
    """More displayed size at the price joined behind."""
    position = QueuePosition(10)
    position.on_displayed(50, 1)
    assert (position.ahead_lots, position.expected_ahead_lots) == (10, 10)


def test_a_print_is_not_taken_off_twice():
    """Whether the book or the tape tells of it first, 30 of 100 are gone."""
    book_first, tape_first = QueuePosition(100, 10), QueuePosition(100, 10)
    book_first.on_displayed(80, 5)
    book_first.on_print(30, 5)
    tape_first.on_print(30, 5)
    tape_first.on_displayed(80, 5)
    assert book_first.ahead_lots == tape_first.ahead_lots == 70


def test_a_print_after_the_book_counts_at_once():
    """Cancels had brought the bound to 60; a later print of 20 leaves 40, before any new book."""
    position = QueuePosition(100)
    position.on_displayed(60, 5)
    position.on_print(20, 6)
    assert position.ahead_lots == 40


@pytest.mark.parametrize(("power", "ahead"), [(1.0, 85.0), (2.0, 94.0), (3.0, 97.857142857)])
def test_the_power_form(power, ahead):
    """100 in front, 300 behind, 60 cancelled: the front gives 60 / (1 + 3^n) of them."""
    position = QueuePosition(100, own_lots=10, power=power)
    position.on_displayed(410, 1)  # 300 joined behind us
    position.on_displayed(350, 2)  # 60 gone: back 300, front 100
    assert position.expected_ahead_lots == pytest.approx(ahead)
    assert position.ahead_lots == 100


def test_what_does_not_fit_behind_came_from_the_front():
    """Only 5 stand behind us: of 30 gone at least 25 stood ahead."""
    position = QueuePosition(100, own_lots=10)
    position.on_displayed(115, 1)
    position.on_displayed(85, 2)
    assert position.expected_ahead_lots <= 75


def test_a_decrease_explained_by_prints_is_no_cancel():
    """Both tell of the same 40 lots."""
    position = QueuePosition(100, own_lots=10)
    position.on_displayed(210, 1)
    position.on_print(40, 2)
    position.on_displayed(170, 3)
    assert (position.ahead_lots, position.expected_ahead_lots) == (60, 60)


def test_what_stood_ahead_before_a_fill_does_not_depend_on_what_is_heard_first():
    """60 ahead at 9 ms; the sweep of 10 ms ate them, told by tape and book, before or after the fill."""
    told = QueuePosition(100, own_lots=10, shown_ms=1)
    told.on_displayed(60, 9)
    assert told.ahead_before(10) == 60
    told.on_print(60, 10)
    told.on_displayed(0, 11)
    told.on_displayed(300, 12)
    assert told.ahead_lots == 0
    assert told.ahead_before(10) == 60
    assert (told.ahead_before(9), told.ahead_before(11)) == (100, 0)


def test_what_stood_ahead_before_it_joined_or_long_ago_is_not_known():
    """Neither is guessed."""
    position = QueuePosition(1_000, shown_ms=10)
    assert position.ahead_before(9) is None
    for at_ms in range(11, 40):
        position.on_print(1, at_ms)
    assert position.ahead_before(12) is None
    assert position.ahead_before(38) == 1_000 - 27


def test_a_part_filled_order_is_the_first():
    """Whatever was estimated ahead is gone; news of a fill from before the order joined says nothing."""
    position = QueuePosition(100, own_lots=10, shown_ms=50)
    position.on_own_fill(49)
    assert (position.ahead_lots, position.expected_ahead_lots) == (100, 100)
    position.on_own_fill(50)
    assert (position.ahead_lots, position.expected_ahead_lots) == (0, 0)
    position.on_displayed(400, 60)
    assert (position.ahead_lots, position.expected_ahead_lots) == (0, 0)


@given(st.integers(0, 10_000))
def test_the_cautious_estimate_is_never_too_small(seed):
    """Joins, cancels anywhere and prints, told in either order: never less than is truly ahead."""
    source = random.Random(seed)
    ahead, behind, own = source.randint(0, 50), 0, 10
    position = QueuePosition(ahead, own)
    for now_ms in range(1, 40):
        printed = 0
        match source.randrange(4):
            case 0:
                behind += source.randint(0, 30)
            case 1:
                ahead -= source.randint(0, ahead)
            case 2:
                behind -= source.randint(0, behind)
            case _:
                printed = source.randint(0, ahead)
                ahead -= printed
        tape_first = source.random() < 0.5
        if printed and tape_first:
            position.on_print(printed, now_ms)
        position.on_displayed(ahead + own + behind, now_ms)
        if printed and not tape_first:
            position.on_print(printed, now_ms)
        assert position.ahead_lots >= ahead
