"""The standard streams: which of them are a terminal, and what to do with one whose other end has gone."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from okxmm_tui.errors import UsageError


def forward_to_nothing(file: TextIO) -> None:
    """Have everything written to a file vanish, what still waits in its buffer included.

    Python ends with exit code 120 when its last flush of a standard stream fails.
    """
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, file.fileno())
    finally:
        os.close(nothing)


def redirected() -> list[str]:
    """Name the standard streams that are no terminal.

    A console reads its keys from the first, Textual draws on the last, and the last words go to the other.
    """
    streams = {"input": sys.stdin, "output": sys.stdout, "error": sys.stderr}
    return [name for name, file in streams.items() if file is None or not file.isatty()]


def need_terminal(hint: str) -> None:
    """Refuse to open a console that could not be seen, or would not hear its kill key.

    Args:
        hint: What to do instead.

    Raises:
        UsageError: A standard stream was no terminal.
    """
    if names := redirected():
        raise UsageError(f"The console needs a terminal; redirected: {', '.join(names)}.", hint)
