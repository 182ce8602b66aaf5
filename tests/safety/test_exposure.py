"""What the account may have at stake holds through missed fills, closing orders, and several markets."""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.core.limits import Limits
from okxmm_tui.core.types import PositionMode, PositionSide, Side, VenueOrderState
from tests.engine.desk import Desk
from tests.samples import INST, order_update


def test_fills_known_but_not_booked_count_against_the_maximum_position(make_world):
    """A silent private stream: a query says filled, the fill is booked later, and no order goes in between.

    The order is over and the position does not have it yet: an engine that counts neither doubles the size.
    """
    limits = Limits(is_headless=True, max_lot_loss=Decimal(1))
    params = {"order_size": Decimal(3), "max_position": Decimal(5)}
    world = make_world(params=params, limits=limits)
    engine = world.quoting()
    world.fault("silence", socket="private")
    largest = Decimal(0)
    for _ in range(100):
        if any(order.side is Side.SELL for order in world.live_orders()):
            world.fill(Side.SELL)
            world.markets[INST].move(30, world.now_ns)
            world.flush()
        largest = max(largest, abs(world.venue_position()))
        world.run(0.02)
    assert largest == 5
    world.until(lambda: engine.market.position_lots == world.venue_position() * 100, 20, "equal books")
    assert not engine.market.orders.unbooked


def test_what_was_closed_unbooked_cannot_be_closed_again():
    """Long and short apart: a closing order that filled without its fill still claims what it closed."""
    desk = Desk(position_mode=PositionMode.LONG_SHORT)
    desk.connect()
    desk.market.side_positions.adopt(100, 0)
    desk.market.ledger.position.adopt(100, Decimal(60_000))
    desk.book()
    ask = next(order for order in desk.market.orders.working if order.position_side is PositionSide.LONG)
    done = order_update(
        ask.cl_ord_id, ask.side, ask.price_ticks, 100, state=VenueOrderState.FILLED, filled_lots=100
    )
    desk.feed(done)
    assert desk.market.closable_lots(Side.SELL) == 0
