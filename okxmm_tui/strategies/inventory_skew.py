"""Quotes around the mid, both moved against the inventory.

    half   = max(base_spread_bps / 2, maker fee + 1 tick) of the mid + volatility_multiplier x sigma_1s
    shift  = inventory_skew x clamp(position / max_position, -1, 1) x half
    bid    = floor(mid - shift - half),  ask = ceil(mid - shift + half)

Positive inventory moves *both* quotes down: the ask becomes likelier to fill, the bid less likely. The side
that would grow the position shrinks to the room left and disappears at the limit (market-making.md 2.6).
"""

from __future__ import annotations

import math
from decimal import Decimal

from okxmm_tui.core.params import ParamSet, ParamSpec
from okxmm_tui.core.types import Side
from okxmm_tui.strategies.base import MarketInput, Quote, Target

AT_LIMIT = "inventory limit"
TOO_SMALL = "size below the smallest order"


class InventorySkew:
    """The strategy behind ``--strategy inventory_skew``."""

    name = "inventory_skew"
    specs = (
        ParamSpec(
            "base_spread_bps", "spread", "bps", Decimal(5), Decimal("0.1"), Decimal(500), Decimal("0.5"),
            "Full spread between bid and ask before volatility widens it; never inside fees plus one tick.",
        ),
        ParamSpec(
            "order_size", "size", "ct", Decimal(1), Decimal("0.01"), Decimal(10_000), Decimal("0.5"),
            "Size of each quote, in contracts.",
        ),
        ParamSpec(
            "inventory_skew", "skew", "half", Decimal("0.5"), Decimal(0), Decimal(3), Decimal("0.1"),
            "How far both quotes move against a full position, in half-spreads.",
        ),
        ParamSpec(
            "max_position", "max pos", "ct", Decimal(5), Decimal(0), Decimal(100_000), Decimal(1),
            "Largest position either way, in contracts; the growing side disappears there.",
        ),
        ParamSpec(
            "volatility_multiplier", "vol mult", "sd", Decimal("0.5"), Decimal(0), Decimal(20),
            Decimal("0.1"),
            "Half-spread added, in one-second standard deviations (sd) of the mid.",
        ),
        ParamSpec(
            "refresh_interval_ms", "refresh", "ms", Decimal(500), Decimal(0), Decimal(60_000), Decimal(100),
            "Quotes are reconsidered at most this often; a fill or a new parameter does so at once.",
        ),
    )  # fmt: skip

    def target(self, market: MarketInput, params: ParamSet) -> Target:
        """Return at most one quote a side."""
        instrument = market.instrument
        mid_ticks = (market.bid_ticks + market.ask_ticks) / 2
        floor_ticks = 0.0 if market.allow_below_fees else market.maker_fee * mid_ticks + 1
        half_ticks = self._half_spread_ticks(market, params, mid_ticks, floor_ticks)
        limit_lots = int(params["max_position"] / instrument.lot_size)
        used = market.position_lots / limit_lots if limit_lots else 0.0
        centre_ticks = mid_ticks - params.number("inventory_skew") * min(1.0, max(-1.0, used)) * half_ticks
        bid = min(math.floor(centre_ticks - half_ticks), market.ask_ticks - 1)
        ask = max(math.ceil(centre_ticks + half_ticks), market.bid_ticks + 1)
        size_lots = int(params["order_size"] / instrument.lot_size)
        bid_lots = min(size_lots, limit_lots - market.position_lots)
        ask_lots = min(size_lots, limit_lots + market.position_lots)
        least_lots = max(1, instrument.min_size_lots)
        quotes: list[Quote] = []
        if bid_lots >= least_lots and bid > 0:
            quotes.append(Quote(Side.BUY, bid, bid_lots))
        if ask_lots >= least_lots:
            quotes.append(Quote(Side.SELL, ask, ask_lots))
        missing = AT_LIMIT if size_lots >= least_lots else TOO_SMALL
        return Target(
            quotes=tuple(quotes),
            fair_ticks=mid_ticks,
            half_spread_ticks=half_ticks,
            bid_reason="" if bid_lots >= least_lots else missing,
            ask_reason="" if ask_lots >= least_lots else missing,
            nearest_bid_ticks=None if market.allow_below_fees else math.floor(centre_ticks - floor_ticks),
            nearest_ask_ticks=None if market.allow_below_fees else math.ceil(centre_ticks + floor_ticks),
        )

    @staticmethod
    def _half_spread_ticks(
        market: MarketInput, params: ParamSet, mid_ticks: float, floor_ticks: float
    ) -> float:
        half = max(params.number("base_spread_bps") / 2 / 1e4 * mid_ticks, floor_ticks)
        sigma_ticks = market.volatility_per_sqrt_s * mid_ticks
        return half + params.number("volatility_multiplier") * sigma_ticks
