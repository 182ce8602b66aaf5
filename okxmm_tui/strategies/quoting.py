"""What the quoting strategies share: common parameters and parts, and from distances to a sized target.

Prices are rounded away from the fair value and kept off the opposite best, sizes to whole lots
(docs/definitions.md, Inventory skew and rounding). Distances are ticks, sizes lots.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

from msgspec import structs

from okxmm_tui.core.params import Lever, ParamSet, ParamSpec, RiskDirection
from okxmm_tui.core.types import Side
from okxmm_tui.strategies.base import Composition, MarketInput, Quote, Target

AT_LIMIT = "inventory limit"
TOO_SMALL = "size below the smallest order"
TOXICITY_HORIZON_S = 5
TOXICITY_MIN_FILLS = 20
"""Fewer fills say nothing about the flow."""

ORDER_SIZE = ParamSpec(
    "order_size", "size", "ct", Decimal(1), Decimal("0.01"), Decimal(10_000), Decimal("0.5"),
    "Size of each quote, in contracts (base currency for spot).", RiskDirection.UP, lever=Lever.SIZE,
)  # fmt: skip
MAX_POSITION = ParamSpec(
    "max_position", "max position", "ct", Decimal(5), Decimal(0), Decimal(100_000), Decimal(1),
    "Largest position either way, in contracts (base currency for spot); the growing side disappears there.",
    RiskDirection.UP, lever=Lever.LIMIT,
)  # fmt: skip
REFRESH = ParamSpec(
    "refresh_interval_ms", "refresh", "ms", Decimal(500), Decimal(0), Decimal(60_000), Decimal(100),
    "Quotes are reconsidered at most this often; a fill or a new parameter does so at once.",
)  # fmt: skip
TOXICITY = ParamSpec(
    "toxicity_multiplier", "toxicity", "x", Decimal(0), Decimal(0), Decimal(5), Decimal("0.1"),
    "Share of the measured 5 s loss per fill (negative markout) added to each side's distance.",
    RiskDirection.DOWN,
)  # fmt: skip
BOOK_SKEW = ParamSpec(
    "book_skew", "book skew", "x", Decimal(0), Decimal(0), Decimal(2), Decimal("0.1"),
    "How far fair value follows the microprice: 0 is the mid, 1 the microprice.",
)  # fmt: skip
BASE_SPREAD = ParamSpec(
    "base_spread_bps", "spread", "bps", Decimal(5), Decimal("0.1"), Decimal(500), Decimal("0.5"),
    "Full spread between the best bid and ask before volatility widens it; never inside fees plus one tick.",
    RiskDirection.DOWN, lever=Lever.SPREAD,
)  # fmt: skip
INVENTORY_SKEW = ParamSpec(
    "inventory_skew", "skew", "half", Decimal("0.5"), Decimal(0), Decimal(3), Decimal("0.1"),
    "How far all quotes move against a full position, in half-spreads.", lever=Lever.SKEW,
)  # fmt: skip
VOLATILITY_MULTIPLIER = ParamSpec(
    "volatility_multiplier", "vol multiplier", "sd", Decimal("0.5"), Decimal(0), Decimal(20), Decimal("0.1"),
    "Half-spread added, in one-second standard deviations (sd) of the mid.", RiskDirection.DOWN,
)  # fmt: skip
LEVEL_STEP = ParamSpec(
    "level_step_bps", "step", "bps", Decimal(1), Decimal("0.01"), Decimal(100), Decimal("0.1"),
    "Distance between the quotes of one side; at least a tick.",
)  # fmt: skip


class Quoting:
    """A strategy of two sides that remembers nothing: the position is part of what it is given."""

    def on_fill(self, side: Side, price_ticks: int, size_lots: int, now_ns: int) -> None:
        """Nothing to learn."""

    @staticmethod
    def opportunity(bid_ticks: int, ask_ticks: int, params: ParamSet) -> str:
        """Why there is nothing to quote around; every market that has two sides is quoted."""
        del params
        if 0 < bid_ticks < ask_ticks:
            return ""
        return f"no two-sided book: bid {bid_ticks}, ask {ask_ticks} (ticks)"


def bps_ticks(market: MarketInput, params: ParamSet, name: str) -> float:
    """A parameter in basis points of the mid, as ticks."""
    return params.number(name) / 1e4 * market.mid_ticks


def fair_shift(market: MarketInput, params: ParamSet) -> float:
    """Ticks by which fair value lies above the mid: the microprice's distance times ``book_skew``."""
    micro_ticks = market.signals.microprice_ticks
    return 0.0 if micro_ticks is None else params.number("book_skew") * (micro_ticks - market.mid_ticks)


def toxicity_ticks(market: MarketInput, params: ParamSet) -> float:
    """Distance added for measured adverse selection; 0 until enough fills were followed for 5 s."""
    for markout in market.signals.markouts:
        if markout.horizon_s == TOXICITY_HORIZON_S and markout.fills >= TOXICITY_MIN_FILLS:
            loss_bps = max(0.0, -markout.mean_bps)
            return params.number("toxicity_multiplier") * loss_bps / 1e4 * market.mid_ticks
    return 0.0


