"""Worlds for the fault tests, and the clock that times their reactions."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.safety.virtual import World

TIMES = Path(__file__).with_name("reaction_times.json")
WRITE = "OKXMM_WRITE_REACTION_TIMES"
_measured: dict[str, float] = {}


@pytest.fixture
def make_world() -> Iterator[Callable[..., World]]:
    """Make worlds that are closed at the end."""
    worlds: list[World] = []

    def make(seed: int = 1, **changes: object) -> World:
        worlds.append(World(seed, **changes))  # pyright: ignore[reportArgumentType]
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A world with default rules."""
    return make_world()


@pytest.fixture
def timing() -> Callable[[int, float], None]:
    """Note how long the reaction of a row took, in virtual seconds."""

    def note(row: int, seconds: float) -> None:
        _measured[str(row)] = round(seconds, 2)

    return note


def pytest_sessionfinish() -> None:
    """Keep the times for the table when asked to."""
    if os.environ.get(WRITE) and _measured:
        known = json.loads(TIMES.read_text()) if TIMES.exists() else {}
        rows = sorted((known | _measured).items(), key=lambda item: int(item[0]))
        TIMES.write_text(json.dumps(dict(rows), indent=1) + "\n")
