"""Runs the reducer: feeds it events, carries its effects out, serves consoles, ends in order.

Theory of operation. One asyncio loop owns the engine. Everything that happens becomes an event through
``emit``, which applies it and carries the effects out before the next one; an event raised while doing so
waits its turn. The venue's work goes first, then the log, then people. No lock is held anywhere, and nothing
here waits for a console.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import okxmm_tui
from okxmm_tui.core.commands import AnyCommand, Kill, Quit
from okxmm_tui.core.effects import AnyEffect, CancelOrder, Reply, Report, Stop
from okxmm_tui.core.messages import (
    AnyEvent,
    ConsolesChanged,
    JournalState,
    MemoryMeasured,
    OperatorCommand,
    SessionStarted,
)
from okxmm_tui.engine.beat import Beat, Clock
from okxmm_tui.engine.link import LinkServer, socket_path
from okxmm_tui.engine.memory_watch import MEASURE_S, resident_bytes
from okxmm_tui.engine.param_file import ParamFile
from okxmm_tui.engine.plan import SessionPlan
from okxmm_tui.engine.ports import Gateway
from okxmm_tui.engine.quote_currencies import require_one
from okxmm_tui.engine.reducer import Reducer
from okxmm_tui.engine.safety import EXIT_UNPROVEN
from okxmm_tui.engine.store.keeper import Keeper
from okxmm_tui.engine.view import build_snapshot

SNAPSHOT_S = 0.1
SCARCE_SNAPSHOT_S = 1.0
"""While memory is short (fault 46)."""
PARAMS_S = 0.3
RESCUE_S = 5.0
"""How long a failed engine tries to have its orders proven gone."""
ENDLESS = frozenset({"gateway", "tick", "publish"})
"""Tasks without which nobody trades, proves or sees anything; the others may have nothing to do."""
_log = logging.getLogger("okxmm.engine")


class EngineHost:
    """One engine from start to exit code.

    Args:
        gateway: The venue.
        plan: What to trade and how.
        state_dir: Where socket and journals lie.
        on_report: Called with the time and every line for people.
        on_ready: Called once when consoles can connect.
    """

    def __init__(
        self,
        gateway: Gateway,
        plan: SessionPlan,
        state_dir: Path,
        *,
        on_report: Callable[[int, Report], None],
        on_ready: Callable[[], None],
    ) -> None:
        self._gateway = gateway
        self._plan = plan
        self._state_dir = state_dir
        self._on_report = on_report
        self._on_ready = on_ready
        self._clock = Clock()
        self._waiting: deque[AnyEvent] = deque()
        self._is_applying = False
        self._has_failed = False
        """After a defect nothing is applied any more: what a broken engine decides must not be sent."""
        self._beat = Beat()
        self._seq = 0
        self._stop: asyncio.Future[Stop] | None = None
        self.reducer: Reducer | None = None
        self._keeper: Keeper | None = None
        self._link = LinkServer(
            socket_path(state_dir),
            on_command=self._on_command,
            on_count=lambda count: self.emit(ConsolesChanged(count)),
        )

    async def run(self) -> int:
        """Run until a Stop effect; returns the exit code.

        Raises:
            OkxmmError: The session could not be started; nothing was sent.
        """
        loop = asyncio.get_running_loop()
        self._stop = loop.create_future()
        try:
            started = await self._prepare()
            now_ns = self._clock.now_ns()
            self.reducer = Reducer(started, now_ns)
            if self._keeper is not None:
                kept = self._plan.journal_keep_mb * 1_000_000
                self._keeper.start(self.reducer, now_ns, kept, self._plan.journal_keep_days)
            await self._link.start()
        except BaseException:
            if self._keeper is not None:
                self._keeper.close()
            raise
        self._install_signals(loop)
        if self._plan.duration_s is not None:
            loop.call_later(self._plan.duration_s, self._command, Quit("the duration has passed"))
        self._on_ready()
        gc.collect()
        gc.freeze()
        return await self._run_until_stopped(self._stop)

    async def _prepare(self) -> SessionStarted:
        instruments, facts = await self._gateway.prepare(self._plan.symbols)
        require_one(instruments)
        now_ns = self._clock.now_ns()
        self._keeper = Keeper(self._state_dir, now_ns)
        past = self._keeper.past(self._plan.mode, facts, instruments, now_ns)
        return SessionStarted(
            session_id=max(now_ns // 1_000_000_000, past.last_session_id + 1),
            mode=self._plan.mode,
            account=facts.label,
            tag=self._plan.tag,
            instruments=tuple(instruments),
            strategy=self._plan.strategy,
            params=self._plan.params,
            limits=self._plan.limits,
            fees=facts.fees,
            level=facts.level,
            position_mode=facts.position_mode,
            restored=past.restored,
            is_journaled=True,
            program=okxmm_tui.__version__,
            account_id=facts.uid,
        )

    async def _run_until_stopped(self, stop: asyncio.Future[Stop]) -> int:
        running = {
            name: asyncio.create_task(work, name=name)
            for name, work in (
                ("gateway", self._gateway.run(self.emit)),
                ("tick", self._tick()),
                ("publish", self._publish()),
                ("params", self._watch_params()),
                ("memory", self._measure_memory()),
            )
        }
        for task in running.values():
            task.add_done_callback(self._on_task_done)
        try:
            last_word = await stop
            running["tick"].cancel()
            if self._has_failed:
                last_word = await self._rescue(last_word)
            self._say_goodbye(last_word)
            await self._gateway.close()
        finally:
            for task in running.values():
                task.cancel()
            await asyncio.gather(*running.values(), return_exceptions=True)
            await self._link.stop()
            if self._keeper is not None:
                self._keeper.close()
        return last_word.exit_code

    async def _rescue(self, last_word: Stop) -> Stop:
        """After a defect: have the orders taken out by a way that needs nothing of what may be broken."""
        try:
            why = await self._gateway.rescue(RESCUE_S)
        except Exception as error:
            _log.exception("the orders could not be taken out")
            why = f"{type(error).__name__}: {error}"
        proof = (
            f"NOT PROVEN that its orders are gone ({why}), the dead-man's switch stays armed"
            if why
            else "its orders were then proven gone"
        )
        return Stop(last_word.exit_code, f"{last_word.text}; {proof}")

    def _say_goodbye(self, last_word: Stop) -> None:
        try:
            self._publish_now()
        except Exception:
            _log.exception("the last picture could not be drawn")
        self._link.farewell(last_word.exit_code, last_word.text)

    # -- events and effects --------------------------------------------------------------------------

    def emit(self, event: AnyEvent) -> None:
        """Apply one event and carry its effects out; events raised meanwhile follow in order.

        An engine that wakes up reads its sockets before its timers, and what it reads is old: a tick that is
        overdue goes first, so that nothing is decided on it.
        """
        if (overdue := self._beat.overdue(asyncio.get_running_loop().time())) is not None:
            self._waiting.append(overdue)
        self._waiting.append(event)
        if self._is_applying or self._has_failed or self.reducer is None:
            return
        self._is_applying = True
        try:
            while self._waiting:
                self._step(self.reducer, self._waiting.popleft())
        except Exception as error:
            _log.exception("the engine failed on an event")
            self._give_up(self.reducer, error)
        finally:
            self._is_applying = False

    def _step(self, reducer: Reducer, event: AnyEvent) -> None:
        now_ns = self._clock.now_ns()
        effects = reducer.apply(event, now_ns)
        if effects:
            self._gateway.execute(effects)
        if self._keeper is not None:
            self._keeper.take(now_ns, event, effects)
        for effect in effects:
            self._carry_out(effect, now_ns)

    def _carry_out(self, effect: AnyEffect, now_ns: int) -> None:
        match effect:
            case Report():
                self._on_report(now_ns, effect)
            case Reply(client, command_id, ok, text):
                self._link.reply(client, command_id, ok=ok, text=text)
            case Stop():
                if self._stop is not None and not self._stop.done():
                    self._stop.set_result(effect)
            case _:
                pass  # the gateway has taken it

    def _give_up(self, reducer: Reducer, error: Exception) -> None:
        """A defect in the engine itself: cancel what is known, over both routes, and end."""
        if self._has_failed:
            return
        self._has_failed = True
        orders = [order for market in reducer.session.markets.values() for order in market.orders.working]
        effects: list[AnyEffect] = [
            CancelOrder(order.inst_id, order.cl_ord_id, order.ord_id, by_rest=by_rest)
            for by_rest in (False, True)
            for order in orders
        ]
        try:
            self._gateway.execute(effects)
        except Exception:
            _log.exception("the cancels could not be handed over")
        if self._stop is not None and not self._stop.done():
            text = f"the engine failed ({type(error).__name__}: {error}); details are in okxmm.log"
            self._stop.set_result(Stop(EXIT_UNPROVEN, text))

    def _on_task_done(self, task: asyncio.Task[None]) -> None:
        if self._stop is None or self._stop.done():
            return
        error = None if task.cancelled() else task.exception()
        if error is None:
            if task.get_name() not in ENDLESS:
                return
            error = RuntimeError(f"the {task.get_name()} task ended by itself")
        _log.error("the %s task failed", task.get_name(), exc_info=error)
        if self.reducer is not None and isinstance(error, Exception):
            self._give_up(self.reducer, error)

    # -- time -----------------------------------------------------------------------------------------

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        self._beat.start(loop.time())
        while True:
            await asyncio.sleep(self._beat.wait_s(loop.time()))
            if (tick := self._beat.due(loop.time())) is None:
                continue  # it was overdue and went before something else
            if (state := self._journal_state()) is not None:
                self.emit(state)
            self.emit(tick)

    def _journal_state(self) -> JournalState | None:
        return self._keeper.news() if self._keeper is not None else None

    async def _watch_params(self) -> None:
        if not self._plan.params_file:
            return
        watched = ParamFile(Path(self._plan.params_file))
        while True:
            await asyncio.sleep(PARAMS_S)
            if (event := watched.poll()) is not None:
                self.emit(event)

    async def _measure_memory(self) -> None:
        while (used := resident_bytes()) is not None:
            self.emit(MemoryMeasured(used))
            await asyncio.sleep(MEASURE_S)

    async def _publish(self) -> None:
        while True:
            is_short = self.reducer is not None and self.reducer.session.is_memory_short
            await asyncio.sleep(SCARCE_SNAPSHOT_S if is_short else SNAPSHOT_S)
            if self._link.wants_snapshot():
                self._publish_now()

    def _publish_now(self) -> None:
        if self.reducer is not None:
            self._seq += 1
            self._link.publish(build_snapshot(self.reducer, self._seq))

    # -- the outside -----------------------------------------------------------------------------------

    def _on_command(self, client: str, command_id: int, command: AnyCommand) -> None:
        self.emit(OperatorCommand(client, command_id, command))

    def _command(self, command: AnyCommand) -> None:
        self.emit(OperatorCommand("", 0, command))

    def _install_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        quits: Sequence[signal.Signals] = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
        for number in quits:
            loop.add_signal_handler(number, self._command, Quit(number.name))
        loop.add_signal_handler(signal.SIGUSR1, self._command, Kill("okxmm-tui kill or SIGUSR1"))
