"""Strategies by name."""

from __future__ import annotations

import pytest

from okxmm_tui.errors import UsageError
from okxmm_tui.strategies.registry import DEFAULT_STRATEGY, STRATEGIES, make_strategy


def test_every_name_makes_its_strategy():
    """The registry's names are the strategies' own."""
    assert all(make_strategy(name).name == name for name in STRATEGIES)
    assert DEFAULT_STRATEGY in STRATEGIES


def test_an_unknown_name_lists_the_known_ones():
    """The error says what would have worked."""
    with pytest.raises(UsageError, match="inventory_skew"):
        make_strategy("nope")
