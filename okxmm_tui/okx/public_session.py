"""The market data connection: books, best bid and ask, trades, and the slower facts of each instrument.

Sans-IO. The three frequent channels skip the general envelope: their name is read from the first bytes
of the frame and the rest is decoded straight into its own type.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from msgspec import structs

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import AnyEvent, InstrumentChanged, PublicTrade
from okxmm_tui.core.types import Severity
from okxmm_tui.errors import WireError
from okxmm_tui.okx.book_channels import BOOKS
from okxmm_tui.okx.book_channels import book_channel as find_channel
from okxmm_tui.okx.book_feed import BookFeed
from okxmm_tui.okx.book_session import BookSession, FetchBook
from okxmm_tui.okx.conflate import conflate
from okxmm_tui.okx.decoding import decode
from okxmm_tui.okx.endpoints import PRODUCTION
from okxmm_tui.okx.feed_meter import FeedMeter
from okxmm_tui.okx.instrument_rows import instrument_of
from okxmm_tui.okx.market_channels import TOP_CHANNEL, Wanted, market_channels
from okxmm_tui.okx.market_facts import MarketFacts
from okxmm_tui.okx.market_rows import trade_of
from okxmm_tui.okx.messages import (
    ENVELOPE_DECODER,
    INSTRUMENTS,
    TRADE_DECODER,
    TRADES,
    Envelope,
    InstrumentRow,
    TradeData,
)
from okxmm_tui.okx.session import Login, Session
from okxmm_tui.okx.subscriptions import ChannelRequest, Subscription

DEFAULT_BOOK_CHANNEL = BOOKS.name
ALL_USUAL = Wanted()
REMEMBERED_TRADES = 1_000
_FAST_PREFIX = b'{"arg":{"channel":"'
_FAST_START = len(_FAST_PREFIX)

FrameHandler = Callable[[bytes, int], list[AnyEvent]]


class PublicSession(BookSession):
    """Market data of a set of instruments.

    Args:
        instruments: What to subscribe.
        book_channel: One of ``book_channels``; falls back to ``books`` where the fee tier is too low.
        login: Signs a login; only the gated book channels need one.
        on_instrument: Told of new metadata before the event is returned.
        fetch_book: Reads an instrument's book over REST and calls back with it, or with None.
        venue_now_ns: The venue's clock, Unix ns; for the delay of the feed.
        wanted: Which channels beside the book.
        environment: Whose maintenance announcements count.
    """

    def __init__(
        self,
        instruments: Sequence[Instrument],
        *,
        book_channel: str = DEFAULT_BOOK_CHANNEL,
        login: Login | None = None,
        on_instrument: Callable[[Instrument], None] | None = None,
        fetch_book: FetchBook | None = None,
        venue_now_ns: Callable[[], int] | None = None,
        wanted: Wanted = ALL_USUAL,
        environment: str = PRODUCTION,
    ) -> None:
        super().__init__(instruments, find_channel(book_channel), login, fetch_book)
        self._on_instrument = on_instrument
        self._venue_now_ns = venue_now_ns
        self._wanted = wanted
        self._environment = environment
        self._facts = MarketFacts(self._rows, self._feeds, environment)
        self._meter = FeedMeter()
        self.trade_ids: deque[tuple[str, str]] = deque(maxlen=REMEMBERED_TRADES)
        """(instId, tradeId) of the last prints told."""
        self.on_reconnected: Callable[[], None] | None = None
        """Called when the stream is up again: what came in between was not heard."""
        self._was_up = False
        self._fast: dict[bytes, FrameHandler] = {}
        self._name_handlers()

    def next_deadline(self) -> int:
        """Monotonic time at which ``on_time`` is due."""
        due = super().next_deadline()
        return min(due, self._meter.due_ns) if self._is_subscribed else due

    def successor(self) -> PublicSession:
        """Make a session for a second connection."""
        return PublicSession(
            [feed.instrument for feed in self._feeds.values()],
            book_channel=self._channel.name,
            login=self._login,
            on_instrument=self._on_instrument,
            fetch_book=self._fetch_book,
            venue_now_ns=self._venue_now_ns,
            wanted=self._wanted,
            environment=self._environment,
        )

    @property
    def can_take_over(self) -> bool:
        """Whether every book is there that the venue still serves."""
        return self.is_ready and all(
            feed.is_live or inst_id in self._unserved for inst_id, feed in self._feeds.items()
        )

    def take_over(self, predecessor: Session, events: list[AnyEvent]) -> list[AnyEvent]:
        """Become the stream; prints the other connection brought already are left out."""
        ours = super().take_over(predecessor, events)
        told = (
            {*predecessor.trade_ids}
            if isinstance(predecessor, PublicSession)
            else frozenset[tuple[str, str]]()
        )
        return [
            event
            for event in conflate(ours)
            if not (isinstance(event, PublicTrade) and (event.inst_id, event.trade_id) in told)
        ]

    def hand_on(self, events: list[AnyEvent]) -> list[AnyEvent]:
        """Keep the newest state of what was read together."""
        told = conflate(events)
        self._meter.read(events, told, self._venue_now_ns() if self._venue_now_ns else 0)
        return told

    def handed_on(self, age_ns: int) -> None:
        """Learn how long a reading took from the socket through its reader."""
        self._meter.handed_on(age_ns)

    # -- channels -------------------------------------------------------------------------------

    def _channels(self) -> Sequence[ChannelRequest]:
        instruments = [feed.instrument for feed in self._feeds.values()]
        return market_channels(instruments, self._channel, self._wanted)

    def _name_handlers(self) -> None:
        self._fast = {
            TOP_CHANNEL.encode(): self._on_top,
            b"trades": self._on_trades,
            self._channel.name.encode(): self._on_book,
        }

    def _on_subscribing(self, now_ns: int) -> None:
        super()._on_subscribing(now_ns)
        self._meter.start(now_ns)

    def _ready_if_complete(self) -> list[AnyEvent]:
        events = super()._ready_if_complete()
        if events:
            if self._was_up and self.on_reconnected is not None:
                self.on_reconnected()
            self._was_up = True
        return events

    def _on_time(self, now_ns: int) -> list[AnyEvent]:
        events = super()._on_time(now_ns)
        if self._is_subscribed and now_ns >= self._meter.due_ns:
            events.append(self._meter.report(now_ns))
        return events

    def _on_refused(self, entry: Subscription, code: str, now_ns: int) -> bool:
        was_replaced = super()._on_refused(entry, code, now_ns)
        self._name_handlers()
        return was_replaced

    # -- pushes ---------------------------------------------------------------------------------

    def _dispatch(self, raw: bytes, now_ns: int) -> list[AnyEvent]:
        if raw.startswith(_FAST_PREFIX):
            handler = self._fast.get(raw[_FAST_START : raw.find(b'"', _FAST_START)])
            if handler is not None:
                return handler(raw, now_ns)
        return super()._dispatch(raw, now_ns)

    def _on_push(self, envelope: Envelope, raw: bytes, now_ns: int) -> list[AnyEvent]:
        channel = envelope.arg.channel if envelope.arg else ""
        if handler := self._fast.get(channel.encode()):
            # A frame with unusual spacing or key order.
            return handler(raw, now_ns)
        if channel == "instruments":
            return self._on_instruments(envelope, now_ns)
        return self._facts.read(channel, envelope.data, now_ns)

    def _on_trades(self, raw: bytes, now_ns: int) -> list[AnyEvent]:
        try:
            rows = decode(TRADE_DECODER, raw).data
        except WireError:
            envelope = decode(ENVELOPE_DECODER, raw)
            return self._rows(TRADES, envelope.data, self._trade, now_ns)
        return self._converted(rows, self._trade, now_ns)

    def _trade(self, row: TradeData) -> PublicTrade | None:
        feed = self._feeds.get(row.inst_id)
        if feed is None:
            return None
        trade = trade_of(row, feed)
        self.trade_ids.append((trade.inst_id, trade.trade_id))
        return trade

    def _on_instruments(self, envelope: Envelope, now_ns: int) -> list[AnyEvent]:
        # Since 2026-09-30 a push holds what changed, not the whole list: merge by instrument.
        changed: list[InstrumentRow] = []
        events = self._rows(INSTRUMENTS, envelope.data, changed.append, now_ns)
        for row in changed:
            feed = self._feeds.get(row.inst_id)
            if feed is None:
                continue
            try:
                instrument = instrument_of(row)
            except WireError as error:
                events += self._bad_message(error, now_ns)
                continue
            if instrument is None:
                events.append(self._notice(Severity.WARNING, f"{row.inst_id} lost its metadata"))
                # What has ended may be written without rules: that it has ended still counts.
                instrument = structs.replace(feed.instrument, state=row.state or feed.instrument.state)
            events += self.change_instrument(instrument, now_ns)
        return events

    def change_instrument(self, instrument: Instrument, now_ns: int) -> list[AnyEvent]:
        """Take new metadata; a new tick or lot size voids the book, which is asked for again."""
        old = self._feeds.get(instrument.inst_id)
        if old is None:
            return []
        if instrument.code is None:
            # Pushes may leave the code out; it survives every change but a relisting.
            instrument = structs.replace(instrument, code=old.instrument.code)
        if old.instrument == instrument:
            return []
        if self._on_instrument is not None:
            self._on_instrument(instrument)
        events: list[AnyEvent] = [InstrumentChanged(instrument)]
        if (old.instrument.tick_size, old.instrument.lot_size) == (instrument.tick_size, instrument.lot_size):
            old.instrument = instrument
            return events
        feed = self._feeds[instrument.inst_id] = BookFeed(instrument, self._channel)
        if self._is_subscribed:
            events.append(feed.break_chain("tick or lot size changed", now_ns))
            self._renew_due_books(now_ns)
        return events
