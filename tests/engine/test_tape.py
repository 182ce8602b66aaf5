"""The tape: prints beside our quotes, and the last minute's flow."""

from __future__ import annotations

from okxmm_tui.core.messages import PublicTrade
from okxmm_tui.core.orders import OrderStatus, OwnOrder, OwnOrders
from okxmm_tui.core.types import Side
from okxmm_tui.engine.tape import FLOW_SECONDS, PRINTS_KEPT, Tape
from tests.engine.desk import Desk
from tests.samples import INST


def trade(at_s: int, side: Side = Side.BUY, lots: int = 3, price: int = 100) -> PublicTrade:
    """A print."""
    return PublicTrade(INST, price, lots, side, str(at_s), at_s * 1_000)


def test_a_print_remembers_our_best_confirmed_quotes():
    """The best live order of each side at that moment; what is only sent does not count."""
    orders, tape = OwnOrders(), Tape()
    for name, side, price, status in (
        ("1", Side.BUY, 98, OrderStatus.LIVE), ("2", Side.BUY, 99, OrderStatus.LIVE),
        ("3", Side.BUY, 100, OrderStatus.SENT), ("4", Side.SELL, 104, OrderStatus.LIVE),
    ):  # fmt: skip
        order = OwnOrder(INST, name, side, price, size_lots=1, created_ns=0)
        order.status = status
        orders.add(order)
    tape.on_trade(trade(1), orders)
    tape.on_trade(trade(2), OwnOrders())
    newest, first = tape.newest()
    assert (first.own_bid_ticks, first.own_ask_ticks) == (99, 104)
    assert (newest.own_bid_ticks, newest.own_ask_ticks) == (None, None)


def test_the_flow_is_a_minute_of_seconds():
    """Sums by second and side, silent seconds included, the newest last."""
    tape = Tape()
    for event in (trade(100), trade(100, lots=4), trade(100, Side.SELL, 5), trade(103, Side.SELL, 6)):
        tape.on_trade(event, OwnOrders())
    flow = tape.flow(104_000)
    assert len(flow) == FLOW_SECONDS
    assert flow[-5:] == ((7, 5), (0, 0), (0, 0), (0, 6), (0, 0))
    assert not any(map(sum, tape.flow(500_000)))


def test_memory_is_bounded():
    """A busy day keeps the newest prints and one minute."""
    tape = Tape()
    for second in range(500):
        tape.on_trade(trade(second), OwnOrders())
    assert len(tape.newest()) == PRINTS_KEPT
    assert len(tape._lots_by_second) == FLOW_SECONDS


def test_the_picture_shows_the_tape():
    """Prints reach the market's view, newest first."""
    from okxmm_tui.engine.view import build_snapshot

    desk = Desk()
    desk.quoting()
    seconds = desk.now_ns // 10**9
    desk.feed(trade(seconds, price=600_000))
    market = build_snapshot(desk.reducer, 1).markets[0]
    assert market.trades[0].own_bid_ticks == max(
        order.price_ticks for order in market.orders if order.side is Side.BUY
    )
    assert sum(map(sum, market.flow)) == 3
    assert build_snapshot(desk.reducer, 1).limits
    assert "inventory_skew" in build_snapshot(desk.reducer, 1).strategies
