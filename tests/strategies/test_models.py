"""GLFT and Avellaneda-Stoikov as strategies: units, signs, waiting for data, floors."""

from __future__ import annotations

import pytest
from msgspec import structs

from okxmm_tui.core.types import Side
from okxmm_tui.strategies import optimal
from okxmm_tui.strategies.avellaneda_stoikov import AvellanedaStoikov
from okxmm_tui.strategies.glft import Glft
from okxmm_tui.strategies.quoting import AT_LIMIT
from tests.strategies.moments import ARRIVALS, MARKET, params_of, quotes_of, with_signals

BOTH = pytest.mark.parametrize("strategy", [Glft(), AvellanedaStoikov()], ids=lambda each: each.name)
# One lot is 0.01 contracts of 0.01 BTC and a tick 0.1 USDT: a lot and a tick are 0.00001 USDT.
GAMMA_TICK_LOT = 2.0 * 0.00001
SIGMA_TICKS = 1e-4 * 600_000.5


def test_glft_quotes_are_the_formula():
    """Risk aversion per USDT becomes ticks and lots; both sides are rounded away from the mid."""
    target = Glft().target(MARKET, params_of(Glft, risk_aversion="2", order_size="1"))
    bid, ask = optimal.glft_distances(0, SIGMA_TICKS, GAMMA_TICK_LOT, 2.0, 0.02, size=100)
    quotes = quotes_of(target)
    assert quotes[Side.BUY][0].price_ticks == int(600_000.5 - bid)
    assert quotes[Side.SELL][0].price_ticks == int(600_000.5 + ask) + 1
    assert target.half_spread_ticks == pytest.approx(bid)


@BOTH
def test_a_round_trip_at_an_unmoved_mid_earns_both_half_spreads(strategy):
    """Buyers come oftener and deeper than sellers: what is bought at q is sold at q + size for more."""
    market = with_signals(
        structs.replace(MARKET, maker_fee=0.0002, ask_ticks=600_101),
        buys=structs.replace(ARRIVALS, a_per_s=8.0, k_per_tick=0.01),
        microprice_ticks=None,
    )
    params = params_of(strategy, risk_aversion="50", max_position="50", order_size="1")
    fee = 0.0002 * market.mid_ticks
    for held in range(-4_000, 4_001, 500):
        before, after = (
            strategy.target(structs.replace(market, position_lots=lots), params)
            for lots in (held, held + 100)
        )
        assert before.bid_parts is not None
        assert after.ask_parts is not None
        assert before.bid_parts.total + after.ask_parts.total > 2 * fee
        prices = quotes_of(before)
        assert prices[Side.BUY][0].price_ticks < prices[Side.SELL][0].price_ticks


def test_glft_has_one_price_for_inventory():
    """Arrivals differ: lots move bid and ask by the same, sigma x the geometric mean of both c2."""
    market = with_signals(buys=structs.replace(ARRIVALS, a_per_s=18.0))
    params = params_of(Glft, risk_aversion="2", order_size="1")
    flat, long = (Glft().target(structs.replace(market, position_lots=lots), params) for lots in (0, 100))
    c2 = [optimal.glft_c2(GAMMA_TICK_LOT, GAMMA_TICK_LOT, a, 0.02, 100) for a in (2.0, 18.0)]
    for was, now, sign in ((flat.bid_parts, long.bid_parts, 1), (flat.ask_parts, long.ask_parts, -1)):
        assert was is not None
        assert now is not None
        assert now.total - was.total == pytest.approx(sign * 100 * SIGMA_TICKS * (c2[0] * c2[1]) ** 0.5)


def test_by_default_a_full_position_shows_in_glft_quotes():
    """Figures of the built-in recording: the shift is a good part of the half-spread, and no more than it."""
    arrivals = structs.replace(ARRIVALS, a_per_s=7.0, k_per_tick=0.25)
    market = structs.replace(
        with_signals(buys=arrivals, sells=arrivals),
        maker_fee=0.0002,
        volatility_per_sqrt_s=7e-5,
        position_lots=500,
    )
    parts = Glft().target(market, params_of(Glft)).bid_parts
    assert parts is not None
    assert 0.25 < parts.inventory / parts.half_spread < 1


def test_avellaneda_stoikov_quotes_are_the_formula():
    """The reservation price and the half-spread of the paper, order size 100 lots, tau 60 s."""
    market = structs.replace(MARKET, position_lots=200)
    params = params_of(AvellanedaStoikov, risk_aversion="0.001", order_size="1", horizon_s="60")
    target = AvellanedaStoikov().target(market, params)
    gamma = 0.001 * 0.00001
    centre = optimal.reservation_price(600_000.5, 200, gamma, SIGMA_TICKS, 60)
    half = optimal.as_half_spread(gamma, SIGMA_TICKS, 60, 0.02, 100)
    assert centre == pytest.approx(600_000.5 - 200 * gamma * SIGMA_TICKS**2 * 60)
    quotes = quotes_of(target)
    assert quotes[Side.BUY][0].price_ticks == int(centre - half)
    assert quotes[Side.SELL][0].price_ticks == int(centre + half) + 1


