"""Numbers from outside: exact, or refused before they are reckoned with."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.core.decimals import read_decimal
from okxmm_tui.errors import WireError


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30, places=12))
def test_every_amount_of_this_world_is_read_exactly(number):
    """As text and as it is."""
    assert read_decimal(str(number)) == read_decimal(number) == number


@pytest.mark.parametrize(
    "text",
    [
        "", "abc", "NaN", "sNaN", "Infinity", "-Infinity", "75.1e9999999", "-1e999999", "1e-9999999",
        "0e9999999", "1e999999999999999999999", "9" * 5_000,
    ],
)  # fmt: skip
def test_what_no_arithmetic_can_bear_is_refused(text):
    """Sizes like 75.1e9999999 overflowed where they were divided, and 1e999999 took over a minute."""
    with pytest.raises(WireError, match="number"):
        read_decimal(text)


def test_the_error_shows_the_beginning_of_the_text():
    """Not all five thousand digits of it."""
    with pytest.raises(WireError) as refusal:
        read_decimal(Decimal("9" * 5_000))
    assert len(str(refusal.value)) < 120
