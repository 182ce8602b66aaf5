"""Channel bookkeeping of one connection."""

from __future__ import annotations

import json

from okxmm_tui.okx.messages import Arg
from okxmm_tui.okx.subscriptions import HOUR_NS, OP_LIMIT, OP_RESERVE, OpBudget, Subscriptions

BOOKS = {"channel": "books", "instId": "X"}
MARKS = {"channel": "mark-price", "instId": "X"}


def test_every_argument_travels_alone_with_its_id():
    """Errors name only an id, so no two arguments share one."""
    subscriptions = Subscriptions()
    frames = [json.loads(subscriptions.subscribe(arg, 0, is_required=True)) for arg in (BOOKS, MARKS)]
    assert [frame["args"] for frame in frames] == [[BOOKS], [MARKS]]
    assert len({frame["id"] for frame in frames}) == 2


def test_complete_when_required_channels_are_acknowledged():
    """Optional channels do not hold the stream back."""
    subscriptions = Subscriptions()
    request_id = json.loads(subscriptions.subscribe(BOOKS, 0, is_required=True))["id"]
    subscriptions.subscribe(MARKS, 0, is_required=False)
    assert subscriptions.missing == ["books"]
    subscriptions.acknowledge(request_id, None)
    assert subscriptions.is_complete


def test_acknowledgement_without_id_is_matched_by_argument():
    """Venues that leave the id out are understood by channel and instrument."""
    subscriptions = Subscriptions()
    subscriptions.subscribe(BOOKS, 0, is_required=True)
    subscriptions.acknowledge("", Arg("books", "Y"))
    assert not subscriptions.is_complete
    subscriptions.acknowledge("", Arg("books", "X"))
    assert subscriptions.is_complete


def test_refusals_are_found_by_id_and_by_channel():
    """An unknown id belongs to somebody else."""
    subscriptions = Subscriptions()
    request_id = json.loads(subscriptions.subscribe(BOOKS, 0, is_required=True))["id"]
    assert subscriptions.refuse("nobody") is None
    assert subscriptions.refuse(request_id).channel == "books"
    assert subscriptions.kill_channel("books").channel == "books"
    assert subscriptions.kill_channel("none") is None


def test_budget_keeps_a_reserve_and_rolls_over():
    """480 operations an hour, of which the last 20 are not for us to touch."""
    budget = OpBudget()
    for index in range(OP_LIMIT - OP_RESERVE):
        assert not budget.is_spent(index)
        budget.take(index)
    assert budget.is_spent(1_000)
    assert not budget.is_spent(HOUR_NS)
