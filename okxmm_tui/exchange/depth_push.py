"""Depth channels: books, books-rpi, books-l2-tbt, books50-l2-tbt, books5, bbo-tbt, with their chains."""

from __future__ import annotations

from okxmm_tui.core.types import Side
from okxmm_tui.exchange.book import DisplayedBook
from okxmm_tui.exchange.display import Display
from okxmm_tui.exchange.faults.kinds_market import BookGap, SeqReset
from okxmm_tui.exchange.market import Market
from okxmm_tui.exchange.market_events import BboEvent, BookEvent, Level
from okxmm_tui.exchange.public_rows import Row, bbo_row, depth_row, level_rows, rpi_level_rows
from okxmm_tui.exchange.shown_book import Changes
from okxmm_tui.exchange.state import VenueState
from okxmm_tui.exchange.subscriptions import Connection

CHANGED_EVERY_NS = 100_000_000
HEARTBEAT_NS = 60_000_000_000
RESET_SEQ = 3
"""Where a sequence starts again when a reset is injected."""

INCREMENTAL = {"books-l2-tbt": 400, "books50-l2-tbt": 50, "books": 400, "books-rpi": 400}
"""Channels with snapshot and increments, in the order they are pushed, and their depth."""
SLOW = ("books", "books-rpi")
"""Channels of one push per 100 ms."""


class Chain:
    """The increments of one channel of one instrument."""

    def __init__(self) -> None:
        self.last_seq = -1
        self.pushed_ns = 0
        self.pending: tuple[dict[int, Level], dict[int, Level]] = ({}, {})

    def collect(self, changes: Changes) -> None:
        """Add changes to the next push; the last word on a level wins."""
        for held, levels in zip(self.pending, changes, strict=True):
            held.update((level[0], level) for level in levels)

    def take(self) -> Changes:
        """Hand over what was collected, bids and asks."""
        bids, asks = self.pending
        self.pending = ({}, {})
        return list(bids.values()), list(asks.values())