@BOTH
def test_inventory_moves_both_quotes_against_itself(strategy):
    """Long: both quotes lower. Short: both higher."""
    params = params_of(strategy, risk_aversion="0.5", max_position="10")
    prices = {}
    for position in (-300, 0, 300):
        quotes = quotes_of(strategy.target(structs.replace(MARKET, position_lots=position), params))
        prices[position] = [quotes[side][0].price_ticks for side in Side]
    assert prices[300][0] < prices[0][0] < prices[-300][0]
    assert prices[300][1] < prices[0][1] < prices[-300][1]


@BOTH
def test_more_risk_aversion_or_volatility_widens(strategy):
    """Both raise the half-spread."""
    base = strategy.target(MARKET, params_of(strategy, risk_aversion="0.5")).half_spread_ticks
    shy = strategy.target(MARKET, params_of(strategy, risk_aversion="5")).half_spread_ticks
    rough = structs.replace(MARKET, volatility_per_sqrt_s=5e-4)
    assert shy > base
    assert strategy.target(rough, params_of(strategy, risk_aversion="0.5")).half_spread_ticks > base


@BOTH
def test_a_fee_widens_and_a_rebate_narrows(strategy):
    """The optimum of (distance - fee) x arrivals is the fee further out."""
    params = params_of(strategy, risk_aversion="0.5")
    free = strategy.target(MARKET, params).half_spread_ticks
    paid = strategy.target(structs.replace(MARKET, maker_fee=0.0002), params).half_spread_ticks
    earned = strategy.target(structs.replace(MARKET, maker_fee=-0.00005), params).half_spread_ticks
    assert paid - free == pytest.approx(0.0002 * 600_000.5)
    assert free - earned == pytest.approx(0.00005 * 600_000.5)


@BOTH
def test_a_bid_heavy_book_moves_both_quotes_up(strategy):
    """The microprice above the mid is fair value above the mid."""
    params = params_of(strategy, book_skew="1")
    up = quotes_of(strategy.target(with_signals(microprice_ticks=600_020.5), params))
    flat = quotes_of(strategy.target(MARKET, params))
    assert all(up[side][0].price_ticks == flat[side][0].price_ticks + 20 for side in Side)


@BOTH
def test_nothing_is_quoted_before_arrivals_are_known(strategy):
    """The reason counts the samples on both sides."""
    few = with_signals(sells=structs.replace(ARRIVALS, samples=4))
    params = params_of(strategy, start_spread_bps="0")
    target = strategy.target(few, params)
    assert not target.quotes
    assert target.bid_reason == target.ask_reason == "fitting arrivals of sells: 4 of 30"
    none = with_signals(sells=None, sells_seen=17)
    assert strategy.target(none, params).bid_reason == "fitting arrivals of sells: 17 of 30"
    flat = with_signals(sells=None, sells_seen=400)
    said = "fitting arrivals of sells: too few beyond the best price"
    assert strategy.target(flat, params).bid_reason == said
    blind = structs.replace(MARKET, volatility_per_sqrt_s=0.0)
    assert strategy.target(blind, params).bid_reason == "measuring volatility"


@BOTH
def test_the_added_spread_moves_both_quotes_by_half_of_it(strategy):
    """1 bps of 60,000.05 are 60 ticks; narrowing ends at the mid, and at the fee floor where that counts."""
    plain, wide, narrow = (
        quotes_of(strategy.target(MARKET, params_of(strategy, added_spread_bps=added)))
        for added in ("0", "1", "-100")
    )
    assert plain[Side.BUY][0].price_ticks - wide[Side.BUY][0].price_ticks == 30
    assert wide[Side.SELL][0].price_ticks - plain[Side.SELL][0].price_ticks == 30
    assert plain[Side.BUY][0].price_ticks < narrow[Side.BUY][0].price_ticks <= MARKET.bid_ticks
    dear = structs.replace(MARKET, maker_fee=0.0002, allow_below_fees=False)
    target = strategy.target(dear, params_of(strategy, added_spread_bps="-100"))
    assert target.half_spread_ticks >= 0.0002 * 600_000.5 + 1


