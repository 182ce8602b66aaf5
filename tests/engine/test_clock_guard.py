"""Our clock against the venue's (tests/safety/README.md, rows 20 and 23)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from okxmm_tui.core.commands import SetLimit
from okxmm_tui.core.effects import CancelOrder, FetchTruth, SetDeadMan
from okxmm_tui.core.messages import ClockJumped, ClockMeasured
from okxmm_tui.core.types import Side
from okxmm_tui.engine.view import build_snapshot
from tests.engine.desk import MS, Desk
from tests.samples import INST


def measure(desk, offset_ms):
    """The gateway has measured."""
    return desk.feed(ClockMeasured(offset_ms * MS, 5 * MS))


def standing(desk):
    """Clock alarms that stand."""
    return {
        a.key for a in desk.reducer.session.alarms.views() if a.key.startswith("clock") and not a.is_cleared
    }


@pytest.mark.parametrize("sign", [1, -1])
def test_above_250_ms_is_said_and_above_a_second_pulls(sign):
    """In either direction; it resumes below 100 ms and not before."""
    desk = Desk()
    desk.quoting()
    assert not measure(desk, sign * 250)
    measure(desk, sign * 251)
    assert standing(desk) == {"clock-warning"}
    effects = measure(desk, sign * 1_001)
    assert len(desk.taken(CancelOrder, effects)) == 2
    assert "clock differs" in desk.market.sides[Side.BUY].reason
    assert "clock-critical" in standing(desk)
    measure(desk, sign * 100)
    assert "clock differs" in desk.market.sides[Side.BUY].reason
    measure(desk, sign * 99)
    assert "clock differs" not in desk.market.sides[Side.BUY].reason
    assert not standing(desk)


def test_the_picture_shows_offset_and_uncertainty():
    """Unknown before the first measurement."""
    desk = Desk()
    assert build_snapshot(desk.reducer, 1).health.clock_offset_ms is None
    measure(desk, -40)
    health = build_snapshot(desk.reducer, 1).health
    assert (health.clock_offset_ms, health.clock_uncertainty_ms) == (-40, 5)


def test_waking_up_pulls_quotes_until_merged():
    """After a sleep nothing is believed: truth is read, the dead-man's switch is armed anew."""
    desk = Desk()
    desk.quoting()
    effects = desk.feed(ClockJumped(3_600_000 * MS))
    assert len(desk.taken(CancelOrder, effects)) == 2
    assert desk.taken(FetchTruth, effects)
    assert not desk.reducer.safety.is_dead_man_armed()
    assert desk.taken(SetDeadMan, desk.tick())
    assert desk.market.sides[Side.BUY].reason == "merging with the venue"


def test_a_limit_typed_narrower_than_the_resumption_keeps_its_hysteresis():
    """With an alarm above 60 ms, 50 ms does not lift it and 29 ms does."""
    desk = Desk()
    desk.quoting()
    desk.command(SetLimit("clock_alarm_ms", Decimal(60)))
    for offset_ms, is_frozen in ((61, True), (50, True), (29, False), (50, False)):
        desk.feed(ClockMeasured(offset_ms * 1_000_000, 0))
        assert bool(desk.reducer.session.freezes.reason(INST)) is is_frozen
