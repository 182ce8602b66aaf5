"""What the model strategies take from a market: arrivals per side in ticks and lots, or why they cannot."""

from __future__ import annotations

from msgspec import Struct

from okxmm_tui.core.params import ParamSet
from okxmm_tui.signals.summary import Intensity
from okxmm_tui.strategies import quoting
from okxmm_tui.strategies.base import MarketInput, Target

MIN_SAMPLES = 30
"""Arrivals a side must have shown before its fit is traded on."""


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


def model_inputs(market: MarketInput, params: ParamSet) -> ModelInputs | str:
    """Collect the inputs, or say which one is missing.

    ``risk_aversion`` is per unit of quote currency; one lot moved by one tick is worth
    base amount of a lot x tick, which turns it into ticks and lots (market-making.md 2.0; inverse contracts
    use the local base amount).
    """
    signals, instrument = market.signals, market.instrument
    for name, fitted in (("sells", signals.sells), ("buys", signals.buys)):
        seen = fitted.samples if fitted is not None else 0
        if fitted is None or seen < MIN_SAMPLES:
            return f"fitting arrivals of {name}: {seen} of {MIN_SAMPLES}"
    if market.volatility_per_sqrt_s <= 0:
        return "measuring volatility"
    if signals.sells is None or signals.buys is None:
        return "fitting arrivals"
    mid_ticks = (market.bid_ticks + market.ask_ticks) / 2
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
    mid_ticks = (market.bid_ticks + market.ask_ticks) / 2
    return Target((), fair_ticks=mid_ticks, half_spread_ticks=0.0, bid_reason=why, ask_reason=why)
