"""Faults of position, money and the operator's desk: rows 29, 31, 35 to 37, 41, 42, 49, 51 and 52."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec import structs

from okxmm_tui.core.commands import (
    AcknowledgeAlarms,
    Arm,
    Disarm,
    FlattenPositions,
    Kill,
    MuteSide,
    Pause,
    PlaceManual,
    Reduce,
    Resume,
    SetLimit,
    SetParam,
    SetParams,
    SwitchStrategy,
    UndoParam,
    Widen,
)
from okxmm_tui.core.effects import AmendOrder, FetchFees, FetchTruth, PlaceOrder, Reply
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.messages import FeesRead, ParamsRead, PositionUpdate
from okxmm_tui.core.types import AccountLevel, Mode, Side
from okxmm_tui.engine.fee_watch import EVERY_NS
from okxmm_tui.engine.loss_limits import PnlFigure
from okxmm_tui.exchange.options import VenueSettings
from tests.engine.desk import Desk
from tests.safety.asserts import readable, resumes, said
from tests.samples import INST

MS = 1_000_000


def _answer(desk: Desk, command: object) -> Reply:
    return desk.taken(Reply, desk.command(command))[-1]  # pyright: ignore[reportArgumentType]


def test_row_29_a_position_from_elsewhere_is_adopted_with_an_alarm(world, timing):
    """Somebody trades on the account: nothing grows it until it is explained; the venue's figure counts."""
    engine = world.quoting()
    began_ns = world.now_ns
    world.fault("external_fill", instId=INST, side="buy", sz="2")
    world.until(lambda: engine.market.only_reduce, 5, "the doubt")
    timing(29, (world.now_ns - began_ns) / 1e9)
    world.until(lambda: engine.market.position_lots == 200, 10, "adopting")
    said(engine, "position", "venue holds", "the venue's figure counts")
    assert world.venue_position() == 2
    resumes(world, engine, 20)


def test_row_29_the_doubt_lasts_however_long_the_venue_takes_to_answer(world):
    """Asking does not end it: no quote comes back, and nobody is told that all agrees, before it does."""
    engine = world.quoting()
    world.fault("slow_rest", ms=1_500, for_s=20)
    world.fault("external_fill", instId=INST, side="buy", sz="2")
    world.until(lambda: engine.market.only_reduce, 5, "the doubt")
    began_ns = world.now_ns
    while engine.market.position_lots == 0:
        assert "position differs" in engine.market.only_reduce
        assert "position differs" in engine.reducer.session.freezes.reason(INST)
        assert world.now_ns - began_ns < 60 * 10**9
        world.run(0.01)
    assert not engine.sent(PlaceOrder, began_ns)
    assert not any("agrees with the venue" in each for each in engine.reports("alarm"))
    resumes(world, engine, 60)


def test_row_29_a_push_of_what_is_not_held_is_overruled_by_the_list():
    """What the venue does not list is not held: no doubt for ever, and no asking again and again."""
    desk = Desk()
    desk.quoting()
    desk.feed(PositionUpdate(INST, 5, Decimal(60_000), None, None, 0))
    desk.run(1_700)
    assert desk.market.mismatch_since_ns is not None
    desk.answer_truth()
    desk.run(200)
    assert desk.market.mismatch_since_ns is None
    assert not desk.taken(FetchTruth, desk.run(5_000))


def test_row_29_the_next_trade_from_elsewhere_is_told_as_well(world):
    """Seen or not, the first alarm does not swallow the second: each is said, and has to be seen."""
    engine = world.quoting()
    for times, is_seen in ((1, False), (2, True), (3, True)):
        world.fault("external_fill", instId=INST, side="buy", sz="1")
        world.until(lambda: engine.market.position_lots == times * 100, 20, "adopting")  # noqa: B023 - at once
        texts = [each for each in engine.reports("alarm") if "the venue's figure counts" in each]
        assert len(texts) == times
        assert not engine.alarm("position").is_acknowledged
        if is_seen:
            engine.command(AcknowledgeAlarms())
            assert engine.alarm("position") is None


