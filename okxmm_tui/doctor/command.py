"""``okxmm-tui doctor``: parse, look, show."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from okxmm_tui.doctor.checks import checks_for
from okxmm_tui.doctor.desk import Desk
from okxmm_tui.doctor.examination import examine
from okxmm_tui.doctor.machine import terminal, versions
from okxmm_tui.doctor.report import hide_secrets, show_json, show_table
from okxmm_tui.doctor.rows import Row, exit_code_of, failed, skipped
from okxmm_tui.errors import UsageError
from okxmm_tui.settings import Settings, load_settings, sources

TIMEOUT_S = 10.0
EPILOG = """nothing is traded; cancel-all-after is armed and disarmed, unless a session runs

exit codes: 0 all ok or warnings, 2 usage or configuration, 3 credentials or permission,
            4 venue unreachable; of several the highest"""


def doctor(words: Sequence[str]) -> int:
    """Look at everything a session needs, print it, and return the exit code.

    Raises:
        UsageError: A flag made no sense.
    """
    given = vars(_parser().parse_args(words))
    timeout_s, is_json = given.pop("timeout"), given.pop("json")
    config = given.pop("config", None)
    if not timeout_s > 0:
        raise UsageError(f"--timeout was {timeout_s:g}.", "Give a number of seconds above 0.")
    settings, origins, rows = _load(given, config)
    rows = rows if settings is None else look(settings, origins, timeout_s)
    rows = hide_secrets(rows, settings)
    if is_json:
        show_json(rows, settings, origins)
    else:
        show_table(rows)
    return exit_code_of(rows)


def look(settings: Settings, origins: dict[str, str], timeout_s: float) -> list[Row]:
    """Run every check; what was started for it has ended on return."""
    desk = Desk(settings, origins)
    with desk.stack:
        return asyncio.run(examine(desk, checks_for(settings.venue), timeout_s))


def _load(given: dict[str, Any], config: Path | None) -> tuple[Settings | None, dict[str, str], list[Row]]:
    """Settings and their sources; or, when they cannot be read, what can be said without."""
    try:
        return load_settings(given, config), sources(given, config), []
    except UsageError as error:
        rest = [skipped("everything else", "Needs: configuration.")]
        return None, {}, [*asyncio.run(_here()), failed("configuration", error), *rest]


async def _here() -> list[Row]:
    return [*await versions(None), *await terminal(None)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="okxmm-tui doctor",
        description="Check everything a session needs, from the configuration to the dead-man's switch.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    parser.add_argument("--venue", metavar="VENUE", help="sim (default), paper, demo or live")
    parser.add_argument(
        "--symbol", action="append", metavar="ID", help="instrument, repeatable (default BTC-USDT-SWAP)"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration file (okxmm.toml)")
    parser.add_argument("--state-dir", type=Path, metavar="DIR", help="journal, socket and log directory")
    parser.add_argument("--json", action="store_true", default=False, help="one JSON object for scripts")
    parser.add_argument(
        "--timeout", type=float, default=TIMEOUT_S, metavar="SECONDS", help="time of one check (10)"
    )
    return parser
