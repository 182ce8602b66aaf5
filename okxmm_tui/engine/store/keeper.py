"""Both journals of a session in one hand: the event log for replay, the tables for people and recovery."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import okxmm_tui
from okxmm_tui.core.account import AccountFacts
from okxmm_tui.core.effects import AnyEffect
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import AnyEvent, JournalState
from okxmm_tui.core.types import Mode
from okxmm_tui.engine.journal import EventLog, log_path, prune
from okxmm_tui.engine.reducer import Reducer
from okxmm_tui.engine.store.recorder import Recorder
from okxmm_tui.engine.store.recovery import Past, read_past
from okxmm_tui.engine.store.writer import Store, open_store
from okxmm_tui.errors import JournalError

NS_PER_DAY = 86_400_000_000_000
_log = logging.getLogger("okxmm.journal")


class Keeper:
    """Keeps the record of one session.

    Args:
        state_dir: Where the journals lie.
        at_ns: Now; part of the name of a damaged file that is put aside.

    Raises:
        JournalError: The journal cannot be used, or was written by a newer version.
    """

    def __init__(self, state_dir: Path, at_ns: int) -> None:
        self._state_dir = state_dir
        self._store: Store = open_store(state_dir, at_ns)
        self._notices = [self._store.notice] if self._store.notice else []
        self._events: EventLog | None = None
        self._recorder: Recorder | None = None
        self._told = JournalState(0)

    def past(self, mode: Mode, account: AccountFacts, instruments: Sequence[Instrument], now_ns: int) -> Past:
        """What earlier sessions left for this one.

        Raises:
            JournalError: The journal could not be read.
        """
        try:
            connection, name = self._store.reader(), account.label
            past = read_past(connection, mode, name, instruments, now_ns, account_id=account.uid)
        except sqlite3.Error as error:
            raise JournalError(
                f"The journal {self._store.path} could not be read: {error}.",
                "Move it away to start without it, or choose another --state-dir.",
            ) from error
        self._notices += past.notices
        return past

    def start(self, reducer: Reducer, now_ns: int, keep_bytes: int, keep_days: float) -> None:
        """Begin with the session's first event; old event logs make room.

        Args:
            reducer: Of the session, before its first step.
            now_ns: Now.
            keep_bytes: Size all event logs together may have, now and with every new segment.
            keep_days: Age at which order events and snapshots leave the tables; 0 keeps them.

        Raises:
            JournalError: The event log could not be opened.
        """
        started = reducer.session.started
        removed = prune(self._state_dir, keep_bytes, started.session_id)
        if removed:
            _log.info("removed %d event log files of old sessions", len(removed))
        self._events = EventLog(log_path(self._state_dir, started.session_id), keep_bytes=keep_bytes)
        self._events.append(now_ns, started, [])
        self._recorder = Recorder(reducer, okxmm_tui.__version__)
        self._store.start(self._recorder.first_rows(), int(keep_days * NS_PER_DAY) or None)

    def take(self, at_ns: int, event: AnyEvent, effects: list[AnyEffect]) -> None:
        """Take the step that has just been applied."""
        if self._events is None or self._recorder is None:
            return
        self._events.append(at_ns, event, effects)
        rows = self._recorder.rows(event, effects)
        if rows:
            self._store.submit(self._recorder.step, rows, at_ns)

    def news(self) -> JournalState | None:
        """How far the journal is, when that differs from what was last told."""
        store, events = self._store, self._events
        problem = store.problem or (events.problem if events is not None else "")
        if store.is_dead or (events is not None and events.is_dead):
            problem = "its writer has ended, see okxmm.log; restart to record again"
        notices = [*self._notices, *([store.replaced] if store.replaced else [])]
        if store.refused_rows:
            notices.append(f"{store.refused_rows} entries were refused by the database, see okxmm.log")
        state = JournalState(
            recorded_step=store.recorded_step,
            problem=problem,
            lost_rows=store.lost_rows + (events.lost_steps if events is not None else 0),
            removed_segments=events.removed_segments if events is not None else 0,
            notice="; ".join(notices),
        )
        if state == self._told:
            return None
        self._told = state
        return state

    def close(self) -> None:
        """Write what is left; both files are whole afterwards."""
        if self._events is not None:
            self._events.close()
        self._store.close()
