"""Exact conversions between strings, ticks and lots."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.core.types import ContractKind
from okxmm_tui.errors import WireError
from tests.samples import swap


@given(st.integers(-(10**12), 10**12))
def test_ticks_survive_the_way_to_text_and_back(ticks):
    """price_text and price_to_ticks are inverse."""
    assert swap().price_to_ticks(swap().price_text(ticks)) == ticks


@given(st.integers(0, 10**12))
def test_lots_survive_the_way_to_text_and_back(lots):
    """size_text and size_to_lots are inverse."""
    assert swap().size_to_lots(swap().size_text(lots)) == lots


@pytest.mark.parametrize("price", ["60000.15", "abc", "", "NaN", "Infinity"])
def test_bad_prices_name_the_offending_value(price):
    """A price that is no multiple of the tick, or no number, is refused with its text."""
    with pytest.raises(WireError, match="BTC-USDT-SWAP") as caught:
        swap().price_to_ticks(price)
    assert repr(price) in str(caught.value)


def test_notional_of_a_linear_contract():
    """Two contracts of 0.01 BTC at 60,000 are worth 1,200 USDT."""
    assert swap().notional_quote(200, 600_000) == Decimal(1200)
    assert swap().base_amount(200, 600_000) == Decimal("0.02")


def test_notional_of_an_inverse_contract():
    """Two contracts of 100 USD are worth 200 USD, and 200/price in coin."""
    inverse = swap("BTC-USD-SWAP", kind=ContractKind.INVERSE, contract_value=Decimal(100))
    assert inverse.notional_quote(200, 600_000) == Decimal(200)
    assert inverse.base_amount(200, 500_000) == Decimal("0.004")


def test_unknown_states_are_not_tradable():
    """Only ``live`` allows orders."""
    assert swap().is_tradable
    assert not swap(state="post_only").is_tradable
    assert not swap(state="something_new").is_tradable


def test_decimals_follow_the_steps():
    """Tick 0.1 shows one digit, lot 0.01 two."""
    assert (swap().price_decimals, swap().size_decimals) == (1, 2)
