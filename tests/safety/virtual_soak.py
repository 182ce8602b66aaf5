"""All faults of the exchange at random on the real engine, gateway and exchange, in virtual time.

``python -m tests.safety.virtual_soak --seed 1 --seeds 20 --cards 100``. Every engine keeps a journal, is
killed and restarted on it, and at the end its books are held against the exchange's.
"""

# ruff: noqa: T201 - a command prints
from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec import structs

from okxmm_tui.core.commands import Kill, Quit
from okxmm_tui.core.effects import AnyEffect
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.messages import AnyEvent, JournalState, SessionStarted, Tick
from okxmm_tui.core.preflight import PreflightPolicy
from okxmm_tui.core.restored import Restored
from okxmm_tui.core.types import Mode, PositionMode, Side
from okxmm_tui.engine.reducer import Reducer
from okxmm_tui.engine.store.database import open_journal
from okxmm_tui.engine.store.recorder import Recorder
from okxmm_tui.engine.store.recovery import read_past
from okxmm_tui.engine.store.rows import Row
from okxmm_tui.errors import OkxmmError
from okxmm_tui.exchange.options import VenueSettings
from tests.safety.attendant import COMMANDS, Attendant, Deed, make_sight
from tests.safety.audit import Account, read_recorded, recorded_differences, running_differences, shown
from tests.safety.fault_menu import CARDS, ENGINE_KILLED, MAY_BE_REFUSED, OPERATOR_KILL, deck
from tests.safety.tally import RESTARTS, Tally, marks
from tests.safety.virtual import OK, Engine, World
from tests.samples import INST

COMMIT_NS = 100_000_000
LOOK_S = 0.25
STRANGER_S = 4.0
"""An order from elsewhere stays this long."""
QUIET_S = 120.0
"""Longest time from the last fault to two-sided quotes."""
SETTLED_S = 60.0
PACE_S = (0.3, 6.0)
FILL_CHANCE = 0.15
"""At each look."""
LIMITS = Limits(
    is_headless=True,
    max_daily_loss_quote=Decimal(10**6),
    max_drawdown_quote=Decimal(10**6),
    losing_rest_ms=5_000,
    preflight=PreflightPolicy.ASK,
)
"""The money lost is not what is looked for here."""


class Disk:
    """A journal whose writer commits in virtual time; what was not committed dies with its engine."""

    def __init__(self, path: Path) -> None:
        self.connection = open_journal(path)
        self.connection.execute("PRAGMA synchronous=OFF")
        self.notices: list[str] = []
        """What was wrong with the journal when a session began."""
        self._pending: list[Row] = []
        self._recorder: Recorder | None = None
        self._due_ns = 0

    def started(self, started: SessionStarted, now_ns: int) -> SessionStarted:
        """A session's first event, with what earlier ones left."""
        past = read_past(
            self.connection,
            Mode.DEMO,
            started.account,
            started.instruments,
            now_ns,
            account_id=started.account_id,
        )
        session_id = max(started.session_id, past.last_session_id + 1)
        restored = past.restored or Restored()
        self.notices += past.notices
        return structs.replace(
            started, mode=Mode.DEMO, session_id=session_id, restored=restored, is_journaled=True
        )

    def open(self, reducer: Reducer) -> None:
        """Begin a session's record."""
        self._recorder = Recorder(reducer, "soak")
        self._pending = self._recorder.first_rows()
        self._due_ns = 0

    def take(self, event: AnyEvent, effects: list[AnyEffect], now_ns: int) -> JournalState | None:
        """Take a step; returns the news when that made a batch go to the disk."""
        assert self._recorder is not None
        self._pending += self._recorder.rows(event, effects)
        if now_ns < self._due_ns or not isinstance(event, Tick):
            return None
        self._due_ns = now_ns + COMMIT_NS
        return self.commit()

    def commit(self) -> JournalState:
        """Write what waits."""
        assert self._recorder is not None
        self.connection.execute("BEGIN")
        for row in self._pending:
            self.connection.execute(*row)
        self.connection.execute("COMMIT")
        self._pending = []
        return JournalState(self._recorder.step)

    def lose(self) -> None:
        """The process is gone."""
        self._pending = []


