"""Several quotes a side at fixed steps, with a size profile that thins out as inventory builds.

    size of level i = order_size x size_growth^i,  on the growing side x exp(-size_decay |q| / q_max)

The whole ladder leans against the inventory and towards the heavier side of the book
(docs/definitions.md, Inventory skew and rounding). Levels keep their orders: what moves and what is held is
decided order by order further down the line.
"""

from __future__ import annotations

import math
from decimal import Decimal

from msgspec import structs

from okxmm_tui.core.params import ParamSet, ParamSpec, RiskDirection
from okxmm_tui.strategies import quoting
from okxmm_tui.strategies.base import MarketInput, Target


class Ladder(quoting.Quoting):
    """The strategy behind ``--strategy ladder``."""

    name = "ladder"
    specs = (
        quoting.BASE_SPREAD,
        quoting.ORDER_SIZE,
        quoting.MAX_POSITION,
        ParamSpec(
            "levels", "levels", "", Decimal(3), Decimal(1), Decimal(20), Decimal(1),
            "Quotes on each side.", RiskDirection.UP, is_whole=True,
        ),
        quoting.LEVEL_STEP,
        ParamSpec(
            "size_growth", "growth", "x", Decimal(1), Decimal("0.1"), Decimal(5), Decimal("0.1"),
            "Size of each level as a multiple of the one before it.", RiskDirection.UP,
        ),
        ParamSpec(
            "size_decay", "decay", "", Decimal(1), Decimal(0), Decimal(10), Decimal("0.1"),
            "Growing side's sizes shrink by exp(-decay x |position| / max_position).", RiskDirection.DOWN,
        ),
        quoting.INVENTORY_SKEW,
        ParamSpec(
            "imbalance_skew", "imbalance skew", "half", Decimal(0), Decimal(0), Decimal(3), Decimal("0.1"),
            "How far the ladder moves with a wholly one-sided book, in half-spreads.",
        ),
        quoting.VOLATILITY_MULTIPLIER,
        quoting.TOXICITY,
        quoting.REFRESH,
    )  # fmt: skip

    def target(self, market: MarketInput, params: ParamSet) -> Target:
        """Return ``levels`` quotes a side, fewer where the position limit leaves no room."""
        parts = quoting.spread_parts(market, params)
        shift = quoting.skew_ticks(market, params, parts)
        lean = params.number("imbalance_skew") * market.signals.imbalance * parts.half_spread
        used = quoting.used_fraction(market, params)
        return quoting.two_sided(
            market,
            params,
            structs.replace(parts, inventory=shift, external=-lean),
            structs.replace(parts, inventory=-shift, external=lean),
            bid_sizes=self._sizes(market, params, max(0.0, used)),
            ask_sizes=self._sizes(market, params, max(0.0, -used)),
            step_ticks=quoting.bps_ticks(market, params, "level_step_bps"),
        )

    @staticmethod
    def _sizes(market: MarketInput, params: ParamSet, growing: float) -> list[int]:
        """Lots level by level; ``growing`` is how far this side has filled the limit already, 0..1."""
        first = quoting.size_lots(market, params) * math.exp(-params.number("size_decay") * growing)
        growth = params.number("size_growth")
        return [int(first * growth**level + 1e-9) for level in range(int(params["levels"]))]
