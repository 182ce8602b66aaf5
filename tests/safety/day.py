"""A day of trading in virtual time, its books held against the exchange's own every hour.

By hand, one kind at a time: ``python -m tests.safety.day --hours 24 --kind linear --seed 1``. The market
walks, takers sweep through our quotes, positions flip, funding is settled at 16:00, 00:00 and 08:00 UTC and
in between, the maker fee turns into a rebate at half-time, and faults strike now and then.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import partial

from msgspec import Struct, structs

from okxmm_tui.core.commands import Quit
from okxmm_tui.core.effects import AnyEffect, Stop
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.messages import AnyEvent
from okxmm_tui.core.types import Side
from okxmm_tui.exchange.options import VenueSettings
from tests.safety.day_books import Audit, audit
from tests.safety.fault_menu import MILD, Fault
from tests.safety.virtual import Engine, World
from tests.safety.virtual_market import VirtualMarket

HOUR_S = 3_600
FAULT_EVERY_S = 240.0
FAULT_LASTS_S = 15.0
SWEEPS = 0.5
"""Chance of a sweep at every beat of the market."""
CALM_S = 6.0
"""A balance comes every five seconds: after this one has come since the mark stood still."""
SETTLED_WITHIN_S = 180.0
"""A settlement reaches the engine with the next merge, a fill that was missed as well."""
ROOMY = Limits(
    is_headless=True,
    max_daily_loss_quote=Decimal(1_000_000),
    max_drawdown_quote=Decimal(1_000_000),
    max_order_share=Decimal(1),
    max_open_share=Decimal(10),
    max_toxicity=Decimal(1_000),
    max_lot_loss=Decimal("0.0004"),
    losing_trips=1_000_000,
    book_amber_ms=5_000,
    book_stale_ms=10_000,
)
"""Limits that let a random and slow market be traded all day; the other tests have them bite."""


class Kind(Struct, frozen=True):
    """What is traded, and how much at a time."""

    inst_id: str
    order_size: Decimal
    order_lots: int
    depth_lots: int
    """Displayed at every level."""
    tick_scale: int = 1
    """Ticks in a tenth of a dollar."""
    reach: int = 500
    """How far a sweep goes at most, in tenths of a dollar; quotes stand as far away as the fees ask."""


KINDS = {
    "linear": Kind("BTC-USDT-SWAP", Decimal(2), 200, 5_000),
    "inverse": Kind("BTC-USD-SWAP", Decimal(20), 200, 5_000),
    "spot": Kind("BTC-USDT", Decimal("0.02"), 2_000_000, 50_000_000, 10, 1_500),
}


class Takers:
    """Somebody who sweeps through our quotes, in one direction for a while and then in the other."""

    def __init__(self, world: World, kind: Kind, dice: random.Random) -> None:
        self._world, self._kind, self._dice = world, kind, dice
        self._market = world.markets[kind.inst_id]
        self._bias = Side.BUY
        self.chance = SWEEPS

    def beat(self) -> None:
        """Sweep or not, by the dice."""
        dice = self._dice
        if dice.random() >= self.chance:
            return
        if dice.random() < 0.05:
            self._bias = self._bias.opposite
        side = self._bias if dice.random() < 0.65 else self._bias.opposite
        lots = dice.randint(1, 3 * self._kind.order_lots)
        through = dice.randint(0, self._kind.reach * self._kind.tick_scale)
        self._market.trade(side, lots, self._world.now_ns, through_ticks=through)


class Day:
    """One engine, one market and a clock; ``hours`` runs it and yields every audit.

    Args:
        kind: ``linear``, ``inverse`` or ``spot``.
        seed: Of market, takers and faults.
        beat_s: How often the market moves.
        has_faults: Whether faults strike.
        is_recorded: Whether the engine keeps every event; for short parts of a day.
    """

    def __init__(
        self,
        kind: str,
        seed: int,
        *,
        beat_s: float = 2.0,
        has_faults: bool = True,
        is_recorded: bool = False,
    ) -> None:
        self.kind = KINDS[kind]
        self.dice = random.Random(seed)
        self.faults = Counter[str]()
        self.flips = 0
        self._has_faults = has_faults
        rates = VenueSettings(seed=seed, coin_balance=Decimal(3))
        self.world = World(
            seed,
            limits=ROOMY,
            params={
                "order_size": self.kind.order_size,
                "max_position": self.kind.order_size * 4,
                "refresh_interval_ms": Decimal(2_000),
            },
            venue=rates,
            instruments=(self.kind.inst_id,),
            beat_s=beat_s,
            tick_s=beat_s / 2,
            venue_step_s=beat_s / 2,
            is_recorded=is_recorded,
        )
        self.market: VirtualMarket = self.world.markets[self.kind.inst_id]
        self.market.bid_ticks, self.market.depth = 600_000 * self.kind.tick_scale, 5
        self.market.size_lots = self.kind.depth_lots
        self.takers = Takers(self.world, self.kind, self.dice)
        self.world.loop.call_later(beat_s, self._beat, beat_s)
        self.engine: Engine = self.world.quoting()
        self.engine.watch = self._watch
        self._is_long: bool | None = None

    def close(self) -> None:
        """End everything."""
        self.world.close()

    def _beat(self, beat_s: float) -> None:
        if not self.world.venue.is_frozen():
            self.takers.beat()
        self.world.loop.call_later(beat_s, self._beat, beat_s)

    def _watch(self, _event: AnyEvent, effects: list[AnyEffect]) -> None:
        for booked in self.engine.reducer.session.booked:
            if booked.held_before * booked.held_after < 0:
                self.flips += 1
        stop = next((each for each in effects if isinstance(each, Stop)), None)
        assert stop is None, stop

    def end(self) -> None:
        """Let the engine end in order."""
        self.engine.watch = None
        self.engine.command(Quit("done"))
        self.world.until(lambda: self.engine.stop is not None, 20, "the end of the session")

    # -- the course of the day --------------------------------------------------------------------------

    def hours(self, count: int, hour_s: float = HOUR_S) -> Iterator[Audit]:
        """Trade so many hours and audit the books after each; a shorter hour has fewer faults."""
        for number in range(count):
            if number == count // 2:
                self._turn_fees_round()
            self._trade(hour_s)
            yield self._audit()

    def _turn_fees_round(self) -> None:
        """From now on makers are paid: a few hundredths of a basis point, with digits that do not end."""
        state = self.world.venue.state
        state.settings = structs.replace(
            state.settings, maker_rate=Decimal("0.00005"), spot_maker_rate=Decimal("0.0000731")
        )

    def _trade(self, seconds: float) -> None:
        world = self.world
        end_ns = world.now_ns + int(seconds * 1e9)
        self.market.walk_ticks, self.takers.chance = 80 * self.kind.tick_scale, SWEEPS
        while (left_s := (end_ns - world.now_ns) / 1e9) > 0:
            world.run(min(left_s, self.dice.uniform(0.5, 1.5) * FAULT_EVERY_S))
            self._probe()
            if self._has_faults:
                self._strike()
        self._settle_at_some_rate()

    def _strike(self) -> None:
        fault = self._fault()
        self.world.fault(str(fault.pop("fault")), **fault)
        self.world.run(self.dice.uniform(0.2, 1.0) * FAULT_LASTS_S)
        self.world.fault("clear")

    def _fault(self) -> Fault:
        fault = self.dice.choice(MILD)(self.dice)
        if "instId" in fault:
            fault["instId"] = self.kind.inst_id
        self.faults[str(fault["fault"])] += 1
        return fault

    def _settle_at_some_rate(self) -> None:
        """A settlement beside the regular three of a day, and another rate, of either sign, for those."""
        if not self.engine.market.instrument.is_spot:
            rate = Decimal(self.dice.randint(-40_000, 40_000)) / 10**8
            self.world.fault("funding_rate", instId=self.kind.inst_id, rate=str(rate))
            self.world.fault("funding")

    def _probe(self) -> None:
        self.engine.raise_defect()
        assert self.engine.state == "ACTIVE", (self.engine.state, self.engine.block)

    # -- the comparison ---------------------------------------------------------------------------------

    def _audit(self) -> Audit:
        """Let the market stand still until everything has arrived, then compare."""
        self.market.walk_ticks, self.takers.chance = 0, 0.0
        self.world.run(CALM_S)
        self.world.until(partial(self._is_level), SETTLED_WITHIN_S, "reading fills and settlements")
        self.world.run(2 * CALM_S)
        return audit(self.world, self.engine)

    def _is_level(self) -> bool:
        state, ledger = self.world.venue.state, self.engine.market.ledger
        paid = sum((each.amount for each in state.bills if each.type == "8"), Decimal(0))
        return ledger.fill_count == len(state.store.fills) and ledger.periods.session.funding == paid


def line(hour: int, day: Day, seen: Audit) -> str:
    """One hour as a row of the table."""
    figures = seen.figures
    pos, residual = figures.get("pos") or figures["base"], sum(
        ours for name, (ours, _) in figures.items() if name.startswith("residual")
    )  # fmt: skip
    fees = figures.get("fees") or figures["quoteFees"]
    funding = figures.get("funding", (Decimal(0), Decimal(0)))
    verdict = "equal" if not seen.differences else f"{len(seen.differences)} DIFFER"
    return (
        f"{hour:4d} {seen.fills:6d} {seen.takers:6d} {day.flips:6d} {seen.settlements:5d} "
        f"{day.faults.total():6d} {pos[0]:>16f} {figures['realisedPnl'][0]:>26f} {fees[0]:>24f} "
        f"{figures['rebates'][0]:>22f} {funding[0]:>24f} {seen.parts.total:>26f} {residual!s:>8} {verdict}"
    )


HEAD = (
    f"{'hour':>4} {'fills':>6} {'taker':>6} {'flips':>6} {'fund.':>5} {'faults':>6} {'position':>16} "
    f"{'realised':>26} {'fees':>24} {'rebates':>22} {'funding':>24} {'total':>26} {'residual':>8}"
)


def main() -> None:
    """Run a day and print a row an hour."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--kind", choices=sorted(KINDS), default="linear")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.monotonic()
    day, wrong = Day(given.kind, given.seed), 0
    print(f"{given.kind}, {day.kind.inst_id}, {given.hours} hours, seed {given.seed}\n{HEAD}", flush=True)  # noqa: T201
    for hour, seen in enumerate(day.hours(given.hours), 1):
        print(line(hour, day, seen), flush=True)  # noqa: T201 - a command prints
        for each in seen.differences:
            wrong += 1
            print(f"     {each}", flush=True)  # noqa: T201 - a command prints
    day.close()
    took_s = time.monotonic() - began
    print(f"faults: {dict(day.faults)}")  # noqa: T201 - a command prints
    print(f"{wrong} differences; {took_s:.0f} s, {given.hours * HOUR_S / took_s:.0f} x real time")  # noqa: T201
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
