"""A tick or lot that changes while a session runs: nothing is sent or booked in units of another meaning."""

from __future__ import annotations

from decimal import Decimal

import pytest

from okxmm_tui.core.commands import Arm, FlattenPositions, PlaceManual, Resume
from okxmm_tui.core.effects import PlaceOrder, Reply
from okxmm_tui.core.messages import InstrumentChanged
from okxmm_tui.core.types import Side
from tests.engine.desk import Desk
from tests.samples import INST, swap

ETH = "ETH-USDT-SWAP"


@pytest.mark.parametrize("change", [{"lotSz": "0.1", "minSz": "0.1"}, {"tickSz": "0.5"}], ids=["lot", "tick"])
def test_a_resume_does_not_trade_in_the_units_of_before(make_world, change):
    """The operator lifts the kill: the other market is quoted again, this one not before a restart.

    A hundred lots were one contract and would be ten; by hand, and to close, neither leaves an order. What is
    heard of the position keeps its meaning.
    """
    world = make_world(instruments=(INST, ETH))
    engine = world.quoting()
    world.fill(Side.BUY)
    world.until(lambda: engine.market.position_lots == world.venue_position() * 100 != 0, 5, "a position")
    world.fault("contract_change", instId=INST, **change)
    world.until(lambda: engine.state == "HALTED", 3, "the halt")
    run = engine.reducer.safety.kill_run
    world.until(lambda: run is not None and run.is_proven, 5, "the proof")
    began_ns = world.now_ns
    engine.command(Arm())
    engine.command(Resume())
    assert engine.state == "ACTIVE"
    world.until(lambda: len(world.live_orders()) == 2, 20, "quotes of the other market")
    engine.command(PlaceManual(INST, Side.SELL, 600_100, 100))
    assert not engine.sent(Reply)[-1][1].ok
    world.run(40)
    assert {order.inst_id for _, order in engine.sent(PlaceOrder, began_ns)} == {ETH}
    engine.command(Arm())
    engine.command(FlattenPositions(INST))
    world.run(3)
    assert {order.inst_id for _, order in engine.sent(PlaceOrder, began_ns)} == {ETH}
    assert engine.market.position_lots == world.venue_position() * 100
    assert engine.market.ledger.position.quantity == world.venue_position() * Decimal("0.01")
    assert not engine.alarm("position")
    assert engine.alarm(f"instrument-{INST}")


def test_an_announced_change_that_has_come_is_announced_no_more():
    """The alarm of what was to come gives way to that of what to do now."""
    desk = Desk()
    desk.quoting()
    changes_ms = desk.now_ns // 1_000_000 + 1_000
    desk.feed(InstrumentChanged(swap(changes_ms=changes_ms)))
    desk.run(1_500)
    assert desk.reducer.session.alarms.is_standing(f"event-{INST}")
    desk.feed(InstrumentChanged(swap(lot_size=Decimal("0.1"))))
    desk.tick()
    assert not desk.reducer.session.alarms.is_standing(f"event-{INST}")
    assert desk.reducer.session.alarms.is_standing(f"instrument-{INST}")
