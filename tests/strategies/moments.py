"""Market moments the strategy tests share."""

from __future__ import annotations

from decimal import Decimal

from msgspec import structs

from okxmm_tui.core.params import ParamSet
from okxmm_tui.core.types import Side
from okxmm_tui.signals.summary import Intensity, Signals
from okxmm_tui.strategies.base import MarketInput, Quote, Strategy, Target
from tests.samples import START_NS, swap

ARRIVALS = Intensity(a_per_s=2.0, k_per_tick=0.02, a_error=0.1, k_error=0.001, samples=500)
SIGNALS = Signals(microprice_ticks=600_000.5, buys=ARRIVALS, sells=ARRIVALS)
MARKET = MarketInput(
    instrument=swap(),
    now_ns=START_NS,
    bid_ticks=600_000,
    ask_ticks=600_001,
    position_lots=0,
    volatility_per_sqrt_s=1e-4,
    maker_fee=0.0,
    allow_below_fees=True,
    bid_lots=1_000_000,
    ask_lots=1_000_000,
    signals=SIGNALS,
)


def params_of(strategy: Strategy | type[Strategy], **values: str) -> ParamSet:
    """Parameters of a strategy with some changed."""
    made = ParamSet.from_specs(strategy.specs, {name: Decimal(value) for name, value in values.items()})
    assert isinstance(made, ParamSet), made
    return made


def quotes_of(target: Target) -> dict[Side, list[Quote]]:
    """Quotes by side, best first."""
    return {side: [quote for quote in target.quotes if quote.side is side] for side in Side}


def with_signals(market: MarketInput = MARKET, **changes: object) -> MarketInput:
    """The moment with some signals changed."""
    return structs.replace(market, signals=structs.replace(market.signals, **changes))
