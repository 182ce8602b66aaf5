"""The queue estimate only ever shrinks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.signals.queue_position import QueuePosition


@given(st.integers(0, 1000), st.lists(st.tuples(st.booleans(), st.integers(0, 1000)), max_size=20))
def test_ahead_never_grows_and_never_goes_below_zero(start, happenings):
    """Prints and displayed sizes move the estimate down to zero and no further."""
    position = QueuePosition(start)
    for is_print, lots in happenings:
        before = position.ahead_lots
        if is_print:
            position.on_print(lots, 1)
        else:
            position.on_displayed(lots, 0)
        assert 0 <= position.ahead_lots <= before


def test_growth_behind_us_changes_nothing():
    """More displayed size at the price joined behind."""
    position = QueuePosition(10)
    position.on_displayed(50, 0)
    assert position.ahead_lots == 10
