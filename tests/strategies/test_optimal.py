"""The formulas against numbers worked out by hand, their limits, and the published experiment."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.avellaneda_stoikov import run
from okxmm_tui.strategies import optimal

POSITIVE = st.floats(1e-3, 1e3)


def test_reservation_price_by_hand():
    """S 100, q 3, gamma 0.1, sigma 2, tau 0.5: 100 - 3 x 0.1 x 4 x 0.5 = 99.4."""
    assert optimal.reservation_price(100, 3, 0.1, 2, 0.5) == pytest.approx(99.4)
    assert optimal.reservation_price(100, -3, 0.1, 2, 0.5) == pytest.approx(100.6)


def test_half_spread_by_hand():
    """Gamma 0.1, k 1.5: 10 ln(1.0666...) = 0.6453852; with sigma 2 and tau 1, 0.2 more."""
    assert optimal.arrival_half_spread(0.1, 1.5) == pytest.approx(0.6453852, abs=1e-7)
    assert optimal.as_half_spread(0.1, 2, 1, 1.5) == pytest.approx(0.8453852, abs=1e-7)


def test_gamma_to_zero_is_the_myopic_quote():
    """Without risk aversion the half-spread is 1/k, and nothing shifts."""
    assert optimal.arrival_half_spread(0.0, 1.5) == pytest.approx(1 / 1.5)
    assert optimal.arrival_half_spread(1e-12, 1.5) == pytest.approx(1 / 1.5)
    assert optimal.as_half_spread(1e-12, 2, 1, 1.5) == pytest.approx(1 / 1.5)
    assert optimal.glft_c2(1e-12, 1e-12, 140, 1.5, 1) == pytest.approx(0, abs=1e-6)


def test_size_scales_like_risk_aversion():
    """Orders of size d are the paper's problem with gamma d and inventory in orders."""
    assert optimal.arrival_half_spread(0.1, 1.5, 4) == pytest.approx(optimal.arrival_half_spread(0.4, 1.5))


def test_glft_by_hand():
    """Gamma 0.1, sigma 2, A 140, k 1.5, size 1, CARA.

    c1 = 0.6453852; c2 = sqrt(0.1 / 420 x 1.0666667^16) = sqrt(0.000238095 x 2.808404) = 0.0258586;
    sigma c2 = 0.0517172, so at q = 2 the bid stands at c1 + 2.5 x 0.0517172 and the ask at c1 - 1.5 x it.
    """
    assert optimal.glft_c2(0.1, 0.1, 140, 1.5, 1) == pytest.approx(0.0258586, abs=1e-6)
    bid, ask = optimal.glft_distances(2, 2, 0.1, 140, 1.5, size=1)
    assert bid == pytest.approx(0.6453852 + 2.5 * 0.0517172, abs=1e-5)
    assert ask == pytest.approx(0.6453852 - 1.5 * 0.0517172, abs=1e-5)


def test_glft_quadratic_limit():
    """Xi to 0: c1 = 1/k and c2 = sqrt(gamma e / (2 A size k))."""
    c2 = math.sqrt(0.1 * math.e / (2 * 140 * 2 * 1.5))
    assert optimal.glft_c2(0.1, 0.0, 140, 1.5, 2) == pytest.approx(c2)
    assert optimal.glft_c2(0.1, 1e-9, 140, 1.5, 2) == pytest.approx(c2, rel=1e-6)
    bid, ask = optimal.glft_distances(0, 2, 0.1, 140, 1.5, size=2, xi=0)
    assert bid == pytest.approx(1 / 1.5 + 2 * c2)
    assert ask == pytest.approx(bid)


@given(POSITIVE, st.floats(0.1, 10), st.floats(0.1, 100), st.floats(0.01, 10), st.floats(0.1, 100))
def test_ticks_or_prices_is_only_a_matter_of_scale(gamma, sigma, a, k, tick):
    """Distances in ticks times the tick are distances in price: k and sigma are converted together."""
    in_price = optimal.glft_distances(3, sigma, gamma, a, k, size=1)
    in_ticks = optimal.glft_distances(3, sigma / tick, gamma * tick, a, k * tick, size=1)
    assert in_ticks[0] * tick == pytest.approx(in_price[0], rel=1e-6)
    assert in_ticks[1] * tick == pytest.approx(in_price[1], rel=1e-6, abs=1e-9)


@given(st.floats(-20, 20), POSITIVE)
def test_inventory_moves_both_quotes_the_same_way(q, gamma):
    """Long moves the bid away and the ask nearer, by the same amount."""
    flat = optimal.glft_distances(0, 2, gamma, 140, 1.5, size=1)
    held = optimal.glft_distances(q, 2, gamma, 140, 1.5, size=1)
    assert held[0] - flat[0] == pytest.approx(flat[1] - held[1], rel=1e-6, abs=1e-9)
    assert (held[0] - flat[0]) * q >= 0


@pytest.mark.parametrize("gamma", [0.1, 0.5])
def test_the_published_experiment(gamma):
    """Same spread, but the inventory strategy's profit and final inventory vary far less (tables 1 and 3)."""
    inventory = run(gamma, is_inventory=True, paths=300, seed=7)
    symmetric = run(gamma, is_inventory=False, paths=300, seed=7)
    assert inventory.spread == pytest.approx(symmetric.spread, abs=0.02)
    assert inventory.profit_sd < 0.65 * symmetric.profit_sd
    assert inventory.final_q_sd < 0.5 * symmetric.final_q_sd
    assert 0 < symmetric.profit - inventory.profit < 0.25 * symmetric.profit
    assert inventory.profit == pytest.approx({0.1: 65.0, 0.5: 48.5}[gamma], rel=0.05)
