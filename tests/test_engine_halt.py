"""What a kill command does so that nothing comes back: the engine that lives, and the next session."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from okxmm_tui import engine_halt
from okxmm_tui.engine.store.database import JOURNAL_NAME, open_journal
from okxmm_tui.engine_halt import NEW_SESSION, REASON, halt_engine, latch
from okxmm_tui.settings import Settings, load_settings
from okxmm_tui.statedir import owned, owned_account
from tests.engine.store.desk import RecordedDesk, journal_of, restored_from
from tests.samples import START_NS

IS_OURS = engine_halt._is_ours
KEYS = {"OKXMM_OKX__API_KEY": "key-1", "OKXMM_OKX__SECRET": "s", "OKXMM_OKX__PASSPHRASE": "p"}


@pytest.fixture
def told(monkeypatch):
    """Signals are noted, not sent."""
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(engine_halt.os, "kill", lambda pid, number: sent.append((pid, number)))
    return sent


@pytest.fixture(autouse=True)
def as_an_engine(monkeypatch):
    """This process passes for an engine of ours."""
    monkeypatch.setattr(engine_halt, "_is_ours", lambda pid: pid == os.getpid())


@pytest.fixture(autouse=True)
def own_place(tmp_path, monkeypatch):
    """Account locks and keys of the test alone."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "user"))
    monkeypatch.chdir(tmp_path)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


def settings_of(tmp_path, venue: str = "sim") -> Settings:
    """Settings of a kill in this directory."""
    return load_settings({"state_dir": tmp_path / "state", "venue": venue})


def test_without_an_engine_nobody_is_told(tmp_path, told):
    """Nothing to say, nothing in doubt."""
    assert halt_engine(settings_of(tmp_path)) == engine_halt.Halt(())
    assert halt_engine(settings_of(tmp_path, "demo")) == engine_halt.Halt(())
    assert not told


def test_the_engine_of_the_directory_is_told_for_a_venue_of_its_own(tmp_path, told):
    """Sim and paper live in a directory; an engine there is no concern of a kill on demo."""
    settings = settings_of(tmp_path)
    settings.state_dir.mkdir()
    with owned(settings.state_dir):
        halt = halt_engine(settings)
        assert (halt.problem, told) == ("", [(os.getpid(), signal.SIGUSR1)])
        assert str(os.getpid()) in halt.said[0]
        assert halt_engine(settings_of(tmp_path, "demo")) == engine_halt.Halt(())


def test_the_engine_of_the_account_is_told_whatever_its_directory(tmp_path, told):
    """Key, region, address and tag name it; another tag is another engine."""
    settings = settings_of(tmp_path, "demo")
    with owned_account("demo", "global", "", "key-1", "other"):
        assert halt_engine(settings) == engine_halt.Halt(())
    with owned_account("demo", "global", "", "key-1", "okxmm"):
        assert not halt_engine(settings).problem
    assert told == [(os.getpid(), signal.SIGUSR1)]


def test_a_lock_that_cannot_be_read_is_a_doubt_and_no_failure(tmp_path, monkeypatch):
    """The cancels must go out whatever is wrong with a file of ours."""

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(engine_halt, "owner", refuse)
    assert "could not be found out" in halt_engine(settings_of(tmp_path)).problem
    (tmp_path / "user").write_text("a file where the directory of the locks should be")
    assert "could not be found out" in halt_engine(settings_of(tmp_path, "demo")).problem


@pytest.mark.parametrize(("error", "is_doubted"), [(PermissionError, True), (ProcessLookupError, False)])
def test_an_engine_that_cannot_be_told_is_a_doubt(tmp_path, monkeypatch, error, is_doubted):
    """Another user's engine may quote again, one that has just ended may not."""

    def refuse(pid: int, number: int) -> None:
        raise error

    monkeypatch.setattr(engine_halt.os, "kill", refuse)
    settings = settings_of(tmp_path)
    settings.state_dir.mkdir()
    with owned(settings.state_dir):
        halt = halt_engine(settings)
    assert bool(halt.problem) is is_doubted
    assert ("could not be told to halt" in halt.problem) is is_doubted
    assert ("stop it" in halt.problem) is is_doubted


def test_a_lock_of_another_machine_sends_no_signal_to_a_stranger(tmp_path, monkeypatch, told):
    """A home that two machines share: the number is somebody else's here, and orders may come back."""
    monkeypatch.setattr(engine_halt, "_is_ours", lambda pid: False)
    settings = settings_of(tmp_path)
    settings.state_dir.mkdir()
    with owned(settings.state_dir):
        assert "perhaps of another machine" in halt_engine(settings).problem
    assert not told


@pytest.mark.parametrize("has_proc", [True, False])
def test_our_program_is_told_from_others(monkeypatch, has_proc):
    """By its command, however the system shows processes; one that is gone is not ours."""
    if not has_proc:
        monkeypatch.setattr(engine_halt, "Path", lambda text: Path("/nowhere") / text.lstrip("/"))
    ours = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()", "okxmm"], stdin=subprocess.PIPE
    )
    other = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    try:
        assert IS_OURS(ours.pid)
        assert not IS_OURS(other.pid)
    finally:
        for each in (ours, other):
            each.communicate()
    assert not IS_OURS(ours.pid)


def _halted(settings: Settings) -> str:
    with contextlib.closing(open_journal(settings.state_dir / JOURNAL_NAME)) as connection:
        return restored_from(connection, START_NS + 10**12).halted


def test_the_next_session_of_the_account_begins_halted(tmp_path):
    """The journal says so, with the reason; before it said nothing of the kind."""
    settings = settings_of(tmp_path, "demo")
    settings.state_dir.mkdir()
    desk = RecordedDesk()
    desk.quoting()
    journal_of(settings.state_dir, desk.rows).close()
    assert _halted(settings) == ""
    assert latch(settings) == ("the next session begins HALTED",)
    assert _halted(settings) == REASON


def test_there_may_be_nothing_to_latch(tmp_path):
    """No journal, none of this venue, or an account that ends with its session."""
    settings = settings_of(tmp_path, "demo")
    assert latch(settings) == ()
    settings.state_dir.mkdir(exist_ok=True)
    open_journal(settings.state_dir / JOURNAL_NAME).close()
    assert latch(settings) == ()
    assert latch(settings_of(tmp_path)) == ()


def test_a_journal_that_cannot_be_written_is_told(tmp_path):
    """The kill goes on, and what to look at is said."""
    settings = settings_of(tmp_path, "demo")
    settings.state_dir.mkdir()
    path = settings.state_dir / JOURNAL_NAME
    path.mkdir()
    [said] = latch(settings)
    assert "could not be written down" in said
    path.rmdir()
    path.write_bytes(b"no database" * 100)
    [said] = latch(settings)
    assert "could not be written down" in said
    assert NEW_SESSION in said
    path.unlink()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    [said] = latch(settings)
    assert "has version 99" in said
