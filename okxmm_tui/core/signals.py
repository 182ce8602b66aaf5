"""Figures of all signals of one market at one moment, as strategies read them and the screen shows them.

NaN never appears: a signal that is not known yet is None, or 0 where 0 means "no opinion". The estimators
behind them are in ``okxmm_tui.signals``; this module holds their words only, so that a picture of the engine
can carry them.
"""

from __future__ import annotations

from msgspec import Struct

from okxmm_tui.core.types import Side


class Intensity(Struct, frozen=True, gc=False):
    """Arrivals of takers on one side: rate(distance) = a_per_s x exp(-k_per_tick x distance).

    Distances are ticks from the mid (docs/definitions.md, Arrivals (A and k)).
    """

    a_per_s: float
    k_per_tick: float
    a_error: float
    """Standard error of ``a_per_s``."""
    k_error: float
    samples: int


class Markout(Struct, frozen=True, gc=False):
    """Mean markout of own fills at one horizon; positive is good for us."""

    horizon_s: int
    mean_bps: float
    error_bps: float
    """Standard error of the mean; 0 before two fills."""
    fills: int
    missing: int = 0
    """Fills without a trustworthy mid at the horizon; they are in no mean."""

    @property
    def t_stat(self) -> float:
        """Mean over its standard error; 0 while that is not known."""
        return self.mean_bps / self.error_bps if self.error_bps > 0 else 0.0


class LevelMark(Struct, frozen=True, gc=False):
    """A level of the book that stands out."""

    side: Side
    """Of the resting orders: buy for a bid."""
    price_ticks: int
    shown_lots: int
    traded_lots: int = 0
    """Taken from the level while it stood; for suspected icebergs."""


class Signals(Struct, frozen=True, gc=False):
    """Figures of one market. The default stands for a market nothing is known of."""

    microprice_ticks: float | None = None
    """Stoikov's micro-price; the weighted mid until enough has been seen."""
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
    buys_seen: int = 0
    """Takers that have bought lately, also while they allow no fit."""
    sells_seen: int = 0
    vpin: float | None = None
    """Volume-synchronised probability of informed trading, 0..1."""
    kyle_lambda_ticks_per_lot: float | None = None
    """Price impact of a lot of signed taker volume."""
    markouts: tuple[Markout, ...] = ()
    effective_mid_ticks: float | None = None
    """Middle between buying and selling the reference value at once; None where a side is too thin."""
    band_imbalance: float = 0.0
    """Like ``imbalance``, over everything within the depth band."""
    ofi_lots: int = 0
    """Order flow imbalance of the last seconds; positive is buying."""
    volatility_parkinson: float = 0.0
    """From highs and lows of one-minute bars, per square root of a second; 0 before the first bar."""
    volatility_two_scale: float = 0.0
    """Realised, freed of microstructure noise, per square root of a second; 0 while not known."""
    is_volatility_tripped: bool = False
    """Fast volatility has run away from the slow one and has not been calm for long enough since."""
    buy_slippage_bps: float | None = None
    """Cost against the mid of buying the reference value at once; None where the book is too thin."""
    sell_slippage_bps: float | None = None
    typical_lots: float | None = None
    """Rolling median of the level sizes near the touch."""
    large_orders: tuple[LevelMark, ...] = ()
    """Levels many times the typical size, nearest first, bids before asks."""
    icebergs: tuple[LevelMark, ...] = ()
    """Levels that traded more than they ever showed and still stand."""
    kyle_error_ticks_per_lot: float | None = None
    """Standard error of ``kyle_lambda_ticks_per_lot``."""
    fill_imbalance: float = 0.0
    """(bought - sold) / (bought + sold) of our last maker fills, -1..1: far from 0 we are being run over."""

    @property
    def volatility_per_sqrt_s(self) -> float:
        """What quotes should be built on: the larger of fast and slow (docs/definitions.md, Volatility)."""
        return max(self.volatility_fast, self.volatility_slow)

    @property
    def volatility_ratio(self) -> float:
        """Fast over slow; 1 while the slow one is not known."""
        return self.volatility_fast / self.volatility_slow if self.volatility_slow > 0 else 1.0
