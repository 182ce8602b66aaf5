"""The exception tree; every error says what happened, why, and what to do next.

OkxmmError
├── UsageError            exit 2: a flag, symbol, parameter or setting was wrong
│   ├── RecordingError    exit 2: a market recording could not be read
│   └── JournalError      exit 2: the journal could not be used
├── CredentialError       exit 3: keys missing, refused, or without permission
├── VenueUnreachableError exit 4: the exchange did not answer
├── WireError             bytes from the venue did not have the documented shape
└── LinkError             exit 4: console and engine could not talk
"""

from __future__ import annotations


class OkxmmError(Exception):
    """Base of every expected failure.

    Args:
        message: One sentence: what happened and why, with the offending value.
        hint: One sentence: what the operator can do next.
    """

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(OkxmmError):
    """A flag, symbol, parameter or setting was wrong."""

    exit_code = 2


class RecordingError(UsageError):
    """A market recording was missing, truncated or not in the expected form."""


class JournalError(UsageError):
    """The journal was missing, damaged, of another version, or could not be opened."""


class DamagedJournalError(JournalError):
    """The journal's file is no journal any more: it is put aside and a new one begun."""


class CredentialError(OkxmmError):
    """API keys were missing, refused or lack a permission."""

    exit_code = 3


class VenueUnreachableError(OkxmmError):
    """The exchange did not answer, or the answer was no OKX answer."""

    exit_code = 4


class WireError(OkxmmError):
    """A venue message did not have the documented shape; carries the offending value."""

    exit_code = 4


class LinkError(OkxmmError):
    """The console could not reach an engine, or the socket broke."""

    exit_code = 4
