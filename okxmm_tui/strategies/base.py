"""What a strategy is given and what it returns."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.params import ParamSet, ParamSpec
from okxmm_tui.core.types import Side
from okxmm_tui.signals.summary import Signals


class MarketInput(Struct, frozen=True, gc=False):
    """One market at one moment. Only ever built from a live, two-sided, uncrossed book.

    What is shown of our own orders is taken out: a strategy never sees, and never follows, itself.
    """

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
    """Displayed at the best bid by others."""
    ask_lots: int = 0
    average_price_ticks: float | None = None
    """Average entry of the position; None when flat."""
    equity_quote: float | None = None
    """Of the account; None while not known."""
    signals: Signals = Signals()

    @property
    def mid_ticks(self) -> float:
        """Middle of the best prices."""
        return (self.bid_ticks + self.ask_ticks) / 2


class Quote(Struct, frozen=True, gc=False):
    """One order the strategy wants in the market."""

    side: Side
    price_ticks: int
    size_lots: int


class Composition(Struct, frozen=True, gc=False):
    """How far one side's best quote stands from the mid, part by part, in ticks; positive is further away."""

    base: float = 0.0
    """The strategy's own spread."""
    volatility: float = 0.0
    inventory: float = 0.0
    """Negative on the side that shrinks the position."""
    toxicity: float = 0.0
    """Paid by fills that were followed by a move against us."""
    fees: float = 0.0
    external: float = 0.0
    """Fair value off the mid: microprice, lead markets. Opposite signs on the two sides."""

    @property
    def half_spread(self) -> float:
        """Distance from the price the quotes are centred on."""
        return self.base + self.volatility + self.toxicity + self.fees

    @property
    def total(self) -> float:
        """Distance from the mid."""
        return self.half_spread + self.inventory + self.external


class Close(Struct, frozen=True, gc=False):
    """Reduce the position at once, as a taker; the engine checks it and sends it reduce-only."""

    size_lots: int
    reason: str


class Target(Struct, frozen=True, gc=False):
    """All the strategy wants in the market now, and why a side is empty."""

    quotes: tuple[Quote, ...]
    """Best price first on each side."""
    fair_ticks: float
    """Price the quotes are centred on, before the inventory shift."""
    half_spread_ticks: float
    bid_reason: str = ""
    """Why there is no bid, or what is to be said of the one there is; usually empty then."""
    ask_reason: str = ""
    nearest_bid_ticks: int | None = None
    """Highest bid that still earns its fees; nothing above it may be held. None where there is no floor."""
    nearest_ask_ticks: int | None = None
    bid_parts: Composition | None = None
    ask_parts: Composition | None = None
    close: Close | None = None

    def reason(self, side: Side) -> str:
        """What is to be said of a side."""
        return self.bid_reason if side is Side.BUY else self.ask_reason

    def may_hold(self, side: Side, price_ticks: int) -> bool:
        """Whether an order at a price respects the floor under the spread."""
        nearest = self.nearest_bid_ticks if side is Side.BUY else self.nearest_ask_ticks
        return nearest is None or side.sign * price_ticks <= side.sign * nearest


class Strategy(Protocol):
    """A strategy of one market: what it is given decides what it returns, and nothing else does.

    It may remember what it was told (fills, earlier inputs); it has no clock and no randomness of its own, so
    the same calls always give the same targets. An instance serves one market.
    """

    name: str
    specs: tuple[ParamSpec, ...]

    def target(self, market: MarketInput, params: ParamSet) -> Target:
        """Return the quotes to have in the market."""
        ...

    def on_fill(self, side: Side, price_ticks: int, size_lots: int, now_ns: int) -> None:
        """Learn of an own fill, before the next call of ``target``."""
        ...
