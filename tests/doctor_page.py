"""Writes docs/doctor.md, what the doctor says in good and bad states: ``python -m tests.doctor_page``.

Real processes: an embedded exchange for each state, a fault or another key, and the command as an operator
types it. ``tests/doctor/test_page.py`` brings about the same states and holds the page to them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from msgspec import Struct

from tests.safety.standalone import KEYS, Exchange
from tests.samples import INST, TAG

PAGE = Path(__file__).parents[1] / "docs" / "doctor.md"
COLUMNS = 132


class State(Struct, frozen=True):
    """One state of the venue or of the configuration."""

    title: str
    told: str
    """What is wrong, for the reader of the page."""
    exit_code: int
    found: frozenset[str] = frozenset()
    """Names of the rows that fail or warn."""
    exchange: tuple[str, ...] = ()
    """Flags of the exchange."""
    faults: tuple[dict[str, object], ...] = ()
    okx: tuple[tuple[str, str], ...] = ()
    """Settings below ``okx`` that differ."""
    symbol: str = INST
    is_gone: bool = False
    """Whether the exchange has ended before the doctor looks."""


STATES = (
    State("All is well", "An account that can trade the instrument, and nothing open.", 0),
    State(
        "The secret is wrong",
        "The key is known, but what it signs is refused; whatever needs no key is still looked at.",
        3,
        frozenset({"API key", "private WebSocket"}),
        okx=(("secret", "another"),),
    ),
    State(
        "Nobody answers",
        "The address is right in form and nothing listens there.",
        4,
        frozenset({"REST", "public WebSocket", "private WebSocket"}),
        is_gone=True,
    ),
    State(
        "The account cannot trade the instrument",
        "A swap on an account of level 1 (spot).",
        2,
        frozenset({f"{INST} fits", f"{INST} leverage"}),
        exchange=("--account-level", "1"),
    ),
    State(
        "The instrument is misspelt",
        "What it may have meant is told.",
        2,
        frozenset({"BTC-USTD-SWAP"}),
        symbol="BTC-USTD-SWAP",
    ),
    State(
        "The clock is wrong",
        "This computer is two seconds behind the venue.",
        2,
        frozenset({"clock"}),
        faults=({"fault": "clock_skew", "ms": 2_000},),
    ),
    State(
        "Orders were left behind",
        "An order with our tag is open and no session runs here.",
        0,
        frozenset({"open orders"}),
        faults=({"fault": "foreign_order", "instId": INST, "tag": TAG, "clOrdId": "17951616000000001"},),
    ),
)
"""The good one first."""

HEAD = """\
# What the doctor says

`okxmm-tui doctor --venue demo` against the embedded exchange, which stands in for OKX, in a good state and in
bad ones; of the bad ones the rows that are not ok are shown. Written by `python -m tests.doctor_page`; a test
brings about the same states and compares what is found.

"""


def examined(state: State) -> tuple[str, int]:
    """Bring a state about and run the command; returns its output and its exit code."""
    with tempfile.TemporaryDirectory() as home:
        exchange = Exchange(*state.exchange)
        try:
            for fault in state.faults:
                exchange.inject(fault).raise_for_status()
            if state.is_gone:
                exchange.stop()
            done = subprocess.run(
                [
                    sys.executable, "-m", "okxmm_tui", "doctor", "--venue", "demo",
                    "--symbol", state.symbol, "--state-dir", f"{home}/state",
                ],
                capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                env={**os.environ, **_environment(state, exchange.urls), "COLUMNS": str(COLUMNS)},
            )  # fmt: skip
        finally:
            exchange.stop()
    if done.stderr:
        raise RuntimeError(f"{state.title}: {done.stderr}")
    return _without_machine(done.stdout, home), done.returncode


def _environment(state: State, urls: dict[str, str]) -> dict[str, str]:
    okx = {"rest_url": urls["rest"], "ws_url": urls["ws"], **KEYS, **dict(state.okx)}
    return {f"OKXMM_OKX__{name.upper()}": value for name, value in okx.items()}


def _without_machine(text: str, home: str) -> str:
    """Leave the machine's paths out; a cell keeps its width."""
    cell = re.compile(rf"{re.escape(home)}/([^│]*)│")
    return cell.sub(lambda found: f"~/{found[1]}{' ' * (len(home) - 1)}│", text)


def trimmed(text: str) -> str:
    """Leave out what is well, and say how many rows that were."""
    kept: list[str] = []
    left_out, is_hidden = 0, False
    for line in text.splitlines():
        if not line.startswith("│  "):
            is_hidden = re.search(r"│ ok +│", line) is not None
            left_out += is_hidden
        if not is_hidden:
            kept.append(line.rstrip())
    return "\n".join([*kept, f"({left_out} rows that are well)"])


def page() -> str:
    """The whole page, made now."""
    return HEAD + "\n".join(_section(state) for state in STATES)


def _section(state: State) -> str:
    text, code = examined(state)
    shown = trimmed(text) if code or state.found else text.rstrip()
    return f"## {state.title}\n\n{state.told} Exit code {code}.\n\n```\n{shown}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
