"""What an operator may ask, and the answer. Lowering risk never needs arming; raising it does."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from okxmm_tui.core.commands import (
    LONGEST_PAUSE_S,
    AcknowledgeAlarms,
    AnswerPreflight,
    AnyCommand,
    Arm,
    CancelOne,
    Disarm,
    FlattenPositions,
    Kill,
    MoveOrder,
    MuteSide,
    Note,
    Pause,
    PlaceManual,
    PreviewParams,
    Quit,
    Reduce,
    Resume,
    SetLimit,
    SetParam,
    SetParams,
    StopFlatten,
    SwitchStrategy,
    UndoParam,
    Widen,
)
from okxmm_tui.core.limits import changed, raises_risk
from okxmm_tui.core.messages import OperatorCommand
from okxmm_tui.core.preflight import PreflightAnswer
from okxmm_tui.core.trading_state import Act, TradingState
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.execution import Execution
from okxmm_tui.engine.flatten import Flatten
from okxmm_tui.engine.manual import Manual
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.preflight import Preflight
from okxmm_tui.engine.refusals import Refusals
from okxmm_tui.engine.safety import Safety
from okxmm_tui.engine.session import Session
from okxmm_tui.engine.tuning import Tuning

PAUSED_BY_HAND = "paused by the operator"
NS_PER_S = 1_000_000_000
OPERATOR_CANCEL_WAIT_NS = 5_000_000_000
"""A side whose order the operator cancelled by hand stays empty this long."""


class Commands:
    """Carries out operator commands and replies to each of them."""

    def __init__(
        self,
        session: Session,
        execution: Execution,
        *,
        safety: Safety,
        tuning: Tuning,
        flatten: Flatten,
        refusals: Refusals,
        preflight: Preflight,
    ) -> None:
        self._session = session
        self._execution = execution
        self._safety = safety
        self._tuning = tuning
        self._flatten = flatten
        self._manual = Manual(session, execution)
        self._refusals = refusals
        self._preflight = preflight

    def on_command(self, event: OperatorCommand) -> None:
        """Carry out one command."""
        problem, text = self._carry_out(event.command)
        self._session.reply(event.client, event.command_id, ok=not problem, text=problem or text)

    def _carry_out(self, command: AnyCommand) -> tuple[str, str]:
        """Return (problem, confirmation); exactly one of them is empty."""
        match command:
            case Kill() | Quit() | Pause() | Resume() | Reduce() | Arm() | Disarm():
                return self._trading(command)
            case SetParam() | SetParams() | UndoParam() | PreviewParams() | SwitchStrategy():
                return self._tuning.carry_out(command)
            case MuteSide():
                return self._mute(command)
            case Widen() | FlattenPositions() | StopFlatten() | SetLimit():
                return self._risk(command)
            case CancelOne():
                return self._cancel_one(command)
            case PlaceManual() | MoveOrder():
                return self._manual.carry_out(command)
            case AnswerPreflight(answer):
                return self._answer_preflight(answer)
            case AcknowledgeAlarms():
                return self._acknowledge()
            case Note():
                return self._note(command)

    def _note(self, note: Note) -> tuple[str, str]:
        if problem := note.problem:
            return problem, ""
        self._session.report("note", Severity.INFO, f"note: {note.text}")
        return "", "noted"

    def _answer_preflight(self, answer: PreflightAnswer) -> tuple[str, str]:
        if self._safety.is_quitting:
            return "the engine is quitting", ""
        return self._preflight.answer(answer)

    def _trading(self, command: Kill | Quit | Pause | Resume | Reduce | Arm | Disarm) -> tuple[str, str]:
        match command:
            case Kill(reason):
                self._safety.kill(reason)
                return "", "HALTED; the kill panel shows the proof"
            case Quit(reason):
                self._safety.quit(reason)
                return "", "quitting; proving that every order is gone"
            case Pause(for_s):
                return self._pause(for_s)
            case Reduce():
                return self._change_state(Act.REDUCE, "reducing, by the operator")
            case Resume():
                return self._resume("resumed by the operator")
            case Arm():
                self._session.machine.arm(self._session.now_ns)
                self._session.notice("armed for 10 s by the operator")
                return "", "armed for 10 s"
            case Disarm():
                self._session.machine.disarm()
                self._session.notice("disarmed by the operator")
                return "", "disarmed"

    def _change_state(self, act: Act, reason: str) -> tuple[str, str]:
        machine = self._session.machine
        before = machine.state
        if problem := machine.act(act, reason, self._session.now_ns):
            return problem, ""
        if before is TradingState.HALTED and machine.state is TradingState.HALTED:
            return "HALTED is latched: press a to arm, then r within 10 s", ""
        if act is Act.REDUCE and machine.state is TradingState.PAUSED:
            return "PAUSED sends nothing at all; resume first, then reduce", ""
        if machine.state is not before:
            self._session.report(
                "state", Severity.INFO, f"{machine.state}: {reason}", state=machine.state, reason=reason
            )
        for market in self._session.markets.values():
            market.hurry()
        return "", f"{machine.state}"

    def _pause(self, for_s: int) -> tuple[str, str]:
        if not for_s:
            return self._change_state(Act.PAUSE, PAUSED_BY_HAND)
        machine, now_ns = self._session.machine, self._session.now_ns
        if not 0 < for_s <= LONGEST_PAUSE_S:
            return f"a pause of {for_s} s is none; 1 s to {LONGEST_PAUSE_S} s", ""
        is_ours = machine.resumes_ns is not None or machine.reason == PAUSED_BY_HAND
        if machine.state is TradingState.PAUSED and not is_ours:
            return f"PAUSED already, and not by a time: {machine.reason}", ""
        ends_ns = now_ns + for_s * NS_PER_S
        ends = datetime.fromtimestamp(ends_ns // NS_PER_S, UTC).strftime("%H:%M:%S")
        problem, text = self._change_state(Act.PAUSE, f"paused until {ends}Z by the operator")
        if not problem:
            machine.resumes_ns = ends_ns
        return problem, text

    def on_tick(self) -> None:
        """End a pause whose time is over, unless something critical stands that nobody has seen."""
        session, machine = self._session, self._session.machine
        if machine.resumes_ns is None or session.now_ns < machine.resumes_ns:
            return
        unseen = session.alarms.has_unseen(Severity.CRITICAL)
        problem = "a critical alarm is unseen" if unseen else self._resume("the pause is over")[0]
        if problem:
            session.pause(f"its time is over, but {problem}", Severity.WARNING)
        elif machine.reduced_for:
            self._change_state(Act.REDUCE, machine.reduced_for)

    def _resume(self, reason: str) -> tuple[str, str]:
        run = self._safety.kill_run
        if self._safety.is_quitting:
            return "the engine is quitting", ""
        if run is not None and not run.is_proven:
            return "orders are not proven gone yet; resume when they are", ""
        if self._flatten.is_running:
            return "positions are being closed; wait, or call that off first", ""
        was_halted = self._session.machine.state is TradingState.HALTED
        problem, text = self._change_state(Act.RESUME, reason)
        if not problem:
            for market in self._session.markets.values():
                market.strategy_problem = ""
            self._refusals.on_resumed()
            if was_halted:
                self._safety.on_resumed()
        return problem, text

    def _market(self, inst_id: str) -> Market | None:
        return self._session.markets.get(inst_id)

    def _risk(self, command: Widen | FlattenPositions | StopFlatten | SetLimit) -> tuple[str, str]:
        session = self._session
        match command:
            case Widen(is_on):
                session.is_widened = is_on
                for market in session.markets.values():
                    market.hurry()
                distance = "twice the" if is_on else "the usual"
                session.notice(f"quoting at {distance} distance by the operator")
                return "", "widened" if is_on else "usual distance"
            case FlattenPositions(inst_id):
                return self._flatten_positions(inst_id)
            case StopFlatten():
                return self._flatten.stop("called off by the operator")
            case SetLimit(name, value):
                return self._set_limit(name, value)

    def _flatten_positions(self, inst_id: str) -> tuple[str, str]:
        session = self._session
        if not session.machine.is_armed(session.now_ns):
            return "closing positions needs the armed state: press a first", ""
        problem, text = self._flatten.start(inst_id)
        if not problem:
            session.machine.disarm()
            self._safety.kill("flatten by the operator")
        return problem, text

    def _set_limit(self, name: str, value: Decimal) -> tuple[str, str]:
        session, before = self._session, self._session.limits
        after = changed(before, name, value)
        if isinstance(after, str):
            return after, ""
        if raises_risk(before, after, name):
            if not session.machine.is_armed(session.now_ns):
                return f"{name} {value} takes more risk: press a to arm first", ""
            session.machine.disarm()
        session.limits = after
        text = f"limit {name} {getattr(before, name)} -> {getattr(after, name)}"
        session.report("limit", Severity.WARNING, f"{text} by the operator", name=name, value=str(value))
        for market in session.markets.values():
            self._execution.alignment.recheck(market)
            market.hurry()
        return "", text

    def _acknowledge(self) -> tuple[str, str]:
        count = self._session.alarms.acknowledge_all()
        text = "1 alarm marked as seen" if count == 1 else f"{count} alarms marked as seen"
        if count:
            self._session.notice(f"{text} by the operator")
        return "", text

    def _mute(self, command: MuteSide) -> tuple[str, str]:
        market = self._market(command.inst_id)
        if market is None:
            return f"{command.inst_id} is not traded in this session", ""
        market.sides[command.side].is_muted = command.is_muted
        market.hurry()
        text = f"{command.side} side {'muted' if command.is_muted else 'quoting again'}"
        self._session.notice(f"{command.inst_id}: {text} by the operator")
        return "", text

    def _cancel_one(self, command: CancelOne) -> tuple[str, str]:
        market = self._market(command.inst_id)
        order = market.orders.get(command.cl_ord_id) if market else None
        if market is None or order is None or order.is_done:
            return "that order is not working any more", ""
        self._execution.cancel(order, "cancelled by the operator")
        if order.is_manual:
            return "", "cancel sent"
        side = market.sides[order.side]
        side.place_after_ns = self._session.now_ns + OPERATOR_CANCEL_WAIT_NS
        side.say("cancelled by the operator", self._session.now_ns)
        return "", "cancel sent"
