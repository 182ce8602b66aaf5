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
from okxmm_tui.okx.book_channels import BOOKS, BookChannel
from okxmm_tui.okx.book_checksum import ChecksumBook
from okxmm_tui.okx.book_seed import BookSeed
from okxmm_tui.okx.convert import MAX_WHOLE, number, whole
from okxmm_tui.okx.messages import BookData, Level
from okxmm_tui.okx.units import UnitTable

SECOND_NS = 1_000_000_000
SNAPSHOT_TIMEOUT_NS = 10 * SECOND_NS
"""Long enough for the way over REST."""
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
    """Chain, checksum, REST seeding and resubscription back-off of one instrument.

    Args:
        instrument: Whose book.
        channel: Where it comes from.
    """

    def __init__(self, instrument: Instrument, channel: BookChannel = BOOKS) -> None:
        self.instrument = instrument
        self.inst_id = instrument.inst_id
        self.prices = UnitTable(instrument.tick_size, instrument.price_to_ticks)
        self.sizes = UnitTable(instrument.lot_size, partial(market_lots, lot_size=instrument.lot_size))
        self.seed = BookSeed()
        self._channel = channel
        self._chain = BookChain()
        self._strings: ChecksumBook | None = None
        self._last_full: tuple[dict[int, int], dict[int, int]] = {}, {}
        self._backoff_ns = 0
        self._renewed_ns = -CALM_NS
        self.renew_at_ns: int | None = None
        """When to resubscribe, if a resubscription is due."""

    @property
    def is_live(self) -> bool:
        """Whether the book can be trusted."""
        return self._chain.is_live

    @property
    def last_seq_id(self) -> int:
        """Where the book stands in the venue's sequence; ``NO_SEQUENCE`` when nowhere."""
        return self._chain.last_seq_id

    def start(self, now_ns: int) -> None:
        """Expect the first snapshot of a new connection."""
        self._drop()
        self.renew_at_ns = now_ns + SNAPSHOT_TIMEOUT_NS
        self._wait_for_snapshot(now_ns)

    def receive(self, data: BookData, now_ns: int, *, is_snapshot: bool) -> BookEvent | None:
        """Take one book message; None when it means nothing."""
        is_full = is_snapshot or not self._channel.is_chained
        if not is_full and not self._chain.is_live:
            self.seed.hold(data)
            return None
        try:
            bids, asks = self._levels(data.bids), self._levels(data.asks)
            venue_ms = whole(data.ts)
            _check_sequence(data)
        except WireError as error:
            return self.break_chain(str(error), now_ns)
        was_live, last = self._chain.is_live, self._chain.last_seq_id
        verdict = self._chain.judge(
            is_snapshot=is_full,
            previous=data.prev_seq_id,
            current=data.seq_id,
            is_empty=not bids and not asks,
            has_checksum=bool(data.checksum),
        )
        if verdict is Verdict.IGNORE:
            # A REST book that no increment ever continues is a book of the past.
            self.renew_at_ns = self.renew_at_ns or now_ns + SNAPSHOT_TIMEOUT_NS
            return None
        if verdict is Verdict.GAP:
            return self.break_chain(f"expected prevSeqId {last}, got {data.prev_seq_id}", now_ns)
        if (self._strings is not None or data.checksum) and not self._is_sum_right(data, is_snapshot=is_full):
            return self.break_chain(f"checksum {data.checksum} did not match", now_ns)
        self.renew_at_ns = None
        if not self._channel.is_chained:
            return self._full(bids, asks, venue_ms, was_live=was_live)
        return self._event(bids, asks, venue_ms, is_snapshot=is_snapshot)

    def take_seed(self, data: BookData | None, now_ns: int) -> list[BookEvent]:
        """Take a book read over REST, or that there was none; it counts only while it is wanted."""
        if self._chain.is_live or not self.seed.was_asked:
            return []
        if data is None or data.seq_id is None or data.seq_id < 0 or not self.seed.reaches(data.seq_id):
            self.seed.retry(now_ns)
            return []
        try:
            bids, asks = self._levels(data.bids), self._levels(data.asks)
            venue_ms = whole(data.ts)
            _check_sequence(data)
        except WireError:
            self.seed.retry(now_ns)
            return []
        held = self.seed.take()
        self._chain.seed(data.seq_id)
        self.renew_at_ns = None
        events: list[BookEvent] = [self._event(bids, asks, venue_ms, is_snapshot=True)]
        for each in held:
            event = self.receive(each, now_ns, is_snapshot=False)
            if event is not None:
                events.append(event)
        return events

    def break_chain(self, reason: str, now_ns: int) -> BookGap:
        """Stop trusting the book and schedule a fresh snapshot; the first one is asked for at once."""
        self._drop()
        self.renew(now_ns)
        return BookGap(self.inst_id, reason)

    def renew(self, now_ns: int) -> None:
        """Schedule a resubscription, unless one is on its way already."""
        if self.renew_at_ns is not None and not self._chain.is_live:
            return
        self._drop()
        if now_ns - self._renewed_ns >= CALM_NS:
            self._backoff_ns = 0
        self.renew_at_ns = max(now_ns, self._renewed_ns + self._backoff_ns)

    def renewed(self, now_ns: int) -> None:
        """Note that the channel was resubscribed; asks again later if no snapshot comes."""
        self._drop()
        self._renewed_ns = now_ns
        self._backoff_ns = min(MAX_BACKOFF_NS, self._backoff_ns * 2 or SECOND_NS)
        self.renew_at_ns = now_ns + max(SNAPSHOT_TIMEOUT_NS, self._backoff_ns)
        self._wait_for_snapshot(now_ns)

    def _wait_for_snapshot(self, now_ns: int) -> None:
        if self._channel.is_chained:
            self.seed.start(now_ns)

    def _drop(self) -> None:
        self._chain.drop()
        self._strings = None
        self.seed.stop()

    def _event(self, bids: Levels, asks: Levels, venue_ms: int, *, is_snapshot: bool) -> BookEvent:
        seq_id = self._chain.last_seq_id
        if not is_snapshot:
            return BookUpdate(self.inst_id, bids, asks, seq_id, venue_ms)
        self.seed.stop()
        return BookSnapshot(self.inst_id, bids, asks, seq_id, venue_ms, self._channel.depth)

    def _full(self, bids: Levels, asks: Levels, venue_ms: int, *, was_live: bool) -> BookEvent:
        """The first full book starts a chain, every later one is told as what changed since."""
        old, new = self._last_full, (dict(bids), dict(asks))
        self._last_full = new
        if not was_live:
            return self._event(bids, asks, venue_ms, is_snapshot=True)
        changes = (_difference(old[0], new[0]), _difference(old[1], new[1]))
        return self._event(*changes, venue_ms, is_snapshot=False)

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


def _check_sequence(data: BookData) -> None:
    for value in (data.seq_id, data.prev_seq_id):
        if value is not None and not -1 <= value <= MAX_WHOLE:
            raise WireError(f"sequence number {value % 10**40} was beyond all reason.")


def _difference(old: dict[int, int], new: dict[int, int]) -> Levels:
    gone = [(price, 0) for price in old if price not in new]
    return tuple(gone + [(price, size) for price, size in new.items() if old.get(price) != size])
