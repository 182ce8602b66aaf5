"""Decodes what the venue sends, tolerantly: malformed input raises ``WireError`` and hides nothing else."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from msgspec import Raw

from okxmm_tui.errors import WireError

Scalar = str | int | float | bool | None
"""A JSON scalar in any of the spellings the venue uses."""

_Message = TypeVar("_Message")
_SHOWN_BYTES = 160
_RAWS = msgspec.json.Decoder(list[Raw])


def decode(decoder: msgspec.json.Decoder[_Message], raw: bytes | Raw) -> _Message:
    """Decode one message.

    Raises:
        WireError: The bytes were no JSON, nested too deep to be read, or not of the expected shape; carries
            their beginning.
    """
    try:
        return decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(
            f"venue message {shown(bytes(raw))} was malformed: {str(error)[:_SHOWN_BYTES]}."
        ) from error


def decode_rows(decoder: msgspec.json.Decoder[list[_Message]], raw: Raw) -> list[_Message]:
    """Decode a ``data`` list; null or absent is empty.

    Raises:
        WireError: As ``decode``.
    """
    return [] if bytes(raw) in {b"", b"null"} else decode(decoder, raw)


def decode_readable(
    decoder: msgspec.json.Decoder[list[_Message]], raw: Raw
) -> tuple[list[_Message], WireError | None]:
    """Decode a ``data`` list row by row where it cannot be read as a whole: one bad row hides no other.

    Returns:
        The rows that could be read, and what was wrong with the first that could not.

    Raises:
        WireError: It was no list at all.
    """
    try:
        return decode_rows(decoder, raw), None
    except WireError as error:
        problem = error
    rows: list[_Message] = []
    for each in decode(_RAWS, raw):
        try:
            rows += decode(decoder, b"[%b]" % bytes(each))
        except WireError as error:
            problem = error
    return rows, problem


def shown(raw: bytes) -> str:
    """The beginning of a frame, fit for a log line."""
    text = raw[:_SHOWN_BYTES].decode(errors="replace")
    return repr(text) + ("…" if len(raw) > _SHOWN_BYTES else "")


def text_of(value: Scalar) -> str:
    """Read a scalar as text; null is empty and booleans are "true" or "false"."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
