"""One order book over REST (OKX v5, "Get order book"): a seed where no snapshot comes, and a comparison."""

from __future__ import annotations

from okxmm_tui.errors import VenueUnreachableError, WireError
from okxmm_tui.okx.messages import BOOK_ROWS, BookData
from okxmm_tui.okx.rest import Rest

BOOK_PATH = "/api/v5/market/books"
DEPTH = 400
"""The most the venue gives, and what its deepest channel keeps; shallower books are trimmed."""


async def read_book(rest: Rest, inst_id: str) -> BookData | None:
    """Read a book; None when the venue refused, did not answer, or not with a book."""
    try:
        reply = await rest.get(BOOK_PATH, {"instId": inst_id, "sz": str(DEPTH)}, is_signed=False)
        rows = reply.rows(BOOK_ROWS) if reply.is_ok else []
    except (VenueUnreachableError, WireError):
        return None
    return rows[0] if rows else None