@BOTH
def test_until_all_is_measured_the_start_spread_stands(strategy):
    """5 bps of 60,000.05 are 300 ticks, half of them a side; a full position moves both by 75 against it."""
    blind = structs.replace(MARKET, volatility_per_sqrt_s=0.0)
    params = params_of(strategy, start_spread_bps="5", max_position="4", book_skew="0")
    flat, long = (
        quotes_of(strategy.target(structs.replace(blind, position_lots=lots), params)) for lots in (0, 399)
    )
    assert [flat[side][0].price_ticks for side in Side] == [599_850, 600_151]
    assert [flat[side][0].price_ticks - long[side][0].price_ticks for side in Side] == [75, 75]
    full = strategy.target(structs.replace(blind, position_lots=400), params)
    assert [quote.side for quote in full.quotes] == [Side.SELL]
    assert (full.reason(Side.BUY), full.reason(Side.SELL)) == (AT_LIMIT, "measuring volatility")
    measured = structs.replace(MARKET, position_lots=0)
    assert strategy.target(measured, params) == strategy.target(
        measured, params_of(strategy, start_spread_bps="50", max_position="4", book_skew="0")
    )


@BOTH
def test_what_the_operator_wants_wider_is_wider_from_the_start(strategy):
    """A minimum of 20 bps holds while nothing is measured too, and 2 bps added stand on top of it."""
    blind = structs.replace(MARKET, volatility_per_sqrt_s=0.0)
    for values, half_bps in (
        ({"min_spread_bps": "20"}, 10), ({"min_spread_bps": "20", "added_spread_bps": "2"}, 11),
        ({"added_spread_bps": "-2"}, 2.5),
    ):  # fmt: skip
        target = strategy.target(blind, params_of(strategy, start_spread_bps="5", book_skew="0", **values))
        assert target.half_spread_ticks == pytest.approx(half_bps / 1e4 * 600_000.5)


@BOTH
def test_in_a_wide_market_the_start_spread_is_the_markets_own(strategy):
    """50 bps between best bid and ask: until something is known of it, nobody stands inside on a guess."""
    wide = structs.replace(MARKET, volatility_per_sqrt_s=0.0, bid_ticks=598_500, ask_ticks=601_501)
    params = params_of(strategy, start_spread_bps="5", book_skew="0")
    quotes = quotes_of(strategy.target(wide, params))
    assert [quotes[side][0].price_ticks for side in Side] == [598_500, 601_501]


@BOTH
def test_the_start_spread_stands_at_the_fee_floor_too(strategy):
    """A dear market is not quoted inside its fees while it is being measured."""
    blind = structs.replace(MARKET, volatility_per_sqrt_s=0.0, maker_fee=0.0008, allow_below_fees=False)
    target = strategy.target(blind, params_of(strategy, start_spread_bps="1"))
    assert target.half_spread_ticks >= 0.0008 * 600_000.5 + 1


@BOTH
def test_the_fee_floor_holds(strategy):
    """With dense arrivals the model would quote inside its fees; the floor does not let it."""
    dense = structs.replace(ARRIVALS, k_per_tick=5.0)
    market = with_signals(
        structs.replace(MARKET, maker_fee=0.0002, allow_below_fees=False), buys=dense, sells=dense
    )
    market = structs.replace(market, volatility_per_sqrt_s=1e-9)
    target = strategy.target(market, params_of(strategy, risk_aversion="0.0001"))
    assert target.half_spread_ticks >= 0.0002 * 600_000.5 + 1


@BOTH
def test_a_rebate_larger_than_the_spread_never_makes_both_quotes_meet(strategy):
    """5 bps of rebate and quoting inside fees allowed: bid and ask stay a tick apart in every market."""
    params = params_of(strategy)
    paid = structs.replace(MARKET, maker_fee=-0.0005, allow_below_fees=True)
    for spread in range(1, 12):
        market = with_signals(structs.replace(paid, ask_ticks=600_000 + spread), microprice_ticks=None)
        quotes = quotes_of(strategy.target(market, params))
        assert quotes[Side.BUY][0].price_ticks < quotes[Side.SELL][0].price_ticks


@BOTH
def test_the_minimum_spread_is_kept(strategy):
    """20 bps of full spread are 10 bps a side whatever the model says."""
    target = strategy.target(MARKET, params_of(strategy, min_spread_bps="200"))
    assert target.half_spread_ticks == pytest.approx(0.01 * 600_000.5)


@BOTH
def test_toxic_flow_widens(strategy):
    """A measured loss of 3 bps at 5 s is added to each side at multiplier 1, at the start spread as well."""
    from okxmm_tui.signals.summary import Markout

    toxic = with_signals(markouts=(Markout(5, -3.0, 0.5, 40),))
    calm = strategy.target(MARKET, params_of(strategy, toxicity_multiplier="1")).half_spread_ticks
    wide = strategy.target(toxic, params_of(strategy, toxicity_multiplier="1")).half_spread_ticks
    assert wide - calm == pytest.approx(3e-4 * 600_000.5)
    blind = structs.replace(toxic, volatility_per_sqrt_s=0.0)
    params = params_of(strategy, toxicity_multiplier="1", start_spread_bps="5")
    assert strategy.target(blind, params).half_spread_ticks == pytest.approx((2.5 + 3) * 60.00005)
