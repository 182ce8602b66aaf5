"""The market data connection: books, best bid and ask, trades, and the slower facts of each instrument.

Sans-IO. The three frequent channels skip the general envelope: their name is read from the first bytes
of the frame and the rest is decoded straight into its own type.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from msgspec import structs

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import AnyEvent, BookGap, InstrumentChanged, PublicTrade, TopOfBook
from okxmm_tui.core.types import Severity
from okxmm_tui.errors import WireError
from okxmm_tui.okx.book_channels import BOOKS
from okxmm_tui.okx.book_channels import book_channel as find_channel
from okxmm_tui.okx.book_feed import BookFeed
from okxmm_tui.okx.conflate import conflate
from okxmm_tui.okx.convert import instrument_of, whole
from okxmm_tui.okx.feed_meter import FeedMeter
from okxmm_tui.okx.feed_watch import FeedWatch, Silence
from okxmm_tui.okx.market_channels import TOP_CHANNEL, Wanted, market_channels
from okxmm_tui.okx.market_facts import MarketFacts
from okxmm_tui.okx.market_rows import PRODUCTION, trade_of
from okxmm_tui.okx.messages import (
    BOOK_DECODER,
    ENVELOPE_DECODER,
    INSTRUMENTS,
    TRADE_DECODER,
    TRADES,
    BookData,
    Envelope,
    InstrumentRow,
    Level,
    TradeData,
    decode,
)
from okxmm_tui.okx.session import ChannelRequest, Login, Phase, Session
from okxmm_tui.okx.subscriptions import Subscription

DEFAULT_BOOK_CHANNEL = BOOKS.name
ALL_USUAL = Wanted()
REMEMBERED_TRADES = 1_000
_FAST_PREFIX = b'{"arg":{"channel":"'
_FAST_START = len(_FAST_PREFIX)

Answer = Callable[[BookData | None], None]
FetchBook = Callable[[str, Answer], None]
FrameHandler = Callable[[bytes, int], list[AnyEvent]]


class PublicSession(Session):
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
        self._channel = find_channel(book_channel)
        super().__init__("public", login if self._channel.needs_login else None)
        self._feeds = {each.inst_id: BookFeed(each, self._channel) for each in instruments}
        self._has_top = self._channel.name != TOP_CHANNEL
        self._watches = {inst_id: FeedWatch(has_top=self._has_top) for inst_id in self._feeds}
        self._on_instrument = on_instrument
        self._fetch_book = fetch_book
        self._venue_now_ns = venue_now_ns
        self._wanted = wanted
        self._environment = environment
        self._facts = MarketFacts(self._rows, self._feeds, environment)
        self._meter = FeedMeter()
        self.trade_ids: deque[tuple[str, str]] = deque(maxlen=REMEMBERED_TRADES)
        """(instId, tradeId) of the last prints told."""
        self._answers: list[tuple[str, BookData | None]] = []
        self._fast: dict[bytes, FrameHandler] = {}
        self._name_handlers()

    def resubscribe(self, inst_id: str, now_ns: int) -> None:
        """Drop and renew one book subscription; does nothing while one is on its way."""
        feed = self._feeds.get(inst_id)
        if feed is not None and self._is_subscribed:
            feed.renew(now_ns)
            self._renew_due_books(now_ns)

    def take_rest_book(self, inst_id: str, data: BookData | None, now_ns: int) -> list[AnyEvent]:
        """Take a book read over REST; None when there was no answer."""
        feed = self._feeds.get(inst_id)
        if feed is None or not self._is_subscribed:
            return []
        if feed.is_live:
            if data is not None and data.seq_id is not None:
                self._watches[inst_id].on_compared(data.seq_id, now_ns)
            return []
        events: list[AnyEvent] = [*feed.take_seed(data, now_ns)]
        if feed.is_live:
            self._watches[inst_id].on_book(feed.last_seq_id, now_ns)
        return events

    def next_deadline(self) -> int:
        """Monotonic time at which ``on_time`` is due."""
        due = 0 if self._answers else super().next_deadline()
        if not self._is_subscribed:
            return due
        for inst_id, feed in self._feeds.items():
            if feed.renew_at_ns is not None:
                due = min(due, feed.renew_at_ns)
            if feed.seed.ask_at_ns is not None:
                due = min(due, feed.seed.ask_at_ns)
            if feed.is_live:
                due = min(due, self._watches[inst_id].due_ns)
        return min(due, self._meter.due_ns)

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
        """Whether every book is there."""
        return self.is_ready and all(feed.is_live for feed in self._feeds.values())

    def take_over(self, predecessor: Session, events: list[AnyEvent]) -> list[AnyEvent]:
        """Become the stream; prints the other connection brought already are left out."""
        ours = super().take_over(predecessor, events)
        told = set(predecessor.trade_ids) if isinstance(predecessor, PublicSession) else set()
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

    @property
    def _is_subscribed(self) -> bool:
        return self.phase in {Phase.SUBSCRIBING, Phase.READY}

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
        self._meter.start(now_ns)
        self._answers.clear()
        for inst_id, feed in self._feeds.items():
            feed.start(now_ns)
            self._watches[inst_id].start(now_ns)

    def _on_refused(self, entry: Subscription, code: str, now_ns: int) -> bool:
        # 64003: the fee tier does not carry the channel. 64004: it conflicts with another book channel the
        # venue still counts for this connection. The 100 ms channel on a new connection is open to all.
        del now_ns
        if code not in {"64003", "64004"} or entry.channel != self._channel.name or self._channel == BOOKS:
            return False
        self.reconnect_reason = f"{self._channel.name} refused, changing to {BOOKS.name}"
        self._channel = BOOKS
        for inst_id, feed in self._feeds.items():
            self._feeds[inst_id] = BookFeed(feed.instrument, BOOKS)
        self._name_handlers()
        self._login = None
        return True

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

    def _on_book(self, raw: bytes, now_ns: int) -> list[AnyEvent]:
        try:
            push = decode(BOOK_DECODER, raw)
        except WireError as error:
            return self._unreadable_book(error, raw, now_ns)
        feed = self._feeds.get(push.arg.inst_id)
        if feed is None:
            return []
        is_snapshot = push.action == "snapshot"
        events: list[AnyEvent] = []
        for data in push.data:
            event = feed.receive(data, now_ns, is_snapshot=is_snapshot)
            if event is not None:
                events.append(event)
        if feed.is_live:
            self._watches[feed.inst_id].on_book(feed.last_seq_id, now_ns)
            if not self._has_top and push.data:
                events.append(_top_of(feed, push.data[-1]))
        if feed.renew_at_ns is not None:
            self._renew_due_books(now_ns)
        return events

    def _unreadable_book(self, error: WireError, raw: bytes, now_ns: int) -> list[AnyEvent]:
        """A book message that cannot be read may have changed the book: trust none it could belong to."""
        events = self._bad_message(error, now_ns)
        live = [feed for feed in self._feeds.values() if feed.is_live]
        named = [feed for feed in live if f'"{feed.inst_id}"'.encode() in raw]
        events += [feed.break_chain("a book message was unreadable", now_ns) for feed in named or live]
        self._renew_due_books(now_ns)
        return events

    def _on_top(self, raw: bytes, now_ns: int) -> list[AnyEvent]:
        push = decode(BOOK_DECODER, raw)
        feed = self._feeds.get(push.arg.inst_id)
        if feed is None or not push.data:
            return []
        top = _top_of(feed, push.data[-1])
        self._watches[feed.inst_id].on_top(top.seq_id, now_ns)
        return [top]

    def _on_trades(self, raw: bytes, now_ns: int) -> list[AnyEvent]:
        try:
            rows = decode(TRADE_DECODER, raw).data
        except WireError:
            envelope = decode(ENVELOPE_DECODER, raw)
            return self._rows(TRADES, envelope.data, self._trade, now_ns)
        events: list[AnyEvent] = []
        for row in rows:
            try:
                event = self._trade(row)
            except WireError as error:
                events += self._bad_message(error, now_ns)
                continue
            if event is not None:
                events.append(event)
        return events

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
            if row.inst_id not in self._feeds:
                continue
            try:
                instrument = instrument_of(row)
            except WireError as error:
                events += self._bad_message(error, now_ns)
                continue
            if instrument is None:
                events.append(self._notice(Severity.WARNING, f"{row.inst_id} lost its metadata"))
            else:
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

    # -- time: renewing, seeding, watching ------------------------------------------------------

    def _on_time(self, now_ns: int) -> list[AnyEvent]:
        if not self._is_subscribed:
            return []
        answers, self._answers = self._answers, []
        events = [each for answer in answers for each in self.take_rest_book(*answer, now_ns)]
        for feed in self._feeds.values():
            if feed.is_live:
                events += self._watch(feed, now_ns)
            elif feed.seed.ask_at_ns is not None and feed.seed.ask_at_ns <= now_ns:
                feed.seed.asked(now_ns)
                self._ask_for_book(feed.inst_id)
        self._renew_due_books(now_ns)
        if now_ns >= self._meter.due_ns:
            events.append(self._meter.report(now_ns))
        return events

    def _watch(self, feed: BookFeed, now_ns: int) -> list[AnyEvent]:
        if feed.renew_at_ns is not None and feed.renew_at_ns <= now_ns:
            return [feed.break_chain("no increment continued the book read over REST", now_ns)]
        match self._watches[feed.inst_id].verdict(now_ns):
            case Silence.BOOK:
                return [feed.break_chain(f"channel {self._channel.name} fell silent", now_ns)]
            case Silence.TOP if not self.subscriptions.budget.is_spent(now_ns, 2):
                self._resubscribe_channel({"channel": TOP_CHANNEL, "instId": feed.inst_id}, now_ns)
            case Silence.COMPARE:
                self._ask_for_book(feed.inst_id)
            case _:
                pass
        return []

    def _ask_for_book(self, inst_id: str) -> None:
        if self._fetch_book is not None:
            self._fetch_book(inst_id, partial(self._answered, inst_id))

    def _answered(self, inst_id: str, data: BookData | None) -> None:
        # The events must leave in order with those of the connection: on_time takes the answer from here.
        self._answers.append((inst_id, data))
        if self.wake is not None:
            self.wake()

    def _renew_due_books(self, now_ns: int) -> None:
        for feed in self._feeds.values():
            if feed.renew_at_ns is None:
                continue
            if feed.renew_at_ns > now_ns:
                self.wants_flush = True
                continue
            if self.subscriptions.budget.is_spent(now_ns, 2):
                # A new connection has a new budget, and its snapshots are as good.
                self.reconnect_reason = "subscription budget of this connection is spent"
                return
            self._resubscribe_channel({"channel": self._channel.name, "instId": feed.inst_id}, now_ns)
            feed.renewed(now_ns)
            self._watches[feed.inst_id].start(now_ns)

    def _resubscribe_channel(self, arg: dict[str, str], now_ns: int) -> None:
        self._queue(self.subscriptions.unsubscribe(arg, now_ns))
        self._queue(self.subscriptions.subscribe(arg, now_ns, is_required=True))

    def _on_closed(self, reason: str, now_ns: int) -> list[AnyEvent]:
        events: list[AnyEvent] = []
        for feed in self._feeds.values():
            if feed.is_live:
                events.append(BookGap(feed.inst_id, reason))
            feed.start(now_ns)
        return events


def _top_of(feed: BookFeed, data: BookData) -> TopOfBook:
    bid_ticks, bid_lots = _best(data.bids, feed)
    ask_ticks, ask_lots = _best(data.asks, feed)
    seq_id, venue_ms = data.seq_id or 0, whole(data.ts)
    return TopOfBook(feed.inst_id, bid_ticks, bid_lots, ask_ticks, ask_lots, seq_id, venue_ms)


def _best(levels: list[Level], feed: BookFeed) -> tuple[int, int]:
    if not levels:
        return 0, 0
    best = levels[0]
    return feed.prices[best.px], feed.sizes[best.sz]
