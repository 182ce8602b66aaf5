"""Parameters change all at once or not at all."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.core.params import ParamSet, for_instrument, plain
from okxmm_tui.strategies.inventory_skew import InventorySkew
from tests.samples import inverse, pair, swap


def _set(**given_values: Decimal) -> ParamSet:
    made = ParamSet.from_specs(InventorySkew.specs, given_values)
    assert isinstance(made, ParamSet)
    return made


def test_unknown_and_out_of_bounds_say_what_is_allowed():
    """The answer names the value, the bounds or the known names."""
    assert "unknown" in str(ParamSet.from_specs(InventorySkew.specs, {"nope": Decimal(1)}))
    problem = _set().with_value("inventory_skew", Decimal(9))
    assert isinstance(problem, str)
    assert "9" in problem
    assert "between 0 and 3" in problem


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_non_numbers_are_refused(value):
    """NaN compares false with every bound and must still be refused."""
    assert isinstance(_set().with_value("order_size", Decimal(value)), str)


@given(st.lists(st.integers(1, 20).map(lambda n: Decimal(n) / 10), max_size=20))
def test_undo_walks_all_the_way_back(values):
    """As many undos as changes lead back to the start, with ever new versions."""
    params = start = _set()
    for value in values:
        changed = params.with_value("inventory_skew", value)
        assert isinstance(changed, ParamSet)
        params = changed
    for _ in values:
        undone = params.undone()
        assert isinstance(undone, ParamSet)
        params = undone
    assert params.values == start.values
    assert params.version == 1 + 2 * len(values)
    assert isinstance(params.undone(), str)


def test_a_hundred_steps_up_and_down_end_where_they_began():
    """Decimal steps leave no dust."""
    value, step = Decimal("0.5"), Decimal("0.1")
    for sign in [1] * 100 + [-1] * 100:
        value += sign * step
    assert value == Decimal("0.5")


@pytest.mark.parametrize(("value", "text"), [("4.0", "4"), ("0.50", "0.5"), ("100", "100"), ("1E+2", "100")])
def test_plain_writes_no_zeros_and_no_exponent(value, text):
    """Numbers look the way people type them."""
    assert plain(Decimal(value)) == text


def test_derivatives_keep_the_declared_unit():
    """Contracts are contracts, linear or inverse."""
    for instrument in (swap(), inverse()):
        assert for_instrument(InventorySkew.specs, instrument) == InventorySkew.specs


def test_spot_is_sized_in_base_currency():
    """A smallest order of 0.00001 BTC: quotes of 0.001 BTC, position up to 0.005 BTC, bounds to match."""
    specs = {spec.name: spec for spec in for_instrument(InventorySkew.specs, pair())}
    size, limit = specs["order_size"], specs["max_position"]
    assert (size.unit, limit.unit, specs["base_spread_bps"].unit) == ("BTC", "BTC", "bps")
    assert (size.default, size.minimum, size.step) == (
        Decimal("0.001"),
        Decimal("0.00001"),
        Decimal("0.0005"),
    )
    assert (limit.default, limit.maximum) == (Decimal("0.005"), Decimal(100))
    assert "in BTC" in size.help
    assert "contracts" not in limit.help


def test_spot_sizes_below_the_smallest_order_are_refused():
    """The bound is the venue's own, and the answer names the unit."""
    problem = ParamSet.from_specs(
        for_instrument(InventorySkew.specs, pair()), {"order_size": Decimal("0.000001")}
    )
    assert "0.00001 and 10 BTC" in str(problem)