@pytest.mark.parametrize("fault", ["liquidation", "adl"])
def test_row_31_a_forced_reduction_halts_and_only_the_operator_returns(world, timing, fault):
    """Liquidation or ADL: halted and proven; no time heals it, an armed resume does."""
    engine = world.quoting()
    world.fill(Side.BUY)
    world.run(1)
    began_ns = world.now_ns
    extra = {"size": "0.5"} if fault == "adl" else {}
    world.fault(fault, instId=INST, **extra)
    world.until(lambda: engine.state == "HALTED", 3, "the halt")
    timing(31, (world.now_ns - began_ns) / 1e9)
    said(engine, "forced", "by the venue")
    world.run(60)
    assert engine.state == "HALTED"
    assert world.live_orders() == []
    engine.command(Resume())
    assert engine.state == "HALTED"
    engine.command(Arm())
    engine.command(Resume())
    assert engine.state == "ACTIVE"


def test_row_35_a_fat_finger_is_refused_with_the_bounds():
    """Outside a parameter's bounds nothing changes, and no order is worth more than the cap."""
    desk = Desk()
    desk.quoting()
    before = desk.market.params
    reply = _answer(desk, SetParam(INST, "order_size", Decimal(10) ** 12, "test"))
    assert not reply.ok
    readable(reply.text)
    assert desk.market.params == before
    notional = desk.taken(PlaceOrder)[-1]
    worth = desk.market.instrument.notional_quote(notional.size_lots, notional.price_ticks)
    assert worth <= desk.reducer.session.limits.max_order_notional_quote


def test_row_29_nothing_new_leaves_while_the_position_is_in_doubt(world):
    """The books may have the wrong sign: no order is placed on them, not even one that would reduce."""
    engine = world.quoting()
    world.fault("external_fill", instId=INST, side="sell", sz="3")
    world.until(lambda: engine.alarm("freeze-position"), 5, "the freeze")
    frozen_ns = world.now_ns
    world.until(lambda: engine.market.position_lots == -300, 10, "adopting")
    assert not engine.sent(PlaceOrder, frozen_ns)
    resumes(world, engine, 20)
    assert engine.alarm("freeze-position") is None


@pytest.mark.parametrize(("name", "allowed", "leap"), [("order_size", 3, 4), ("base_spread_bps", 2, 1)])
def test_row_35_a_large_step_towards_more_risk_takes_two_steps(name, allowed, leap):
    """Beyond the cap in per cent a key alone changes nothing: arm first; less risk is never capped."""
    desk = Desk()
    desk.quoting()
    before = desk.market.params.values[name]
    assert _answer(desk, SetParam(INST, name, Decimal(allowed))).ok
    assert _answer(desk, UndoParam(INST)).ok
    refused = _answer(desk, SetParam(INST, name, Decimal(leap)))
    assert not refused.ok
    assert "200 %" in refused.text
    readable(refused.text)
    assert desk.market.params.values[name] == before
    desk.command(Arm())
    assert _answer(desk, SetParam(INST, name, Decimal(leap))).ok
    assert not desk.reducer.session.machine.is_armed(desk.now_ns)
    safe = Decimal("0.01") if name == "order_size" else Decimal(50)
    assert _answer(desk, SetParam(INST, name, safe)).ok


def test_row_36_a_reload_applies_all_or_nothing_under_a_version():
    """One bad value in the file refuses the whole file; a good one moves every order's version."""
    desk = Desk()
    bid, _ = desk.quoting()
    before = desk.market.params
    desk.feed(ParamsRead({"order_size": "2", "max_position": "-1"}))
    assert desk.market.params == before
    readable(next(a.text for a in desk.reducer.session.alarms.views() if a.key == "param-file"))
    desk.feed(ParamsRead({"order_size": "2"}))
    assert desk.market.params.version == before.version + 1
    order = desk.market.orders.get(bid)
    assert order is not None
    assert order.params_version == before.version
    desk.cancelled(bid)
    desk.update()
    desk.run(900)
    fresh = desk.taken(PlaceOrder)[-1]
    placed = desk.market.orders.get(fresh.cl_ord_id)
    assert placed is not None
    assert placed.params_version == before.version + 1


def test_row_37_fees_are_asked_for_daily_and_the_floor_follows(world):
    """The venue changes our tier: noticed at the daily look, said, and quotes stand where they pay again."""
    engine = world.quoting()
    world.venue.state.settings = structs.replace(world.venue.state.settings, maker_rate=Decimal("-0.0008"))
    engine.reducer.fees._due_ns = world.now_ns
    began_ns = world.now_ns
    world.until(lambda: engine.alarm("fees"), 3, "the news")
    assert len(engine.sent(FetchFees, began_ns)) == 1
    assert EVERY_NS == 86_400 * 10**9
    said(engine, "fees", "maker fee", "-> 8", "bps")
    world.run(2)
    mid = world.markets[INST].bid_ticks + 0.5
    for order in world.live_orders():
        assert abs(order.price_ticks - mid) / mid >= 0.0008


