"""Quotes around a fair value, both moved against the inventory, on one or more levels.

    fair   = mid + book_skew x (microprice - mid)
    half   = base_spread_bps / 2 of the mid + volatility_multiplier x sigma_1s + toxicity, at least the fees
    shift  = inventory_skew x clamp(position / max_position, -1, 1) x half
    bid    = floor(fair - shift - half),  ask = ceil(fair - shift + half)

Positive inventory moves *both* quotes down: the ask becomes likelier to fill, the bid less likely. The side
that would grow the position shrinks to the room left and disappears at the limit
(docs/definitions.md, Inventory skew and rounding).
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import structs

from okxmm_tui.core.params import ParamSet, ParamSpec, RiskDirection
from okxmm_tui.strategies import quoting
from okxmm_tui.strategies.base import MarketInput, Target
from okxmm_tui.strategies.quoting import AT_LIMIT, TOO_SMALL

__all__ = ["AT_LIMIT", "TOO_SMALL", "InventorySkew"]


class InventorySkew(quoting.Quoting):
    """The strategy behind ``--strategy inventory_skew``."""

    name = "inventory_skew"
    specs = (
        quoting.BASE_SPREAD,
        quoting.ORDER_SIZE,
        quoting.INVENTORY_SKEW,
        quoting.MAX_POSITION,
        quoting.VOLATILITY_MULTIPLIER,
        quoting.REFRESH,
        ParamSpec(
            "levels", "levels", "", Decimal(1), Decimal(1), Decimal(10), Decimal(1),
            "Quotes on each side.", RiskDirection.UP, is_whole=True,
        ),
        quoting.LEVEL_STEP,
        quoting.BOOK_SKEW,
        quoting.TOXICITY,
    )  # fmt: skip

    def target(self, market: MarketInput, params: ParamSet) -> Target:
        """Return ``levels`` quotes a side, fewer where the position limit leaves no room."""
        parts = quoting.spread_parts(market, params)
        shift, fair = quoting.skew_ticks(market, params, parts), quoting.fair_shift(market, params)
        sizes = [quoting.size_lots(market, params)] * int(params["levels"])
        return quoting.two_sided(
            market,
            params,
            structs.replace(parts, inventory=shift, external=-fair),
            structs.replace(parts, inventory=-shift, external=fair),
            bid_sizes=sizes,
            ask_sizes=sizes,
            step_ticks=quoting.bps_ticks(market, params, "level_step_bps"),
        )
