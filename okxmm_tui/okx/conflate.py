"""Keeps a slow reader current: what was read together is handed on as its newest state.

Pure. Increments of one book become one increment (the last size of a level wins), a snapshot supersedes
what came before it, only the newest best bid and ask survives; trades and everything else pass untouched
and in order. A merged event stands where the last of its parts stood, so that nothing is told too early
against the prints between them, and its sequence number is the newest, by which readers order channels.
"""

from __future__ import annotations

from collections.abc import Sequence

from okxmm_tui.core.messages import AnyEvent, BookGap, BookSnapshot, BookUpdate, TopOfBook
from okxmm_tui.core.types import Levels

MARKET_STATE = (BookSnapshot, BookUpdate, TopOfBook)
"""Events of which only the newest state counts."""


def conflate(events: Sequence[AnyEvent]) -> list[AnyEvent]:
    """Merge the book events of one reading."""
    if len(events) < 2:
        return list(events)
    kept: list[AnyEvent | None] = list(events)
    books: dict[str, list[int]] = {}
    tops: dict[str, int] = {}
    for index, event in enumerate(events):
        if isinstance(event, BookUpdate):
            books.setdefault(event.inst_id, []).append(index)
        elif isinstance(event, TopOfBook):
            _forget(kept, [tops[event.inst_id]] if event.inst_id in tops else [])
            tops[event.inst_id] = index
        elif isinstance(event, BookSnapshot):
            # What it replaces need not be told any more.
            _forget(kept, books.pop(event.inst_id, []))
            books[event.inst_id] = [index]
        elif isinstance(event, BookGap):
            # Nor what it voids; that there was a gap must be.
            _forget(kept, books.pop(event.inst_id, []))
            _forget(kept, [tops.pop(event.inst_id)] if event.inst_id in tops else [])
    for indexes in books.values():
        _merge(kept, indexes)
    return [event for event in kept if event is not None]


def _forget(kept: list[AnyEvent | None], indexes: Sequence[int]) -> None:
    for index in indexes:
        kept[index] = None


def _merge(kept: list[AnyEvent | None], indexes: list[int]) -> None:
    parts = [event for index in indexes if isinstance(event := kept[index], BookUpdate)]
    if len(parts) < 2:
        return
    for index in indexes:
        if isinstance(kept[index], BookUpdate):
            kept[index] = None
    last = parts[-1]
    bids, asks = merged([part.bids for part in parts]), merged([part.asks for part in parts])
    kept[indexes[-1]] = BookUpdate(last.inst_id, bids, asks, last.seq_id, last.venue_ms)


def merged(changes: Sequence[Levels]) -> Levels:
    """One set of absolute sizes out of several, the last of each price; linear in the levels."""
    sizes: dict[int, int] = {}
    for levels in changes:
        sizes.update(levels)
    return tuple(sizes.items())
