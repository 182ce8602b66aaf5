"""Faults of an ordinary bad day: of links, pushes and answers; what halts a session is not among them."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.safety.fault_menu import Fault

MENU: tuple[Callable[[random.Random, str], Fault], ...] = (
    lambda _, inst_id: {"fault": "book_gap", "instId": inst_id},
    lambda _, inst_id: {"fault": "seq_reset", "instId": inst_id},
    lambda dice, _: {"fault": "freeze", "seconds": dice.choice([1, 2, 4])},
    lambda dice, _: {"fault": "drop_connections", "which": dice.choice(["public", "private", "all"])},
    lambda dice, _: {"fault": "lose_ack", "count": dice.randint(1, 4)},
    lambda dice, _: {"fault": "reject_next", "code": dice.choice(["51008", "51006", "51121"]), "count": 2},
    lambda dice, _: {"fault": "latency", "ms": dice.choice([0, 50, 300, 1500])},
    lambda dice, _: {"fault": "slow_amends", "ms": dice.choice([0, 100, 800])},
    lambda dice, _: {"fault": "push_before_ack", "on": dice.random() < 0.5},
    lambda dice, _: {"fault": "duplicate_pushes", "on": dice.random() < 0.5},
    lambda dice, _: {
        "fault": "unknown_outcome",
        "code": dice.choice(["50004", "51149", "51054"]),
        "count": 2,
    },
    lambda _, __: {"fault": "drop_before_ack", "count": 1},
    lambda dice, _: {"fault": "unknown_fields", "on": dice.random() < 0.5},
    lambda dice, _: {"fault": "refuse_ws_orders", "on": dice.random() < 0.3},
    lambda _, __: {"fault": "notice"},
    lambda _, __: {"fault": "clear"},
)


def draw(dice: random.Random, inst_id: str) -> Fault:
    """One of them, by the dice."""
    return dice.choice(MENU)(dice, inst_id)
