"""Imbalance of levels, of order flow and of trades."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.core.types import Side
from okxmm_tui.signals.imbalance import OrderFlowImbalance, TradeImbalance, balance, level_imbalance
from tests.signals import reference

SECOND = 1_000_000_000
quotes = st.tuples(st.integers(90, 99), st.integers(1, 50), st.integers(100, 109), st.integers(1, 50))


def test_level_imbalance_by_hand():
    """(30 - 10) / 40, and its signs."""
    assert level_imbalance(((99, 20), (98, 10)), ((101, 10),)) == 0.5
    assert level_imbalance(((99, 10),), ((101, 30),)) == -0.5
    assert level_imbalance((), ()) == 0.0
    assert balance(0, 5) == -1.0


@given(st.lists(st.tuples(st.integers(0, 3_000), quotes), min_size=1, max_size=60))
def test_order_flow_is_the_sum_of_its_terms(steps):
    """The ring of seconds gives what adding up the last seconds gives."""
    flow, history, at_ms = OrderFlowImbalance(window_s=4), [], 0
    for wait_ms, quote in steps:
        at_ms += wait_ms
        history.append((at_ms // 1_000, quote))
        flow.update(*quote, at_ms * 1_000_000)
        assert flow.lots == reference.order_flow(history, 4)


@pytest.mark.parametrize(
    ("quote", "lots"),
    [
        ((100, 15, 102, 10), 5),  # bids added
        ((101, 4, 102, 10), 4),  # a better bid
        ((99, 7, 102, 10), -10),  # the best bid gone
        ((100, 10, 102, 16), -6),  # asks added
        ((100, 10, 101, 3), -3),  # a better ask
        ((100, 10, 103, 8), 10),  # the best ask gone
    ],
)
def test_the_sign_of_every_change(quote, lots):
    """Bids that come and asks that go are buying; the other way round is selling."""
    flow = OrderFlowImbalance()
    flow.update(100, 10, 102, 10, 0)
    flow.update(*quote, 1)
    assert flow.lots == lots


def test_old_flow_leaves_the_window():
    """Ten seconds later nothing is left."""
    flow = OrderFlowImbalance(window_s=10)
    flow.update(100, 10, 102, 10, 0)
    flow.update(100, 90, 102, 10, 1)
    flow.advance(9 * SECOND)
    assert flow.lots == 80
    flow.advance(10 * SECOND)
    assert flow.lots == 0


def test_a_burst_of_buying_stands_out():
    """After a minute of noise a large bid is many deviations up, a large ask as many down."""
    for sign in (1, -1):
        source, flow = random.Random(1), OrderFlowImbalance()
        for second in range(120):
            flow.update(100, source.randint(8, 12), 102, source.randint(8, 12), second * SECOND)
        assert abs(flow.z_score) < 4
        big = (100, 200, 102, 10) if sign > 0 else (100, 10, 102, 200)
        flow.update(*big, 119 * SECOND + 1)
        assert sign * flow.z_score > 5


def test_no_score_before_half_a_minute():
    """A deviation of a handful of samples is none."""
    flow = OrderFlowImbalance()
    for second in range(25):
        flow.update(100, 10 + second % 3, 102, 10, second * SECOND)
    assert flow.z_score == 0.0


def test_a_broken_book_brings_no_flow():
    """The first quote after a gap is compared with nothing."""
    flow = OrderFlowImbalance()
    flow.update(100, 10, 102, 10, 0)
    flow.interrupt()
    flow.update(100, 500, 102, 10, 1)
    assert flow.lots == 0


@given(
    st.lists(st.tuples(st.integers(0, 40_000), st.integers(-20, 20).filter(bool)), min_size=1, max_size=40)
)
def test_trade_imbalance_is_the_decayed_ratio(trades):
    """Step by step gives what weighing each trade by its age gives."""
    estimate, history, at_ms = TradeImbalance(30.0), [], 0
    for wait_ms, lots in trades:
        at_ms += wait_ms
        history.append((at_ms / 1_000, lots))
        estimate.on_trade(Side.BUY if lots > 0 else Side.SELL, abs(lots), at_ms * 1_000_000)
    assert estimate.value == pytest.approx(reference.trade_imbalance(history, 30.0), abs=1e-9)


def test_buyers_push_up():
    """Only buyers is 1, only sellers is -1, a later sale outweighs an earlier buy."""
    estimate = TradeImbalance(30.0)
    assert estimate.value == 0.0
    estimate.on_trade(Side.BUY, 5, 0)
    assert estimate.value == 1.0
    estimate.on_trade(Side.SELL, 5, 60 * SECOND)
    assert estimate.value == pytest.approx(-0.6)
