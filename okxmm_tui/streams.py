"""What to do with a standard stream whose other end has gone."""

from __future__ import annotations

import os
from typing import TextIO


def forward_to_nothing(file: TextIO) -> None:
    """Have everything written to a file vanish, what still waits in its buffer included.

    Python ends with exit code 120 when its last flush of a standard stream fails.
    """
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, file.fileno())
    finally:
        os.close(nothing)
