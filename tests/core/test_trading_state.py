"""The trading state: halted is latched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.core.trading_state import ARM_NS, Act, StateMachine, TradingState


def _machine(state: TradingState, *, needs_arming: bool = False) -> StateMachine:
    return StateMachine(0, state, "test", needs_arming=needs_arming)


@pytest.mark.parametrize("state", TradingState)
def test_kill_halts_from_everywhere(state):
    """There is no state a kill does not reach."""
    machine = _machine(state)
    machine.act(Act.KILL, "kill", 1)
    assert machine.state is TradingState.HALTED


@given(st.lists(st.sampled_from([Act.PAUSE, Act.RESUME, Act.REDUCE, Act.KILL]), max_size=20))
def test_nothing_leaves_halted_without_arming(acts):
    """No sequence of acts resumes a halted machine that was never armed."""
    machine = _machine(TradingState.HALTED)
    for act in acts:
        machine.act(act, "x", 1)
        assert machine.state is TradingState.HALTED


def test_an_armed_resume_leaves_halted_once():
    """The arming is used up by the resume."""
    machine = _machine(TradingState.HALTED)
    machine.arm(0)
    assert machine.act(Act.RESUME, "resume", ARM_NS - 1) == ""
    assert machine.state is TradingState.ACTIVE
    machine.act(Act.KILL, "kill", ARM_NS - 1)
    assert "latched" in machine.act(Act.RESUME, "resume", ARM_NS - 1)


def test_an_arming_runs_out():
    """After ten seconds it is worth nothing."""
    machine = _machine(TradingState.HALTED)
    machine.arm(0)
    assert machine.act(Act.RESUME, "resume", ARM_NS) != ""
    assert machine.state is TradingState.HALTED


def test_a_kill_disarms():
    """An arming from before the kill does not survive it."""
    machine = _machine(TradingState.ACTIVE)
    machine.arm(0)
    machine.act(Act.KILL, "kill", 1)
    assert not machine.is_armed(1)


def test_a_pause_is_left_without_arming():
    """Pause and resume are the everyday keys."""
    machine = _machine(TradingState.ACTIVE)
    machine.act(Act.PAUSE, "pause", 1)
    assert machine.act(Act.RESUME, "resume", 2) == ""
    assert machine.state is TradingState.ACTIVE


def test_a_live_start_needs_arming():
    """A session that starts locked quotes only after an armed resume."""
    machine = _machine(TradingState.PAUSED, needs_arming=True)
    assert machine.act(Act.RESUME, "resume", 1) != ""
    machine.arm(1)
    assert machine.act(Act.RESUME, "resume", 2) == ""
