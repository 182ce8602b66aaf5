"""Pipes that are full, or that end."""

from __future__ import annotations

import os


def fill_up(write: int) -> int:
    """Write until nothing more goes in; returns how many bytes that took."""
    os.set_blocking(write, False)
    filled = 0
    try:
        while True:
            filled += os.write(write, b"." * 1_024)
    except BlockingIOError:
        pass
    try:
        while True:
            filled += os.write(write, b".")
    except BlockingIOError:
        os.set_blocking(write, True)
    return filled


def read_all(read: int) -> list[str]:
    """Every line until the end."""
    with os.fdopen(read, "rb") as pipe:
        return pipe.read().decode().splitlines()