def test_row_37_no_answer_is_asked_again_and_the_old_rates_stay():
    """Ten minutes later, not every tick."""
    desk = Desk()
    desk.quoting()
    desk.reducer.fees._due_ns = desk.now_ns
    assert len(desk.taken(FetchFees, desk.run(2_000))) == 1
    desk.feed(FeesRead({}))
    assert desk.market.fees.maker == Decimal("0.0002")


def test_row_41_losses_reduce_then_stop_and_the_halt_is_latched():
    """80 % of the daily limit: only reducing; 100 %: halted, and the limit still counts after a resume."""
    desk = Desk(limits=Limits(is_headless=True))
    desk.quoting()
    losses = desk.reducer.loss_limits
    losses.on_tick(PnlFigure(Decimal(-850)))
    assert desk.state == "REDUCING"
    losses.on_tick(PnlFigure(Decimal(-1_001)))
    assert desk.state == "HALTED"
    alarm = next(a for a in desk.reducer.session.alarms.views() if a.key == "limit-daily loss")
    readable(alarm.text)
    desk.run(20_000)
    assert desk.state == "HALTED"


def test_row_42_figures_nobody_vouches_for_pause_and_never_kill():
    """A doubt pauses with its reason; ten good seconds end the pause by themselves."""
    desk = Desk()
    desk.quoting()
    losses = desk.reducer.loss_limits
    losses.on_tick(PnlFigure(Decimal(-(10**6)), "BTC-USDT-SWAP has had no price for 16 s"))
    assert desk.state == "PAUSED"
    readable(desk.reducer.session.machine.reason)
    losses.on_tick(PnlFigure(Decimal(0)))
    assert desk.state == "PAUSED"
    desk.now_ns += 10_100 * MS
    desk.reducer.session.now_ns = desk.now_ns
    losses.on_tick(PnlFigure(Decimal(0)))
    assert desk.state == "ACTIVE"


def test_row_49_live_does_not_quote_before_it_was_armed_by_hand():
    """The first state of a live console session is PAUSED, and a resume without arming is refused."""
    desk = Desk(mode=Mode.LIVE, limits=Limits(is_headless=False))
    desk.connect()
    desk.book()
    assert not desk.taken(PlaceOrder)
    assert not _answer(desk, Resume()).ok
    assert _answer(desk, Arm()).ok
    assert _answer(desk, Resume()).ok
    assert Desk(mode=Mode.SIM).state == "ACTIVE"


def test_row_51_the_irreversible_takes_two_steps_and_the_safe_way_one():
    """Kill and pause act at once; closing positions wants arming; a parameter change can be undone."""
    desk = Desk()
    desk.quoting()
    desk.market.ledger.position.adopt(100, Decimal(60_000))
    assert not _answer(desk, FlattenPositions("")).ok
    before = desk.market.params.values["order_size"]
    assert _answer(desk, SetParam(INST, "order_size", before * 2, "test")).ok
    assert _answer(desk, UndoParam(INST)).ok
    assert desk.market.params.values["order_size"] == before
    assert _answer(desk, Pause()).ok
    assert _answer(desk, Kill("test")).ok
    assert desk.state == "HALTED"


RISKIER = (
    Resume(),
    SetLimit("max_position_notional_quote", Decimal(10**9)),
    SetLimit("max_daily_loss_quote", Decimal(10**9)),
    SetParam(INST, "order_size", Decimal(50), "remote"),
    SetParams(INST, {"max_position": Decimal(10_000)}, "remote"),
    SwitchStrategy(INST, "ladder", {}),
    FlattenPositions(""),
)
SAFER = (
    Pause(),
    Reduce(),
    Kill("remote"),
    Widen(is_on=True),
    MuteSide(INST, Side.BUY, is_muted=True),
    SetLimit("max_daily_loss_quote", Decimal(10)),
)


@pytest.mark.parametrize("command", RISKIER, ids=lambda command: type(command).__name__)
def test_row_52_without_arming_nobody_raises_risk_in_live(command):
    """Whoever is connected: what takes more risk is refused until somebody at the console arms."""
    desk = Desk(mode=Mode.LIVE, limits=Limits(is_headless=False))
    desk.connect()
    desk.book()
    desk.market.ledger.position.adopt(100, Decimal(60_000))
    limits, params = desk.reducer.session.limits, desk.market.params
    reply = _answer(desk, command)
    assert not reply.ok, reply.text
    readable(reply.text)
    assert desk.reducer.session.limits == limits
    assert desk.market.params == params
    assert not desk.taken(PlaceOrder) + desk.taken(AmendOrder)


