"""What a strategy is given and what it returns."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.params import ParamSet, ParamSpec
from okxmm_tui.core.types import Side
from okxmm_tui.signals.summary import Signals


class MarketInput(Struct, frozen=True, gc=False):
    """One market at one moment. Only ever built from a live, two-sided, uncrossed book."""

    instrument: Instrument
    now_ns: int
    bid_ticks: int
    ask_ticks: int
    position_lots: int
    volatility_per_sqrt_s: float
    """Volatility of returns per square root of a second."""
    maker_fee: float
    """Per unit of notional; positive is paid."""
    allow_below_fees: bool
    taker_fee: float = 0.0
    bid_lots: int = 0
    """Displayed at the best bid."""
    ask_lots: int = 0
    average_price_ticks: float | None = None
    """Average entry of the position; None when flat."""
    equity_quote: float | None = None
    """Of the account; None while not known."""
    signals: Signals = Signals()


class Quote(Struct, frozen=True, gc=False):
    """One order the strategy wants in the market."""

    side: Side
    price_ticks: int
    size_lots: int


class Target(Struct, frozen=True, gc=False):
    """All the strategy wants in the market now, and why a side is empty."""

    quotes: tuple[Quote, ...]
    fair_ticks: float
    """Price the quotes are centred on, before the inventory shift."""
    half_spread_ticks: float
    bid_reason: str = ""
    """Why there is no bid; empty when there is one."""
    ask_reason: str = ""
    nearest_bid_ticks: int | None = None
    """Highest bid that still earns its fees; nothing above it may be held. None where there is no floor."""
    nearest_ask_ticks: int | None = None

    def may_hold(self, side: Side, price_ticks: int) -> bool:
        """Whether an order at a price respects the floor under the spread."""
        nearest = self.nearest_bid_ticks if side is Side.BUY else self.nearest_ask_ticks
        return nearest is None or side.sign * price_ticks <= side.sign * nearest


class Strategy(Protocol):
    """A pure strategy: the same input and parameters give the same target."""

    name: str
    specs: tuple[ParamSpec, ...]

    def target(self, market: MarketInput, params: ParamSet) -> Target:
        """Return the quotes to have in the market."""
        ...
