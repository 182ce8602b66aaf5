"""Gueant-Lehalle-Fernandez-Tapia around the microprice: stationary, inventory-bounded, fee-aware.

    bid distance = c1 + fee + ((2q + size) / 2) sigma c2
    ask distance = c1 + fee - ((2q - size) / 2) sigma c2

with c1 from the arrivals fitted on each side and one c2 from both: inventory moves both quotes by the
same (docs/definitions.md, GLFT). Made for swaps: a perpetual has no terminal time.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import structs

from okxmm_tui.core.params import ParamSet
from okxmm_tui.core.types import Side
from okxmm_tui.signals.summary import Intensity
from okxmm_tui.strategies import optimal, quoting
from okxmm_tui.strategies.base import MarketInput, Target
from okxmm_tui.strategies.models import (
    ADDED_SPREAD,
    MIN_SPREAD,
    RISK_AVERSION,
    START_SPREAD,
    Distance,
    ModelInputs,
    model_target,
)


class Glft(quoting.Quoting):
    """The strategy behind ``--strategy glft``."""

    name = "glft"
    specs = (
        quoting.ORDER_SIZE,
        quoting.MAX_POSITION,
        # Arrivals count takers of every size, so the model believes a position to be gone within a second and
        # hardly moves for it; this much lets a full one move the quotes by a good part of the half-spread.
        structs.replace(
            RISK_AVERSION,
            default=Decimal(50),
            maximum=Decimal(100_000),
            step=Decimal(5),
        ),
        ADDED_SPREAD,
        MIN_SPREAD,
        structs.replace(START_SPREAD, default=Decimal(5)),
        structs.replace(quoting.BOOK_SKEW, default=Decimal(1)),
        quoting.TOXICITY,
        quoting.REFRESH,
    )

    def target(self, market: MarketInput, params: ParamSet) -> Target:
        """Return one quote a side, or none while arrivals and volatility are being measured."""
        return model_target(market, params, _distance)


def _distance(market: MarketInput, params: ParamSet, inputs: ModelInputs, side: Side) -> Distance:
    del params
    slope = inputs.sigma_ticks * optimal.common_c2(_c2(inputs, inputs.bids), _c2(inputs, inputs.asks))
    return Distance(
        base=optimal.glft_c1(inputs.gamma, inputs.arrivals(side).k_per_tick, inputs.size_lots),
        volatility=inputs.size_lots / 2 * slope,
        inventory=side.sign * market.position_lots * slope,
    )


def _c2(inputs: ModelInputs, arrivals: Intensity) -> float:
    return optimal.glft_c2(
        inputs.gamma, inputs.gamma, arrivals.a_per_s, arrivals.k_per_tick, inputs.size_lots
    )
