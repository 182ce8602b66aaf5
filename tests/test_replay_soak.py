"""An hour of a session replayed at twenty times its speed, in virtual time: nothing is left running."""

from __future__ import annotations

import asyncio
import threading

from okxmm_tui.core.messages import BookSnapshot, BookUpdate, PublicTrade, Tick
from okxmm_tui.core.types import Side
from okxmm_tui.engine.journal import EventLog, log_path
from okxmm_tui.engine.reducer import Reducer
from okxmm_tui.replay import link as link_module
from okxmm_tui.replay.app import ReplayApp
from okxmm_tui.replay.link import FRAME_S, ReplayLink
from tests.samples import INST, SECOND, START_NS, started

HOUR_S, SPEED = 3_600, 20.0
TICKS_PER_S = 2


def _an_hour(path) -> None:
    """A log of a quiet hour: two ticks, a book update and a trade a second."""
    begun = started()
    reducer, log = Reducer(begun, START_NS), EventLog(path)
    log.append(START_NS, begun, [])

    def step(at_ns, event) -> None:
        log.append(at_ns, event, list(reducer.apply(event, at_ns)))

    step(START_NS + 1, BookSnapshot(INST, ((600_000, 500),), ((600_001, 500),), 1, 0))
    for second in range(HOUR_S):
        at_ns, seq = START_NS + (second + 1) * SECOND, second + 2
        step(at_ns, BookUpdate(INST, ((600_000, 400 + second % 100),), (), seq, at_ns // 1_000_000))
        if second % 5 == 0:
            step(at_ns, PublicTrade(INST, 600_001, 3, Side.BUY, str(second), at_ns // 1_000_000))
        for part in range(TICKS_PER_S):
            step(at_ns + part * SECOND // TICKS_PER_S, Tick(0))
    log.close()


async def test_open_tasks_and_threads_are_flat_over_an_hour(tmp_path, monkeypatch):
    """As many tasks and threads at every tenth of the way, and the hour is played to its end."""
    path = log_path(tmp_path, started().session_id)
    _an_hour(path)
    now_s, frames = 100.0, 0
    seen: list[tuple[int, int]] = []

    async def pass_frame(_: float) -> None:
        nonlocal now_s, frames
        now_s += FRAME_S
        frames += 1
        if frames % 5 == 0:
            app.draw(turn=frames)
        if frames % 180 == 0:
            await asyncio.to_thread(lambda: None)  # a thread that is there for every count
            seen.append((len(asyncio.all_tasks()), threading.active_count()))
        await real_sleep(0)

    real_sleep = asyncio.sleep
    link = ReplayLink(path, speed=SPEED, clock=lambda: now_s)
    app = ReplayApp(link, theme="okxmm-dark")
    monkeypatch.setattr(app, "_tick", lambda: None)
    async with app.run_test(size=(120, 35)):
        monkeypatch.setattr(link_module.asyncio, "sleep", pass_frame)
        while not link.player.is_at_end:
            await real_sleep(0)
        monkeypatch.undo()
    assert len(seen) >= 9
    assert len(set(seen[1:])) == 1, seen
    assert link.player.events > HOUR_S * (1 + TICKS_PER_S)
    assert link.player.is_same
