"""What every fault test asks of an alarm and of a return to quoting."""

from __future__ import annotations

import re
from typing import Any

from tests.safety.virtual import Engine, World

_WORDS = 4


def said(engine: Engine, key: str, *words: str) -> Any:
    """A standing alarm, readable and with these words; returns it."""
    alarm = engine.alarm(key)
    assert alarm is not None, [each.key for each in engine.reducer.session.alarms.views()]
    readable(alarm.text)
    for word in words:
        assert word in alarm.text, alarm.text
    return alarm


def readable(text: str) -> None:
    """A sentence for a person: words, no Python, nothing unfinished."""
    assert len(text.split()) >= _WORDS, text
    assert not re.search(r"\bNone\b|<[^>]+>|\{|\}|Decimal\(|Traceback", text), text


def pulled(world: World, engine: Engine, within_s: float) -> float:
    """Every order of ours leaves the venue, and none comes; returns the seconds until it was empty."""
    took_s = world.until(engine.is_pulled, within_s, "pulling the quotes")
    assert engine.block
    return took_s


def stays_out(world: World, engine: Engine, seconds: float) -> None:
    """No order of ours rests for a while: the proof is not there yet."""
    begun_ns = world.now_ns
    while world.now_ns - begun_ns < seconds * 1e9:
        assert engine.is_pulled(), engine.block
        world.run(0.05)


def resumes(world: World, engine: Engine, within_s: float) -> float:
    """Both sides are quoted again; returns the seconds it took."""
    return world.until(engine.is_quoting, within_s, f"quoting again ({engine.block})")
