"""The experiment of Avellaneda and Stoikov (2008), tables 1 to 3, with this program's own formulas.

    python -m benchmarks.avellaneda_stoikov [--paths 1000] [--seed 1]

An arithmetic Brownian mid (s = 100, sigma = 2, T = 1, dt = 0.005), takers at A exp(-k distance) with A = 140
and k = 1.5, unit orders. The inventory strategy quotes around the reservation price; the symmetric one quotes
the same average spread around the mid. What the paper shows, and the table must show: much less variance of
profit and of final inventory for a little less profit.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics

from msgspec import Struct

from okxmm_tui.strategies.optimal import arrival_half_spread, as_half_spread, reservation_price

START, SIGMA, HORIZON, STEP = 100.0, 2.0, 1.0, 0.005
ARRIVALS, DECAY = 140.0, 1.5
GAMMAS = (0.1, 0.01, 0.5)
"""Risk aversions of the paper's tables 1, 2 and 3."""


class Outcome(Struct, frozen=True):
    """One row: means and standard deviations over the paths."""

    spread: float
    profit: float
    profit_sd: float
    final_q: float
    final_q_sd: float


def run(gamma: float, *, is_inventory: bool, paths: int, seed: int) -> Outcome:
    """Simulate one strategy."""
    rng = random.Random(seed)  # noqa: S311 - a simulation
    profits: list[float] = []
    inventories: list[float] = []
    spreads: list[float] = []
    for _ in range(paths):
        profit, inventory, spread = _path(rng, gamma, is_inventory=is_inventory)
        profits.append(profit)
        inventories.append(inventory)
        spreads.append(spread)
    return Outcome(
        spread=statistics.fmean(spreads),
        profit=statistics.fmean(profits),
        profit_sd=statistics.stdev(profits),
        final_q=statistics.fmean(inventories),
        final_q_sd=statistics.stdev(inventories),
    )


def _path(rng: random.Random, gamma: float, *, is_inventory: bool) -> tuple[float, float, float]:
    mid, cash, held, spread_sum = START, 0.0, 0, 0.0
    steps = round(HORIZON / STEP)
    symmetric = arrival_half_spread(gamma, DECAY) + gamma * SIGMA**2 * HORIZON / 4
    for step in range(steps):
        left = HORIZON - step * STEP
        if is_inventory:
            centre = reservation_price(mid, held, gamma, SIGMA, left)
            half = as_half_spread(gamma, SIGMA, left, DECAY)
        else:
            centre, half = mid, symmetric
        bid, ask = centre - half, centre + half
        spread_sum += ask - bid
        if rng.random() < ARRIVALS * math.exp(-DECAY * (ask - mid)) * STEP:
            cash, held = cash + ask, held - 1
        if rng.random() < ARRIVALS * math.exp(-DECAY * (mid - bid)) * STEP:
            cash, held = cash - bid, held + 1
        mid += SIGMA * math.sqrt(STEP) * (1 if rng.random() < 0.5 else -1)
    return cash + held * mid, held, spread_sum / steps


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--paths", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(f"{'gamma':>6}  {'strategy':<10} {'spread':>7} {'profit':>8} {'sd':>7} {'final q':>8} {'sd':>6}")
    for gamma in GAMMAS:
        for name, is_inventory in (("inventory", True), ("symmetric", False)):
            row = run(gamma, is_inventory=is_inventory, paths=given.paths, seed=given.seed)
            print(
                f"{gamma:>6}  {name:<10} {row.spread:>7.2f} {row.profit:>8.1f} {row.profit_sd:>7.1f} "
                f"{row.final_q:>8.2f} {row.final_q_sd:>6.1f}"
            )


if __name__ == "__main__":
    main()
