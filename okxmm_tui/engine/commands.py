"""What an operator may ask, and the answer. Lowering risk never needs arming; raising it does."""

from __future__ import annotations

from okxmm_tui.core.commands import (
    AcknowledgeAlarms,
    AnyCommand,
    Arm,
    CancelOne,
    Disarm,
    Kill,
    Pause,
    Quit,
    Resume,
    SetParam,
    UndoParam,
)
from okxmm_tui.core.messages import OperatorCommand
from okxmm_tui.core.params import ParamSet, plain
from okxmm_tui.core.trading_state import Act, TradingState
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.execution import Execution
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.refusals import Refusals
from okxmm_tui.engine.safety import Safety
from okxmm_tui.engine.session import Session

OPERATOR_CANCEL_WAIT_NS = 5_000_000_000
"""A side whose order the operator cancelled by hand stays empty this long."""


class Commands:
    """Carries out operator commands and replies to each of them."""

    def __init__(self, session: Session, execution: Execution, safety: Safety, refusals: Refusals) -> None:
        self._session = session
        self._execution = execution
        self._safety = safety
        self._refusals = refusals

    def on_command(self, event: OperatorCommand) -> None:
        """Carry out one command."""
        problem, text = self._carry_out(event.command)
        self._session.reply(event.client, event.command_id, ok=not problem, text=problem or text)

    def _carry_out(self, command: AnyCommand) -> tuple[str, str]:
        """Return (problem, confirmation); exactly one of them is empty."""
        match command:
            case Kill(reason):
                self._safety.kill(reason)
                return "", "HALTED; proving that every order is gone"
            case Quit(reason):
                self._safety.quit(reason)
                return "", "quitting; proving that every order is gone"
            case Pause():
                return self._change_state(Act.PAUSE, "paused by the operator")
            case Resume():
                return self._resume()
            case Arm():
                self._session.machine.arm(self._session.now_ns)
                return "", "armed for 10 s"
            case Disarm():
                self._session.machine.disarm()
                return "", "disarmed"
            case AcknowledgeAlarms():
                return "", f"{self._session.alarms.acknowledge_all()} alarms acknowledged"
            case SetParam() | UndoParam():
                return self._param(command)
            case CancelOne():
                return self._cancel_one(command)

    def _change_state(self, act: Act, reason: str) -> tuple[str, str]:
        machine = self._session.machine
        before = machine.state
        if problem := machine.act(act, reason, self._session.now_ns):
            return problem, ""
        if before is TradingState.HALTED and machine.state is TradingState.HALTED:
            return "HALTED is latched: press a to arm, then r within 10 s", ""
        if machine.state is not before:
            self._session.report(
                "state", Severity.INFO, f"{machine.state}: {reason}", state=machine.state, reason=reason
            )
        for market in self._session.markets.values():
            market.hurry()
        return "", f"{machine.state}"

    def _resume(self) -> tuple[str, str]:
        run = self._safety.kill_run
        if self._safety.is_quitting:
            return "the engine is quitting", ""
        if run is not None and not run.is_proven:
            return "orders are not proven gone yet; resume when they are", ""
        was_halted = self._session.machine.state is TradingState.HALTED
        problem, text = self._change_state(Act.RESUME, "resumed by the operator")
        if not problem:
            for market in self._session.markets.values():
                market.strategy_problem = ""
            self._refusals.on_resumed()
            if was_halted:
                self._safety.on_resumed()
        return problem, text

    def _market(self, inst_id: str) -> Market | None:
        return self._session.markets.get(inst_id)

    def _param(self, command: SetParam | UndoParam) -> tuple[str, str]:
        market = self._market(command.inst_id)
        if market is None:
            return f"{command.inst_id} is not traded in this session", ""
        before = market.params
        match command:
            case SetParam(_, name, value):
                changed = before.with_value(name, value)
            case UndoParam():
                changed = before.undone()
        if isinstance(changed, str):
            return changed, ""
        market.params = changed
        market.strategy_problem = ""
        market.hurry()
        return "", self._say_change(market, before, changed)

    def _say_change(self, market: Market, before: ParamSet, after: ParamSet) -> str:
        names = [name for name, value in after.values.items() if before[name] != value]
        text = ", ".join(f"{name} {plain(before[name])} -> {plain(after[name])}" for name in names)
        text = text or "no change"
        self._session.report(
            "param",
            Severity.INFO,
            f"{market.instrument.inst_id}: {text} (version {after.version})",
            inst_id=market.instrument.inst_id,
            version=after.version,
        )
        return text

    def _cancel_one(self, command: CancelOne) -> tuple[str, str]:
        market = self._market(command.inst_id)
        order = market.orders.get(command.cl_ord_id) if market else None
        if market is None or order is None or order.is_done:
            return "that order is not working any more", ""
        self._execution.cancel(order, "cancelled by the operator")
        side = market.sides[order.side]
        side.place_after_ns = self._session.now_ns + OPERATOR_CANCEL_WAIT_NS
        side.say("cancelled by the operator", self._session.now_ns)
        return "", "cancel sent"
