"""The market data connection: books, best bid and ask, trades, mark prices, instrument changes.

Sans-IO. The three frequent channels skip the general envelope: their name is read from the first bytes
of the frame and the rest is decoded straight into its own type.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import structs

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import AnyEvent, BookGap, InstrumentChanged, MarkPrice, PublicTrade, TopOfBook
from okxmm_tui.core.types import Severity
from okxmm_tui.errors import WireError
from okxmm_tui.okx.book_feed import BookFeed
from okxmm_tui.okx.convert import instrument_of, number, side_of, whole
from okxmm_tui.okx.messages import (
    BOOK_DECODER,
    INSTRUMENTS,
    MARK_PRICES,
    TRADE_DECODER,
    Envelope,
    Level,
    decode,
    decode_rows,
    text_of,
)
from okxmm_tui.okx.session import ChannelRequest, Login, Phase, Session
from okxmm_tui.okx.subscriptions import Subscription

DEFAULT_BOOK_CHANNEL = "books"
_FAST_PREFIX = b'{"arg":{"channel":"'
_FAST_START = len(_FAST_PREFIX)

FrameHandler = Callable[[bytes, int], list[AnyEvent]]


class PublicSession(Session):
    """Market data of a set of instruments.

    Args:
        instruments: What to subscribe.
        book_channel: ``books``, or ``books-l2-tbt`` where the fee tier allows it; falls back to ``books``.
        login: Signs a login; only the tick-by-tick book channels need one.
        on_instrument: Told of new metadata before the event is returned.
    """

    def __init__(
        self,
        instruments: Sequence[Instrument],
        *,
        book_channel: str = DEFAULT_BOOK_CHANNEL,
        login: Login | None = None,
        on_instrument: Callable[[Instrument], None] | None = None,
    ) -> None:
        super().__init__("public", login if book_channel.endswith("-tbt") else None)
        self._book_channel = book_channel
        self._feeds = {each.inst_id: BookFeed(each) for each in instruments}
        self._on_instrument = on_instrument
        self._fast: dict[bytes, FrameHandler] = {}
        self._name_handlers()

    def resubscribe(self, inst_id: str, now_ns: int) -> None:
        """Drop and renew one book subscription; does nothing while one is on its way."""
        feed = self._feeds.get(inst_id)
        if feed is not None and self._is_subscribed:
            feed.renew(now_ns)
            self._renew_due_books(now_ns)

    def next_deadline(self) -> int:
        """Monotonic time at which ``on_time`` is due."""
        due = [feed.renew_at_ns for feed in self._feeds.values() if feed.renew_at_ns is not None]
        return min([super().next_deadline(), *due]) if self._is_subscribed else super().next_deadline()

    @property
    def _is_subscribed(self) -> bool:
        return self.phase in {Phase.SUBSCRIBING, Phase.READY}

    # -- channels -------------------------------------------------------------------------------

    def _channels(self) -> Sequence[ChannelRequest]:
        requests: list[ChannelRequest] = []
        for inst_id in self._feeds:
            requests += [
                ChannelRequest(self._book_arg(inst_id)),
                ChannelRequest({"channel": "bbo-tbt", "instId": inst_id}),
                ChannelRequest({"channel": "trades", "instId": inst_id}),
                ChannelRequest({"channel": "mark-price", "instId": inst_id}, is_required=False),
            ]
        kinds = dict.fromkeys(feed.instrument.inst_type for feed in self._feeds.values())
        return requests + [
            ChannelRequest({"channel": "instruments", "instType": kind}, is_required=False) for kind in kinds
        ]

    def _book_arg(self, inst_id: str) -> dict[str, str]:
        return {"channel": self._book_channel, "instId": inst_id}

    def _name_handlers(self) -> None:
        self._fast = {
            b"bbo-tbt": self._on_top,
            b"trades": self._on_trades,
            self._book_channel.encode(): self._on_book,
        }

    def _on_subscribing(self, now_ns: int) -> None:
        for feed in self._feeds.values():
            feed.start(now_ns)

    def _on_refused(self, entry: Subscription, code: str, now_ns: int) -> bool:
        # The fee tier no longer carries tick-by-tick books (64003): the 100 ms channel is open to all.
        if code != "64003" or not (entry.channel.startswith("books") and entry.channel.endswith("-tbt")):
            return False
        self._book_channel = DEFAULT_BOOK_CHANNEL
        self._name_handlers()
        self._login = None
        self.reconnect_reason = "tick-by-tick books refused, changing to books"
        del now_ns
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
        if channel == "mark-price":
            return self._on_marks(envelope)
        if channel == "instruments":
            return self._on_instruments(envelope, now_ns)
        return []

    def _on_book(self, raw: bytes, now_ns: int) -> list[AnyEvent]:
        push = decode(BOOK_DECODER, raw)
        feed = self._feeds.get(push.arg.inst_id)
        if feed is None:
            return []
        is_snapshot = push.action == "snapshot"
        events: list[AnyEvent] = []
        for data in push.data:
            event = feed.receive(data, now_ns, is_snapshot=is_snapshot)
            if event is not None:
                events.append(event)
        if feed.renew_at_ns is not None:
            self._renew_due_books(now_ns)
        return events

    def _on_top(self, raw: bytes, now_ns: int) -> list[AnyEvent]:
        del now_ns
        push = decode(BOOK_DECODER, raw)
        feed = self._feeds.get(push.arg.inst_id)
        if feed is None or not push.data:
            return []
        data = push.data[-1]
        bid_ticks, bid_lots = _best(data.bids, feed)
        ask_ticks, ask_lots = _best(data.asks, feed)
        return [
            TopOfBook(
                feed.inst_id,
                bid_ticks,
                bid_lots,
                ask_ticks,
                ask_lots,
                data.seq_id or 0,
                _milliseconds(data.ts),
            )
        ]

    def _on_trades(self, raw: bytes, now_ns: int) -> list[AnyEvent]:
        del now_ns
        events: list[AnyEvent] = []
        for row in decode(TRADE_DECODER, raw).data:
            feed = self._feeds.get(row.inst_id)
            if feed is not None:
                events.append(
                    PublicTrade(
                        row.inst_id,
                        feed.prices[row.px],
                        feed.sizes[row.sz],
                        side_of(row.side),
                        text_of(row.trade_id),
                        whole(row.ts),
                    )
                )
        return events

    def _on_marks(self, envelope: Envelope) -> list[AnyEvent]:
        rows = decode_rows(MARK_PRICES, envelope.data)
        return [
            MarkPrice(row.inst_id, number(row.mark_px), whole(row.ts))
            for row in rows
            if row.inst_id in self._feeds and text_of(row.mark_px)
        ]

    def _on_instruments(self, envelope: Envelope, now_ns: int) -> list[AnyEvent]:
        events: list[AnyEvent] = []
        for row in decode_rows(INSTRUMENTS, envelope.data):
            if row.inst_id not in self._feeds:
                continue
            instrument = instrument_of(row)
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
        feed = self._feeds[instrument.inst_id] = BookFeed(instrument)
        if self._is_subscribed:
            events.append(feed.break_chain("tick or lot size changed", now_ns))
            self._renew_due_books(now_ns)
        return events

    # -- renewing books -------------------------------------------------------------------------

    def _on_time(self, now_ns: int) -> list[AnyEvent]:
        if self._is_subscribed:
            self._renew_due_books(now_ns)
        return []

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
            arg = self._book_arg(feed.inst_id)
            self._queue(self.subscriptions.unsubscribe(arg, now_ns))
            self._queue(self.subscriptions.subscribe(arg, now_ns, is_required=True))
            feed.renewed(now_ns)

    def _on_closed(self, reason: str, now_ns: int) -> list[AnyEvent]:
        events: list[AnyEvent] = []
        for feed in self._feeds.values():
            if feed.is_live:
                events.append(BookGap(feed.inst_id, reason))
            feed.start(now_ns)
        return events


def _best(levels: list[Level], feed: BookFeed) -> tuple[int, int]:
    if not levels:
        return 0, 0
    best = levels[0]
    return feed.prices[best.px], feed.sizes[best.sz]


def _milliseconds(value: str | int | None) -> int:
    try:
        return int(value or 0)
    except ValueError as error:
        raise WireError(f"time {value!r} was no whole number.") from error
