"""Limits changed while it runs: within the settings' bounds, in force at once, for what rests as well."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from annotated_types import Ge, Gt, Le, Lt

from okxmm_tui.compose import EngineRun
from okxmm_tui.core.commands import Arm, PlaceManual, SetLimit, SetParam
from okxmm_tui.core.effects import AmendOrder, CancelOrder, PlaceOrder, Reply
from okxmm_tui.core.limits import BOUNDS, HIGHER_IS_SAFER, LOWER_IS_SAFER, MAY_BE_ZERO, Limits, changed
from okxmm_tui.core.messages import MarkPrice, OrderBudget
from okxmm_tui.core.types import Side
from okxmm_tui.engine.view import build_snapshot
from okxmm_tui.okx.endpoints import Endpoints
from okxmm_tui.risk_settings import RiskSettings
from okxmm_tui.settings import Settings
from tests.engine.desk import Desk
from tests.safety.virtual import World
from tests.samples import INST, fill

EDITABLE = sorted(LOWER_IS_SAFER | HIGHER_IS_SAFER)
EXTREMES = ("0", "-1", "1e-30", "1e-999999", "1e30", "1e999999", "NaN", "-Infinity", "0.5", "1", "100")


def answer(desk: Desk, name: str, value: Decimal) -> Reply:
    """What the engine says to a change."""
    return desk.taken(Reply, desk.command(SetLimit(name, value)))[-1]


@pytest.mark.parametrize("name", EDITABLE)
def test_no_value_of_a_limit_ends_the_engine(name):
    """Armed or not, whatever is typed is refused or traded with: ticks, books and pictures go on."""
    for text in EXTREMES:
        desk = Desk()
        desk.quoting()
        desk.feed(MarkPrice(INST, Decimal(60_000), 0))
        desk.command(Arm())
        reply = answer(desk, name, Decimal(text))
        assert reply.text
        for _ in range(4):
            desk.run(200)
            desk.update()
            build_snapshot(desk.reducer, 1)


@pytest.mark.parametrize("name", EDITABLE)
def test_the_bounds_are_those_of_the_settings(name):
    """What cannot be set at the start cannot be typed while it runs."""
    kinds = {type(each): each for each in RiskSettings.model_fields[name].metadata}
    lowest = kinds.get(Ge) or kinds.get(Gt)
    highest = kinds.get(Le) or kinds.get(Lt)
    least, most = BOUNDS.get(name, (0, None))
    assert least == (lowest.ge if isinstance(lowest, Ge) else lowest.gt)
    if isinstance(highest, Lt):
        assert most is not None
        assert most < highest.lt
    else:
        assert most == (highest.le if highest is not None else None)
    assert (name in MAY_BE_ZERO) == (isinstance(lowest, Ge) and lowest.ge == 0)


def test_what_lies_outside_says_the_bounds():
    """A sentence the operator can act on."""
    assert changed(Limits(), "book_stale_ms", Decimal(0)) == (
        "book_stale_ms was 0; it must lie between 200 and 60000"
    )
    assert changed(Limits(), "max_daily_loss_quote", Decimal(0)) == (
        "max_daily_loss_quote was 0; it must be above 0"
    )
    assert changed(Limits(), "losing_trips", Decimal("1.5")) == (
        "losing_trips was 1.5; it must be a whole number"
    )


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("max_order_notional_quote", "100", "above limit 100"),
        ("max_order_share", "0.001", "of equity"),
        ("max_position_notional_quote", "100", "above limit 100"),
        ("max_gross_quote", "100", "gross exposure"),
        ("price_collar_bps", "1", "collar 1 bps"),
    ],
)
def test_orders_that_rest_beyond_a_narrower_limit_leave(name, value, words):
    """The market stands still, so nothing else would ever look at them again."""
    world = World(1)
    try:
        engine = world.quoting()
        assert len(world.live_orders()) == 2
        before_ns = world.now_ns
        engine.command(SetLimit(name, Decimal(value)))
        world.until(engine.is_pulled, 1, "the orders' end")
        assert len(engine.sent(CancelOrder, before_ns)) == 2
        assert words in engine.market.sides[Side.BUY].reason
    finally:
        world.close()


def test_orders_within_the_new_limit_keep_their_place():
    """Only what breaks it goes."""
    desk = Desk()
    desk.quoting()
    assert not desk.taken(CancelOrder, desk.command(SetLimit("max_order_notional_quote", Decimal(601))))


def test_an_amend_on_its_way_is_measured_by_the_narrower_limit():
    """Sent under the wider one, it would land afterwards and rest beyond the limit for good."""
    desk = Desk()
    bid, ask = desk.quoting()
    desk.command(Arm())
    amends = desk.taken(AmendOrder, desk.command(SetParam(INST, "order_size", Decimal(2))))
    assert {each.cl_ord_id: each.size_lots for each in amends} == {bid: 200, ask: 200}
    leave = desk.taken(CancelOrder, desk.command(SetLimit("max_order_notional_quote", Decimal(700))))
    assert {each.cl_ord_id for each in leave} == {bid, ask}


def test_a_losing_streak_is_measured_by_the_limit_in_force():
    """Lowered from three to two while it runs: the second losing trip rests the market."""
    desk = Desk()
    desk.quoting()

    def lose(trip: int) -> None:
        for side, price in ((Side.BUY, "60000"), (Side.SELL, "59999")):
            desk.reducer.reconciler.book_fill(desk.market, fill(side, price, "0.1", trade_id=f"{trip}{side}"))

    lose(1)
    assert answer(desk, "losing_trips", Decimal(2)).ok
    lose(2)
    assert "after losing round trips" in desk.reducer.position_guard.block(desk.market)


def test_the_age_of_the_private_stream_is_a_setting_that_counts(tmp_path: Path):
    """``risk.private_stale_ms`` reaches the watch of the account channel."""
    from okxmm_tui.engine_setup import engine_config

    settings = Settings(state_dir=tmp_path, headless=True, risk=RiskSettings(private_stale_ms=30_000))  # pyright: ignore[reportCallIssue]
    run = EngineRun(engine_config(settings), on_report=lambda at_ns, line: None, on_ready=lambda: None)
    host = run._host(Endpoints.local("http://venue", "ws://venue"), tmp_path)
    assert host._gateway._quiet_ns == 30_000_000_000  # pyright: ignore[reportAttributeAccessIssue]


def test_a_smaller_maximum_position_takes_out_a_quote_that_cannot_shrink_now():
    """No amend may leave while the budget is low: what could fill beyond the new maximum is cancelled."""
    desk = Desk(params={"order_size": Decimal(3), "max_position": Decimal(20)})
    ids = desk.quoting()
    desk.feed(OrderBudget(45, 51))
    before = len(desk.effects)
    desk.command(SetParam(INST, "max_position", Decimal(5)))
    desk.tick()
    assert not desk.taken(CancelOrder, desk.effects[before:])
    desk.command(SetParam(INST, "max_position", Decimal(1)))
    desk.tick()
    assert {each.cl_ord_id for each in desk.taken(CancelOrder, desk.effects[before:])} == set(ids)


def test_a_smaller_maximum_position_takes_out_an_order_by_hand_beyond_it():
    """Quoting leaves orders by hand alone, so nothing else would ever take it out; the quotes stay."""
    desk = Desk(params={"max_position": Decimal(20)})
    desk.quoting()
    desk.command(PlaceManual(INST, Side.BUY, 599_000, 800))
    by_hand = desk.taken(PlaceOrder)[-1]
    desk.confirm(by_hand)
    leave = desk.taken(CancelOrder, desk.command(SetParam(INST, "max_position", Decimal(5))))
    assert [each.cl_ord_id for each in leave] == [by_hand.cl_ord_id]
