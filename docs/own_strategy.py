"""A strategy of your own, complete: ``okxmm-tui --strategy docs/own_strategy.py:Calm``.

It quotes one bid and one ask at a fixed distance from the mid, steps back on the side the order book leans
against, and stops buying (or selling) at its position limit. Copy it and change ``target``; everything else
(orders, post-only, risk limits, fills, pause on an error) is the engine's.

Try it without an exchange first: ``python docs/own_strategy.py``.
"""

from __future__ import annotations

import math
from decimal import Decimal

from okxmm_tui.core.params import Lever, ParamSet, ParamSpec, RiskDirection
from okxmm_tui.core.types import Side
from okxmm_tui.strategies.base import MarketInput, Quote, Target


class Calm:
    """One instance serves one market. What it is given decides what it returns, and nothing else does."""

    name = "calm"

    # Each of these becomes a row in the console, a --set name=value and a line of the parameter file.
    specs = (
        ParamSpec(
            "distance_bps", "distance", "bps", Decimal(3), Decimal("0.1"), Decimal(500), Decimal("0.5"),
            "Distance of both quotes from the mid.", RiskDirection.DOWN, lever=Lever.SPREAD,
        ),
        ParamSpec(
            "lean_bps", "lean", "bps", Decimal(2), Decimal(0), Decimal(100), Decimal("0.5"),
            "Further away on the side a one-sided book pushes against.",
        ),
        ParamSpec(
            "order_size", "size", "ct", Decimal(1), Decimal("0.01"), Decimal(1_000), Decimal("0.5"),
            "Size of each quote, in contracts (base currency for spot).", RiskDirection.UP, lever=Lever.SIZE,
        ),
        ParamSpec(
            "max_position", "max position", "ct", Decimal(3), Decimal(0), Decimal(10_000), Decimal(1),
            "Largest position either way.", RiskDirection.UP, lever=Lever.LIMIT,
        ),
    )  # fmt: skip

    def target(self, market: MarketInput, params: ParamSet) -> Target:
        """Return what you want in the market now: no clock, no I/O, no randomness in here."""
        mid_ticks = (market.bid_ticks + market.ask_ticks) / 2
        distance = params.number("distance_bps") / 1e4 * mid_ticks
        lean = params.number("lean_bps") / 1e4 * mid_ticks * market.signals.imbalance
        # Prices are whole ticks, rounded away from the mid, and never cross: quotes are post-only.
        bid_ticks = min(math.floor(mid_ticks - distance + min(0.0, lean)), market.ask_ticks - 1)
        ask_ticks = max(math.ceil(mid_ticks + distance + max(0.0, lean)), market.bid_ticks + 1)
        lot = market.instrument.lot_size
        size_lots, most_lots = int(params["order_size"] / lot), int(params["max_position"] / lot)
        quotes: list[Quote] = []
        reasons = {Side.BUY: "", Side.SELL: ""}
        for side, price_ticks in ((Side.BUY, bid_ticks), (Side.SELL, ask_ticks)):
            room_lots = most_lots - side.sign * market.position_lots
            lots = min(size_lots, room_lots)
            if lots < max(1, market.instrument.min_size_lots) or price_ticks < 1:
                reasons[side] = "position limit"  # a side without a quote says why
            else:
                quotes.append(Quote(side, price_ticks, lots))
        return Target(
            tuple(quotes),
            fair_ticks=mid_ticks,
            half_spread_ticks=distance,
            bid_reason=reasons[Side.BUY],
            ask_reason=reasons[Side.SELL],
        )

    def on_fill(self, side: Side, price_ticks: int, size_lots: int, now_ns: int) -> None:
        """Told of every own fill before the next ``target``; this one needs to remember nothing."""

    @staticmethod
    def opportunity(bid_ticks: int, ask_ticks: int, params: ParamSet) -> str:
        """Optional: why it would not quote a market with these best prices; empty when it would."""
        market_bps = (ask_ticks - bid_ticks) / bid_ticks * 1e4
        own_bps = 2 * params.number("distance_bps")
        return "" if own_bps >= market_bps else f"spread {market_bps:.1f} bps is wider than {own_bps:.1f}"


if __name__ == "__main__":
    from okxmm_tui.core.instrument import Instrument
    from okxmm_tui.core.types import ContractKind
    from okxmm_tui.strategies.testing import check

    swap = Instrument(
        inst_id="BTC-USDT-SWAP", inst_type="SWAP", kind=ContractKind.LINEAR, code=None,
        tick_size=Decimal("0.1"), lot_size=Decimal("0.01"), min_size_lots=1, max_limit_lots=1_000_000,
        contract_value=Decimal("0.01"), base_ccy="BTC", quote_ccy="USDT", settle_ccy="USDT",
    )  # fmt: skip
    check(Calm, swap)
    print("Calm keeps every rule.")
