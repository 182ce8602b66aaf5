"""Arrivals and volatility as strategies are given them, fitted on a market whose parameters are known."""

from __future__ import annotations

import math

import pytest

from okxmm_tui.core.accounting.timeline import Timeline
from okxmm_tui.core.books import OrderBook
from okxmm_tui.core.signals import Intensity
from okxmm_tui.exchange.instruments import packaged_metadata, read_metadata
from okxmm_tui.exchange.market_events import BboEvent, TradeEvent
from okxmm_tui.exchange.synthetic import GroundTruth, GroundTruthFeed
from okxmm_tui.signals.collector import FAST_HALF_LIFE_S, SLOW_HALF_LIFE_S, MarketSignals

LISTED = read_metadata(packaged_metadata())["BTC-USDT-SWAP"]
SECONDS = 900
SAMPLE_S = 0.13
"""Mean time between two samples of the mid: a tenth of a second and the wait for the next best price."""


def watched(truth: GroundTruth, seed: int) -> MarketSignals:
    """Signals that have seen such a market for so long."""
    signals = MarketSignals(LISTED.instrument, OrderBook(), Timeline())
    for at_ns, events in GroundTruthFeed(LISTED, truth, seed).events():
        if at_ns > SECONDS * 1_000_000_000:
            return signals
        for event in events:
            match event:
                case BboEvent(bid=(bid, bid_lots, _), ask=(ask, ask_lots, _)):
                    signals.on_top(bid, bid_lots, ask, ask_lots, venue_ms=event.source_ms, now_ns=at_ns)
                case TradeEvent(side=taker, price_ticks=price, size_lots=lots):
                    signals.on_trade(taker, price, lots, venue_ms=event.source_ms, now_ns=at_ns)
                case _:
                    pass
    raise AssertionError("the market ended")


def volatility_error(truth: GroundTruth, half_life_s: float) -> float:
    """Relative standard error of an exponentially weighted volatility of a walk of single ticks.

    A squared step over dt has the relative variance 1 / (sigma^2 dt) + 2. Weights forget at rate r, so the
    sum of their squares over the square of their sum is r dt / 2 coth(r T / 2).
    """
    rate = math.log(2) / half_life_s
    share = rate * SAMPLE_S / 2 / math.tanh(rate * SECONDS / 2)
    return math.sqrt(share * (1 / (truth.sigma**2 * SAMPLE_S) + 2)) / 2


@pytest.mark.parametrize(
    ("truth", "seed"),
    [
        (GroundTruth(a=4.0, k=0.25, sigma=6.0), 1),
        (GroundTruth(a=2.0, k=0.05, sigma=5.0), 2),
        (GroundTruth(a=9.0, k=1.2, sigma=4.0), 3),
    ],
    ids=["usual", "deep", "shallow"],
)
def test_what_strategies_are_given_lies_within_three_standard_errors_of_the_truth(truth, seed):
    """A and k of both sides, fast and slow volatility."""
    seen = watched(truth, seed).summary()
    for fitted in (seen.buys, seen.sells):
        assert isinstance(fitted, Intensity)
        assert abs(fitted.a_per_s - truth.a) < 3 * fitted.a_error
        assert abs(fitted.k_per_tick - truth.k) < 3 * fitted.k_error
        assert fitted.k_error < 0.15 * truth.k
    assert seen.weighted_mid_ticks is not None
    for share, half_life_s in (
        (seen.volatility_fast, FAST_HALF_LIFE_S),
        (seen.volatility_slow, SLOW_HALF_LIFE_S),
    ):
        sigma = share * seen.weighted_mid_ticks
        assert abs(sigma / truth.sigma - 1) < 3 * volatility_error(truth, half_life_s)
