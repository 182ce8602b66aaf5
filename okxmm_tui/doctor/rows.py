"""Findings: one row each, with a state, what was seen and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from okxmm_tui.errors import CredentialError, OkxmmError, UsageError, VenueUnreachableError
from okxmm_tui.okx.rest_queries import FetchRefusedError


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


class Row(Struct, frozen=True):
    """One finding."""

    name: str
    """What was looked at."""
    state: State
    finding: str
    advice: str = ""
    """What to do; empty when there is nothing to do."""
    exit_code: int = 0
    """Class of a failure: 2 usage or configuration, 3 credentials or permission, 4 venue unreachable."""


def ok(name: str, finding: str, advice: str = "") -> Row:
    """All is well."""
    return Row(name, State.OK, finding, advice)


def warn(name: str, finding: str, advice: str) -> Row:
    """A session would start, but somebody should know this first."""
    return Row(name, State.WARN, finding, advice)


def skipped(name: str, why: str, advice: str = "") -> Row:
    """It could not, or must not, be looked at."""
    return Row(name, State.SKIPPED, why, advice)


def bad_setting(name: str, finding: str, advice: str) -> Row:
    """A session would be refused: a setting of ours or of the account."""
    return Row(name, State.FAIL, finding, advice, UsageError.exit_code)


def bad_key(name: str, finding: str, advice: str) -> Row:
    """A session would be refused: the key."""
    return Row(name, State.FAIL, finding, advice, CredentialError.exit_code)


def unreachable(name: str, finding: str, advice: str) -> Row:
    """A session would be refused: the venue does not answer."""
    return Row(name, State.FAIL, finding, advice, VenueUnreachableError.exit_code)


def failed(name: str, error: OkxmmError) -> Row:
    """Turn an error of the house into a row."""
    is_key = isinstance(error, FetchRefusedError) and error.is_final
    code = CredentialError.exit_code if is_key else error.exit_code
    finding = f"{error.message.rstrip('.')}."  # the venue's own words may end with a full stop, too
    return Row(name, State.FAIL, finding, error.hint, code)


def exit_code_of(rows: Iterable[Row]) -> int:
    """The highest class among the failures; 0 when there is none, whatever was warned of."""
    return max((row.exit_code for row in rows if row.state is State.FAIL), default=0)
