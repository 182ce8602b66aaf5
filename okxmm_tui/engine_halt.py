"""Keeps what a kill command takes out of the market from being put back.

An engine that lives would quote again at once: it is told to kill as well, by signal, which needs neither its
link nor a console, and which a stopped process finds when it goes on. One that is dead tells the next session
through the journal that it was killed (its own HALTED does the same, but it may not come to write it).
"""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

from msgspec import Struct

from okxmm_tui.core.types import Mode
from okxmm_tui.credentials import api_key
from okxmm_tui.engine.store.database import JOURNAL_NAME, edit_journal
from okxmm_tui.engine.store.recovery import HALTED
from okxmm_tui.engine.store.rows import NOTE, is_carried_on
from okxmm_tui.engine_config import account_names
from okxmm_tui.errors import OkxmmError, UsageError
from okxmm_tui.settings import Settings
from okxmm_tui.statedir import account_owner, make_state_dir, owner

REASON = "okxmm-tui kill"
NEW_SESSION = "the next session would quote: look at its first screen"


class Halt(Struct, frozen=True):
    """What became of it, in words."""

    said: tuple[str, ...]
    problem: str = ""
    """Why orders may come back; empty when they cannot."""


def halt_engine(settings: Settings) -> Halt:
    """Tell the engine that trades this account and tag, if there is one, to kill.

    Whatever stands in the way is a problem to be said: the cancels must go out all the same.

    Raises:
        CredentialError: The account cannot be named without its key, nor anything be cancelled.
    """
    try:
        pid = _engine(settings)
    except (OSError, UsageError) as error:
        return _problem(f"whether an engine trades here could not be found out ({error})")
    if pid is None:
        return Halt(())
    try:
        if pid and _is_ours(pid):
            os.kill(pid, signal.SIGUSR1)
            return Halt((f"the engine (process {pid}) was told to halt: it would put its orders back",))
    except ProcessLookupError:
        return Halt(())  # it has just ended
    except OSError as error:
        return _problem(f"an engine (process {pid}) trades here and could not be told to halt ({error})")
    name = f"process {pid}, perhaps of another machine" if pid else "its process is not known"
    return _problem(f"an engine ({name}) trades here and could not be told to halt")


def _problem(what: str) -> Halt:
    text = f"{what}; stop it, or its orders may come back"
    return Halt((text,), text)


def _is_ours(pid: int) -> bool:
    """Whether a process of this machine runs our program: a lock in a shared home may be held on another."""
    path = Path(f"/proc/{pid}/cmdline")
    if path.parent.parent.joinpath("self").exists():
        try:
            command = path.read_bytes()
        except OSError:
            return False
    else:
        words = ["ps", "-o", "command=", "-p", str(pid)]
        command = subprocess.run(words, capture_output=True, check=False).stdout  # noqa: S603 - a number
    return b"okxmm" in command


def _engine(settings: Settings) -> int | None:
    okx = settings.okx
    if not is_carried_on(settings.venue):
        return owner(make_state_dir(settings.state_dir))
    key = api_key(settings.venue, okx)
    return account_owner(*account_names(settings.venue, okx.region, okx.rest_url, key, settings.tag))


def latch(settings: Settings) -> tuple[str, ...]:
    """Write into the journal that the last session's account was killed; returns what is to be said."""
    if not is_carried_on(settings.venue):
        return ()
    try:
        path = make_state_dir(settings.state_dir) / JOURNAL_NAME
        if not path.exists():
            return ()
        with contextlib.closing(edit_journal(path)) as connection:
            is_noted = _note(connection, settings.venue)
    except (sqlite3.Error, OSError, OkxmmError) as error:
        why = error.message if isinstance(error, OkxmmError) else str(error)
        return (f"the kill could not be written down ({why}); {NEW_SESSION}",)
    return ("the next session begins HALTED",) if is_noted else ()


def _note(connection: sqlite3.Connection, mode: Mode) -> bool:
    row = connection.execute(
        "SELECT session_id FROM sessions WHERE mode = ? ORDER BY session_id DESC LIMIT 1", (mode.value,)
    ).fetchone()
    if row is None:
        return False
    text = f"{HALTED}{REASON}"
    connection.execute(NOTE, (row[0], time.time_ns(), "state", "critical", text, "{}"))
    return True
