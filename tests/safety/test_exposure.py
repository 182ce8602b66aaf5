"""What the account may have at stake holds through missed fills, closing orders, and several markets."""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.core.effects import PlaceOrder
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.messages import BookGap, BookSnapshot, BookUpdate, MarkPrice, PositionUpdate
from okxmm_tui.core.orders import Amend
from okxmm_tui.core.types import OrderKind, PositionMode, PositionSide, Side, VenueOrderState
from okxmm_tui.engine.exposure import of_others, open_quote
from tests.engine.desk import Desk
from tests.samples import INST, order_update, swap


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


def ladder_long(desk: Desk) -> list[PlaceOrder]:
    """Five contracts held of five allowed, ten asks of one resting; returns what is sent once it loses."""
    desk.connect()
    desk.market.ledger.position.adopt(500, Decimal(60_000))
    desk.feed(PositionUpdate(INST, 500, Decimal(60_000), None, None, 0))
    desk.feed(MarkPrice(INST, Decimal(60_000), 0))
    desk.book()
    for order in desk.taken(PlaceOrder):
        desk.confirm(order)
    before = len(desk.effects)
    desk.feed(MarkPrice(INST, Decimal(59_800), 0))
    desk.update(bids=((600_000, 0), (598_000, 500)), asks=((600_001, 0), (598_001, 500)))
    desk.tick()
    return desk.taken(PlaceOrder, desk.effects[before:])


def test_a_position_is_closed_beside_its_quotes_within_the_maximum_only():
    """All asks and the closing order filled would be ten short: the asks leave, then it is closed."""
    desk = Desk(strategy="ladder", params={"levels": Decimal(10), "max_position": Decimal(5)})
    assert ladder_long(desk) == []
    asks = desk.market.orders.side(Side.SELL)
    assert len(asks) == 10
    assert all(order.cancel_sent_ns is not None for order in asks)
    assert "closed as a taker" in desk.market.sides[Side.SELL].reason
    for order in asks:
        desk.cancelled(order.cl_ord_id)
    desk.tick()
    closing = next(order for order in desk.market.orders.working if order.is_closing)
    assert (closing.side, closing.size_lots) == (Side.SELL, 500)
    assert desk.market.orders.exposed_lots(Side.SELL) <= 500 + desk.market.max_position_lots


def test_a_position_is_closed_at_once_where_its_quotes_leave_room():
    """Closing does not wait for cancels that nothing depends on."""
    desk = Desk(strategy="ladder", params={"levels": Decimal(3), "max_position": Decimal(20)})
    (closing,) = ladder_long(desk)
    assert (closing.order_kind, closing.side, closing.size_lots) == (OrderKind.IOC, Side.SELL, 500)


ETH = "ETH-USDT-SWAP"


def two_markets(**limits: Decimal) -> Desk:
    """Both with a book, nothing held."""
    desk = Desk(limits=Limits(is_headless=True, **limits), instruments=(swap(), swap(ETH)))
    desk.connect()
    for inst_id in (INST, ETH):
        desk.feed(BookSnapshot(inst_id, ((600_000, 500),), ((600_001, 500),), 1, 0))
        for seq in range(2, 6):
            desk.feed(BookUpdate(inst_id, (), (), seq, 0))
    return desk


def test_bids_of_two_markets_together_keep_the_net_limit():
    """Either bid alone would, both filled would not: the second one is refused."""
    desk = two_markets(max_net_quote=Decimal(1_000))
    placed = [(order.inst_id, order.side) for order in desk.taken(PlaceOrder)]
    assert placed == [(INST, Side.BUY), (INST, Side.SELL)]
    reasons = {state.reason for state in desk.reducer.session.markets[ETH].sides.values()}
    assert all(reason.startswith("net exposure 1200 above limit 1000") for reason in reasons)


def test_a_market_without_a_book_keeps_its_place_in_the_exposure():
    """Its book is being renewed: what it holds and has resting counts by the last price there was."""
    desk = two_markets()
    eth = desk.reducer.session.markets[ETH]
    eth.ledger.position.adopt(300, Decimal(60_000))
    before = of_others(desk.reducer.session, desk.market)
    assert before.gross_quote == 2_400
    desk.feed(BookGap(ETH, "gap"))
    assert not eth.is_two_sided
    after = of_others(desk.reducer.session, desk.market)
    assert abs(after.gross_quote - before.gross_quote) < 1
    assert abs(after.net_quote - 1_800) < 1


def test_a_position_nobody_can_price_stops_what_would_grow():
    """No book, no mark, no entry price: more than any limit, and not nothing."""
    desk = Desk(instruments=(swap(), swap(ETH)))
    desk.connect()
    eth = desk.reducer.session.markets[ETH]
    eth.ledger.position.adopt(300, Decimal(59_000))
    assert of_others(desk.reducer.session, desk.market).gross_quote == 1_770
    eth.ledger.position.adopt(300, None)
    desk.book()
    assert not desk.taken(PlaceOrder)
    assert "gross exposure" in desk.market.sides[Side.BUY].reason


def test_an_amend_in_flight_counts_with_the_higher_price():
    """Until the venue says which."""
    desk = Desk()
    bid, _ = desk.quoting()
    order = desk.market.orders.get(bid)
    assert order is not None
    before = open_quote(desk.reducer.session, None)
    order.amend = Amend("r1", order.price_ticks + 1_000, order.size_lots, desk.now_ns)
    assert open_quote(desk.reducer.session, None) - before == 1
    order.amend = Amend("r1", order.price_ticks - 1_000, order.size_lots, desk.now_ns)
    assert open_quote(desk.reducer.session, None) == before
