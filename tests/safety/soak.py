"""A session under a random mix of faults, and its books against the exchange's own at the end.

Longer runs by hand: ``python -m tests.safety.soak --seconds 1800 --speed 5 --seed 7``.
"""

from __future__ import annotations

import argparse
import random
import signal
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.safety.session import Headless, until
from tests.samples import INST

CALM_S = 6.0
"""Time without faults before the books are compared."""

Fault = dict[str, object]
MENU: tuple[Callable[[random.Random], Fault], ...] = (
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
FLAGS = ("--set", "order_size=2", "--set", "max_position=10")
MAX_POSITION = Decimal(10)


class Outcome:
    """What the exchange and the engine say at the end."""

    def __init__(
        self, session: Headless, ledger: dict[str, Any], faults: Counter[str], most: Decimal
    ) -> None:
        (self.summary,) = session.of_kind("summary")
        self.ledger = ledger
        self.faults = faults
        self.largest_position = most
        positions = ledger["positions"]
        self.position = positions[0] if positions else {"pos": "0", "realisedPnl": "0", "fees": "0"}

    def differences(self) -> list[str]:
        """Every figure that is not equal to the last decimal, and every rule broken."""
        pairs = {
            "position": (self.summary["position"], self.position["pos"]),
            "realised": (self.summary["realised"], self.position["realisedPnl"]),
            "fees": (self.summary["fees"], self.position["fees"]),
            "fills": (self.summary["fills"], len(self.ledger["fills"])),
            "orders alive": (0, self.ledger["pendingCount"]),
        }
        found = [
            f"{name}: engine {ours}, exchange {theirs}"
            for name, (ours, theirs) in pairs.items()
            if Decimal(ours) != Decimal(theirs)
        ]
        if self.largest_position > MAX_POSITION:
            found.append(f"position went to {self.largest_position}, limit {MAX_POSITION}")
        return found


def soak(folder: Path, *, seconds: float, speed: float, seed: int) -> Outcome:
    """Run a session under faults for a time, then compare in peace."""
    dice, faults, most, idle = random.Random(seed), Counter[str](), Decimal(0), threading.Event()
    session = Headless(folder, "--speed", str(speed), *FLAGS).start()
    try:
        session.wait_for_quotes()
        spent = 0.0
        while spent < seconds:
            fault = dice.choice(MENU)(dice)
            session.fault(**fault)
            faults[str(fault["fault"])] += 1
            pause = dice.uniform(0.3, 3.0)
            idle.wait(pause)
            spent += pause
            held = [abs(Decimal(each["pos"])) for each in session.state()["positions"]]
            most = max([most, *held])
        session.fault(fault="clear")
        idle.wait(CALM_S)
        session.process.send_signal(signal.SIGUSR1)
        until(lambda: session.of_kind("kill"), "the proof")
        ledger = session.state()
        session.process.send_signal(signal.SIGTERM)
        session.finish()
        return Outcome(session, ledger, faults, most)
    finally:
        session.stop_everything()


def main() -> None:
    """Run one soak and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--speed", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = soak(Path(folder), seconds=given.seconds, speed=given.speed, seed=given.seed)
    print(f"{outcome.faults.total()} faults: {dict(outcome.faults)}")  # noqa: T201 - a command prints
    print(outcome.summary)  # noqa: T201 - a command prints
    print(outcome.differences() or "books equal to the last decimal")  # noqa: T201 - a command prints


if __name__ == "__main__":
    main()
