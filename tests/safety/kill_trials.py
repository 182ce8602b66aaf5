"""Kill at random moments under random faults, in virtual time: does "proven" lie, or "NOT PROVEN"?

The full run: ``python -m tests.safety.kill_trials --trials 1000``. A trial ends when the orders are proven
gone and some seconds more have shown that none comes back; faults end 12 s after the kill at the latest.
"""

# ruff: noqa: T201 - a command prints
from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.commands import Kill
from okxmm_tui.core.effects import AmendOrder, AnyEffect, PlaceOrder
from okxmm_tui.core.messages import AnyEvent
from okxmm_tui.core.orders import OrderStatus
from tests.safety.virtual import Engine, World
from tests.samples import INST

FAULTS_END_S = 12.0
WATCHED_S = 6.0
"""After the proof: longer than any request of ours can still be on its way."""
PROVEN_WITHIN_S = 25.0
"""After the last fault has ended."""

LISTS = 3
"""Empty lists in a row that would be proof: two for the kill, and one may have been read for a merge."""
WAITING = frozenset({OrderStatus.SENT, OrderStatus.UNKNOWN})
Dice = random.Random
Fault = dict[str, object]
MENU: tuple[Callable[[Dice], Fault], ...] = (
    lambda dice: {"name": "freeze", "seconds": dice.choice([0.5, 2, 8])},
    lambda dice: {"name": "drop_connections", "which": dice.choice(["public", "private", "all"])},
    lambda dice: {"name": "lose_ack", "count": dice.randint(1, 6)},
    lambda dice: {"name": "lose_ack", "count": 3, "op": "cancel"},
    lambda dice: {"name": "latency", "ms": dice.choice([50, 300, 900, 1500, 3000])},
    lambda dice: {"name": "slow_rest", "ms": dice.choice([100, 800, 3000])},
    lambda dice: {"name": "slow_amends", "ms": dice.choice([100, 800])},
    lambda _: {"name": "push_before_ack"},
    lambda _: {"name": "duplicate_pushes"},
    lambda dice: {"name": "unknown_outcome", "code": dice.choice(["50004", "51149", "51054"]), "count": 3},
    lambda _: {"name": "drop_before_ack", "count": 2},
    lambda _: {"name": "refuse_ws_orders"},
    lambda dice: {"name": "stuck_cancel", "seconds": dice.choice([0.7, 3, None])},
    lambda dice: {"name": "fill_during_cancel", "instId": INST, "share": dice.choice([0.3, 1.0])},
    lambda dice: {
        "name": "http_error",
        "status": dice.choice([502, 503, 429]),
        "executed": dice.random() < 0.5,
    },
    lambda dice: {"name": "rest_error", "code": dice.choice(["50001", "50011", "50013"]), "probability": 0.5},
    lambda _: {"name": "rest_error", "path": "trade/orders-pending", "code": "50026"},
    lambda dice: {"name": "reject_next", "op": "cancel", "code": dice.choice(["50011", "51400"]), "count": 3},
    lambda _: {"name": "partial_batch", "op": "cancel"},
    lambda dice: {
        "name": "delay_frame",
        "direction": dice.choice(["in", "out"]),
        "ms": 1_200,
        "probability": 0.4,
    },
    lambda dice: {"name": "drop_frame", "direction": dice.choice(["in", "out"]), "probability": 0.3},
    lambda _: {"name": "silence", "socket": "private"},
    lambda dice: {"name": "clock_skew", "ms": dice.choice([-1_500, 400, 1_500])},
    lambda dice: {"name": "cut", "seconds": dice.choice([1, 4, 9])},
    lambda dice: {"name": "stall", "seconds": dice.choice([0.4, 1.5, 4])},
)
"""What may be wrong; ``cut`` and ``stall`` are of the network and the engine, the others of the venue."""


class Trial(Struct):
    """What came of one."""

    seed: int
    faults: tuple[str, ...]
    orders: int = 0
    """Live at the venue when the kill was asked for."""
    is_proven: bool = False
    proven_s: float = 0.0
    outlived: tuple[str, ...] = ()
    """Orders live at the venue at or after the proof: must stay empty."""
    sent_after: int = 0
    """New orders or amends after the kill: must stay zero."""
    was_unproven: bool = False
    unproven_problem: str = ""
    was_unproven_true: bool = True