@pytest.mark.parametrize("command", SAFER, ids=lambda command: type(command).__name__)
def test_row_52_lowering_risk_needs_no_arming(command):
    """The safe direction is open to every client."""
    desk = Desk(mode=Mode.LIVE, limits=Limits(is_headless=False))
    desk.connect()
    assert _answer(desk, Arm()).ok
    assert _answer(desk, Resume()).ok
    assert not desk.reducer.session.machine.is_armed(desk.now_ns)
    assert _answer(desk, command).ok


def test_row_41_a_halt_by_a_loss_can_close_the_positions_as_well(world):
    """``risk.flatten_on_loss``: halted, quotes proven gone, and the position bought back reduce-only."""
    limits = Limits(
        is_headless=True, max_daily_loss_quote=Decimal(1), flatten_on_loss=True, max_lot_loss=Decimal(1)
    )
    engine = world.quoting(limits=limits)
    world.fill(Side.BUY)
    world.until(lambda: engine.market.position_lots > 0, 5, "the fill")
    world.markets[INST].move(-1_200, world.now_ns)
    world.until(lambda: engine.state == "HALTED", 20, "the halt")
    halted_ns = world.now_ns
    world.until(lambda: world.venue_position() == 0, 20, "closing")
    closings = [each for _, each in engine.sent(PlaceOrder, halted_ns)]
    assert closings
    assert all(each.reduce_only and each.side is Side.SELL for each in closings)
    world.until(lambda: engine.reducer.safety.kill_run.is_proven, 10, "the proof")
    assert engine.state == "HALTED"


def test_row_41_without_the_option_the_position_is_the_operators():
    """The default: halted, and nothing is closed."""
    assert not Limits().flatten_on_loss


@pytest.mark.parametrize("mode", [Mode.DEMO, Mode.LIVE])
def test_row_52_on_an_account_at_the_venue_more_risk_wants_arming(mode):
    """Parameters, orders by hand and strategies: refused until armed; less risk goes at once."""
    desk = Desk(mode=mode)
    desk.command(Arm())
    desk.command(Resume())
    desk.command(Disarm())
    desk.quoting()
    mid = desk.market.bid_ticks
    for command in (
        SetParam(INST, "order_size", Decimal("1.1")),
        SetParam(INST, "base_spread_bps", Decimal("4.9")),
        PlaceManual(INST, Side.BUY, mid - 100, 1),
        SwitchStrategy(INST, "ladder"),
        SetLimit("max_daily_loss_quote", Decimal(1_001)),
        FlattenPositions(""),
    ):
        refused = _answer(desk, command)
        assert not refused.ok, command
        assert "press a" in refused.text
    for command in (
        SetParam(INST, "order_size", Decimal("0.9")),
        SetParam(INST, "base_spread_bps", Decimal(6)),
        SetLimit("max_daily_loss_quote", Decimal(999)),
        MuteSide(INST, Side.BUY, is_muted=True),
        Reduce(),
        Pause(),
    ):
        assert _answer(desk, command).ok, command
    desk.command(Arm())
    assert _answer(desk, SetParam(INST, "order_size", Decimal("1.1"))).ok
    assert not _answer(desk, SetParam(INST, "order_size", Decimal("1.2"))).ok


@pytest.mark.parametrize("level", [AccountLevel.FUTURES, AccountLevel.MULTI_CURRENCY])
def test_the_margin_ratio_is_watched_whatever_the_account(make_world, level):
    """Of the currency, or of the account where margin is pooled: told with the first position."""
    world = make_world(venue=VenueSettings(account_level=level))
    engine = world.quoting()
    assert engine.reducer.session.balances["USDT"].margin_ratio is None
    world.fill(Side.BUY)
    world.until(lambda: engine.reducer.session.balances["USDT"].margin_ratio is not None, 7, "the ratio")
    assert engine.market.only_reduce == ""
    world.fault("balance_cut", amount="99994")
    world.until(lambda: engine.alarm("margin-"), 7, "only reducing")
    assert engine.market.only_reduce
    said(engine, "margin-", "margin ratio", "only reducing")
