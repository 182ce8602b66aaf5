"""Parameter changes between the key and the engine's word."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec import structs

from okxmm_tui.console.pending import ANSWER_WITHIN_NS, REFUSAL_SHOWN_NS, Change, PendingParams
from okxmm_tui.core.snapshot import CommandReply
from tests.console.sample import NOW_NS, PARAMS, market

SPREAD = PARAMS[0]


@pytest.fixture
def pending():
    """One change under way: half-spread to 3.0 as command 1."""
    params = PendingParams()
    params.ask(SPREAD.name, Change(Decimal("3.0"), 1, NOW_NS, 7))
    return params


def shown(value, version):
    """The market with another half-spread."""
    return structs.replace(
        market(), params=(structs.replace(SPREAD, value=Decimal(value)), *PARAMS[1:]), params_version=version
    )


def test_presses_accumulate_from_the_pending_value(pending):
    """The next press counts from what was asked for, not from what is shown."""
    assert pending.nudged(SPREAD, 1) == (Decimal("3.5"), "")
    assert pending.nudged(SPREAD, -2) == (Decimal("2.0"), "")


@pytest.mark.parametrize(("steps", "value", "word"), [(1000, 50, "maximum"), (-1000, "0.5", "minimum")])
def test_bounds_hold_and_are_named(pending, steps, value, word):
    """A value stops at its bound, and the bound is said."""
    allowed, text = pending.nudged(SPREAD, steps)
    assert allowed == Decimal(value)
    assert word in text


def test_echo_settles_the_change(pending):
    """The engine's new value ends the waiting."""
    pending.observe(market(), NOW_NS)
    assert pending.values
    pending.observe(shown("3.0", 8), NOW_NS)
    assert not pending.values


def test_acceptance_waits_for_the_echo(pending):
    """A reply alone is not the new value."""
    assert pending.answer(CommandReply(1, True, ""), NOW_NS)  # noqa: FBT003
    assert pending.values == {SPREAD.name: Decimal("3.0")}
    pending.observe(shown("4.0", 9), NOW_NS)
    assert not pending.values


def test_refusal_is_shown_for_a_while(pending):
    """A refusal takes the wish back and is said until it is old."""
    pending.answer(CommandReply(1, False, "not while reducing"), NOW_NS)  # noqa: FBT003
    assert not pending.values
    assert pending.refusals == {SPREAD.name: "not while reducing"}
    pending.observe(market(), NOW_NS + REFUSAL_SHOWN_NS + 1)
    assert not pending.refusals


def test_reply_to_something_else_changes_nothing(pending):
    """Only the answer to the change counts."""
    assert not pending.answer(CommandReply(99, False, "no"), NOW_NS)  # noqa: FBT003
    assert pending.values


def test_silence_is_reported(pending):
    """Without an answer the shown value is in force, and that is said."""
    assert pending.observe(market(), NOW_NS + ANSWER_WITHIN_NS + 1) == [SPREAD.name]
    assert not pending.values
