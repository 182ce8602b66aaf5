"""What every OKX code means to us: one reaction and a few own words.

OKX v5, section "Error Code"; the table itself is in ``error_table``. Unknown codes never raise: they get
the reaction that is safest for an order, which is to drop the action and tell the operator.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from okxmm_tui.okx.error_table import CANCEL_SOURCES, CLOSE_CODES, CODES, CREDENTIAL_CODES


class Reaction(StrEnum):
    """What to do after a code."""

    OK = "ok"
    BATCH = "batch"
    """Look at the code of every row."""
    UNKNOWN = "unknown"
    """A code this version has never heard of: as DROP, and the operator is told at once."""
    RETRY = "retry"
    """Try again after a pause."""
    QUERY = "query"
    """The outcome is unknown: ask the venue before anything else."""
    RESYNC = "resync"
    """Our picture was behind; the venue's state is the truth."""
    DROP = "drop"
    """This action is not possible now; go on without it."""
    FUNDS = "funds"
    """Not enough balance or margin: drop what grows the position and read the balance again."""
    HALT = "halt"
    """Trading cannot go on until a person acts."""
    FIX = "fix"
    """The request was wrong: a bug or a setting."""
    WAIT = "wait"
    """Not now; the state that forbids it ends by itself."""
    STOP_INSTRUMENT = "stop_instrument"
    RELOAD_INSTRUMENTS = "reload_instruments"
    REQUOTE = "requote"
    """The price was outside the venue's band."""
    CANCEL_AND_NEW = "cancel_and_new"
    """The order can no longer be amended."""
    SYNC_CLOCK = "sync_clock"
    RECONNECT = "reconnect"
    """Open a fresh connection."""
    IGNORE = "ignore"
    """Concerns features this client never uses."""


class CodeEntry(Struct, frozen=True):
    """One code, its reaction and its meaning."""

    code: str
    reaction: Reaction
    text: str


def _parsed(table: str) -> dict[str, CodeEntry]:
    entries: dict[str, CodeEntry] = {}
    for line in table.strip().splitlines():
        codes, reaction, text = line.split(maxsplit=2)
        for code in codes.split(","):
            entries[code] = CodeEntry(code, Reaction(reaction), text)
    return entries


def _words(table: str) -> dict[str, str]:
    words: dict[str, str] = {}
    for line in table.strip().splitlines():
        codes, text = line.split(maxsplit=1)
        words.update(dict.fromkeys(codes.split(","), text))
    return words


_ENTRIES = _parsed(CODES)
_SOURCES = _words(CANCEL_SOURCES)
_CLOSES = _words(CLOSE_CODES)

_CREDENTIAL_CODES = frozenset(CREDENTIAL_CODES.split())

KNOWN_CODES = frozenset(_ENTRIES)
"""Every code with an entry of its own."""


def lookup(code: str) -> CodeEntry:
    """Return the entry of a code, or a safe default for one we do not know."""
    return _ENTRIES.get(code) or CodeEntry(code, Reaction.UNKNOWN, "code unknown to this version")


def reaction_of(code: str) -> Reaction:
    """Return the reaction to a code."""
    return lookup(code).reaction


def describe(code: str, text: str = "") -> str:
    """Write a code for people: number, our words, and the venue's own text."""
    entry = lookup(code)
    return f"{code} {entry.text}: {text[:200]}" if text else f"{code} {entry.text}"


def reason_of(code: str, text: str = "") -> str:
    """Write what a code means without the number: our words, and the venue's own text."""
    words = lookup(code).text
    return f"{words}: {text[:200]}" if text else words


def is_credential_problem(code: str) -> bool:
    """Whether a REST code says that the key, its rights or its place of use are wrong."""
    return code in _CREDENTIAL_CODES


def cancel_source_text(code: str) -> str:
    """Say in words why an order was cancelled (orders channel, ``cancelSource``)."""
    return _SOURCES.get(code, f"cancel source {code}" if code else "")


def close_code_text(code: int | None) -> str:
    """Say in words why the venue closed a WebSocket."""
    return "connection lost" if code is None else _CLOSES.get(str(code), f"closed with code {code}")
