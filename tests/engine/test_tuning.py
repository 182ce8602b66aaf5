"""Parameters, previews, the parameter file and the strategy itself, changed while it trades."""

from __future__ import annotations

import asyncio
import sys
from decimal import Decimal

import pytest

from okxmm_tui.core.commands import (
    Arm,
    MuteSide,
    PreviewParams,
    Resume,
    SetParam,
    SetParams,
    SwitchStrategy,
    UndoParam,
)
from okxmm_tui.core.effects import CancelOrder, PlaceOrder, Reply, Report
from okxmm_tui.core.messages import ParamsRead
from okxmm_tui.core.types import Mode, Side, VenueOrderState
from okxmm_tui.engine.view import build_snapshot
from okxmm_tui.strategies.base import Quote, Target
from tests.engine.desk import Desk
from tests.samples import INST, order_update


def reply(desk: Desk, command) -> Reply:
    """The answer to a command."""
    return desk.taken(Reply, desk.command(command))[0]


def value(desk: Desk, name: str) -> str:
    """A parameter as it counts now."""
    return str(desk.market.params[name])


def live_desk() -> Desk:
    """A live session that quotes."""
    desk = Desk(mode=Mode.LIVE)
    desk.connect()
    desk.book()
    return desk


def test_several_parameters_change_together_or_not_at_all():
    """One bad value and none is taken; one version for all when they are good."""
    desk = Desk()
    before = desk.market.params.version
    bad = reply(desk, SetParams(INST, {"order_size": Decimal(2), "base_spread_bps": Decimal(-1)}))
    assert not bad.ok
    assert "base_spread_bps was -1" in bad.text
    assert value(desk, "order_size") == "1"
    assert reply(desk, SetParams(INST, {"order_size": Decimal(2), "base_spread_bps": Decimal(9)})).ok
    assert (value(desk, "order_size"), value(desk, "base_spread_bps")) == ("2", "9")
    assert desk.market.params.version == before + 1


def test_undo_takes_the_whole_change_back():
    """Both values of one change return, and the change before it can be undone next."""
    desk = Desk()
    desk.command(SetParam(INST, "order_size", Decimal(3)))
    desk.command(SetParams(INST, {"order_size": Decimal(2), "base_spread_bps": Decimal(9)}))
    desk.command(UndoParam(INST))
    assert (value(desk, "order_size"), value(desk, "base_spread_bps")) == ("3", "5")
    desk.command(UndoParam(INST))
    assert value(desk, "order_size") == "1"


def test_every_change_says_who_what_and_which_version():
    """Old, new, source and version are in the report and in the history on screen."""
    desk = Desk()
    report = desk.taken(Report, desk.command(SetParam(INST, "order_size", Decimal(3), "editor")))[-1]
    assert report.text == f"{INST}: order_size 1 -> 3 by editor (version 2)"
    [change] = build_snapshot(desk.reducer, 1).markets[0].param_changes
    assert (change.source, change.text, change.version) == ("editor", "order_size 1 -> 3", 2)


def test_orders_carry_the_version_they_were_placed_under():
    """An order placed after the change has the new number."""
    desk = Desk()
    desk.command(SetParam(INST, "order_size", Decimal(3)))
    bid, _ = desk.quoting()
    order = desk.market.orders.get(bid)
    assert order is not None
    assert order.params_version == 2


def test_a_moved_order_carries_the_version_that_moved_it():
    """From the venue's yes on; a refused move changes nothing."""
    desk = Desk()
    bid, _ = desk.quoting()
    desk.command(SetParam(INST, "base_spread_bps", Decimal(20)))
    order = desk.market.orders.get(bid)
    assert order is not None
    assert order.amend is not None
    assert order.params_version == 1
    answers = {"state": VenueOrderState.LIVE, "req_id": order.amend.req_id}
    moved = order.amend.price_ticks
    desk.feed(order_update(bid, Side.BUY, moved, order.size_lots, amend_result="0", **answers))
    assert order.params_version == 2
    desk.command(SetParam(INST, "base_spread_bps", Decimal(30)))
    assert order.amend is not None
    answers["req_id"] = order.amend.req_id
    desk.feed(order_update(bid, Side.BUY, moved, order.size_lots, amend_result="-1", **answers))
    assert order.params_version == 2


