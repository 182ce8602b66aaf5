"""Kill and quit at every moment of a start: logging in, merging, asking, with leftovers of every kind.

``python -m tests.safety.start_kills --trials 200``. Beside ``kill_trials``, where quotes stand already: here
an earlier session has left orders, up to more than a page of them, on instruments this one trades or does
not, others hold orders of their own, and the operator presses keys in every order.
"""

# ruff: noqa: T201 - a command prints
from __future__ import annotations

import argparse
import random
from collections.abc import Callable
from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.commands import AnswerPreflight, AnyCommand, Arm, Kill, Quit, Resume
from okxmm_tui.core.effects import AmendOrder, AnyEffect, PlaceOrder
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.messages import AnyEvent
from okxmm_tui.core.preflight import PreflightPolicy
from tests.safety.kill_trials import MENU, inject
from tests.safety.virtual import Engine, World
from tests.samples import INST

ETH = "ETH-USDT-SWAP"
KILL, QUIT = Kill("trial"), Quit("trial")
KEYS: tuple[tuple[AnyCommand, ...], ...] = (
    (KILL,),
    (KILL, KILL),
    (KILL, QUIT),
    (QUIT,),
    (QUIT, KILL),
    (KILL, Arm(), Resume()),
    (KILL, AnswerPreflight("adopt")),
    (KILL, AnswerPreflight("cancel")),
    (KILL, KILL, QUIT),
)
FAULTS_END_S = 12
PROVEN_WITHIN_S = 30
EXITS = (0, 75)


class StartTrial(Struct):
    """What came of one; every list must stay empty."""

    seed: int
    wrong: list[str] = []


class _Trial:
    """One world, one start, some keys."""

    def __init__(self, seed: int) -> None:
        self.dice = dice = random.Random(seed)
        self.result = StartTrial(seed)
        is_ladder = dice.random() < 0.5
        policy = dice.choice([PreflightPolicy.ASK, PreflightPolicy.CANCEL, PreflightPolicy.ADOPT])
        self.world = World(
            seed,
            limits=Limits(is_headless=True, preflight=policy, max_open_share=Decimal(5)),
            latency_s=dice.choice([0.001, 0.02, 0.08]),
            params={
                "order_size": Decimal("0.5"),
                "max_position": Decimal(20),
                **({"levels": Decimal(dice.choice([3, 20]))} if is_ladder else {}),
            },
            instruments=(INST, ETH),
        )
        self.world.symbols = dice.choice([(INST,), (INST, ETH)])
        self.world.run(0.3)
        self._leave(dice.choice([0, 3, 130]), "okxmm", (INST, ETH))
        self._leave(dice.choice([0, 2, 120]), "other", (INST,))
        self.others = self._of_others()
        self.engine: Engine = self.world.start_engine(strategy="ladder" if is_ladder else "inventory_skew")

    def _leave(self, count: int, tag: str, where: tuple[str, ...]) -> None:
        for number in range(count):
            self.world.fault(
                "foreign_order",
                instId=self.dice.choice(where),
                side=self.dice.choice(["buy", "sell"]),
                tag=tag,
                clOrdId=f"17{tag}{number:07d}",
            )

    def _of_others(self) -> int:
        return len(self.world.live_orders(None)) - len(self.world.live_orders())

    @property
    def is_proven(self) -> bool:
        run = self.engine.reducer.safety.kill_run
        return run is not None and run.is_proven

    def step(self, event: AnyEvent, effects: list[AnyEffect]) -> None:
        """After every step of the engine."""
        del event
        if self.engine.state != "HALTED":
            return
        if any(isinstance(each, PlaceOrder | AmendOrder) for each in effects):
            self.result.wrong.append("an order or amend after the kill")
        if self.is_proven and self.world.live_orders():
            self.result.wrong.append("an order outlived the proof")

    def run(self) -> StartTrial:
        """Start, press, wait for the end."""
        world, engine, dice = self.world, self.engine, self.dice
        world.until(lambda: engine.is_ready, 5, "the reducer")
        engine.watch = self.step
        world.run(dice.choice([0.0, dice.uniform(0.0, 0.5), dice.uniform(0.3, 3.0)]))
        for _ in range(dice.randint(0, 3)):
            world.loop.call_later(dice.uniform(0, 1.5), inject, world, engine, dice.choice(MENU)(dice))
        for command in dice.choice(KEYS):
            was_latched = engine.state == "HALTED" and not self.is_proven
            engine.command(command)
            if was_latched and engine.state != "HALTED":
                self.result.wrong.append("left HALTED before the proof")
            world.run(dice.uniform(0.0, 0.6))
        self._end()
        return self.result

    def _end(self) -> None:
        world, engine = self.world, self.engine
        self._pass(FAULTS_END_S, lambda: engine.stop is not None)
        for fault in ("clear", "thaw"):
            world.fault(fault)
        world.is_cut = False
        self._pass(PROVEN_WITHIN_S, lambda: engine.stop is not None or self.is_proven)
        if engine.stop is None and engine.state == "HALTED" and not self.is_proven:
            self.result.wrong.append("never proven")
        if engine.stop is not None and engine.stop.exit_code not in EXITS:
            self.result.wrong.append(f"exit code {engine.stop.exit_code}")
        if engine.stop is not None and engine.stop.exit_code == 0 and world.live_orders():
            self.result.wrong.append("a clean exit left orders behind")
        if self._of_others() < self.others:
            self.result.wrong.append("orders of others were cancelled")

    def _pass(self, seconds: int, is_over: Callable[[], bool]) -> None:
        for _ in range(seconds * 20):
            if is_over():
                return
            self.world.run(0.05)
            self.engine.raise_defect()


def run_trial(seed: int) -> StartTrial:
    """Run one."""
    trial = _Trial(seed)
    try:
        return trial.run()
    finally:
        trial.world.close()


def main() -> None:
    """Run many and print what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--first-seed", type=int, default=1)
    given = parser.parse_args()
    seeds = range(given.first_seed, given.first_seed + given.trials)
    bad = [trial for trial in map(run_trial, seeds) if trial.wrong]
    print(f"{given.trials} trials, {len(bad)} wrong")
    for trial in bad:
        print("LOOK AT", trial)


if __name__ == "__main__":
    main()
