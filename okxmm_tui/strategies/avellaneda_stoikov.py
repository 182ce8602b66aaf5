"""Avellaneda-Stoikov: a reservation price against inventory, and a spread from risk and arrivals.

    r    = s - q gamma sigma^2 tau
    half = gamma size sigma^2 tau / 2 + (1 / (gamma size)) ln(1 + gamma size / k) + fee

tau is a constant: the time in which inventory should be worked off (a perpetual has no terminal time,
market-making.md 2.1). Inventory is bounded by ``max_position``.
"""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.core.params import ParamSet, ParamSpec, RiskDirection
from okxmm_tui.core.types import Side
from okxmm_tui.strategies import optimal, quoting
from okxmm_tui.strategies.base import Composition, MarketInput, Target
from okxmm_tui.strategies.glft import MIN_SPREAD, RISK_AVERSION
from okxmm_tui.strategies.model_inputs import ModelInputs, model_inputs, waiting


class AvellanedaStoikov:
    """The strategy behind ``--strategy avellaneda_stoikov``."""

    name = "avellaneda_stoikov"
    opportunity = staticmethod(quoting.opportunity)
    specs = (
        quoting.ORDER_SIZE,
        quoting.MAX_POSITION,
        RISK_AVERSION,
        ParamSpec(
            "horizon_s", "horizon", "s", Decimal(60), Decimal(1), Decimal(86_400), Decimal(10),
            "Time in which inventory should be worked off (tau); longer shifts and widens more.",
            RiskDirection.DOWN,
        ),
        MIN_SPREAD,
        quoting.BOOK_SKEW,
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
        tau = params.number("horizon_s")
        k = (inputs.bids if side is Side.BUY else inputs.asks).k_per_tick
        base = optimal.arrival_half_spread(inputs.gamma, k, inputs.size_lots)
        half = optimal.as_half_spread(inputs.gamma, inputs.sigma_ticks, tau, k, inputs.size_lots)
        shift = -optimal.reservation_price(0.0, market.position_lots, inputs.gamma, inputs.sigma_ticks, tau)
        least = params.number("min_spread_bps") / 2 / 1e4 * inputs.mid_ticks
        return Composition(
            base=max(base, least - (half - base) - inputs.fee_ticks),
            volatility=half - base,
            inventory=side.sign * shift,
            toxicity=quoting.toxicity_ticks(market, params, inputs.mid_ticks),
            fees=inputs.fee_ticks,
            external=-side.sign * quoting.fair_shift(market, params, inputs.mid_ticks),
        )