def test_raising_risk_in_live_needs_the_armed_state():
    """A larger size and a narrower spread are refused; a smaller one passes; armed, one change passes."""
    desk = live_desk()
    refused = reply(desk, SetParam(INST, "order_size", Decimal(2)))
    assert not refused.ok
    assert refused.text == "order_size would take more risk; in live press a to arm first"
    assert not reply(desk, SetParam(INST, "base_spread_bps", Decimal(1))).ok
    assert reply(desk, SetParam(INST, "order_size", Decimal("0.5"))).ok
    desk.command(Arm())
    assert reply(desk, SetParam(INST, "order_size", Decimal(2))).ok
    assert not reply(desk, SetParam(INST, "order_size", Decimal(3))).ok


def test_undo_in_live_cannot_raise_risk_unarmed():
    """Undoing a smaller size is a larger size."""
    desk = live_desk()
    assert reply(desk, SetParam(INST, "order_size", Decimal("0.5"))).ok
    assert not reply(desk, UndoParam(INST)).ok


def test_a_limit_that_trips_soon_after_takes_the_change_back():
    """Within ten seconds it does, later it does not, and never twice."""
    desk = Desk()
    desk.command(SetParam(INST, "order_size", Decimal(3)))
    desk.run(9_000)
    desk.reducer.tuning.limit_tripped(desk.market, "post-only refusals")
    assert value(desk, "order_size") == "1"
    desk.command(SetParam(INST, "order_size", Decimal(3)))
    desk.run(11_000)
    desk.reducer.tuning.limit_tripped(desk.market, "post-only refusals")
    assert value(desk, "order_size") == "3"


def test_a_guard_that_trips_takes_the_change_back():
    """From the book itself: 200 bps of spread are beyond the limit, and the size raised before goes back."""
    desk = Desk()
    desk.quoting()
    desk.command(SetParam(INST, "order_size", Decimal(3)))
    desk.book(594_000, 606_000)
    desk.tick()
    assert value(desk, "order_size") == "1"
    assert desk.market.param_changes[-1].source == "revert"


def test_all_changes_of_the_last_ten_seconds_are_taken_back_together():
    """Three key presses are one thought; what is older than ten seconds stays."""
    desk = Desk()
    desk.command(SetParam(INST, "order_size", Decimal(2)))
    desk.run(11_000)
    for size in (3, 4):
        desk.command(SetParam(INST, "order_size", Decimal(size)))
    desk.command(SetParam(INST, "base_spread_bps", Decimal(3)))
    desk.reducer.tuning.limit_tripped(desk.market, "post-only refusals")
    assert (value(desk, "order_size"), value(desk, "base_spread_bps")) == ("2", "5")
    desk.reducer.tuning.limit_tripped(desk.market, "post-only refusals")
    assert value(desk, "order_size") == "2"


def test_taking_back_never_takes_more_risk():
    """A smaller size and a wider spread stay when a limit trips; what had raised the risk goes back."""
    desk = live_desk()
    desk.command(SetParam(INST, "order_size", Decimal("0.5")))
    desk.command(SetParam(INST, "base_spread_bps", Decimal(9)))
    desk.command(Arm())
    desk.command(SetParam(INST, "max_position", Decimal(9)))
    desk.reducer.tuning.limit_tripped(desk.market, "flash move")
    assert (value(desk, "order_size"), value(desk, "base_spread_bps")) == ("0.5", "9")
    assert value(desk, "max_position") == "5"


def test_a_switch_forgets_the_changes_before_it():
    """Values of the old strategy are never written into the new one."""
    desk = Desk()
    desk.command(SetParam(INST, "order_size", Decimal(2)))
    desk.command(SwitchStrategy(INST, "ladder"))
    desk.tick()
    assert desk.market.strategy.name == "ladder"
    desk.reducer.tuning.limit_tripped(desk.market, "flash move")
    assert value(desk, "order_size") == "2"


