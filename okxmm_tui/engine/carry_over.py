"""Takes up what earlier sessions left: books, the day's figures, and where reading at the venue goes on."""

from __future__ import annotations

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.ledger import Ledger
from okxmm_tui.core.messages import SessionStarted
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.loss_limits import DAY_NS, LossLimits
from okxmm_tui.engine.reconcile import Reconciler
from okxmm_tui.engine.session import Session


def carried_ledger(started: SessionStarted, instrument: Instrument) -> Ledger | None:
    """Books of an instrument that go on where they were saved; None where it begins anew."""
    saved = started.restored.market(instrument.inst_id) if started.restored is not None else None
    return Ledger.from_state(instrument, saved.ledger) if saved is not None else None


def carry_over(session: Session, reconciler: Reconciler, limits: LossLimits) -> None:
    """Set everything else that outlives a session; called once, before the first event."""
    restored = session.started.restored
    if restored is None:
        return
    for saved in restored.markets:
        market = session.markets.get(saved.ledger.inst_id)
        if market is None:
            continue
        market.carried_to_ms = saved.complete_to_ms
        if market.has_sides:
            market.side_positions.adopt(saved.long_lots, saved.short_lots)
        if market.holding is not None and saved.base_change is not None:
            market.holding.base_change, market.holding.quote_change = saved.base_change, saved.quote_change
            session.taken_over = {
                **(session.taken_over or {}), market.instrument.base_ccy: saved.taken_base,
            }  # fmt: skip
    if restored.day is not None and restored.day.day_number == session.now_ns // DAY_NS:
        limits.restore_day(restored.day.settled_quote, restored.day.high_quote)
    if halted := restored.halted:
        # In the words of the kill itself, so that the next session finds it too.
        session.report("state", Severity.CRITICAL, f"HALTED: {halted}", state="HALTED", reason=halted)
        session.notice(
            "an earlier session was killed and nobody resumed: press a to arm, then r, in a console"
        )
    _read_on(session, reconciler)


def _read_on(session: Session, reconciler: Reconciler) -> None:
    """Begin reading where all saved markets are complete to."""
    restored = session.started.restored
    if restored is None or not restored.markets:
        return
    since_ms = min(each.complete_to_ms for each in restored.markets)
    seen = {bill_id: None for each in restored.markets for bill_id in each.seen_bills}
    reconciler.catch_up(min(since_ms, reconciler.complete_to_ms), tuple(seen))