class _Witness:
    """Looks at the venue's own books at every step of the engine."""

    def __init__(self, world: World, engine: Engine, trial: Trial) -> None:
        self.world = world
        self.engine = engine
        self.trial = trial
        self.killed_ns: int | None = None

    def step(self, event: AnyEvent, effects: list[AnyEffect]) -> None:
        """After every step."""
        del event
        if self.killed_ns is None:
            return
        run = self.engine.reducer.safety.kill_run
        if run is None:
            return  # an engine that stands still has not heard it yet
        self.trial.sent_after += sum(isinstance(each, PlaceOrder | AmendOrder) for each in effects)
        if run.is_proven and not self.trial.is_proven:
            self.trial.is_proven = True
            self.trial.proven_s = (self.world.now_ns - self.killed_ns) / 1e9
        if self.trial.is_proven:
            self.look()
        if run.was_said_unproven and not self.trial.was_unproven:
            self.trial.was_unproven = True
            self.trial.unproven_problem = run.problem
            self.trial.was_unproven_true = self.is_unproven_true()

    def look(self) -> None:
        """No order of ours may be alive now."""
        self.trial.outlived += tuple(order.cl_ord_id for order in self.world.live_orders())

    def is_unproven_true(self) -> bool:
        """Whether there was reason to doubt: live orders, requests on their way, or too few empty lists."""
        working = self.engine.market.orders.working
        if self.world.live_orders() or any(each.status in WAITING for each in working):
            return True
        empty = [was_empty for at_ns, was_empty in self.world.lists if at_ns > (self.killed_ns or 0)]
        return empty[-LISTS:] != [True] * LISTS


def run_trial(seed: int) -> Trial:
    """Run one."""
    dice = random.Random(seed)
    params = {"order_size": Decimal(dice.choice([1, 3]))}
    world = World(seed, latency_s=dice.choice([0.001, 0.01, 0.05]), params=params)
    try:
        engine = world.quoting()
        market = world.markets[INST]
        market.walk_ticks, market.trade_chance = dice.choice([0, 20, 150]), 0.1
        chosen = [dice.choice(MENU)(dice) for _ in range(dice.randint(1, 4))]
        trial = Trial(seed, tuple(str(each["name"]) for each in chosen))
        witness = _Witness(world, engine, trial)
        engine.watch = witness.step
        kill_s = dice.uniform(0.0, 3.0)
        for fault in chosen:
            world.loop.call_later(dice.uniform(0.0, kill_s + 1.0), inject, world, engine, fault)
        world.run(kill_s)
        trial.orders = len(world.live_orders())
        witness.killed_ns = world.now_ns
        engine.command(Kill("trial"))
        _run_until_proven(world, trial, FAULTS_END_S)
        world.fault("clear")
        world.fault("thaw")
        world.is_cut = False
        world.run(6.0)
        _run_until_proven(world, trial, PROVEN_WITHIN_S)
        for _ in range(int(WATCHED_S / 0.05)):
            world.run(0.05)
            if trial.is_proven:
                witness.look()
        return trial
    finally:
        world.close()


def _run_until_proven(world: World, trial: Trial, seconds: float) -> None:
    end_ns = world.now_ns + int(seconds * 1e9)
    while not trial.is_proven and world.now_ns < end_ns:
        world.run(0.05)


def inject(world: World, engine: Engine, fault: Fault) -> None:
    """Let one thing of the menu go wrong."""
    name, params = str(fault["name"]), {key: value for key, value in fault.items() if key != "name"}
    match name:
        case "cut":
            world.is_cut = True
            world.loop.call_later(float(str(params["seconds"])), _mend, world)
        case "stall":
            engine.stall(float(str(params["seconds"])))
        case _:
            world.fault(name, **params)


def _mend(world: World) -> None:
    world.is_cut = False


class Tally:
    """Counts over many trials."""

    def __init__(self) -> None:
        self.counts = Counter[str]()
        self.faults = Counter[str]()
        self.lies: list[Trial] = []
        self.proven_s: list[float] = []

    def take(self, trial: Trial) -> None:
        """Add one."""
        self.faults.update(trial.faults)
        self.counts["trials"] += 1
        self.counts["orders at the kill"] += trial.orders
        self.counts["proven"] += trial.is_proven
        self.counts["never proven"] += not trial.is_proven
        self.counts["said NOT PROVEN"] += trial.was_unproven
        self.counts["NOT PROVEN was true"] += trial.was_unproven and trial.was_unproven_true
        self.counts["an order outlived the proof"] += bool(trial.outlived)
        self.counts["orders or amends after the kill"] += trial.sent_after
        if trial.is_proven:
            self.proven_s.append(trial.proven_s)
        if trial.outlived or trial.sent_after or not trial.is_proven or not trial.was_unproven_true:
            self.lies.append(trial)

    def table(self) -> str:
        """Lines for people."""
        lines = [f"{name:<36} {count}" for name, count in self.counts.items()]
        ordered = sorted(self.proven_s)
        if ordered:
            at = {percent: ordered[len(ordered) * percent // 100] for percent in (50, 90, 99)}
            lines += [f"{f'proven within, p{percent}':<36} {took:.2f} s" for percent, took in at.items()]
        return "\n".join(lines)


def main() -> None:
    """Run many and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=1_000)
    parser.add_argument("--first-seed", type=int, default=1)
    given = parser.parse_args()
    tally, began_s = Tally(), time.monotonic()
    for seed in range(given.first_seed, given.first_seed + given.trials):
        tally.take(run_trial(seed))
    print(tally.table())
    print(f"{'faults':<36} {dict(tally.faults)}")
    print(f"{'wall time':<36} {time.monotonic() - began_s:.0f} s")
    for trial in tally.lies:
        print("LOOK AT", trial)


if __name__ == "__main__":
    main()
