"""All signals of one market at one moment, as strategies and the screen read them. Figures only.

NaN never appears: a signal that is not known yet is None, or 0 where 0 means "no opinion".
"""

from __future__ import annotations

from msgspec import Struct


class Intensity(Struct, frozen=True, gc=False):
    """Arrivals of takers on one side: rate(distance) = a_per_s x exp(-k_per_tick x distance).

    Distances are ticks from the mid (market-making.md 2.0 and 2.2).
    """

    a_per_s: float
    k_per_tick: float
    a_error: float
    """Standard error of ``a_per_s``."""
    k_error: float
    samples: int


class Markout(Struct, frozen=True, gc=False):
    """Mean markout of own fills at one horizon; positive is good for us (market-making.md 3.4)."""

    horizon_s: int
    mean_bps: float
    error_bps: float
    """Standard error of the mean."""
    fills: int


class Signals(Struct, frozen=True, gc=False):
    """Figures of one market. The default stands for a market nothing is known of."""

    microprice_ticks: float | None = None
    weighted_mid_ticks: float | None = None
    """Mid pulled towards the thinner side: a bid-heavy book lies above the mid."""
    vamp_ticks: float | None = None
    """Volume-adjusted mid over the first levels of both sides."""
    imbalance: float = 0.0
    """(bid - ask) / (bid + ask) over the first levels, -1..1; positive pushes the fair price up."""
    ofi_z: float = 0.0
    """Order flow imbalance of the last seconds in its own standard deviations; positive is buying."""
    trade_imbalance: float = 0.0
    """(buys - sells) / (buys + sells) of takers, decayed, -1..1."""
    volatility_fast: float = 0.0
    """Volatility of returns per square root of a second, short half-life."""
    volatility_slow: float = 0.0
    bid_depth_quote: float = 0.0
    """Value of resting bids within the depth band, quote currency."""
    ask_depth_quote: float = 0.0
    top_bid_quote: float = 0.0
    """Value at the best bid, quote currency."""
    top_ask_quote: float = 0.0
    buys: Intensity | None = None
    """Takers that buy: they fill our asks."""
    sells: Intensity | None = None
    vpin: float | None = None
    """Volume-synchronised probability of informed trading, 0..1."""
    kyle_lambda_ticks_per_lot: float | None = None
    """Price impact of a lot of signed taker volume."""
    markouts: tuple[Markout, ...] = ()

    @property
    def volatility_per_sqrt_s(self) -> float:
        """What quotes should be built on: the larger of fast and slow (market-making.md 2.7)."""
        return max(self.volatility_fast, self.volatility_slow)

    @property
    def volatility_ratio(self) -> float:
        """Fast over slow; 1 while the slow one is not known."""
        return self.volatility_fast / self.volatility_slow if self.volatility_slow > 0 else 1.0