def test_a_switch_takes_over_what_was_chosen_and_no_defaults():
    """The size set by hand stays; glft stands around the microprice although the old one did not."""
    desk = Desk()
    desk.command(SetParam(INST, "order_size", Decimal(3)))
    desk.command(SwitchStrategy(INST, "glft"))
    desk.tick()
    assert (value(desk, "order_size"), value(desk, "book_skew")) == ("3", "1")


def test_a_switch_is_reported_with_who_what_and_which_version():
    """Old and new strategy, every value it trades with, the source and the number later orders carry."""
    desk = Desk()
    effects = desk.command(SwitchStrategy(INST, "ladder", {"levels": Decimal(2)}))
    (report,) = [line for line in desk.taken(Report, effects) if line.kind == "param"]
    assert report.text.startswith(f"{INST}: strategy inventory_skew -> ladder: base_spread_bps 5, ")
    assert ", levels 2, " in report.text
    assert report.text.endswith(" by command (version 2)")
    assert (report.fields["source"], report.fields["version"]) == ("command", 2)


def test_a_preview_shows_ghosts_and_trades_nothing():
    """Ghost quotes stand where the new spread would put them; the orders stay."""
    desk = Desk()
    desk.quoting()
    before = len(list(desk.sent(desk.effects)))
    assert reply(desk, PreviewParams(INST, {"base_spread_bps": Decimal(50)})).ok
    view = build_snapshot(desk.reducer, 1).markets[0]
    ghosts = {ghost.side: ghost.price_ticks for ghost in view.ghosts}
    assert ghosts[Side.BUY] < view.orders[0].price_ticks - 1_000
    assert ghosts[Side.SELL] > view.orders[1].price_ticks + 1_000
    desk.run(2_000)
    assert not [e for e in list(desk.sent(desk.effects))[before:] if isinstance(e, PlaceOrder | CancelOrder)]
    assert not reply(desk, PreviewParams(INST, {"base_spread_bps": Decimal(-5)})).ok
    assert reply(desk, PreviewParams(INST, {})).ok
    assert not build_snapshot(desk.reducer, 2).markets[0].ghosts


def test_applying_ends_the_preview():
    """What was looked at is what trades now."""
    desk = Desk()
    desk.quoting()
    desk.command(PreviewParams(INST, {"base_spread_bps": Decimal(50)}))
    desk.command(SetParams(INST, {"base_spread_bps": Decimal(50)}))
    assert desk.market.preview is None


@pytest.mark.parametrize(
    ("values", "problem", "reason"),
    [
        ({"order_size": "nonsense"}, "", "order_size was 'nonsense'"),
        ({"order_size": "NaN"}, "", "order_size was NaN"),
        ({"nope": "1"}, "", "parameter 'nope' was unknown"),
        ({"order_size": "2", "max_position": "-1"}, "", "max_position was -1"),
        ({}, "line 3 was no TOML", "line 3 was no TOML"),
    ],
)
def test_a_bad_parameter_file_leaves_the_old_values_trading(values, problem, reason):
    """It is an alarm with the reason, cleared by the next good file."""
    desk = Desk()
    desk.quoting()
    desk.feed(ParamsRead(values, problem))
    assert desk.reducer.session.alarms.is_standing("param-file")
    assert reason in desk.taken(Report)[-1].text
    assert (value(desk, "order_size"), desk.market.params.version) == ("1", 1)
    desk.feed(ParamsRead({"order_size": "2"}))
    assert not desk.reducer.session.alarms.is_standing("param-file")
    assert value(desk, "order_size") == "2"
    assert desk.taken(Report)[-1].text == f"{INST}: order_size 1 -> 2 by file (version 2)"


