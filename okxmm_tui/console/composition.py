"""What our spread is made of and stands against, in basis points of the mid."""

from __future__ import annotations

from typing import NamedTuple

from okxmm_tui.core.market_views import MarketView


class Figure(NamedTuple):
    """One of the distances; with two values it is the bid's and the ask's."""

    name: str
    bps: tuple[float | None, ...]
    role: str = "text"

    @property
    def mean_bps(self) -> float | None:
        """One value for both sides; None while it is unknown."""
        known = [value for value in self.bps if value is not None]
        return sum(known) / len(known) if len(known) == len(self.bps) else None


def composition(market: MarketView, mid_ticks: float) -> list[Figure]:
    """The distances from the mid, then the parts of ours, bid and ask side by side; needs a live book."""
    return [*_distances(market, mid_ticks), *_parts(market)]


def _distances(market: MarketView, mid: float) -> list[Figure]:
    def away(ticks: float | None) -> float | None:
        return None if ticks is None else (ticks - mid) / mid * 1e4

    best_bid, best_ask = market.bids[0][0], market.asks[0][0]
    bid, ask = market.bid.target_ticks, market.ask.target_ticks
    width = None if bid is None or ask is None else (ask - bid) / mid * 1e4
    skew = None if bid is None or ask is None else away((bid + ask) / 2)
    return [
        Figure("market spread", ((best_ask - best_bid) / mid * 1e4,)),
        Figure("our spread", (width,), "strong"),
        Figure("our bid from mid", (away(bid),), "bid"),
        Figure("our ask from mid", (away(ask),), "ask"),
        Figure("half-spread wanted", (market.half_spread_bps,)),
        Figure("middle of our quotes", (skew,)),
        Figure("fair value", (away(market.fair_ticks),), "mid"),
        Figure("microprice", (away(market.signals.microprice_ticks),)),
        Figure("volatility 1s", (market.volatility_bps,)),
    ]


def _parts(market: MarketView) -> list[Figure]:
    bid, ask = market.bid_parts, market.ask_parts
    if bid is None or ask is None:
        return []
    pairs = zip((*bid.named(), ("sum", bid.total_bps)), (*ask.named(), ("sum", ask.total_bps)), strict=True)
    return [Figure(f"{name}, bid / ask", (one, other)) for (name, one), (_, other) in pairs]
