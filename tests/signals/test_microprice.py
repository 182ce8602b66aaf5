"""The micro-price: a chain with a known answer, the paper's own series, and its signs."""

from __future__ import annotations

import random

import pytest

from okxmm_tui.signals.fair_value import weighted_mid
from okxmm_tui.signals.microprice import BUCKETS, SPREADS, MicroPrice
from tests.signals import reference

HEAVY, LIGHT = 9, 1


def fed(quotes) -> MicroPrice:
    """An estimator that has seen quotes and solved once."""
    micro = MicroPrice()
    for quote in quotes:
        micro.update(*quote)
    micro.solve()
    return micro


def chain(steps: int, up: float, seed: int = 1):
    """Two states, spread 1: bid-heavy moves up a tick with probability ``up`` per step, then turns ask-heavy.

    A bid-heavy touch is expected to gain 1 when it moves and lands in the opposite state, whose expectation
    is the negative: T = 1 - T, so T = 1/2 of a tick, whatever ``up`` is.
    """
    source, bid, is_heavy = random.Random(seed), 1_000_000, True
    for _ in range(steps):
        yield (bid, HEAVY, bid + 1, LIGHT) if is_heavy else (bid, LIGHT, bid + 1, HEAVY)
        if source.random() < up:
            bid += 1 if is_heavy else -1
            is_heavy = not is_heavy


@pytest.mark.parametrize("up", [0.05, 0.3, 0.9])
def test_a_chain_with_a_known_answer(up):
    """Half a tick above and below the mid, exactly: the answer does not depend on the draws."""
    micro = fed(chain(5_000, up))
    assert micro.price(100, HEAVY, 101, LIGHT) == pytest.approx(101.0)
    assert micro.price(100, LIGHT, 101, HEAVY) == pytest.approx(100.0)


def lively(steps: int, seed: int = 4):
    """A touch whose bid share drifts and tends to move the price its own way; spreads of 1 to 4 ticks."""
    source, bid, spread, share = random.Random(seed), 500_000, 1, 0.5
    for _ in range(steps):
        lots = min(99, max(1, round(share * 100)))
        yield bid, lots + (lots == 50), bid + spread, 100 - lots
        share = min(0.99, max(0.01, share + source.gauss(0, 0.15)))
        if source.random() < 0.15:
            bid += 1 if source.random() < 0.2 + 0.6 * share else -1
            share = source.random()
        spread = source.choice([1, 1, 1, 2, 3, 4])


def test_it_is_the_series_of_the_paper():
    """The one linear system gives what summing B^i G1 over Q, R1 and R2 gives, state by state."""
    quotes = list(lively(20_000))
    micro = fed(quotes)
    expected = reference.micro_price(quotes, BUCKETS, SPREADS)
    for bid_lots in (5, 15, 35, 65, 95):
        for spread in (1, 2, 3):
            adjust = micro.price(0, bid_lots, spread, 100 - bid_lots) - spread / 2
            assert adjust == pytest.approx(expected[bid_lots * BUCKETS // 100, spread], abs=1e-6)
            assert (adjust > 0) == (bid_lots > 50)


def test_mirror_images_mirror():
    """Exchanging the sides negates the adjustment; even sides are the mid."""
    micro = fed(lively(5_000))
    up = micro.price(100, 80, 101, 20) - 100.5
    assert micro.price(100, 20, 101, 80) - 100.5 == pytest.approx(-up)
    assert micro.price(100, 50, 101, 50) == 100.5


def test_until_it_has_seen_enough_it_is_the_weighted_mid():
    """Too few steps, or a state too rarely seen."""
    assert fed(chain(500, 0.3)).price(100, 9, 101, 1) == weighted_mid(100, 9, 101, 1)
    assert fed(chain(5_000, 0.3)).price(100, 9, 103, 1) == weighted_mid(100, 9, 103, 1)


def test_a_broken_book_is_no_step():
    """A jump across a gap moves nothing."""
    whole, broken = MicroPrice(), MicroPrice()
    for quote in chain(5_000, 0.3):
        whole.update(*quote)
        broken.update(*quote)
    broken.interrupt()
    broken.update(2_000_000, HEAVY, 2_000_001, LIGHT)
    whole.solve()
    broken.solve()
    assert broken.price(100, 9, 101, 1) == whole.price(100, 9, 101, 1)


def test_states_that_never_mirror_leave_the_last_answer():
    """A touch that is bid-heavy for ever has no finite sum; the weighted mid stays."""
    micro = fed((100 + step, HEAVY, 101 + step, LIGHT) for step in range(5_000))
    assert micro.price(100, HEAVY, 101, LIGHT) == weighted_mid(100, HEAVY, 101, LIGHT)
