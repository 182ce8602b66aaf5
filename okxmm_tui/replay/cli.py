"""``okxmm-tui replay``: the console on a past session, a check of its log, or the story of one order."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from okxmm_tui.errors import RecordingError, UsageError
from okxmm_tui.languages import AUTO, LANGUAGES
from okxmm_tui.replay.player import Player
from okxmm_tui.replay.words import parse_time, summary_lines
from okxmm_tui.streams import need_terminal

MOST_SPEED = 1_000.0


def main(words: list[str]) -> int:
    """Run the command; 1 when effects differed from the recorded ones.

    Raises:
        OkxmmError: The log cannot be played, or an argument was wrong.
    """
    given = _parser().parse_args(words)
    path = find_log(given.journal)
    if given.why:
        from okxmm_tui.replay.why import why  # noqa: PLC0415 - loaded for this alone

        for line in why(path, given.why):
            _say(line)
        return 0
    if given.check:
        return check(path)
    if not 0 < given.speed <= MOST_SPEED:
        raise UsageError(f"--speed was {given.speed:g}.", "Give a number above 0 and up to 1000.")
    return _watch(path, given)


def find_log(path: Path) -> Path:
    """The first segment of a log, or that of the newest session of a state directory.

    Raises:
        RecordingError: There is none.
    """
    if not path.is_dir():
        return path
    found = sorted(path.glob("events-*-001.log.zst"), key=lambda each: int(each.name.split("-")[1]))
    if not found:
        raise RecordingError(
            f"There is no event log in {path}.", "Give the --state-dir of a session that has run."
        )
    return found[-1]


def check(path: Path) -> int:
    """Play a log as fast as possible and print what came of it; 1 when it was not all the same.

    Raises:
        RecordingError: The log cannot be read.
    """
    began = time.perf_counter()
    player = Player(path)
    for _ in player.steps():
        pass
    took_s = time.perf_counter() - began
    for line in summary_lines(player):
        _say(line)
    _say(f"{player.events / took_s:,.0f} events/s ({took_s:.1f} s)")
    _say("SAME as recorded" if player.is_same else "NOT THE SAME as recorded")
    return 0 if player.is_same else 1


def _watch(path: Path, given: argparse.Namespace) -> int:
    need_terminal("Run it in one, or use --check.")
    from okxmm_tui.console import themes  # noqa: PLC0415 - only a console needs them
    from okxmm_tui.console.language import resolved  # noqa: PLC0415
    from okxmm_tui.replay.app import show_replay  # noqa: PLC0415
    from okxmm_tui.replay.link import ReplayLink  # noqa: PLC0415

    link = ReplayLink(path, speed=given.speed, clock=time.monotonic)
    if given.at:
        link.seek(parse_time(given.at, link.player.first_ns, "--at"))
    ended = show_replay(link, given.theme or themes.DEFAULT_THEME, resolved(given.language, os.environ))
    _say(ended.text)
    return ended.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="okxmm-tui replay",
        description="Play a past session again: the same engine, the same console, the recorded events.",
        epilog="exit codes: 0 every effect was as recorded, 1 some were not, 2 the log cannot be played",
        allow_abbrev=False,
    )
    parser.add_argument(
        "journal", type=Path, metavar="JOURNAL", help="events-*.log.zst, or a state directory"
    )
    parser.add_argument("--speed", type=float, default=1.0, metavar="X", help="recorded seconds per second")
    parser.add_argument("--at", default="", metavar="TIME", help="begin at a time of the session (UTC)")
    parser.add_argument(
        "--check", action="store_true", help="no console: compare every effect, print figures"
    )
    parser.add_argument("--why", default="", metavar="ID", help="tell the story of one order or trade id")
    parser.add_argument("--theme", default="", metavar="NAME", help="colour theme")
    parser.add_argument(
        "--language",
        choices=(AUTO, *LANGUAGES),
        default=AUTO,
        help="language (auto: that of the locale)",
    )
    return parser


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
