"""This machine: versions, terminal, state directory, journal."""

from __future__ import annotations

import os
import platform
import shutil
import stat
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.console import Console

from okxmm_tui import __version__
from okxmm_tui.doctor.desk import Desk
from okxmm_tui.doctor.rows import Row, bad_setting, ok, skipped, warn
from okxmm_tui.engine.journal import SUFFIX, read_log
from okxmm_tui.engine.store.database import JOURNAL_NAME, read_journal
from okxmm_tui.errors import JournalError, RecordingError, UsageError
from okxmm_tui.statedir import LOCK_NAME, make_state_dir, owned

PACKAGES = ("textual", "rich", "httpx", "websockets", "msgspec", "pydantic-settings", "uvloop")
MIN_COLUMNS, MIN_LINES = 80, 24
LOW_DISK_BYTES = 1_000_000_000
"""An hour of a lively market takes about 20 MB."""


async def versions(desk: Desk | None) -> list[Row]:
    """Name the program, Python and what it stands on."""
    del desk
    found = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    return [
        ok(
            "versions",
            f"okxmm-tui {__version__}, Python {platform.python_version()}, {platform.system()}; {found}",
        )
    ]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


async def terminal(desk: Desk | None) -> list[Row]:
    """Size and colours of the screen."""
    del desk
    if not sys.stdout.isatty():
        return [skipped("terminal", "The output is no terminal.")]
    columns, lines = shutil.get_terminal_size()
    colours = Console().color_system or "no colours"
    finding = f"{columns}x{lines}, {colours}, TERM={os.environ.get('TERM', '')}"
    if columns < MIN_COLUMNS or lines < MIN_LINES:
        return [warn("terminal", finding, f"Make it at least {MIN_COLUMNS}x{MIN_LINES}.")]
    if colours == "no colours":
        return [warn("terminal", finding, "Use a terminal with colours; gains and losses differ by them.")]
    return [ok("terminal", finding)]


async def state_directory(desk: Desk) -> list[Row]:
    """Make and hold the directory as an engine would, so that no session starts in the middle of this."""
    wanted = desk.settings.state_dir.expanduser().absolute()
    before = stat.S_IMODE(wanted.stat().st_mode) if wanted.is_dir() else None
    path = make_state_dir(wanted)
    rows = [_mode_row(path, before), _disk_row(path)]
    try:
        desk.stack.enter_context(owned(path))
    except UsageError:
        desk.running_session = f"A session runs here (process {_holder(path)})"
        rows.append(ok("state directory lock", f"{desk.running_session}.", "Look at it: okxmm-tui attach."))
    except OSError as error:
        advice = "Make the file writable, or choose another --state-dir."
        return [*rows, bad_setting("state directory lock", f"{LOCK_NAME}: {error.strerror}.", advice)]
    else:
        rows.append(ok("state directory lock", "Free: no session runs here."))
    desk.state_dir = path
    return rows


def _mode_row(path: Path, before: int | None) -> Row:
    if before is None:
        return ok("state directory", f"{path} was made, mode 0700.")
    if before & 0o077:
        advice = "Nothing now: it is 0700 again. Find out who opened it."
        return warn("state directory", f"{path} was open to others (mode {before:04o}).", advice)
    return ok("state directory", f"{path} is writable, mode 0700.")


def _disk_row(path: Path) -> Row:
    free = shutil.disk_usage(path).free
    finding = f"{free / 1e9:.1f} GB free"
    if free < LOW_DISK_BYTES:
        return warn("disk space", finding, "Make room: a session that cannot write its journal is blind.")
    return ok("disk space", finding)


def _holder(path: Path) -> str:
    return (path / LOCK_NAME).read_text(encoding="utf-8").strip() or "unknown"


async def journal(desk: Desk) -> list[Row]:
    """Whether what earlier sessions wrote can be read."""
    assert desk.state_dir is not None  # noqa: S101 - the check needs the state directory
    found: list[str] = []
    try:
        if (database := desk.state_dir / JOURNAL_NAME).exists():
            read_journal(database).close()
            found.append(f"{JOURNAL_NAME} is readable")
        if logs := sorted(desk.state_dir.glob(f"events-*{SUFFIX}"), key=lambda log: log.stat().st_mtime):
            for _ in read_log(logs[-1]):
                break
            found.append(f"{len(logs)} event logs, the newest is readable")
    except (JournalError, RecordingError) as error:
        return [warn("journal", error.message, error.hint)]
    return [ok("journal", "; ".join(found) or "none yet")]
