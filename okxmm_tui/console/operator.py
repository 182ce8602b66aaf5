"""What the operator's keys mean: checks that need no engine, then a command; no screen in here."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from okxmm_tui.console.pending import Change
from okxmm_tui.console.port import ConsoleLink
from okxmm_tui.console.state import ConsoleState
from okxmm_tui.core.commands import (
    LONGEST_PAUSE_S,
    AcknowledgeAlarms,
    AnswerPreflight,
    AnyCommand,
    Arm,
    CancelOne,
    Disarm,
    Note,
    Pause,
    Quit,
    Resume,
    SetParam,
    UndoParam,
)
from okxmm_tui.core.market_views import MarketView, OrderView, ParamView
from okxmm_tui.core.params import plain
from okxmm_tui.core.preflight import PreflightAnswer
from okxmm_tui.core.snapshot import CommandReply, Snapshot
from okxmm_tui.errors import LinkError

LIVE_PHRASE = "trade live"
ARM_SHOWN_WITHIN_NS = 1_000_000_000
"""Within this the engine's picture shows an arming; from then on the picture alone counts."""


class Operator:
    """Turns keys into commands, and replies into words."""

    def __init__(self, link: ConsoleLink, state: ConsoleState) -> None:
        self._link = link
        self._state = state
        self._asked: dict[int, str] = {}
        self._quiet: set[int] = set()
        self._armed_sent_ns: int | None = None

    # -- quoting ----------------------------------------------------------------------------------

    def pause_or_resume(self) -> None:
        """Pause when quoting, resume when paused; never out of HALTED."""
        if not self._may_send("pause"):
            return
        match self._trading_state():
            case "ACTIVE" | "REDUCING":
                self.send(Pause(), "pause")
            case "PAUSED":
                self.send(Resume(), "resume")
            case "HALTED":
                arm, resume = self._state.keymap.text("arm"), self._state.keymap.text("resume")
                self._state.say(f"HALTED is latched: press {arm} to arm, then {resume} to resume", "alarm-2")
            case _:
                self._state.say("no engine yet")

    def pause_for(self, typed: str) -> str:
        """Pause for a typed number of minutes; returns what is wrong with it, or nothing."""
        try:
            seconds = round(Decimal(typed) * 60)
        except (InvalidOperation, ValueError, OverflowError):
            return f"{typed!r} is no number of minutes"
        if not 0 < seconds <= LONGEST_PAUSE_S:
            return f"a pause lasts from a second to {LONGEST_PAUSE_S // 3_600} hours"
        self.send(Pause(seconds), "pause")
        return ""

    def note(self, typed: str) -> str:
        """Write a line into the journal; returns what is wrong with it, or nothing."""
        note = Note(typed)
        if not note.problem:
            self.send(note, "note")
        return note.problem

    def arm_or_disarm(self) -> None:
        """Arm; take it back when armed."""
        if self.is_armed:
            self._armed_sent_ns = None
            self.send(Disarm(), "disarm")
        elif self.send(Arm(), "arm"):
            self._armed_sent_ns = self._state.clock()

    def resume(self) -> None:
        """Quote again; HALTED needs arming first."""
        if not self._may_send("resume"):
            return
        if self._trading_state() == "HALTED" and not self.is_armed:
            arm, resume = self._state.keymap.text("arm"), self._state.keymap.text("resume")
            self._state.say(f"HALTED: press {arm} to arm first, then {resume} within ten seconds", "alarm-2")
        elif self._trading_state() == "ACTIVE":
            self._state.say("already ACTIVE")
        elif self.send(Resume(), "resume"):
            self._armed_sent_ns = None

    def go_live(self) -> None:
        """The phrase was typed: arm and resume in one go."""
        if self.send(Arm(), "arm"):
            self.send(Resume(), "resume")

    def answer_preflight(self, answer: PreflightAnswer) -> None:
        """Say what to do about differences found before the first quote, while that is asked."""
        preflight = self._state.snapshot.preflight if self._state.snapshot is not None else None
        if preflight is None or not preflight.is_asking:
            self._state.say("preflight asks nothing at the moment")
        else:
            self.send(AnswerPreflight(answer), answer)

    def cancel(self, market: MarketView | None, order: OrderView | None) -> None:
        """Cancel one order of a market."""
        if order is None or market is None:
            self._state.say("no order to cancel")
            return
        name = f"cancel {order.side.value} {market.instrument.price_text(order.price_ticks)}"
        self.send(CancelOne(market.instrument.inst_id, order.cl_ord_id), name)

    def acknowledge(self) -> None:
        """Mark alarms as seen."""
        self.send(AcknowledgeAlarms(), "mark alarms as seen")

    # -- parameters ---------------------------------------------------------------------------------

    def nudge(self, lever: str, steps: int) -> None:
        """Move the parameter behind a lever some steps on from what was last asked for."""
        market = self._state.market
        param = next((each for each in market.params if each.lever == lever), None) if market else None
        if param is None:
            self._state.say(f"this strategy has no {lever}")
            return
        value, bound = self._state.pending.nudged(param, steps)
        if value == self._state.pending.current(param):
            self._state.say(bound, "alarm-2")
            return
        if self._set(param, value):
            self._state.say(bound or self._change_text(param, value), "alarm-2" if bound else "armed")

    def set_typed(self, name: str, text: str) -> str:
        """Set a parameter from typed text; returns what is wrong with it, or nothing."""
        value, param = self.parsed(name, text), self.param(name)
        if isinstance(value, str) or param is None:
            return str(value)
        if self._set(param, value):
            self._state.say(self._change_text(param, value), "armed")
        return ""

    def parsed(self, name: str, text: str) -> Decimal | str:
        """A typed value of a parameter, or what is wrong with it."""
        param = self.param(name)
        if param is None:
            return f"{name or 'the name'} is no parameter of this strategy"
        try:
            value = Decimal(text)
        except ArithmeticError:
            return f"{text!r} is no number"
        if not value.is_finite() or not param.minimum <= value <= param.maximum:
            most = f"{plain(param.maximum)} {param.unit}".rstrip()
            return f"{name} must lie between {plain(param.minimum)} and {most}"
        return value

    def undo(self) -> None:
        """Take the last parameter change back."""
        market = self._state.market
        if market is not None and self.send(UndoParam(market.instrument.inst_id), "undo"):
            self._state.pending.forget()

    def param(self, name: str) -> ParamView | None:
        """A parameter of the market in focus."""
        market = self._state.market
        return next((param for param in market.params if param.name == name), None) if market else None

    def _set(self, param: ParamView, value: Decimal) -> bool:
        market = self._state.market
        if market is None:
            return False
        command_id = self.send(SetParam(market.instrument.inst_id, param.name, value), f"set {param.name}")
        if command_id is None:
            return False
        change = Change(value, command_id, self._state.clock(), market.params_version)
        self._state.pending.ask(param.name, change)
        return True

    @staticmethod
    def _change_text(param: ParamView, value: Decimal) -> str:
        return f"{f'{param.label} {plain(param.value)} → {plain(value)} {param.unit}'.rstrip()}, asked for"

    # -- leaving ------------------------------------------------------------------------------------

    def quit(self, reason: str) -> bool:
        """Ask the engine for a safe quit, once; True if it was asked now."""
        if self._state.is_quitting:
            self._state.say("already quitting: waiting for proof that every order is gone", "armed")
            return False
        if self.send(Quit(reason), "quit") is None:
            return False
        self._state.is_quitting = True
        self._state.say("quitting safely: pulling every order, then proving it", "armed")
        return True

    # -- replies ------------------------------------------------------------------------------------

    def on_reply(self, reply: CommandReply) -> None:
        """Say what the engine answered."""
        name = self._asked.pop(reply.command_id, "command")
        is_quiet = reply.command_id in self._quiet
        self._quiet.discard(reply.command_id)
        self._state.pending.answer(reply, self._state.clock())
        if name == "quit" and not reply.ok:
            self._state.is_quitting = False
        if not reply.ok:
            self._state.say(f"{name} refused: {reply.text}", "alarm-1")
        elif reply.text and not is_quiet:
            self._state.say(reply.text, "gain")

    # -- within -------------------------------------------------------------------------------------

    def send(self, command: AnyCommand, name: str, *, is_quiet: bool = False) -> int | None:
        """Send a command; returns its id, or None after saying why it was not sent.

        Args:
            command: What the engine shall do.
            name: How answers to it are called.
            is_quiet: Whether a plain confirmation is not worth a message.
        """
        if not self._may_send(name):
            return None
        try:
            command_id = self._link.send(command)
        except (LinkError, OSError) as error:
            self._state.say(f"{name} was not sent: {error}", "alarm-1")
            return None
        self._asked[command_id] = name
        if is_quiet:
            self._quiet.add(command_id)
        return command_id

    def _may_send(self, name: str) -> bool:
        """Whether there is an engine that would take a command from here; says so where there is none."""
        if self._state.is_read_only:
            self._state.say(f"read-only: {name} is not sent", "alarm-2")
        elif self._state.is_engine_gone:
            self._state.say(f"the engine is gone: {name} was not sent", "alarm-1")
        else:
            return True
        return False

    def _trading_state(self) -> str:
        return self._state.snapshot.trading_state if self._state.snapshot else ""

    @property
    def is_armed(self) -> bool:
        """Whether an arming is good, or on its way."""
        now = self._state.clock()
        shown = self._state.snapshot.armed_until_ns if self._state.snapshot else None
        # The next snapshot is up to 100 ms away; `a` and `r` in quick succession must still work. Not for
        # longer: whatever used the arming up or took it back, the next `a` must arm again.
        is_sent = self._armed_sent_ns is not None and now - self._armed_sent_ns < ARM_SHOWN_WITHIN_NS
        return is_sent or (shown is not None and shown > now)


def needs_phrase(snapshot: Snapshot | None) -> bool:
    """Whether real money waits for its typed phrase."""
    return snapshot is not None and snapshot.needs_phrase
