"""Times, effects and differences of a replay as lines for people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from okxmm_tui.core.effects import AnyEffect
from okxmm_tui.engine.store.export import utc
from okxmm_tui.errors import UsageError
from okxmm_tui.replay.player import Difference, Player

NS_PER_S = 1_000_000_000


def parse_time(text: str, day_ns: int, flag: str) -> int:
    """Unix nanoseconds of ``2026-11-20T08:00:00Z``, ``2026-11-20`` or ``08:00:00`` of a day; all UTC.

    Args:
        text: As typed.
        day_ns: A moment of the day a bare time of day belongs to.
        flag: Name of the flag, for the error.

    Raises:
        UsageError: It is no time.
    """
    try:
        if "T" not in text and "-" not in text:
            clock = time.fromisoformat(text)
            moment = datetime.combine(datetime.fromtimestamp(day_ns / 1e9, UTC), clock.replace(tzinfo=None))
        elif len(text) == 10:
            moment = datetime.combine(date.fromisoformat(text), time())
        else:
            moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{flag} {text!r} was no time ({error}).", "Write it like 2026-11-20T08:00:00Z or 08:00:00."
        ) from error
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    whole = moment.replace(microsecond=0)
    return int(whole.timestamp()) * NS_PER_S + moment.microsecond * 1_000


def difference_lines(difference: Difference) -> Iterator[str]:
    """Event number, time, the event, and both lists of effects where they part."""
    yield f"DIFFERENCE at event {difference.number}, {utc(difference.at_ns)}: {difference.event}"
    recorded, replayed = difference.recorded, difference.replayed
    for at in range(max(len(recorded), len(replayed))):
        ours, theirs = _at(replayed, at), _at(recorded, at)
        if ours != theirs:
            yield f"  effect {at + 1} recorded  {theirs}"
            yield f"  effect {at + 1} replayed  {ours}"


def _at(effects: tuple[AnyEffect, ...], at: int) -> str:
    return repr(effects[at]) if at < len(effects) else "nothing"


def summary_lines(player: Player) -> Iterator[str]:
    """What came of a replay."""
    seconds = (player.now_ns - player.first_ns) / 1e9
    written = player.started.program or "unknown"
    yield f"session {player.started.session_id}, {player.started.mode}, written by version {written}"
    yield f"from {utc(player.first_ns)} to {utc(player.now_ns)} ({seconds:,.1f} s)"
    yield f"{player.events:,} events, {player.effects:,} effects, {player.difference_count:,} differences"
    yield from player.words()
    for difference in player.differences:
        yield from difference_lines(difference)
    if player.difference_count > len(player.differences):
        yield f"and {player.difference_count - len(player.differences):,} more differences"