class DepthPushes:
    """Publishes the book of every instrument: what is recorded and what rests, as one."""

    def __init__(self, state: VenueState) -> None:
        self._state = state
        self._chains: dict[tuple[str, str], Chain] = {}
        self._top50: dict[str, BookEvent] = {}
        self._has_bbo: set[str] = set()
        self._last_best: dict[str, tuple[Level | None, Level | None]] = {}
        self._dirty5: dict[str, tuple[tuple[Level, ...], ...]] = {}

    def _chain(self, channel: str, market: Market) -> Chain:
        key = (channel, market.instrument.inst_id)
        chain = self._chains.get(key)
        if chain is None:
            chain = self._chains[key] = Chain()
        return chain

    def forget(self, inst_id: str) -> None:
        """Break every chain of an instrument: subscribers hear nothing until the next snapshot."""
        for channel in INCREMENTAL:
            self._chains.pop((channel, inst_id), None)
        self._top50.pop(inst_id, None)
        self._last_best.pop(inst_id, None)
        self._dirty5.pop(inst_id, None)

    def on_bbo(self, market: Market, event: BboEvent) -> None:
        """Publish a best quote."""
        self._has_bbo.add(event.inst_id)
        self._is_new_best(market)
        self._push_bbo(market, event.seq + market.seq_offset)

    def on_book(self, market: Market, event: BookEvent) -> None:
        """Publish a depth change that is already in the book, and what it did to own orders."""
        inst_id = event.inst_id
        if self._state.faults.met(SeqReset, inst_id=inst_id) is not None:
            market.seq_offset = RESET_SEQ - event.seq
        if self._is_new_best(market) and inst_id not in self._has_bbo:
            self._push_bbo(market, market.seq())
        bids, asks = market.shown.touched(market.own.take_changes())
        self._changed(market, ([*event.bids, *bids], [*event.asks, *asks]))
        for channel in SLOW:
            chain = self._chain(channel, market)
            if not event.is_tick_by_tick or self._state.now_ns - chain.pushed_ns >= CHANGED_EVERY_NS:
                self._flush(channel, market)

    def on_own_orders(self) -> None:
        """Publish what happened to own orders since the last call, all of it as one change."""
        for market in self._state.markets.values():
            if market.own.is_touched:
                self._publish_own(market)

    def _publish_own(self, market: Market) -> None:
        changes = market.shown.touched(market.own.take_changes())
        if market.book.top_seq < 0 or not any(changes):
            return
        # No event of the market stands behind it, so the sequence takes one number of its own.
        market.seq_offset += 1
        # A quote fresher than the depth is renumbered with it, and first: the depth must not overtake it.
        if self._is_new_best(market) or market.book.top_seq > market.book.seq:
            self._push_bbo(market, market.top_seq())
        if market.book.seq >= 0:
            self._changed(market, changes)

    def _changed(self, market: Market, changes: Changes) -> None:
        """Hand changes to every chain: tick by tick at once, to the others for their next push."""
        self._increment("books-l2-tbt", market, changes)
        self._increment_50(market)
        for channel in SLOW:
            self._chain(channel, market).collect(changes)

    def _is_new_best(self, market: Market) -> bool:
        inst_id, best = market.instrument.inst_id, (market.shown.best(Side.BUY), market.shown.best(Side.SELL))
        before, self._last_best[inst_id] = self._last_best.get(inst_id), best
        return best != before

    def _push_bbo(self, market: Market, seq: int) -> None:
        key = ("bbo-tbt", market.instrument.inst_id)
        if self._state.registry.has_listeners(key):
            arg = {"channel": key[0], "instId": key[1]}
            row = bbo_row(market, max(0, seq), self._state.now_ms)
            self._state.registry.push(key, {"arg": arg, "data": [row]}, self._state.now_ns)

    def _increment(self, channel: str, market: Market, changes: Changes) -> None:
        self._chain(channel, market).collect(changes)
        self._flush(channel, market)

    def _increment_50(self, market: Market) -> None:
        inst_id = market.instrument.inst_id
        if not self._state.registry.has_listeners(("books50-l2-tbt", inst_id)):
            self._top50.pop(inst_id, None)
            return
        old = DisplayedBook()
        known = self._top50.get(inst_id)
        if known is not None:
            old.apply_book(known)
        top = _top_event(market)
        self._top50[inst_id] = top
        change = old.difference(top)
        if change.bids or change.asks:
            self._increment("books50-l2-tbt", market, ([*change.bids], [*change.asks]))

    def _flush(self, channel: str, market: Market) -> None:
        state, chain = self._state, self._chain(channel, market)
        bids, asks = chain.take()
        prev_seq, seq = chain.last_seq, market.seq()
        chain.last_seq, chain.pushed_ns = seq, state.now_ns
        inst_id = market.instrument.inst_id
        if prev_seq >= 0:
            if state.faults.met(BookGap, inst_id=inst_id, channel=channel) is not None:
                return
            if not state.registry.has_listeners((channel, inst_id)):
                return
            changes = (bids, asks)
            if channel != "books50-l2-tbt":
                changes = market.display.changes(market.shown, bids, asks)
            self._push(channel, market, changes, prev_seq, seq)
        else:
            # Whoever subscribed before the first book was known gets the snapshot now.
            key = (channel, inst_id)
            if state.registry.has_listeners(key):
                state.registry.push(key, self._snapshot_message(channel, market), state.now_ns)

    def _push(
        self,
        channel: str,
        market: Market,
        changes: Changes,
        prev_seq: int,
        seq: int,
    ) -> None:
        key = (channel, market.instrument.inst_id)
        if not self._state.registry.has_listeners(key):
            return
        bids, asks = changes
        write = rpi_level_rows if channel == "books-rpi" else level_rows
        row: Row = {
            "asks": write(market.instrument, asks),
            "bids": write(market.instrument, bids),
            "ts": str(self._state.now_ms),
            "checksum": 0,
            "prevSeqId": prev_seq,
            "seqId": seq,
        }
        if channel == "books-rpi":
            del row["checksum"]
        message = {"arg": {"channel": key[0], "instId": key[1]}, "action": "update", "data": [row]}
        self._state.registry.push(key, message, self._state.now_ns)

    def settle(self, market: Market) -> None:
        """Push collected changes now, so that a snapshot taken next needs none of them."""
        for channel in SLOW:
            if any(self._chain(channel, market).pending):
                self._flush(channel, market)

    def show(self, market: Market, display: Display) -> None:
        """Show the book another way from now on; every chain gets the difference as one increment."""
        self.on_own_orders()
        self.settle(market)
        changes = display.redrawn(market.shown, market.display)
        market.display = display
        # As for own orders, the sequence takes one number of its own.
        market.seq_offset += 1
        for channel in ("books-l2-tbt", *SLOW):
            chain = self._chain(channel, market)
            if chain.last_seq >= 0:
                prev_seq, chain.last_seq = chain.last_seq, market.seq()
                chain.pushed_ns = self._state.now_ns
                self._push(channel, market, changes, prev_seq, chain.last_seq)
        self._increment_50(market)
        self._push_bbo(market, market.top_seq())

    def snapshot(self, connection: Connection, channel: str, market: Market) -> None:
        """Send the snapshot that follows a subscription; nothing while no book is known."""
        if market.book.seq < 0:
            return
        chain = self._chain(channel, market)
        if channel == "books50-l2-tbt":
            self._top50.setdefault(market.instrument.inst_id, _top_event(market))
            chain.last_seq = chain.last_seq if chain.last_seq >= 0 else market.seq()
        self._state.registry.reply(connection, self._snapshot_message(channel, market), self._state.now_ns)

    def _snapshot_message(self, channel: str, market: Market) -> Row:
        inst_id, now_ms = market.instrument.inst_id, self._state.now_ms
        arg = {"channel": channel, "instId": inst_id}
        if channel == "bbo-tbt":
            return {"arg": arg, "data": [bbo_row(market, market.seq(), now_ms)]}
        if channel == "books5":
            return {"arg": arg, "data": [{**depth_row(market, 5, now_ms), "instId": inst_id}]}
        row = depth_row(market, INCREMENTAL[channel], now_ms, is_rpi=channel == "books-rpi")
        chained = {"prevSeqId": -1, "seqId": self._chain(channel, market).last_seq}
        if channel != "books-rpi":
            chained["checksum"] = 0
        return {"arg": arg, "action": "snapshot", "data": [row | chained]}

    def every_100_ms(self, market: Market) -> None:
        """Publish late changes, books5, and the heartbeats of quiet chains."""
        for channel in SLOW:
            self._settle_if_due(channel, market)
        self._push_top5(market)
        for channel in INCREMENTAL:
            chain = self._chain(channel, market)
            if chain.last_seq >= 0 and self._state.now_ns - chain.pushed_ns >= HEARTBEAT_NS:
                chain.pushed_ns = self._state.now_ns
                self._push(channel, market, ([], []), chain.last_seq, chain.last_seq)

    def _settle_if_due(self, channel: str, market: Market) -> None:
        chain = self._chain(channel, market)
        if any(chain.pending) and self._state.now_ns - chain.pushed_ns >= CHANGED_EVERY_NS:
            self._flush(channel, market)

    def _push_top5(self, market: Market) -> None:
        inst_id = market.instrument.inst_id
        key = ("books5", inst_id)
        if not self._state.registry.has_listeners(key):
            return
        top = tuple(market.display.top(market.shown, side, 5) for side in (Side.BUY, Side.SELL))
        if self._dirty5.get(inst_id) != top:
            self._dirty5[inst_id] = top
            row = {**depth_row(market, 5, self._state.now_ms), "instId": inst_id}
            arg = {"channel": "books5", "instId": inst_id}
            self._state.registry.push(key, {"arg": arg, "data": [row]}, self._state.now_ns)


def _top_event(market: Market) -> BookEvent:
    depth, shown = INCREMENTAL["books50-l2-tbt"], market.shown
    return BookEvent(
        market.instrument.inst_id,
        is_snapshot=True,
        bids=market.display.top(shown, Side.BUY, depth),
        asks=market.display.top(shown, Side.SELL, depth),
        source_ms=market.source_ms,
        seq=market.book.seq,
    )
