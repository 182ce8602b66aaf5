"""One REST request and its answer, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from okxmm_tui.exchange.api_error import ApiError, missing, wrong
from okxmm_tui.exchange.numbers import is_whole

Row = dict[str, Any]

DAY_MS = 24 * 3600 * 1000
RECENT_MS = 7 * DAY_MS
"""How long the ordinary histories of orders and bills reach back (OKX v5)."""
ARCHIVE_MS = 90 * DAY_MS
"""How long the archives reach back."""
FOREVER_MS = 2**63


class RestRequest(Struct, frozen=True):
    """A request as it arrived."""

    method: str
    path: str
    """Path without the query."""
    query: str
    """Query exactly as sent, without the question mark."""
    headers: Mapping[str, str]
    """Header names in lower case."""
    body: bytes
    received_ns: int
    client: str = ""
    """Address it came from; public limits are counted by it."""

    @property
    def signed_path(self) -> str:
        """Path with query, as it is signed."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def params(self) -> dict[str, str]:
        """Query parameters."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def json(self) -> Any:
        """Body as JSON.

        Raises:
            ApiError: 50000 empty body, 50002 no JSON.
        """
        if not self.body.strip():
            raise ApiError("50000", "Body for POST request cannot be empty.")
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError as error:
            raise ApiError("50002", "JSON syntax error.") from error

    def fields(self) -> Row:
        """Body of a request outside the trade operations: named values.

        Raises:
            ApiError: 50000 empty, 50002 no JSON, 51000 no object, or a value that holds others.
        """
        body = self.json()
        if not isinstance(body, dict):
            raise wrong("body")
        for name, value in body.items():
            if isinstance(value, list | dict):
                raise wrong(name)
        return body


class RestReply(Struct, frozen=True):
    """An answer; a lost one must never be sent."""

    status: int
    body: bytes
    is_lost: bool = False
    media_type: str = "application/json"


def reply(status: int, content: Row, *, is_lost: bool = False) -> RestReply:
    """Encode an answer."""
    return RestReply(status, msgspec.json.encode(content), is_lost)


def required(params: Mapping[str, str], name: str) -> str:
    """Return a mandatory query parameter.

    Raises:
        ApiError: 50014, it is absent.
    """
    value = params.get(name, "")
    if not value:
        raise missing(name)
    return value


def limit_of(params: Mapping[str, str], default: int, most: int) -> int:
    """Return the page size asked for.

    Raises:
        ApiError: 51000, it is no number from 1 to ``most``.
    """
    value = params.get("limit") or str(default)
    if not is_whole(value) or not 1 <= int(value) <= most:
        raise wrong("limit", f"must be 1 to {most}")
    return int(value)


def time_bounds(params: Mapping[str, str]) -> tuple[int, int]:
    """Return ``begin`` and ``end`` of a request, Unix ms; without limits where absent.

    Raises:
        ApiError: 51000, one is no number.
    """
    for name in ("begin", "end"):
        if params.get(name) and not is_whole(params[name]):
            raise wrong(name)
    return int(params.get("begin") or 0), int(params.get("end") or FOREVER_MS)


def page(
    rows: list[Row], key: str, params: Mapping[str, str], *, default: int = 100, most: int = 100
) -> list[Row]:
    """Return one page, newest first: ``after`` asks for older records, ``before`` for newer ones.

    Args:
        rows: Records, oldest first.
        key: Field that identifies a record and rises with time.
        params: Query parameters ``after``, ``before`` and ``limit``.
        default: Page size when none is asked for.
        most: Largest page size.

    Raises:
        ApiError: A parameter is no number.
    """
    size = limit_of(params, default, most)
    bounds: dict[str, int | None] = {}
    for name in ("after", "before"):
        value = params.get(name)
        if value and not is_whole(value):
            raise wrong(name)
        bounds[name] = int(value) if value else None
    after, before = bounds["after"], bounds["before"]
    fitting = [
        row
        for row in reversed(rows)
        if (after is None or int(row[key]) < after) and (before is None or int(row[key]) > before)
    ]
    # With ``before`` alone the page next to the bound is meant, not the newest one.
    return fitting[-size:] if before is not None and after is None else fitting[:size]