def test_a_file_that_takes_more_risk_in_live_says_how_it_can():
    """Refused unarmed, all of it; armed and saved again it counts."""
    desk = live_desk()
    wanted = ParamsRead({"order_size": "2", "base_spread_bps": "9"})
    desk.feed(wanted)
    assert "press a to arm first, then save the file again" in desk.taken(Report)[-1].text
    assert (value(desk, "order_size"), value(desk, "base_spread_bps")) == ("1", "5")
    desk.command(Arm())
    desk.feed(wanted)
    assert (value(desk, "order_size"), value(desk, "base_spread_bps")) == ("2", "9")


def test_a_switch_pulls_first_and_quotes_with_the_other_strategy_then():
    """At no moment are orders of both sets live; shared parameters are kept."""
    desk = Desk()
    desk.command(SetParam(INST, "order_size", Decimal(2)))
    bid, ask = desk.quoting()
    answer = reply(desk, SwitchStrategy(INST, "ladder", {"levels": Decimal(2)}))
    assert answer.ok
    desk.tick()
    assert {effect.cl_ord_id for effect in desk.taken(CancelOrder)} == {bid, ask}
    placed = len(desk.taken(PlaceOrder))
    desk.cancelled(bid)
    desk.run(500)
    assert desk.market.strategy.name == "inventory_skew"
    assert len(desk.taken(PlaceOrder)) == placed
    desk.cancelled(ask)
    desk.arm_dead_man()
    desk.update()
    assert desk.market.strategy.name == "ladder"
    assert len(desk.taken(PlaceOrder)) == placed + 4
    assert value(desk, "order_size") == "2"


def test_a_change_while_a_switch_waits_is_refused_and_not_lost():
    """Orders are still being pulled: a size accepted now would go with the old strategy, so it is not."""
    desk = Desk()
    bid, ask = desk.quoting()
    assert reply(desk, SwitchStrategy(INST, "ladder")).ok
    answer = reply(desk, SetParam(INST, "order_size", Decimal(2)))
    assert (answer.ok, answer.text) == (False, "switching to ladder")
    effects = desk.feed(ParamsRead({"order_size": "2"}))
    assert "parameter file refused" in desk.taken(Report, effects)[0].text
    for order in (bid, ask):
        desk.cancelled(order)
    desk.arm_dead_man()
    desk.update()
    assert desk.market.strategy.name == "ladder"
    assert reply(desk, SetParam(INST, "order_size", Decimal(2))).ok


def test_an_unknown_strategy_is_refused_with_the_reason():
    """And the old one trades on."""
    desk = Desk()
    answer = reply(desk, SwitchStrategy(INST, "nope"))
    assert not answer.ok
    assert "Strategy 'nope' was not found" in answer.text
    assert not reply(desk, SwitchStrategy("XRP", "ladder")).ok
    assert not reply(desk, SwitchStrategy(INST, "ladder", {"levels": Decimal("1.5")})).ok


def test_switching_in_live_needs_the_armed_state():
    """Another strategy may take any risk."""
    desk = live_desk()
    assert not reply(desk, SwitchStrategy(INST, "ladder")).ok
    desk.command(Arm())
    assert reply(desk, SwitchStrategy(INST, "ladder")).ok


def test_a_muted_side_is_pulled_and_stays_empty():
    """The other side quotes on; unmuting brings it back."""
    desk = Desk()
    bid, _ = desk.quoting()
    desk.command(MuteSide(INST, Side.BUY, is_muted=True))
    assert [effect.cl_ord_id for effect in desk.taken(CancelOrder)] == [bid]
    desk.cancelled(bid)
    placed = len(desk.taken(PlaceOrder))
    desk.run(2_000)
    assert len(desk.taken(PlaceOrder)) == placed
    assert desk.market.sides[Side.BUY].reason == "muted by the operator"
    desk.arm_dead_man()
    desk.update()
    desk.tick()
    desk.command(MuteSide(INST, Side.BUY, is_muted=False))
    assert [order.side for order in desk.taken(PlaceOrder)[placed:]] == [Side.BUY]


class _Breaks:
    """A strategy that raises when told to."""

    name = "breaks"
    specs = ()
    is_broken = True

    def target(self, market, params):
        """Raise."""
        raise RuntimeError("boom")

    def on_fill(self, side, price_ticks, size_lots, now_ns):
        """Raise."""
        raise RuntimeError("fill boom")


