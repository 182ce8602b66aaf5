"""Several quotes a side at fixed steps, with a size profile that thins out as inventory builds.

    size of level i = order_size x size_growth^i,  on the growing side x exp(-size_decay |q| / q_max)

The whole ladder leans against the inventory and towards the heavier side of the book (market-making.md 2.6).
Levels keep their orders: what moves and what is held is decided order by order further down the line.
"""

from __future__ import annotations

import math
from decimal import Decimal

from msgspec import structs

from okxmm_tui.core.params import ParamSet, ParamSpec, RiskDirection
from okxmm_tui.core.types import Side
from okxmm_tui.strategies import quoting
from okxmm_tui.strategies.base import Composition, MarketInput, Target


class Ladder:
    """The strategy behind ``--strategy ladder``."""

    name = "ladder"
    opportunity = staticmethod(quoting.opportunity)
    specs = (
        ParamSpec(
            "base_spread_bps", "spread", "bps", Decimal(5), Decimal("0.1"), Decimal(500), Decimal("0.5"),
            "Full spread between the best bid and ask of the ladder.", RiskDirection.DOWN,
        ),
        quoting.ORDER_SIZE,
        quoting.MAX_POSITION,
        ParamSpec(
            "levels", "levels", "", Decimal(3), Decimal(1), Decimal(20), Decimal(1),
            "Quotes on each side.", RiskDirection.UP, is_whole=True,
        ),
        ParamSpec(
            "level_step_bps", "step", "bps", Decimal(1), Decimal("0.01"), Decimal(100), Decimal("0.1"),
            "Distance between the quotes of one side; at least a tick.",
        ),
        ParamSpec(
            "size_growth", "growth", "x", Decimal(1), Decimal("0.1"), Decimal(5), Decimal("0.1"),
            "Size of each level as a multiple of the one before it.", RiskDirection.UP,
        ),
        ParamSpec(
            "size_decay", "decay", "", Decimal(1), Decimal(0), Decimal(10), Decimal("0.1"),
            "Growing side's sizes shrink by exp(-decay x |position| / max_position).", RiskDirection.DOWN,
        ),
        ParamSpec(
            "inventory_skew", "skew", "half", Decimal("0.5"), Decimal(0), Decimal(3), Decimal("0.1"),
            "How far the ladder moves against a full position, in half-spreads.",
        ),
        ParamSpec(
            "imbalance_skew", "imb skew", "half", Decimal(0), Decimal(0), Decimal(3), Decimal("0.1"),
            "How far the ladder moves with a wholly one-sided book, in half-spreads.",
        ),
        ParamSpec(
            "volatility_multiplier", "vol mult", "sd", Decimal("0.5"), Decimal(0), Decimal(20),
            Decimal("0.1"),
            "Half-spread added, in one-second standard deviations (sd) of the mid.", RiskDirection.DOWN,
        ),
        quoting.TOXICITY,
        quoting.REFRESH,
    )  # fmt: skip

    def target(self, market: MarketInput, params: ParamSet) -> Target:
        """Return ``levels`` quotes a side, fewer where the position limit leaves no room."""
        mid_ticks = (market.bid_ticks + market.ask_ticks) / 2
        parts = quoting.above_floor(
            Composition(
                base=params.number("base_spread_bps") / 2 / 1e4 * mid_ticks,
                volatility=params.number("volatility_multiplier") * market.volatility_per_sqrt_s * mid_ticks,
                toxicity=quoting.toxicity_ticks(market, params, mid_ticks),
            ),
            quoting.floor_ticks(market, mid_ticks),
        )
        used = quoting.used_fraction(market, params)
        shift = params.number("inventory_skew") * used * parts.half_spread
        lean = params.number("imbalance_skew") * market.signals.imbalance * parts.half_spread
        return quoting.two_sided(
            market,
            params,
            structs.replace(parts, inventory=shift, external=-lean),
            structs.replace(parts, inventory=-shift, external=lean),
            bid_sizes=self._sizes(market, params, max(0.0, used)),
            ask_sizes=self._sizes(market, params, max(0.0, -used)),
            step_ticks=params.number("level_step_bps") / 1e4 * mid_ticks,
        )

    def on_fill(self, side: Side, price_ticks: int, size_lots: int, now_ns: int) -> None:
        """Nothing to remember: the position is part of the input."""

    @staticmethod
    def _sizes(market: MarketInput, params: ParamSet, growing: float) -> list[int]:
        """Lots level by level; ``growing`` is how far this side has filled the limit already, 0..1."""
        first = quoting.size_lots(market, params) * math.exp(-params.number("size_decay") * growing)
        growth = params.number("size_growth")
        return [int(first * growth**level + 1e-9) for level in range(int(params["levels"]))]
