"""A past session on disk without an engine: both journals, made from a desk that traded a little."""

from __future__ import annotations

from pathlib import Path

from msgspec import structs

from okxmm_tui.core.commands import Quit, SetParam
from okxmm_tui.core.effects import CancelOrder, PlaceOrder
from okxmm_tui.core.messages import AnyEvent, MarkPrice, SessionStarted
from okxmm_tui.core.types import Mode
from okxmm_tui.engine.journal import EventLog, EventRecord, log_path, read_log
from okxmm_tui.engine.reducer import Reducer
from okxmm_tui.engine.store.recorder import Recorder
from tests.engine.store.desk import D, RecordedDesk, Venue, journal_of
from tests.samples import INST, START_NS

VERSION = "9.9.9"


def traded(**changes: object) -> tuple[RecordedDesk, Venue]:
    """A session of two round trips, a changed parameter and an orderly end."""
    desk, venue = RecordedDesk(mode=Mode.SIM, program=VERSION, **changes), Venue()
    bid, ask = desk.quoting()
    desk.balance("100000")
    desk.feed(MarkPrice(INST, D("60000"), desk.now_ns // 1_000_000))
    desk.execute(venue, bid, "1")
    desk.run(2_000)
    desk.execute(venue, ask, "1")
    desk.command(SetParam(INST, "inventory_skew", D("0.7")))
    desk.run(7_000)
    desk.command(Quit("done"))
    for _ in range(4):
        for effect in desk.taken(CancelOrder)[-2:]:
            if effect.cl_ord_id in {order.cl_ord_id for order in desk.market.orders.working}:
                desk.cancelled(effect.cl_ord_id)
        desk.answer_poll()
        desk.run(500)
    return desk, venue


def write_log(path: Path, inputs: list[tuple[AnyEvent, int]], desk: RecordedDesk) -> None:
    """The event log such a session leaves."""
    started = desk.reducer.session.started
    reducer, log = Reducer(started, START_NS), EventLog(path)
    log.append(START_NS, started, [])
    for event, at_ns in inputs:
        log.append(at_ns, event, list(reducer.apply(event, at_ns)))
    log.close()


def record(folder: Path, started: SessionStarted, at_ns: int, inputs: list[tuple[AnyEvent, int]]) -> None:
    """Both journals of a session that got these events."""
    reducer = Reducer(started, at_ns)
    recorder, log = Recorder(reducer, VERSION), EventLog(log_path(folder, started.session_id))
    rows = recorder.first_rows()
    log.append(at_ns, started, [])
    for event, now_ns in inputs:
        effects = reducer.apply(event, now_ns)
        log.append(now_ns, event, effects)
        rows += recorder.rows(event, effects)
    log.close()
    journal_of(folder, rows).close()


def leave(folder: Path, **changes: object) -> RecordedDesk:
    """Journal and event log of a session, as in a state directory."""
    desk, _ = traded(**changes)
    journal_of(folder, desk.rows).close()
    write_log(log_of(folder, desk), desk.inputs, desk)
    return desk


def log_of(folder: Path, desk: RecordedDesk) -> Path:
    """The event log of a desk's session."""
    return log_path(folder, desk.reducer.session.started.session_id)


def rewrite(path: Path, records: list[EventRecord]) -> None:
    """Put other records in the place of a log."""
    path.unlink()
    log = EventLog(path)
    for record in records:
        log.append(record.at_ns, record.event, list(record.effects))
    log.close()


def tamper(path: Path) -> int:
    """Move one recorded order by a tick; returns the number of the event that sent it."""
    records = list(read_log(path))
    at = next(n for n, record in enumerate(records) if any(isinstance(e, PlaceOrder) for e in record.effects))
    effects = tuple(
        structs.replace(effect, price_ticks=effect.price_ticks + 1)
        if isinstance(effect, PlaceOrder)
        else effect
        for effect in records[at].effects
    )
    records[at] = EventRecord(records[at].at_ns, records[at].event, effects)
    rewrite(path, records)
    return at
