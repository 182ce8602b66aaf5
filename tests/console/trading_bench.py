"""The console on a real engine: keys go in, orders at a little venue and rows of the journal come out.

Reducer, journal recorder and console are those of a session; the venue is a dictionary that does at once what
it is asked, and time passes only when a test says so.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec import Struct, structs

from okxmm_tui.console.app import ConsoleApp
from okxmm_tui.console.comfort import Comfort
from okxmm_tui.console_files import StateFiles
from okxmm_tui.core.commands import AnyCommand, Kill
from okxmm_tui.core.effects import (
    AmendOrder,
    AnyEffect,
    CancelOrder,
    FetchTruth,
    PlaceOrder,
    PollPending,
    Reply,
    SetDeadMan,
    Stop,
)
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.messages import OperatorCommand, OrderUpdate, PendingPolled, PositionUpdate, TruthFetched
from okxmm_tui.core.types import Mode, OrderKind, Side, VenueOrderState
from okxmm_tui.engine.store import rows as journal
from okxmm_tui.engine.view import build_snapshot
from tests.console.fake_link import FakeLink
from tests.console.harness import Bench, ManualClock
from tests.console.rest import RestingPilot
from tests.engine.store.desk import RecordedDesk
from tests.samples import INST, fill, order_update

STEP_MS = 50
TABLES = {journal.PARAMS: "params", journal.NOTE: "notes", journal.ORDER_EVENT: "order_events"}
LIVE, FILLED, CANCELED = VenueOrderState.LIVE, VenueOrderState.FILLED, VenueOrderState.CANCELED


class Resting(Struct, frozen=True):
    """An order at the venue."""

    side: Side
    price_ticks: int
    size_lots: int


class TradingDesk(RecordedDesk):
    """A desk whose venue answers; ``moments`` keeps what rested there after every change."""

    def __init__(self, **params: str) -> None:
        values = {name: Decimal(value) for name, value in params.items()}
        super().__init__(mode=Mode.SIM, limits=Limits(is_headless=True), params=values)
        self.resting: dict[str, Resting] = {}
        self.moments: list[frozenset[str]] = []
        self.stopped: Stop | None = None
        self._position_lots = 0
        self._trades = 0
        self.connect()
        self.balance("1000000")
        self.answer(self.book())
        self.pass_ms(100)

    def pass_ms(self, total_ms: int) -> None:
        """Let time pass in a market that stands still."""
        for _ in range(total_ms // STEP_MS):
            self.answer(self.tick(STEP_MS - 1))
            self.answer(self.update())

    def ask(self, command: AnyCommand, command_id: int = 1) -> list[AnyEffect]:
        """A console asks, the venue does what comes of it."""
        effects = self.feed(OperatorCommand("console", command_id, command))
        self.answer(effects)
        return effects

    def hit(self, side: Side) -> None:
        """Somebody takes our best order of a side whole."""
        best = (max if side is Side.BUY else min)(
            (each for each in self.resting.items() if each[1].side is side),
            key=lambda each: each[1].price_ticks,
        )
        self.answer(self._fill(best[0], self.resting.pop(best[0])))

    # -- the venue -----------------------------------------------------------------------------------

    def answer(self, effects: list[AnyEffect]) -> None:
        """Do what the engine asks of the venue, and what it asks when it hears of that."""
        queue = list(effects)
        while queue:
            queue += self._do(queue.pop(0))

    def _do(self, effect: AnyEffect) -> list[AnyEffect]:
        match effect:
            case PlaceOrder(cl_ord_id=key, order_kind=OrderKind.POST_ONLY):
                self.resting[key] = Resting(effect.side, effect.price_ticks, effect.size_lots)
                return self._tell(key, self.resting[key], LIVE)
            case PlaceOrder(cl_ord_id=key):
                return self._fill(key, Resting(effect.side, effect.price_ticks, effect.size_lots))
            case AmendOrder(cl_ord_id=key) if key in self.resting:
                was = self.resting[key]
                self.resting[key] = Resting(
                    was.side, effect.price_ticks or was.price_ticks, effect.size_lots or was.size_lots
                )
                return self._tell(key, self.resting[key], LIVE, amend_result="0", req_id=effect.req_id)
            case CancelOrder(cl_ord_id=key) if key in self.resting:
                return self._tell(key, self.resting.pop(key), CANCELED, cancel_source="1")
            case _:
                return self._say(effect)

    def _say(self, effect: AnyEffect) -> list[AnyEffect]:
        match effect:
            case SetDeadMan():
                self.arm_dead_man()
            case PollPending(request_id):
                return self.feed(PendingPolled(request_id, self._pending()))
            case FetchTruth(request_id):
                held = PositionUpdate(INST, self._position_lots, Decimal(60_000), None, None, 1)
                positions = (held,) if self._position_lots else ()
                return self.feed(TruthFetched(request_id, self._pending(), (), positions, ()))
            case Stop():
                self.stopped = effect
            case _:
                pass
        return []

    def _tell(self, key: str, order: Resting, state: VenueOrderState, **changes: object) -> list[AnyEffect]:
        self.moments.append(frozenset(self.resting))
        return self.feed(
            order_update(key, order.side, order.price_ticks, order.size_lots, state=state, **changes)
        )

    def _pending(self) -> tuple[OrderUpdate, ...]:
        return tuple(
            order_update(key, each.side, each.price_ticks, each.size_lots)
            for key, each in self.resting.items()
        )

    def _fill(self, key: str, order: Resting) -> list[AnyEffect]:
        self._trades += 1
        self._position_lots += order.side.sign * order.size_lots
        shown = self.market.instrument
        one = fill(
            order.side, shown.price_text(order.price_ticks), shown.size_text(order.size_lots),
            trade_id=str(self._trades), cl_ord_id=key,
        )  # fmt: skip
        one = structs.replace(one, venue_ms=self.now_ns // 1_000_000)
        return self._tell(key, order, FILLED, filled_lots=order.size_lots, fill=one)

    # -- what can be seen ----------------------------------------------------------------------------

    def orders(self) -> dict[str, Resting]:
        """What rests at the venue now."""
        return dict(self.resting)

    def journal(self, since: int = 0) -> list[tuple[Any, ...]]:
        """Rows of parameters, notes and order events: (table, who or kind, text, ...)."""
        found: list[tuple[Any, ...]] = []
        for statement, values in self.rows[since:]:
            match TABLES.get(statement):
                case "params":
                    found.append(("params", values[3], values[4], values[5]))
                case "notes":
                    found.append(("notes", values[2], values[4]))
                case "order_events":
                    found.append(("order_events", values[4], values[5], values[3]))
                case _:
                    pass
        return found


class EngineLink(FakeLink):
    """The console's link, straight into the engine of a desk."""

    def __init__(self, desk: TradingDesk) -> None:
        super().__init__()
        self.desk = desk
        self._seq = 0
        self.show_now()

    def send(self, command: AnyCommand) -> int:
        """Have the engine hear it at once."""
        command_id = super().send(command)
        for effect in self.desk.ask(command, command_id):
            if isinstance(effect, Reply):
                self.reply(effect.command_id, ok=effect.ok, text=effect.text)
        return command_id

    def kill_now(self, reason: str) -> bool:
        """The line of its own ends at the same engine."""
        super().kill_now(reason)
        self.desk.ask(Kill(reason))
        return True

    def show_now(self) -> None:
        """The engine shows how it stands."""
        self._seq += 1
        self.show(build_snapshot(self.desk.reducer, self._seq))


class TradingBench(Bench):
    """A console and the engine behind it."""

    desk: TradingDesk

    async def act(self, *keys: str, after_ms: int = 300) -> None:
        """Press keys one by one, let time pass, draw."""
        for key in keys:
            await self.press(key)
            await self.wait(0)
        await self.wait(after_ms)

    async def wait(self, total_ms: int) -> None:
        """Let time pass and show what came of it."""
        self.desk.pass_ms(total_ms)
        link = self.link
        assert isinstance(link, EngineLink)
        if self.app.is_running:
            link.show_now()
            await self.settle()


@asynccontextmanager
async def trading(folder: Path, **params: str) -> AsyncIterator[TradingBench]:
    """A console on an engine that quotes."""
    desk = TradingDesk(**params)
    link = EngineLink(desk)
    comfort = Comfort(pictures=folder)
    app = ConsoleApp(link, clock=lambda: desk.now_ns, files=StateFiles(folder), comfort=comfort)
    async with app.run_test(size=(120, 35)):
        bench = TradingBench(app, link, RestingPilot(app), ManualClock())
        bench.desk = desk
        await bench.settle()
        assert {each.side for each in desk.resting.values()} == set(Side)
        yield bench
