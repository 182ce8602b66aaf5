"""Quotes around a fair value, both moved against the inventory, on one or more levels.

    fair   = mid + book_skew x (microprice - mid)
    half   = base_spread_bps / 2 of the mid + volatility_multiplier x sigma_1s + toxicity, at least the fees
    shift  = inventory_skew x clamp(position / max_position, -1, 1) x half
    bid    = floor(fair - shift - half),  ask = ceil(fair - shift + half)

Positive inventory moves *both* quotes down: the ask becomes likelier to fill, the bid less likely. The side
that would grow the position shrinks to the room left and disappears at the limit (market-making.md 2.6).
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import structs

from okxmm_tui.core.params import ParamSet, ParamSpec, RiskDirection
from okxmm_tui.core.types import Side
from okxmm_tui.strategies import quoting
from okxmm_tui.strategies.base import Composition, MarketInput, Target
from okxmm_tui.strategies.quoting import AT_LIMIT, TOO_SMALL

__all__ = ["AT_LIMIT", "TOO_SMALL", "InventorySkew"]


class InventorySkew:
    """The strategy behind ``--strategy inventory_skew``."""

    name = "inventory_skew"
    opportunity = staticmethod(quoting.opportunity)
    specs = (
        ParamSpec(
            "base_spread_bps", "spread", "bps", Decimal(5), Decimal("0.1"), Decimal(500), Decimal("0.5"),
            "Full spread between bid and ask before volatility widens it; never inside fees plus one tick.",
            RiskDirection.DOWN,
        ),
        quoting.ORDER_SIZE,
        ParamSpec(
            "inventory_skew", "skew", "half", Decimal("0.5"), Decimal(0), Decimal(3), Decimal("0.1"),
            "How far both quotes move against a full position, in half-spreads.",
        ),
        quoting.MAX_POSITION,
        ParamSpec(
            "volatility_multiplier", "vol mult", "sd", Decimal("0.5"), Decimal(0), Decimal(20),
            Decimal("0.1"),
            "Half-spread added, in one-second standard deviations (sd) of the mid.", RiskDirection.DOWN,
        ),
        quoting.REFRESH,
        ParamSpec(
            "levels", "levels", "", Decimal(1), Decimal(1), Decimal(10), Decimal(1),
            "Quotes on each side.", RiskDirection.UP, is_whole=True,
        ),
        ParamSpec(
            "level_step_bps", "step", "bps", Decimal(1), Decimal("0.01"), Decimal(100), Decimal("0.1"),
            "Distance between the quotes of one side; at least a tick.",
        ),
        quoting.BOOK_SKEW,
        quoting.TOXICITY,
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
        fair = quoting.fair_shift(market, params, mid_ticks)
        sizes = [quoting.size_lots(market, params)] * int(params["levels"])
        return quoting.two_sided(
            market,
            params,
            structs.replace(parts, inventory=shift, external=-fair),
            structs.replace(parts, inventory=-shift, external=fair),
            bid_sizes=sizes,
            ask_sizes=sizes,
            step_ticks=params.number("level_step_bps") / 1e4 * mid_ticks,
        )

    def on_fill(self, side: Side, price_ticks: int, size_lots: int, now_ns: int) -> None:
        """Nothing to remember: the position is part of the input."""
