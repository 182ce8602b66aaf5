"""Avellaneda-Stoikov: a reservation price against inventory, and a spread from risk and arrivals.

    r    = s - q gamma sigma^2 tau
    half = gamma size sigma^2 tau / 2 + (1 / (gamma size)) ln(1 + gamma size / k) + fee

tau is a constant: the time in which inventory should be worked off (a perpetual has no terminal time;
docs/definitions.md, Avellaneda-Stoikov). Inventory is bounded by ``max_position``.
"""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.core.params import ParamSet, ParamSpec, RiskDirection
from okxmm_tui.core.types import Side
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


class AvellanedaStoikov(quoting.Quoting):
    """The strategy behind ``--strategy avellaneda_stoikov``."""

    name = "avellaneda_stoikov"
    specs = (
        quoting.ORDER_SIZE,
        quoting.MAX_POSITION,
        RISK_AVERSION,
        ParamSpec(
            "horizon_s", "horizon", "s", Decimal(60), Decimal(1), Decimal(86_400), Decimal(10),
            "Time in which inventory should be worked off (tau); longer shifts and widens more.",
            RiskDirection.DOWN,
        ),
        ADDED_SPREAD,
        MIN_SPREAD,
        START_SPREAD,
        quoting.BOOK_SKEW,
        quoting.TOXICITY,
        quoting.REFRESH,
    )  # fmt: skip

    def target(self, market: MarketInput, params: ParamSet) -> Target:
        """Return one quote a side, or none while arrivals and volatility are being measured."""
        return model_target(market, params, _distance)


def _distance(market: MarketInput, params: ParamSet, inputs: ModelInputs, side: Side) -> Distance:
    gamma, sigma, size, tau = inputs.gamma, inputs.sigma_ticks, inputs.size_lots, params.number("horizon_s")
    k = inputs.arrivals(side).k_per_tick
    base = optimal.arrival_half_spread(gamma, k, size)
    shift = -optimal.reservation_price(0.0, market.position_lots, gamma, sigma, tau)
    return Distance(
        base=base,
        volatility=optimal.as_half_spread(gamma, sigma, tau, k, size) - base,
        inventory=side.sign * shift,
    )
