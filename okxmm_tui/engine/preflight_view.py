"""The checklist of the preflight as the console shows it; reads the session and never changes it."""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.core.params import plain
from okxmm_tui.core.preflight import CheckState, CheckView, PreflightView
from okxmm_tui.core.types import AccountLevel, PositionMode
from okxmm_tui.engine.market import NO_FEES
from okxmm_tui.engine.preflight import EQUAL
from okxmm_tui.engine.reducer import Reducer
from okxmm_tui.engine.session import Session
from okxmm_tui.engine.spot import difference_base, smallest_order

NS_PER_MS = 1_000_000
GOOD, WAITING, DIFFERENT, BAD = CheckState.GOOD, CheckState.WAITING, CheckState.DIFFERENT, CheckState.BAD
LEVELS = {
    AccountLevel.SPOT: "spot mode",
    AccountLevel.FUTURES: "futures mode",
    AccountLevel.MULTI_CURRENCY: "multi-currency margin",
    AccountLevel.PORTFOLIO: "portfolio margin",
}
NOT_READ = "not read yet"


def preflight_view(reducer: Reducer) -> PreflightView:
    """Every line as it stands now, and the differences the last merge found."""
    session, preflight = reducer.session, reducer.reconciler.preflight
    return PreflightView(
        is_asking=preflight.is_asking,
        outcome=preflight.outcome,
        checks=(
            _connection(session),
            _login(session),
            _clock(session),
            _instruments(session),
            _fees(session),
            _account(session),
            _dead_man(reducer),
            _journal(session),
            _agreement(reducer, "order", "orders"),
            _agreement(reducer, "position", "positions"),
            _balances(session),
        ),
        differences=preflight.differences if preflight.outcome != EQUAL else (),
    )


def _connection(session: Session) -> CheckView:
    is_up = session.public_up
    text = "market data connected" if is_up else "connecting to the market data"
    return CheckView("connection", GOOD if is_up else WAITING, text)


def _login(session: Session) -> CheckView:
    is_up = session.private_up
    text = "logged in, orders and account followed" if is_up else "not logged in to the private stream yet"
    return CheckView("login", GOOD if is_up else WAITING, text)


def _clock(session: Session) -> CheckView:
    if session.clock is None:
        return CheckView("clock", WAITING, "not compared with the venue's yet")
    offset_ms = session.clock.offset_ns / NS_PER_MS
    is_near = abs(offset_ms) < session.limits.clock_alarm_ms
    text = f"{offset_ms:+.0f} ms to the venue's, {session.limits.clock_alarm_ms} ms allowed"
    return CheckView("clock", GOOD if is_near else BAD, text)


def _instruments(session: Session) -> CheckView:
    closed = [m.instrument for m in session.markets.values() if not m.instrument.is_tradable]
    if closed:
        return CheckView("instruments", BAD, ", ".join(f"{each.inst_id} is {each.state}" for each in closed))
    return CheckView("instruments", GOOD, f"{', '.join(session.markets)}: live")


def _fees(session: Session) -> CheckView:
    unknown = [inst_id for inst_id, market in session.markets.items() if market.fees is NO_FEES]
    if unknown:
        return CheckView("fees", BAD, f"not known for {', '.join(unknown)}: counted as zero")
    rates = {
        f"maker {plain(each.fees.maker * 10_000)} bps, taker {plain(each.fees.taker * 10_000)} bps"
        for each in session.markets.values()
    }
    return CheckView("fees", GOOD, "; ".join(sorted(rates)))


def _account(session: Session) -> CheckView:
    started = session.started
    sides = "long and short apart" if started.position_mode is PositionMode.LONG_SHORT else "net positions"
    return CheckView("account", GOOD, f"{started.account or 'unnamed'}, {LEVELS[started.level]}, {sides}")


def _dead_man(reducer: Reducer) -> CheckView:
    session, safety, name = reducer.session, reducer.safety, "dead-man's switch"
    if safety.is_dead_man_armed():
        return CheckView(name, GOOD, f"armed, {session.limits.dead_man_timeout_s} s")
    if session.is_held:
        return CheckView(name, WAITING, "armed after the answer: it would cancel leftovers")
    if not session.limits.needs_dead_man:
        return CheckView(name, BAD, "not needed by the settings: a crash leaves every order live")
    return CheckView(name, WAITING, safety.dead_man_problem)


def _journal(session: Session) -> CheckView:
    if session.journal_problem:
        return CheckView("journal", BAD, f"cannot be written: {session.journal_problem}")
    if not session.started.is_journaled:
        return CheckView("journal", BAD, "none is kept")
    carried = [inst_id for inst_id, market in session.markets.items() if market.is_carried_on]
    text = f"carries on {', '.join(carried)}" if carried else "begins anew"
    is_open = session.merged_step is not None and session.recorded_step >= session.merged_step
    return CheckView("journal", GOOD if is_open else WAITING, text)


def _agreement(reducer: Reducer, what: str, name: str) -> CheckView:
    """Orders or positions: equal, different, or not read yet."""
    preflight = reducer.reconciler.preflight
    found = [each for each in preflight.differences if each.what == what]
    if found and preflight.outcome:
        return CheckView(name, GOOD, f"{len(found)} different, settled: {preflight.outcome}")
    if found:
        return CheckView(name, DIFFERENT, f"{len(found)} different, see below")
    is_read = bool(preflight.outcome) or preflight.is_asking
    return CheckView(name, GOOD if is_read else WAITING, "equal" if is_read else NOT_READ)


def _balances(session: Session) -> CheckView:
    """What the venue holds, beside what the books of a spot pair say there should be."""
    if session.taken_over is None:
        return CheckView("balances", WAITING, NOT_READ)
    texts: dict[str, str] = {}
    for market in session.markets.values():
        instrument = market.instrument
        texts.setdefault(instrument.settle_ccy, _cash_text(session, instrument.settle_ccy))
        if market.holding is not None:
            base = instrument.base_ccy
            difference = difference_base(session, market, _cash(session, base))
            agrees = abs(difference) < smallest_order(market)
            text = "equal" if agrees else f"{difference:+,.8g} against the books"
            texts[base] = f"{_cash_text(session, base)} ({text})"
    return CheckView("balances", GOOD, "; ".join(texts.values()))


def _cash(session: Session, ccy: str) -> Decimal:
    balance = session.balances.get(ccy)
    return balance.cash if balance is not None else Decimal(0)


def _cash_text(session: Session, ccy: str) -> str:
    return f"{ccy} {_cash(session, ccy):,.8g}"
