"""How far the order book of a market can be trusted."""

from __future__ import annotations

from enum import StrEnum


class BookState(StrEnum):
    """State of one order book; only a live one is quoted on."""

    WAITING = "waiting"
    """No snapshot has come yet."""
    LIVE = "live"
    RESYNC = "resync"
    """Its sequence broke or its channel fell silent; a new one is asked for."""
    STALE = "stale"
    """Nothing has come for too long."""
