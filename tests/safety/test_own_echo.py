"""A venue that shows our orders among the others: the engine's prices are the others', at every moment."""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.core.effects import AmendOrder
from okxmm_tui.core.types import Side
from tests.safety.virtual import World
from tests.samples import INST

BID, ASK = 599_000, 601_000
PARAMS = {
    "order_size": Decimal(1),
    "max_position": Decimal(2),
    "inventory_skew": Decimal(1),
    "base_spread_bps": Decimal(10),
    "volatility_multiplier": Decimal(0),
}


def test_a_position_in_a_wide_market_moves_the_quotes_once():
    """Alone inside 33 bps, filled and leaning: for a minute no price read is ours, and no quote runs."""
    world = World(3, params=PARAMS)
    try:
        market = world.markets[INST]
        market.bid_ticks, market.spread_ticks = BID, ASK - BID
        engine = world.quoting()
        market.trade(Side.SELL, 100, world.now_ns)
        world.until(lambda: engine.market.position_lots == 100, 2, "a fill")
        world.run(3)
        settled = {order.side: order.price_ticks for order in engine.market.orders.working}
        began_ns = world.now_ns
        for _ in range(1_200):
            world.run(0.05)
            top = engine.market.others
            assert top is not None
            assert (top[0], top[2]) == (BID, ASK)
        assert settled[Side.SELL] < 600_300  # leans towards selling
        assert {order.side: order.price_ticks for order in engine.market.orders.working} == settled
        assert not engine.sent(AmendOrder, began_ns)
        assert engine.market.bid_ticks == settled[Side.BUY]  # shown at the top, and passed over
    finally:
        world.close()
