"""Price and size text to whole units, remembered."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from okxmm_tui.errors import WireError
from okxmm_tui.okx.units import MAX_TEXT, UnitTable
from tests.okx.conftest import make_instrument

STEPS = st.sampled_from(["0.1", "0.01", "1", "0.5", "0.00000001", "5", "0.25", "10", "0.10", "1.0"])


@given(step=STEPS, units=st.integers(min_value=0, max_value=10**12), padding=st.integers(0, 4))
def test_every_multiple_converts_exactly(step, units, padding):
    """Whatever the step and however many zeros the venue appends, text becomes the same whole number."""
    instrument = make_instrument(tick=step)
    text = format(units * Decimal(step), "f")
    if padding:
        text += ("" if "." in text else ".") + "0" * padding
    table = UnitTable(instrument.tick_size, instrument.price_to_ticks)
    assert table[text] == units
    assert table[text] == instrument.price_to_ticks(text)


@given(step=STEPS, text=st.text(max_size=12))
@example(step="0.1", text="0E100")
@example(step="0.1", text="1E100")
def test_any_text_converts_exactly_or_is_refused(step, text):
    """The quick way never accepts what the exact way refuses, and never gives another number."""
    instrument = make_instrument(tick=step)
    table = UnitTable(instrument.tick_size, instrument.price_to_ticks)
    try:
        exact = instrument.price_to_ticks(text)
    except WireError:
        with pytest.raises(WireError):
            table[text]
    else:
        if exact < 10**MAX_TEXT:
            assert table[text] == exact
        else:
            with pytest.raises(WireError, match="too large"):
                table[text]


@pytest.mark.parametrize(
    "text", ["60000.15", "", "abc", "NaN", "Infinity", "1e400000", "75.1e9999999", "9" * 5000, "."]
)
def test_what_is_no_multiple_is_refused_with_its_value(text):
    """Off-tick prices and nonsense raise the error that carries them."""
    instrument = make_instrument()
    with pytest.raises(WireError):
        UnitTable(instrument.tick_size, instrument.price_to_ticks)[text]


def test_table_starts_over_when_full():
    """Memory is bounded however long the session."""
    instrument = make_instrument()
    table = UnitTable(instrument.tick_size, instrument.price_to_ticks, max_entries=10)
    for tick in range(100):
        assert table[instrument.price_text(tick)] == tick
    assert len(table) <= 10
