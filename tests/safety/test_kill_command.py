"""``okxmm-tui kill`` needs nothing of ours: engine stopped, engine dead, console hung."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.safety.session import Console, Headless, Session, until
from tests.samples import INST

QUICK = {"OKXMM_RISK__DEAD_MAN_TIMEOUT_S": "60"}
"""Long enough that it is never the switch that clears the book here."""


@pytest.fixture
def headless(tmp_path):
    """A headless session that is quoting."""
    session = Headless(tmp_path, environment=QUICK).start()
    try:
        session.wait_for_quotes()
        yield session
    finally:
        session.stop_everything()


def kill(session: Session, *flags: str) -> subprocess.CompletedProcess[str]:
    """Run the command beside the session."""
    command = [sys.executable, "-m", "okxmm_tui", "kill", "--state-dir", str(session.state_dir), *flags]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_the_engine_lives_and_would_quote_again(headless):
    """It is told to halt: the orders are gone and stay gone, and it ends in order afterwards."""
    done = kill(headless)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"the engine (process {headless.process.pid}) was told to halt" in done.stdout
    [proof] = until(lambda: headless.of_kind("kill"), "the engine's own proof")
    assert "proven gone" in proof["text"]
    assert headless.live_orders() == []
    assert headless.of_kind("state")[-1]["state"] == "HALTED"
    headless.process.send_signal(signal.SIGTERM)
    assert headless.finish() == 0


def test_the_engine_is_stopped(headless):
    """SIGSTOP: it can neither help nor hinder."""
    os.kill(headless.process.pid, signal.SIGSTOP)
    done = kill(headless)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "proven gone" in done.stdout
    assert headless.live_orders() == []


def test_the_console_hangs(tmp_path):
    """The console is stopped: engine and console are not asked."""
    session = Console(tmp_path, environment=QUICK).start()
    try:
        session.wait_for_quotes()
        os.kill(session.engine_pid(), signal.SIGSTOP)
        session.process.send_signal(signal.SIGSTOP)
        done = kill(session)
        assert done.returncode == 0, done.stdout + done.stderr
        assert session.live_orders() == []
    finally:
        session.stop_everything()


def test_another_instrument_is_left_alone_and_the_account_is_everything(headless):
    """``--instrument`` narrows, ``--account`` widens to the orders of others."""
    headless.fault(fault="foreign_order", instId=INST, side="buy")
    os.kill(headless.process.pid, signal.SIGSTOP)
    assert kill(headless, "--instrument", "ETH-USDT-SWAP").returncode == 0
    assert len(headless.live_orders()) >= 3
    assert kill(headless, "--instrument", INST).returncode == 0
    assert len(headless.live_orders()) == 1
    done = kill(headless, "--account")
    assert done.returncode == 0, done.stdout + done.stderr
    assert headless.live_orders() == []


def test_flatten_closes_what_is_held_and_asks_first(headless):
    """Without a terminal it wants ``--yes``; with it the position is proven closed."""
    headless.fault(fault="external_fill", instId=INST, side="buy", sz="2")
    until(lambda: any(float(p["pos"]) for p in headless.state()["positions"]), "the position")
    headless.process.kill()
    refused = kill(headless, "--flatten")
    assert refused.returncode == 2, refused.stdout + refused.stderr
    assert "--yes" in refused.stderr
    done = kill(headless, "--flatten", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "positions proven closed" in done.stdout
    assert not any(float(p["pos"]) for p in headless.state()["positions"])
    assert headless.live_orders() == []
