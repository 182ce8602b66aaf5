"""Changing what is traded with while it trades: parameters, presets, the parameter file, the strategy itself.

A change is checked as a whole and applied as a whole, under a version number that every later order carries.
Taking more risk in demo and live needs the armed state, and a large step towards more risk needs it
everywhere. A change after which a limit trips within ten seconds is taken back by itself, but for values
whose return would take more risk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

from okxmm_tui.core.commands import PreviewParams, SetParam, SetParams, SwitchStrategy, UndoParam
from okxmm_tui.core.market_views import ParamChangeView
from okxmm_tui.core.messages import ParamsRead
from okxmm_tui.core.params import ParamSet, for_instrument, plain
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.session import Session
from okxmm_tui.errors import UsageError
from okxmm_tui.strategies.base import Strategy
from okxmm_tui.strategies.registry import make_strategy

REVERT_WITHIN_NS = 10_000_000_000


class Tuning:
    """Parameters and strategies of all markets; answers are (problem, confirmation), one of them empty."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._recent: dict[str, list[tuple[int, ParamSet, str]]] = {}
        """When, what was before and who changed it, by market, oldest first."""
        self._switching: dict[str, tuple[Strategy, ParamSet]] = {}
        self.on_narrowed: Callable[[Market], None] = lambda market: None
        """Told when the maximum position has become smaller; set by the reducer."""

    def carry_out(
        self, command: SetParam | SetParams | UndoParam | PreviewParams | SwitchStrategy
    ) -> tuple[str, str]:
        """Do what the operator asked for."""
        match command:
            case PreviewParams():
                return self.preview(command)
            case SwitchStrategy():
                return self.switch(command)
            case _:
                return self.change(command)

    # -- parameters ----------------------------------------------------------------------------------

    def change(self, command: SetParam | SetParams | UndoParam) -> tuple[str, str]:
        """Apply a change the operator asked for."""
        market = self._session.markets.get(command.inst_id)
        if market is None:
            return f"{command.inst_id} is not traded in this session", ""
        if under_way := self._under_way(market):
            return under_way, ""
        match command:
            case SetParam(_, name, value, source):
                changed, who = market.params.with_value(name, value), source
            case SetParams(_, values, source):
                changed, who = market.params.with_values(values), source
            case UndoParam():
                changed, who = market.params.undone(), "undo"
        if isinstance(changed, str):
            return changed, ""
        if problem := self._arming_problem(market, changed, is_undo=who == "undo"):
            return problem, ""
        return "", self._apply(market, changed, who)

    def preview(self, command: PreviewParams) -> tuple[str, str]:
        """Show quotes with other values without trading on them."""
        market = self._session.markets.get(command.inst_id)
        if market is None:
            return f"{command.inst_id} is not traded in this session", ""
        if not command.values:
            market.preview = None
            return "", "preview ended"
        changed = market.params.with_values(command.values)
        if isinstance(changed, str):
            return changed, ""
        market.preview = changed
        return "", "preview"

    def on_file(self, event: ParamsRead) -> None:
        """Take the parameter file over, for every market, all or none; else the old values trade on."""
        session = self._session
        changed = event.problem or self._checked(event.values)
        if isinstance(changed, str):
            session.raise_alarm(
                "param-file", Severity.WARNING, f"parameter file refused, the old values stay: {changed}"
            )
            return
        session.clear_alarm("param-file", "the parameter file is good again")
        for inst_id, params in changed.items():
            market = session.markets[inst_id]
            if params.differences(market.params):
                self._apply(market, params, "file")

    def _checked(self, values: Mapping[str, str]) -> dict[str, ParamSet] | str:
        changed: dict[str, ParamSet] = {}
        for inst_id, market in self._session.markets.items():
            if under_way := self._under_way(market):
                return under_way
            read = _parsed(values, market.params)
            if isinstance(read, str):
                return read
            if problem := self._arming_problem(market, read):
                return f"{problem}, then save the file again"
            changed[inst_id] = read
        return changed

    def limit_tripped(self, market: Market, what: str) -> None:
        """Take the changes of the last ten seconds back: they may be why the limit tripped."""
        recent = self._recent.pop(market.instrument.inst_id, ())
        first = next((each for each in recent if self._session.now_ns - each[0] <= REVERT_WITHIN_NS), None)
        if first is None:
            return
        _, before, who = first
        reverted = market.params.with_values(market.params.returns(before))
        if not isinstance(reverted, str) and reverted.differences(market.params):
            self._session.report(
                "param",
                Severity.WARNING,
                f"{market.instrument.inst_id}: {what} within 10 s of a change by {who}; taking it back",
            )
            self._apply(market, reverted, "revert")
            del self._recent[market.instrument.inst_id]

    def _arming_problem(self, market: Market, changed: ParamSet, *, is_undo: bool = False) -> str:
        session, percent = self._session, self._session.limits.max_change_percent
        if session.machine.is_armed(session.now_ns):
            return ""
        # What is undone stood before: the way back is no slip of the finger, however long it is.
        if not is_undo and (leaps := changed.leaps(market.params, percent)):
            return f"{', '.join(leaps)} by more than {percent:f} % towards more risk: press a to arm first"
        if session.is_money_real and (riskier := changed.raises_risk(market.params)):
            mode = session.started.mode.value
            return f"{', '.join(riskier)} would take more risk; in {mode} press a to arm first"
        return ""

    def _apply(self, market: Market, changed: ParamSet, who: str) -> str:
        session, before, most_lots = self._session, market.params, market.max_position_lots
        if changed.leaps(before, session.limits.max_change_percent) or (
            session.is_money_real and changed.raises_risk(before)
        ):
            session.machine.disarm()
        recent = self._recent.setdefault(market.instrument.inst_id, [])
        recent[:] = [each for each in recent if session.now_ns - each[0] <= REVERT_WITHIN_NS]
        recent.append((session.now_ns, before, who))
        market.params = changed
        if market.max_position_lots < most_lots:
            self.on_narrowed(market)
        market.preview = None
        market.strategy_problem = ""
        market.hurry()
        text = _difference_text(changed, before) or "no change"
        self._tell(market, text, who)
        return text

    def _tell(self, market: Market, text: str, who: str) -> None:
        """Have a change that counts from now on journaled and shown: what, by whom, under which version."""
        now_ns, version, inst_id = self._session.now_ns, market.params.version, market.instrument.inst_id
        market.param_changes.append(ParamChangeView(now_ns, who, market.strategy.name, text, version))
        self._session.report(
            "param",
            Severity.INFO,
            f"{inst_id}: {text} by {who} (version {version})",
            inst_id=inst_id,
            source=who,
            version=version,
        )

    # -- strategies ------------------------------------------------------------------------------------

    def switch(self, command: SwitchStrategy) -> tuple[str, str]:
        """Begin to change the strategy of a market; its quotes are pulled first.

        Values the operator has chosen go with him; what was left at its default becomes the new strategy's.
        """
        session = self._session
        market = session.markets.get(command.inst_id)
        if market is None:
            return f"{command.inst_id} is not traded in this session", ""
        if session.is_money_real and not session.machine.is_armed(session.now_ns):
            mode = session.started.mode.value
            return f"another strategy may take more risk; in {mode} press a to arm first", ""
        try:
            strategy = make_strategy(command.name)
        except UsageError as error:
            return str(error), ""
        specs = for_instrument(strategy.specs, market.instrument)
        chosen = market.params.chosen()
        shared = {
            spec.name: chosen[spec.name]
            for spec in specs
            if spec.name in chosen and not spec.problem(chosen[spec.name])
        }
        params = ParamSet.from_specs(specs, {**shared, **command.values})
        if isinstance(params, str):
            return params, ""
        session.machine.disarm()
        self._switching[command.inst_id] = (strategy, params)
        market.hurry()
        return "", f"pulling quotes, then {command.name}"

    def _under_way(self, market: Market) -> str:
        """Say that a switch waits, whose values are settled: what changed the old ones now would be lost."""
        waiting = self._switching.get(market.instrument.inst_id)
        return f"switching to {waiting[0].name}" if waiting is not None else ""

    def block(self, market: Market) -> str:
        """Why a market may not quote for the sake of a switch; completes it once no order is left."""
        waiting = self._switching.get(market.instrument.inst_id)
        if waiting is None:
            return ""
        if market.orders.working:
            return self._under_way(market)
        strategy, params = self._switching.pop(market.instrument.inst_id)
        before, version = market.strategy.name, market.params.version + 1
        market.change_strategy(strategy, params, version)
        self._recent.pop(market.instrument.inst_id, None)
        values = ", ".join(f"{name} {plain(value)}" for name, value in params.values.items())
        self._tell(market, f"strategy {before} -> {strategy.name}: {values}", "command")
        return ""


def _parsed(values: Mapping[str, str], before: ParamSet) -> ParamSet | str:
    parsed: dict[str, Decimal] = {}
    for name, text in values.items():
        try:
            parsed[name] = Decimal(text)
        except InvalidOperation:
            return f"{name} was {text!r}; it must be a number"
    return before.with_values(parsed)


def _difference_text(changed: ParamSet, before: ParamSet) -> str:
    return ", ".join(
        f"{name} {plain(old) if old is not None else 'none'} -> {plain(new)}"
        for name, (old, new) in changed.differences(before).items()
    )