def test_a_strategy_that_raises_pauses_its_market_with_the_traceback_in_the_log():
    """A plain sentence on screen, the traceback as a report of its own, quotes pulled, the engine alive."""
    desk = Desk()
    bid, ask = desk.quoting()
    desk.market.strategy = _Breaks()
    desk.market.hurry()
    effects = desk.update()
    assert {effect.cl_ord_id for effect in desk.taken(CancelOrder, effects)} == {bid, ask}
    alarm, trace = desk.taken(Report, effects)[:2]
    assert alarm.text.startswith(f"{INST}: strategy failed: RuntimeError: boom; its quotes are pulled, ")
    assert alarm.text.endswith("pause and resume to try again")
    assert trace.kind == "traceback"
    assert "in target" in trace.text
    assert not [line for line in desk.reducer.session.log if "Traceback" in line.text]
    desk.run(1_000)
    assert desk.state == "ACTIVE"
    assert reply(desk, Resume()).text == "already ACTIVE"


def _raises(error: BaseException):
    """A call that raises this."""

    def call():
        raise error

    return call


class _Returns(_Breaks):
    """A strategy that returns what it was made with, or calls it."""

    def __init__(self, answer):
        self.answer = answer

    def target(self, market, params):
        """Return anything."""
        return self.answer() if callable(self.answer) else self.answer


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "target() returned NoneType, it must return a Target"),
        ("buy!", "target() returned str, it must return a Target"),
        (Target(None, 1.0, 1.0), "quotes were NoneType, they must be a tuple"),  # pyright: ignore[reportArgumentType]
        (Target((Quote(Side.BUY, 599_990.5, 5),), 1.0, 1.0), "is not in whole ticks and lots"),  # pyright: ignore[reportArgumentType]
        (Target((), Decimal(1), 1.0), "fair_ticks was Decimal('1')"),  # pyright: ignore[reportArgumentType]
        (Target((), 10**400, 1.0), "fair_ticks was no sensible number"),
        (sys.exit, "SystemExit"),
        (_raises(asyncio.CancelledError()), "CancelledError"),
        (_raises(GeneratorExit()), "GeneratorExit"),
    ],
)
def test_what_is_no_target_pauses_the_market_like_an_error(answer, said):
    """Nothing, words, fractions, an exit: quotes pulled, the sentence on screen, the engine alive."""
    desk = Desk()
    bid, ask = desk.quoting()
    desk.market.strategy = _Returns(answer)
    desk.market.hurry()
    effects = desk.update()
    assert {effect.cl_ord_id for effect in desk.taken(CancelOrder, effects)} == {bid, ask}
    assert said in desk.taken(Report, effects)[0].text
    assert desk.market.sides[Side.BUY].reason.startswith("strategy failed: ")
    desk.market.preview = desk.market.params
    assert not build_snapshot(desk.reducer, 1).markets[0].ghosts
    desk.run(500)
    assert desk.state == "ACTIVE"


class _Greedy(_Breaks):
    """A strategy that writes into the parameters it is given, and wants what they allow then."""

    def target(self, market, params):
        """Lift the limit and empty the rest."""
        params.values.clear()
        params.values["max_position"] = Decimal(1_000_000)
        return Target((Quote(Side.BUY, market.bid_ticks - 5, 2_000),), market.mid_ticks, 5.0, ask_reason="no")


def test_a_strategy_cannot_change_the_parameters_it_is_given():
    """20 contracts wanted, 5 are the limit: what it wrote into its copy moves no limit."""
    desk = Desk()
    desk.quoting()
    before, placed = dict(desk.market.params.values), len(desk.taken(PlaceOrder))
    desk.market.strategy = _Greedy()
    desk.market.hurry()
    desk.update()
    desk.run(200)
    assert desk.market.params.values == before
    assert desk.market.max_position_lots == 500
    assert len(desk.taken(PlaceOrder)) == placed
    assert build_snapshot(desk.reducer, 1).markets[0].params
