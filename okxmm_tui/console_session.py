"""Opens a console: on an engine of its own, or on one that runs already."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from okxmm_tui.engine_start import console_words, start_engine_with
from okxmm_tui.errors import OkxmmError
from okxmm_tui.streams import forward_to_nothing

if TYPE_CHECKING:
    from okxmm_tui.console.comfort import Comfort
    from okxmm_tui.console.port import ConsoleLink, Escalate, KillOutcome
    from okxmm_tui.settings import Settings


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep Python's collector off: it finds nothing while a program loads, and the console brings its own."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@_uncollected()
def open_console(words: Sequence[str], config: Path | None) -> int | None:
    """Start an engine and show it; None when the settings ask for a session without a console.

    Args:
        words: Command line of ``okxmm-tui``, already parsed once.
        config: Configuration file, for the kill process.

    Raises:
        OkxmmError: Settings were wrong, or the screen could not be drawn; no engine is left running.
    """
    engine = start_engine_with(words)
    try:
        # Loaded while the engine's process reads the settings.
        import okxmm_tui.console.app  # noqa: F401, PLC0415
        from okxmm_tui.launcher import LaunchedLink  # noqa: PLC0415

        said = console_words(engine)
        if said is None:
            engine.wait()
            return None
        state_dir = Path(said["state_dir"])
        link = LaunchedLink(state_dir, "console", engine)
        return _show(link, said["theme"], partial(_start_kill_process, state_dir, config), _comfort(said))
    except (OkxmmError, KeyboardInterrupt):
        _end(engine)
        raise


@_uncollected()
def attach(settings: Settings, config: Path | None, *, is_read_only: bool, is_web: bool) -> int:
    """Show an engine that runs already."""
    from okxmm_tui.launcher import LaunchedLink  # noqa: PLC0415 - asyncio and sockets
    from okxmm_tui.statedir import make_state_dir  # noqa: PLC0415 - the same

    state_dir = make_state_dir(settings.state_dir)
    link = LaunchedLink(state_dir, f"attach-{os.getpid()}", None, is_read_only=is_read_only)
    comfort = _comfort({**settings.model_dump(), "state_dir": state_dir}, is_web=is_web)
    escalate = partial(_start_kill_process, state_dir, config)
    return _show(link, settings.theme, escalate, comfort, is_read_only=is_read_only, is_guest=True)


def _comfort(said: Mapping[str, Any], *, is_web: bool = False) -> Comfort:
    from okxmm_tui.console.comfort import Comfort  # noqa: PLC0415 - Textual
    from okxmm_tui.console.keymap import Keymap  # noqa: PLC0415 - the same
    from okxmm_tui.console.language import resolved  # noqa: PLC0415 - the same

    return Comfort(
        Keymap.of(said["keys"]),
        resolved(said["language"], os.environ),
        has_bell=said["bell"],
        is_calm=said["limited_motion"],
        pictures=Path(said["state_dir"]),
        is_web=is_web,
    )


def _show(
    link: ConsoleLink,
    theme: str,
    escalate: Escalate,
    comfort: Comfort,
    *,
    is_read_only: bool = False,
    is_guest: bool = False,
) -> int:
    from okxmm_tui.console.app import run_console  # noqa: PLC0415 - Textual
    from okxmm_tui.console_files import StateFiles  # noqa: PLC0415 - loaded while the engine starts

    ended = run_console(
        link,
        theme=theme,
        is_read_only=is_read_only,
        is_guest=is_guest,
        escalate=escalate,
        comfort=comfort,
        files=StateFiles(comfort.pictures) if comfort.pictures is not None else None,
    )
    words = f"okxmm-tui: {ended.text}\n" if ended.text and not comfort.is_web else ""
    for stream in (sys.stdout, sys.stderr):
        _tell(words if (stream is sys.stderr) == bool(ended.exit_code) else "", stream)
    return ended.exit_code


def _tell(text: str, stream: TextIO) -> None:
    """Write last words and all that waits; a terminal that has gone must not make a clean end a failure."""
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        forward_to_nothing(stream)


def _start_kill_process(state_dir: Path, file: Path | None) -> KillOutcome:
    """The way out that needs neither this console nor the engine; returns how to learn its exit code."""
    words = ["kill", "--state-dir", str(state_dir), *(["--config", str(file)] if file else [])]
    with (state_dir / "kill.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "okxmm_tui", *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return process.poll


def _end(engine: subprocess.Popen[bytes]) -> None:
    """End an engine nobody will see; it does so the safe way."""
    if engine.poll() is None:
        engine.terminate()
        engine.wait()
