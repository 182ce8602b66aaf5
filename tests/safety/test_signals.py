"""Signals and sudden death, with real processes and the exchange's own ledger as witness."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess

import msgspec
import pytest

from okxmm_tui.core.messages import SessionStarted
from okxmm_tui.core.snapshot import Snapshot
from okxmm_tui.engine.journal import read_log
from okxmm_tui.engine.link import EngineLink, socket_path
from okxmm_tui.engine.reducer import Reducer
from tests.pipes import fill_up
from tests.safety.session import Console, Headless, Session, until

QUICK = {"OKXMM_RISK__DEAD_MAN_TIMEOUT_S": "10", "OKXMM_RISK__KILL_DEADLINE_MS": "2000"}


@pytest.fixture
def headless(tmp_path):
    """A headless session that is quoting."""
    session = Headless(tmp_path, environment=QUICK).start()
    try:
        session.wait_for_quotes()
        yield session
    finally:
        session.stop_everything()


@pytest.fixture
def console(tmp_path):
    """A console session that is quoting."""
    session = Console(tmp_path, environment={**QUICK, "OKXMM_RISK__CONSOLE_GRACE_MS": "1000"}).start()
    try:
        session.wait_for_quotes()
        yield session
    finally:
        session.stop_everything()


async def _look(session: Session) -> Snapshot:
    link = await EngineLink.connect(socket_path(session.state_dir), "witness")
    async for message in link.messages():
        if isinstance(message, Snapshot):
            link.close()
            return message
    raise AssertionError("the engine ended")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_to_the_engine_proves_and_exits_clean(headless, number):
    """Orders proven gone, exit 0."""
    headless.process.send_signal(number)
    assert headless.finish() == 0
    assert headless.of_kind("kill")
    assert headless.of_kind("summary")[0]["proven"] is True


def test_a_signal_with_a_frozen_exchange_exits_unproven(headless):
    """No answer, no proof: exit 75 and a summary that says so."""
    headless.fault(fault="freeze", seconds=None)
    headless.process.send_signal(signal.SIGTERM)
    assert headless.finish() == 75
    assert headless.of_kind("summary")[0]["proven"] is False


def test_sigusr1_kills_and_stays(headless):
    """Halted and proven, while the process goes on."""
    headless.process.send_signal(signal.SIGUSR1)
    until(lambda: headless.of_kind("kill"), "the proof")
    assert headless.live_orders() == []
    assert headless.process.poll() is None
    headless.process.send_signal(signal.SIGTERM)
    assert headless.finish() == 0


def test_a_killed_engine_leaves_its_orders_to_the_dead_mans_switch(headless):
    """Kill -9 with orders open: the venue removes them, with cancelSource 20."""
    orders = {order["ordId"] for order in headless.wait_for_quotes()}
    headless.process.kill()
    until(lambda: not headless.live_orders(), "the dead-man's switch", patience_s=60.0)
    sources = {o["ordId"]: o["cancelSource"] for o in headless.state()["orders"] if o["state"] == "canceled"}
    assert "20" in {sources.get(ord_id) for ord_id in orders} | set(sources.values())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_to_the_console_takes_everything_down_in_order(console, number):
    """Engine and console end, exit 0, the terminal is given back."""
    engine = console.engine_pid()
    console.process.send_signal(number)
    assert console.finish() == 0
    until(lambda: not _is_alive(engine), "the engine's end")
    assert b"\x1b[?1049l" in console.drawn


def test_a_signal_to_the_console_with_a_frozen_exchange_exits_unproven(console):
    """No proof to be had: exit 75, the words on the terminal, the terminal given back."""
    console.fault(fault="freeze", seconds=None)
    console.process.send_signal(signal.SIGTERM)
    assert console.finish() == 75
    assert b"\x1b[?1049l" in console.drawn
    assert b"NOT PROVEN" in console.drawn


def test_a_closed_terminal_takes_everything_down_in_order(console):
    """The window is closed, nobody reads any more: the engine proves, and neither process hangs."""
    engine = console.engine_pid()
    console.hang_up()
    assert console.finish() == 0
    until(lambda: not _is_alive(engine), "the engine's end")
    assert "proven gone" in (console.state_dir / "okxmm.log").read_text()


def test_a_signal_to_the_engine_ends_the_console_too(console):
    """The console tells why and gives the terminal back."""
    os.kill(console.engine_pid(), signal.SIGTERM)
    assert console.finish() == 0
    assert b"\x1b[?1049l" in console.drawn


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_dead_or_frozen_console_is_noticed_by_the_engine(console, number):
    """The engine keeps quoting through the grace time, then pauses and pulls, by policy."""
    console.process.send_signal(number)
    until(lambda: not console.live_orders(), "the policy on a lost console")
    seen = asyncio.run(_look(console))
    assert seen.trading_state == "PAUSED"
    assert "console" in seen.state_reason


def test_the_kill_command_works_with_the_engine_dead(headless, tmp_path):
    """REST alone: exit 0 and nothing left at the exchange."""
    import subprocess
    import sys

    headless.process.kill()
    done = subprocess.run(
        [sys.executable, "-m", "okxmm_tui", "kill", "--state-dir", str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "proven gone" in done.stdout
    assert headless.live_orders() == []


def test_the_event_log_of_a_session_replays_byte_for_byte(tmp_path):
    """What the engine recorded, fed to two new reducers, gives the recorded effects both times."""
    session = Headless(tmp_path, "--speed", "20", environment=QUICK).start()
    try:
        until(lambda: session.of_kind("fill"), "a fill")
        session.process.send_signal(signal.SIGTERM)
        assert session.finish() == 0
    finally:
        session.stop_everything()
    (path,) = tmp_path.glob("events-*.log.zst")
    records = list(read_log(path))
    assert isinstance(records[0].event, SessionStarted)
    for reducer in (Reducer(records[0].event, records[0].at_ns) for _ in range(2)):
        made = [tuple(reducer.apply(record.event, record.at_ns)) for record in records[1:]]
        assert msgspec.msgpack.encode(made) == msgspec.msgpack.encode([r.effects for r in records[1:]])


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def unread(tmp_path):
    """A quoting headless session whose standard output is a full pipe, and the end nobody reads."""
    read, write = os.pipe()
    fill_up(write)
    session = Session(tmp_path, "--headless", environment=QUICK)
    session.process = subprocess.Popen(
        session.command, stdout=write, stderr=subprocess.DEVNULL, env=session.environment
    )
    os.close(write)
    try:
        session.wait_for_quotes()
        yield session, read
    finally:
        session.stop_everything()


def test_output_nobody_reads_does_not_stop_the_engine(unread):
    """Its first line does not fit into the pipe: it quotes, hears the signal, and proves its orders gone."""
    session, read = unread
    session.process.send_signal(signal.SIGTERM)
    assert session.finish() == 0
    os.close(read)


def test_output_whose_reader_has_gone_ends_the_session_in_order(unread):
    """As when the terminal closes: orders proven gone, exit 0."""
    session, read = unread
    os.close(read)
    assert session.finish() == 0
