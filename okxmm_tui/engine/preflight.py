"""The preflight: what the venue holds against what the journal says, before the first quote.

Differences are orders of ours that no running session placed, and positions the journal does not explain once
the fills since it ended are booked. Without one nobody is asked. With one ``risk.preflight`` decides; while
it says ask, nothing is sent that could touch them: no quote, no cancel, no dead-man's switch (which would
take the leftovers out when it runs down), and the books on disk stay as they are. A kill still kills.
"""

from __future__ import annotations

from collections.abc import Callable

from okxmm_tui.core.effects import Stop
from okxmm_tui.core.orders import OwnOrder
from okxmm_tui.core.preflight import DifferenceView, PreflightAnswer, PreflightPolicy
from okxmm_tui.core.trading_state import TradingState
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.execution import Execution
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.positions import Positions
from okxmm_tui.engine.session import Session

ALARM = "preflight"
ASKING = "preflight: waiting for the operator's answer"
EQUAL = "venue and journal are equal"
LEFTOVER = "left over from an earlier session"
NO_RECORD = "no record"
BY_OPERATOR = "by the operator"
BY_SETTING = "by the setting risk.preflight"
EXIT_NOTHING_LEFT = 0
EXIT_ORDERS_LEFT = 75
ADOPTING_NS = 10_000_000_000
"""Adopted orders stand for so long while the switch is armed and the books are put on disk; then the rules
of every other order hold for them."""


