"""Kill, safe quit, dead-man's switch and the loss of the last console. Needs no strategy, book or console.

A kill is proven by two consecutive empty ``orders-pending`` replies, read when no request of ours could still
arrive at the venue. Until then every round cancels what is left over both routes, and the dead-man's switch
stays armed.
"""

from __future__ import annotations

from collections.abc import Callable

from okxmm_tui.core.effects import CancelOrder, PollPending, SetDeadMan, Stop
from okxmm_tui.core.limits import ConsoleLostPolicy
from okxmm_tui.core.messages import DeadManArmed, OrderUpdate, PendingPolled
from okxmm_tui.core.orders import OrderStatus
from okxmm_tui.core.snapshot import KillView
from okxmm_tui.core.trading_state import Act, TradingState
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.execution import NS_PER_MS, Execution
from okxmm_tui.engine.session import Session

PROOFS_NEEDED = 2
POLL_EVERY_NS = 200_000_000
POLL_TIMEOUT_NS = 2_000_000_000
DISARM_RETRY_NS = 1_100_000_000
"""The venue takes one call a second (OKX v5, cancel-all-after)."""
DISARM_UNANSWERED_NS = 5_000_000_000
EXIT_CLEAN = 0
EXIT_UNPROVEN = 75


class KillRun:
    """One run from the key press to the proof."""

    def __init__(self, now_ns: int, reason: str, orders: int) -> None:
        self.started_ns = now_ns
        self.reason = reason
        self.orders_at_start = orders
        self.cancels_sent = 0
        self.empty_replies = 0
        self.residual: tuple[str, ...] = ()
        self.problem = ""
        self.finished_ns: int | None = None
        self.request: tuple[int, int] | None = None
        self.next_poll_ns = now_ns
        self.next_round_ns = now_ns
        self.was_said_unproven = False

    @property
    def is_proven(self) -> bool:
        """Whether the venue has shown twice in a row that nothing is left."""
        return self.empty_replies >= PROOFS_NEEDED

    def view(self) -> KillView:
        """The run as the console shows it."""
        return KillView(
            started_ns=self.started_ns,
            reason=self.reason,
            orders_at_start=self.orders_at_start,
            cancels_sent=self.cancels_sent,
            empty_replies=min(self.empty_replies, PROOFS_NEEDED),
            residual=self.residual,
            is_proven=self.is_proven,
            finished_ns=self.finished_ns,
            problem=self.problem,
        )