def spread_parts(market: MarketInput, params: ParamSet) -> Composition:
    """Half-spread of the strategies with a base spread of their own: base, volatility, toxicity, fees."""
    parts = Composition(
        base=bps_ticks(market, params, "base_spread_bps") / 2,
        volatility=params.number("volatility_multiplier") * market.volatility_per_sqrt_s * market.mid_ticks,
        toxicity=toxicity_ticks(market, params),
    )
    return above_floor(parts, floor_ticks(market))


def skew_ticks(market: MarketInput, params: ParamSet, parts: Composition) -> float:
    """How far both quotes move against the position, in ticks; positive when long."""
    return params.number("inventory_skew") * used_fraction(market, params) * parts.half_spread


def limit_lots(market: MarketInput, params: ParamSet) -> int:
    """Largest position in lots."""
    return int(params["max_position"] / market.instrument.lot_size)


def size_lots(market: MarketInput, params: ParamSet) -> int:
    """Size of one quote in lots."""
    return int(params["order_size"] / market.instrument.lot_size)


def used_fraction(market: MarketInput, params: ParamSet) -> float:
    """Position as a share of its limit, -1..1; 0 where the limit is 0."""
    limit = limit_lots(market, params)
    return min(1.0, max(-1.0, market.position_lots / limit)) if limit else 0.0


def floor_ticks(market: MarketInput) -> float:
    """Smallest half-spread that earns its maker fee plus a tick.

    Where quoting inside fees is allowed half a tick is left, which keeps bid and ask of one market apart.
    """
    return 0.5 if market.allow_below_fees else max(0.0, market.maker_fee) * market.mid_ticks + 1


def above_floor(parts: Composition, floor: float) -> Composition:
    """Raise the fee part until the half-spread reaches the floor."""
    lacking = floor - parts.half_spread
    return structs.replace(parts, fees=parts.fees + lacking) if lacking > 0 else parts


def two_sided(
    market: MarketInput,
    params: ParamSet,
    bid: Composition,
    ask: Composition,
    *,
    bid_sizes: Sequence[int],
    ask_sizes: Sequence[int],
    step_ticks: float = 0.0,
) -> Target:
    """Round, size and bound quotes on both sides.

    Args:
        market: The moment.
        params: Must have ``max_position``.
        bid: Distance of the best bid from the mid.
        ask: Distance of the best ask from the mid.
        bid_sizes: Wanted lots level by level; cut to the room left below the position limit.
        ask_sizes: The same for asks.
        step_ticks: Distance between levels.
    """
    mid_ticks = market.mid_ticks
    floor = floor_ticks(market)
    bid, ask = above_floor(bid, floor), above_floor(ask, floor)
    limit, least = limit_lots(market, params), max(1, market.instrument.min_size_lots)
    bid_missing = AT_LIMIT if bid_sizes and bid_sizes[0] >= least else TOO_SMALL
    ask_missing = AT_LIMIT if ask_sizes and ask_sizes[0] >= least else TOO_SMALL
    bid_sizes = within(bid_sizes, limit - market.position_lots, least)
    ask_sizes = within(ask_sizes, limit + market.position_lots, least)
    quotes = [
        *_levels(market, Side.BUY, mid_ticks - bid.total, step_ticks, bid_sizes),
        *_levels(market, Side.SELL, mid_ticks + ask.total, step_ticks, ask_sizes),
    ]
    sides = {quote.side for quote in quotes}
    bid_centre, ask_centre = (
        mid_ticks - bid.inventory - bid.external,
        mid_ticks + ask.inventory + ask.external,
    )
    return Target(
        quotes=tuple(quotes),
        fair_ticks=mid_ticks + ask.external,
        half_spread_ticks=(bid.half_spread + ask.half_spread) / 2,
        bid_reason="" if Side.BUY in sides else bid_missing,
        ask_reason="" if Side.SELL in sides else ask_missing,
        nearest_bid_ticks=None if market.allow_below_fees else math.floor(bid_centre - floor),
        nearest_ask_ticks=None if market.allow_below_fees else math.ceil(ask_centre + floor),
        bid_parts=bid,
        ask_parts=ask,
    )


def within(sizes: Sequence[int], room_lots: int, least_lots: int) -> list[int]:
    """Cut a side's sizes to the room left under the position limit; what falls below the minimum ends it."""
    fitting: list[int] = []
    for wanted in sizes:
        lots = min(wanted, room_lots)
        if lots < least_lots:
            break
        fitting.append(lots)
        room_lots -= lots
    return fitting


def _levels(
    market: MarketInput, side: Side, best_ticks: float, step_ticks: float, sizes: Sequence[int]
) -> list[Quote]:
    quotes: list[Quote] = []
    for level, lots in enumerate(sizes):
        exact = best_ticks - side.sign * level * step_ticks
        price = math.floor(exact) if side is Side.BUY else math.ceil(exact)
        price = min(price, market.ask_ticks - 1) if side is Side.BUY else max(price, market.bid_ticks + 1)
        if quotes and side.sign * (quotes[-1].price_ticks - price) < 1:
            price = quotes[-1].price_ticks - side.sign
        if price <= 0:
            break
        quotes.append(Quote(side, price, lots))
    return quotes