class Preflight:
    """Settled once in a session; what differs later is dealt with while trading (faults 29 and 33).

    Args:
        session: All state.
        execution: Cancels leftovers.
        positions: Finds and takes over positions.
        want_truth: Has the venue's state read again, with a reason.
    """

    def __init__(
        self,
        session: Session,
        execution: Execution,
        positions: Positions,
        want_truth: Callable[[str], None],
    ) -> None:
        self._session = session
        self._execution = execution
        self._positions = positions
        self._want_truth = want_truth
        restored = session.started.restored
        self._known = {each.cl_ord_id for each in restored.orders} if restored is not None else set[str]()
        self._adopting: set[str] = set()
        self._adopting_until_ns = 0
        self.is_asking = False
        self.outcome = ""
        """How it was settled; empty before."""
        self.differences: tuple[DifferenceView, ...] = ()
        """Of the last merge, until settled; from then on those it was settled with."""
        session.is_held = session.limits.preflight is not PreflightPolicy.CANCEL

    # -- merges ------------------------------------------------------------------------------------------

    def review(self) -> bool:
        """Judge a merge; True when it may be concluded as far as this is concerned."""
        if self.outcome:
            return True
        if self._positions.is_explaining:
            return False
        self.differences = self._find()
        policy = self._session.limits.preflight
        if not self.differences:
            self._settle(EQUAL, EQUAL, Severity.INFO)
        elif policy is PreflightPolicy.ASK:
            self._ask()
        elif policy is PreflightPolicy.ABORT:
            self._abort(BY_SETTING)
        else:
            self._carry_out(policy.value, BY_SETTING)
        return bool(self.outcome)

    def _find(self) -> tuple[DifferenceView, ...]:
        found: list[DifferenceView] = []
        for market in self._session.markets.values():
            found += [self._order_view(market, order) for order in market.orders.working if order.is_adopted]
            if (difference := self._positions.difference(market)) is not None:
                theirs, ours = difference
                found.append(DifferenceView(market.instrument.inst_id, "position", ours or NO_RECORD, theirs))
        return tuple(found)

    def _order_view(self, market: Market, order: OwnOrder) -> DifferenceView:
        instrument = market.instrument
        size, price = instrument.size_text(order.remaining_lots), instrument.price_text(order.price_ticks)
        journal = "an earlier session's" if order.cl_ord_id in self._known else NO_RECORD
        return DifferenceView(instrument.inst_id, "order", journal, f"{order.side} {size} @ {price}")

    def _ask(self) -> None:
        if not self.is_asking:
            self.is_asking = True
            self._report(Severity.WARNING, f"asking the operator: {self._text()}", "ask")
        kinds = [each.what for each in self.differences]
        counts = {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
        found = " and ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in counts.items())
        text = f"the journal does not explain {found}: nothing is quoted before you adopt, cancel or abort"
        self._session.raise_alarm(ALARM, Severity.WARNING, text)

    def _text(self) -> str:
        return "; ".join(
            f"{each.inst_id} {each.what} {each.venue} (journal: {each.journal})" for each in self.differences
        )

    # -- answers -------------------------------------------------------------------------------------------

    def answer(self, answer: PreflightAnswer) -> tuple[str, str]:
        """Carry the operator's answer out. Returns (problem, confirmation)."""
        state = self._session.machine.state
        if not self.is_asking:
            return f"preflight asks nothing: {self.outcome or 'the venue is still being read'}", ""
        if answer == "abort":
            return "", self._abort(BY_OPERATOR)
        if answer == "adopt" and self._leftovers() and state not in {
            TradingState.ACTIVE, TradingState.REDUCING,
        }:  # fmt: skip
            return f"trading is {state}, which leaves no order standing: resume first, or cancel them", ""
        self._want_truth("preflight answered")
        return "", self._carry_out(answer, BY_OPERATOR)

    def _carry_out(self, answer: str, by: str) -> str:
        orders = self._leftovers()
        for market, order in orders:
            if answer == "adopt":
                self._adopt(market, order)
            elif order.cancel_sent_ns is None:
                self._execution.cancel(order, LEFTOVER)
        self._adopting_until_ns = self._session.now_ns + ADOPTING_NS
        text = f"{answer} {by}: {self._text()}"
        self._settle(answer, text, Severity.WARNING, is_agreed=by == BY_OPERATOR)
        return text

    def _adopt(self, market: Market, order: OwnOrder) -> None:
        order.is_adopted = False
        order.decision = "adopted from an earlier session"
        market.queues.join(order.cl_ord_id, order.side, order.price_ticks)
        self._adopting.add(market.instrument.inst_id)

    def _abort(self, by: str) -> str:
        left = len(self._leftovers())
        text = f"abort {by}: nothing was touched; {self._text()}"
        self._settle("abort", text, Severity.WARNING)
        self._session.is_held = True
        self._session.effects.append(
            Stop(EXIT_ORDERS_LEFT if left else EXIT_NOTHING_LEFT, f"preflight: {text}")
        )
        return text

    def _settle(self, outcome: str, text: str, severity: Severity, *, is_agreed: bool = False) -> None:
        self.outcome, self.is_asking = outcome, False
        self._session.is_held = False
        self._positions.settle(is_agreed=is_agreed)
        self._report(severity, text, outcome)
        self._session.clear_alarm(ALARM, f"preflight: {outcome}")
        for market in self._session.markets.values():
            market.hurry()

    def _report(self, severity: Severity, text: str, answer: str) -> None:
        self._session.report("preflight", severity, f"preflight: {text}", answer=answer)

    def _leftovers(self) -> list[tuple[Market, OwnOrder]]:
        markets = self._session.markets.values()
        return [(each, order) for each in markets for order in each.orders.working if order.is_adopted]

    # -- for the rest of the engine ------------------------------------------------------------------------

    @property
    def block(self) -> str:
        """Why nothing may be quoted; empty while no answer is waited for."""
        return ASKING if self.is_asking else ""

    def spares(self, market: Market, reason: str) -> bool:
        """Whether the orders of a market stay where they are although it may not quote for a reason."""
        inst_id = market.instrument.inst_id
        if self._session.is_held:
            return True
        if inst_id not in self._adopting:
            return False
        state = self._session.machine.state
        is_trading = state in {TradingState.ACTIVE, TradingState.REDUCING}
        if reason and is_trading and self._session.now_ns < self._adopting_until_ns:
            return True
        self._adopting.discard(inst_id)
        return False
