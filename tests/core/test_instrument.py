"""Exact conversions between strings, ticks and lots."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.core.types import ContractKind
from okxmm_tui.errors import WireError
from tests.samples import inverse, pair, swap


@given(st.integers(-(10**12), 10**12))
def test_ticks_survive_the_way_to_text_and_back(ticks):
    """price_text and price_to_ticks are inverse."""
    assert swap().price_to_ticks(swap().price_text(ticks)) == ticks


@given(st.integers(0, 10**12))
def test_lots_survive_the_way_to_text_and_back(lots):
    """size_text and split_size are inverse."""
    assert swap().split_size(swap().size_text(lots)) == (lots, 0)


@pytest.mark.parametrize("price", ["60000.15", "abc", "", "NaN", "Infinity", "75.1e9999999", "1e999999"])
def test_bad_prices_name_the_offending_value(price):
    """A price that is no multiple of the tick, or no number, is refused with its text."""
    with pytest.raises(WireError, match="BTC-USDT-SWAP") as caught:
        swap().price_to_ticks(price)
    assert repr(price) in str(caught.value)


def test_a_refused_price_is_told_in_plain_numbers():
    """Neither Python's words nor exponents."""
    with pytest.raises(WireError, match=r"^price '0\.05' of BTC-USDT-SWAP was no multiple of 0\.1\.$"):
        swap().price_to_ticks(Decimal("5E-2"))


@pytest.mark.parametrize(
    ("size", "lots", "rest"), [("1.37", 137, "0"), ("1.375", 137, "0.005"), ("-0.004", 0, "-0.004")]
)
def test_a_size_finer_than_the_lot_keeps_its_rest(size, lots, rest):
    """Whole lots towards zero, and the rest beside them with the same sign."""
    assert swap().split_size(size) == (lots, Decimal(rest))


def test_a_price_of_the_past_has_a_nearest_tick_and_keeps_itself():
    """On the grid the ticks say it all; off it the price is kept beside them."""
    assert swap().nearest_ticks("60000.1") == (600_001, None)
    assert swap().nearest_ticks("60000.16") == (600_002, Decimal("60000.16"))
    with pytest.raises(WireError):
        swap().nearest_ticks("1e9999999")


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


def test_notional_of_a_spot_pair():
    """0.02 BTC at 60,000 are 1,200 USDT and 0.02 BTC."""
    assert pair().notional_quote(2_000_000, 600_000) == Decimal(1200)
    assert pair().base_amount(2_000_000, 600_000) == Decimal("0.02")


@pytest.mark.parametrize("price", [Decimal(30_000), Decimal("60000.05"), Decimal(90_000)])
def test_inverse_contracts_are_worth_their_face_at_any_price(price):
    """Thirty contracts of 100 USD are 3,000 USD, whatever a coin costs."""
    assert inverse().notional_at(300, price) == Decimal(3_000)


def test_sizes_name_their_unit():
    """Contracts for derivatives, the base currency for spot."""
    assert (swap().size_unit, inverse().size_unit, pair().size_unit) == ("ct", "ct", "BTC")
