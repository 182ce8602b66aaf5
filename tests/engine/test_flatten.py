"""Closing positions on purpose, limits changed by key, the rungs of the ladder."""

from __future__ import annotations

from decimal import Decimal

import pytest

from okxmm_tui.core.commands import Arm, FlattenPositions, Reduce, Resume, SetLimit, StopFlatten, Widen
from okxmm_tui.core.effects import CancelOrder, PlaceOrder, Reply
from okxmm_tui.core.limits import HIGHER_IS_SAFER, LOWER_IS_SAFER, Limits
from okxmm_tui.core.types import OrderKind, PositionMode, Side, VenueOrderState
from okxmm_tui.engine.flatten import book_cost
from okxmm_tui.engine.view import build_snapshot
from tests.engine.desk import Desk
from tests.engine.test_guards import hold, quoting
from tests.samples import fill, order_update


def reply(desk: Desk, command) -> Reply:
    """The answer to a command."""
    return desk.taken(Reply, desk.command(command))[0]


def closes(desk: Desk) -> list[PlaceOrder]:
    """Closing orders sent."""
    return [order for order in desk.taken(PlaceOrder) if order.order_kind is OrderKind.IOC]


def flattening(lots: int = 40) -> Desk:
    """Armed, flatten asked for, quotes still out."""
    desk = quoting()
    hold(desk, lots)
    desk.command(Arm())
    assert reply(desk, FlattenPositions()).ok
    return desk


def test_it_needs_arming_and_something_to_close():
    """Unarmed it is refused; flat there is nothing to do."""
    desk = quoting()
    assert reply(desk, FlattenPositions()).text == "closing positions needs the armed state: press a first"
    desk.command(Arm())
    assert reply(desk, FlattenPositions()).text == "there is no position to close"


def test_quotes_go_out_before_the_first_slice():
    """It halts and cancels; only when no quote is left does a reduce-only order leave."""
    desk = flattening()
    assert desk.state == "HALTED"
    assert len({effect.cl_ord_id for effect in desk.taken(CancelOrder)}) == 2
    desk.run(500)
    assert not closes(desk)
    for order in desk.market.orders.working:
        desk.cancelled(order.cl_ord_id)
    desk.tick()
    [close] = closes(desk)
    assert (close.side, close.size_lots, close.reduce_only) == (Side.SELL, 40, True)
    assert close.cl_ord_id not in {effect.cl_ord_id for effect in desk.taken(CancelOrder)}


def test_slices_follow_each_other_until_nothing_is_held():
    """A partial fill is followed by the rest; at zero the run ends by itself."""
    desk = flattening()
    for order in desk.market.orders.working:
        desk.cancelled(order.cl_ord_id)
    desk.tick()
    sold = 0
    for part in (30, 10):
        close = closes(desk)[-1]
        done = fill(Side.SELL, "60000", "1", trade_id=f"f{part}", cl_ord_id=close.cl_ord_id)
        from msgspec import structs

        sold += part
        desk.feed(
            order_update(
                close.cl_ord_id,
                Side.SELL,
                close.price_ticks,
                close.size_lots,
                state=VenueOrderState.CANCELED,
                filled_lots=part,
                cancel_source="14",
                fill=structs.replace(done, size_lots=part),
            )
        )
        desk.run(600)
    assert desk.market.ledger.position.size_lots == 0
    assert [close.size_lots for close in closes(desk)] == [40, 10]
    assert not desk.reducer.flatten.is_running
    assert desk.reducer.flatten.outcome == "every position is closed"


def test_it_can_be_called_off():
    """No further slice leaves; what is done stays done."""
    desk = flattening()
    assert reply(desk, StopFlatten()).ok
    for order in desk.market.orders.working:
        desk.cancelled(order.cl_ord_id)
    desk.run(1_000)
    assert not closes(desk)
    assert not reply(desk, StopFlatten()).ok


def test_a_run_that_gets_nowhere_gives_up_loudly():
    """After a minute without a flat position: an alarm with what is still held."""
    desk = flattening()
    desk.run(61_000, step_ms=500)
    assert not desk.reducer.flatten.is_running
    assert desk.reducer.session.alarms.is_standing("flatten")


