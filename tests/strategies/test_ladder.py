"""The ladder: steps, sizes, thinning, limits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from okxmm_tui.core.types import Side
from okxmm_tui.strategies.ladder import Ladder
from tests.strategies.moments import MARKET, params_of, quotes_of, with_signals

STRATEGY = Ladder()


def test_levels_stand_a_step_apart_and_grow():
    """Three levels, a bp (60 ticks) apart, each twice the one before it."""
    params = params_of(
        Ladder, levels="3", level_step_bps="1", size_growth="2", order_size="0.1", volatility_multiplier="0"
    )
    quotes = quotes_of(STRATEGY.target(MARKET, params))
    bids = quotes[Side.BUY]
    assert [quote.size_lots for quote in bids] == [10, 20, 40]
    assert [bids[0].price_ticks - quote.price_ticks for quote in bids] == [0, 60, 120]
    asks = quotes[Side.SELL]
    assert [quote.price_ticks - asks[0].price_ticks for quote in asks] == [0, 60, 120]


def test_the_growing_side_thins_out():
    """Half a long limit at decay 1: bids shrink by exp(-0.5), asks stay."""
    market = structs.replace(MARKET, position_lots=250)
    params = params_of(Ladder, levels="1", order_size="1", max_position="5", size_decay="1")
    quotes = quotes_of(STRATEGY.target(market, params))
    assert quotes[Side.BUY][0].size_lots == 60
    assert quotes[Side.SELL][0].size_lots == 100


def test_a_bid_heavy_book_lifts_the_ladder():
    """Imbalance +1 at skew 1 moves both sides up by one half-spread."""
    params = params_of(Ladder, levels="1", imbalance_skew="1", volatility_multiplier="0")
    flat = quotes_of(STRATEGY.target(MARKET, params))
    heavy = quotes_of(STRATEGY.target(with_signals(imbalance=1.0), params))
    assert all(heavy[side][0].price_ticks > flat[side][0].price_ticks for side in Side)


@given(
    st.integers(-500, 500), st.integers(1, 20), st.sampled_from(["0.01", "1", "100"]),
    st.sampled_from(["0.1", "1", "5"]), st.integers(1, 300),
)  # fmt: skip
def test_no_ladder_crosses_outgrows_or_repeats_a_price(position, levels, step, growth, width):
    """If every order of a side filled, the position would still be within its limit."""
    market = structs.replace(MARKET, position_lots=position, ask_ticks=MARKET.bid_ticks + width)
    params = params_of(
        Ladder, levels=str(levels), level_step_bps=step, size_growth=growth, max_position="5", order_size="1"
    )
    for side, quotes in quotes_of(STRATEGY.target(market, params)).items():
        assert side.sign * position + sum(quote.size_lots for quote in quotes) <= 500 or not quotes
        prices = [side.sign * quote.price_ticks for quote in quotes]
        assert prices == sorted(set(prices), reverse=True)
        for quote in quotes:
            assert (
                quote.price_ticks < market.ask_ticks
                if side is Side.BUY
                else quote.price_ticks > market.bid_ticks
            )
