"""Signs, floors and limits of the inventory skew."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from okxmm_tui.core.params import ParamSet, for_instrument
from okxmm_tui.core.types import Side
from okxmm_tui.strategies.base import MarketInput
from okxmm_tui.strategies.inventory_skew import AT_LIMIT, TOO_SMALL, InventorySkew
from tests.samples import START_NS, inverse, pair, swap

MARKET = MarketInput(
    instrument=swap(),
    now_ns=START_NS,
    bid_ticks=600_000,
    ask_ticks=600_001,
    position_lots=0,
    volatility_per_sqrt_s=0.0,
    maker_fee=0.0002,
    allow_below_fees=False,
)


def _quotes(market: MarketInput, **values: str):
    params = ParamSet.from_specs(InventorySkew.specs, {k: Decimal(v) for k, v in values.items()})
    assert isinstance(params, ParamSet)
    target = InventorySkew().target(market, params)
    return target, {quote.side: quote for quote in target.quotes}


def test_flat_quotes_are_symmetric_around_the_mid():
    """Without inventory both distances are the same, rounded away from the mid."""
    _, quotes = _quotes(MARKET, base_spread_bps="10")
    assert quotes[Side.BUY].price_ticks == 599_700
    assert quotes[Side.SELL].price_ticks == 600_301


def test_a_long_position_moves_both_quotes_down():
    """By inventory_skew x position/max_position x half-spread: here 0.5 x 0.5 x 300 ticks."""
    market = structs.replace(MARKET, position_lots=250)
    _, quotes = _quotes(market, base_spread_bps="10", inventory_skew="0.5", max_position="5")
    assert quotes[Side.BUY].price_ticks == 599_625
    assert quotes[Side.SELL].price_ticks == 600_226


def test_a_short_position_moves_both_quotes_up():
    """The mirror image."""
    market = structs.replace(MARKET, position_lots=-250)
    _, quotes = _quotes(market, base_spread_bps="10", inventory_skew="0.5", max_position="5")
    assert quotes[Side.BUY].price_ticks == 599_775
    assert quotes[Side.SELL].price_ticks == 600_376


def test_the_growing_side_disappears_at_the_limit():
    """Long at the limit: no bid, and the reason says so; the ask stays."""
    target, quotes = _quotes(structs.replace(MARKET, position_lots=500), max_position="5")
    assert set(quotes) == {Side.SELL}
    assert target.bid_reason == AT_LIMIT
    target, quotes = _quotes(structs.replace(MARKET, position_lots=-500), max_position="5")
    assert set(quotes) == {Side.BUY}
    assert target.ask_reason == AT_LIMIT


def test_the_growing_side_shrinks_to_the_room_left():
    """With 0.4 contracts of room, the bid is 0.4 contracts."""
    _, quotes = _quotes(structs.replace(MARKET, position_lots=460), max_position="5", order_size="1")
    assert (quotes[Side.BUY].size_lots, quotes[Side.SELL].size_lots) == (40, 100)


def test_the_half_spread_is_never_below_fees_plus_one_tick():
    """At 2 bps of maker fee the floor is 12 USDT and a tick, unless it is allowed."""
    target, _ = _quotes(MARKET, base_spread_bps="0.1")
    assert target.half_spread_ticks == 0.0002 * 600_000.5 + 1
    target, _ = _quotes(structs.replace(MARKET, allow_below_fees=True), base_spread_bps="0.1")
    assert target.half_spread_ticks < 10


def test_volatility_widens():
    """One bp of one-second volatility adds the multiplier times 60 ticks to each side."""
    calm, _ = _quotes(MARKET, volatility_multiplier="2")
    rough, _ = _quotes(structs.replace(MARKET, volatility_per_sqrt_s=1e-4), volatility_multiplier="2")
    assert abs(rough.half_spread_ticks - calm.half_spread_ticks - 2 * 60.00005) < 1e-6


@given(
    st.integers(-800, 800),
    st.integers(1, 200),
    st.floats(0, 0.01),
    st.sampled_from(["0", "0.5", "3"]),
    st.sampled_from(["0.1", "4", "500"]),
)
def test_quotes_never_cross_and_never_outgrow_the_limit(position, width, sigma, skew, spread):
    """Whatever the market, post-only holds and no quote could take the position over its limit."""
    market = structs.replace(
        MARKET, position_lots=position, ask_ticks=MARKET.bid_ticks + width, volatility_per_sqrt_s=sigma
    )
    _, quotes = _quotes(market, inventory_skew=skew, base_spread_bps=spread, max_position="5")
    for quote in quotes.values():
        assert quote.side.sign * position + quote.size_lots <= 500
        if quote.side is Side.BUY:
            assert quote.price_ticks < market.ask_ticks
        else:
            assert quote.price_ticks > market.bid_ticks


KINDS = [
    (swap(), 250, "5"),
    (inverse(), 25, "5"),
    (swap("BTC-USDT-261225", inst_type="FUTURES"), 250, "5"),
    (inverse("BTC-USD-261225", inst_type="FUTURES"), 25, "5"),
    (pair(), 250_000, "0.005"),
]


@pytest.mark.parametrize(
    ("instrument", "half_full_lots", "limit"), KINDS, ids=[each.inst_id for each, _, _ in KINDS]
)
def test_every_kind_is_skewed_and_sized_alike(instrument, half_full_lots, limit):
    """Half a full position shifts the quotes by the same ticks, in contracts or in base currency."""
    market = structs.replace(MARKET, instrument=instrument, position_lots=half_full_lots)
    specs = for_instrument(InventorySkew.specs, instrument)
    given_values = {"base_spread_bps": Decimal(10), "max_position": Decimal(limit)}
    params = ParamSet.from_specs(specs, given_values)
    assert isinstance(params, ParamSet)
    quotes = {quote.side: quote for quote in InventorySkew().target(market, params).quotes}
    assert quotes[Side.BUY].price_ticks == 599_625
    assert quotes[Side.SELL].price_ticks == 600_226
    one_fifth_lots = 2 * half_full_lots // 5
    assert quotes[Side.BUY].size_lots == quotes[Side.SELL].size_lots == one_fifth_lots


def test_a_size_below_the_smallest_order_is_said_to_be_one():
    """0.05 contracts where the smallest is 0.1: no quote, and the reason is not the inventory."""
    market = structs.replace(MARKET, instrument=inverse())
    target, quotes = _quotes(market, order_size="0.05")
    assert quotes == {}
    assert target.bid_reason == target.ask_reason == TOO_SMALL