class Safety:
    """The part of the engine that must always work."""

    def __init__(self, session: Session, execution: Execution) -> None:
        self._session = session
        self._execution = execution
        self.kill_run: KillRun | None = None
        self.is_quitting = False
        self._quit_deadline_ns: int | None = None
        self.dead_man_expires_ns: int | None = None
        self.dead_man_problem = "not armed yet"
        self._renew_ns = 0
        self._asked_ns = session.now_ns
        self._disarm_ns: int | None = None
        """When to ask (again) for the switch to be disarmed; None when that is not wanted or done."""
        self._consoles = 0
        self._console_lost_ns: int | None = session.now_ns
        self._was_console_lost = False
        self.on_proven: Callable[[], None] = lambda: None
        """Told of every proof; set by the reducer."""

    # -- kill and quit -----------------------------------------------------------------------------------

    def kill(self, reason: str) -> None:
        """Halt, cancel everything over both routes and start proving it.

        A repetition before the proof is another round of cancels in the same run, however often it comes: a
        key that is held must neither put the proof off nor keep NOT PROVEN from being said.
        """
        session = self._session
        was = session.machine.state
        session.machine.act(Act.KILL, reason, session.now_ns)
        if was is not TradingState.HALTED:
            session.report("state", Severity.CRITICAL, f"HALTED: {reason}", state="HALTED", reason=reason)
        run = self.kill_run
        if run is None or run.is_proven:
            self._start_run(reason)
        elif session.now_ns >= run.next_round_ns:
            self._cancel_round(run)

    def quit(self, reason: str) -> None:
        """Take every order out, prove it, then end the engine; with a deadline for the proof."""
        if self.is_quitting:
            return
        self.is_quitting = True
        self._quit_deadline_ns = self._session.now_ns + self._session.limits.kill_deadline_ms * NS_PER_MS
        self._session.machine.act(Act.KILL, f"quitting: {reason}", self._session.now_ns)
        self._session.report("state", Severity.INFO, f"quitting: {reason}", state="HALTED", reason=reason)
        self._start_run(f"quitting: {reason}")

    def _start_run(self, reason: str) -> None:
        session = self._session
        working = sum(len(market.orders.working) for market in session.markets.values())
        run = self.kill_run = KillRun(session.now_ns, reason, working)
        for market in session.markets.values():
            for side in market.sides.values():
                side.quotes = ()
                side.say("halted", session.now_ns)
        self._cancel_round(run)
        self._poll(run)

    def _cancel_round(self, run: KillRun) -> None:
        session = self._session
        working = [order for market in session.markets.values() for order in market.orders.working]
        run.cancels_sent += len(working)
        run.next_round_ns = session.now_ns + POLL_EVERY_NS
        # One route after the other: only neighbours travel in batches, and singles run into rate limits.
        for by_rest in (False, True) if session.private_up else (True,):
            for order in working:
                self._execution.cancel(order, "kill", by_rest=by_rest)

    def on_pending(self, event: PendingPolled) -> None:
        """One reply towards the proof."""
        run = self.kill_run
        if run is None or run.request is None or run.request[0] != event.request_id:
            return
        asked_ns, run.request = run.request[1], None
        run.next_poll_ns = self._session.now_ns + POLL_EVERY_NS
        own = [order for order in event.orders if order.tag == self._session.started.tag]
        run.residual = tuple(self._describe(order) for order in own)
        if own:
            run.empty_replies = 0
            run.problem = f"{len(own)} orders still at the venue"
            self._cancel_listed(run, own)
        elif waiting := self._still_on_the_way(asked_ns):
            run.empty_replies = 0
            run.problem = f"{waiting} requests without an answer may still arrive"
        elif not run.is_proven:
            run.empty_replies += 1
            run.problem = ""
            if run.is_proven:
                self._proven(run)

    def on_poll_failed(self, request_id: int, reason: str) -> None:
        """The venue could not be asked; ask again."""
        run = self.kill_run
        if run is not None and run.request is not None and run.request[0] == request_id:
            run.request = None
            run.next_poll_ns = self._session.now_ns + POLL_EVERY_NS
            run.empty_replies = 0
            run.problem = f"orders-pending could not be read: {reason}"

    def _still_on_the_way(self, asked_ns: int) -> int:
        """Orders sent but neither answered nor surely expired when the reply was asked for."""
        margin_ns = self._session.limits.order_expire_ms * NS_PER_MS
        return sum(
            order.status in {OrderStatus.SENT, OrderStatus.UNKNOWN} and order.expire_ns + margin_ns > asked_ns
            for market in self._session.markets.values()
            for order in market.orders.working
        )

    def _cancel_listed(self, run: KillRun, orders: list[OrderUpdate]) -> None:
        run.cancels_sent += len(orders)
        for by_rest in (True, False) if self._session.private_up else (True,):
            self._session.effects += [
                CancelOrder(order.inst_id, order.cl_ord_id, order.ord_id, by_rest=by_rest) for order in orders
            ]

    def _proven(self, run: KillRun) -> None:
        session = self._session
        run.finished_ns = session.now_ns
        seconds = (run.finished_ns - run.started_ns) / 1e9
        for market in session.markets.values():
            for order in market.orders.working:
                market.orders.finish(order)
                market.queues.leave(order.cl_ord_id)
        self._disarm()
        self.on_proven()
        session.clear_alarm("kill-unproven", "orders are proven gone after all")
        session.report(
            "kill",
            Severity.WARNING,
            f"orders proven gone: {run.orders_at_start} at start, {run.cancels_sent} cancels, "
            f"{PROOFS_NEEDED} empty replies, {seconds:.2f} s",
            orders=run.orders_at_start,
            cancels=run.cancels_sent,
        )
        if self.is_quitting:
            session.effects.append(Stop(EXIT_CLEAN, f"all orders proven gone in {seconds:.2f} s"))

    def _describe(self, order: OrderUpdate) -> str:
        market = self._session.markets.get(order.inst_id)
        if market is None:
            return f"{order.inst_id} {order.side} {order.cl_ord_id}"
        instrument = market.instrument
        size, price = instrument.size_text(order.size_lots), instrument.price_text(order.price_ticks)
        return f"{order.inst_id} {order.side} {size} @ {price}"

    def _poll(self, run: KillRun) -> None:
        request_id = self._session.next_request_id()
        run.request = (request_id, self._session.now_ns)
        self._session.effects.append(PollPending(request_id))

    def _drive_kill(self, run: KillRun) -> None:
        now_ns = self._session.now_ns
        if run.request is not None and now_ns - run.request[1] > POLL_TIMEOUT_NS:
            run.request = None
            run.empty_replies = 0
            run.problem = f"the venue has not answered for {(now_ns - run.started_ns) / 1e9:.0f} s"
        if run.request is None and now_ns >= run.next_poll_ns:
            self._poll(run)
        waited_ns = now_ns - run.started_ns
        if waited_ns > self._session.limits.kill_deadline_ms * NS_PER_MS and not run.was_said_unproven:
            run.was_said_unproven = True
            self._session.raise_alarm("kill-unproven", Severity.CRITICAL, self._unproven_text(run))

    def _unproven_text(self, run: KillRun) -> str:
        working = sum(len(market.orders.working) for market in self._session.markets.values())
        return (
            f"NOT PROVEN: {working} orders may still be live ({run.problem or 'no answer yet'}); "
            "the dead-man's switch stays armed; check the exchange's own page"
        )

    # -- dead-man's switch -------------------------------------------------------------------------------

    def is_dead_man_armed(self) -> bool:
        """Whether the venue would still cancel for us."""
        return self.dead_man_expires_ns is not None and self._session.now_ns < self.dead_man_expires_ns

    def on_dead_man(self, event: DeadManArmed) -> None:
        """The venue confirmed the timer."""
        self.dead_man_problem = ""
        if event.trigger_ms == 0:
            self.dead_man_expires_ns = self._disarm_ns = None
            return
        # The venue's clock may differ from ours: believe whichever says the timer ends sooner.
        by_our_clock_ns = self._asked_ns + self._session.limits.dead_man_timeout_s * 1_000_000_000
        self.dead_man_expires_ns = min(event.trigger_ms * NS_PER_MS, by_our_clock_ns)
        self._session.clear_alarm("dead-man", "the dead-man's switch is armed again")

    def on_dead_man_failed(self, reason: str) -> None:
        """The venue did not take the timer; quoting stops when the last one has run out."""
        if self._disarm_ns is not None:
            self._disarm_ns = self._session.now_ns + DISARM_RETRY_NS
            return
        self.dead_man_problem = reason
        self._renew_ns = min(self._renew_ns, self._session.now_ns + 1_000_000_000)
        self._session.raise_alarm(
            "dead-man", Severity.CRITICAL, f"the dead-man's switch could not be renewed: {reason}"
        )

    def _disarm(self) -> None:
        """Ask for the timer to be taken off; repeated until the venue confirms it."""
        self._disarm_ns = self._session.now_ns + DISARM_UNANSWERED_NS
        self._session.effects.append(SetDeadMan(0))

    def _renew(self, lag_ns: int) -> None:
        session, limits = self._session, self._session.limits
        if self._disarm_ns is not None and session.now_ns >= self._disarm_ns:
            self._disarm()
        if session.now_ns < self._renew_ns or session.machine.state is TradingState.HALTED:
            return
        if session.is_held:
            return  # the switch would take orders out that the operator has not decided about
        if lag_ns > limits.loop_lag_limit_ms * NS_PER_MS:
            return
        self._renew_ns = session.now_ns + limits.dead_man_renew_ms * NS_PER_MS
        self._asked_ns = session.now_ns
        session.effects.append(SetDeadMan(limits.dead_man_timeout_s))

    # -- consoles -----------------------------------------------------------------------------------------

    def on_consoles(self, count: int) -> None:
        """Consoles came or went."""
        self._consoles = count
        self._console_lost_ns = None if count else self._session.now_ns
        if count:
            self._was_console_lost = False

    @property
    def consoles(self) -> int:
        """Consoles attached and answering."""
        return self._consoles

    def _watch_consoles(self) -> None:
        limits, now_ns = self._session.limits, self._session.now_ns
        if limits.is_headless or self._console_lost_ns is None or self._was_console_lost:
            return
        if now_ns - self._console_lost_ns < limits.console_grace_ms * NS_PER_MS:
            return
        self._was_console_lost = True
        reason = f"the last console has been gone for {limits.console_grace_ms / 1000:.0f} s"
        match limits.console_lost:
            case ConsoleLostPolicy.KILL:
                self.kill(reason)
            case ConsoleLostPolicy.PAUSE:
                self._session.pause(reason, Severity.WARNING)
            case ConsoleLostPolicy.KEEP:
                self._session.notice(f"{reason}; quoting goes on as configured")

    # -- time ----------------------------------------------------------------------------------------------

    def on_tick(self, lag_ns: int) -> None:
        """Renew, prove, watch. Runs only while the engine advances: that is what the renewal attests."""
        self._renew(lag_ns)
        self._watch_consoles()
        run = self.kill_run
        if run is not None and not run.is_proven:
            self._drive_kill(run)
            self._watch_quit(run)

    def _watch_quit(self, run: KillRun) -> None:
        deadline_ns = self._quit_deadline_ns
        if deadline_ns is not None and self._session.now_ns > deadline_ns:
            self._quit_deadline_ns = None
            self._session.effects.append(Stop(EXIT_UNPROVEN, self._unproven_text(run)))

    def on_clock_jump(self, jump_ns: int) -> None:
        """The machine slept while the venue's timer ran on: it ends sooner than our steady clock says."""
        if self.dead_man_expires_ns is not None:
            self.dead_man_expires_ns -= max(0, jump_ns)
        self._renew_ns = min(self._renew_ns, self._session.now_ns)

    def on_resumed(self) -> None:
        """The halt was lifted by hand: forget the old proof and arm the switch at once."""
        self.kill_run = None
        self._disarm_ns = None
        self._renew_ns = self._session.now_ns
