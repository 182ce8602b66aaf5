"""Strategies by the name ``--strategy`` knows them by."""

from __future__ import annotations

from okxmm_tui.errors import UsageError
from okxmm_tui.strategies.base import Strategy
from okxmm_tui.strategies.inventory_skew import InventorySkew

STRATEGIES: dict[str, type[Strategy]] = {InventorySkew.name: InventorySkew}
DEFAULT_STRATEGY = InventorySkew.name


def make_strategy(name: str) -> Strategy:
    """Create a strategy.

    Raises:
        UsageError: There is no strategy of that name.
    """
    try:
        return STRATEGIES[name]()
    except KeyError:
        raise UsageError(
            f"Strategy {name!r} was not found.", f"Use one of: {', '.join(STRATEGIES)}."
        ) from None
