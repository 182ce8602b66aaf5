"""A lot made coarser than what is held, ordered and traded: books go on exactly, and the rest is said."""

from __future__ import annotations

from decimal import Decimal

from msgspec import structs

from okxmm_tui.core.ledger import Ledger
from okxmm_tui.core.messages import Fill, MarkPrice, OrderBudget, PositionUpdate, StreamUp
from okxmm_tui.core.types import Mode, PositionMode, PositionSide, Side, VenueOrderState
from okxmm_tui.engine.store.recovery import read_past
from tests.engine.desk import Desk
from tests.engine.store.desk import RecordedDesk, Venue, journal_of
from tests.samples import INST, SECOND, START_NS, fill, order_update, pair, swap

D = Decimal
COARSE = swap(lot_size=D(1))


def _coarse(one: Fill) -> Fill:
    """A fill as it reads once a lot is a whole contract."""
    size_lots, rest = COARSE.split_size(one.size(swap().lot_size))
    return structs.replace(one, size_lots=size_lots, rest=rest)


def _held(size: str, side: PositionSide = PositionSide.NET, price: str = "60000") -> PositionUpdate:
    size_lots, rest = COARSE.split_size(size)
    return PositionUpdate(INST, size_lots, D(price), None, None, 1, side, rest)


def _dust(desk: Desk) -> str:
    views = desk.reducer.session.alarms.views()
    return next((each.text for each in views if each.key == f"dust-{INST}" and not each.is_cleared), "")


def test_a_restart_merges_and_books_the_fills_of_the_old_lot(tmp_path):
    """1.37 contracts are held, 0.40 of them sold while the engine restarted with whole-contract lots."""
    before, venue = RecordedDesk(), Venue()
    bid, _ = before.quoting()
    before.execute(venue, bid, "0.37")
    venue.trade(Side.BUY, "60000", "1", bid, before.now_ns // 1_000_000)
    journal = journal_of(tmp_path, before.rows)
    past = read_past(journal, Mode.DEMO, "test", [COARSE], before.now_ns)
    assert past.notices == ()
    after = RecordedDesk(past.restored, session_id=START_NS // SECOND + 60, instruments=(COARSE,))
    venue.trade(Side.SELL, "60010", "0.40", bid, after.now_ns // 1_000_000)
    after.feed(StreamUp("private"))
    fills = tuple(_coarse(one) for one in venue.fills)
    after.answer_truth(fills=fills, positions=(_held("0.97"),))
    assert after.reducer.session.is_merged
    assert after.reducer.reconciler.positions.is_unsettled is False
    position = after.market.ledger.position
    assert (position.quantity, position.size_lots, after.market.position_lots) == (D("0.0097"), 0, 0)
    assert (after.market.ledger.periods.session.bought, after.market.ledger.periods.session.sold) == (
        D(1), D("0.4"),
    )  # fmt: skip
    assert "0.97 ct of the position is less than a lot" in _dust(after)
    sizes = [row[1][8] for row in after.rows if "INTO fills" in row[0]]
    assert [D(size) for size in sizes] == [D(1), D("0.4")]


def test_a_position_finer_than_the_lot_is_taken_over_to_the_last_digit():
    """1.37 contracts from 50,000: one lot can be traded, all of it earns, and a warning tells of the rest."""
    desk = Desk(instruments=(COARSE,))
    desk.feed(OrderBudget(0, 51))
    desk.feed(StreamUp("private"))
    desk.answer_truth(positions=(_held("1.37", price="50000"),))
    assert desk.reducer.session.is_merged
    assert desk.market.position_lots == 1
    desk.feed(MarkPrice(INST, D(60_000), 0))
    assert desk.market.ledger.unrealised_quote(D(60_000)) == 137
    assert "0.37 ct" in _dust(desk)
    desk.feed(_held("1.37", price="50000"))
    desk.run(31_000)
    desk.answer_truth(positions=(_held("1", price="50000"),))
    assert _dust(desk) == ""


def test_rests_of_both_sides_are_told_apart_and_net_exactly():
    """5.5 long and 2.7 short are 2.8 net: two whole lots, though the sides have five and two."""
    desk = Desk(instruments=(COARSE,), position_mode=PositionMode.LONG_SHORT)
    desk.feed(StreamUp("private"))
    rows = (_held("5.5", PositionSide.LONG), _held("-2.7", PositionSide.SHORT))
    desk.answer_truth(positions=rows)
    assert desk.reducer.session.is_merged
    assert desk.market.ledger.position.quantity == D("0.028")
    assert desk.market.position_lots == 2
    assert "0.5 ct and -0.7 ct" in _dust(desk)
    for row in rows:
        desk.feed(row)
    assert not desk.reducer.reconciler.positions.is_suspicious(desk.market)


def test_both_sides_are_carried_on_in_lots_of_today(tmp_path):
    """2 long and 1 short, booked as 200 and 100 lots: after the change nobody is asked about a difference."""
    before = RecordedDesk(position_mode=PositionMode.LONG_SHORT)
    before.feed(StreamUp("private"))
    long_row = PositionUpdate(INST, 200, D(60_000), None, None, 1, PositionSide.LONG)
    short_row = PositionUpdate(INST, -100, D(60_000), None, None, 1, PositionSide.SHORT)
    before.answer_truth(positions=(long_row, short_row))
    before.tick(6_000)
    past = read_past(journal_of(tmp_path, before.rows), Mode.DEMO, "test", [COARSE], before.now_ns)
    after = RecordedDesk(
        past.restored,
        session_id=START_NS // SECOND + 60,
        instruments=(COARSE,),
        position_mode=PositionMode.LONG_SHORT,
    )
    after.feed(StreamUp("private"))
    after.answer_truth(positions=(_held("2", PositionSide.LONG), _held("-1", PositionSide.SHORT)))
    assert after.reducer.session.is_merged
    held = after.market.side_positions
    assert (held.long_lots, held.short_lots, after.market.position_lots) == (2, 1, 1)


def test_parts_of_lots_are_no_missed_fills():
    """Two halves of a lot make the venue's one: nothing is fetched, and the order can still fill the rest."""
    desk = Desk()
    bid, _ = desk.quoting()
    order = desk.market.orders.get(bid)
    assert order is not None
    asked = desk.reducer.reconciler.checked_text
    for number, filled in ((1, 0), (2, 1)):
        half = structs.replace(
            fill(Side.BUY, "60000", "0", trade_id=str(number), cl_ord_id=bid), rest=D("0.005")
        )
        desk.feed(
            order_update(
                bid, Side.BUY, order.price_ticks, order.size_lots,
                state=VenueOrderState.PARTIALLY_FILLED, filled_lots=filled, fill=half,
            )
        )  # fmt: skip
    assert desk.reducer.reconciler.checked_text == asked
    assert order.remaining_lots == order.size_lots - 1
    assert desk.market.ledger.position.quantity == D("0.0001")


def test_a_spot_fill_finer_than_the_lot_moves_exactly_that_much():
    """0.000000004 BTC of a buyer who spends a round amount of quote currency, fee included."""
    spot = pair()
    ledger = Ledger(spot)
    one = structs.replace(
        fill(Side.SELL, "60000", "0", fee="-0.0000000002"), inst_id=spot.inst_id, rest=D("0.000000004")
    )
    assert ledger.book(one) is not None
    assert ledger.position.quantity == D("-0.000000004")
    assert ledger.cash == {"BTC": D("-0.000000004"), "USDT": D("0.0002399998")}
    assert ledger.turnover_quote == D("0.00024")
