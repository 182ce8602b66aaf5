"""Strategies on the embedded exchange under the virtual clock: the whole order path, seen at every push."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from benchmarks.virtual_market import VirtualMarket, VirtualPlan
from okxmm_tui.core.commands import SetParams, SwitchStrategy
from okxmm_tui.core.effects import AnyEffect
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.messages import ParamsRead
from okxmm_tui.core.types import Side
from okxmm_tui.exchange.market_source import open_feeds
from okxmm_tui.strategies.registry import STRATEGIES
from tests.samples import INST

EXAMPLE = Path(__file__).parents[2] / "docs" / "own_strategy.py"


def world(strategy: str = "inventory_skew", **params: str) -> VirtualMarket:
    """The built-in recording with one strategy on it."""
    values = {name: Decimal(value) for name, value in params.items()}
    return VirtualMarket(open_feeds(("builtin",))[0], VirtualPlan(strategy, values))


def live_orders(market: VirtualMarket) -> list[dict[str, Any]]:
    """What the venue holds as live."""
    orders = market.venue.ledger(market.now_ns)["orders"]
    return [order for order in orders if order["state"] in {"live", "partially_filled"}]


def spread_bps(market: VirtualMarket) -> float:
    """Distance between the own best bid and best ask at the venue, in bps."""
    prices = {side: [float(o["px"]) for o in live_orders(market) if o["side"] == side] for side in Side}
    return (min(prices[Side.SELL]) / max(prices[Side.BUY]) - 1) * 1e4


def test_the_same_run_gives_the_same_orders_and_fills():
    """No clock, no chance: every effect is the same, byte for byte."""
    runs: list[list[tuple[int, AnyEffect]]] = []
    for _ in range(2):
        seen: list[tuple[int, AnyEffect]] = []
        market = VirtualMarket(
            open_feeds(("builtin",))[0],
            VirtualPlan("ladder"),
            lambda at_ns, effects, seen=seen: seen.extend((at_ns, each) for each in effects),
        )
        market.run(45)
        runs.append(seen)
    assert runs[0] == runs[1]
    assert market.reducer.session.markets[INST].ledger.fill_count > 0


def test_engine_and_venue_agree_on_fills_and_position():
    """Two ledgers, one truth."""
    market = world()
    market.run(60)
    ours = market.reducer.session.markets[INST]
    theirs = market.venue.ledger(market.now_ns)
    assert ours.ledger.fill_count == len(theirs["fills"]) > 0
    held = sum(Decimal(row["pos"]) for row in theirs["positions"] if row["instId"] == INST)
    assert ours.instrument.size(ours.position_lots) == held
    assert {o["clOrdId"] for o in live_orders(market)} == {o.cl_ord_id for o in ours.orders.working}


def test_a_partial_fill_keeps_the_remainder_where_it_stands():
    """Through the venue: the order that was partly filled is the same order afterwards, with less to fill."""
    market = world(order_size="7", max_position="60", base_spread_bps="4.2", volatility_multiplier="0")
    kept: list[tuple[str, str, str]] = []

    def look() -> None:
        kept.extend((o["clOrdId"], o["px"], o["accFillSz"]) for o in live_orders(market))

    market.on_pushed = look
    market.run(60)
    partial = {(name, price) for name, price, filled in kept if Decimal(filled) > 0}
    assert partial
    for name, price in partial:
        before = [i for i, row in enumerate(kept) if row[:2] == (name, price) and Decimal(row[2]) == 0]
        after = [i for i, row in enumerate(kept) if row[:2] == (name, price) and Decimal(row[2]) > 0]
        # At least once the order stood at its price before its first fill, and stayed there with the rest.
        assert after
        assert not before or before[0] < after[0]


def test_a_switch_of_strategy_has_no_moment_of_both_sets():
    """At every push of the venue the live orders belong to one strategy; in between there are none."""
    market = world("inventory_skew", base_spread_bps="8")
    market.run(5)
    old = {order["clOrdId"] for order in live_orders(market)}
    assert len(old) == 2
    seen: list[set[str]] = []
    market.on_pushed = lambda: seen.append({order["clOrdId"] for order in live_orders(market)})
    market.command(SwitchStrategy(INST, "ladder", {"levels": Decimal(3)}))
    market.run(5)
    assert market.reducer.session.markets[INST].strategy.name == "ladder"
    assert not [names for names in seen if names & old and names - old]
    assert any(not names for names in seen)
    assert len(live_orders(market)) == 6
    assert not {order["clOrdId"] for order in live_orders(market)} & old


def test_parameters_change_what_rests_at_the_venue():
    """A wider spread, a larger size, more levels: the venue's own list shows each."""
    market = world(volatility_multiplier="0")
    market.run(5)
    narrow = spread_bps(market)
    market.command(SetParams(INST, {"base_spread_bps": Decimal(20)}))
    market.run(2)
    assert narrow < spread_bps(market) == pytest.approx(20, abs=1)
    market.command(SetParams(INST, {"order_size": Decimal(2)}))
    market.run(2)
    assert {Decimal(order["sz"]) for order in live_orders(market)} == {Decimal(2)}
    market.command(SetParams(INST, {"levels": Decimal(3)}))
    market.run(2)
    assert len(live_orders(market)) == 6
    market.command(SetParams(INST, {"max_position": Decimal(0)}))
    market.run(2)
    assert live_orders(market) == []


def test_a_bad_value_in_the_file_is_refused_and_the_old_set_trades_on():
    """All or none: the good value beside the bad one is not taken either."""
    market = world(volatility_multiplier="0")
    market.run(5)
    before = spread_bps(market)
    market.emit(ParamsRead({"base_spread_bps": "20", "order_size": "lots"}))
    market.run(3)
    said = [report.text for _, report in market.reports if "parameter file refused" in report.text]
    assert said == ["parameter file refused, the old values stay: order_size was 'lots'; it must be a number"]
    assert len(live_orders(market)) == 2
    assert spread_bps(market) == pytest.approx(before, abs=0.5)


@pytest.mark.parametrize("name", [*STRATEGIES, f"{EXAMPLE}:Calm"])
def test_every_strategy_runs_on_the_recording(name):
    """Half a minute without an alarm or a refused order; the documented example too."""
    market = world(name)
    market.run(30)
    session = market.reducer.session
    assert session.rejects == 0
    assert not [alarm.text for alarm in session.alarms.views()]
    if name in {"inventory_skew", "ladder"} or ":" in name:
        assert {order["side"] for order in live_orders(market)} == {"buy", "sell"}


def test_limits_of_the_session_hold_at_the_venue():
    """A position limit of one order: the venue never holds more of us than that."""
    plan = VirtualPlan("ladder", {"max_position": Decimal(1)}, limits=Limits(is_headless=True))
    market = VirtualMarket(open_feeds(("builtin",))[0], plan)
    worst: list[Decimal] = []

    def look() -> None:
        orders = live_orders(market)
        held = market.venue.ledger(market.now_ns)["positions"]
        position = sum((Decimal(row["pos"]) for row in held), Decimal(0))
        for side, sign in ((Side.BUY, 1), (Side.SELL, -1)):
            left = [Decimal(o["sz"]) - Decimal(o["accFillSz"]) for o in orders if o["side"] == side]
            worst.append(abs(position + sign * sum(left, Decimal(0))))

    market.on_pushed = look
    market.run(30)
    assert max(worst) <= 1
