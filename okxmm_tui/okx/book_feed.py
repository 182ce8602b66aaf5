"""One instrument's book channel: decoded messages in, book events out, and when to ask for a new snapshot.

It converts before it judges, so that a message it cannot read breaks the chain instead of being skipped.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from functools import partial

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import BookGap, BookSnapshot, BookUpdate
from okxmm_tui.core.types import Levels
from okxmm_tui.errors import WireError
from okxmm_tui.okx.book_chain import BookChain, Verdict
from okxmm_tui.okx.book_checksum import ChecksumBook
from okxmm_tui.okx.convert import number
from okxmm_tui.okx.messages import BookData, Level
from okxmm_tui.okx.units import UnitTable

SECOND_NS = 1_000_000_000
SNAPSHOT_TIMEOUT_NS = 5 * SECOND_NS
MAX_BACKOFF_NS = 60 * SECOND_NS
CALM_NS = 60 * SECOND_NS
"""A chain that held this long has earned an immediate resubscription."""

BookEvent = BookSnapshot | BookUpdate | BookGap


def market_lots(text: str, lot_size: Decimal) -> int:
    """Whole lots of a size in market data, rounded up.

    Books hold sizes finer than the lot (remainders from before a lot change, quote-sized spot orders). A
    level of half a lot is still a level, and must not read as a removal.

    Raises:
        WireError: The text was no size.
    """
    size = number(text)
    if not text or size < 0:
        raise WireError(f"size {text[:40]!r} was no size.")
    return int((size / lot_size).to_integral_value(ROUND_CEILING))


class BookFeed:
    """Chain, checksum and resubscription back-off of one instrument."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.inst_id = instrument.inst_id
        self.prices = UnitTable(instrument.tick_size, instrument.price_to_ticks)
        self.sizes = UnitTable(instrument.lot_size, partial(market_lots, lot_size=instrument.lot_size))
        self._chain = BookChain()
        self._strings: ChecksumBook | None = None
        self._backoff_ns = 0
        self._renewed_ns = -CALM_NS
        self.renew_at_ns: int | None = None
        """When to resubscribe, if a resubscription is due."""

    @property
    def is_live(self) -> bool:
        """Whether the book can be trusted."""
        return self._chain.is_live

    def start(self, now_ns: int) -> None:
        """Expect the first snapshot of a new connection."""
        self._chain.drop()
        self._strings = None
        self.renew_at_ns = now_ns + SNAPSHOT_TIMEOUT_NS

    def receive(self, data: BookData, now_ns: int, *, is_snapshot: bool) -> BookEvent | None:
        """Take one book message; None when it means nothing."""
        if not is_snapshot and not self._chain.is_live:
            return None
        try:
            bids, asks = self._levels(data.bids), self._levels(data.asks)
            venue_ms = int(data.ts or 0)
        except (WireError, ValueError) as error:
            return self.break_chain(str(error), now_ns)
        last = self._chain.last_seq_id
        verdict = self._chain.judge(
            is_snapshot=is_snapshot,
            previous=data.prev_seq_id,
            current=data.seq_id,
            is_empty=not bids and not asks,
            has_checksum=bool(data.checksum),
        )
        if verdict is Verdict.GAP:
            return self.break_chain(f"expected prevSeqId {last}, got {data.prev_seq_id}", now_ns)
        if (self._strings is not None or data.checksum) and not self._is_sum_right(
            data, is_snapshot=is_snapshot
        ):
            return self.break_chain(f"checksum {data.checksum} did not match", now_ns)
        if is_snapshot:
            self.renew_at_ns = None
            return BookSnapshot(self.inst_id, bids, asks, self._chain.last_seq_id, venue_ms)
        return BookUpdate(self.inst_id, bids, asks, self._chain.last_seq_id, venue_ms)

    def break_chain(self, reason: str, now_ns: int) -> BookGap:
        """Stop trusting the book and schedule a fresh snapshot; the first one is asked for at once."""
        self._chain.drop()
        self._strings = None
        self.renew(now_ns)
        return BookGap(self.inst_id, reason)

    def renew(self, now_ns: int) -> None:
        """Schedule a resubscription, unless one is on its way already."""
        if self.renew_at_ns is not None and not self._chain.is_live:
            return
        self._chain.drop()
        self._strings = None
        if now_ns - self._renewed_ns >= CALM_NS:
            self._backoff_ns = 0
        self.renew_at_ns = max(now_ns, self._renewed_ns + self._backoff_ns)

    def renewed(self, now_ns: int) -> None:
        """Note that the channel was resubscribed; asks again later if no snapshot comes."""
        self._renewed_ns = now_ns
        self._backoff_ns = min(MAX_BACKOFF_NS, self._backoff_ns * 2 or SECOND_NS)
        self.renew_at_ns = now_ns + max(SNAPSHOT_TIMEOUT_NS, self._backoff_ns)

    def _levels(self, levels: list[Level]) -> Levels:
        prices, sizes = self.prices, self.sizes
        return tuple([(prices[level.px], sizes[level.sz]) for level in levels])

    def _is_sum_right(self, data: BookData, *, is_snapshot: bool) -> bool:
        if is_snapshot:
            self._strings = ChecksumBook() if data.checksum else None
        if self._strings is None:
            # Checksums that begin in mid-stream cannot be verified before the next snapshot.
            return True
        self._strings.apply(data.bids, data.asks, self.prices, self.sizes)
        return not data.checksum or self._strings.checksum() == data.checksum
