"""The order book channels a book can be kept from (OKX v5, order book channel)."""

from __future__ import annotations

from msgspec import Struct

from okxmm_tui.errors import UsageError


class BookChannel(Struct, frozen=True):
    """What one channel promises."""

    name: str
    depth: int
    """Levels a side."""
    is_chained: bool
    """Whether increments follow a snapshot; else every message is a full snapshot."""
    needs_login: bool = False
    """Whether the fee tier has to be proven by a login on the public URL."""


BOOKS = BookChannel("books", 400, is_chained=True)
"""Open to all; every other channel falls back to it."""

BOOK_CHANNELS = {
    each.name: each
    for each in (
        BOOKS,
        BookChannel("books5", 5, is_chained=False),
        BookChannel("bbo-tbt", 1, is_chained=False),
        BookChannel("books50-l2-tbt", 50, is_chained=True, needs_login=True),
        BookChannel("books-l2-tbt", 400, is_chained=True, needs_login=True),
    )
}


def book_channel(name: str) -> BookChannel:
    """Look a channel up.

    Raises:
        UsageError: No book can be kept from it.
    """
    channel = BOOK_CHANNELS.get(name)
    if channel is None:
        raise UsageError(f"book channel {name!r} was unknown.", f"Use one of: {', '.join(BOOK_CHANNELS)}.")
    return channel
