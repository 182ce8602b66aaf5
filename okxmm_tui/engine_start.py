"""Starts the engine of a console from the words of its command line, before anything heavy is imported.

Settings take the settings library a quarter of a second to read and Textual takes as long to load. The
engine's process reads the settings while the console's process loads Textual, and answers with one line: what
the console needs of them, or what was wrong, in time for it to be told before the screen is taken. No secret
crosses to the console: the engine keeps the API keys it has read.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from okxmm_tui.errors import CredentialError, LinkError, OkxmmError, UsageError, VenueUnreachableError

if TYPE_CHECKING:
    from okxmm_tui.engine_config import EngineConfig
    from okxmm_tui.settings import Settings

FOR_THE_CONSOLE = frozenset({"theme", "language", "keys", "bell", "limited_motion"})
OF_CONSOLE = "--"
"""Says that the words of a console follow, also when there are none: a bare ``okxmm-tui`` has no flag."""
_KINDS: dict[int, type[OkxmmError]] = {
    UsageError.exit_code: UsageError,
    CredentialError.exit_code: CredentialError,
    VenueUnreachableError.exit_code: VenueUnreachableError,
}


def start_engine_with(words: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start an engine in a session of its own, so that it outlives this terminal.

    Args:
        words: Command line of ``okxmm-tui``, checked by the caller.
    """
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "okxmm_tui", "engine", OF_CONSOLE, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


def console_words(engine: subprocess.Popen[bytes]) -> dict[str, Any] | None:
    """What the console needs of the settings; None when they ask for a session without a console.

    Raises:
        OkxmmError: The settings were wrong, or another engine runs there; the engine has ended.
    """
    assert engine.stdout is not None  # noqa: S101 - opened as a pipe above
    line = engine.stdout.readline()
    if not line:
        engine.wait()
        raise LinkError("The engine ended before it had read the settings.", "Its last words stand above.")
    said: dict[str, Any] = json.loads(line)
    if "exit_code" in said:
        engine.wait()
        raise _KINDS.get(said["exit_code"], OkxmmError)(said["message"], said["hint"])
    return None if said.get("headless") else said


# -- the engine's side -----------------------------------------------------------------------------------


def announce(settings: Settings, config: EngineConfig) -> bool:
    """Tell the console what it needs to open; False when no console is wanted.

    From here on the terminal is the console's: this process writes what goes wrong to the log.

    Raises:
        UsageError: Another engine holds the state directory.
    """
    from okxmm_tui.statedir import LOG_NAME, owned  # noqa: PLC0415 - the console's side needs none of it

    if settings.headless:
        _say({"headless": True})
        return False
    state_dir = Path(config.state_dir)
    with owned(state_dir):
        pass  # refuse before the screen is taken; the lock is taken for good when the engine runs
    with (state_dir / LOG_NAME).open("ab") as log:
        os.dup2(log.fileno(), sys.stderr.fileno())
    _say({**settings.model_dump(mode="json", include=set(FOR_THE_CONSOLE)), "state_dir": config.state_dir})
    return True


def become_engine(config: EngineConfig) -> NoReturn:
    """Go on as a fresh interpreter without the settings library: ten megabytes less while it trades."""
    import msgspec  # noqa: PLC0415 - the console's side needs none of it

    # A configuration is a few kilobytes and a pipe holds at least sixteen; keys never touch a disk.
    read, write = os.pipe()
    with os.fdopen(write, "wb") as pipe:
        pipe.write(msgspec.json.encode(config))
    os.dup2(read, 0)
    os.close(read)
    os.execv(sys.executable, [sys.executable, "-m", "okxmm_tui", "engine"])  # noqa: S606 - our own module


def refuse(error: OkxmmError) -> None:
    """Tell the console why there will be no engine."""
    _say({"message": error.message, "hint": error.hint, "exit_code": error.exit_code})


def _say(words: dict[str, Any]) -> None:
    print(json.dumps(words), flush=True)  # noqa: T201 - read by the console
