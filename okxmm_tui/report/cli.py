"""``okxmm-tui report``: what sessions did, for people and for programs."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any, TextIO

import msgspec

from okxmm_tui.engine.store.reading import Journal, SessionRow, Span
from okxmm_tui.errors import JournalError, UsageError
from okxmm_tui.replay.words import parse_time
from okxmm_tui.report.build import build, chosen
from okxmm_tui.report.model import Report

EXIT_DIFFERENT = 1
FORMATS = ("table", "json", "csv", "html")


def main(words: list[str]) -> int:
    """Run the command; 1 when recomputed figures differ from recorded ones.

    Raises:
        OkxmmError: There is no such session, the journal cannot be read, or an argument was wrong.
    """
    from okxmm_tui.settings import load_settings  # noqa: PLC0415 - only to learn where the state lies

    given = _parser().parse_args(words)
    if given.format == "csv" and given.out is None:
        raise UsageError("CSV makes one file for each kind.", "Name a folder for them with --out DIR.")
    flags: dict[str, Any] = {"state_dir": given.state_dir} if given.state_dir is not None else {}
    state_dir = load_settings(flags, given.config).state_dir.expanduser()
    with Journal.of(state_dir) as journal:
        rows, title = _choose(journal, given)
        report = build(journal, state_dir, rows, title)
        if given.format == "csv":
            from okxmm_tui.report.files import write_all  # noqa: PLC0415 - one form of four

            for path in write_all(report, journal, given.out):
                sys.stdout.write(f"{path}\n")
        else:
            _write(report, given.format, given.out)
    for check in report.differences:
        sys.stderr.write(
            f"DIFFERENCE: {check.inst_id} {check.name}: {check.recorded} against {check.recomputed}\n"
        )
    return EXIT_DIFFERENT if report.differences else 0


def _choose(journal: Journal, given: argparse.Namespace) -> tuple[list[SessionRow], str]:
    if given.session is not None:
        return chosen(journal, Span(session_id=given.session)), f"session {given.session}"
    whole = "sessions are reported whole"
    if given.day:
        try:
            day = date.fromisoformat(given.day)
        except ValueError as error:
            raise UsageError(f"--day {given.day!r} was no date.", "Write it like 2026-11-20.") from error
        return chosen(journal, Span.day(day)), f"sessions that ran on {day} UTC ({whole})"
    if given.since:
        since_ns = parse_time(given.since, time.time_ns(), "--since")
        return chosen(journal, Span(since_ns=since_ns)), f"sessions since {given.since} UTC ({whole})"
    last = journal.last_session()
    if last is None:
        raise JournalError("The journal holds no session.", "Run one first, or give another --state-dir.")
    return [last], f"session {last.session_id}, the newest"


def _write(report: Report, form: str, out: Path | None) -> None:
    if out is None:
        _write_to(report, form, sys.stdout)
        return
    try:
        with out.open("w", encoding="utf-8") as file:
            _write_to(report, form, file)
    except OSError as error:
        raise UsageError(
            f"The report could not be written to {out}: {error.strerror or error}.",
            "Give another file with --out.",
        ) from error


def _write_to(report: Report, form: str, out: TextIO) -> None:
    match form:
        case "json":
            out.write(msgspec.json.format(msgspec.json.encode(report)).decode() + "\n")
        case "html":
            from okxmm_tui.report.page import page  # noqa: PLC0415 - one form of four

            out.write(page(report))
        case _:
            from okxmm_tui.report.terminal import write  # noqa: PLC0415 - one form of four

            write(report, out, width=None if out is sys.stdout else 120)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="okxmm-tui report",
        description="What sessions did: figures computed again from their journals and compared.",
        epilog="exit codes: 0 all figures agree, 1 some differ, 2 the journal cannot be read",
        allow_abbrev=False,
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--session", type=int, metavar="ID", help="one session (default: the newest)")
    which.add_argument("--day", default="", metavar="YYYY-MM-DD", help="sessions that ran on a UTC day")
    which.add_argument("--since", default="", metavar="TIME", help="sessions that ran since a time (UTC)")
    parser.add_argument(
        "--format", choices=FORMATS, default="table", help="form of the report (default table)"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="file to write; a folder for csv")
    parser.add_argument("--state-dir", type=Path, metavar="DIR", help="where the journals lie")
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration file (okxmm.toml)")
    return parser
