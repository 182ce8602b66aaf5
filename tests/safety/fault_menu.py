"""Every fault the embedded exchange can inject, in forms that end by themselves; drawn like cards.

A deck holds each name once, so a long run meets them all equally often, in an order of the dice. What is
over by itself needs no ``clear``: several faults are on at once, as on a bad day.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from tests.samples import INST, TAG

Fault = dict[str, object]
Card = Callable[[random.Random], tuple[Fault, ...]]

ENGINE_KILLED, OPERATOR_KILL = "(kill -9 of the engine)", "(kill by the operator)"
ACTS = (ENGINE_KILLED, OPERATOR_KILL)
"""What no exchange can do to us is in the deck too."""

KEY_CODES = ("50111", "50105", "50119")
PASSING_CODES = ("50001", "50004", "50011", "50013", "50026", "50061")
REFUSALS = ("51006", "51008", "51020", "51121", "51506", "50026")
STATES = ("suspend", "preopen", "post_only", "rebase", "settling", "expired", "test")
MAY_BE_REFUSED = frozenset(
    {"foreign_order", "external_fill", "adl", "liquidation", "crossed_book", "wide_spread"}
)
"""What needs a position, an open market or quotes on both sides, and may not find them."""
HERE = {"instId": INST}


def _for(dice: random.Random, most: float = 6.0) -> float:
    return round(dice.uniform(0.5, most), 2)


def _op(dice: random.Random) -> str:
    return dice.choice(["", "place", "amend", "cancel"])


def _frames(dice: random.Random) -> Fault:
    """Which frames: any, or one kind in one direction."""
    if dice.random() < 0.4:
        return {"socket": dice.choice(["public", "private"]), "direction": "out"}
    if dice.random() < 0.5:
        return {"direction": "in", "kind": "request", "socket": "private"}
    return {"direction": "out", "socket": "private", "kind": dice.choice(["push", "ack"])}


def _login_refused(dice: random.Random) -> tuple[Fault, ...]:
    code = dice.choice(["60005", "60006", "60007", "60009", "60024", "60032", "63999"])
    return (
        {"fault": "refuse_login", "code": code, "for_s": _for(dice, 8)},
        {"fault": "drop_connections", "which": "private"},
    )


def _flapping(dice: random.Random) -> tuple[Fault, ...]:
    return (
        {"fault": "connection_limit", "for_s": _for(dice, 20)},
        {"fault": "drop_connections", "which": "all"},
    )


def _rest_error(dice: random.Random) -> tuple[Fault, ...]:
    """Now and then the key itself is refused: that halts."""
    code = dice.choice(KEY_CODES if dice.random() < 0.2 else PASSING_CODES)
    path = dice.choice(["", "trade/", "account/", "trade/fills", "trade/orders-pending"])
    executed = dice.random() < 0.3
    return ({"fault": "rest_error", "code": code, "path": path, "executed": executed, "for_s": _for(dice)},)


def _reject(dice: random.Random) -> tuple[Fault, ...]:
    code = dice.choice(KEY_CODES if dice.random() < 0.1 else REFUSALS)
    return ({"fault": "reject_next", "op": _op(dice), "code": code, "count": dice.randint(1, 4)},)


def _trade(dice: random.Random) -> Fault:
    """Somebody trades on our account; what takes a position away then finds one."""
    return {"fault": "external_fill", **HERE, "side": dice.choice(["buy", "sell"]), "sz": "0.5"}


def _foreign_order(dice: random.Random) -> tuple[Fault, ...]:
    tag = dice.choice([TAG, "", "other"])
    number = dice.randrange(10**6)
    return (
        {
            "fault": "foreign_order", "instId": INST, "side": dice.choice(["buy", "sell"]), "tag": tag,
            "clOrdId": f"stranger{number}",
        },
    )  # fmt: skip


CARDS: dict[str, Card] = {
    "delay_frame": lambda dice: (
        {
            "fault": "delay_frame", **_frames(dice), "ms": dice.choice([50, 300, 1200, 2500]),
            "probability": dice.choice([0.2, 1]), "for_s": _for(dice),
        },
    ),
    "drop_frame": lambda dice: (
        {
            "fault": "drop_frame", **_frames(dice), "probability": dice.choice([0.1, 0.5, 1]),
            "for_s": _for(dice),
        },
    ),
    "duplicate_frame": lambda dice: ({"fault": "duplicate_frame", **_frames(dice), "for_s": _for(dice)},),
    "silence": lambda dice: (
        {"fault": "silence", "socket": dice.choice(["public", "private"]), "for_s": _for(dice, 16)},
    ),
    "freeze": lambda dice: ({"fault": "freeze", "seconds": dice.choice([0.5, 1, 2, 4])},),
    "drop_connections": lambda dice: (
        {"fault": "drop_connections", "which": dice.choice(["public", "private", "all"])},
    ),
    "notice": lambda dice: ({"fault": "notice", "seconds": _for(dice, 20)},),
    "refuse_login": _login_refused,
    "connection_limit": _flapping,
    "clock_skew": lambda dice: (
        {"fault": "clock_skew", "ms": dice.choice([-1500, -400, 400, 1500]), "for_s": _for(dice, 10)},
    ),
    "http_error": lambda dice: (
        {
            "fault": "http_error", "path": dice.choice(["", "trade/", "account/"]),
            "status": dice.choice([429, 500, 502, 503]), "executed": dice.random() < 0.3, "for_s": _for(dice),
        },
    ),
    "rest_error": _rest_error,
    "slow_rest": lambda dice: (
        {"fault": "slow_rest", "ms": dice.choice([300, 1500, 4000]), "for_s": _for(dice)},
    ),
    "reject_next": _reject,
    "partial_batch": lambda dice: (
        {
            "fault": "partial_batch", "code": dice.choice(REFUSALS), "items": [dice.choice([0, 1])],
            "for_s": _for(dice),
        },
    ),
    "answer_error": lambda dice: (
        {
            "fault": "answer_error", "op": _op(dice), "code": dice.choice(PASSING_CODES),
            "executed": dice.random() < 0.5, "count": dice.randint(1, 4),
        },
    ),
    "unknown_outcome": lambda dice: (
        {
            "fault": "unknown_outcome", "op": _op(dice), "code": dice.choice(["50004", "51149", "51054"]),
            "count": dice.randint(1, 3),
        },
    ),
    "lose_ack": lambda dice: ({"fault": "lose_ack", "op": _op(dice), "count": dice.randint(1, 4)},),
    "drop_before_ack": lambda dice: ({"fault": "drop_before_ack", "op": _op(dice), "count": 1},),
    "latency": lambda dice: (
        {"fault": "latency", "op": _op(dice), "ms": dice.choice([50, 300, 1500]), "for_s": _for(dice)},
    ),
    "refuse_ws_orders": lambda dice: ({"fault": "refuse_ws_orders", "for_s": _for(dice)},),
    "push_before_ack": lambda dice: ({"fault": "push_before_ack", "for_s": _for(dice, 20)},),
    "duplicate_pushes": lambda dice: ({"fault": "duplicate_pushes", "for_s": _for(dice, 20)},),
    "unknown_fields": lambda dice: ({"fault": "unknown_fields", "for_s": _for(dice, 20)},),
    "slow_amends": lambda dice: (
        {"fault": "slow_amends", "ms": dice.choice([100, 800, 2500]), "for_s": _for(dice)},
    ),
    "amend_failure": lambda dice: (
        {"fault": "amend_failure", "ms": dice.choice([0, 50, 800]), "for_s": _for(dice)},
    ),
    "stuck_cancel": lambda dice: (
        {"fault": "stuck_cancel", "seconds": dice.choice([None, 0.5, 3]), "for_s": _for(dice)},
    ),
    "fill_during_cancel": lambda dice: (
        {"fault": "fill_during_cancel", "share": dice.choice([0.3, 1.0]), "for_s": _for(dice, 3)},
    ),
    "foreign_order": _foreign_order,
    "external_fill": lambda dice: (_trade(dice),),
    "balance_cut": lambda dice: (
        {"fault": "balance_cut", "amount": str(dice.choice([-500, -20, 20, 500])), "ccy": "USDT"}
        if dice.random() < 0.7 else {"fault": "balance_cut", "amount": "-0.01", "ccy": "BTC"},
    ),
    "funding": lambda _: ({"fault": "funding"},),
    "adl": lambda dice: (_trade(dice), {"fault": "adl", **HERE, "size": dice.choice(["0.01", "0.5", "100"])}),
    "liquidation": lambda dice: (
        _trade(dice),
        {"fault": "liquidation", **HERE, "size": dice.choice([None, "0.3"])},
    ),
    "book_gap": lambda dice: ({"fault": "book_gap", **HERE, "count": dice.randint(1, 3)},),
    "seq_reset": lambda _: ({"fault": "seq_reset", **HERE},),
    "crossed_book": lambda dice: (
        {"fault": "crossed_book", **HERE, "ticks": dice.choice([0, 5]), "for_s": _for(dice, 3)},
    ),
    "wide_spread": lambda dice: ({"fault": "wide_spread", **HERE, "for_s": _for(dice, 3)},),
    "frozen_mark": lambda dice: ({"fault": "frozen_mark", "for_s": _for(dice, 20)},),
    "mark_divergence": lambda dice: (
        {"fault": "mark_divergence", "bps": dice.choice([-60, 20, 60]), "for_s": _for(dice, 3)},
    ),
    "price_band": lambda dice: (
        {"fault": "price_band", "bps": dice.choice([0.5, 2, 10]), "for_s": _for(dice)},
    ),
    "funding_rate": lambda dice: (
        {"fault": "funding_rate", **HERE, "rate": dice.choice(["-0.0007", "0.0001", "0.002"])},
    ),
    "instrument_state": lambda dice: (
        {
            "fault": "instrument_state", **HERE, "for_s": _for(dice),
            "state": dice.choice(STATES),
        },
    ),
    "contract_change": lambda dice: (
        {
            "fault": "contract_change", **HERE, "for_s": _for(dice, 10),
            **dice.choice([{"tickSz": "0.5"}, {"minSz": "0.1"}]),
            "notice_s": dice.choice([0.0, 2.0]),
        },
    ),
    "maintenance": lambda dice: (
        {
            "fault": "maintenance", "state": dice.choice(["scheduled", "ongoing", "pre_open"]),
            "begin_s": dice.choice([0, 5]), "length_s": 5, "for_s": _for(dice),
        },
    ),
}  # fmt: skip
"""One card for each fault; some bring a second fault that makes the first felt."""


MILD: tuple[Callable[[random.Random], Fault], ...] = (
    lambda _: {"fault": "book_gap", "instId": INST},
    lambda _: {"fault": "seq_reset", "instId": INST},
    lambda dice: {"fault": "freeze", "seconds": dice.choice([1, 2, 4])},
    lambda dice: {"fault": "drop_connections", "which": dice.choice(["public", "private", "all"])},
    lambda dice: {"fault": "lose_ack", "count": dice.randint(1, 4)},
    lambda dice: {"fault": "reject_next", "code": dice.choice(["51008", "51006", "51121"]), "count": 2},
    lambda dice: {"fault": "latency", "ms": dice.choice([0, 50, 300, 1500])},
    lambda dice: {"fault": "slow_amends", "ms": dice.choice([0, 100, 800])},
    lambda dice: {"fault": "push_before_ack", "on": dice.random() < 0.5},
    lambda dice: {"fault": "duplicate_pushes", "on": dice.random() < 0.5},
    lambda dice: {"fault": "unknown_outcome", "code": dice.choice(["50004", "51149", "51054"]), "count": 2},
    lambda _: {"fault": "drop_before_ack", "count": 1},
    lambda dice: {"fault": "unknown_fields", "on": dice.random() < 0.5},
    lambda dice: {"fault": "refuse_ws_orders", "on": dice.random() < 0.3},
    lambda _: {"fault": "notice"},
    lambda _: {"fault": "clear"},
)
"""Faults that move no money and halt nothing; some stay until they are cleared."""


def deck(dice: random.Random) -> Iterator[str]:
    """Names without end: every fault and every act once, shuffled, then all of them again."""
    names = [*CARDS, *ACTS]
    while True:
        dice.shuffle(names)
        yield from names
