"""Gueant-Lehalle-Fernandez-Tapia around the microprice: stationary, inventory-bounded, fee-aware.

    bid distance = c1 + fee + ((2q + size) / 2) sigma c2
    ask distance = c1 + fee - ((2q - size) / 2) sigma c2

with c1 and c2 from the arrivals fitted on each side (market-making.md 2.2). Made for swaps: a perpetual has
no terminal time.
"""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.core.params import ParamSet, ParamSpec, RiskDirection
from okxmm_tui.core.types import Side
from okxmm_tui.signals.summary import Intensity
from okxmm_tui.strategies import optimal, quoting
from okxmm_tui.strategies.base import Composition, MarketInput, Target
from okxmm_tui.strategies.model_inputs import ModelInputs, model_inputs, waiting

RISK_AVERSION = ParamSpec(
    "risk_aversion", "gamma", "1/ccy", Decimal("0.5"), Decimal("0.0001"), Decimal(1000), Decimal("0.01"),
    "Risk aversion per unit of quote currency: larger widens and pulls harder against inventory.",
    RiskDirection.DOWN,
)  # fmt: skip
MIN_SPREAD = ParamSpec(
    "min_spread_bps", "min sprd", "bps", Decimal(0), Decimal(0), Decimal(500), Decimal("0.5"),
    "The model's spread is widened to at least this.", RiskDirection.DOWN,
)  # fmt: skip


class Glft:
    """The strategy behind ``--strategy glft``."""

    name = "glft"
    opportunity = staticmethod(quoting.opportunity)
    specs = (
        quoting.ORDER_SIZE,
        quoting.MAX_POSITION,
        RISK_AVERSION,
        MIN_SPREAD,
        ParamSpec(
            "book_skew", "book skew", "x", Decimal(1), Decimal(0), Decimal(2), Decimal("0.1"),
            "How far fair value follows the microprice: 0 is the mid, 1 the microprice.",
        ),
        quoting.TOXICITY,
        quoting.REFRESH,
    )  # fmt: skip

    def target(self, market: MarketInput, params: ParamSet) -> Target:
        """Return one quote a side, or none while arrivals and volatility are being measured."""
        inputs = model_inputs(market, params)
        if isinstance(inputs, str):
            return waiting(market, inputs)
        sizes = [quoting.size_lots(market, params)]
        return quoting.two_sided(
            market,
            params,
            self._parts(market, params, inputs, Side.BUY),
            self._parts(market, params, inputs, Side.SELL),
            bid_sizes=sizes,
            ask_sizes=sizes,
        )

    def on_fill(self, side: Side, price_ticks: int, size_lots: int, now_ns: int) -> None:
        """Nothing to remember: the position is part of the input."""

    @staticmethod
    def _parts(market: MarketInput, params: ParamSet, inputs: ModelInputs, side: Side) -> Composition:
        arrivals: Intensity = inputs.bids if side is Side.BUY else inputs.asks
        slope = inputs.sigma_ticks * optimal.glft_c2(
            inputs.gamma, inputs.gamma, arrivals.a_per_s, arrivals.k_per_tick, inputs.size_lots
        )
        base = optimal.glft_c1(inputs.gamma, arrivals.k_per_tick, inputs.size_lots)
        least = params.number("min_spread_bps") / 2 / 1e4 * inputs.mid_ticks
        volatility = inputs.size_lots / 2 * slope
        return Composition(
            base=max(base, least - volatility - inputs.fee_ticks),
            volatility=volatility,
            inventory=side.sign * market.position_lots * slope,
            toxicity=quoting.toxicity_ticks(market, params, inputs.mid_ticks),
            fees=inputs.fee_ticks,
            external=-side.sign * quoting.fair_shift(market, params, inputs.mid_ticks),
        )