class KeptEngine(Engine):
    """An engine with a journal."""

    def __init__(self, world: World, disk: Disk, tally: Tally) -> None:
        self._disk = disk
        self._tally = tally
        super().__init__(world, limits=LIMITS)
        self.watch = self._on_step

    def begin(self, started: SessionStarted) -> None:
        """Take up what earlier sessions left."""
        super().begin(self._disk.started(started, self.world.now_ns))
        self._disk.open(self.reducer)

    def _on_step(self, event: AnyEvent, effects: list[AnyEffect]) -> None:
        now_ns = self.world.now_ns
        self._tally.marks += marks(now_ns, event, effects)
        news = self._disk.take(event, effects, now_ns)
        if news is not None:
            self.emit(news)
        self.inputs.clear()
        self.effects.clear()

    @property
    def failure(self) -> BaseException | None:
        """What ended it by itself; None while it runs."""
        if not self._task.done() or self._task.cancelled():
            return None
        return self._task.exception()

    @property
    def is_over(self) -> bool:
        """Whether the process has ended."""
        return self._task.done()


class Soak:
    """One run: a world, an engine with its journal, an attendant, and a deck of faults.

    Args:
        seed: Of everything that is drawn.
        folder: For the journal.
        without: Faults to leave out.
        position_mode: Of the account.
    """

    def __init__(
        self,
        seed: int,
        folder: Path,
        *,
        without: frozenset[str] = frozenset(),
        position_mode: PositionMode = PositionMode.NET,
    ) -> None:
        self.dice = random.Random(seed)
        self.world = World(
            seed,
            limits=LIMITS,
            params={"order_size": Decimal(1), "max_position": Decimal(5)},
            venue=VenueSettings(seed=seed, position_mode=position_mode),
        )
        market = self.world.markets[INST]
        market.trade_chance, market.walk_ticks, market.trade_lots = 0.3, 8, 6_000
        self.disk = Disk(folder / "journal.sqlite")
        self.tally = Tally()
        self.attendant = Attendant()
        self.engine = KeptEngine(self.world, self.disk, self.tally)
        self.world.engines.append(self.engine)
        self.deck = deck(self.dice)
        self.without = without
        self.failures: list[str] = []
        self._strangers: dict[str, float] = {}

    # -- faults ----------------------------------------------------------------------------------------

    def inject(self) -> None:
        """Draw a card and play it."""
        name = next(self.deck)
        if name in self.without:
            return
        now_ns = self.world.now_ns
        if name == ENGINE_KILLED:
            self.tally.note(now_ns, name)
            self.engine.die()
            return
        if name == OPERATOR_KILL:
            self.tally.note(now_ns, name)
            if self.is_ready:
                self.engine.command(Kill("soak"))
            return
        for fault in CARDS[name](self.dice):
            if self._takes(fault):
                self.tally.note(now_ns, str(fault["fault"]))

    def _takes(self, fault: dict[str, object]) -> bool:
        """Inject; what needs a position or an open market may not find it."""
        answer = self.world.venue.inject(json.dumps(fault).encode(), self.world.now_ns)
        self.world.flush()
        assert answer.status == OK or fault["fault"] in MAY_BE_REFUSED, answer.body
        return answer.status == OK

    # -- the desk --------------------------------------------------------------------------------------

    @property
    def is_ready(self) -> bool:
        """Whether an engine listens."""
        return self.engine.is_ready and not self.engine.is_over

    def attend(self) -> None:
        """Look once: restart what has ended, send strangers away, arm and resume."""
        self._remove_strangers()
        engine = self.engine
        if engine.is_over:
            failure = engine.failure
            if failure is not None and not isinstance(failure, OkxmmError):
                raise failure
            self._restart()
            return
        if not engine.is_ready:
            return
        if engine.stop is not None:
            engine.die()
            self._restart()
            return
        session, run = engine.reducer.session, engine.reducer.safety.kill_run
        machine = session.machine
        sight = make_sight(
            machine.state.value, machine.reason, session.alarms.views(), run.view() if run else None
        )
        deed = self.attendant.look(sight, self.world.loop.time())
        if deed is Deed.RESTART:
            self._quit()
        for command in COMMANDS[deed]:
            engine.command(command)

    def _quit(self) -> None:
        self.engine.command(Quit("restart"))
        for _ in range(40):
            self.world.run(LOOK_S)
            if self.engine.stop is not None:
                break
        self.disk.commit()
        self.engine.die()
        self._restart()

    def _restart(self) -> None:
        self.world.hang_up(self.engine)
        self.disk.lose()
        self.world.run(0.5)
        self.tally.marks.append((self.world.now_ns, RESTARTS))
        self.world.engines.remove(self.engine)
        self.engine = KeptEngine(self.world, self.disk, self.tally)
        self.world.engines.append(self.engine)

    def _remove_strangers(self) -> None:
        now_s = self.world.loop.time()
        for order in self.world.live_orders(None):
            if order.cl_ord_id.startswith("stranger"):
                since_s = self._strangers.setdefault(order.cl_ord_id, now_s)
                if now_s - since_s > STRANGER_S:
                    with suppress(json.JSONDecodeError):  # a fault stands in the way: at the next look
                        self.world.rest("POST", "trade/cancel-order", instId=INST, clOrdId=order.cl_ord_id)

    # -- the run ---------------------------------------------------------------------------------------

    def run(self, cards: int) -> None:
        """So many cards of the deck, then peace, then the comparison."""
        for _ in range(cards):
            self._pass(self.dice.uniform(*PACE_S))
            self.inject()
        self.world.fault("clear")
        self._calm_down()
        self._compare()

    def _pass(self, seconds: float) -> None:
        end_s = self.world.loop.time() + seconds
        while self.world.loop.time() < end_s:
            self.world.run(LOOK_S)
            self.attend()
            self._trade()

    def _trade(self) -> None:
        """Now and then somebody reaches our quotes."""
        side = self.dice.choice(tuple(Side))
        if self.dice.random() < FILL_CHANCE and any(each.side is side for each in self.world.live_orders()):
            self.world.fill(side)

    def _calm_down(self) -> None:
        for _ in range(int(QUIET_S / LOOK_S)):
            self._pass(LOOK_S)
            strangers = [
                each for each in self.world.live_orders(None) if each.cl_ord_id.startswith("stranger")
            ]
            if self.is_ready and self.engine.state == "ACTIVE" and self.engine.is_quoting() and not strangers:
                return
        if self.is_ready:
            session = self.engine.reducer.session
            alarms = [(each.key, each.text) for each in session.alarms.views() if not each.is_cleared]
            self.failures.append(
                f"not quoting {QUIET_S} s after the last fault: {self.engine.state} {self.engine.block} "
                f"{self.engine.reducer.session.machine.reason} {alarms} "
                f"{[side.reason for side in self.engine.market.sides.values()]}"
            )
        else:
            self.failures.append(f"no engine {QUIET_S} s after the last fault: {self.engine.failure!r}")

    def _compare(self) -> None:
        if not self.is_ready:
            return
        differences, began_ns = ["never compared"], self.world.now_ns
        for _ in range(int(SETTLED_S / LOOK_S)):
            self._pass(LOOK_S)
            differences = running_differences(shown(self.engine.reducer), self.account())
            if not differences and (self.engine.reducer.reconciler.checked_ns or 0) > began_ns:
                break  # bills are read with the regular merge alone
        self.failures += differences
        self.world.markets[INST].trade_chance = 0
        self.engine.command(Quit("end of the soak"))
        for _ in range(60):
            self.world.run(LOOK_S)
            if self.engine.stop is not None:
                break
        if self.engine.stop is None or self.engine.stop.exit_code:
            self.failures.append(f"the quit ended with {self.engine.stop}")
        self.disk.commit()
        if live := self.account().live:
            self.failures.append(f"orders alive after the quit: {sorted(live)}")
        self.failures += running_differences(shown(self.engine.reducer), self.account())
        self.failures += recorded_differences(read_recorded(self.disk.connection), self.account())
        self.failures += self.disk.notices
        self.tally.struck = self.world.venue.state.faults.fired
        self.tally.deeds = self.attendant.deeds

    def account(self) -> Account:
        """The exchange's books now."""
        return Account(self.world.venue.ledger(self.world.now_ns))

    def close(self) -> None:
        """End everything."""
        self.world.close()
        self.disk.connection.close()


def main() -> None:
    """Run soaks of several seeds and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--cards", type=int, default=100)
    parser.add_argument("--without", nargs="*", default=(), help="faults to leave out")
    parser.add_argument("--position-mode", default="net_mode", help="net_mode or long_short_mode")
    parser.add_argument("--table", action="store_true")
    given: Any = parser.parse_args()
    for seed in range(given.seed, given.seed + given.seeds):
        began_s = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            soak = Soak(
                seed,
                Path(folder),
                without=frozenset(given.without),
                position_mode=PositionMode(given.position_mode),
            )
            try:
                soak.run(given.cards)
            finally:
                soak.close()
        account = soak.account()
        print(
            f"seed {seed}: {len(soak.tally.injected)} faults, {len(account.own)} fills, "
            f"{time.monotonic() - began_s:.1f} s: {soak.failures or 'EQUAL'}",
            flush=True,
        )
        if given.table:
            print(soak.tally.table())


if __name__ == "__main__":
    main()