def test_the_preview_counts_the_book():
    """40 of 40 lots at the best bid; half a tick from the mid."""
    desk = quoting()
    hold(desk, 40)
    preview = build_snapshot(desk.reducer, 1).markets[0].flatten
    assert preview is not None
    assert (preview.left_lots, preview.covered_lots, preview.average_ticks) == (40, 40, 600_000)
    assert preview.slippage_bps == pytest.approx(0.5 / 600_000.5 * 1e4)
    assert preview.slices == 1
    assert book_cost(desk.market, Side.SELL, 10_000) == (600_000, 500)


def test_limits_tighten_freely_and_loosen_only_when_armed():
    """Both directions of both kinds, and what cannot be changed at all."""
    desk = quoting()
    assert reply(desk, SetLimit("max_daily_loss_quote", Decimal(500))).ok
    assert desk.reducer.session.limits.max_daily_loss_quote == 500
    assert not reply(desk, SetLimit("max_daily_loss_quote", Decimal(900))).ok
    assert not reply(desk, SetLimit("min_depth_quote", Decimal(10))).ok
    assert reply(desk, SetLimit("min_depth_quote", Decimal(5_000))).ok
    desk.command(Arm())
    assert reply(desk, SetLimit("max_daily_loss_quote", Decimal(900))).ok
    assert not reply(desk, SetLimit("max_daily_loss_quote", Decimal(950))).ok
    assert not reply(desk, SetLimit("dead_man_timeout_s", Decimal(100))).ok
    assert not reply(desk, SetLimit("losing_trips", Decimal("1.5"))).ok
    assert not reply(desk, SetLimit("max_leverage", Decimal("NaN"))).ok


def test_the_directions_name_real_limits_once():
    """No typing error can make a limit look safe."""
    assert not LOWER_IS_SAFER & HIGHER_IS_SAFER
    assert {*LOWER_IS_SAFER, *HIGHER_IS_SAFER} <= set(Limits.__struct_fields__)


def test_widening_doubles_the_distance_and_back():
    """The first rung of the ladder."""
    desk = quoting()
    before = desk.market.sides[Side.BUY].quotes[0].price_ticks
    desk.command(Widen(is_on=True))
    wide = desk.market.sides[Side.BUY].quotes[0].price_ticks
    assert 600_000 - wide == 2 * (600_000 - before)
    desk.command(Widen(is_on=False))
    assert desk.market.sides[Side.BUY].quotes[0].price_ticks == before


def test_reducing_by_key():
    """The second rung: only orders that shrink the position."""
    desk = quoting()
    hold(desk, 40)
    assert reply(desk, Reduce()).ok
    assert desk.state == "REDUCING"
    assert desk.market.sides[Side.BUY].reason == "only reducing: reducing, by the operator"
    assert [quote.size_lots for quote in desk.market.sides[Side.SELL].quotes] == [40]


def test_no_resume_while_positions_are_being_closed():
    """Quotes and closing orders would work against each other; called off, it resumes."""
    desk = quoting()
    hold(desk, 40)
    desk.command(Arm())
    assert reply(desk, FlattenPositions("")).ok
    for order in desk.market.orders.working:
        desk.cancelled(order.cl_ord_id)
    run = desk.reducer.safety.kill_run
    assert run is not None
    run.empty_replies = 2
    desk.command(Arm())
    refused = reply(desk, Resume())
    assert not refused.ok
    assert "being closed" in refused.text
    assert desk.state == "HALTED"
    assert reply(desk, StopFlatten()).ok
    desk.command(Arm())
    assert reply(desk, Resume()).ok


def test_a_flat_net_does_not_pass_for_closed_positions():
    """Long and short apart: two hundred each way are no net, and not nothing."""
    desk = Desk(position_mode=PositionMode.LONG_SHORT)
    desk.connect()
    desk.market.side_positions.adopt(200, 200)
    desk.command(Arm())
    refused = reply(desk, FlattenPositions(""))
    assert not refused.ok
    assert refused.text.endswith("BTC-USDT-SWAP 2.00")
    assert build_snapshot(desk.reducer, 1).markets[0].hedge_text == refused.text
    desk.market.side_positions.adopt(300, 200)
    desk.market.ledger.position.adopt(100, Decimal(60_000))
    desk.book()
    assert reply(desk, FlattenPositions("")).ok
    desk.market.side_positions.adopt(200, 200)
    desk.market.ledger.position.adopt(0, None)
    desk.tick()
    assert "against each other: BTC-USDT-SWAP 2.00" in desk.reducer.flatten.outcome
