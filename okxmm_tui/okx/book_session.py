"""Keeps the books of one market data connection: sequence, seeding over REST, renewal, silence.

Sans-IO. It reads the book and best-price channels and says when a book cannot be trusted; what else comes
over the connection is its subclass's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import AnyEvent, BookGap, TopOfBook
from okxmm_tui.errors import WireError
from okxmm_tui.okx.book_channels import BOOKS, BookChannel
from okxmm_tui.okx.book_feed import BookFeed
from okxmm_tui.okx.convert import bounded, whole
from okxmm_tui.okx.decoding import decode
from okxmm_tui.okx.feed_watch import FeedWatch, Silence
from okxmm_tui.okx.market_channels import TOP_CHANNEL
from okxmm_tui.okx.messages import BOOK_DECODER, BookData, Level
from okxmm_tui.okx.session import Login, Phase, Session
from okxmm_tui.okx.subscriptions import Subscription

NOT_SERVED = "60018"
"""Wrong URL, channel or instrument: what the venue says of a contract that has expired or was delisted."""

Answer = Callable[[BookData | None], None]
FetchBook = Callable[[str, Answer], None]


class BookSession(Session):
    """Books of a set of instruments.

    Args:
        instruments: Whose books.
        channel: Where they come from; falls back to ``books`` where the fee tier is too low.
        login: Signs a login; only the gated book channels need one.
        fetch_book: Reads an instrument's book over REST and calls back with it, or with None.
    """

    def __init__(
        self,
        instruments: Sequence[Instrument],
        channel: BookChannel,
        login: Login | None,
        fetch_book: FetchBook | None,
    ) -> None:
        super().__init__("public", login if channel.needs_login else None)
        self._channel = channel
        self._feeds = {each.inst_id: BookFeed(each, channel) for each in instruments}
        self._has_top = channel.name != TOP_CHANNEL
        self._watches = {inst_id: FeedWatch(has_top=self._has_top) for inst_id in self._feeds}
        self._fetch_book = fetch_book
        self._answers: list[tuple[str, BookData | None]] = []
        self._unserved: set[str] = set()
        """Instruments the venue would not serve on this connection; the others go on without them."""

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
        return due

    @property
    def _is_subscribed(self) -> bool:
        return self.phase in {Phase.SUBSCRIBING, Phase.READY}

    def _on_subscribing(self, now_ns: int) -> None:
        self._answers.clear()
        self._unserved.clear()
        for inst_id, feed in self._feeds.items():
            feed.start(now_ns)
            self._watches[inst_id].start(now_ns)

    def _on_refused(self, entry: Subscription, code: str, now_ns: int) -> bool:
        # 64003: the fee tier does not carry the channel. 64004: it conflicts with another book channel the
        # venue still counts for this connection. The 100 ms channel on a new connection is open to all.
        del now_ns
        inst_id = entry.arg.get("instId", "")
        if code == NOT_SERVED and entry.is_required and inst_id in self._feeds:
            self._unserved.add(inst_id)
            entry.is_required = len(self._unserved) == len(self._feeds)
            return False
        if code not in {"64003", "64004"} or entry.channel != self._channel.name or self._channel == BOOKS:
            return False
        self.reconnect_reason = f"{self._channel.name} refused, changing to {BOOKS.name}"
        self._channel = BOOKS
        for inst_id, feed in self._feeds.items():
            self._feeds[inst_id] = BookFeed(feed.instrument, BOOKS)
        self._login = None
        return True

    # -- pushes ---------------------------------------------------------------------------------

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
    seq_id, venue_ms = bounded(data.seq_id or 0), whole(data.ts)
    return TopOfBook(feed.inst_id, bid_ticks, bid_lots, ask_ticks, ask_lots, seq_id, venue_ms)


def _best(levels: list[Level], feed: BookFeed) -> tuple[int, int]:
    if not levels:
        return 0, 0
    best = levels[0]
    return feed.prices[best.px], feed.sizes[best.sz]
