"""What the two model strategies share: their inputs in ticks and lots, and from distances to quotes.

A model says how far a side stands from the mid (``Distance``); everything else is the same for both: waiting
for fits, the smallest spread, the fee (c1 becomes c1 + fee), toxicity and fair value.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from msgspec import Struct, structs

from okxmm_tui.core.params import Lever, ParamSet, ParamSpec, RiskDirection
from okxmm_tui.core.types import Side
from okxmm_tui.signals.summary import Intensity
from okxmm_tui.strategies import quoting
from okxmm_tui.strategies.base import Composition, MarketInput, Target

MIN_SAMPLES = 30
"""Arrivals a side must have shown before its fit is traded on."""

RISK_AVERSION = ParamSpec(
    "risk_aversion", "gamma", "1/ccy", Decimal("0.5"), Decimal("0.0001"), Decimal(1000), Decimal("0.01"),
    "Risk aversion per unit of quote currency: larger widens and pulls harder against inventory.",
    RiskDirection.DOWN, lever=Lever.SKEW,
)  # fmt: skip
MIN_SPREAD = ParamSpec(
    "min_spread_bps", "min spread", "bps", Decimal(0), Decimal(0), Decimal(500), Decimal("0.5"),
    "The model's spread is widened to at least this.", RiskDirection.DOWN,
)  # fmt: skip
ADDED_SPREAD = ParamSpec(
    "added_spread_bps", "added spread", "bps", Decimal(0), Decimal(-100), Decimal(500), Decimal("0.5"),
    "Added to the model's full spread; below zero narrows it, never inside fees plus one tick.",
    RiskDirection.DOWN, lever=Lever.SPREAD,
)  # fmt: skip
START_SPREAD = ParamSpec(
    "start_spread_bps", "start spread", "bps", Decimal(0), Decimal(0), Decimal(500), Decimal("0.5"),
    "Full spread, at least the market's, until arrivals and volatility are measured; 0 waits unquoted.",
)  # fmt: skip
START_SKEW = 0.5
"""How far the first quotes move against a full position, in half-spreads."""


class ModelInputs(Struct, frozen=True, gc=False):
    """One moment in the models' units: ticks, lots, seconds."""

    mid_ticks: float
    sigma_ticks: float
    """Volatility, ticks per square root of a second."""
    size_lots: float
    gamma: float
    """Risk aversion per tick x lot of PnL."""
    fee_ticks: float
    """Maker fee of the mid; negative for a rebate."""
    bids: Intensity
    """Arrivals that fill our bids: takers that sell."""
    asks: Intensity

    def arrivals(self, side: Side) -> Intensity:
        """Arrivals that fill our quotes of a side."""
        return self.bids if side is Side.BUY else self.asks


class Distance(Struct, frozen=True, gc=False):
    """How far a model wants one side from the mid, in ticks, before fees."""

    base: float
    """What arrivals alone would pay for."""
    volatility: float
    inventory: float
    """Negative on the side that shrinks the position."""


Model = Callable[[MarketInput, ParamSet, ModelInputs, Side], Distance]


def model_target(market: MarketInput, params: ParamSet, model: Model) -> Target:
    """One quote a side where a model wants it; until all is measured at the start spread, or none."""
    inputs = model_inputs(market, params)
    if isinstance(inputs, str):
        return _start_target(market, params, inputs)
    distances = {side: model(market, params, inputs, side) for side in Side}
    bid, ask = (_parts(market, params, inputs, side, distances[side]) for side in Side)
    sizes = [quoting.size_lots(market, params)]
    return quoting.two_sided(market, params, bid, ask, bid_sizes=sizes, ask_sizes=sizes)


def _start_target(market: MarketInput, params: ParamSet, why: str) -> Target:
    """Quotes at the start spread, or none where that is 0, with what is still being measured."""
    if not params["start_spread_bps"]:
        return waiting(market, why)
    bid, ask = (_start_parts(market, params, side) for side in Side)
    sizes = [quoting.size_lots(market, params)]
    target = quoting.two_sided(market, params, bid, ask, bid_sizes=sizes, ask_sizes=sizes)
    return structs.replace(target, bid_reason=target.bid_reason or why, ask_reason=target.ask_reason or why)


def _parts(
    market: MarketInput, params: ParamSet, inputs: ModelInputs, side: Side, wanted: Distance
) -> Composition:
    least = quoting.bps_ticks(market, params, "min_spread_bps") / 2
    base = max(wanted.base, least - wanted.volatility - inputs.fee_ticks)
    return Composition(
        base=max(0.0, base + quoting.bps_ticks(market, params, "added_spread_bps") / 2),
        volatility=wanted.volatility,
        inventory=wanted.inventory,
        toxicity=quoting.toxicity_ticks(market, params),
        fees=inputs.fee_ticks,
        external=-side.sign * quoting.fair_shift(market, params),
    )


def _start_parts(market: MarketInput, params: ParamSet, side: Side) -> Composition:
    # Nothing is known of this market yet but its own spread: nobody stands inside that on a guess. What the
    # operator wants wider is wider from the first quote on.
    market_half = (market.ask_ticks - market.bid_ticks) / 2
    wanted = max(quoting.bps_ticks(market, params, name) for name in ("start_spread_bps", "min_spread_bps"))
    half = max(market_half, wanted / 2) + max(0.0, quoting.bps_ticks(market, params, "added_spread_bps")) / 2
    return Composition(
        base=half,
        inventory=side.sign * START_SKEW * quoting.used_fraction(market, params) * half,
        toxicity=quoting.toxicity_ticks(market, params),
        external=-side.sign * quoting.fair_shift(market, params),
    )


def model_inputs(market: MarketInput, params: ParamSet) -> ModelInputs | str:
    """Collect the inputs, or say which one is missing.

    ``risk_aversion`` is per unit of quote currency; one lot moved by one tick is worth
    base amount of a lot x tick, which turns it into ticks and lots; inverse contracts use the local base
    amount (docs/definitions.md, Symbols and units).
    """
    signals, instrument = market.signals, market.instrument
    sides = ("sells", signals.sells, signals.sells_seen), ("buys", signals.buys, signals.buys_seen)
    for name, fitted, seen in sides:
        if fitted is None and seen >= MIN_SAMPLES:
            return f"fitting arrivals of {name}: too few beyond the best price"
        if fitted is None or fitted.samples < MIN_SAMPLES:
            return f"fitting arrivals of {name}: {fitted.samples if fitted else seen} of {MIN_SAMPLES}"
    if market.volatility_per_sqrt_s <= 0:
        return "measuring volatility"
    if signals.sells is None or signals.buys is None:
        return "fitting arrivals"
    mid_ticks = market.mid_ticks
    lot_base = float(instrument.base_amount(1, round(mid_ticks)))
    return ModelInputs(
        mid_ticks=mid_ticks,
        sigma_ticks=market.volatility_per_sqrt_s * mid_ticks,
        size_lots=float(max(1, quoting.size_lots(market, params))),
        gamma=params.number("risk_aversion") * lot_base * float(instrument.tick_size),
        fee_ticks=market.maker_fee * mid_ticks,
        bids=signals.sells,
        asks=signals.buys,
    )


def waiting(market: MarketInput, why: str) -> Target:
    """No quotes, with one reason for both sides."""
    return Target((), fair_ticks=market.mid_ticks, half_spread_ticks=0.0, bid_reason=why, ask_reason=why)
