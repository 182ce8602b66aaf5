"""The closed formulas of optimal market making, unit by unit; pure numbers in, pure numbers out.

Symbols as in docs/definitions.md, Symbols and units. Any consistent units work: ``q`` and ``size`` in one
quantity unit, ``sigma`` in price units per square root of a second, ``k`` per price unit, ``a`` per second,
and ``gamma`` per (price unit x quantity unit) of PnL. The strategies use ticks and lots.
"""

from __future__ import annotations

import math


def reservation_price(s: float, q: float, gamma: float, sigma: float, tau: float) -> float:
    """What the position makes the asset worth to its holder: r = s - q gamma sigma^2 tau.

    Avellaneda and Stoikov, Quantitative Finance 8(3), 2008, finite horizon.
    """
    return s - q * gamma * sigma * sigma * tau


def arrival_half_spread(gamma: float, k: float, size: float = 1.0) -> float:
    """(1 / (gamma size)) ln(1 + gamma size / k), and its limit 1/k for gamma to 0 (myopic).

    Written with ``log1p``, which keeps its digits where gamma size / k is tiny.
    """
    risk = gamma * size
    return math.log1p(risk / k) / risk if risk > 0 else 1.0 / k


def as_half_spread(gamma: float, sigma: float, tau: float, k: float, size: float = 1.0) -> float:
    """Half-spread: gamma size sigma^2 tau / 2 + (1 / (gamma size)) ln(1 + gamma size / k).

    Avellaneda and Stoikov, finite horizon; the paper's unit order is ``size``.
    """
    return gamma * size * sigma * sigma * tau / 2 + arrival_half_spread(gamma, k, size)


def glft_c1(xi: float, k: float, size: float) -> float:
    """c1 = (1 / (xi size)) ln(1 + xi size / k); 1/k for xi to 0.

    Gueant, Applied Mathematical Finance 24(2), 2017, equations (4.6) and (4.7).
    """
    return arrival_half_spread(xi, k, size)


def glft_c2(gamma: float, xi: float, a: float, k: float, size: float) -> float:
    """c2 = sqrt(gamma / (2 a size k) x (1 + xi size / k)^(k / (xi size) + 1)); for xi to 0 the power is e.

    Times sigma it is the shift of both quotes per unit of inventory.
    """
    risk = xi * size / k
    power = math.exp((1.0 / risk + 1.0) * math.log1p(risk)) if risk > 1e-12 else math.e
    return math.sqrt(gamma / (2 * a * size * k) * power)


def common_c2(bid_c2: float, ask_c2: float) -> float:
    """c2 where takers come differently to the two sides: sqrt(bid_c2 x ask_c2), one for both quotes.

    Inventory has one price: with a shift of its own on each side, a round trip at an unmoved mid could lose
    what the half-spreads earn, and the quotes could even meet. For arrivals that differ in A alone this is
    exact: scaling v_q of Gueant, Lehalle and Fernandez-Tapia 2013 by (A_ask / A_bid)^(q/2) leaves their
    symmetric equations with A = sqrt(A_bid A_ask).
    """
    return math.sqrt(bid_c2 * ask_c2)


def glft_distances(
    q: float, sigma: float, gamma: float, a: float, k: float, *, size: float, xi: float | None = None
) -> tuple[float, float]:
    """Distances (bid, ask) from s: c1 +- ((2q +- size) / 2) sigma c2.

    Args:
        q: Inventory.
        sigma: Volatility of the price.
        gamma: Inventory risk aversion.
        a: Arrival rate at distance zero.
        k: Decay of arrivals with distance.
        size: Quote size.
        xi: gamma for CARA utility (the default), 0 for the quadratic-penalty variant.
    """
    xi = gamma if xi is None else xi
    c1, slope = glft_c1(xi, k, size), sigma * glft_c2(gamma, xi, a, k, size)
    return c1 + (2 * q + size) / 2 * slope, c1 - (2 * q - size) / 2 * slope
